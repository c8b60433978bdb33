//! The host port: AXI4-Lite registers and two AXI4-Streams of tokens in front of the core.
//!
//! ```text
//!  s_axil ─► registers ─► settings, memories ─►┐
//!            monitor   ◄─ events              ◄┤ core
//!  s_axis ─► token                            ─►┤
//!  m_axis ◄─ prediction                       ◄┘
//! ```
//!
//! A beat is one token id; `tlast` of the input asks for an answer, `tlast` of the output is the
//! end of one.

use super::machine_monitor::{COUNTERS, ERRORS, machine_monitor};
use super::machine_registers::{machine_registers, port_name};
use crate::blocks::control::token_loop::TOKEN_WIDTH;
use crate::language::builder::Builder;
use crate::language::instance::Outputs;
use crate::language::module::Module;
use crate::language::property::Claim;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, sint, uint};
use firmware::machine::MachineParameters;
use firmware::registers::machine::{ADDRESS_WIDTH, Access, FIELDS, Field, FieldSpec};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct HostPort {
    /// The machine behind it.
    pub machine: MachineParameters,
    /// Bits of a beat of the token streams: 16 or 32.
    pub token_width: u32,
}

/// Input ports of the bus and the streams, as every module on the way names them.
pub(in crate::blocks) fn bus_inputs(token_width: u32) -> [(&'static str, Type, &'static str); 13] {
    let address = uint(ADDRESS_WIDTH);
    let bit = uint(1);
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
        ("s_axis_tdata", uint(token_width), "token id"),
        ("s_axis_tvalid", bit, "a token is there"),
        ("s_axis_tlast", bit, "it asks for an answer"),
        ("m_axis_tready", bit, "the prediction is taken"),
    ]
}

/// Output ports of the bus and the streams, as every module on the way names them.
pub(in crate::blocks) const BUS_OUTPUTS: [(&str, &str); 12] = [
    ("s_axil_awready", "the address is taken"),
    ("s_axil_wready", "the word is taken"),
    ("s_axil_bresp", "0: done, 2: refused"),
    ("s_axil_bvalid", "an answer is there"),
    ("s_axil_arready", "the address is taken"),
    ("s_axil_rdata", "the register's value"),
    ("s_axil_rresp", "0: always done"),
    ("s_axil_rvalid", "a word is there"),
    ("s_axis_tready", "the token is taken"),
    ("m_axis_tdata", "token id"),
    ("m_axis_tvalid", "a prediction is there"),
    ("m_axis_tlast", "last of its answer"),
];

/// Inputs of the bus itself; the others belong to the streams.
const AXI_LITE_INPUTS: usize = 9;

impl HostPort {
    /// The module `host_port`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new(
            "host_port",
            file!(),
            &format!(
                "AXI4-Lite registers, and tokens as AXI4-Streams of {} bits.\n\n\
                 One beat is one token. tlast of the input asks for an answer, tlast of the \
                 output ends one.",
                self.token_width
            ),
        );
        let bus = self.ports(&b);
        let core = self.core_inputs(&b);

        b.section("What went wrong, how much was done.");
        let mut events = vec![("begins_text_i", core["begins_text_i"])];
        let ports = ERRORS.iter().chain(&COUNTERS).map(|(_, port, _)| *port);
        events.extend(ports.map(|port| (port, core[port])));
        let monitor = b.instance("monitor", &machine_monitor(), &events);

        b.section("Registers.");
        let results = b.forward("result_value", sint(self.machine.value_width));
        let status = self.status(&monitor, &core, results);
        let mut inputs: Vec<(&str, Signal)> = bus[..AXI_LITE_INPUTS].to_vec();
        inputs.push(("locked_i", core["busy_i"]));
        inputs.extend(status.iter().map(|(name, signal)| (name.as_str(), *signal)));
        let registers = b.instance("registers", &machine_registers(&self.machine), &inputs);

        b.section("The element of the result word that is asked for.");
        let element = registers.get("result_address_element_o");
        b.assign(results, self.element(&b, core["result_data_i"], element));

        outputs(&b, &registers);
        self.core_outputs(&b, &registers, &bus);
        self.streams(&b, &core);

        b.properties();
        let bus =
            |name: &str| bus.iter().find(|(port, _)| *port == name).map(|(_, signal)| *signal);
        let ready = bus("m_axis_tready").unwrap_or(b.flag(false));
        let offer = (core["prediction_valid_i"], ready);
        let data = [core["prediction_i"], core["prediction_last_i"]];
        let meaning = "A prediction of the core stays until it is taken.";
        b.kept(Claim::Assumed, "prediction_stays", offer, &data, meaning);
        let data = [data[0].extend(self.token_width), data[1]];
        let meaning = "A prediction on the stream stays until it is taken.";
        b.kept(Claim::Asserted, "beat_kept", offer, &data, meaning);
        b.finish()
    }

    fn ports<'m>(&self, b: &'m Builder) -> Vec<(&'static str, Signal<'m>)> {
        b.port_group("AXI4-Lite.");
        let inputs = bus_inputs(self.token_width);
        let mut ports = vec![];
        for (index, (name, ty, meaning)) in inputs.into_iter().enumerate() {
            if index == AXI_LITE_INPUTS {
                b.port_group("AXI4-Stream of tokens, and flow control of predictions.");
            }
            ports.push((name, b.input(name, ty, meaning)));
        }
        ports
    }

    fn core_inputs<'m>(&self, b: &'m Builder) -> BTreeMap<&'static str, Signal<'m>> {
        let machine = &self.machine;
        let (bit, token) = (uint(1), uint(TOKEN_WIDTH));
        let mut ports = vec![
            ("token_ready_i", bit, "the core takes a token"),
            ("prediction_valid_i", bit, "a prediction is there"),
            ("prediction_i", token, "its id"),
            ("prediction_last_i", bit, "last of its answer"),
            ("context_full_i", bit, "no position is left"),
            ("position_i", token, "position of the token"),
            ("result_data_i", uint(machine.elements * machine.value_width), "the word of R"),
            ("scalar_mantissa_i", uint(16), "the scalar: its factor"),
            ("scalar_shift_i", uint(6), "its right shift"),
            ("scalar_exponent_i", sint(8), "its exponent"),
            ("begins_text_i", bit, "the text is forgotten"),
        ];
        let events = ERRORS.iter().chain(&COUNTERS);
        ports.extend(events.map(|(_, port, meaning)| (*port, bit, *meaning)));
        b.port_group("From the core.");
        ports.into_iter().map(|(name, ty, text)| (name, b.input(name, ty, text))).collect()
    }

    /// What the registers show: the monitor's fields and the core's.
    fn status<'m>(
        &self,
        monitor: &Outputs<'m>,
        core: &BTreeMap<&'static str, Signal<'m>>,
        result: Signal<'m>,
    ) -> Vec<(String, Signal<'m>)> {
        let value = |spec: &FieldSpec| match spec.field {
            Field::Busy => core["busy_i"],
            Field::ContextFull => core["context_full_i"],
            Field::Position => core["position_i"],
            Field::ResultData => result.extend(32).as_uint(),
            Field::ScalarMantissa => core["scalar_mantissa_i"],
            Field::ScalarShift => core["scalar_shift_i"],
            Field::ScalarExponent => core["scalar_exponent_i"].as_uint(),
            _ => monitor.get(&format!("{}_o", port_name(spec))),
        };
        let shown = FIELDS.iter().filter(|spec| spec.access == Access::ReadOnly);
        shown.map(|spec| (format!("{}_i", port_name(spec)), value(spec))).collect()
    }

    fn element<'m>(&self, b: &'m Builder, word: Signal<'m>, element: Signal<'m>) -> Signal<'m> {
        let width = self.machine.value_width;
        let part = |index: u32| word.bits(index * width, width).as_sint();
        let last = self.machine.elements - 1;
        let arms: Vec<(i128, Signal)> =
            (0..last).map(|index| (i128::from(index), part(index))).collect();
        b.case("result_element", element, &arms, part(last))
    }

    fn core_outputs<'m>(
        &self,
        b: &'m Builder,
        registers: &Outputs<'m>,
        bus: &[(&str, Signal<'m>)],
    ) {
        let at = |name: &str| bus.iter().find(|(port, _)| *port == name).map(|(_, signal)| *signal);
        let (Some(data), Some(valid), Some(last), Some(ready)) =
            (at("s_axis_tdata"), at("s_axis_tvalid"), at("s_axis_tlast"), at("m_axis_tready"))
        else {
            unreachable!("the bus has its streams")
        };
        let beyond = match self.token_width > TOKEN_WIDTH {
            true => data.bits(TOKEN_WIDTH, self.token_width - TOKEN_WIDTH).any(),
            false => b.flag(false),
        };
        b.port_group("To the core: tokens.");
        b.output("token_valid_o", valid, "a token is there");
        b.output("token_o", data.bits(0, TOKEN_WIDTH), "its id");
        b.output("token_beyond_o", beyond, "it has more bits than that");
        b.output("token_asked_o", last, "its prediction is asked for");
        b.output("prediction_ready_o", ready, "the prediction is taken");
        let data = registers.get("constant_data_o");
        let width = self.machine.value_width;
        b.port_group("To the core: constants.");
        b.output("constant_o", data.bits(0, width).as_sint(), "a constant");
        b.unused("constant", data.bits(width, 32 - width), "The value is in the lower bits.");
    }

    fn streams<'m>(&self, b: &'m Builder, core: &BTreeMap<&'static str, Signal<'m>>) {
        b.port_group("AXI4-Stream of tokens, flow control.");
        b.output("s_axis_tready", core["token_ready_i"], "the token is taken");
        b.port_group("AXI4-Stream of predictions.");
        let prediction = core["prediction_i"].extend(self.token_width);
        b.output("m_axis_tdata", prediction, "token id");
        b.output("m_axis_tvalid", core["prediction_valid_i"], "a prediction is there");
        b.output("m_axis_tlast", core["prediction_last_i"], "last of its answer");
    }
}

/// The bus's answers, and what the registers say to the core under the core's own port names.
fn outputs<'m>(b: &'m Builder, registers: &Outputs<'m>) {
    b.port_group("AXI4-Lite, flow control and answers.");
    for (name, meaning) in BUS_OUTPUTS.into_iter().filter(|(name, _)| name.starts_with("s_axil")) {
        b.output(name, registers.get(name), meaning);
    }
    b.port_group("To the core: settings and memories.");
    for (name, port, meaning) in [
        ("run_o", "run_o", "take tokens"),
        ("clear_o", "clear_o", "begin a new text"),
        ("generate_count_o", "generate_count_o", "predictions of an answer"),
        ("end_token_o", "end_token_o", "the token that ends an answer"),
        ("end_token_enable_o", "end_token_enable_o", "there is such a token"),
        ("weight_write_o", "weight_data_write_o", "store a bank word"),
        ("weight_bank_o", "weight_address_bank_o", "its bank"),
        ("weight_word_o", "weight_address_word_o", "its word"),
        ("weight_data_o", "weight_data_o", "its value"),
        ("program_write_o", "program_data_write_o", "store a part of an instruction"),
        ("program_part_o", "program_address_part_o", "which part"),
        ("program_address_o", "program_address_instruction_o", "which instruction"),
        ("program_data_o", "program_data_o", "its value"),
        ("constant_write_o", "constant_data_write_o", "store a constant"),
        ("constant_element_o", "constant_address_element_o", "its element"),
        ("constant_word_o", "constant_address_word_o", "its word"),
        ("result_word_o", "result_address_word_o", "word of R to show"),
        ("scalar_index_o", "scalar_index_o", "scalar to show"),
    ] {
        b.output(name, registers.get(port), meaning);
    }
}
