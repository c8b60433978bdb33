//! The spike buffer: the trains of two input vectors, one being read while the next arrives.
//!
//! ```text
//!  s_axis ─► half 0 ─┐
//!            half 1 ─┴─► entry by entry: pass mark, column tile, spikes
//! ```
//!
//! A frame holds `passes × column tiles` beats, earlier planes first. An entry is a beat that knows
//! its column tile and whether it opens a pass; so beats without a spike need no entry, unless
//! they open a pass.
//!
//! A frame that stops inside a pass, or does not fit, is dropped whole and reported.

use crate::blocks::memory::ram::Ram;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::property::Claim;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct SpikeBuffer {
    /// Input columns per beat.
    pub slots: u32,
    /// Planes per beat.
    pub planes: u32,
    /// Entries of one vector, a power of two.
    pub depth: u32,
    /// Bits of a column tile number.
    pub column_width: u32,
    /// Whether beats without a spike are left out.
    pub skip_empty: bool,
}

/// The two halves: which one fills, which one drains, and whether they are taken.
pub(super) struct Halves<'m> {
    pub(super) fill: Signal<'m>,
    pub(super) fill_taken: Signal<'m>,
    pub(super) drain: Signal<'m>,
    pub(super) drain_taken: Signal<'m>,
    /// Whether each is taken.
    pub(super) taken: [Signal<'m>; 2],
    /// To be driven: the filling half now holds a vector.
    pub(super) commit: Signal<'m>,
}

/// What becomes of the arriving beat.
struct Arrival<'m> {
    opens_pass: Signal<'m>,
    column: Signal<'m>,
    /// Store the beat as entry `index`.
    write: Signal<'m>,
    index: Signal<'m>,
    /// Entries after this beat.
    count: Signal<'m>,
    /// The beat ends a good vector, or one that is dropped.
    commit: Signal<'m>,
    bad: Signal<'m>,
    /// A vector has begun and not ended.
    filling: Signal<'m>,
    entries: Signal<'m>,
}

impl SpikeBuffer {
    /// Trits of a beat.
    fn trits(&self) -> u32 {
        self.slots * self.planes
    }

    /// Bytes of `s_axis_tdata`.
    pub fn beat_bytes(&self) -> u32 {
        (2 * self.trits()).div_ceil(8)
    }

    /// Bits of an entry number.
    pub fn index_width(&self) -> u32 {
        address_width(self.depth)
    }

    /// Bits of an entry count, which can equal the depth.
    pub fn count_width(&self) -> u32 {
        self.index_width() + 1
    }

    /// The module `spike_buffer`.
    pub fn module(&self) -> Arc<Module> {
        let trits = self.trits();
        let b = Builder::new("spike_buffer", file!(), &self.summary());
        b.port_group("Trains in: the active bits of all planes below the negative bits.");
        let data = b.input("s_axis_tdata", uint(8 * self.beat_bytes()), "one beat of spikes");
        let valid = b.input("s_axis_tvalid", uint(1), "a beat is there");
        let last = b.input("s_axis_tlast", uint(1), "last beat of a vector");
        b.port_group("Control.");
        let accept = b.input("accept_i", uint(1), "take new vectors");
        let last_column = b.input("last_column_i", uint(self.column_width), "column tiles less 1");
        b.port_group("Reader.");
        let read = b.input("read_i", uint(1), "fetch an entry; low holds it");
        let index = b.input("index_i", uint(self.index_width()), "its number");
        let release = b.input("release_i", uint(1), "the vector has been read to its end");
        if 8 * self.beat_bytes() > 2 * trits {
            let spare = data.bits(2 * trits, 8 * self.beat_bytes() - 2 * trits);
            b.unused("padding", spare, "A beat is whole bytes.");
        }

        b.section("Halves: one fills while the other is read.");
        let halves = halves(&b, release);
        let filling = b.register_reset("filling_q", uint(1), 0);
        let open = b.wire("open", filling.signal() | accept);
        let ready = b.wire("ready", open & !halves.fill_taken);
        let beat = b.wire("beat", valid & ready);
        filling.when(beat, !last);

        let arrival = self.arrival(&b, beat, last, last_column, data, filling.signal());
        b.assign(halves.commit, arrival.commit);
        let count_of = |half: bool| {
            let mine = if half { halves.fill } else { !halves.fill };
            let register = b.register(&format!("count_{}_q", u8::from(half)), arrival.count.ty());
            register.when(arrival.commit & mine, arrival.count).signal()
        };
        let (count_0, count_1) = (count_of(false), count_of(true));

        b.section("Memory.");
        let pass = [arrival.opens_pass, arrival.column, data.bits(0, 2 * trits)];
        let inputs = [
            ("write_i", arrival.write),
            ("write_address_i", b.concat(&[halves.fill, arrival.index])),
            ("data_i", b.concat(&pass)),
            ("read_i", read),
            ("read_address_i", b.concat(&[halves.drain, index])),
        ];
        let entry = b.instance("memory", &self.ram(), &inputs).get("data_o");
        b.add_latency(1);

        b.port_group("Trains in, flow control.");
        b.output("s_axis_tready", ready, "the beat is taken");
        b.port_group("Waiting vector.");
        b.output("valid_o", halves.drain_taken, "a whole vector waits");
        let waiting_count = halves.drain.select(count_1, count_0);
        b.output("count_o", waiting_count, "its entries");
        b.port_group("Fetched entry, a cycle after read_i.");
        b.output("active_o", entry.bits(0, trits), "1: a spike, plane 0 in the lowest bits");
        b.output("negative_o", entry.bits(trits, trits), "1: the spike is -1");
        b.output("column_o", entry.bits(2 * trits, self.column_width), "column tile");
        b.output("pass_o", entry.top_bit(), "first entry of a pass");
        b.port_group("Status.");
        b.output("filling_o", arrival.filling, "a vector has begun to arrive");
        b.output("bad_frame_o", arrival.bad, "a vector was dropped: open pass, or too long");
        self.properties(&b, &halves, &arrival, (last_column, release, waiting_count));
        b.finish()
    }

    fn summary(&self) -> String {
        let skipping = match self.skip_empty {
            true => " Beats without a spike are left out, unless they open a pass.",
            false => "",
        };
        format!(
            "trains of two vectors, one read while the next arrives.\n\n\
             A frame is passes x column tiles beats of {} slots and {} planes, earlier planes \
             first.{skipping} A frame that ends inside a pass, or has more than {} entries, is \
             dropped.",
            self.slots, self.planes, self.depth
        )
    }

    fn ram(&self) -> Arc<Module> {
        Ram {
            name: "spike_memory",
            source: file!(),
            holds: "entries of two vectors: pass mark, column tile, negative bits, active bits",
            width: 1 + self.column_width + 2 * self.trits(),
            depth: 2 << self.index_width(),
        }
        .module()
    }

    fn arrival<'m>(
        &self,
        b: &'m Builder,
        beat: Signal<'m>,
        last: Signal<'m>,
        last_column: Signal<'m>,
        data: Signal<'m>,
        filling: Signal<'m>,
    ) -> Arrival<'m> {
        b.section("Place of the beat in its frame.");
        let column = b.register_reset("column_q", uint(self.column_width), 0);
        let closes_pass = b.wire("closes_pass", column.signal().eq(last_column));
        column
            .when(beat & (last | closes_pass), column.signal().same(0))
            .when(beat, column.signal() + 1);
        let opens_pass = b.wire("opens_pass", column.signal().is(0));
        let entries = b.register_reset("entries_q", uint(self.count_width()), 0);
        let full = b.wire("full", entries.signal().top_bit());
        let wanted = match self.skip_empty {
            true => b.wire("wanted", beat & (opens_pass | data.bits(0, self.trits()).any())),
            false => beat,
        };
        let increment = b.wire("increment", wanted.extend(self.count_width()));
        let count = b.wire("count", entries.signal() + increment);
        let overflow = b.register_reset("overflow_q", uint(1), 0);
        let overflows = b.wire("overflows", overflow.signal() | (wanted & full));
        entries.when(beat & last, entries.signal().same(0)).when(beat & !full, count);
        overflow.when(beat, overflows & !last);
        let good = b.wire("good", closes_pass & !overflows);
        Arrival {
            opens_pass,
            column: column.signal(),
            write: b.wire("write", wanted & !full),
            index: entries.signal().bits(0, self.index_width()),
            count,
            commit: b.wire("vector_good", beat & last & good),
            bad: b.wire("vector_bad", beat & last & !good),
            filling,
            entries: entries.signal(),
        }
    }

    /// What the two sides keep.
    fn properties<'m>(
        &self,
        b: &'m Builder,
        halves: &Halves<'m>,
        arrival: &Arrival<'m>,
        (last_column, release, count): (Signal<'m>, Signal<'m>, Signal<'m>),
    ) {
        b.properties();
        let waits = halves.drain_taken;
        b.assume("released_waits", !release | waits, "Only a vector that waits is released.");
        let columns = b.register("last_column_before_q", last_column.ty()).next(last_column);
        let same = columns.signal().eq(last_column);
        let meaning = "The shape stays while a vector arrives.";
        b.assume("shape_stays", !arrival.filling | same, meaning);
        let meaning = "A vector that waits stays until it is released.";
        b.kept(Claim::Asserted, "vector_kept", (waits, release), &[count], meaning);
        let committed = b.tally("committed_q", 2, arrival.commit);
        let released = b.tally("released_q", 2, release);
        let [taken_0, taken_1] = halves.taken;
        let held = b.ones(2, &[taken_0, taken_1]);
        let meaning = "Vectors stored are those released and those in the halves.";
        b.assert_property("vectors_counted", (committed - released).eq(held), meaning);
        let meaning = "The halves fill and drain in turn.";
        let in_turn = (taken_0 ^ taken_1).eq(halves.fill ^ halves.drain);
        let waits_first = waits | !(taken_0 | taken_1);
        b.assert_property("halves_in_turn", in_turn & waits_first, meaning);
        let depth = arrival.entries.same(i128::from(self.depth));
        let meaning = "A vector never has more entries than a half.";
        b.assert_property("never_overfull", arrival.entries.le(depth), meaning);
        let column = arrival.column;
        let meaning = "A column is one of the shape, and a vector begins at the first.";
        let inside = arrival.filling.select(column.le(last_column), column.is(0));
        b.assert_property("column_in_shape", inside, meaning);
        let meaning = "Nothing is written into the half that is read.";
        let apart = !(arrival.write & waits) | (halves.fill ^ halves.drain);
        b.assert_property("halves_apart", apart, meaning);
    }
}

pub(super) fn halves<'m>(b: &'m Builder, release: Signal<'m>) -> Halves<'m> {
    let commit = b.forward("commit", uint(1));
    let fill = b.register_reset("fill_half_q", uint(1), 0);
    let drain = b.register_reset("drain_half_q", uint(1), 0);
    fill.when(commit, !fill.signal());
    drain.when(release, !drain.signal());
    let (fill, drain) = (fill.signal(), drain.signal());
    let taken = |half: bool| {
        let mine = |which: Signal<'m>| if half { which } else { !which };
        let register = b.register_reset(&format!("taken_{}_q", u8::from(half)), uint(1), 0);
        let set = commit & mine(fill);
        register.when(set, b.flag(true)).when(release & mine(drain), b.flag(false)).signal()
    };
    let (taken_0, taken_1) = (taken(false), taken(true));
    Halves {
        fill,
        fill_taken: b.wire("fill_taken", fill.select(taken_1, taken_0)),
        drain,
        drain_taken: b.wire("drain_taken", drain.select(taken_1, taken_0)),
        taken: [taken_0, taken_1],
        commit,
    }
}
