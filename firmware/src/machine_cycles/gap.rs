//! How close a pass may follow another: what each of the two has to be done with.
//!
//! ```text
//!  before   read … last read ──── result ─────── done
//!  pass              │◄─ gap ─►│ taken, read … ──── result ─── done
//! ```
//!
//! Words go through the same stages in their order, so a pass may be taken behind the last read of the one
//! before. It must not leave the stages earlier, nor be done earlier, nor read what is not written yet.

use super::PassLatency;
use crate::isa::{Destination, Emit, Exit, Finish, Length, Pass, Reduce, Space};
use crate::machine::{MachineParameters, Memory};

/// Cycles behind the acceptance of a pass in which the last of its registers is read.
pub(super) const REGISTER_CYCLES: i64 = 3;

/// How the address that a pass reads lies to one that another writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// They never meet.
    None,
    /// As the two fields say.
    Addressed,
    /// Anywhere.
    Anywhere,
}

/// Words that a pass reads or writes: their space, their field, the first of them, the phase of reads.
struct Words {
    space: Space,
    field: &'static str,
    first: u32,
    phase: u32,
}

/// What a pass writes.
fn written(pass: &Pass) -> impl Iterator<Item = Words> {
    let result = match pass.destination {
        Destination::Nothing => Space::Nothing,
        Destination::Temporaries => Space::Temporaries,
        Destination::State => Space::State,
    };
    let membrane = if pass.spiking == 1 { Space::State } else { Space::Nothing };
    [(result, "write", pass.write), (membrane, "membrane", pass.membrane)]
        .map(|(space, field, first)| Words { space, field, first, phase: 0 })
        .into_iter()
        .filter(|words| words.space != Space::Nothing)
}

/// What it reads.
fn read(pass: &Pass) -> [Words; 4] {
    let membrane = if pass.spiking == 1 { Space::State } else { Space::Nothing };
    [
        (pass.a_space, "a", pass.a, 0),
        (pass.b_space, "b", pass.b, pass.b_phase),
        (pass.c_space, "c", pass.c, pass.c_phase),
        (membrane, "membrane", pass.membrane, pass.membrane_phase),
    ]
    .map(|(space, field, first, phase)| Words { space, field, first, phase })
}

/// The memory of what a pass writes.
fn memory(space: Space) -> Memory {
    if space == Space::State { Memory::State } else { Memory::Temporaries }
}

impl PassLatency {
    /// Cycles from the last read of a word to its result.
    fn result(&self, pass: &Pass) -> u64 {
        let saved = match pass.exit() {
            Exit::Join => self.join_saves,
            Exit::Product => self.product_saves,
            Exit::Neuron => 0,
        };
        self.result_cycles - saved
    }

    /// The fewest cycles from the last read of `before` to the acceptance of `pass`, on a machine with
    /// streams; at most those until `before` is done. `link` says how an address that `pass` reads lies to
    /// one that `before` writes: of which memory, and the fields of the two.
    pub fn gap(
        &self,
        machine: &MachineParameters,
        (before, pass): (&Pass, &Pass),
        link: impl Fn(Memory, &'static str, &'static str) -> Link,
    ) -> u64 {
        let depth = self.depth(before) as i64;
        let (result, own_result) = (self.result(before) as i64, self.result(pass) as i64);
        // The last read of its first word, and of its last one, come so long after the acceptance.
        let accept = self.accept_cycles as i64;
        let first = accept + i64::from(pass.phases()) - 1;
        let [least, _] = words(pass, machine);
        let last = accept + least * i64::from(pass.phases()) - 1;
        // The registers of the one before are read in the cycles behind its acceptance.
        let [before_least, _] = words(before, machine);
        let before_last = accept + before_least * i64::from(before.phases()) - 1;
        let mut gap = (REGISTER_CYCLES - before_last).max(0);
        let mut behind = |cycles: i64| gap = gap.max(cycles);
        // Results come in the order of the passes, and those are done in it.
        behind(result + 1 - first - own_result);
        behind(depth + 1 - last - self.depth(pass) as i64);
        // A writer has one pass at a time.
        let both = |uses: fn(&Pass) -> bool| uses(before) && uses(pass);
        if both(|it| it.emit != Emit::Nothing) || both(|it| it.reduce != Reduce::Nothing) {
            behind(depth + 1 - first - own_result);
        }
        for write in written(before) {
            for read in read(pass).into_iter().filter(|read| read.space == write.space) {
                behind(match link(memory(write.space), write.field, read.field) {
                    Link::None => 0,
                    Link::Addressed => self.words_gap(machine, (before, &write), (pass, &read)),
                    Link::Anywhere => depth,
                });
            }
        }
        let gathered = |memory, field, address: u32| match link(memory, "output", field) {
            Link::None => false,
            Link::Addressed => before.output == address,
            Link::Anywhere => true,
        };
        match (before.reduce, before.finish) {
            (Reduce::Nothing, _) => {}
            (_, Finish::Level) => {
                let mut levels = read(pass).into_iter().filter(|it| it.space == Space::Level);
                if levels.any(|it| gathered(Memory::Levels, it.field, it.first)) {
                    behind(depth);
                }
            }
            _ if pass.reads_scalar() && gathered(Memory::Scalars, "scalar", pass.scalar) => {
                behind(depth + 1 - first - self.scalar_cycles as i64);
            }
            _ => {}
        }
        u64::try_from(gap).unwrap_or(0)
    }

    /// The same where a pass reads words that the other writes: none of them before it is written.
    fn words_gap(
        &self,
        machine: &MachineParameters,
        (before, write): (&Pass, &Words),
        (pass, read): (&Pass, &Words),
    ) -> i64 {
        let ([words, most], [own_words, own_most]) = (words(before, machine), words(pass, machine));
        let (written, address) = (i64::from(write.first), i64::from(read.first));
        if address >= written + most || written >= address + own_most {
            return 0;
        }
        if (words, own_words) != (most, own_most) {
            return self.depth(before) as i64;
        }
        let (phases, own_phases) = (i64::from(before.phases()), i64::from(pass.phases()));
        // Both go through the words they share; what is between lies between.
        let shared = [written.max(address), (written + words).min(address + own_words) - 1];
        let of = |word: i64| {
            let there = self.result(before) as i64 + 1 - (written + words - 1 - word) * phases;
            let asked = self.accept_cycles as i64 + (word - address) * own_phases;
            there - asked - i64::from(read.phase)
        };
        shared.map(of).into_iter().max().unwrap_or(0)
    }
}

/// The fewest and the most words of a pass.
fn words(pass: &Pass, machine: &MachineParameters) -> [i64; 2] {
    let of = |channels: u32| i64::from(channels.div_ceil(machine.elements));
    match pass.length {
        Length::Channels => [of(pass.channels); 2],
        Length::Attended => [1, of(machine.context)],
    }
}
