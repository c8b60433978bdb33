//! The event buffer: the trains of two vectors as lists of events, one read while the next arrives.
//!
//! ```text
//!  s_axis ─► event_finder ─► half 0 ─┐
//!                            half 1 ─┴─► event by event, last first: pass mark, column, planes
//! ```
//!
//! A frame is that of the [spike buffer](super::spike_buffer): passes × beats, earlier planes
//! first. An entry is a column that spikes in one pass; whatever is silent takes no entry. A pass
//! in which nothing spikes leaves one empty entry, for a bitwise train counts its passes; a unary
//! train leaves one only if the whole vector is silent.
//!
//! The last event comes first, so that the array meets the planes of weight one first and need not
//! know how many passes follow.
//!
//! A frame that stops inside a pass, or does not fit, is dropped whole and reported.

use super::spike_buffer::halves;
use crate::blocks::array::event_finder::EventFinder;
use crate::blocks::memory::ram::Ram;
use crate::language::builder::Builder;
use crate::language::instance::Outputs;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use std::sync::Arc;
use weights::numeric::Radix;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct EventBuffer {
    /// Finds the events of a beat.
    pub finder: EventFinder,
    /// How passes add up.
    pub radix: Radix,
    /// Entries of one vector, a power of two.
    pub depth: u32,
}

/// What becomes of the event that the finder holds.
struct Arrival<'m> {
    mark: Signal<'m>,
    write: Signal<'m>,
    index: Signal<'m>,
    /// Entries after this event.
    count: Signal<'m>,
    /// The event ends a good vector, or one that is dropped.
    commit: Signal<'m>,
    bad: Signal<'m>,
}

impl EventBuffer {
    /// Bits of an entry number.
    pub fn index_width(&self) -> u32 {
        address_width(self.depth)
    }

    /// The module `event_buffer`.
    pub fn module(&self) -> Arc<Module> {
        let EventFinder { planes, column_width, .. } = self.finder;
        let b = Builder::new("event_buffer", file!(), &self.summary());
        b.port_group("Trains in: the active bits of all planes below the negative bits.");
        let data_type = uint(8 * self.finder.beat_bytes());
        let data = b.input("s_axis_tdata", data_type, "one beat of spikes");
        let valid = b.input("s_axis_tvalid", uint(1), "a beat is there");
        let last = b.input("s_axis_tlast", uint(1), "last beat of a vector");
        b.port_group("Control.");
        let accept = b.input("accept_i", uint(1), "take new vectors");
        let columns = b.input("columns_i", uint(column_width + 1), "columns of a pass");
        b.port_group("Reader.");
        let read = b.input("read_i", uint(1), "fetch an entry; low holds it");
        let index = b.input("index_i", uint(self.index_width()), "its number, 0 for the last");
        let release = b.input("release_i", uint(1), "the vector has been read to its end");

        b.section("Events.");
        let take = b.forward("take", uint(1));
        let inputs = [
            ("s_axis_tdata", data),
            ("s_axis_tvalid", valid),
            ("s_axis_tlast", last),
            ("accept_i", accept),
            ("columns_i", columns),
            ("take_i", take),
        ];
        let finder = b.instance("finder", &self.finder.module(), &inputs);

        b.section("Halves: one fills while the other is read.");
        let halves = halves(&b, release);
        b.assign(take, finder.get("valid_o") & !halves.fill_taken);
        let arrival = self.arrival(&b, &finder, take);
        b.assign(halves.commit, arrival.commit);
        let count_of = |half: bool| {
            let mine = if half { halves.fill } else { !halves.fill };
            let register = b.register(&format!("count_{}_q", u8::from(half)), arrival.count.ty());
            register.when(arrival.commit & mine, arrival.count).signal()
        };
        let (count_0, count_1) = (count_of(false), count_of(true));
        let count = b.wire("waiting_count", halves.drain.select(count_1, count_0));
        let last_entry = b.wire("last_entry", count.bits(0, self.index_width()) - 1);

        b.section("Memory.");
        let entry = [
            arrival.mark,
            finder.get("column_o"),
            finder.get("negative_o"),
            finder.get("active_o"),
        ];
        let inputs = [
            ("write_i", arrival.write),
            ("write_address_i", b.concat(&[halves.fill, arrival.index])),
            ("data_i", b.concat(&entry)),
            ("read_i", read),
            ("read_address_i", b.concat(&[halves.drain, last_entry - index])),
        ];
        let entry = b.instance("memory", &self.ram(), &inputs).get("data_o");
        b.add_latency(1);

        b.port_group("Trains in, flow control.");
        b.output("s_axis_tready", finder.get("s_axis_tready"), "the beat is taken");
        b.port_group("Waiting vector.");
        b.output("valid_o", halves.drain_taken, "a whole vector waits");
        b.output("count_o", count, "its entries");
        b.port_group("Fetched entry, a cycle after read_i.");
        b.output("active_o", entry.bits(0, planes), "1: a spike, plane 0 in the lowest bit");
        b.output("negative_o", entry.bits(planes, planes), "1: the spike is -1");
        b.output("column_o", entry.bits(2 * planes, column_width), "column");
        b.output("pass_o", entry.top_bit(), "first entry of a pass");
        b.port_group("Status.");
        b.output("filling_o", finder.get("filling_o"), "a vector has begun to arrive");
        b.output("bad_frame_o", arrival.bad, "a vector was dropped: open pass, or too long");
        b.finish()
    }

    fn summary(&self) -> String {
        let EventFinder { slots, planes, .. } = self.finder;
        let silent = match self.radix {
            Radix::Bitwise => "A pass",
            Radix::Unary => "A vector",
        };
        format!(
            "trains of two vectors as events, one read while the next arrives.\n\n\
             A frame is passes x beats of {slots} columns and {planes} planes, earlier planes \
             first. Only columns that spike take an entry; the last is read first. {silent} in \
             which nothing spikes leaves one empty entry. A frame that ends inside a pass, or has \
             more than {} entries, is dropped.",
            self.depth
        )
    }

    fn ram(&self) -> Arc<Module> {
        Ram {
            name: "event_memory",
            source: file!(),
            holds: "events of two vectors: pass mark, column, negative bits, active bits",
            width: 1 + self.finder.column_width + 2 * self.finder.planes,
            depth: 2 << self.index_width(),
        }
        .module()
    }

    fn arrival<'m>(&self, b: &'m Builder, finder: &Outputs<'m>, take: Signal<'m>) -> Arrival<'m> {
        b.section("Place of the event in its vector.");
        let (closes, last) = (finder.get("closes_o"), finder.get("last_o"));
        let ends = match self.radix {
            Radix::Bitwise => b.wire("ends", closes | last),
            Radix::Unary => last,
        };
        let unmarked = b.register_reset("unmarked_q", uint(1), 1);
        let wanted = b.wire("wanted", finder.get("event_o") | (ends & unmarked.signal()));
        unmarked.when(take & ends, b.flag(true)).when(take & wanted, b.flag(false));

        let count_width = self.index_width() + 1;
        let entries = b.register_reset("entries_q", uint(count_width), 0);
        let full = b.wire("full", entries.signal().top_bit());
        let count = b.wire("count", entries.signal() + wanted.extend(count_width));
        let overflow = b.register_reset("overflow_q", uint(1), 0);
        let overflows = b.wire("overflows", overflow.signal() | (wanted & full));
        entries.when(take & last, entries.signal().same(0)).when(take & !full, count);
        overflow.when(take, overflows & !last);
        let good = b.wire("good", closes & !overflows);
        Arrival {
            mark: unmarked.signal(),
            write: b.wire("write", take & wanted & !full),
            index: entries.signal().bits(0, self.index_width()),
            count,
            commit: b.wire("vector_good", take & last & good),
            bad: b.wire("vector_bad", take & last & !good),
        }
    }
}
