//! The spikes of a run, whoever executed it: what a raster shows and what the train of one token
//! prints.

use crate::reference::ReferenceError;
use crate::reference::float::{Part, Seen};
use crate::reference::machine::{Facts, MachineReference, MatrixFacts, Observer, Write};
use firmware::isa::{Action, Emit, Matrix};
use firmware::machine::Program;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Spikes of all neuron layers, in the order in which the layers first fired.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpikeRecord {
    /// Time steps of a token.
    pub steps: usize,
    /// One entry a layer.
    pub layers: Vec<LayerSpikes>,
    /// Tokens of which the matrices are counted.
    #[serde(default)]
    pub tokens: usize,
    /// What each stored matrix took, in the order of execution.
    #[serde(default)]
    pub matrices: Vec<MatrixSpikes>,
}

/// What a stored matrix took over all tokens and steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatrixSpikes {
    /// Name of the matrix.
    pub name: String,
    /// Whether all that it saw came from neurons.
    pub spiking: bool,
    /// Weights of all products; each digit of a weight counts.
    pub synapses: u64,
    /// Of them those that are not zero.
    pub weights: u64,
    /// Additions: ones of what it saw, times the rows that they reach.
    pub additions: u64,
}

/// Spikes of one layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerSpikes {
    /// Name of the layer.
    pub name: String,
    /// Neurons.
    pub neurons: usize,
    /// In the order in which they were taken.
    pub vectors: Vec<SpikeVector>,
}

/// The spikes of one token and step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpikeVector {
    /// Position of the token in its text.
    pub position: usize,
    /// Step of the token.
    pub step: usize,
    /// Neurons that fire, ascending, and their levels; 1 for a binary spike. In files a text of
    /// `neuron` or `neuron:level`.
    #[serde(with = "in_words")]
    pub spikes: Vec<(u32, i32)>,
}

mod in_words {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        spikes: &[(u32, i32)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let words: Vec<String> = spikes
            .iter()
            .map(|(neuron, level)| match level {
                1 => neuron.to_string(),
                level => format!("{neuron}:{level}"),
            })
            .collect();
        serializer.serialize_str(&words.join(" "))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(u32, i32)>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let spike = |word: &str| {
            let (neuron, level) = word.split_once(':').unwrap_or((word, "1"));
            Some((neuron.parse().ok()?, level.parse().ok()?))
        };
        text.split_whitespace()
            .map(|word| spike(word).ok_or_else(|| Error::custom(format!("`{word}` is no spike"))))
            .collect()
    }
}

impl SpikeRecord {
    /// A record without spikes.
    pub fn new(steps: usize) -> SpikeRecord {
        SpikeRecord { steps, ..SpikeRecord::default() }
    }

    /// Takes the levels of all neurons of a layer at one token and step.
    pub fn take(&mut self, layer: &str, position: usize, step: usize, levels: &[i32]) {
        let index = self.layers.iter().position(|known| known.name == layer);
        let index = index.unwrap_or_else(|| {
            let (name, neurons) = (layer.to_owned(), levels.len());
            self.layers.push(LayerSpikes { name, neurons, vectors: Vec::new() });
            self.layers.len() - 1
        });
        let fired = levels.iter().enumerate().filter(|(_, level)| **level != 0);
        let spikes = fired.map(|(neuron, &level)| (neuron as u32, level)).collect();
        self.layers[index].vectors.push(SpikeVector { position, step, spikes });
    }

    /// Takes what the float executor shows; everything but spikes is passed over.
    pub fn take_seen(&mut self, seen: &Seen<'_>) {
        if seen.part == Part::Spikes {
            let levels: Vec<i32> = seen.values.iter().map(|&spike| spike as i32).collect();
            self.take(seen.name, seen.position, seen.step, &levels);
        }
    }

    /// Spikes of the tokens that a program is fed, by its reference; and of the vectors that come in
    /// their place, if some do.
    ///
    /// # Errors
    /// As [`MachineReference::step`].
    pub fn of_machine(
        reference: &MachineReference,
        steps: usize,
        ids: &[u32],
        vectors: &[Vec<i64>],
        asked: impl Fn(usize) -> bool,
    ) -> Result<SpikeRecord, ReferenceError> {
        let mut machine = reference.clone();
        machine.reset();
        let program = reference.program();
        let record = SpikeRecord::new(steps);
        let mut watcher = Watcher {
            program,
            record,
            position: 0,
            instruction: 0,
            levels: Vec::new(),
            from_neurons: BTreeSet::new(),
            taken: BTreeMap::new(),
        };
        for (position, &id) in ids.iter().enumerate() {
            if let Some(vector) = vectors.get(position) {
                machine.present(vector)?;
            }
            machine.step_observed(id, asked(position), &mut watcher)?;
        }
        watcher.record.tokens = ids.len();
        Ok(watcher.record)
    }

    /// The layer of that name.
    pub fn layer(&self, name: &str) -> Option<&LayerSpikes> {
        self.layers.iter().find(|layer| layer.name == name)
    }
}

/// The neuron layers of a program, by the names in its remarks, in the order of execution.
pub fn neuron_layers(program: &Program) -> Vec<&str> {
    let mut layers: Vec<&str> = Vec::new();
    for (instruction, remark) in program.instructions.iter().zip(&program.remarks) {
        let spiking = matches!(&instruction.action, Action::Pass(pass) if pass.spiking == 1);
        if spiking && !layers.contains(&layer_of(remark)) {
            layers.push(layer_of(remark));
        }
    }
    layers
}

/// Remarks are `layer: what of it`, one for each of the passes that became one; that of the spikes where
/// there is one.
fn layer_of(remark: &str) -> &str {
    let spikes = remark.split("; ").find(|part| part.ends_with(SPIKES));
    spikes.unwrap_or(remark).split(':').next().unwrap_or(remark)
}

/// How a remark of a pass ends that makes spikes, or takes those of the token before.
const SPIKES: &str = ": spikes";

/// Takes what passes with neurons write, wherever it goes.
struct Watcher<'p> {
    program: &'p Program,
    record: SpikeRecord,
    position: usize,
    instruction: usize,
    levels: Vec<i32>,
    /// Trains that neurons wrote last.
    from_neurons: BTreeSet<u32>,
    /// Steps of a layer, by its name, that were taken at a position: a block goes over all positions
    /// in each step.
    taken: BTreeMap<(&'p str, usize), usize>,
}

impl<'p> Watcher<'p> {
    /// Whether the pass at hand emits more than words of T or S.
    fn emits(&self) -> bool {
        let action = &self.program.instructions[self.instruction].action;
        matches!(action, Action::Pass(pass) if pass.emit != Emit::Nothing)
    }

    /// Counts what a stored matrix did.
    fn count(&mut self, instruction: usize, matrix: &Matrix, facts: &MatrixFacts) {
        let spiking = facts.vectors > 0 || self.from_neurons.contains(&matrix.train);
        let name = layer_of(&self.program.remarks[instruction]);
        let known = self.record.matrices.iter().position(|known| known.name == name);
        let index = known.unwrap_or_else(|| {
            let (name, new) = (name.to_owned(), MatrixSpikes::default());
            self.record.matrices.push(MatrixSpikes { name, spiking: true, ..new });
            self.record.matrices.len() - 1
        });
        let stored = self.program.matrices.iter().find(|stored| stored.name == name);
        let digits = stored.into_iter().flat_map(|stored| stored.digits.iter().flatten());
        let weights = digits.filter(|&&trit| trit != 0).count() as u64;
        let (rows, products) = (facts.rows * facts.digits, u64::from(facts.vectors.max(1)));
        let counted = &mut self.record.matrices[index];
        counted.spiking &= spiking;
        counted.synapses += products * u64::from(facts.columns) * u64::from(rows);
        counted.weights += products * weights;
        counted.additions += u64::from(facts.bitwise.spikes) * u64::from(rows);
    }
}

impl<'p> Observer for Watcher<'p> {
    const WRITES: bool = true;

    fn at(&mut self, position: usize) {
        self.position = position;
    }

    fn issue(&mut self, instruction: usize) {
        self.instruction = instruction;
        self.levels.clear();
    }

    fn write(&mut self, write: Write) {
        match write {
            // Words in which nothing spikes are no part of a train.
            Write::Train { column, counts, .. } => {
                self.levels.resize(column as usize * counts.len(), 0);
                self.levels.extend(counts.iter().map(|&count| i32::from(count)));
            }
            Write::Key { trits, .. } | Write::Value { trits, .. } | Write::Plane { trits, .. } => {
                self.levels.extend(trits.iter().map(|&trit| i32::from(trit)));
            }
            // What goes into a train is there already.
            Write::Temporaries { .. } if self.emits() => {}
            Write::Temporaries { values, .. } | Write::Results { values, .. } => {
                self.levels.extend(values.iter().map(|&value| value as i32));
            }
            _ => {}
        }
    }

    fn finish(&mut self, instruction: usize, facts: &Facts) {
        let program = self.program;
        let pass = match (&program.instructions[instruction].action, facts) {
            (Action::Pass(pass), _) => pass,
            (Action::Matrix(matrix), Facts::Matrix(facts)) if matrix.store == 0 => {
                return self.count(instruction, matrix, facts);
            }
            _ => return,
        };
        if pass.emit == Emit::Train {
            let remark = &program.remarks[instruction];
            let is_spikes = remark.split("; ").any(|part| part.ends_with(SPIKES));
            match pass.spiking == 1 || is_spikes {
                false => self.from_neurons.remove(&pass.train),
                true => self.from_neurons.insert(pass.train),
            };
        }
        if pass.spiking == 0 {
            return;
        }
        let layer = layer_of(&program.remarks[instruction]);
        self.levels.resize(pass.channels as usize, 0);
        let step = self.taken.entry((layer, self.position)).or_default();
        self.record.take(layer, self.position, *step, &self.levels);
        *step += 1;
    }
}

impl LayerSpikes {
    /// Part of the neurons that fire in a step.
    pub fn rate(&self) -> f64 {
        let spikes: usize = self.vectors.iter().map(|vector| vector.spikes.len()).sum();
        spikes as f64 / (self.neurons * self.vectors.len()).max(1) as f64
    }

    /// The train of one token as text: a line a step, a sign a neuron: `.` silent, `+` and `-` a spike
    /// of one, a digit one of more, `*` one beyond 9.
    pub fn train(&self, position: usize) -> String {
        let mut text = String::new();
        for vector in self.vectors.iter().filter(|vector| vector.position == position) {
            let mut signs = vec!['.'; self.neurons];
            for &(neuron, level) in &vector.spikes {
                signs[neuron as usize] = match level {
                    1 => '+',
                    ..=-1 => '-',
                    2..=9 => char::from_digit(level as u32, 10).unwrap_or('*'),
                    _ => '*',
                };
            }
            let line: String = signs.into_iter().collect();
            writeln!(text, "step {}  {line}", vector.step).expect("a text takes everything");
        }
        text
    }
}

#[cfg(test)]
mod tests;
