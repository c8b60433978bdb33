//! The layer engine behind a serial line: registers, spikes and results as short frames.
//!
//! ```text
//!  serial_i ─► receiver ─► command of 6 bytes ─┬─► s_axil ─► engine
//!                                              └─► s_axis ─►
//!  serial_o ◄─ transmitter ◄─ answer of 5 bytes ◄─ s_axil, m_axis
//! ```
//!
//! For parts that are too small for a whole machine. The registers are those of the engine, so the
//! driver of [`firmware::driver`] works over the line as it does over a bus.

use crate::blocks::engine::layer_engine::LayerEngine;
use crate::blocks::host::uart_receiver::UartReceiver;
use crate::blocks::host::uart_transmitter::UartTransmitter;
use crate::language::builder::Builder;
use crate::language::instance::Outputs;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, uint};
use firmware::engine::EngineParameters;
use firmware::registers::ADDRESS_WIDTH;
use std::sync::Arc;

/// Bytes of a command: kind, register, four of data.
pub const COMMAND_BYTES: u32 = 6;
/// Bytes of an answer: kind, four of data.
pub const ANSWER_BYTES: u32 = 5;
/// Kinds of commands.
pub mod command {
    /// Read the register.
    pub const READ: u8 = 0;
    /// Write the register.
    pub const WRITE: u8 = 2;
    /// A beat of spikes.
    pub const SPIKES: u8 = 1;
    /// The last beat of a vector.
    pub const LAST_SPIKES: u8 = 3;
}
/// Kinds of answers.
pub mod answer {
    /// The register that was read.
    pub const WORD: u8 = 0;
    /// The register was written.
    pub const WRITTEN: u8 = 1;
    /// The register was not written.
    pub const REFUSED: u8 = 2;
    /// A beat of results.
    pub const RESULT: u8 = 4;
    /// The last beat of a vector.
    pub const LAST_RESULT: u8 = 5;
}

/// Bytes of data in a frame: the beats of the engine's streams must fit.
pub const DATA_BYTES: usize = 4;

/// Bits of the data of a frame.
const DATA: Type = Type { width: 32, signed: false };
/// Bits of a kind.
const KIND: Type = Type { width: 8, signed: false };

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct EngineUart {
    /// The engine; beats of its streams have at most four bytes.
    pub engine: EngineParameters,
    /// Cycles of a bit on the line, at least 4.
    pub divisor: u32,
}

/// A command whose turn it is.
struct Command<'m> {
    pending: Signal<'m>,
    spikes: Signal<'m>,
    flag: Signal<'m>,
    register: Signal<'m>,
    data: Signal<'m>,
    error: Signal<'m>,
}

impl EngineUart {
    /// The module `engine_uart`.
    ///
    /// # Panics
    /// If a beat of the engine's streams has more than four bytes.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("engine_uart", file!(), &self.summary());
        let engine = LayerEngine { parameters: self.engine, image: vec![], baked: None }.module();
        let width = |port: &str| engine.port_type(port).map_or(0, |ty| ty.width);
        let (spikes, results) = (width("s_axis_tdata"), width("m_axis_tdata"));
        assert!(spikes.max(results) <= DATA.width, "beats of more than four bytes");
        b.port_group("Serial line, 8N1.");
        let serial = b.input("serial_i", uint(1), "from the host, high when idle; asynchronous");

        let done = b.forward("done", uint(1));
        let command = self.receive(&b, serial, done);
        let free = b.forward("free", uint(1));
        let outputs = connect(&b, &engine, &command, (spikes, free));
        let (valid, frame) = answers(&b, &command, &outputs, results);
        let is_spikes = b.wire("spikes_taken", command.spikes & outputs.get("s_axis_tready"));
        let answered = outputs.get("s_axil_bvalid") | outputs.get("s_axil_rvalid");
        b.assign(done, command.pending & (is_spikes | (answered & free)));

        let (serial, idle) = self.send(&b, valid, frame, free);
        let bad = b.register_reset("error_q", uint(1), 0).when(command.error, b.flag(true));
        b.port_group("Serial line, 8N1.");
        b.output("serial_o", serial, "to the host, high when idle");
        b.port_group("Lamps.");
        b.output("busy_o", command.pending | !idle, "a command or an answer is under way");
        b.output("error_o", bad.signal(), "a byte was lost since the reset");
        b.finish()
    }

    fn summary(&self) -> String {
        format!(
            "one ternary matrix behind a serial line, {} cycles a bit.\n\n\
             A command has {COMMAND_BYTES} bytes: kind, register, four of data. Kinds: 0 read, 2 \
             write, 1 spikes, 3 last spikes of a vector. An answer has {ANSWER_BYTES} bytes: kind, \
             four of data. Kinds: 0 a word, 1 written, 2 refused, 4 results, 5 last results. Every \
             register command is answered; the next one comes after its answer.",
            self.divisor
        )
    }

    /// Six bytes to a command, which stays until it is done.
    fn receive<'m>(&self, b: &'m Builder, serial: Signal<'m>, done: Signal<'m>) -> Command<'m> {
        b.section("Bytes to commands, the first byte lowest.");
        let module = UartReceiver { divisor: self.divisor }.module();
        let receiver = b.instance("receiver", &module, &[("serial_i", serial)]);
        let (valid, error) = (receiver.get("valid_o"), receiver.get("error_o"));
        let word = b.register("command_q", uint(8 * COMMAND_BYTES));
        let moved = b.concat(&[receiver.get("byte_o"), word.signal().bits(8, 40)]);
        let pending = b.register_reset("pending_q", uint(1), 0);
        let take = b.wire("take", valid & !pending.signal());
        word.when(take, moved);
        let count = b.register_reset("count_q", uint(3), 0);
        let last = b.wire("last", count.signal().is(i128::from(COMMAND_BYTES) - 1));
        count.when(error | (take & last), count.signal().same(0)).when(take, count.signal() + 1);
        pending.when(take & last, b.flag(true)).when(done, b.flag(false));
        let command = word.signal();
        b.unused("kind", command.bits(2, 6), "A kind has two bits.");
        let above = command.bits(8 + ADDRESS_WIDTH, 8 - ADDRESS_WIDTH);
        b.unused("register", above, "There are fewer registers.");
        Command {
            pending: pending.signal(),
            spikes: command.bit(0),
            flag: command.bit(1),
            register: command.bits(8, ADDRESS_WIDTH),
            data: command.bits(16, 32),
            error: b.wire("lost", error | (valid & pending.signal())),
        }
    }

    /// Answers to bytes: the line, and whether nothing is under way. `free`: an answer is taken.
    fn send<'m>(
        &self,
        b: &'m Builder,
        valid: Signal<'m>,
        frame: Signal<'m>,
        free: Signal<'m>,
    ) -> (Signal<'m>, Signal<'m>) {
        b.section("Answers to bytes, the lowest first.");
        let left = b.register_reset("left_q", uint(3), 0);
        let waiting = b.wire("waiting", left.signal().any());
        b.assign(free, !waiting);
        let answer = b.register("answer_q", uint(8 * ANSWER_BYTES));
        let module = UartTransmitter { divisor: self.divisor }.module();
        let inputs = [("valid_i", waiting), ("byte_i", answer.signal().bits(0, 8))];
        let transmitter = b.instance("transmitter", &module, &inputs);
        let goes = b.wire("goes", waiting & transmitter.get("ready_o"));
        let taken = b.wire("answer_taken", valid & !waiting);
        let above = answer.signal().bits(8, 8 * (ANSWER_BYTES - 1));
        let moved = b.concat(&[b.literal(0, KIND), above]);
        answer.when(taken, frame).when(goes, moved);
        left.when(taken, left.signal().same(ANSWER_BYTES.into())).when(goes, left.signal() - 1);
        (transmitter.get("serial_o"), b.wire("idle", !waiting & transmitter.get("ready_o")))
    }
}

/// The engine, its buses driven by the command.
fn connect<'m>(
    b: &'m Builder,
    engine: &Arc<Module>,
    command: &Command<'m>,
    (spikes, free): (u32, Signal<'m>),
) -> Outputs<'m> {
    b.section("Engine. A command is offered until its answer comes.");
    let answered = b.forward("register_answered", uint(1));
    let offered = b.wire("offered", command.pending & !command.spikes & !answered);
    let write = b.wire("write", offered & command.flag);
    let read = b.wire("read", offered & !command.flag);
    let beat = b.wire("beat", command.pending & command.spikes);
    let results_ready = b.wire("results_ready", free & !answered);
    let inputs = [
        ("s_axil_awaddr", command.register),
        ("s_axil_awvalid", write),
        ("s_axil_wdata", command.data),
        ("s_axil_wstrb", b.literal(15, uint(4))),
        ("s_axil_wvalid", write),
        ("s_axil_bready", free),
        ("s_axil_araddr", command.register),
        ("s_axil_arvalid", read),
        ("s_axil_rready", free),
        ("s_axis_tdata", command.data.bits(0, spikes)),
        ("s_axis_tvalid", beat),
        ("s_axis_tlast", command.flag),
        ("m_axis_tready", results_ready),
    ];
    let outputs = b.instance("engine", engine, &inputs);
    b.assign(answered, outputs.get("s_axil_bvalid") | outputs.get("s_axil_rvalid"));
    for (port, why) in [
        ("s_axil_awready", "The answer tells."),
        ("s_axil_wready", "The answer tells."),
        ("s_axil_arready", "The answer tells."),
        ("s_axil_rresp", "A read is always answered."),
        ("m_axis_tkeep", "The host knows how many rows there are."),
    ] {
        b.unused(port, outputs.get(port), why);
    }
    outputs
}

/// What is to be answered, and whether anything is: registers before results.
fn answers<'m>(
    b: &'m Builder,
    command: &Command<'m>,
    outputs: &Outputs<'m>,
    results: u32,
) -> (Signal<'m>, Signal<'m>) {
    b.section("Answers: registers before results.");
    let kind = |kind: u8| b.literal(kind.into(), KIND);
    let (written, word) = (outputs.get("s_axil_bvalid"), outputs.get("s_axil_rvalid"));
    let refused = outputs.get("s_axil_bresp").any();
    let of_write = refused.select(kind(answer::REFUSED), kind(answer::WRITTEN));
    let last = outputs.get("m_axis_tlast");
    let of_result = last.select(kind(answer::LAST_RESULT), kind(answer::RESULT));
    let of_register = written.select(of_write, kind(answer::WORD));
    let register = b.wire("register_answer", written | word);
    let what = b.wire("answer_kind", register.select(of_register, of_result));
    let result = outputs.get("m_axis_tdata").as_uint();
    let result = match DATA.width - results {
        0 => result,
        above => b.concat(&[b.literal(0, uint(above)), result]),
    };
    let of_register = word.select(outputs.get("s_axil_rdata"), command.data);
    let data = b.wire("answer_data", register.select(of_register, result));
    let valid = b.wire("answer_valid", register | outputs.get("m_axis_tvalid"));
    (valid, b.concat(&[data, what]))
}
