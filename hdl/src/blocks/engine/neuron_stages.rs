//! What the stages of a `neuron_group` keep: no group is lost on the way, none leaves twice.

use crate::language::builder::Builder;
use crate::language::property::Claim;
use crate::language::signal::Signal;

/// Bits of a count of groups that are on their way.
const COUNT_WIDTH: u32 = 4;

/// What accompanies the values of a group on their way.
#[derive(Clone, Copy)]
pub(super) struct Tag<'m> {
    pub(super) valid: Signal<'m>,
    pub(super) last: Signal<'m>,
    pub(super) keep: Signal<'m>,
    pub(super) address: Signal<'m>,
}

/// The groups on their way.
pub(super) struct Stages<'m> {
    /// In the first stage.
    pub(super) tag: Tag<'m>,
    /// Which of the stages behind it hold one.
    pub(super) valid: Signal<'m>,
    /// Which of those is the last of its vector.
    pub(super) lasts: Vec<Signal<'m>>,
    /// In the stage that leaves.
    pub(super) out_valid: Signal<'m>,
    /// Whether that is the last of its vector.
    pub(super) out_last: Signal<'m>,
}

impl<'m> Stages<'m> {
    /// States them; a group is taken, perhaps the last of its vector, and a beat of `data` offered.
    pub(super) fn properties(
        &self,
        b: &'m Builder,
        (take, last): (Signal<'m>, Signal<'m>),
        ready: Signal<'m>,
        data: &[Signal<'m>],
    ) {
        b.properties();
        let meaning = "A beat stays until it is taken.";
        b.kept(Claim::Asserted, "beat_kept", (self.out_valid, ready), data, meaning);
        let mut held = vec![self.tag.valid, self.out_valid];
        let mut ends = vec![self.tag.valid & self.tag.last, self.out_valid & self.out_last];
        for (stage, &last) in (0..).zip(&self.lasts) {
            held.push(self.valid.bit(stage));
            ends.push(self.valid.bit(stage) & last);
        }
        let counted = |name: &str, enters, leaves, held: &[Signal<'m>]| {
            let taken = b.tally(&format!("{name}_taken_q"), COUNT_WIDTH, enters);
            let sent = b.tally(&format!("{name}_sent_q"), COUNT_WIDTH, leaves);
            (taken - sent).eq(b.ones(COUNT_WIDTH, held))
        };
        let leaves = self.out_valid & ready;
        let meaning = "Groups taken are beats sent and groups on their way.";
        b.assert_property("groups_counted", counted("groups", take, leaves, &held), meaning);
        let meaning = "tlast leaves with the last group of each vector, once.";
        let ends = counted("ends", take & last, leaves & self.out_last, &ends);
        b.assert_property("ends_counted", ends, meaning);
    }
}
