//! The machine on a board: the core behind a serial line, its memories loaded with the bitstream.
//!
//! ```text
//!  serial_i ─► uart_bridge ─► machine_core (weights, program and constants inside)
//!  serial_o ◄─             ◄─
//! ```
//!
//! Wires blocks; nothing else.

use crate::blocks::control::token_loop::TOKEN_WIDTH;
use crate::blocks::host::uart_bridge::{CLEAR_ID, UartBridge};
use crate::blocks::host::uart_streams::UartStreams;
use crate::blocks::machine::machine_core::MachineCore;
use crate::blocks::machine::net::Net;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal_type::uint;
use firmware::image::MachineImage;
use firmware::machine::MachineParameters;
use firmware::pass_choices::PassChoices;
use std::sync::Arc;

/// A machine with a serial line.
#[derive(Clone, Debug)]
pub struct MachineUart {
    /// What the machine is.
    pub parameters: MachineParameters,
    /// What its memories hold.
    pub contents: MachineImage,
    /// What the passes of its program choose.
    pub choices: PassChoices,
    /// Cycles of a bit on the line, at least 4.
    pub divisor: u32,
    /// Predictions that answer a token whose bit 15 is set.
    pub generate_count: u32,
    /// The token that ends an answer early.
    pub end_token: Option<u32>,
}

/// Most tokens that wait at the line.
const QUEUE_DEPTH_MAX: u32 = 512;

/// What the serial line reads of the core, as far as it does.
const READ: [&str; 6] = [
    "token_ready_o",
    "busy_o",
    "prediction_valid_o",
    "prediction_o",
    "prediction_last_o",
    "output_data_o",
];

/// Errors of the core that light the lamp.
const ERRORS: [&str; 3] = ["bad_code_o", "bad_instruction_o", "bad_token_o"];

impl MachineUart {
    /// The module `machine_uart`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("machine_uart", file!(), &self.summary());
        let (contents, choices) = (self.contents.clone(), self.choices.clone());
        let core = MachineCore { parameters: self.parameters, contents, choices };
        let core = core.module();
        // A prompt is no longer than a text, so that one always finds room.
        let queue_depth = match self.parameters.context {
            0 => QUEUE_DEPTH_MAX,
            context => context.next_power_of_two().clamp(2, QUEUE_DEPTH_MAX),
        };
        let bridge = match self.has_vectors() {
            false => UartBridge { divisor: self.divisor, queue_depth }.module(),
            true => UartStreams { machine: self.parameters, divisor: self.divisor }.module(),
        };
        let mut net = Net::new(&b);
        b.port_group("Serial line, 8N1.");
        net.input("serial_i", uint(1), "from the host, high when idle; asynchronous");

        b.section("Wires that lead back.");
        let answers: Vec<&str> = READ
            .into_iter()
            .filter(|port| {
                let input = format!("{}_i", port.trim_end_matches("_o"));
                bridge.port_type(&input).is_some()
            })
            .collect();
        net.forward("core", &core, &answers);
        b.section("Serial line.");
        net.place_facing("bridge", &bridge, "core", &[("serial_i", "serial_i")]);

        b.section("Core: settings are fixed, memories are loaded.");
        let fixed = self.fixed(&b, &mut net, &core);
        let fixed: Vec<(&str, &str)> =
            fixed.iter().map(|name| (name.as_str(), name.as_str())).collect();
        net.place_facing("core", &core, "bridge", &fixed);

        b.section("Errors stay until the next reset.");
        let bad = ERRORS.map(|port| net.get(&format!("core.{port}")));
        let bad = b.wire("bad", b.concat(&bad).any() | net.get("bridge.error_o"));
        let error = b.register_reset("error_q", uint(1), 0).when(bad, b.flag(true)).signal();
        b.port_group("Serial line, 8N1.");
        net.output("serial_o", "bridge.serial_o", "to the host, high when idle");
        b.port_group("Lamps.");
        net.output("busy_o", "core.busy_o", "a token is under way");
        net.output("context_full_o", "core.context_full_o", "the text is as long as it can be");
        b.output("error_o", error, "something went wrong since the reset");
        self.leave_open(&net, &core, &answers);
        b.finish()
    }

    /// Whether vectors come over the line, or go.
    fn has_vectors(&self) -> bool {
        self.parameters.input.is_some() || self.parameters.output.is_some()
    }

    fn summary(&self) -> String {
        let MachineParameters { lanes, slots, planes, vocabulary, .. } = self.parameters;
        if self.has_vectors() {
            return format!(
                "a spiking ternary network behind a serial line.\n\n\
                 {lanes} lanes, {slots} slots, {planes} planes. uart_streams says what goes over the \
                 line. A bit takes {} cycles.",
                self.divisor
            );
        }
        format!(
            "a spiking ternary language model behind a serial line.\n\n\
             {lanes} lanes, {slots} slots, {planes} planes; {vocabulary} token ids, {}. A token is two bytes, the lower first; bit 15 of a received one \
             asks for {} predictions, bit 15 of a sent one is the last of them. Id {CLEAR_ID:#06x} \
             begins a new text. A bit takes {} cycles.",
            self.parameters.texts(),
            self.generate_count,
            self.divisor
        )
    }

    /// The core's inputs that are constants here: their names.
    fn fixed<'m>(&self, b: &'m Builder, net: &mut Net<'m>, core: &Module) -> Vec<String> {
        let (bit, token) = (uint(1), uint(TOKEN_WIDTH));
        let count = if self.has_vectors() { 1 } else { self.generate_count };
        let constants = [
            ("RUN", "run_i", 1, bit, "take tokens"),
            ("GENERATE_COUNT", "generate_count_i", count, token, "predictions"),
            ("END_TOKEN", "end_token_i", self.end_token.unwrap_or(0), token, "ends an answer"),
            (
                "END_TOKEN_ENABLE",
                "end_token_enable_i",
                self.end_token.is_some().into(),
                bit,
                "there is such a token",
            ),
        ];
        let mut names = vec![];
        for (name, port, value, ty, meaning) in constants {
            net.add(port, b.constant(name, value.into(), ty, meaning));
            names.push(port.to_owned());
        }
        for port in core.ports() {
            let host = ["weight_", "program_", "constant_", "result_", "scalar_"];
            if port.name.starts_with("output_") {
                // Vectors that go out are fetched through them.
                continue;
            }
            let is_input = port.name.ends_with("_i");
            let of_host = host.iter().any(|prefix| port.name.starts_with(prefix));
            if is_input
                && (of_host || matches!(port.name.as_str(), "constant_i" | "token_beyond_i"))
            {
                net.add(&port.name, b.literal(0, port.ty));
                names.push(port.name);
            }
        }
        names
    }

    /// Outputs of the core that only a host with registers, or a simulation, would read.
    fn leave_open(&self, net: &Net, core: &Module, answers: &[&str]) {
        let read = ["busy_o", "context_full_o"];
        for port in core.ports().iter().filter(|port| port.name.ends_with("_o")) {
            let name = port.name.as_str();
            if !read.contains(&name) && !answers.contains(&name) && !ERRORS.contains(&name) {
                net.unused(&format!("core.{name}"), "There are no registers to show it.");
            }
        }
    }
}
