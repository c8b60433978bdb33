//! The event finder: beats of spikes in, one column that spikes per cycle out.
//!
//! ```text
//!  s_axis ─► beat, rest ─► lowest column of rest ─► its number, its planes ─► event_*
//!              └◄─ rest without it ◄──┘
//! ```
//!
//! A beat stays for max(1, its columns that spike) cycles, and the next one enters in the cycle in
//! which its last column leaves: no cycle is lost between beats. A column leaves with all its
//! planes, so it costs one cycle however many of them spike.

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct EventFinder {
    /// Input columns per beat.
    pub slots: u32,
    /// Planes per beat.
    pub planes: u32,
    /// Bits of a column number.
    pub column_width: u32,
}

/// The beat that is being searched.
struct Beat<'m> {
    active: Signal<'m>,
    negative: Signal<'m>,
    first_column: Signal<'m>,
    closes: Signal<'m>,
    last: Signal<'m>,
    /// Columns that spike and have not left.
    rest: Signal<'m>,
    /// The same without the lowest.
    left: Signal<'m>,
}

impl EventFinder {
    fn trits(&self) -> u32 {
        self.slots * self.planes
    }

    /// Bytes of `s_axis_tdata`.
    pub fn beat_bytes(&self) -> u32 {
        (2 * self.trits()).div_ceil(8)
    }

    /// Bits that hold a column number and the columns of a beat together.
    fn sum_width(&self) -> u32 {
        self.column_width.max(u32::BITS - self.slots.leading_zeros()) + 1
    }

    /// The module `event_finder`.
    pub fn module(&self) -> Arc<Module> {
        let trits = self.trits();
        let b = Builder::new("event_finder", file!(), &self.summary());
        b.port_group("Trains in: the active bits of all planes below the negative bits.");
        let data = b.input("s_axis_tdata", uint(8 * self.beat_bytes()), "one beat of spikes");
        let valid = b.input("s_axis_tvalid", uint(1), "a beat is there");
        let last = b.input("s_axis_tlast", uint(1), "last beat of a vector");
        b.port_group("Control.");
        let accept = b.input("accept_i", uint(1), "take new vectors");
        let columns = b.input("columns_i", uint(self.column_width + 1), "columns of a pass");
        let take = b.input("take_i", uint(1), "the event is taken; only with valid_o");
        if 8 * self.beat_bytes() > 2 * trits {
            let spare = data.bits(2 * trits, 8 * self.beat_bytes() - 2 * trits);
            b.unused("padding", spare, "A beat is whole bytes.");
        }

        b.section("Flow: a beat enters when the one before has one column left, or none.");
        let full = b.register_reset("full_q", uint(1), 0);
        let held = b.register_reset("event_valid_q", uint(1), 0);
        let filling = b.register_reset("filling_q", uint(1), 0);
        let one_left = b.forward("one_left", uint(1));
        let step = b.wire("step", full.signal() & (!held.signal() | take));
        let beat_done = b.wire("beat_done", step & one_left);
        let open = b.wire("open", filling.signal() | accept);
        let ready = b.wire("ready", open & (!full.signal() | beat_done));
        let enter = b.wire("enter", valid & ready);
        full.when(enter, b.flag(true)).when(beat_done, b.flag(false));
        held.when(step, b.flag(true)).when(take, b.flag(false));
        filling.when(enter, !last);

        let beat = self.beat(&b, data, last, columns, (enter, step));
        b.assign(one_left, !beat.left.any());
        let event = self.event(&b, &beat, columns, (step, one_left));

        b.port_group("Trains in, flow control.");
        b.output("s_axis_tready", ready, "the beat is taken");
        b.port_group("Event: a column that spikes, or the end of a beat without one.");
        b.output("valid_o", held.signal(), "it is there");
        for (name, signal, meaning) in event {
            b.output(name, signal, meaning);
        }
        b.port_group("Status.");
        let inside = filling.signal() | full.signal() | held.signal();
        b.output("filling_o", inside, "a vector has begun to arrive");
        b.finish()
    }

    fn summary(&self) -> String {
        format!(
            "beats of {} columns in, one column that spikes per cycle out.\n\n\
             A beat stays for as many cycles as it has columns that spike, for one if it has none; \
             the next enters when the last of them leaves.",
            self.slots
        )
    }

    fn beat<'m>(
        &self,
        b: &'m Builder,
        data: Signal<'m>,
        last: Signal<'m>,
        columns: Signal<'m>,
        (enter, step): (Signal<'m>, Signal<'m>),
    ) -> Beat<'m> {
        let (trits, width) = (self.trits(), self.sum_width());
        b.section("Beat: its spikes, its place in the frame.");
        let next_column = b.register_reset("next_column_q", uint(self.column_width), 0);
        let column = next_column.signal();
        let slots = b.constant("SLOTS", self.slots.into(), uint(width), "columns of a beat");
        let end = b.wire("end_column", column.extend(width) + slots);
        let closes = b.wire("closes_pass", columns.extend(width).le(end));
        next_column
            .when(enter & (last | closes), column.same(0))
            .when(enter, end.bits(0, self.column_width));
        b.unused(
            "end_column",
            end.bits(self.column_width, width - self.column_width),
            "A pass that has not closed ends within the column numbers.",
        );
        let keep = |name: &str, signal| b.delay(name, enter, signal);
        let spikes: Vec<Signal> =
            (0..self.planes).map(|plane| data.bits(plane * self.slots, self.slots)).collect();
        let arriving = spikes.iter().skip(1).fold(spikes[0], |any, &plane| any | plane);
        let rest = b.register("rest_q", uint(self.slots));
        let left = b.wire("left", rest.signal() & (rest.signal() - 1));
        rest.when(enter, arriving).when(step, left);
        Beat {
            active: keep("active_q", data.bits(0, trits)),
            negative: keep("negative_q", data.bits(trits, trits)),
            first_column: keep("first_column_q", column),
            closes: keep("closes_pass_q", closes),
            last: keep("last_q", last),
            rest: rest.signal(),
            left,
        }
    }

    /// The event register: what leaves, and what it means.
    fn event<'m>(
        &self,
        b: &'m Builder,
        beat: &Beat<'m>,
        columns: Signal<'m>,
        (step, one_left): (Signal<'m>, Signal<'m>),
    ) -> [(&'static str, Signal<'m>, &'static str); 6] {
        b.section("Lowest column that is left, with its planes.");
        let width = self.sum_width();
        let chosen = b.wire("chosen", beat.rest & !beat.left);
        let place_bits = u32::BITS - (self.slots - 1).leading_zeros();
        let bits: Vec<Signal> =
            (0..place_bits).rev().map(|bit| (chosen & self.places_with(b, bit)).any()).collect();
        let place = match bits.is_empty() {
            true => b.literal(0, uint(width)),
            false => b.wire("place", b.concat(&bits)).extend(width),
        };
        let column = b.wire("column", beat.first_column.extend(width) + place);
        b.comment("Spikes beyond the last column meet no weight.");
        let is_column = b.wire("is_column", column.lt(columns.extend(width)));
        let above = column.bits(self.column_width, width - self.column_width);
        b.unused("column", above, "A column inside the matrix has no such bits.");
        let of_plane = |trits: Signal<'m>, plane: u32| {
            (chosen & trits.bits(plane * self.slots, self.slots)).any()
        };
        let planes = |trits: Signal<'m>| {
            let bits: Vec<Signal> =
                (0..self.planes).rev().map(|plane| of_plane(trits, plane)).collect();
            b.concat(&bits)
        };
        let kept = is_column.repeat(self.planes);
        let active = b.wire("active", planes(beat.active) & kept);
        let negative = b.wire("negative", planes(beat.negative) & kept);
        let keep = |name: &str, signal| b.delay(name, step, signal);
        let [column, active, negative] = [
            keep("event_column_q", column.bits(0, self.column_width)),
            keep("event_active_q", active),
            keep("event_negative_q", negative),
        ];
        [
            ("event_o", keep("event_q", beat.rest.any()), "a column spikes"),
            ("column_o", column, "its number"),
            ("active_o", active, "1: a spike, plane 0 in the lowest bit"),
            ("negative_o", negative, "1: the spike is -1"),
            ("closes_o", keep("event_closes_q", beat.closes & one_left), "last of its pass"),
            ("last_o", keep("event_last_q", beat.last & one_left), "last of its vector"),
        ]
    }

    /// The places whose number has a bit set, as a mask.
    fn places_with<'m>(&self, b: &'m Builder, bit: u32) -> Signal<'m> {
        const CHUNK: u32 = 64;
        let chunk = |first: u32| {
            let width = CHUNK.min(self.slots - first);
            let set = |place: u32| i128::from((first + place) >> bit & 1) << place;
            b.literal((0..width).map(set).sum(), uint(width))
        };
        let chunks: Vec<Signal> = (0..self.slots).step_by(CHUNK as usize).map(chunk).collect();
        b.concat(&chunks.into_iter().rev().collect::<Vec<_>>())
    }
}
