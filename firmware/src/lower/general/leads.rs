//! How early each pass may be taken: while those before it are still on their way.
//!
//! ```text
//!  pass 0   words │ ─────────── done
//!  pass 1          gap │ words │ ─────────── done
//!                      │◄── lead ───►│
//! ```
//!
//! A pass names how many cycles before the done of the one before it is taken, over all ones that can
//! come before it: loops that run once and loops that run twice, as for waits. Those further back are
//! further away, by as many cycles as the words of those between take.

use super::super::ranges::Accesses;
use super::trace::{TURNS, Visit, trace};
use crate::isa::{Action, Instruction, Length, Pass, Pointers};
use crate::machine::{MachineParameters, Memory};
use crate::machine_cycles::{Link, MachineLatency, PassLatency};

/// The largest lead, which no gap exceeds.
fn most_lead() -> u64 {
    (1 << Pass::FORMAT.field("lead").width) - 1
}

/// All that leads follow from.
struct Program<'a> {
    instructions: &'a [Instruction],
    /// What each reads and writes, wherever its pointers stand.
    sets: &'a [Accesses],
    machine: &'a MachineParameters,
    latency: PassLatency,
}

/// A pass that may still be on its way.
struct Recent<'a> {
    visit: &'a Visit,
    /// Cycles, at least, from its last read to that of the last pass so far.
    away: u64,
}

/// Gives every pass its lead, on a machine with streams. Yields whether any has one.
pub(super) fn lead(
    instructions: &mut [Instruction],
    sets: &[Accesses],
    machine: &MachineParameters,
) -> bool {
    let latency = MachineLatency::of(machine).pass;
    let mut leads: Vec<Option<u64>> = vec![None; instructions.len()];
    let program = Program { instructions, sets, machine, latency };
    for turns in TURNS {
        let trace = trace(instructions, turns);
        program.walk(&trace, &mut leads);
    }
    let most = most_lead();
    for (instruction, lead) in instructions.iter_mut().zip(leads) {
        if let (Action::Pass(pass), Some(lead)) = (&mut instruction.action, lead) {
            pass.lead = lead.min(most) as u32;
        }
    }
    let leads = |it: &Instruction| matches!(&it.action, Action::Pass(pass) if pass.lead > 0);
    instructions.iter().any(leads)
}

impl Program<'_> {
    fn pass(&self, at: usize) -> Option<&Pass> {
        match &self.instructions[at].action {
            Action::Pass(pass) => Some(pass),
            _ => None,
        }
    }

    fn walk(&self, trace: &[Visit], leads: &mut [Option<u64>]) {
        let mut recent: Vec<Recent> = vec![];
        for visit in trace {
            let Some(pass) = self.pass(visit.at) else { continue };
            let mut gap = 0;
            if let Some(Recent { visit: last, .. }) = recent.last() {
                // A turn of the pass before may follow at once, where it may at all.
                if last.at != visit.at {
                    let needed = |it: &Recent| self.gap(it.visit, visit).saturating_sub(it.away);
                    gap = recent.iter().map(needed).max().unwrap_or(0);
                    let depth = self.pass(last.at).map_or(0, |pass| self.latency.depth(pass));
                    let lead = &mut leads[visit.at];
                    *lead = Some(lead.unwrap_or(u64::MAX).min(depth.saturating_sub(gap)));
                }
            }
            let words = match pass.length {
                Length::Channels => pass.channels.div_ceil(self.machine.elements),
                Length::Attended => 1,
            };
            let reads = u64::from(words) * u64::from(pass.phases());
            let further = gap + self.latency.accept_cycles + reads - 1;
            // A loop that an earlier pass stands outside of may run once only.
            let again: Vec<usize> = visit.repeated().collect();
            let surely = |it: &Recent| again.iter().all(|turn| it.visit.is_in(*turn));
            recent.iter_mut().filter(|it| surely(it)).for_each(|it| it.away += further);
            recent.retain(|it| it.away < most_lead());
            recent.push(Recent { visit, away: 0 });
        }
    }

    /// The fewest cycles from the last read of one to the acceptance of another.
    fn gap(&self, before: &Visit, visit: &Visit) -> u64 {
        let (Some(first), Some(second)) = (self.pass(before.at), self.pass(visit.at)) else {
            return 0;
        };
        let link = |memory, written, read| self.link((before, written), (visit, read), memory);
        self.latency.gap(self.machine, (first, second), link)
    }

    /// How an address of a pass lies to one that another writes.
    fn link(
        &self,
        (before, written): (&Visit, &str),
        (visit, read): (&Visit, &str),
        memory: Memory,
    ) -> Link {
        let (writes, reads) = (&self.sets[before.at].writes, &self.sets[visit.at].reads);
        let mut own = writes.iter().filter(|range| range.memory == memory);
        if !own.any(|range| reads.iter().any(|read| read.meets(range))) {
            return Link::None;
        }
        // The same pointer in the same turn moves both alike.
        let alike = self.pointer(before.at, written) == self.pointer(visit.at, read);
        match alike && before.turns == visit.turns {
            true => Link::Addressed,
            false => Link::Anywhere,
        }
    }

    /// The pointer that moves a field.
    fn pointer(&self, at: usize, field: &str) -> u8 {
        let instruction = &self.instructions[at];
        let place = Pointers::moved(&instruction.action).iter().position(|known| *known == field);
        place.map_or(0, |place| instruction.pointers.selectors[place])
    }
}
