//! The UART streams: vectors over a serial line, in the place of tokens or beside them.
//!
//! ```text
//!  serial_i ─► receiver ─► bytes of a beat ─► vector_input  ─► C, token
//!  serial_o ◄─ transmitter ◄─ bytes        ◄─ vector_output ◄─ T
//! ```
//!
//! Values and ids go as the bytes of their beats, the lowest first, with nothing between: both sides know
//! how long a vector is. A break on the line begins a new text, and the next byte is the first of a
//! vector again. The host sends a vector once it has the answer to the one before.

use super::uart_receiver::UartReceiver;
use super::uart_transmitter::UartTransmitter;
use super::vector_input::VectorInput;
use super::vector_output::VectorOutput;
use crate::blocks::control::token_loop::TOKEN_WIDTH;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use firmware::machine::MachineParameters;
use std::sync::Arc;

/// Bits of a byte.
const BYTE: u32 = 8;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct UartStreams {
    /// The machine behind it; its input or its output is a stream of vectors.
    pub machine: MachineParameters,
    /// Cycles of a bit, at least 4.
    pub divisor: u32,
}

/// A beat that the line has brought.
struct Received<'m> {
    beat: Signal<'m>,
    valid: Signal<'m>,
    last: Signal<'m>,
    clear: Signal<'m>,
    lost: Signal<'m>,
}

/// What goes to the core for what comes in.
struct Incoming<'m> {
    offered: Signal<'m>,
    token: Signal<'m>,
    ready: Signal<'m>,
    bad: Signal<'m>,
}

impl UartStreams {
    /// Bits of a beat that comes in, and beats of what is answered.
    fn input_shape(&self) -> (u32, u32) {
        let elements = self.machine.elements;
        self.machine.input.map_or((TOKEN_WIDTH, 1), |it| (it.beat_width(elements), it.words))
    }

    /// The module `uart_streams`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("uart_streams", file!(), &self.summary());
        let bit = uint(1);
        let MachineParameters { elements, value_width, output, .. } = self.machine;
        b.port_group("Serial line.");
        let serial = b.input("serial_i", bit, "from the host, high when idle; asynchronous");
        b.port_group("Core.");
        let token_ready = b.input("token_ready_i", bit, "the core takes the token");
        let busy = b.input("busy_i", bit, "a token is under way");
        let pending = b.input("prediction_valid_i", bit, "an answer is there");
        let answer = match output {
            None => b.input("prediction_i", uint(TOKEN_WIDTH), "its id"),
            Some(_) => {
                let word = uint(elements * value_width);
                b.input("output_data_i", word, "the word of T that was fetched last")
            }
        };

        let taken = b.forward("beat_taken", bit);
        let received = self.receive(&b, serial, (busy, taken));
        let incoming = self.incoming(&b, &received, (token_ready, busy, pending));
        b.assign(taken, received.valid & incoming.ready);

        let free = b.forward("line_free", bit);
        let (beat, valid, done, fetch) = match output {
            None => (answer, pending, b.wire("answer_taken", pending & free), None),
            Some(stream) => {
                b.section("Vectors that go out.");
                let module = VectorOutput { stream, elements, value_width }.module();
                let inputs = [("vector_valid_i", pending), ("data_i", answer), ("ready_i", free)];
                let output = b.instance("vector_output", &module, &inputs);
                b.unused("output_last", output.get("last_o"), "The host knows how long it is.");
                let fetch = (output.get("read_o"), output.get("word_o"));
                let done = output.get("vector_ready_o");
                (output.get("data_o"), output.get("valid_o"), done, Some(fetch))
            }
        };
        let sent = self.send(&b, beat, valid, free);

        b.port_group("To the serial line.");
        b.output("serial_o", sent, "to the host, high when idle");
        b.port_group("To the core.");
        b.output("clear_o", received.clear, "begin a new text");
        b.output("token_valid_o", incoming.offered, "a token is there");
        b.output("token_o", incoming.token, "its id");
        b.output("token_asked_o", b.flag(true), "its prediction is asked for");
        b.output("prediction_ready_o", done, "the answer is taken");
        if let Some((read, word)) = fetch {
            b.output("output_read_o", read, "fetch a word of T");
            b.output("output_word_o", word, "which");
        }
        b.port_group("Status.");
        b.output("error_o", received.lost | incoming.bad, "a byte was lost, or a vector dropped");
        b.finish()
    }

    fn summary(&self) -> String {
        let bytes = |stream: Option<firmware::vector_stream::VectorStream>| match stream {
            None => "an id of 2 bytes".to_owned(),
            Some(stream) => {
                let bytes = stream.words * stream.beat_width(self.machine.elements) / BYTE;
                format!("a vector of {bytes} bytes")
            }
        };
        format!(
            "vectors over a serial line, 8N1, {} cycles a bit.\n\nIn comes {}, out goes {}; the lowest byte \
             of a value first. A break begins a new text.",
            self.divisor,
            bytes(self.machine.input),
            bytes(self.machine.output)
        )
    }

    /// Bytes to beats.
    fn receive<'m>(
        &self,
        b: &'m Builder,
        serial: Signal<'m>,
        (busy, taken): (Signal<'m>, Signal<'m>),
    ) -> Received<'m> {
        let (width, words) = self.input_shape();
        let (bit, bytes) = (uint(1), width / BYTE);
        b.section("Bytes to beats; one that comes while a beat waits is lost.");
        let module = UartReceiver { divisor: self.divisor }.module();
        let receiver = b.instance("receiver", &module, &[("serial_i", serial)]);
        let (there, breaks) = (receiver.get("valid_o"), receiver.get("error_o"));
        let valid = b.register_reset("valid_q", bit, 0);
        let take = b.wire("take", there & !valid.signal());
        let beat = b.register("beat_q", uint(width));
        let byte = receiver.get("byte_o");
        let beat = match bytes {
            1 => beat.when(take, byte).signal(),
            _ => {
                let above = beat.signal().bits(BYTE, width - BYTE);
                beat.when(take, b.concat(&[byte, above])).signal()
            }
        };
        let count_type = uint(address_width(bytes));
        let last_byte = b.constant("LAST_BYTE", i128::from(bytes) - 1, count_type, "of a beat");
        let count = b.register_reset("byte_q", count_type, 0);
        let ends = b.wire("ends", take & count.signal().eq(last_byte));
        count.when(breaks | ends, count.signal().same(0)).when(take, count.signal() + 1);
        let valid = valid.when(breaks | taken, b.flag(false)).when(ends, b.flag(true)).signal();

        b.section("Beats to vectors.");
        let word_type = uint(address_width(words));
        let last_word = b.constant("LAST_BEAT", i128::from(words) - 1, word_type, "of a vector");
        let word = b.register_reset("word_q", word_type, 0);
        let last = b.wire("last", word.signal().eq(last_word));
        word.when(breaks | (taken & last), word.signal().same(0)).when(taken, word.signal() + 1);

        b.section("A break begins a new text, once nothing is under way.");
        let clears = b.register_reset("clears_q", bit, 0);
        let clear = b.wire("clear", clears.signal() & !busy);
        clears.when(breaks, b.flag(true)).when(clear, b.flag(false));
        Received { beat, valid, last, clear, lost: b.wire("lost", there & valid) }
    }

    /// Beats to tokens: a vector is one once it is whole.
    fn incoming<'m>(
        &self,
        b: &'m Builder,
        received: &Received<'m>,
        (token_ready, busy, pending): (Signal<'m>, Signal<'m>, Signal<'m>),
    ) -> Incoming<'m> {
        let free = b.wire("answered", !pending);
        let Some(stream) = self.machine.input else {
            b.unused("last_beat", received.last, "An id is one beat.");
            let offered = b.wire("offered", received.valid & free);
            let ready = b.wire("id_taken", token_ready & free);
            return Incoming { offered, token: received.beat, ready, bad: b.flag(false) };
        };
        b.section("Vectors that come in.");
        let MachineParameters { elements, value_width, .. } = self.machine;
        let module = VectorInput { stream, elements, value_width }.module();
        let offered = b.forward("offered", uint(1));
        let inputs = [
            ("data_i", received.beat),
            ("valid_i", received.valid),
            ("last_i", received.last),
            ("run_i", b.flag(true)),
            ("begins_text_i", received.clear),
            ("busy_i", busy),
            ("token_taken_i", b.wire("vector_taken", offered & token_ready)),
        ];
        let input = b.instance("vector_input", &module, &inputs);
        b.assign(offered, input.get("token_valid_o") & free);
        b.port_group("To the core: vectors.");
        b.output("vector_write_o", input.get("write_o"), "store a word of a vector that came");
        b.output("vector_word_o", input.get("word_o"), "which word of C");
        b.output("vector_data_o", input.get("word_data_o"), "its values");
        let token = b.literal(0, uint(TOKEN_WIDTH));
        Incoming { offered, token, ready: input.get("ready_o"), bad: input.get("bad_vector_o") }
    }

    /// Beats to bytes, the lowest first.
    fn send<'m>(
        &self,
        b: &'m Builder,
        beat: Signal<'m>,
        valid: Signal<'m>,
        free: Signal<'m>,
    ) -> Signal<'m> {
        b.section("Beats to bytes, the lowest first.");
        let bytes = beat.width() / BYTE;
        let left = b.register_reset("left_q", uint(address_width(bytes + 1)), 0);
        let waits = b.wire("waits", left.signal().any());
        b.assign(free, !waits);
        let sent = b.register("sent_q", uint(beat.width()));
        let module = UartTransmitter { divisor: self.divisor }.module();
        let inputs = [("valid_i", waits), ("byte_i", sent.signal().bits(0, BYTE))];
        let transmitter = b.instance("transmitter", &module, &inputs);
        let goes = b.wire("goes", waits & transmitter.get("ready_o"));
        let loads = b.wire("loads", valid & !waits);
        let sent = sent.when(loads, beat);
        if bytes > 1 {
            let above = sent.signal().bits(BYTE, beat.width() - BYTE);
            sent.when(goes, b.concat(&[b.literal(0, uint(BYTE)), above]));
        }
        left.when(loads, left.signal().same(bytes.into())).when(goes, left.signal() - 1);
        transmitter.get("serial_o")
    }
}
