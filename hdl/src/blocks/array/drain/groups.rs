//! The parts of the drain: the queue of instructions, the groups of a tile, what follows them.

use super::queue::{Arrival, Head};
use super::vectors::Turn;
use super::{Drain, EXPONENT_WIDTH};
use crate::blocks::array::drain_row::{DrainRow, RESULT_CYCLES, VALUE_CYCLES, base_shift_type};
use crate::language::builder::Builder;
use crate::language::instance::Outputs;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;

/// The group that enters the rows.
pub(super) struct Group<'m> {
    sums: Signal<'m>,
    factor: Signal<'m>,
    shift: Signal<'m>,
    tag: Tag<'m>,
}

/// What a group is; it travels along the rows with it.
#[derive(Clone, Copy)]
pub(super) struct Tag<'m> {
    pub(super) valid: Signal<'m>,
    pub(super) address: Signal<'m>,
    /// Which of its rows are valid.
    pub(super) rows: Signal<'m>,
    pub(super) search: Signal<'m>,
    pub(super) last: Signal<'m>,
    pub(super) first: Signal<'m>,
    pub(super) maximum: Signal<'m>,
}

/// Where a tag is looked at: when the values are known, when they are written.
const TAPS: [(&str, &[&str]); 2] = [
    ("known", &["rows", "last", "search", "first", "maximum"]),
    ("written", &["address", "rows", "last", "search"]),
];

impl Drain {
    /// The groups of a tile, one a cycle.
    pub(super) fn group<'m>(
        &self,
        b: &'m Builder,
        head: &Head<'m>,
        arrival: &Arrival<'m>,
        [sums, values]: [Signal<'m>; 2],
        mantissa: Signal<'m>,
        exponent: Signal<'m>,
    ) -> Group<'m> {
        let Arrival { arrives, read, fresh, last } = *arrival;
        let first = b.wire("arrives_first", arrives & fresh);
        b.section("The tile that drains, the lowest group first.");
        let valid = b.register_reset("valid_q", uint(1), 0);
        let left = self.groups_left(b, head, arrives, read);
        let more = match left {
            None => b.flag(false),
            Some(left) => b.wire("more", valid.signal() & left.any()),
        };
        let next = b.wire("next", arrives | more);
        valid.next(next);
        let sums = self.tile(b, arrives, read, sums, values);

        b.section("Its instruction.");
        let keep = |name: &str, signal| b.delay(&format!("{name}_q"), arrives, signal);
        let scaling = head.get("scaling");
        let own = head.get("multiplier");
        let factor = keep("factor", scaling.is(2).select(mantissa, own));
        let shift_type = base_shift_type();
        let own = head.get("shift").extend(shift_type.width).as_sint();
        let further = exponent.extend(shift_type.width);
        debug_assert!(exponent.width() == EXPONENT_WIDTH);
        let further = scaling.any().select(further, further.same(0));
        let shift = keep("shift", own + further);
        let [search, maximum] = ["search", "maximum"].map(|name| match self.searches {
            true => keep(name, head.get(name)),
            false => {
                b.unused(name, head.get(name), "No instruction looks for a maximum.");
                head.get(name)
            }
        });

        b.section("Its group: where it goes, which of its rows are valid.");
        let kept = self.vectors.map(|_| keep("last_tile", last));
        let turn = left.zip(kept).map(|(left, last_tile)| {
            let rows = keep("last_rows", head.get("rows"));
            self.turn(b, (more, left), (last_tile, rows))
        });
        let address = match &turn {
            None => {
                let address = b.register("address_q", head.get("address").ty());
                address.when(first, head.get("address")).when(next, address.signal() + 1).signal()
            }
            Some(turn) => self.vector_address(b, head, arrival, (first, next), turn.begins),
        };
        let rows = self.valid_rows(b, arrival, head.get("rows"), next, turn.as_ref());
        let is_first = if self.searches { b.delay("first_q", next, first) } else { first };
        let last_tile = kept.unwrap_or_else(|| keep("last_tile", last));

        let tag = Tag {
            valid: valid.signal(),
            address,
            rows,
            search,
            last: b.wire("last_group", last_tile & !more),
            first: is_first,
            maximum,
        };
        Group { sums, factor, shift, tag }
    }

    /// The sums of a tile, shifted down group by group; those of the row reader are one group.
    fn tile<'m>(
        &self,
        b: &'m Builder,
        arrives: Signal<'m>,
        read: Signal<'m>,
        sums: Signal<'m>,
        values: Signal<'m>,
    ) -> Signal<'m> {
        let width = self.elements * self.acc_width;
        let read_width = self.read_width;
        assert!(read_width <= self.acc_width, "an embedding's value is wider than a sum");
        let wide = |index: u32| {
            let value = values.bits(index * read_width, read_width).as_sint();
            b.wire(&format!("row_value_{index}"), value).extend(self.acc_width).as_uint()
        };
        let parts: Vec<Signal> = (0..self.elements).rev().map(wide).collect();
        let group = b.wire("row_values", b.concat(&parts));
        let lowest = b.wire("lowest", read.select(group, sums.bits(0, width)));
        if sums.width() == width {
            return b.delay("tile_q", arrives, lowest);
        }
        let above = sums.width() - width;
        let tile = b.register("tile_q", sums.ty());
        tile.when(arrives, b.concat(&[sums.bits(width, above), lowest]));
        tile.next(tile.signal().shift_right(width)).signal()
    }

    /// Which rows of the group are valid: those of a last tile end somewhere.
    fn valid_rows<'m>(
        &self,
        b: &'m Builder,
        arrival: &Arrival<'m>,
        rows: Signal<'m>,
        next: Signal<'m>,
        turn: Option<&Turn<'m>>,
    ) -> Signal<'m> {
        let left = b.register("rows_left_q", rows.ty());
        let value = left.signal();
        let all = rows.same(self.lanes.into());
        let ends = arrival.last & !arrival.read;
        let left = left.when(arrival.arrives, ends.select(rows, all));
        let left = match turn {
            None => left,
            Some(turn) => left.when(turn.begins, turn.rows),
        };
        let elements = i128::from(self.elements);
        let follows = b.wire("rows_follow", value.same(elements).lt(value));
        left.when(next, follows.select(value - elements, value.same(0)));
        let valid: Vec<Signal> =
            (0..elements).rev().map(|element| value.same(element).lt(value)).collect();
        b.wire("valid_rows", b.concat(&valid))
    }

    /// The tag when the values are known, and when the results are written.
    pub(super) fn travel<'m>(&self, b: &'m Builder, group: &Group<'m>) -> [Tag<'m>; 2] {
        let tag = group.tag;
        let mut valid = tag.valid;
        let written = [tag.search, tag.last, tag.rows, tag.address];
        let written = if self.searches { &written[..] } else { &written[1..] };
        let known: &[Signal] = if self.searches { &[tag.maximum, tag.first] } else { &[] };
        let known = [known, written].concat();
        let mut held = b.concat(&known);
        let written_width: u32 = written.iter().map(|part| part.width()).sum();
        let mut taps = vec![];
        for stage in 1..=RESULT_CYCLES {
            let name = format!("valid_{stage}_q");
            valid = b.register_reset(&name, uint(1), 0).next(valid).signal();
            if stage > VALUE_CYCLES {
                held = held.bits(0, written_width);
            }
            held = b.delay(&format!("tag_{stage}_q"), b.flag(true), held);
            if stage + 1 >= RESULT_CYCLES {
                taps.push(self.unpack(b, TAPS[taps.len()], &tag, valid, held));
            }
        }
        [taps[0], taps[1]]
    }

    /// The fields of a held tag that are looked at here; the others are the first tag's.
    fn unpack<'m>(
        &self,
        b: &'m Builder,
        (tap, wanted): (&str, &[&str]),
        model: &Tag<'m>,
        valid: Signal<'m>,
        held: Signal<'m>,
    ) -> Tag<'m> {
        let mut low = 0;
        let mut take = |name: &str, like: Signal<'m>| {
            low += like.width();
            // What is known before it is written is of interest to the search alone.
            let searched = name == "search" || tap == "known";
            if !wanted.contains(&name) || (searched && !self.searches) {
                return like;
            }
            b.wire(&format!("{tap}_{name}"), held.bits(low - like.width(), like.width()))
        };
        Tag {
            valid,
            address: take("address", model.address),
            rows: take("rows", model.rows),
            last: take("last", model.last),
            search: take("search", model.search),
            first: take("first", model.first),
            maximum: take("maximum", model.maximum),
        }
    }

    pub(super) fn rows<'m>(&self, b: &'m Builder, group: &Group<'m>) -> Vec<Outputs<'m>> {
        let (acc, width) = (self.acc_width, self.value_width);
        let row = DrainRow { acc_width: acc, value_width: width }.module();
        (0..self.elements)
            .map(|index| {
                let inputs = [
                    ("sum_i", group.sums.bits(index * acc, acc).as_sint()),
                    ("factor_i", group.factor),
                    ("shift_i", group.shift),
                ];
                b.instance(&format!("row_{index}"), &row, &inputs)
            })
            .collect()
    }

    pub(super) fn maximum<'m>(
        &self,
        b: &'m Builder,
        known: &Tag<'m>,
        values: Signal<'m>,
    ) -> Outputs<'m> {
        let searches = known.valid & known.search.any();
        let inputs = [
            ("values_i", values),
            ("rows_i", known.rows),
            ("valid_i", searches),
            ("first_i", known.first),
            ("last_i", known.last),
            ("predicts_i", known.search.is(2)),
            ("register_i", known.maximum),
        ];
        b.instance("search", &self.search().module(), &inputs)
    }
}
