//! The ports of the machine's bus and streams, as every module on the way names them.

use crate::language::signal_type::{Type, uint};
use firmware::machine::MachineParameters;
use firmware::registers::ADDRESS_WIDTH;

/// Input ports of the bus and the streams.
pub(in crate::blocks) fn bus_inputs(
    machine: &MachineParameters,
    token_width: u32,
) -> [(&'static str, Type, &'static str); 13] {
    let address = uint(ADDRESS_WIDTH);
    let bit = uint(1);
    let token = uint(token_width);
    let (beat, data, there, last) = match machine.input {
        None => (token, "token id", "a token is there", "it asks for an answer"),
        Some(input) => {
            let beat = uint(input.beat_width(machine.elements));
            (beat, "word of a vector, value 0 lowest", "a word is there", "last of its vector")
        }
    };
    let taken = match machine.output {
        None => "the prediction is taken",
        Some(_) => "the word is taken",
    };
    [
        ("s_axil_awaddr", address, "byte address"),
        ("s_axil_awvalid", bit, "an address is there"),
        ("s_axil_wdata", uint(32), "word to write"),
        ("s_axil_wstrb", uint(4), "bytes to write; all or none"),
        ("s_axil_wvalid", bit, "a word is there"),
        ("s_axil_bready", bit, "the answer is taken"),
        ("s_axil_araddr", address, "byte address"),
        ("s_axil_arvalid", bit, "an address is there"),
        ("s_axil_rready", bit, "the word is taken"),
        ("s_axis_tdata", beat, data),
        ("s_axis_tvalid", bit, there),
        ("s_axis_tlast", bit, last),
        ("m_axis_tready", bit, taken),
    ]
}

/// Output ports of the bus and the streams.
pub(in crate::blocks) fn bus_outputs(
    machine: &MachineParameters,
) -> [(&'static str, &'static str); 12] {
    let taken = match machine.input {
        None => "the token is taken",
        Some(_) => "the word is taken",
    };
    let (data, there, last) = match machine.output {
        None => ("token id", "a prediction is there", "last of its answer"),
        Some(_) => ("word of a vector, value 0 lowest", "a word is there", "last of its vector"),
    };
    [
        ("s_axil_awready", "the address is taken"),
        ("s_axil_wready", "the word is taken"),
        ("s_axil_bresp", "0: done, 2: refused"),
        ("s_axil_bvalid", "an answer is there"),
        ("s_axil_arready", "the address is taken"),
        ("s_axil_rdata", "the register's value"),
        ("s_axil_rresp", "0: always done"),
        ("s_axil_rvalid", "a word is there"),
        ("s_axis_tready", taken),
        ("m_axis_tdata", data),
        ("m_axis_tvalid", there),
        ("m_axis_tlast", last),
    ]
}
