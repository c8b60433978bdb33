//! The key and value store: what attention keeps, as trits, read by the array like weights.
//!
//! ```text
//!  write one row ────► keys:   a memory a lane ──► lanes × slots trits, two cycles later
//!  write one column ─► values: a memory a slot ──► lanes × slots trits, two cycles later
//! ```
//!
//! A key is a row of a word: the lane of its position holds `slots` channels. A value is a column:
//! the slot of its position holds `lanes` channels. So a write touches one memory and leaves the
//! other positions alone.

use super::ram::Ram;
use crate::blocks::vector::widths::STORE_ADDRESS_WIDTH;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use std::sync::Arc;

/// Cycles from a read to its trits.
pub const READ_CYCLES: u32 = 2;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct KeyValueStore {
    /// Rows of a word, a power of two.
    pub lanes: u32,
    /// Columns of a word, a power of two.
    pub slots: u32,
    /// Words of keys, at least 2.
    pub key_depth: u32,
    /// Words of values, at least 2.
    pub value_depth: u32,
}

/// What is written to either half.
struct Write<'m> {
    enable: Signal<'m>,
    values: Signal<'m>,
    address: Signal<'m>,
    position: Signal<'m>,
    high: Signal<'m>,
    low: Signal<'m>,
}

/// One half of the store.
struct Half {
    name: &'static str,
    singular: &'static str,
    /// Memories: positions of a word.
    positions: u32,
    /// Trits of each.
    channels: u32,
    depth: u32,
}

impl KeyValueStore {
    /// The module `key_value_store`.
    ///
    /// A word is never read in the cycle that writes it.
    pub fn module(&self) -> Arc<Module> {
        let KeyValueStore { lanes, slots, key_depth, value_depth } = *self;
        let b = Builder::new("key_value_store", file!(), &self.summary());
        let longest = lanes.max(slots);
        b.port_group("One position's trits: a row of keys or a column of values.");
        let write = Write {
            enable: b.input("write_i", uint(1), "write them"),
            values: b.input("values_i", uint(1), "0: keys, 1: values"),
            address: b.input("write_address_i", uint(STORE_ADDRESS_WIDTH), "word"),
            position: b.input(
                "position_i",
                uint(address_width(longest)),
                "its low bits are the lane or the slot",
            ),
            high: b.input("high_i", uint(longest), "upper bits, channel 0 lowest"),
            low: b.input("low_i", uint(longest), "lower bits"),
        };
        let reason = "No word lies beyond the deeper half.";
        let width = address_width(key_depth.max(value_depth));
        if width < STORE_ADDRESS_WIDTH {
            let above = write.address.bits(width, STORE_ADDRESS_WIDTH - width);
            b.unused("address", above, reason);
        }
        let keys = Half {
            name: "keys",
            singular: "key",
            positions: lanes,
            channels: slots,
            depth: key_depth,
        };
        let values = Half {
            name: "values",
            singular: "value",
            positions: slots,
            channels: lanes,
            depth: value_depth,
        };
        let trits = keys.memories(&b, &write, !write.values);
        b.output(
            "key_high_o",
            by_lane(&b, &trits.0, |lane, slot| (lane, slot), self),
            "upper bits",
        );
        b.output("key_low_o", by_lane(&b, &trits.1, |lane, slot| (lane, slot), self), "lower bits");
        let trits = values.memories(&b, &write, write.values);
        let high = by_lane(&b, &trits.0, |lane, slot| (slot, lane), self);
        b.output("value_high_o", high, "upper bits");
        let low = by_lane(&b, &trits.1, |lane, slot| (slot, lane), self);
        b.output("value_low_o", low, "lower bits");
        b.add_latency(READ_CYCLES);
        b.finish()
    }

    fn summary(&self) -> String {
        format!(
            "{} words of keys and {} of values, each {} x {} trits.\n\n\
             Trits lie lane by lane, slot 0 of lane 0 in the lowest bit, two cycles after their \
             read. A word is never read in the cycle that writes it.",
            self.key_depth, self.value_depth, self.lanes, self.slots
        )
    }
}

/// Trits of (memory, channel) as they lie in a word, lane by lane.
fn by_lane<'m>(
    b: &'m Builder,
    memories: &[Signal<'m>],
    place: impl Fn(u32, u32) -> (u32, u32),
    store: &KeyValueStore,
) -> Signal<'m> {
    let mut parts = vec![];
    for lane in (0..store.lanes).rev() {
        for slot in (0..store.slots).rev() {
            let (memory, channel) = place(lane, slot);
            parts.push(memories[memory as usize].bit(channel));
        }
    }
    b.concat(&parts)
}

impl Half {
    /// The memories of all positions: upper and lower bits that each of them reads.
    fn memories<'m>(
        &self,
        b: &'m Builder,
        write: &Write<'m>,
        chosen: Signal<'m>,
    ) -> (Vec<Signal<'m>>, Vec<Signal<'m>>) {
        let Half { name, singular, positions, channels, depth } = *self;
        let width = address_width(depth);
        b.port_group(&format!("Read {name}; low holds the trits of the read before."));
        let read = b.input(&format!("{singular}_read_i"), uint(1), "read a word");
        let word = b.input(&format!("{singular}_address_i"), uint(width), "which one");
        b.section(&format!("A memory for each position of a word of {name}."));
        let narrow = |signal: Signal<'m>, width: u32| signal.bits(0, width);
        let enable = b.wire(&format!("{singular}_write"), write.enable & chosen);
        let address = narrow(write.address, width);
        let data = [narrow(write.high, channels), narrow(write.low, channels)];
        let data = b.wire(&format!("{singular}_data"), b.concat(&data));
        let place = narrow(write.position, positions.trailing_zeros());
        let place = b.wire(&format!("{singular}_place"), place);
        let memory = Ram {
            name: &format!("{singular}_memory"),
            source: file!(),
            holds: &format!("{name} of one position of every word"),
            width: 2 * channels,
            depth,
        };
        let memory = memory.module();
        let mut trits = (vec![], vec![]);
        let mut fetched = vec![];
        for position in 0..positions {
            let inputs = [
                ("write_i", enable & place.is(position.into())),
                ("write_address_i", address),
                ("data_i", data),
                ("read_i", read),
                ("read_address_i", word),
            ];
            let instance = b.instance(&format!("{name}_{position}"), &memory, &inputs);
            fetched.push(instance.get("data_o"));
        }
        b.section(&format!("The trits of {name}, registered."));
        for (position, word) in fetched.into_iter().enumerate() {
            let trit = |part: &str, low: u32| {
                let register = format!("{singular}_{part}_{position}_q");
                b.delay(&register, b.flag(true), word.bits(low, channels))
            };
            trits.0.push(trit("high", channels));
            trits.1.push(trit("low", 0));
        }
        trits
    }
}
