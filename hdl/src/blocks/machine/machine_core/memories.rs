//! The memories of the core.

use super::MachineCore;
use crate::blocks::memory::element_store::ElementStore;
use crate::blocks::memory::plane_store::PlaneStore;
use crate::blocks::memory::store::{Reader, Store, StoreField};
use crate::language::module::Module;
use crate::language::signal_type::{Type, sint, uint};
use crate::language::storage::address_width;
use firmware::isa::{Matrix, Pass};
use firmware::machine::MachineParameters;
use firmware::machine_memories::{Material, value_material};
use std::sync::Arc;

/// Bits of the number of words of a train.
const TRAIN_WORDS_WIDTH: u32 = 11;
/// Type of a scalar's mantissa.
pub(super) const MANTISSA: Type = Type { width: 16, signed: false };
/// Type of a scalar's shift.
pub(super) const SHIFT: Type = Type { width: 6, signed: false };
/// Type of a scalar's exponent.
pub(super) const EXPONENT: Type = Type { width: 8, signed: true };

/// The modules of the memories.
pub(super) struct Memories {
    pub(super) results: Arc<Module>,
    pub(super) temporaries: Arc<Module>,
    pub(super) constants: Arc<Module>,
    pub(super) trains: Arc<Module>,
    pub(super) descriptors: Arc<Module>,
    pub(super) scalars: Arc<Module>,
    /// Of programs that look for some.
    pub(super) maxima: Option<Arc<Module>>,
    /// Of programs that have some.
    pub(super) state: Option<Arc<Module>>,
    /// Of programs that have some.
    pub(super) levels: Option<Arc<Module>>,
    /// Where vectors share weights.
    pub(super) planes: Option<Arc<Module>>,
}

impl MachineCore {
    /// Type of a word of values.
    pub(super) fn word_type(&self) -> Type {
        uint(self.parameters.elements * self.parameters.value_width)
    }

    /// Type of the address of a word of C.
    pub(super) fn constant_address_type(&self) -> Type {
        uint(self.constants().address_width())
    }

    /// Type of the address of a word of T.
    pub(super) fn temporary_address_type(&self) -> Type {
        uint(address_width(self.parameters.temporary_depth))
    }

    pub(super) fn memories(&self) -> Memories {
        let MachineParameters { result_depth, temporary_depth, state_depth, level_count, .. } =
            self.parameters;
        Memories {
            results: self.values("result_memory", "results R of the matrix unit", result_depth),
            temporaries: self.values(
                "temporary_memory",
                "temporaries T of the vector unit",
                temporary_depth,
            ),
            constants: self.constants().module(),
            trains: self.trains(),
            descriptors: self.descriptors(),
            scalars: self.scalars(),
            maxima: self.choices.searches.then(|| self.maxima()),
            state: (state_depth > 0).then(|| {
                let holds = "the state S, which lives across tokens and steps";
                self.values("state_memory", holds, state_depth)
            }),
            levels: (level_count > 0).then(|| self.levels()),
            planes: self.parameters.has_vectors().then(|| self.plane_store().module()),
        }
    }

    fn levels(&self) -> Arc<Module> {
        let MachineParameters { level_count, value_width, .. } = self.parameters;
        let level = StoreField { name: "data", ty: sint(value_width), meaning: "its value" };
        let holds = "levels, the same for every element";
        let readers = [Reader::AtOnce("vector")];
        store("level_registers", holds, &[level], level_count, &readers, true)
    }

    /// A memory of values that the vector unit reads.
    fn values(&self, name: &str, holds: &str, depth: u32) -> Arc<Module> {
        let meaning = "a word, element 0 in the lowest bits";
        let fields = [StoreField { name: "data", ty: self.word_type(), meaning }];
        store(name, holds, &fields, depth, &[Reader::Clocked("vector")], is_distributed(depth))
    }

    fn constants(&self) -> ElementStore<'_> {
        let MachineParameters { elements, value_width, constant_depth: depth, .. } =
            self.parameters;
        ElementStore {
            name: "constant_memory",
            source: file!(),
            holds: "constants C of the vector unit",
            elements,
            ty: sint(value_width),
            depth,
            contents: &self.contents.constants,
            has_stream: self.parameters.input.is_some(),
        }
    }

    fn trains(&self) -> Arc<Module> {
        let MachineParameters { slots, count_width, train_depth, .. } = self.parameters;
        let field = |name, ty, meaning| StoreField { name, ty, meaning };
        let fields = [
            field("column", uint(Matrix::FORMAT.field("stride").width), "its column"),
            field("negative", uint(slots), "signs of its counts, slot 0 in the lowest bit"),
            field("magnitude", uint(slots * count_width), "their magnitudes, slot 0 lowest"),
        ];
        let readers = [Reader::Clocked("matrix")];
        let distributed = is_distributed(train_depth);
        store("train_store", "trains, word by word", &fields, train_depth, &readers, distributed)
    }

    pub(super) fn plane_store(&self) -> PlaneStore {
        let MachineParameters { planes, slots, plane_depth: depth, .. } = self.parameters;
        PlaneStore { planes, slots, depth, distributed: is_distributed(depth) }
    }

    fn descriptors(&self) -> Arc<Module> {
        let MachineParameters { count_width, train_count, .. } = self.parameters;
        let field = |name, ty, meaning| StoreField { name, ty, meaning };
        let fields = [
            field("words", uint(TRAIN_WORDS_WIDTH), "words of the train that are not empty"),
            field("magnitude", uint(count_width), "or or maximum of its magnitudes"),
        ];
        let readers = [Reader::AtOnce("matrix")];
        store(
            "train_descriptors",
            "what is known of each train",
            &fields,
            train_count,
            &readers,
            true,
        )
    }

    fn scalars(&self) -> Arc<Module> {
        let field = |name, ty, meaning| StoreField { name, ty, meaning };
        let fields = [
            field("mantissa", MANTISSA, "its factor"),
            field("shift", SHIFT, "its right shift"),
            field("exponent", EXPONENT, "its exponent"),
        ];
        let readers = ["matrix", "vector", "host"].map(Reader::AtOnce);
        let depth = self.parameters.scalar_count;
        store("scalar_registers", "scalars of the vector unit", &fields, depth, &readers, true)
    }

    fn maxima(&self) -> Arc<Module> {
        let ty = sint(self.parameters.value_width);
        let fields = [StoreField { name: "data", ty, meaning: "the largest value" }];
        let depth = 1 << Matrix::FORMAT.field("maximum").width;
        let readers = [Reader::AtOnce("vector")];
        store("maximum_registers", "largest values of products", &fields, depth, &readers, true)
    }

    /// Bits of a scalar's number, as instructions have it.
    pub(super) fn scalar_index_type(&self) -> Type {
        uint(Pass::FORMAT.field("output").width)
    }
}

fn store(
    name: &str,
    holds: &str,
    fields: &[StoreField],
    depth: u32,
    readers: &[Reader],
    distributed: bool,
) -> Arc<Module> {
    Store { name, source: file!(), holds, fields, depth, readers, distributed }.module()
}

/// Whether a memory of so many words is made of LUTs.
fn is_distributed(depth: u32) -> bool {
    value_material(depth) == Material::Distributed
}
