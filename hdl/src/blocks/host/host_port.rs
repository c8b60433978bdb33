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
//! end of one. Where the machine takes or gives vectors, a beat is a word of values and `tlast` the end
//! of a vector: [`VectorInput`] fills words of C, [`VectorOutput`] empties words of T.

use super::bus::{bus_inputs, bus_outputs};
use super::machine_monitor::{COUNTERS, ERRORS, machine_monitor};
use super::machine_registers::{machine_registers, port_name};
use super::vector_input::VectorInput;
use super::vector_output::VectorOutput;
use crate::blocks::control::token_loop::TOKEN_WIDTH;
use crate::language::builder::Builder;
use crate::language::instance::Outputs;
use crate::language::module::Module;
use crate::language::property::Claim;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use firmware::machine::MachineParameters;
use firmware::registers::{Access, FIELDS, Field, FieldSpec, Register};
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

/// Inputs of the bus itself; the others belong to the streams.
const AXI_LITE_INPUTS: usize = 9;

impl HostPort {
    /// The module `host_port`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("host_port", file!(), &self.summary());
        let bus = self.ports(&b);
        let core = self.core_inputs(&b);
        let run = self.machine.input.map(|_| b.forward("run", uint(1)));
        let vectors = self.vectors(&b, &bus, &core, run);

        b.section("What went wrong, how much was done.");
        let mut events = vec![("begins_text_i", core["begins_text_i"])];
        let ports = ERRORS.iter().chain(&COUNTERS).map(|(_, port, _)| *port);
        events.extend(ports.map(|port| (port, core[port])));
        if let Some(input) = &vectors.input {
            let bad = b.wire("bad_token", core["bad_token_i"] | input.get("bad_vector_o"));
            let of_tokens = events.iter_mut().find(|(port, _)| *port == "bad_token_i");
            of_tokens.expect("it is an error").1 = bad;
        }
        let monitor = b.instance("monitor", &machine_monitor(), &events);

        b.section("Registers.");
        let results = b.forward("result_value", sint(self.machine.value_width));
        let status = self.status(&monitor, &core, results);
        let mut inputs: Vec<(&str, Signal)> = bus[..AXI_LITE_INPUTS].to_vec();
        inputs.push(("locked_i", core["busy_i"]));
        inputs.extend(status.iter().map(|(name, signal)| (name.as_str(), *signal)));
        let registers = b.instance("registers", &machine_registers(&self.machine), &inputs);

        if let Some(run) = run {
            b.comment("A constant that the host stores goes first.");
            b.assign(run, registers.get("run_o") & !registers.get("constant_data_write_o"));
        }

        b.section("The element of the result word that is asked for.");
        let element = registers.get("result_address_element_o");
        b.assign(results, self.element(&b, core["result_data_i"], element));

        outputs(&b, self, &registers);
        self.core_outputs(&b, &registers, &core, &bus, &vectors);
        self.streams(&b, &core, &vectors);
        if vectors.output.is_some() {
            return b.finish();
        }

        b.properties();
        let offer = (core["prediction_valid_i"], signal(&bus, "m_axis_tready"));
        let data = [core["prediction_i"], core["prediction_last_i"]];
        let meaning = "A prediction of the core stays until it is taken.";
        b.kept(Claim::Assumed, "prediction_stays", offer, &data, meaning);
        let data = [data[0].extend(self.token_width), data[1]];
        let meaning = "A prediction on the stream stays until it is taken.";
        b.kept(Claim::Asserted, "beat_kept", offer, &data, meaning);
        b.finish()
    }

    /// What its streams carry.
    pub(in crate::blocks) fn carried(&self) -> &'static str {
        match (self.machine.input, self.machine.output) {
            (None, None) => "tokens",
            (Some(_), Some(_)) => "vectors",
            _ => "tokens and vectors",
        }
    }

    /// What comes in.
    fn input_kind(&self) -> &'static str {
        if self.machine.input.is_some() { "vectors" } else { "tokens" }
    }

    /// What goes out.
    fn output_kind(&self) -> &'static str {
        if self.machine.output.is_some() { "vectors" } else { "predictions" }
    }

    fn summary(&self) -> String {
        let HostPort { machine, token_width } = self;
        let input = match machine.input {
            None => "One beat is one token. tlast of the input asks for an answer",
            Some(_) => "A beat of the input is a word of a vector, which tlast ends",
        };
        let output = match machine.output {
            None => "tlast of the output ends one",
            Some(_) => "a beat of the output is a word of a vector, which tlast ends",
        };
        let what = self.carried();
        if what == "vectors" {
            return "AXI4-Lite registers, and vectors as AXI4-Streams.\n\n\
                    A beat is a word of a vector, tlast its last; a vector that comes in is answered by \
                    one that goes out."
                .to_owned();
        }
        format!(
            "AXI4-Lite registers, and {what} as AXI4-Streams of {token_width} bits.\n\n\
             {input}, {output}."
        )
    }

    /// What stands between the streams and the core where they carry vectors.
    fn vectors<'m>(
        &self,
        b: &'m Builder,
        bus: &[(&'static str, Signal<'m>)],
        core: &BTreeMap<&'static str, Signal<'m>>,
        run: Option<Signal<'m>>,
    ) -> Vectors<'m> {
        let HostPort { machine: MachineParameters { elements, value_width, .. }, .. } = *self;
        let pending = core["prediction_valid_i"];
        let output = self.machine.output.map(|stream| {
            b.section("Vectors that go out.");
            let module = VectorOutput { stream, elements, value_width }.module();
            let ready = signal(bus, "m_axis_tready");
            let data = ("data_i", core["output_data_i"]);
            b.instance(
                "vector_output",
                &module,
                &[("vector_valid_i", pending), data, ("ready_i", ready)],
            )
        });
        let input = self.machine.input.zip(run).map(|(stream, run)| {
            b.section("Vectors that come in; one is a token once the one before has left.");
            let module = VectorInput { stream, elements, value_width }.module();
            let offered = b.forward("vector_offered", uint(1));
            let taken = b.wire("vector_taken", offered & core["token_ready_i"]);
            let inputs = [
                ("data_i", signal(bus, "s_axis_tdata")),
                ("valid_i", signal(bus, "s_axis_tvalid")),
                ("last_i", signal(bus, "s_axis_tlast")),
                ("run_i", run),
                ("begins_text_i", core["begins_text_i"]),
                ("busy_i", core["busy_i"]),
                ("token_taken_i", taken),
            ];
            let input = b.instance("vector_input", &module, &inputs);
            let free = if output.is_some() { !pending } else { b.flag(true) };
            b.assign(offered, input.get("token_valid_o") & free);
            (input, offered)
        });
        let (input, offered) = input.unzip();
        Vectors { input, offered, output }
    }

    fn ports<'m>(&self, b: &'m Builder) -> Vec<(&'static str, Signal<'m>)> {
        b.port_group("AXI4-Lite.");
        let inputs = bus_inputs(&self.machine, self.token_width);
        let mut ports = vec![];
        for (index, (name, ty, meaning)) in inputs.into_iter().enumerate() {
            if index == AXI_LITE_INPUTS {
                let (of, answers) = (self.input_kind(), self.output_kind());
                b.port_group(&match of == answers {
                    true => format!("AXI4-Stream of {of}, and flow control of those that go out."),
                    false => format!("AXI4-Stream of {of}, and flow control of {answers}."),
                });
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
        if self.machine.output.is_some() {
            let word = uint(machine.elements * machine.value_width);
            ports.push(("output_data_i", word, "the word of T that was fetched last"));
        }
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
        let value = |spec: &FieldSpec<Register, Field>| match spec.field {
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
        core: &BTreeMap<&'static str, Signal<'m>>,
        bus: &[(&'static str, Signal<'m>)],
        vectors: &Vectors<'m>,
    ) {
        let at = |name: &str| signal(bus, name);
        let (valid, token, beyond, asked) = match vectors.offered {
            // A vector is the token 0, and every one is answered.
            Some(offered) => {
                (offered, b.literal(0, uint(TOKEN_WIDTH)), b.flag(false), b.flag(true))
            }
            None => {
                let data = at("s_axis_tdata");
                let beyond = match self.token_width > TOKEN_WIDTH {
                    true => data.bits(TOKEN_WIDTH, self.token_width - TOKEN_WIDTH).any(),
                    false => b.flag(false),
                };
                let valid = match vectors.output {
                    None => at("s_axis_tvalid"),
                    Some(_) => at("s_axis_tvalid") & !core["prediction_valid_i"],
                };
                (valid, data.bits(0, TOKEN_WIDTH), beyond, at("s_axis_tlast"))
            }
        };
        let ready = match &vectors.output {
            None => at("m_axis_tready"),
            Some(output) => output.get("vector_ready_o"),
        };
        b.port_group("To the core: tokens.");
        b.output("token_valid_o", valid, "a token is there");
        b.output("token_o", token, "its id");
        b.output("token_beyond_o", beyond, "it has more bits than that");
        b.output("token_asked_o", asked, "its prediction is asked for");
        b.output("prediction_ready_o", ready, "the prediction is taken");
        if let Some(input) = &vectors.input {
            b.output("vector_write_o", input.get("write_o"), "store a word of a vector that came");
            b.output("vector_word_o", input.get("word_o"), "which word of C");
            b.output("vector_data_o", input.get("word_data_o"), "its values");
        }
        if let Some(output) = &vectors.output {
            b.output("output_read_o", output.get("read_o"), "fetch a word of T");
            b.output("output_word_o", output.get("word_o"), "which");
        }
        let data = registers.get("constant_data_o");
        let width = self.machine.value_width;
        b.port_group("To the core: constants.");
        b.output("constant_o", data.bits(0, width).as_sint(), "a constant");
        b.unused("constant", data.bits(width, 32 - width), "The value is in the lower bits.");
    }

    fn streams<'m>(
        &self,
        b: &'m Builder,
        core: &BTreeMap<&'static str, Signal<'m>>,
        vectors: &Vectors<'m>,
    ) {
        let pending = core["prediction_valid_i"];
        let taken = match (&vectors.input, &vectors.output) {
            (Some(input), _) => input.get("ready_o"),
            (None, None) => core["token_ready_i"],
            (None, Some(_)) => core["token_ready_i"] & !pending,
        };
        let (data, valid, last) = match &vectors.output {
            None => {
                let token = core["prediction_i"].extend(self.token_width);
                (token, pending, core["prediction_last_i"])
            }
            Some(output) => {
                let unused = "A vector is the answer.";
                b.unused("prediction", core["prediction_i"], unused);
                b.unused("prediction_last", core["prediction_last_i"], unused);
                (output.get("data_o"), output.get("valid_o"), output.get("last_o"))
            }
        };
        let meaning: BTreeMap<_, _> = bus_outputs(&self.machine).into();
        b.port_group(&format!("AXI4-Stream of {}, flow control.", self.input_kind()));
        b.output("s_axis_tready", taken, meaning["s_axis_tready"]);
        b.port_group(&format!("AXI4-Stream of {}.", self.output_kind()));
        b.output("m_axis_tdata", data, meaning["m_axis_tdata"]);
        b.output("m_axis_tvalid", valid, meaning["m_axis_tvalid"]);
        b.output("m_axis_tlast", last, meaning["m_axis_tlast"]);
    }
}

/// The blocks of streams of vectors, and whether a vector is offered to the core.
struct Vectors<'m> {
    input: Option<Outputs<'m>>,
    offered: Option<Signal<'m>>,
    output: Option<Outputs<'m>>,
}

/// A signal of the bus.
fn signal<'m>(bus: &[(&'static str, Signal<'m>)], name: &str) -> Signal<'m> {
    match bus.iter().find(|(port, _)| *port == name) {
        Some((_, signal)) => *signal,
        None => unreachable!("the bus has {name}"),
    }
}

/// The bus's answers, and what the registers say to the core under the core's own port names.
fn outputs<'m>(b: &'m Builder, host: &HostPort, registers: &Outputs<'m>) {
    b.port_group("AXI4-Lite, flow control and answers.");
    for (name, meaning) in
        bus_outputs(&host.machine).into_iter().filter(|(name, _)| name.starts_with("s_axil"))
    {
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
        let one = name == "generate_count_o" && host.carried() != "tokens";
        match one {
            false => b.output(name, registers.get(port), meaning),
            true => {
                b.output(name, b.literal(1, uint(TOKEN_WIDTH)), meaning);
                b.unused("generate_count", registers.get(port), "A vector has one answer.");
            }
        }
    }
}
