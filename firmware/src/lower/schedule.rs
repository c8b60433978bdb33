//! The order of a program: so that each unit finds work while the other has it.
//!
//! ```text
//!  in order    M q, k, v │ V turn, keep, … │ M scores 0 │ V softmax 0 │ M mix 0 │ M scores 1 │ …
//!  scheduled   M q, k, v, scores 0, scores 1, mix 0, …
//!              V turn q │ … │ softmax 0 │ softmax 1 │ …
//! ```
//!
//! Instructions may change places unless one writes what the other reads or writes. A norm of the
//! residual needs everything before it and everything behind needs it: between two such instructions
//! lies a segment, which is ordered by itself. Of the instructions that could come next, the one that
//! can be issued first does; among equals the one behind which the longest chain of work waits. The
//! best order of several such rules is improved by moving single instructions while that helps.
//! Cycles are those of the cycle model, so an order is a good guess; that it is a right one is what
//! waits and hazards are for.

use super::ranges::Accesses;
use crate::isa::{Action, Unit};
use crate::machine::MachineParameters;
use crate::machine_cycles::{Clock, MachineLatency, TrainFacts};
use std::cmp::Reverse;
use std::ops::Range;

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
            let ends = actions[later].unit() == Unit::Sequencer;
            for earlier in start..later {
                let barrier = actions[earlier].unit() == Unit::Sequencer;
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

    /// Runs of instructions that cannot mix: each begins with one that needs all before it and that
    /// all behind it need, as a norm of the residual is.
    fn segments(&self) -> Vec<Range<usize>> {
        let count = self.needs.len();
        // Whoever needs something from `at` on needs `at` itself if all between do.
        let mut reached = vec![usize::MAX; count + 1];
        for at in (0..count).rev() {
            reached[at] = reached[at + 1].min(self.needs[at].iter().max().copied().unwrap_or(0));
        }
        let (mut segments, mut start, mut needed) = (Vec::new(), 0, 0);
        for at in 1..count {
            needed = needed.max(self.needed_by[at - 1].first().copied().unwrap_or(count));
            if needed <= at && reached[at + 1] >= at {
                segments.push(start..at);
                (start, needed) = (at, 0);
            }
        }
        segments.push(start..count);
        segments
    }

    /// Cycles from the issue of each instruction of a segment to the end of the longest chain
    /// behind it.
    fn chains(&self, segment: Range<usize>, duration: impl Fn(usize) -> u64) -> Vec<u64> {
        let mut chains = vec![0; segment.len()];
        for at in segment.clone().rev() {
            let behind = self.needed_by[at].iter().filter(|later| segment.contains(later));
            let behind = behind.map(|later| chains[later - segment.start]).max();
            chains[at - segment.start] = duration(at) + behind.unwrap_or(0);
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
/// How far an instruction is moved to see whether that is better, in places.
const REACH: usize = 12;
/// Orders of a segment that are tried by moving.
const TRIALS: usize = 4000;

/// A program to be ordered.
struct Task<'a> {
    actions: &'a [Action],
    graph: Graph,
    machine: &'a MachineParameters,
    position: u32,
    /// Cycles of each instruction by itself.
    durations: Vec<u64>,
}

/// Where a program stands.
#[derive(Clone)]
struct State<'a> {
    clock: Clock<'a>,
    /// First cycle in which another instruction can be issued.
    now: u64,
    /// Done of all instructions so far.
    done: Vec<u64>,
}

/// How good an order is: when its last instruction is done; then the sum of all issues.
type Merit = (u64, u64);

/// The order in which the instructions are best issued: a permutation of their indices.
pub(super) fn order(
    actions: &[Action],
    sets: &[Accesses],
    machine: &MachineParameters,
    latency: MachineLatency,
) -> Vec<usize> {
    let position = machine.context * 3 / 4;
    let graph = Graph::new(actions, sets);
    let alone = |action: &Action| {
        let mut clock = Clock::new(machine, latency, position);
        clock.execute(action, 0, dense(action, machine, position)).done
    };
    let durations = actions.iter().map(alone).collect();
    let segments = graph.segments();
    let task = Task { actions, graph, machine, position, durations };
    let clock = Clock::new(machine, latency, position);
    let clock = if machine.streams { clock.planning() } else { clock };
    let mut state = State { clock, now: 0, done: vec![0; actions.len()] };
    let mut order = Vec::with_capacity(actions.len());
    for segment in segments {
        let best = task.order(&state, segment);
        task.run(&mut state, &best);
        order.extend(best);
    }
    order
}

impl<'a> Task<'a> {
    fn weight(&self, rule: Rule, at: usize) -> u64 {
        match self.actions[at].unit() {
            Unit::Matrix => rule.weights[0],
            Unit::Vector => rule.weights[1],
            Unit::Sequencer => 1,
        }
    }

    /// When an instruction could be issued, and when its unit would take it. Results of the other unit
    /// must be there; a unit keeps the order of its own.
    fn start(&self, state: &State<'a>, at: usize) -> [u64; 2] {
        let action = &self.actions[at];
        let own = action.unit();
        let other = |&&need: &&usize| self.actions[need].unit() != own;
        let needs = self.graph.needs[at].iter();
        let met = needs.filter(other).map(|&need| state.done[need]).max();
        let issued = state.clock.issues(action).max(met.unwrap_or(0)).max(state.now);
        [issued, state.clock.takes(action, issued, false)]
    }

    /// Issues an instruction; when.
    fn issue(&self, state: &mut State<'a>, at: usize) -> u64 {
        let [issued, taken] = self.start(state, at);
        let action = &self.actions[at];
        let facts = dense(action, self.machine, self.position);
        state.done[at] = state.clock.execute(action, taken, facts).done;
        state.now = issued + 1;
        issued
    }

    /// Issues instructions in their order.
    fn run(&self, state: &mut State<'a>, order: &[usize]) -> Merit {
        let issued = order.iter().map(|&at| self.issue(state, at)).sum();
        (order.iter().map(|&at| state.done[at]).max().unwrap_or(0), issued)
    }

    /// The best order of a segment that is found from `state` on: that of the best rule, improved.
    fn order(&self, state: &State<'a>, segment: Range<usize>) -> Vec<usize> {
        let by_rule = |rule| {
            let order = self.by_rule(state, segment.clone(), rule);
            (self.run(&mut state.clone(), &order), order)
        };
        let best = rules().map(by_rule).min_by_key(|&(merit, _)| merit);
        let (merit, order) = best.expect("there are rules");
        self.improved(state, merit, order)
    }

    /// The order that a rule yields.
    fn by_rule(&self, state: &State<'a>, segment: Range<usize>, rule: Rule) -> Vec<usize> {
        let graph = &self.graph;
        let weighted = |at: usize| self.durations[at] * self.weight(rule, at);
        let chains = graph.chains(segment.clone(), weighted);
        let inside = |at: &usize| graph.needs[*at].iter().filter(|need| segment.contains(need));
        let mut missing: Vec<usize> = segment.clone().map(|at| inside(&at).count()).collect();
        let mut open: Vec<usize> =
            segment.clone().filter(|at| missing[at - segment.start] == 0).collect();
        let mut state = state.clone();
        let mut order = Vec::with_capacity(segment.len());
        while !open.is_empty() {
            let starts: Vec<u64> = open.iter().map(|&at| self.start(&state, at)[1]).collect();
            let first = starts.iter().min().expect("something is open");
            let soon = |&place: &usize| starts[place] <= first + rule.patience;
            let merit = |&place: &usize| {
                let at: usize = open[place];
                (Reverse(chains[at - segment.start]), starts[place], at)
            };
            let place = (0..open.len()).filter(soon).min_by_key(merit).expect("the first is soon");
            let at = open.swap_remove(place);
            self.issue(&mut state, at);
            order.push(at);
            for &later in graph.needed_by[at].iter().filter(|later| segment.contains(later)) {
                missing[later - segment.start] -= 1;
                if missing[later - segment.start] == 0 {
                    open.push(later);
                }
            }
        }
        order
    }

    /// Moves single instructions while that makes the order better.
    fn improved(&self, state: &State<'a>, merit: Merit, order: Vec<usize>) -> Vec<usize> {
        let (mut merit, mut order) = (merit, order);
        // Every trial sets the dones of the whole segment, and reads only those it has set.
        let mut trial = state.clone();
        let mut trials = 0;
        let mut quiet = 0;
        let mut from = 0usize;
        while quiet < order.len() && trials < TRIALS {
            quiet += 1;
            for to in from.saturating_sub(REACH)..order.len().min(from + REACH + 1) {
                if !self.may_move(&order, from, to) {
                    continue;
                }
                trials += 1;
                let mut moved = order.clone();
                let at = moved.remove(from);
                moved.insert(to, at);
                (trial.clock, trial.now) = (state.clock, state.now);
                let found = self.run(&mut trial, &moved);
                if found < merit {
                    (merit, order, quiet) = (found, moved, 0);
                }
            }
            from = (from + 1) % order.len();
        }
        order
    }

    /// Whether the instruction in a place may go to another.
    fn may_move(&self, order: &[usize], from: usize, to: usize) -> bool {
        let at = order[from];
        let needs = |later: usize, earlier: usize| self.graph.needs[later].contains(&earlier);
        match to < from {
            true => !order[to..from].iter().any(|&passed| needs(at, passed)),
            false => to != from && !order[from + 1..=to].iter().any(|&passed| needs(passed, at)),
        }
    }
}
