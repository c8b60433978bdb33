//! What the lowering of all operations shares: memories, matrices, constants, proofs, instructions.

use super::bounds::{signed_bits, signed_limit};
use super::pool::{Area, Pool};
use super::residual::Residual;
use super::schedule::Order;
use super::sizes::{STORE_WORDS_MAX, limit_depths, limit_words, machine, require_dense};
use super::values::{Layout, Value};
use super::waits::waits;
use super::{LowerError, accesses};
use crate::isa::{Action, End, Instruction};
use crate::machine::{MachineParameters, Memory, MemoryArea, Program, StoredMatrix, WidthProof};
use crate::machine_cycles::MachineLatency;
use std::collections::BTreeMap;
use weights::config::Design;
use weights::network::{Network, Operation};
use weights::numeric::Trit;
use weights::numeric::fixed_point::bit_length;

/// The memories whose words values take and give back.
#[derive(Default)]
pub(super) struct Pools {
    pub(super) results: Pool,
    pub(super) temporaries: Pool,
    pub(super) trains: Pool,
    pub(super) descriptors: Pool,
    pub(super) scalars: Pool,
    pub(super) maxima: Pool,
}

/// A lowering on its way.
pub(super) struct Emitter<'n> {
    pub(super) network: &'n Network,
    pub(super) design: &'n Design,
    /// Sizes of the array and widths; the depths come last.
    pub(super) machine: MachineParameters,
    pub(super) pools: Pools,
    pub(super) residual: Residual,
    /// First constant of what is kept once: rotary tables by their name.
    pub(super) tables: BTreeMap<String, u32>,
    pub(super) constants: Vec<i64>,
    pub(super) areas: Vec<MemoryArea>,
    pub(super) logits: Option<Logits>,
    /// The operation at hand.
    pub(super) index: usize,
    /// Which operations read a value.
    consumers: BTreeMap<&'n str, Vec<usize>>,
    values: BTreeMap<&'n str, Value<'n>>,
    actions: Vec<Action>,
    remarks: Vec<String>,
    matrices: Vec<StoredMatrix>,
    widths: Vec<WidthProof>,
    weight_words: u64,
    kept_words: [u64; 2],
    deficit_words: [u64; 2],
}

/// Where the logits are.
pub(super) struct Logits {
    pub(super) address: u32,
    pub(super) unit: f64,
    pub(super) scalar: u32,
    /// Keeps their words from being lent again.
    pub(super) _areas: [Area; 2],
}

impl<'n> Emitter<'n> {
    pub(super) fn new(network: &'n Network, design: &'n Design) -> Result<Self, LowerError> {
        require_dense(design)?;
        let machine = machine(network, design)?;
        let mut consumers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, operation) in network.operations.iter().enumerate() {
            for value in operation.inputs() {
                consumers.entry(value).or_default().push(index);
            }
        }
        let residual = Residual::new(network, design, &machine)?;
        Ok(Emitter {
            network,
            design,
            machine,
            pools: Pools::default(),
            residual,
            tables: BTreeMap::new(),
            constants: Vec::new(),
            areas: Vec::new(),
            logits: None,
            index: 0,
            consumers,
            values: BTreeMap::new(),
            actions: Vec::new(),
            remarks: Vec::new(),
            matrices: Vec::new(),
            widths: Vec::new(),
            weight_words: 0,
            kept_words: [0; 2],
            deficit_words: [0; 2],
        })
    }

    pub(super) fn begin(&mut self, index: usize) {
        self.index = index;
    }

    /// Notes what the operation at hand has made, and lets go of what nobody reads again.
    pub(super) fn finish_operation(&mut self, value: Value<'n>) {
        let operation = &self.network.operations[self.index];
        self.values.insert(operation.output(), value);
        for input in operation.inputs() {
            if self.consumers[input].iter().all(|&consumer| consumer <= self.index) {
                self.values.remove(input);
            }
        }
    }

    /// A value that an earlier operation has made.
    pub(super) fn value(&self, name: &str) -> Value<'n> {
        self.values[name].clone()
    }

    /// The one operation that reads a value, if only one does.
    pub(super) fn sole_consumer(&self, value: &str) -> Option<&'n Operation> {
        match self.consumers.get(value).map(Vec::as_slice) {
            Some(&[index]) => Some(&self.network.operations[index]),
            _ => None,
        }
    }

    /// The operations that read a value from the one at hand on.
    pub(super) fn later_consumers(&self, value: &str) -> impl Iterator<Item = &'n Operation> {
        let all = self.consumers.get(value).map_or(&[][..], Vec::as_slice);
        all.iter().filter(|&&at| at >= self.index).map(|&at| &self.network.operations[at])
    }

    /// The operation at hand is no work for this machine.
    pub(super) fn refuse(&self, reason: impl Into<String>, remedy: &'static str) -> LowerError {
        let operation = &self.network.operations[self.index];
        let operation = format!("{} `{}`", operation.kind(), operation.output());
        LowerError::Operation { operation, reason: reason.into(), remedy }
    }

    /// The operation at hand reads a value of the wrong kind.
    pub(super) fn refuse_input(&self, name: &str, wanted: &str) -> LowerError {
        let found = self.value(name).kind();
        self.refuse(
            format!("`{name}` is {found}, the machine takes {wanted} here"),
            "order the operations as in a BitNet block",
        )
    }

    /// Appends an instruction.
    pub(super) fn push(&mut self, action: Action, remark: String) {
        self.actions.push(action);
        self.remarks.push(remark);
    }

    /// States and checks a width: `worst` is the largest magnitude of a two's complement number.
    pub(super) fn prove(
        &mut self,
        layer: &str,
        quantity: &'static str,
        worst: f64,
        width: Width,
    ) -> Result<(), LowerError> {
        let (key, given) = match width {
            Width::Accumulator => ("array.acc_width", self.machine.acc_width),
            Width::Value => ("machine.value_width", self.machine.value_width),
        };
        let (needed, worst) = (signed_bits(worst), worst.floor() as u64);
        self.note(WidthProof { layer: layer.to_owned(), quantity, worst, needed, key, given })
    }

    /// States and checks the width of a norm's counts, which are magnitudes.
    pub(super) fn prove_counts(&mut self, layer: &str, worst: u64) -> Result<u32, LowerError> {
        let (key, given) = ("machine.count_width", self.design.machine.count_width);
        let (quantity, needed) = ("a count", bit_length(worst as i64));
        let layer = layer.to_owned();
        self.note(WidthProof { layer, quantity, worst, needed, key, given })?;
        self.machine.count_width = self.machine.count_width.max(needed);
        Ok(needed)
    }

    fn note(&mut self, proof: WidthProof) -> Result<(), LowerError> {
        let WidthProof { layer, quantity, worst, needed, key, given } = proof.clone();
        self.widths.push(proof);
        if needed <= given {
            return Ok(());
        }
        let limit = match key {
            "machine.count_width" => (1 << given) - 1,
            _ => signed_limit(given) as u64,
        };
        Err(LowerError::Width { layer, quantity, worst, key, given, limit, needed })
    }

    /// Lays a matrix into the weight store: `rows[r]` and `columns[c]` are the places of its rows
    /// and columns, `digits` its trits row by row, most significant digit first.
    pub(super) fn store_matrix(
        &mut self,
        name: &str,
        digits: &[Vec<Trit>],
        rows: &Layout,
        columns: &Layout,
    ) -> Result<u32, LowerError> {
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
        self.matrices.push(StoredMatrix {
            name: name.to_owned(),
            base: base as u32,
            word: self.machine.matrix_word(),
            rows: height,
            columns: width,
            digits: digits.iter().map(lay).collect(),
        });
        let words = (self.weight_words - base) as u32;
        self.area(Memory::Weights, name, base as u32, words);
        Ok(base as u32)
    }

    /// Takes words of the key store (0) or the value store (1), and deficit words with them, for
    /// good.
    pub(super) fn keep(
        &mut self,
        which: usize,
        name: &str,
        words: usize,
        deficits: usize,
    ) -> Result<(u32, u32), LowerError> {
        let first = (self.kept_words[which], self.deficit_words[which]);
        self.kept_words[which] += words as u64;
        self.deficit_words[which] += deficits as u64;
        let memories = [
            ("key store", Memory::Keys, Memory::KeyDeficits),
            ("value store", Memory::Values, Memory::ValueDeficits),
        ];
        let (label, kept, deficit) = memories[which];
        limit_words(label, self.kept_words[which], STORE_WORDS_MAX)?;
        self.area(kept, name, first.0 as u32, words as u32);
        self.area(deficit, name, first.1 as u32, deficits as u32);
        Ok((first.0 as u32, first.1 as u32))
    }

    /// Appends constants in whole words; yields the first word.
    pub(super) fn keep_constants(&mut self, name: &str, values: Vec<i64>) -> u32 {
        let elements = self.machine.elements as usize;
        let mut values = values;
        values.resize(values.len().next_multiple_of(elements), 0);
        // Norms of equal weights share them.
        let mut places = (0..self.constants.len()).step_by(elements);
        if let Some(place) = places.find(|&place| self.constants[place..].starts_with(&values)) {
            return (place / elements) as u32;
        }
        let first = (self.constants.len() / elements) as u32;
        let words = (values.len() / elements) as u32;
        self.constants.extend(values);
        self.area(Memory::Constants, name, first, words);
        first
    }

    fn area(&mut self, memory: Memory, name: &str, first: u32, words: u32) {
        self.areas.push(MemoryArea { memory, name: name.to_owned(), first, words });
    }

    /// The whole program, once all operations are lowered.
    pub(super) fn program(mut self, order: Order) -> Result<Program, LowerError> {
        self.push(Action::End(End { unasked: 0 }), "the token is done".to_owned());
        let Some(logits) = self.logits.take() else {
            return Err(self.refuse("no head comes last", "end the network with its head"));
        };
        let elements = u64::from(self.machine.elements);
        self.machine = MachineParameters {
            weight_depth: self.weight_words as u32,
            key_depth: self.kept_words[0] as u32,
            value_depth: self.kept_words[1] as u32,
            deficit_depth: self.deficit_words[0].max(self.deficit_words[1]) as u32,
            residual_depth: self.residual.words,
            result_depth: self.pools.results.depth(),
            temporary_depth: self.pools.temporaries.depth(),
            constant_depth: (self.constants.len() as u64 / elements).max(1) as u32,
            train_depth: self.pools.trains.depth(),
            train_count: self.pools.descriptors.depth(),
            scalar_count: self.pools.scalars.depth(),
            program_depth: self.actions.len() as u32,
            ..self.machine
        };
        limit_depths(&self.machine, self.pools.maxima.depth())?;
        let sets: Vec<_> =
            self.actions.iter().map(|action| accesses(action, &self.machine)).collect();
        let latency = MachineLatency::of(&self.machine);
        let order = order(&self.actions, &sets, &self.machine, latency);
        let actions: Vec<_> = order.iter().map(|&at| self.actions[at]).collect();
        let sets: Vec<_> = order.iter().map(|&at| sets[at].clone()).collect();
        let remarks: Vec<_> = order.iter().map(|&at| self.remarks[at].clone()).collect();
        let with_wait = |(&action, wait)| Instruction::new(wait, action);
        let instructions: Vec<_> =
            actions.iter().zip(waits(&actions, &sets)).map(with_wait).collect();
        for (instruction, remark) in instructions.iter().zip(&remarks) {
            let error = |error| LowerError::Instruction { remark: remark.clone(), error };
            instruction.encode().map_err(error)?;
        }
        Ok(Program {
            name: self.network.name.clone(),
            parameters: self.machine,
            instructions,
            remarks,
            matrices: self.matrices,
            constants: self.constants,
            tables: Vec::new(),
            logits_address: logits.address,
            logits_count: self.machine.vocabulary,
            logits_unit: logits.unit,
            logits_scalar: logits.scalar,
            input: None,
            output: None,
            begin_token: self.network.begin_token,
            end_tokens: self.network.end_tokens.clone(),
            widths: self.widths,
            areas: self.areas,
            orders: Vec::new(),
        })
    }
}

/// Which width of the design a number must fit.
#[derive(Clone, Copy)]
pub(super) enum Width {
    /// A sum of the array.
    Accumulator,
    /// A value of the vector unit.
    Value,
}
