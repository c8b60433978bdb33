//! The ports of the engine, as its blocks name them.

use crate::blocks::engine::register_file::{port_name, register_file};
use crate::language::builder::Builder;
use crate::language::instance::Outputs;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use firmware::engine::EngineParameters;
use firmware::registers::{ADDRESS_WIDTH, Field};
use std::collections::BTreeMap;

/// The AXI4-Lite inputs, as the register file names them.
pub(super) fn bus_ports(b: &Builder) -> Vec<(&'static str, Signal<'_>)> {
    b.port_group("AXI4-Lite.");
    let address = uint(ADDRESS_WIDTH);
    [
        ("s_axil_awaddr", address, "byte address"),
        ("s_axil_awvalid", uint(1), "an address is there"),
        ("s_axil_wdata", uint(32), "word to write"),
        ("s_axil_wstrb", uint(4), "bytes to write; all or none"),
        ("s_axil_wvalid", uint(1), "a word is there"),
        ("s_axil_bready", uint(1), "the answer is taken"),
        ("s_axil_araddr", address, "byte address"),
        ("s_axil_arvalid", uint(1), "an address is there"),
        ("s_axil_rready", uint(1), "the word is taken"),
    ]
    .map(|(name, ty, meaning)| (name, b.input(name, ty, meaning)))
    .to_vec()
}

/// The register file behind the bus.
pub(super) fn registers<'m>(
    b: &'m Builder,
    parameters: &EngineParameters,
    bus: &[(&'static str, Signal<'m>)],
    status: &BTreeMap<Field, Signal<'m>>,
) -> Outputs<'m> {
    let names: Vec<(String, Signal)> = status
        .iter()
        .map(|(field, signal)| (format!("{}_i", port_name(field.spec())), *signal))
        .collect();
    let mut inputs = bus.to_vec();
    inputs.extend(names.iter().map(|(name, signal)| (name.as_str(), *signal)));
    inputs.push(("locked_i", status[&Field::Busy]));
    b.instance("registers", &register_file(parameters), &inputs)
}

/// The outputs of the engine.
pub(super) fn outputs<'m>(
    b: &'m Builder,
    registers: &Outputs<'m>,
    spikes_ready: Signal<'m>,
    neurons: &Outputs<'m>,
) {
    b.port_group("AXI4-Lite, flow control and answers.");
    for (name, meaning) in [
        ("s_axil_awready", "the address is taken"),
        ("s_axil_wready", "the word is taken"),
        ("s_axil_bresp", "0: done, 2: refused"),
        ("s_axil_bvalid", "an answer is there"),
        ("s_axil_arready", "the address is taken"),
        ("s_axil_rdata", "the register's value"),
        ("s_axil_rresp", "0: always done"),
        ("s_axil_rvalid", "a word is there"),
    ] {
        b.output(name, registers.get(name), meaning);
    }
    b.port_group("AXI4-Stream of spikes, flow control.");
    b.output("s_axis_tready", spikes_ready, "the beat is taken");
    b.port_group("AXI4-Stream of results: values of the rows in order, little-endian.");
    for (name, meaning) in [
        ("m_axis_tdata", "one value per neuron, sign-extended"),
        ("m_axis_tkeep", "bytes of existing rows"),
        ("m_axis_tvalid", "a beat is there"),
        ("m_axis_tlast", "last beat of a vector"),
    ] {
        b.output(name, neurons.get(name), meaning);
    }
}
