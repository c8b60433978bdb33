//! What the tokens of a text make a machine do: cycles, and work that takes energy.

use crate::reference::ReferenceError;
use crate::reference::machine::{Facts, MachineReference, Observer};
use firmware::energy::TokenWork;
use firmware::isa::Action;
use firmware::machine::Program;
use firmware::machine_cycles::{MachineLatency, TrainFacts, token_cycles};

/// Some tokens, all together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Activity {
    pub(super) tokens: u64,
    pub(super) cycles: u64,
    pub(super) work: TokenWork,
}

/// Takes the facts of each matrix instruction.
struct Watcher {
    trains: Vec<TrainFacts>,
    facts: Vec<(usize, Facts)>,
}

impl Observer for Watcher {
    const WRITES: bool = false;

    fn finish(&mut self, instruction: usize, facts: &Facts) {
        let Facts::Matrix(matrix) = facts else { return };
        self.trains[instruction] = TrainFacts { words: matrix.words, passes: matrix.passes };
        self.facts.push((instruction, *facts));
    }
}

/// The integer reference goes through `prompt` and predicts `length` tokens more, each of which is
/// counted, as the hardware does in a co-simulation.
pub(super) fn activity(
    program: &Program,
    prompt: &[u32],
    length: usize,
) -> Result<Activity, ReferenceError> {
    let machine = &program.parameters;
    let latency = MachineLatency::of(machine);
    let mut reference = MachineReference::new(program);
    let mut activity = Activity::default();
    let Some((&last, first)) = prompt.split_last() else { return Ok(activity) };
    for &token in first {
        reference.step(token, false)?;
    }
    let mut token = last;
    for position in (first.len()..machine.context as usize).take(length) {
        let trains = vec![TrainFacts::default(); program.instructions.len()];
        let mut watcher = Watcher { trains, facts: vec![] };
        let prediction = reference.step_observed(token, true, &mut watcher)?;
        token = prediction.map_or(token, |prediction| prediction.token);
        // A position is below 2^16.
        let cycles =
            token_cycles(program, &latency, position as u32, true, |at| watcher.trains[at]);
        activity.tokens += 1;
        activity.cycles += cycles.total;
        activity.work.add_vector(machine, cycles.vector_busy);
        for (instruction, facts) in &watcher.facts {
            let (Action::Matrix(matrix), Facts::Matrix(facts)) =
                (&program.instructions[*instruction].action, facts)
            else {
                continue;
            };
            let spikes = facts.cost(machine.radix).spikes;
            let train = watcher.trains[*instruction];
            activity.work.add_matrix(machine, matrix, (facts.tiles, facts.rows), (spikes, train));
        }
        if program.end_tokens.contains(&token) {
            break;
        }
    }
    Ok(activity)
}
