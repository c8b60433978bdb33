//! The UART bridge: tokens over a serial line, two bytes each, little endian.
//!
//! ```text
//!  serial_i ─► receiver ─► two bytes ─► queue ─► token
//!  serial_o ◄─ transmitter ◄─ two bytes       ◄─ prediction
//! ```
//!
//! Bits 14 to 0 are the token id; bit 15 is what `tlast` is on a stream. The id [`CLEAR_ID`] is no
//! token: it begins a new text when its turn comes. After a frame without its stop bit the next
//! byte is the first of a token again, so that a break on the line brings both sides together.

use super::uart_receiver::UartReceiver;
use super::uart_transmitter::UartTransmitter;
use crate::blocks::control::token_loop::TOKEN_WIDTH;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::property::Claim;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use std::sync::Arc;

/// The id that begins a new text.
pub const CLEAR_ID: u32 = 0x7FFF;

/// Bits of a token id on the line.
const ID_WIDTH: u32 = 15;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct UartBridge {
    /// Cycles of a bit, at least 4.
    pub divisor: u32,
    /// Tokens that wait at most, a power of two.
    pub queue_depth: u32,
}

/// Words that wait.
#[derive(Clone, Copy)]
struct Queue<'m> {
    /// The oldest, as it is read.
    next: Signal<'m>,
    /// And a cycle later.
    head: Signal<'m>,
    /// It is no token: it begins a new text.
    clears: Signal<'m>,
    /// It is there.
    waiting: Signal<'m>,
    /// A word found no room.
    lost: Signal<'m>,
    count: Signal<'m>,
    write_at: Signal<'m>,
    read_at: Signal<'m>,
}

/// A prediction on its way to the line.
struct Sent<'m> {
    serial: Signal<'m>,
    /// It is taken.
    taken: Signal<'m>,
    /// Its second byte is next.
    upper: Signal<'m>,
}

impl UartBridge {
    /// The module `uart_bridge`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new(
            "uart_bridge",
            file!(),
            &format!(
                "tokens over a serial line, 8N1, {} cycles a bit.\n\n\
                 A token is two bytes, the lower first; bit 15 of a received one asks for an \
                 answer, bit 15 of a sent one ends it. Id {CLEAR_ID:#06x} begins a new text. {} \
                 tokens can wait.",
                self.divisor, self.queue_depth
            ),
        );
        let bit = uint(1);
        b.port_group("Serial line.");
        let serial = b.input("serial_i", bit, "from the host, high when idle; asynchronous");
        b.port_group("Core.");
        let token_ready = b.input("token_ready_i", bit, "the core takes the token");
        let busy = b.input("busy_i", bit, "a token is under way");
        let valid = b.input("prediction_valid_i", bit, "a prediction is there");
        let prediction = b.input("prediction_i", uint(TOKEN_WIDTH), "its id");
        let last = b.input("prediction_last_i", bit, "last of its answer");

        let (word, word_valid, frame_error) = self.receive(&b, serial);
        let take = b.forward("take", bit);
        let queue = self.queue(&b, word, word_valid, take);
        let Queue { head, clears, waiting, lost, .. } = queue;

        b.section("The word whose turn it is: a token, or a new text once nothing is under way.");
        let id = b.wire("id", head.bits(0, ID_WIDTH));
        let clear = b.wire("clear", waiting & clears & !busy);
        let offered = b.wire("offered", waiting & !clears);
        b.assign(take, clear | (offered & token_ready));

        let Sent { serial, taken, upper } = self.send(&b, valid, prediction, last);

        b.port_group("To the serial line.");
        b.output("serial_o", serial, "to the host, high when idle");
        b.port_group("To the core.");
        b.output("clear_o", clear, "begin a new text");
        b.output("token_valid_o", offered, "a token is there");
        b.output("token_o", id.extend(TOKEN_WIDTH), "its id");
        b.output("token_asked_o", head.top_bit(), "its prediction is asked for");
        b.output("prediction_ready_o", taken, "the prediction is taken");
        b.port_group("Status.");
        b.output("error_o", frame_error | lost, "a byte or a token was lost");

        b.properties();
        let (offer, meaning) = ((valid, taken), "A prediction stays until it is taken.");
        b.kept(Claim::Assumed, "prediction_stays", offer, &[prediction, last], meaning);
        let meaning = "A word that is offered as a token stays until it is taken.";
        b.kept(Claim::Asserted, "token_kept", (offered, take), &[head], meaning);
        let meaning = "A second byte waits only of a prediction that is there.";
        b.assert_property("byte_has_its_word", !upper | valid, meaning);
        let Queue { next, count, write_at, read_at, .. } = queue;
        let meaning = "The word that is shown is the oldest that waits, and known for what it is.";
        let shown = head.eq(next) & clears.eq(id.is(CLEAR_ID.into())) & count.any();
        b.assert_property("head_is_oldest", !waiting | shown, meaning);
        let depth = count.same(1 << read_at.width());
        b.assert_property("never_overfull", count.le(depth), "The queue never overflows.");
        let meaning = "Words received are those taken and those that wait.";
        let held = count.bits(0, read_at.width());
        b.assert_property("words_counted", (write_at - read_at).eq(held), meaning);
        b.finish()
    }

    /// Words of two bytes, the lower first.
    fn receive<'m>(
        &self,
        b: &'m Builder,
        serial: Signal<'m>,
    ) -> (Signal<'m>, Signal<'m>, Signal<'m>) {
        b.section("Bytes to words.");
        let module = UartReceiver { divisor: self.divisor }.module();
        let receiver = b.instance("receiver", &module, &[("serial_i", serial)]);
        let (valid, error) = (receiver.get("valid_o"), receiver.get("error_o"));
        let second = b.register_reset("second_q", uint(1), 0);
        second.when(error, b.flag(false)).when(valid, !second.signal());
        let first = b.wire("first", valid & !second.signal());
        let lower = b.delay("lower_q", first, receiver.get("byte_o"));
        let word = b.wire("word", b.concat(&[receiver.get("byte_o"), lower]));
        (word, b.wire("word_valid", valid & second.signal()), error)
    }

    /// Keeps words until they are taken; one that finds no room is lost.
    fn queue<'m>(
        &self,
        b: &'m Builder,
        word: Signal<'m>,
        word_valid: Signal<'m>,
        take: Signal<'m>,
    ) -> Queue<'m> {
        b.section("Words that wait.");
        let width = address_width(self.queue_depth);
        let count = b.register_reset("count_q", uint(width + 1), 0);
        let room = b.wire("room", count.signal().ne(count.signal().same(1 << width)));
        let put = b.wire("put", word_valid & room);
        let pointer = |name: &str, step: Signal<'m>| {
            let register = b.register_reset(name, uint(width), 0);
            register.when(step, register.signal() + 1).signal()
        };
        let (write_at, read_at) = (pointer("write_at_q", put), pointer("read_at_q", take));
        count.when(put & !take, count.signal() + 1).when(take & !put, count.signal() - 1);
        let words = b.memory("words", 1 << width, word.ty(), &[]).distributed();
        words.write(put, write_at, word);
        let next = b.wire("next", words.word(read_at));

        b.comment("The oldest is shown from a register: the core has the whole cycle to decide.");
        let always = b.flag(true);
        let head = b.delay("head_q", always, next);
        let clears = b.delay("clears_q", always, next.bits(0, ID_WIDTH).is(CLEAR_ID.into()));
        let count = count.signal();
        let waiting = b.register_reset("waiting_q", uint(1), 0).next(count.any() & !take).signal();
        let lost = word_valid & !room;
        Queue { next, head, clears, waiting, lost, count, write_at, read_at }
    }

    /// Sends a prediction as two bytes; it is taken with the second.
    fn send<'m>(
        &self,
        b: &'m Builder,
        valid: Signal<'m>,
        prediction: Signal<'m>,
        last: Signal<'m>,
    ) -> Sent<'m> {
        b.section("Predictions to bytes; a prediction stays until its second byte is taken.");
        b.unused("prediction", prediction.bit(ID_WIDTH), "An id on the line has 15 bits.");
        let upper = b.register_reset("upper_q", uint(1), 0);
        let high = b.concat(&[last, prediction.bits(8, ID_WIDTH - 8)]);
        let byte = b.wire("sent_byte", upper.signal().select(high, prediction.bits(0, 8)));
        let module = UartTransmitter { divisor: self.divisor }.module();
        let inputs = [("valid_i", valid), ("byte_i", byte)];
        let transmitter = b.instance("transmitter", &module, &inputs);
        let goes = b.wire("goes", valid & transmitter.get("ready_o"));
        upper.when(goes, !upper.signal());
        let (serial, upper) = (transmitter.get("serial_o"), upper.signal());
        Sent { serial, taken: upper & transmitter.get("ready_o"), upper }
    }
}
