//! Puts vector words side by side into one wide word, in the module that needs it.
//!
//! ```text
//!  word ─┬─► part 0 ┐
//!        ├─► part 1 ├─► collected, a cycle after the last part
//!        └─► …      ┘
//! ```

use crate::language::builder::Builder;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;

/// Which part of a wide word the arriving vector word is.
pub(in crate::blocks) struct WordParts<'m> {
    count: u32,
    /// Its number; none where there is one part.
    part: Option<Signal<'m>>,
    /// It is the first part.
    pub(in crate::blocks) fresh: Signal<'m>,
    /// It is the last part, or the last word of its group.
    pub(in crate::blocks) complete: Signal<'m>,
}

impl<'m> WordParts<'m> {
    /// `count` parts make a word; a group's last word starts a new one.
    pub(in crate::blocks) fn of(
        b: &'m Builder,
        count: u32,
        valid: Signal<'m>,
        last: Signal<'m>,
    ) -> WordParts<'m> {
        WordParts::either(b, [count, count], b.flag(false), valid, last)
    }

    /// The same with another number of parts if `second`.
    pub(in crate::blocks) fn either(
        b: &'m Builder,
        counts: [u32; 2],
        second: Signal<'m>,
        valid: Signal<'m>,
        last: Signal<'m>,
    ) -> WordParts<'m> {
        WordParts::named(b, "", counts, second, valid, last)
    }

    /// The same, its wires beginning with `prefix`.
    pub(in crate::blocks) fn named(
        b: &'m Builder,
        prefix: &str,
        counts: [u32; 2],
        second: Signal<'m>,
        valid: Signal<'m>,
        last: Signal<'m>,
    ) -> WordParts<'m> {
        let count = counts[0].max(counts[1]);
        if count == 1 {
            return WordParts { count, part: None, fresh: b.flag(true), complete: b.flag(true) };
        }
        let limit = last_part(b, counts, second);
        let part = b.register_reset(&format!("{prefix}part_q"), limit.ty(), 0);
        let value = part.signal();
        let complete = b.wire(&format!("{prefix}complete"), last | value.eq(limit));
        part.when(valid & complete, value.same(0)).when(valid, value + 1);
        let fresh = b.wire(&format!("{prefix}fresh"), value.is(0));
        WordParts { count, part: Some(value), fresh, complete }
    }

    /// Vector words side by side, the first in the lowest bits, zeros where none came.
    pub(in crate::blocks) fn collect(
        &self,
        b: &'m Builder,
        name: &str,
        valid: Signal<'m>,
        word: Signal<'m>,
    ) -> Signal<'m> {
        let Some(part) = self.part else {
            return b.delay(&format!("{name}_0_q"), valid, word);
        };
        let store = |index: u32| {
            let register = b.register(&format!("{name}_{index}_q"), word.ty());
            let register = register.when(valid & part.is(index.into()), word);
            match index {
                0 => register.signal(),
                _ => register.when(valid & self.fresh, word.same(0)).signal(),
            }
        };
        let mut parts: Vec<Signal> = (0..self.count).map(store).collect();
        parts.reverse();
        b.concat(&parts)
    }
}

/// The number of the last part, of two numbers of parts.
pub(in crate::blocks) fn last_part<'m>(
    b: &'m Builder,
    counts: [u32; 2],
    second: Signal<'m>,
) -> Signal<'m> {
    let ty = uint(address_width(counts[0].max(counts[1])));
    let [first, other] = counts.map(|count| b.literal(i128::from(count) - 1, ty));
    if counts[0] == counts[1] { first } else { b.wire("last_part", second.select(other, first)) }
}
