//! What all operations share: memories, constants, tables, loops, instructions.

use super::super::LowerError;
use super::super::bounds::{signed_bits, signed_limit};
use super::super::pool::{Area, Pool};
use super::super::sizes::{STORE_WORDS_MAX, limit_words};
use super::super::values::Layout;
use super::draft::{Draft, Moves};
use super::layouts::Layouts;
use super::phases::Phases;
use super::value::{At, Train, Value, Vector};
use crate::isa::{ANY, Extent, POINTER_COUNT};
use crate::isa::{Action, Function, Instruction, Loop, Next, Pointers, Space, Wait};
use crate::machine::{MachineParameters, Memory, MemoryArea, StoredMatrix, WidthProof};
use std::collections::BTreeMap;
use std::rc::Rc;
use weights::config::Design;
use weights::network::{Network, Operation};
use weights::numeric::Trit;
use weights::numeric::pass::FunctionTable;

/// The memories whose words values take and give back.
#[derive(Default)]
pub(super) struct Pools {
    pub(super) results: Pool,
    pub(super) temporaries: Pool,
    pub(super) state: Pool,
    pub(super) trains: Pool,
    pub(super) descriptors: Pool,
    pub(super) scalars: Pool,
    pub(super) levels: Pool,
    pub(super) maxima: Pool,
}

/// What a loop runs over; the place in [`Moves`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Steps,
    Positions,
    Heads,
}

struct OpenLoop {
    over: Over,
    instruction: usize,
}

/// A pointer's strides, and whether another may take its register.
#[derive(Clone, Copy)]
struct Pointer {
    moves: Moves,
    free: bool,
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
    kept: Vec<Area>,
    pub(super) constants: Vec<i64>,
    pub(super) tables: Vec<FunctionTable>,
    pub(super) instructions: Vec<Instruction>,
    pub(super) remarks: Vec<String>,
    pub(super) matrices: Vec<StoredMatrix>,
    stored: BTreeMap<String, u32>,
    pub(super) widths: Vec<WidthProof>,
    pub(super) areas: Vec<MemoryArea>,
    pub(super) weight_words: u64,
    pub(super) cache_words: [u64; 2],
    /// State by its name: the same at every visit of an operation.
    states: BTreeMap<String, At>,
    pub(super) caches: BTreeMap<String, super::value::Cache>,
    values: BTreeMap<&'n str, Value<'n>>,
    trains: BTreeMap<&'n str, Rc<Train>>,
    loops: Vec<OpenLoop>,
    pointers: Vec<Pointer>,
    pub(super) loop_depth: u32,
    /// The step that is unrolled, and whether steps are a loop.
    pub(super) step: usize,
    /// The operation at hand.
    pub(super) index: usize,
    pub(super) logits: Option<super::head::Logits>,
}

impl<'n> Composer<'n> {
    pub(super) fn new(
        network: &'n Network,
        design: &'n Design,
        machine: MachineParameters,
    ) -> Result<Composer<'n>, LowerError> {
        let composer = Composer {
            network,
            design,
            machine,
            layouts: Layouts::of(network, machine.elements as usize),
            phases: Phases::of(network),
            pools: Pools::default(),
            kept: Vec::new(),
            constants: Vec::new(),
            tables: Vec::new(),
            instructions: Vec::new(),
            remarks: Vec::new(),
            matrices: Vec::new(),
            stored: BTreeMap::new(),
            widths: Vec::new(),
            areas: Vec::new(),
            weight_words: 0,
            cache_words: [0; 2],
            states: BTreeMap::new(),
            caches: BTreeMap::new(),
            values: BTreeMap::new(),
            trains: BTreeMap::new(),
            loops: Vec::new(),
            pointers: Vec::new(),
            loop_depth: 0,
            step: 0,
            index: 0,
            logits: None,
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

    pub(super) fn set(&mut self, name: &'n str, value: Value<'n>) {
        self.values.insert(name, value);
    }

    /// Lets go of a value that nobody reads again.
    pub(super) fn forget(&mut self, name: &str) {
        self.values.remove(name);
        self.trains.remove(name);
    }

    /// The train of a value, made once a place of the program.
    pub(super) fn known_train(&self, name: &str) -> Option<Rc<Train>> {
        self.trains.get(name).cloned()
    }

    pub(super) fn know_train(&mut self, name: &'n str, train: Rc<Train>) {
        self.trains.insert(name, train);
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

    /// The fraction of a value that is at most `bound`.
    pub(super) fn fraction(&self, bound: f64) -> i64 {
        let width = i64::from(self.machine.value_width);
        let whole = bound.max(1e-6).log2().ceil() as i64;
        (width - 1 - whole).min(width - 10)
    }

    // ---- memories ------------------------------------------------------------------------------

    /// Words of T, for one position or for all of them where later loops read the value.
    pub(super) fn temporary(&mut self, name: &str, words: usize) -> (At, Option<Area>) {
        let every = self.phases.crosses(name);
        if self.phases.is_arrival(self.index) && self.phases.block {
            // It must outlive the tokens that follow.
            return (self.state(name, words, true), None);
        }
        let area = match every {
            true => self.pools.temporaries.take_unused(words * self.machine.context as usize),
            false => self.pools.temporaries.take(words),
        };
        if every {
            self.keep_area(area.clone());
        }
        let at = At::fixed(Space::Temporaries, area.first());
        let per_position = if every { words as u32 } else { 0 };
        (At { per_position, ..at }, Some(area))
    }

    /// Words of T that live within one operation.
    pub(super) fn scratch(&mut self, words: usize) -> (At, Area) {
        let area = self.pools.temporaries.take(words);
        (At::fixed(Space::Temporaries, area.first()), area)
    }

    /// Words of S that belong to `name` for good, for each position if the text is a block.
    pub(super) fn state(&mut self, name: &str, words: usize, positions: bool) -> At {
        if let Some(&at) = self.states.get(name) {
            return at;
        }
        let per_position = if positions && self.phases.block { words as u32 } else { 0 };
        let count = if per_position > 0 { words * self.machine.context as usize } else { words };
        let area = self.pools.state.take(count);
        let at = At { per_position, ..At::fixed(Space::State, area.first()) };
        self.area(Memory::State, name, area.first(), area.words());
        self.kept.push(area);
        self.states.insert(name.to_owned(), at);
        at
    }

    /// Constants in whole words, equal ones once.
    pub(super) fn constant(&mut self, name: &str, mut values: Vec<i64>) -> At {
        let elements = self.elements();
        values.resize(values.len().next_multiple_of(elements), 0);
        let mut places = (0..self.constants.len()).step_by(elements);
        if let Some(place) = places.find(|&place| self.constants[place..].starts_with(&values)) {
            return At::fixed(Space::Constants, (place / elements) as u32);
        }
        let first = (self.constants.len() / elements) as u32;
        let words = (values.len() / elements) as u32;
        self.constants.extend(values);
        self.area(Memory::Constants, name, first, words);
        At::fixed(Space::Constants, first)
    }

    /// Real numbers as constants of a layout: the largest fraction up to `most` that holds them.
    pub(super) fn real_constant(
        &mut self,
        name: &str,
        values: &[f64],
        layout: &Layout,
        most: i64,
    ) -> (At, i64) {
        let largest = values.iter().fold(0f64, |largest, x| largest.max(x.abs()));
        let width = i64::from(self.machine.value_width);
        let whole = largest.max(1e-9).log2().floor() as i64 + 1;
        let fraction = (width - 1 - whole).min(most);
        let limit = signed_limit(self.machine.value_width);
        let mut words = vec![0; layout.width];
        for (&place, &value) in layout.places.iter().zip(values) {
            let scaled = (value * (fraction as f64).exp2()).round();
            words[place] = scaled.clamp(-limit, limit) as i64;
        }
        (self.constant(name, words), fraction)
    }

    pub(super) fn area(&mut self, memory: Memory, name: &str, first: u32, words: u32) {
        self.areas.push(MemoryArea { memory, name: name.to_owned(), first, words });
    }

    /// A table of the program, equal ones once.
    pub(super) fn table(&mut self, table: FunctionTable) -> Result<Function, LowerError> {
        let known = self.tables.iter().position(|known| *known == table);
        let index = known.unwrap_or_else(|| {
            self.tables.push(table);
            self.tables.len() - 1
        });
        Function::table(index).ok_or_else(|| {
            self.refuse(
                "it needs a ninth function table",
                "use fewer functions, or the same fractions for them",
            )
        })
    }

    /// Lays a matrix into the weight store once.
    pub(super) fn store_matrix(
        &mut self,
        name: &str,
        digits: &[Vec<Trit>],
        rows: &Layout,
        columns: &Layout,
    ) -> Result<u32, LowerError> {
        if let Some(&base) = self.stored.get(name) {
            return Ok(base);
        }
        let (lanes, slots) = (self.machine.lanes as usize, self.machine.slots as usize);
        let height = rows.width.next_multiple_of(lanes);
        let width = columns.width.next_multiple_of(slots);
        let base = self.weight_words;
        self.weight_words += (height / lanes * digits.len() * (width / slots)) as u64;
        limit_words("weight store", self.weight_words, STORE_WORDS_MAX)?;
        let lay = |trits: &Vec<Trit>| {
            let mut laid = vec![0; height * width];
            for (row, source) in trits.chunks_exact(columns.places.len()).enumerate() {
                let start = rows.places[row] * width;
                for (&place, &trit) in columns.places.iter().zip(source) {
                    laid[start + place] = trit;
                }
            }
            laid
        };
        let digits = digits.iter().map(lay).collect();
        let (name, base) = (name.to_owned(), base as u32);
        let words = (self.weight_words - u64::from(base)) as u32;
        self.area(Memory::Weights, &name, base, words);
        self.stored.insert(name.clone(), base);
        self.matrices.push(StoredMatrix { name, base, rows: height, columns: width, digits });
        Ok(base)
    }

    /// States and checks a sum of the array.
    pub(super) fn prove_sum(&mut self, layer: &str, worst: f64) -> Result<(), LowerError> {
        let given = self.machine.acc_width;
        let (needed, worst) = (signed_bits(worst), worst.floor() as u64);
        let (layer, key, quantity) = (layer.to_owned(), "array.acc_width", "a sum");
        let proof = WidthProof { layer: layer.clone(), quantity, worst, needed, key, given };
        if !self.widths.contains(&proof) {
            self.widths.push(proof);
        }
        if needed <= given {
            return Ok(());
        }
        let limit = signed_limit(given) as u64;
        Err(LowerError::Width { layer, quantity, worst, key, given, limit, needed })
    }

    // ---- instructions --------------------------------------------------------------------------

    /// Appends an instruction whose addresses move as `moves` say.
    pub(super) fn push(
        &mut self,
        mut action: Action,
        moves: &[(&'static str, Moves)],
        remark: String,
    ) -> Result<(), LowerError> {
        let mut pointers = Pointers::default();
        for &(field, moves) in moves {
            let mut active = [0; 3];
            for open in &self.loops {
                active[open.over as usize] = moves[open.over as usize];
            }
            let unrolled = match self.is_open(Over::Steps) {
                true => 0,
                false => moves[Over::Steps as usize] * self.step as u32,
            };
            if unrolled > 0 {
                advance(&mut action, field, unrolled);
            }
            if active != [0; 3] {
                let pointer = self.pointer(active)?;
                pointers = pointers.with(&action, field, pointer);
            }
        }
        let wait = Wait { matrix: ANY, vector: ANY };
        self.instructions.push(Instruction { wait, action, pointers });
        self.remarks.push(remark);
        Ok(())
    }

    pub(super) fn pass(&mut self, draft: Draft, remark: String) -> Result<(), LowerError> {
        let action = Action::Pass(draft.pass.phased());
        self.push(action, &draft.moves, remark)
    }

    /// Makes the instruction appended last attend all positions of the text.
    pub(super) fn attend_all(&mut self) {
        if let Some(instruction) = self.instructions.last_mut() {
            instruction.pointers.all = true;
        }
    }

    /// Whether steps are a loop here.
    pub(super) fn steps_loop(&self) -> bool {
        self.is_open(Over::Steps)
    }

    /// Keeps an area for good.
    pub(super) fn keep_area(&mut self, area: Area) {
        self.kept.push(area);
    }

    fn is_open(&self, over: Over) -> bool {
        self.loops.iter().any(|open| open.over == over)
    }

    fn pointer(&mut self, moves: Moves) -> Result<u8, LowerError> {
        let known = |pointer: &Pointer| !pointer.free && pointer.moves == moves;
        if let Some(index) = self.pointers.iter().position(known) {
            return Ok(index as u8 + 1);
        }
        let reusable = |pointer: &Pointer| pointer.free && pointer.moves[0] == moves[0];
        let pointer = Pointer { moves, free: false };
        if let Some(index) = self.pointers.iter().position(reusable) {
            self.pointers[index] = pointer;
            return Ok(index as u8 + 1);
        }
        if self.pointers.len() + 1 == POINTER_COUNT as usize {
            return Err(self.refuse(
                format!("its loops need more than {} pointers", POINTER_COUNT - 1),
                "choose machine.elements so that heads and channels have equal words",
            ));
        }
        self.pointers.push(pointer);
        Ok(self.pointers.len() as u8)
    }

    pub(super) fn open(
        &mut self,
        over: Over,
        extent: Extent,
        count: usize,
        remark: String,
    ) -> Result<(), LowerError> {
        let action = Action::Loop(Loop { extent, count: count as u32, ..Loop::default() });
        self.push(action, &[], remark)?;
        self.loops.push(OpenLoop { over, instruction: self.instructions.len() - 1 });
        self.loop_depth = self.loop_depth.max(self.loops.len() as u32);
        Ok(())
    }

    /// Ends the innermost loop; its strides are known now.
    pub(super) fn close(&mut self) -> Result<(), LowerError> {
        let open = self.loops.pop().expect("a loop was opened");
        let stride = |index: usize| {
            self.pointers.get(index).map_or(0, |pointer| pointer.moves[open.over as usize])
        };
        if let Action::Loop(turn) = &mut self.instructions[open.instruction].action {
            let strides = [
                &mut turn.stride_1,
                &mut turn.stride_2,
                &mut turn.stride_3,
                &mut turn.stride_4,
                &mut turn.stride_5,
                &mut turn.stride_6,
                &mut turn.stride_7,
            ];
            strides.into_iter().enumerate().for_each(|(index, to)| *to = stride(index));
        }
        let level = self.loops.len() as u32;
        self.push(Action::Next(Next { level }), &[], "the loop ends".to_owned())?;
        match self.loops.last().map(|open| open.over) {
            None => self.pointers.clear(),
            Some(Over::Steps) => self.pointers.iter_mut().for_each(|pointer| pointer.free = true),
            Some(_) => {}
        }
        Ok(())
    }
}

/// Moves one address of an action.
fn advance(action: &mut Action, field: &str, words: u32) {
    let index = Pointers::moved(action).iter().position(|moved| *moved == field);
    let index = index.unwrap_or_else(|| panic!("{} moves no {field}", action.format().name));
    let mut selectors = Pointers::default();
    selectors.selectors[index] = 1;
    let mut pointers = [0; POINTER_COUNT as usize];
    pointers[1] = words;
    let wait = Wait { matrix: ANY, vector: ANY };
    *action = Instruction { wait, action: *action, pointers: selectors }.moved(&pointers);
}
