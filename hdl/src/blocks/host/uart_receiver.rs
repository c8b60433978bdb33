//! A UART receiver, 8 data bits, no parity, one stop bit.
//!
//! ```text
//!  serial_i ─► synchroniser ─► start bit ─► 8 bits, each at its middle ─► stop bit ─► byte_o
//! ```

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use std::sync::Arc;

/// Bits of a frame: start, 8 data bits, stop.
pub const FRAME_BITS: u32 = 10;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct UartReceiver {
    /// Cycles of a bit, at least 4.
    pub divisor: u32,
}

impl UartReceiver {
    /// The module `uart_receiver`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new(
            "uart_receiver",
            file!(),
            &format!(
                "bytes from a serial line, 8N1, {} cycles a bit.\n\n\
                 A frame whose stop bit is low is no byte: error_o pulses, and the next frame \
                 begins when the line has been high.",
                self.divisor
            ),
        );
        let bit = uint(1);
        let serial = b.input("serial_i", bit, "the line, high when idle; asynchronous");

        b.section("Two registers take the line into this clock.");
        let first = b.register_reset("line_1_q", bit, 1).next(serial).signal();
        let line = b.register_reset("line_q", bit, 1).next(first).signal();

        b.section(
            "A frame: the first sample is half a bit after the edge, the others a bit apart.",
        );
        let ticks = uint(address_width(self.divisor));
        let last_tick =
            b.constant("LAST_TICK", i128::from(self.divisor) - 1, ticks, "cycles of a bit - 1");
        let half = b.constant(
            "HALF",
            i128::from(self.divisor / 2) - 1,
            ticks,
            "cycles from the edge to the middle of the start bit - 1",
        );
        let busy = b.register_reset("busy_q", bit, 0);
        let armed = b.register_reset("armed_q", bit, 1);
        let index = b.register("index_q", uint(address_width(FRAME_BITS)));
        let tick = b.register("tick_q", ticks);
        let start = b.wire("start", !busy.signal() & armed.signal() & !line);
        let sample = b.wire("sample", busy.signal() & tick.signal().is(0));
        let at_start = b.wire("at_start", index.signal().is(0));
        let at_stop = b.wire("at_stop", index.signal().is(i128::from(FRAME_BITS) - 1));
        let noise = b.wire("noise", sample & at_start & line);
        let ends = b.wire("ends", sample & at_stop);
        busy.when(start, b.flag(true)).when(noise | ends, b.flag(false));
        armed.when(line, b.flag(true)).when(ends, b.flag(false));
        index.when(start, index.signal().same(0)).when(sample, index.signal() + 1);
        tick.when(start, half).when(sample, last_tick).next(tick.signal() - 1);

        b.section("Bits, the lowest first; the start bit has left when the stop bit comes.");
        let bits = b.register("bits_q", uint(8));
        let shifted = b.concat(&[line, bits.signal().bits(1, 7)]);
        bits.when(sample & !at_stop, shifted);
        self.outputs(&b, ends, line, bits.signal());

        b.properties();
        let last_place = index.signal().same(i128::from(FRAME_BITS) - 1);
        let inside = index.signal().le(last_place) & tick.signal().le(last_tick);
        let meaning = "A frame has its bits, a bit its cycles.";
        b.assert_property("place_in_frame", !busy.signal() | inside, meaning);
        let meaning = "A frame ends once: the cycle after its end is none of it.";
        let ended = b.register_reset("ended_q", bit, 0).next(ends).signal();
        b.assert_property("ends_once", !(ended & busy.signal()), meaning);
        b.finish()
    }

    fn outputs<'m>(&self, b: &'m Builder, ends: Signal<'m>, line: Signal<'m>, bits: Signal<'m>) {
        b.output("valid_o", ends & line, "a byte is there, for one cycle");
        b.output("byte_o", bits, "the byte");
        b.output("error_o", ends & !line, "a frame without its stop bit");
    }
}
