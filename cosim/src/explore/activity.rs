//! What the tokens of a text make a machine do: cycles, and work that takes energy.

use crate::reference::machine::{Facts, MachineReference, Observer};
use crate::reference::{ReferenceError, seeded_vectors};
use firmware::energy::TokenWork;
use firmware::isa::{Action, Matrix};
use firmware::machine::Program;
use firmware::machine_cycles::{MachineLatency, token_cycles};
use weights::config::Run;
use weights::network::VectorInput;

/// Some tokens, all together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Activity {
    pub(crate) tokens: u64,
    pub(crate) cycles: u64,
    pub(crate) work: TokenWork,
    /// Words of matrices that enter the array.
    pub(crate) words: u64,
    /// Weights that a word of a train meets, or in an array of events a column that spikes; and all
    /// that there are, padding left out.
    pub(crate) met: [u64; 2],
}

/// Takes the facts of each instruction.
struct Watcher {
    facts: Vec<(usize, Facts)>,
}

impl Observer for Watcher {
    const WRITES: bool = false;

    fn finish(&mut self, instruction: usize, facts: &Facts) {
        self.facts.push((instruction, *facts));
    }
}

/// Vectors for a program that takes some, as a run sends them.
fn vectors(program: &Program, count: usize) -> Option<Vec<Vec<i64>>> {
    let (stream, map) = program.parameters.input.zip(program.input.as_ref())?;
    let bits = stream.value_width - 1;
    let input = VectorInput { width: map.places.len(), bits, fraction: 0 };
    Some(seeded_vectors(&input, Run::default().seed, count))
}

/// The integer reference goes through `prompt` and predicts `length` tokens more, each of which is
/// counted, as the hardware does in a co-simulation.
pub(crate) fn activity(
    program: &Program,
    prompt: &[u32],
    length: usize,
) -> Result<Activity, ReferenceError> {
    let machine = &program.parameters;
    let latency = MachineLatency::of(machine);
    let mut reference = MachineReference::new(program);
    let mut activity = Activity::default();
    let Some((&last, first)) = prompt.split_last() else { return Ok(activity) };
    let vectors = vectors(program, length);
    // Vectors have no prompt.
    let first = if vectors.is_some() { &[][..] } else { first };
    for &token in first {
        reference.step(token, false)?;
    }
    let mut token = last;
    for position in (first.len()..machine.room()).take(length) {
        if let Some(vectors) = &vectors {
            reference.present(&vectors[position])?;
            token = 0;
        }
        let mut watcher = Watcher { facts: vec![] };
        let prediction = reference.step_observed(token, true, &mut watcher)?;
        token = prediction.map_or(token, |prediction| prediction.token);
        // A position is below 2^16.
        let cycles = token_cycles(program, &latency, position as u32, true, |executed| {
            watcher.facts[executed.number].1.train()
        });
        activity.tokens += 1;
        activity.cycles += cycles.total;
        activity.work.add_vector(machine, cycles.vector_work);
        for (instruction, found) in &watcher.facts {
            let (Action::Matrix(matrix), Facts::Matrix(facts)) =
                (&program.instructions[*instruction].action, found)
            else {
                continue;
            };
            let spikes = facts.cost(machine.radix).spikes;
            let shape = (facts.tiles, facts.rows);
            if matrix.store == 0 {
                let [tiles, rows] = [facts.tiles, facts.rows].map(u64::from);
                let digits = u64::from(facts.digits);
                let words = digits * u64::from(facts.words);
                activity.words += tiles * words * u64::from(facts.passes);
                activity.met[0] += rows * words;
                activity.met[1] += rows * digits * u64::from(matrix.stride);
            }
            let matrix = Matrix { vectors: facts.vectors, ..*matrix };
            activity.work.add_matrix(machine, &matrix, shape, (spikes, found.train()));
        }
        if program.end_tokens.contains(&token) {
            break;
        }
    }
    Ok(activity)
}
