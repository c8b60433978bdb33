//! What all operations share: memories, constants, tables, loops, instructions.

use super::super::LowerError;
use super::super::pool::{Area, Pool};
use super::draft::Over;
use super::layouts::Layouts;
use super::line::Line;
use super::phases::Phases;
use super::position_order::PositionOrder;
use super::value::{Angles, At, Cache, Coded, Logits, Membrane, Train, Value, Vector};
use crate::machine::{MachineParameters, Memory, MemoryArea, StoredMatrix, WidthProof};
use crate::vector_stream::VectorMap;
use std::collections::BTreeMap;
use std::rc::Rc;
use weights::config::Design;
use weights::network::{Network, Operation};
use weights::numeric::pass::FunctionTable;

/// Fraction bits that a value has whatever is proven of it: published networks lose nothing with so
/// many, and clearly with four.
const FRACTION_LEAST: i64 = 8;

/// How much larger than its bound rounding may make a value.
const ROUNDED: f64 = 1.0 + 1.0 / 64.0;

/// The memories whose words values take and give back.
#[derive(Default)]
pub(super) struct Pools {
    pub(super) results: Pool,
    pub(super) temporaries: Pool,
    pub(super) state: Pool,
    pub(super) trains: Pool,
    pub(super) planes: Pool,
    pub(super) descriptors: Pool,
    pub(super) scalars: Pool,
    pub(super) levels: Pool,
    pub(super) maxima: Pool,
}

/// How a value becomes counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Counts {
    /// In a unit that is always the same.
    Fixed,
    /// In the unit in which its largest fills the planes of one pass.
    Peak,
}

/// A lowering on its way.
pub(super) struct Composer<'n> {
    pub(super) network: &'n Network,
    pub(super) design: &'n Design,
    pub(super) machine: MachineParameters,
    pub(super) layouts: Layouts,
    pub(super) phases: Phases,
    pub(super) pools: Pools,
    /// Areas that belong to something for good.
    pub(super) kept: Vec<Area>,
    pub(super) constants: Vec<i64>,
    pub(super) tables: Vec<FunctionTable>,
    pub(super) lines: Vec<Line>,
    pub(super) matrices: Vec<StoredMatrix>,
    pub(super) stored: BTreeMap<String, u32>,
    pub(super) widths: Vec<WidthProof>,
    pub(super) areas: Vec<MemoryArea>,
    pub(super) weight_words: u64,
    pub(super) cache_words: [u64; 2],
    /// Words of R and T for every position, by their value: the same at every step.
    pub(super) everywhere: BTreeMap<(Memory, String), Area>,
    /// Membranes behind the step before, by the neurons' outputs.
    pub(super) membranes: BTreeMap<String, Membrane>,
    /// Fraction bits of sums over steps: the same at every step.
    pub(super) sums: BTreeMap<String, i64>,
    /// State by its name: the same at every visit of an operation.
    pub(super) states: BTreeMap<String, At>,
    pub(super) caches: BTreeMap<String, Cache>,
    /// Angles of rotations that all layers read.
    pub(super) angles: BTreeMap<String, Angles>,
    values: BTreeMap<&'n str, Value<'n>>,
    trains: BTreeMap<(&'n str, Counts), Rc<Train>>,
    pub(super) loops: Vec<Over>,
    /// Its order.
    pub(super) order: PositionOrder,
    /// The step that is unrolled.
    pub(super) step: usize,
    /// Whether each operation at hand is executed for all steps before the next.
    pub(super) together: bool,
    /// The operation at hand.
    pub(super) index: usize,
    pub(super) logits: Option<Logits>,
    /// What comes from the host in the place of ids, and what goes there.
    pub(super) input_map: Option<VectorMap>,
    pub(super) output_map: Option<VectorMap>,
    /// Constants before this one are no constants: the host writes them.
    pub(super) first_constant: usize,
}

impl Pools {
    /// All of them.
    pub(super) fn all(&self) -> [&Pool; 9] {
        [
            &self.results,
            &self.temporaries,
            &self.state,
            &self.trains,
            &self.planes,
            &self.descriptors,
            &self.scalars,
            &self.levels,
            &self.maxima,
        ]
    }
}

impl<'n> Composer<'n> {
    pub(super) fn new(
        network: &'n Network,
        design: &'n Design,
        machine: MachineParameters,
        order: PositionOrder,
    ) -> Result<Composer<'n>, LowerError> {
        let layouts = Layouts::of(network, machine.elements as usize);
        let is_input = |it: &&Operation| matches!(it, Operation::Input { .. });
        let input = network.operations.iter().find(is_input);
        let first_constant = input.map_or(0, |it| layouts.of_value(it.output()).width);
        let composer = Composer {
            network,
            design,
            machine,
            layouts,
            phases: Phases::of(network),
            pools: Pools::default(),
            kept: Vec::new(),
            constants: vec![0; first_constant],
            tables: Vec::new(),
            lines: Vec::new(),
            matrices: Vec::new(),
            stored: BTreeMap::new(),
            widths: Vec::new(),
            areas: Vec::new(),
            weight_words: 0,
            cache_words: [0; 2],
            membranes: BTreeMap::new(),
            sums: BTreeMap::new(),
            states: BTreeMap::new(),
            caches: BTreeMap::new(),
            angles: BTreeMap::new(),
            values: BTreeMap::new(),
            trains: BTreeMap::new(),
            loops: Vec::new(),
            order,
            everywhere: BTreeMap::new(),
            step: 0,
            together: false,
            index: 0,
            logits: None,
            input_map: None,
            output_map: None,
            first_constant,
        };
        Ok(composer)
    }

    pub(super) fn elements(&self) -> usize {
        self.machine.elements as usize
    }

    // ---- values --------------------------------------------------------------------------------

    pub(super) fn operation(&self) -> &'n Operation {
        &self.network.operations[self.index]
    }

    /// A value, if it is there already.
    pub(super) fn known_value(&self, name: &str) -> Option<&Value<'n>> {
        self.values.get(name)
    }

    pub(super) fn value(&self, name: &str) -> Value<'n> {
        self.values[name].clone()
    }

    pub(super) fn vector(&self, name: &str) -> Result<Rc<Vector>, LowerError> {
        match self.value(name) {
            Value::Vector(vector) => Ok(vector),
            other => Err(self.refuse(
                format!("`{name}` is {}, not a vector", other.kind()),
                "order the operations as the published systems do",
            )),
        }
    }

    /// The code of a value, where it is one.
    pub(super) fn coded(&self, name: &str) -> Option<Rc<Coded>> {
        match self.value(name) {
            Value::Coded(coded) => Some(coded),
            _ => None,
        }
    }

    pub(super) fn set(&mut self, name: &'n str, value: Value<'n>) {
        self.values.insert(name, value);
    }

    /// Lets go of a value that nobody reads again.
    pub(super) fn forget(&mut self, name: &str) {
        self.values.remove(name);
        self.trains.retain(|(known, _), _| *known != name);
    }

    /// The train of a value, made once a place of the program.
    pub(super) fn known_train(&self, name: &'n str, counts: Counts) -> Option<Rc<Train>> {
        self.trains.get(&(name, counts)).cloned()
    }

    pub(super) fn know_train(&mut self, name: &'n str, counts: Counts, train: Rc<Train>) {
        self.trains.insert((name, counts), train);
    }

    /// Lets go of the trains of single positions.
    pub(super) fn forget_single_trains(&mut self) {
        self.trains.retain(|_, train| train.vectors);
    }

    pub(super) fn forget_trains(&mut self) {
        self.trains.clear();
    }

    /// The operation at hand is no work for this machine.
    pub(super) fn refuse(&self, reason: impl Into<String>, remedy: &'static str) -> LowerError {
        let operation = self.operation();
        let operation = format!("{} `{}`", operation.kind(), operation.output());
        LowerError::Operation { operation, reason: reason.into(), remedy }
    }

    /// The fraction of a value that is at most `bound`, but for what rounding adds. What is proven of
    /// squares and products behind matrices is far above what occurs, and would leave them no fraction:
    /// those keep [`FRACTION_LEAST`] bits, and saturate, counted, where they should ever be that large.
    pub(super) fn fraction(&self, bound: f64) -> i64 {
        let width = i64::from(self.machine.value_width);
        let whole = (bound * ROUNDED).max(f64::MIN_POSITIVE).log2().ceil() as i64;
        (width - 1 - whole).clamp(FRACTION_LEAST, width)
    }
}
