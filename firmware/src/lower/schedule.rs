//! The order of a program: so that each unit finds work while the other has it.
//!
//! ```text
//!  in order    M q, k, v │ V turn, keep, … │ M scores 0 │ V softmax 0 │ M mix 0 │ M scores 1 │ …
//!  scheduled   M q, k, v, scores 0, scores 1, mix 0, …
//!              V turn q │ … │ softmax 0 │ softmax 1 │ …
//! ```
//!
//! Instructions may change places unless one writes what the other reads or writes. Of those that
//! could come next, the one that can be issued first does; among equals the one behind which the
//! longest chain of work waits. Durations are those of the cycle model, so an order is a good guess;
//! that it is a right one is what waits and hazards are for.

use super::accesses::Accesses;
use super::waits::{Unit, unit};
use crate::isa::Action;
use crate::machine::MachineParameters;
use crate::machine_cycles::{Clock, MachineLatency, TrainFacts};

/// Which instructions must come before which.
struct Graph {
    /// Of each instruction, those that it needs.
    needs: Vec<Vec<usize>>,
    /// Of each instruction, those that need it.
    needed_by: Vec<Vec<usize>>,
}

impl Graph {
    /// An `End` stays where it is, and everything on its side of it.
    fn new(actions: &[Action], sets: &[Accesses]) -> Graph {
        let count = actions.len();
        let mut graph =
            Graph { needs: vec![Vec::new(); count], needed_by: vec![Vec::new(); count] };
        let mut start = 0;
        for later in 0..count {
            let ends = unit(&actions[later]) == Unit::Sequencer;
            for earlier in start..later {
                let barrier = unit(&actions[earlier]) == Unit::Sequencer;
                if ends || barrier || sets[earlier].conflicts(&sets[later]) {
                    graph.needs[later].push(earlier);
                    graph.needed_by[earlier].push(later);
                }
            }
            if ends {
                start = later;
            }
        }
        graph
    }

    /// Cycles from the issue of each instruction to the end of the longest chain behind it.
    fn chains(&self, durations: &[u64]) -> Vec<u64> {
        let mut chains = vec![0; durations.len()];
        for at in (0..durations.len()).rev() {
            let behind = self.needed_by[at].iter().map(|&later| chains[later]).max();
            chains[at] = durations[at] + behind.unwrap_or(0);
        }
        chains
    }
}

/// What the trains of `action` hold if no word of them is empty.
fn dense(action: &Action, machine: &MachineParameters, position: u32) -> TrainFacts {
    match action {
        Action::Matrix(matrix) if matrix.store == 2 => {
            TrainFacts { words: position / machine.slots + 1, passes: 1 }
        }
        Action::Matrix(matrix) => TrainFacts { words: matrix.stride, passes: 1 },
        _ => TrainFacts::default(),
    }
}

/// One way to choose among the instructions that could come next.
#[derive(Clone, Copy)]
struct Rule {
    /// How much later than the first an instruction may start and still be preferred.
    patience: u64,
    /// Weight of matrix and of vector instructions in the chains of work.
    weights: [u64; 2],
}

/// The rules that are tried. The best order wins, the first among equals.
fn rules() -> impl Iterator<Item = Rule> {
    [[1, 1], [0, 1], [1, 0], [1, 2], [1, 4], [2, 1]]
        .into_iter()
        .flat_map(|weights| PATIENCE.map(|patience| Rule { patience, weights }))
}

/// The patience of the rules, in cycles.
const PATIENCE: [u64; 8] = [0, 2, 4, 8, 12, 16, 24, 32];

/// A program to be ordered.
struct Task<'a> {
    actions: &'a [Action],
    graph: Graph,
    machine: &'a MachineParameters,
    latency: MachineLatency,
    position: u32,
    /// Cycles of each instruction by itself.
    durations: Vec<u64>,
}

/// Finds an order: a permutation of the indices of the instructions.
pub(super) type Order =
    fn(&[Action], &[Accesses], &MachineParameters, MachineLatency) -> Vec<usize>;

/// The order in which the instructions are best issued.
pub(super) fn order(
    actions: &[Action],
    sets: &[Accesses],
    machine: &MachineParameters,
    latency: MachineLatency,
) -> Vec<usize> {
    let position = machine.context / 2;
    let graph = Graph::new(actions, sets);
    let alone = |action: &Action| {
        let mut clock = Clock::new(machine, latency, position);
        clock.execute(action, 0, dense(action, machine, position)).done
    };
    let durations = actions.iter().map(alone).collect();
    let task = Task { actions, graph, machine, latency, position, durations };
    let (_, order) = rules()
        .map(|rule| task.order(rule))
        .min_by_key(|&(total, _)| total)
        .expect("there are rules");
    order
}

impl Task<'_> {
    fn weight(&self, rule: Rule, at: usize) -> u64 {
        match unit(&self.actions[at]) {
            Unit::Matrix => rule.weights[0],
            Unit::Vector => rule.weights[1],
            Unit::Sequencer => 1,
        }
    }

    /// The order that a rule yields, and the cycle in which it ends.
    fn order(&self, rule: Rule) -> (u64, Vec<usize>) {
        let Task { actions, graph, machine, latency, position, durations } = self;
        let weighted = |at: usize| durations[at] * self.weight(rule, at);
        let chains = graph.chains(&(0..actions.len()).map(weighted).collect::<Vec<_>>());
        let mut missing: Vec<usize> = graph.needs.iter().map(Vec::len).collect();
        let mut open: Vec<usize> = (0..actions.len()).filter(|&at| missing[at] == 0).collect();
        let mut clock = Clock::new(machine, *latency, *position);
        let mut done = vec![0; actions.len()];
        let mut now = 0;
        let mut order = Vec::with_capacity(actions.len());
        while !open.is_empty() {
            // Results of the other unit must be there; a unit keeps the order of its own.
            let start = |at: usize| {
                let other = |&&need: &&usize| unit(&actions[need]) != unit(&actions[at]);
                let met = graph.needs[at].iter().filter(other).map(|&need| done[need] + 1).max();
                clock.takes(&actions[at]).max(met.unwrap_or(0)).max(now)
            };
            let starts: Vec<u64> = open.iter().map(|&at| start(at)).collect();
            let first = starts.iter().min().expect("something is open");
            let soon = |&place: &usize| starts[place] <= first + rule.patience;
            let merit = |&place: &usize| {
                let at: usize = open[place];
                (std::cmp::Reverse(chains[at]), starts[place], at)
            };
            let place = (0..open.len()).filter(soon).min_by_key(merit).expect("the first is soon");
            let (at, issued) = (open.swap_remove(place), starts[place]);
            done[at] =
                clock.execute(&actions[at], issued, dense(&actions[at], machine, *position)).done;
            now = issued + 1;
            order.push(at);
            for &later in &graph.needed_by[at] {
                missing[later] -= 1;
                if missing[later] == 0 {
                    open.push(later);
                }
            }
        }
        (done.into_iter().max().unwrap_or(0), order)
    }
}
