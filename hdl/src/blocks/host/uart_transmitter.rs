//! A UART transmitter, 8 data bits, no parity, one stop bit.
//!
//! ```text
//!  byte_i ─► [ stop, 8 bits, start ] ─► serial_o, the start bit first
//! ```

use super::uart_receiver::FRAME_BITS;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct UartTransmitter {
    /// Cycles of a bit, at least 4.
    pub divisor: u32,
}

impl UartTransmitter {
    /// The module `uart_transmitter`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new(
            "uart_transmitter",
            file!(),
            &format!("bytes to a serial line, 8N1, {} cycles a bit.", self.divisor),
        );
        let bit = uint(1);
        let valid = b.input("valid_i", bit, "a byte is there");
        let byte = b.input("byte_i", uint(8), "the byte");

        b.section("The frame moves down a place each bit; ones follow it.");
        let ticks = uint(address_width(self.divisor));
        let last_tick = i128::from(self.divisor) - 1;
        let last_tick = b.constant("LAST_TICK", last_tick, ticks, "cycles of a bit - 1");
        let last_bit = i128::from(FRAME_BITS) - 1;
        let places = uint(address_width(FRAME_BITS));
        let last_bit = b.constant("LAST_BIT", last_bit, places, "bits of a frame - 1");
        let busy = b.register_reset("busy_q", bit, 0);
        let left = b.register("left_q", places);
        let tick = b.register("tick_q", ticks);
        let frame = b.register_reset("frame_q", uint(FRAME_BITS - 1), (1 << (FRAME_BITS - 1)) - 1);
        let take = b.wire("take", valid & !busy.signal());
        let bit_ends = b.wire("bit_ends", busy.signal() & tick.signal().is(0));
        let frame_ends = b.wire("frame_ends", bit_ends & left.signal().is(0));
        busy.when(take, b.flag(true)).when(frame_ends, b.flag(false));
        left.when(take, last_bit).when(bit_ends, left.signal() - 1);
        tick.when(take | bit_ends, last_tick).next(tick.signal() - 1);
        let moved = b.concat(&[b.flag(true), frame.signal().bits(1, FRAME_BITS - 2)]);
        let loaded = b.concat(&[byte, b.flag(false)]);
        frame.when(take, loaded).when(bit_ends, moved);

        b.output("ready_o", !busy.signal(), "the byte is taken");
        b.output("serial_o", frame.signal().bit(0), "the line, high when idle");

        b.properties();
        let (busy, left, frame) = (busy.signal(), left.signal(), frame.signal());
        let inside = left.le(last_bit) & tick.signal().le(last_tick);
        b.assert_property(
            "place_in_frame",
            !busy | inside,
            "A frame has its bits, a bit its cycles.",
        );
        let moves = b.wire("moves", last_bit - left);
        let ones = b.literal((1 << (FRAME_BITS - 1)) - 1, uint(FRAME_BITS - 1));
        let filled = b.wire("filled", frame | ones.shift_right_by(moves));
        let meaning = "As many ones follow the frame as bits have left.";
        b.assert_property("ones_follow", !busy | filled.all(), meaning);
        b.assert_property("idle_is_high", busy | frame.all(), "The line is high between frames.");
        b.finish()
    }
}
