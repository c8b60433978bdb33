//! How long one instruction takes: formulas over its fields, latencies of the hardware.

use super::gap::REGISTER_CYCLES;
use super::{Link, MachineLatency};
use crate::isa::{ANY, Action, Length, Matrix, Pass, Unit};
use crate::machine::MachineParameters;
use serde::Serialize;

/// What a matrix instruction finds in its train.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TrainFacts {
    /// Words that are visited, of an array of events columns; none counts as one.
    pub words: u32,
    /// Passes over them; none counts as one.
    pub passes: u32,
}

/// What an instruction costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// First and last cycle in which its unit works on it: entries of the array, waits for the
    /// drain among them, or cycles of the vector unit. The last lies before the first if there is
    /// no such cycle.
    pub span: (u64, u64),
    /// The cycle in which it is done.
    pub done: u64,
    /// Cycles of work: entries of the array, or cycles of the vector unit.
    pub work: u64,
    /// Cycles in which an entry waits for the drain.
    pub drain_waits: u64,
}

/// Unfinished instructions that the sequencer counts for a unit.
const UNFINISHED_MAX: usize = ANY as usize;
/// Cycles from the acceptance of an instruction to the next issue to its unit, matrix and vector: the
/// station is empty in the cycle after; that of passes waits for their registers to be read.
const STATION_CYCLES: [u64; 2] = [1, REGISTER_CYCLES as u64 - 1];

/// The two units in time.
#[derive(Clone, Copy, Debug)]
pub struct Clock<'a> {
    machine: &'a MachineParameters,
    latency: MachineLatency,
    position: u32,
    /// First cycle in which the station of each unit takes another instruction.
    station_free: [u64; 2],
    /// First cycle in which the matrix unit takes another instruction.
    matrix_free: u64,
    /// First cycle after the last entry so far.
    next_entry: u64,
    /// First cycle in which the drain takes the first tile of another instruction.
    drain_free: u64,
    /// Done of all matrix instructions so far.
    matrix_done: u64,
    /// Done of the last few of each unit, a ring, and how many there were.
    recent: [[u64; UNFINISHED_MAX]; 2],
    issued: [usize; 2],
    /// Done of all vector instructions so far.
    vector_done: u64,
    /// The last read of the last pass, and that pass.
    last_read: u64,
    last_pass: Option<Pass>,
    /// Whether passes have no leads yet, but as early as they can.
    plans: bool,
    /// The cycle in which a word may be read that completes one of the key or value store.
    digits_gone: u64,
}

impl<'a> Clock<'a> {
    /// Both units idle, at the start of a token.
    pub fn new(machine: &'a MachineParameters, latency: MachineLatency, position: u32) -> Self {
        Clock {
            machine,
            latency,
            position,
            station_free: [0; 2],
            matrix_free: 0,
            next_entry: 0,
            drain_free: 0,
            matrix_done: 0,
            recent: [[0; UNFINISHED_MAX]; 2],
            issued: [0; 2],
            vector_done: 0,
            last_read: 0,
            last_pass: None,
            plans: false,
            digits_gone: 0,
        }
    }

    /// The same of instructions whose order is sought: a pass is taken as early as the one before it and
    /// itself allow.
    pub fn planning(self) -> Self {
        Clock { plans: true, ..self }
    }

    /// The last position that the instructions from here on attend.
    pub fn attend(&mut self, position: u32) {
        self.position = position;
    }

    /// The first cycle in which `action` can be issued, as far as its unit goes: its station is free, and
    /// the unit's unfinished instructions can be counted.
    pub fn issues(&self, action: &Action) -> u64 {
        match action.unit() {
            Unit::Matrix => self.station_free[0].max(self.counted(0)),
            Unit::Vector => self.station_free[1].max(self.counted(1)),
            Unit::Sequencer => 0,
        }
    }

    /// The cycle in which the unit of `action` takes it, if it is issued in cycle `issued`; `follows` if it
    /// is the vector instruction before it once more.
    pub fn takes(&self, action: &Action, issued: u64, follows: bool) -> u64 {
        let ready = match action {
            Action::Matrix(_) => self.matrix_free,
            Action::End(_) | Action::Loop(_) | Action::Next(_) => return issued,
            Action::Pass(_) if follows && self.machine.streams => self.last_read,
            Action::Pass(pass) => self.chained(pass),
        };
        ready.max(issued + 1)
    }

    /// The first cycle in which a pass is taken that does not follow itself.
    fn chained(&self, pass: &Pass) -> u64 {
        let before = self.plans.then_some(self.last_pass).flatten();
        let early = match before {
            None => self.vector_done.saturating_sub(pass.lead.into()),
            Some(before) => {
                let addressed = |_, _, _| Link::Addressed;
                self.last_read + self.latency.pass.gap(self.machine, (&before, pass), addressed)
            }
        };
        early.max(self.last_read)
    }

    /// The first cycle in which another instruction of a unit can be counted: the one after the done
    /// that makes it one of those that are.
    fn counted(&self, unit: usize) -> u64 {
        match self.issued[unit] {
            issued if issued >= UNFINISHED_MAX => self.recent[unit][issued % UNFINISHED_MAX] + 1,
            _ => 0,
        }
    }

    fn count(&mut self, unit: usize, (taken, done): (u64, u64)) {
        self.station_free[unit] = taken + STATION_CYCLES[unit];
        self.recent[unit][self.issued[unit] % UNFINISHED_MAX] = done;
        self.issued[unit] += 1;
    }

    /// Executes an instruction that its unit takes in cycle `taken`.
    pub fn execute(&mut self, action: &Action, taken: u64, facts: TrainFacts) -> Busy {
        match action {
            Action::End(_) | Action::Loop(_) | Action::Next(_) => {
                Busy { span: (taken + 1, taken), done: taken, work: 0, drain_waits: 0 }
            }
            Action::Matrix(matrix) => {
                let busy = match matrix.store {
                    3 => self.embedding(matrix, taken),
                    _ => self.matrix(matrix, taken, facts),
                };
                self.matrix_done = busy.done;
                self.count(0, (taken, busy.done));
                busy
            }
            Action::Pass(pass) => {
                let latency = self.latency.pass;
                let channels = match pass.length {
                    Length::Channels => pass.channels,
                    Length::Attended => self.position + 1,
                };
                let first = taken + latency.accept_cycles;
                let gone = self.digits_gone.saturating_sub(first);
                let (reads, gone) = latency.reads(pass, channels, self.machine, gone);
                self.digits_gone = first + gone;
                self.last_read = first + reads - 1;
                self.last_pass = Some(*pass);
                let done = self.last_read + latency.depth(pass);
                // What it does while the one before drains is that one's work.
                let before = taken.max(self.vector_done);
                self.vector_done = done;
                self.count(1, (taken, done));
                Busy { span: (before + 1, done), done, work: done - before, drain_waits: 0 }
            }
        }
    }

    /// Walks `tiles` of so many entries from cycle `first` on. Their last entries stand as many
    /// cycles apart as a tile has groups. The last entry, and how long entries waited for that.
    fn walk(&mut self, first: u64, tiles: u64, entries: u64, groups: u64) -> (u64, u64) {
        let ready = first + entries - 1;
        let first_tile = ready.max(self.drain_free);
        let last = first_tile + (tiles - 1) * entries.max(groups);
        // The one that waits leaves its register in the cycle before it walks.
        self.matrix_free = first;
        self.next_entry = last + 1;
        self.drain_free = last + groups + self.latency.matrix.gap_cycles;
        (last, last - (first + tiles * entries - 1))
    }

    fn embedding(&mut self, matrix: &Matrix, taken: u64) -> Busy {
        let latency = self.latency.matrix;
        let columns = matrix.stride * self.machine.table_word().columns;
        let groups = u64::from(columns / self.machine.elements);
        let settled = self.matrix_done + latency.settle_cycles;
        let first = (taken + latency.accept_cycles + latency.embedding_cycles).max(settled);
        let (last, drain_waits) = self.walk(first, groups, matrix.digits.into(), 1);
        self.drain_free += latency.embedding_lag_cycles;
        let done = last + latency.embedding_finish_cycles;
        Busy { span: (first, last), done, work: 0, drain_waits }
    }

    fn matrix(&mut self, matrix: &Matrix, taken: u64, facts: TrainFacts) -> Busy {
        let latency = self.latency.matrix;
        let tiles = u64::from(match matrix.store {
            1 => self.position / self.machine.lanes + 1,
            _ => matrix.tiles,
        });
        let entries = u64::from(matrix.digits)
            * u64::from(facts.words.max(1))
            * u64::from(facts.passes.max(1));
        let vectors = u64::from(matrix.vector_count(self.position));
        let tile_groups = u64::from(self.machine.lanes / self.machine.elements);
        let groups = tile_groups * vectors.max(1);
        let first = (taken + latency.accept_cycles).max(self.next_entry) + latency.event_cycles;
        let (last, drain_waits) = self.walk(first, tiles, entries, groups);
        self.matrix_free = first - latency.event_cycles;
        let search = if matrix.search == 0 { 0 } else { latency.search_cycles };
        let finish = match vectors {
            0 => latency.finish_cycles,
            _ => latency.vector_finish_cycles + (vectors - 1) * tile_groups,
        };
        let done = last + finish + search;
        Busy { span: (first, last), done, work: tiles * entries, drain_waits }
    }
}
