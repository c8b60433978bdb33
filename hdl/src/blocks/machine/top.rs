//! The machine: the core behind its host port.
//!
//! ```text
//!  s_axil, s_axis ─► host_port ─► machine_core
//!  m_axis         ◄─           ◄─
//! ```
//!
//! Wires blocks; nothing else.

use super::machine_core::MachineCore;
use super::net::Net;
use crate::blocks::host::bus::{bus_inputs, bus_outputs};
use crate::blocks::host::host_port::HostPort;
use crate::language::builder::Builder;
use crate::language::module::Module;
use firmware::image::MachineImage;
use firmware::machine::{MachineParameters, Program};
use firmware::pass_choices::PassChoices;
use std::sync::Arc;

/// A machine with a host.
#[derive(Clone, Debug)]
pub struct Machine {
    /// What the machine is.
    pub parameters: MachineParameters,
    /// What its memories start with; the host loads what is empty.
    pub contents: MachineImage,
    /// What the passes of its program choose.
    pub choices: PassChoices,
    /// Bits of a beat of the token streams: 16 or 32.
    pub token_width: u32,
    /// Whether the core's `observe_*` outputs are outputs of the machine, for a simulation.
    pub observed: bool,
}

impl Machine {
    /// The machine of a program, which the host loads, to be built; weights that are wires are the
    /// program's.
    ///
    /// # Panics
    /// If these have no image, as those of every lowered program have.
    pub fn new(program: &Program) -> Machine {
        let weights = match program.parameters.is_baked() {
            true => MachineImage::new(program).expect("a lowered program has an image").weights,
            false => Vec::new(),
        };
        Machine {
            parameters: program.parameters,
            contents: MachineImage { weights, ..MachineImage::default() },
            choices: PassChoices::of(program),
            token_width: 16,
            observed: false,
        }
    }

    /// The same, to be compared in a simulation.
    pub fn observed(program: &Program) -> Machine {
        Machine { observed: true, ..Machine::new(program) }
    }

    /// The module `machine`.
    pub fn module(&self) -> Arc<Module> {
        let MachineParameters { lanes, slots, planes, vocabulary, .. } = self.parameters;
        let (what, takes) = match self.parameters.input {
            None => ("language model", format!("{vocabulary} token ids")),
            Some(_) => ("network", "vectors".to_owned()),
        };
        let loaded = match self.parameters.is_baked() {
            true => "Weights are wires; program and constants are loaded through the registers.",
            false => "Program, weights and constants are loaded through the registers.",
        };
        let made_for = match self.parameters.fingerprint {
            0 => String::new(),
            fingerprint => format!(" Programs of fingerprint {fingerprint:#010x} run here."),
        };
        let b = Builder::new(
            "machine",
            file!(),
            &format!(
                "a spiking ternary {what} behind AXI4-Lite and AXI4-Stream.\n\n\
                 {lanes} lanes, {slots} slots, {planes} planes; {takes}, {}. {loaded}{made_for}",
                self.parameters.texts()
            ),
        );
        let (contents, choices) = (self.contents.clone(), self.choices.clone());
        let core = MachineCore { parameters: self.parameters, contents, choices };
        let core = core.module();
        let host = HostPort { machine: self.parameters, token_width: self.token_width };
        let port = host.module();
        let mut net = Net::new(&b);
        b.port_group(&format!("AXI4-Lite, and AXI4-Streams of {}.", host.carried()));
        let bus = bus_inputs(&self.parameters, self.token_width);
        for (name, ty, meaning) in bus {
            net.input(name, ty, meaning);
        }

        b.section("Wires that lead back.");
        let answers: Vec<String> = port
            .ports()
            .into_iter()
            .filter_map(|port| port.name.strip_suffix("_i").map(|base| format!("{base}_o")))
            .filter(|name| name != "rst_o")
            .collect();
        let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
        net.forward("core", &core, &answers);

        b.section("Host port.");
        let bus: Vec<(&str, &str)> = bus.iter().map(|(name, ..)| (*name, *name)).collect();
        net.place_facing("port", &port, "core", &bus);
        b.section("Core.");
        net.place_facing("core", &core, "port", &[]);

        b.port_group("AXI4-Lite and AXI4-Streams, flow control and answers.");
        for (name, meaning) in bus_outputs(&self.parameters) {
            net.output(name, &format!("port.{name}"), meaning);
        }
        self.watch(&b, &net, &core);
        b.finish()
    }

    /// The core's outputs to be watched: led out, or left open.
    fn watch(&self, b: &Builder, net: &Net, core: &Module) {
        if self.observed {
            b.port_group("To be watched, for a simulation.");
        }
        for port in core.ports() {
            let name = format!("core.{}", port.name);
            match (port.name.starts_with("observe_"), self.observed) {
                (false, _) => {}
                (true, true) => net.output(&port.name, &name, &port.meaning),
                (true, false) => net.unused(&name, "Only a simulation watches."),
            }
        }
    }
}
