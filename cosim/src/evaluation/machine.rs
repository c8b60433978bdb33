//! The integer machine, with the cost of its trains and the cycles of its tokens.

use super::{Corpus, Costs};
use crate::pipeline::PipelineError;
use crate::reference::machine::{Facts, MachineReference, Observer};
use crate::reference::{Predictor, ReferenceError, Score, score_each};
use firmware::isa::Action;
use firmware::machine::{Program, StoredMatrix};
use firmware::machine_cycles::{MachineLatency, TrainFacts, token_cycles};
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::ops::Add;
use std::sync::Arc;
use weights::network::Network;
use weights::numeric::Radix;

/// Mean cycles of a token, and the mean part of them in which the array works.
pub(super) type MeanCycles = (f64, f64);

/// One mean count on the machine.
#[derive(Debug)]
pub struct MachineRow {
    /// The mean count.
    pub mean_count: u32,
    /// How well the machine predicts; the radix does not matter.
    pub score: Score,
    /// What its trains cost.
    pub costs: Costs,
    /// By radix: mean cycles of a token and mean part of them in which the array works, or why
    /// the machine cannot be built.
    pub cycles: Vec<(Radix, Result<MeanCycles, PipelineError>)>,
}

/// Scores the machines of one mean count, one a radix; ticks `bar` once a story and radix that can
/// be built.
///
/// # Errors
/// If no radix can be built, why the first cannot; or the first error of a story.
pub fn evaluate_machines(
    network: &Network,
    mean_count: u32,
    programs: Vec<(Radix, Result<Program, PipelineError>)>,
    corpus: &Corpus,
    bar: &ProgressBar,
) -> Result<MachineRow, PipelineError> {
    let (mut scored, mut cycles) = (None, Vec::new());
    for (radix, program) in programs {
        let program = match program {
            Ok(program) => program,
            Err(refusal) => {
                cycles.push((radix, Err(refusal)));
                continue;
            }
        };
        let predictor = MachinePredictor::new(network, &program);
        let scores = score_each(&predictor, &corpus.stories, |score, predictor| {
            bar.inc(1);
            (score, predictor.costs, predictor.cycles, predictor.busy)
        })?;
        let mut sum = (Score::default(), Costs::default(), 0, 0);
        for (score, costs, cycles, busy) in scores {
            sum = (sum.0.add(score), sum.1.add(costs), sum.2 + cycles, sum.3 + busy);
        }
        let (score, costs, all, busy) = sum;
        let tokens = score.scored.max(1) as f64;
        cycles.push((radix, Ok((all as f64 / tokens, busy as f64 / all.max(1) as f64))));
        scored.get_or_insert((score, costs));
    }
    match scored {
        Some((score, costs)) => Ok(MachineRow { mean_count, score, costs, cycles }),
        None => {
            let refusal = cycles.into_iter().find_map(|(_, cycles)| cycles.err());
            Err(refusal.expect("at least one radix was asked for"))
        }
    }
}

/// A machine that notes what its tokens cost.
#[derive(Clone)]
struct MachinePredictor {
    machine: MachineReference,
    program: Arc<Program>,
    /// Columns of the ternary matrix that an instruction reads, zero for everything else.
    columns: Arc<[usize]>,
    costs: Costs,
    cycles: u64,
    busy: u64,
}

impl MachinePredictor {
    fn new(network: &Network, program: &Program) -> MachinePredictor {
        let by_name: BTreeMap<&str, usize> = network
            .ternary_matrices()
            .map(|matrix| (matrix.name.as_str(), matrix.columns))
            .collect();
        let holds = |matrix: &StoredMatrix, word: u32| {
            (matrix.base..matrix.base + matrix.words() as u32).contains(&word)
        };
        let columns = |action: &Action| match action {
            Action::Matrix(it) if it.store == 0 => {
                let stored = program.matrices.iter().find(|matrix| holds(matrix, it.base));
                let name = stored.map_or("", |matrix| matrix.name.as_str());
                by_name.get(name).copied().unwrap_or(0)
            }
            _ => 0,
        };
        let columns = program.instructions.iter().map(|it| columns(&it.action)).collect();
        MachinePredictor {
            machine: MachineReference::new(program),
            program: Arc::new(program.clone()),
            columns,
            costs: Costs::default(),
            cycles: 0,
            busy: 0,
        }
    }
}

impl Predictor for MachinePredictor {
    fn reset(&mut self) {
        self.machine.reset();
    }

    fn context(&self) -> usize {
        self.machine.parameters().room()
    }

    fn predict(&mut self, id: u32, logits: &mut Vec<f64>) -> Result<(), ReferenceError> {
        let position = self.machine.position() as u32;
        let mut watcher = Watcher {
            columns: &self.columns,
            costs: &mut self.costs,
            trains: Vec::with_capacity(self.columns.len()),
        };
        let prediction = self.machine.step_observed(id, true, &mut watcher)?;
        logits.clear();
        logits.extend(prediction.expect("a prediction was asked for").values());
        let (trains, latency) = (watcher.trains, MachineLatency::of(&self.program.parameters));
        let token = token_cycles(&self.program, &latency, position, true, |executed| {
            trains[executed.number]
        });
        self.cycles += token.total;
        self.busy += token.array_busy;
        Ok(())
    }
}

/// Takes the facts of each instruction.
struct Watcher<'a> {
    columns: &'a [usize],
    costs: &'a mut Costs,
    trains: Vec<TrainFacts>,
}

impl Observer for Watcher<'_> {
    const WRITES: bool = false;

    fn finish(&mut self, instruction: usize, facts: &Facts) {
        self.trains.push(facts.train());
        let Facts::Matrix(facts) = facts else { return };
        let columns = self.columns[instruction];
        if columns > 0 {
            self.costs.count(facts.rows as usize, columns, facts.bitwise, facts.unary);
        }
    }
}
