//! The ports of the core.

use super::MachineCore;
use crate::blocks::control::program_store::HOST_ADDRESS_WIDTH;
use crate::blocks::control::token_loop::TOKEN_WIDTH;
use crate::blocks::host::watch::{WATCHED, watched};
use crate::blocks::machine::net::Net;
use crate::language::builder::Builder;
use crate::language::signal_type::{Type, sint, uint};
use firmware::machine::MachineParameters;

/// A port: its name, and what it is.
pub(in crate::blocks::machine) type Port = (&'static str, Type, &'static str);

/// The events of a core for those who count: the output's name, its source, what happens.
const EVENTS: [(&str, &str, &str); 14] = [
    ("busy_o", "tokens.busy_o", "a token is under way"),
    ("begins_text_o", "tokens.begins_text_o", "the text is forgotten"),
    ("moved_o", "tokens.moved_o", "a token is done"),
    ("issued_o", "sequencer.issued_o", "an instruction is issued"),
    ("array_busy_o", "matrix.array_busy_o", "an entry enters the array"),
    ("vector_busy_o", "vector.vector_busy_o", "the vector unit works"),
    ("drain_waits_o", "matrix.drain_waits_o", "the array waits for results to drain"),
    ("matrix_waits_o", "sequencer.matrix_waits_o", "the issue waits for the matrix unit's results"),
    ("vector_waits_o", "sequencer.vector_waits_o", "the issue waits for the vector unit's results"),
    ("unit_waits_o", "sequencer.unit_waits_o", "the issue waits for the station of its unit"),
    ("saturated_o", "saturated", "a result was limited"),
    ("bad_code_o", "matrix.bad_code_o", "a weight word held no code"),
    ("bad_instruction_o", "sequencer.bad_instruction_o", "an opcode had no meaning"),
    ("bad_token_o", "tokens.bad_token_o", "a token was dropped"),
];

/// Where what is watched comes from: the strobe, then the fields, in the order of [`WATCHED`].
const SOURCES: [&[&str]; WATCHED.len()] = [
    &["sequencer.issued_o", "sequencer.issued_address_o"],
    &["matrix.done_o"],
    &["vector.done_o"],
    &["matrix.result_write_o", "matrix.result_address_o", "matrix.result_data_o"],
    &[
        "vector.temporary_write_o",
        "vector.temporary_write_address_o",
        "vector.temporary_write_data_o",
    ],
    &[
        "vector.train_write_o",
        "vector.train_address_o",
        "vector.train_column_o",
        "vector.train_negative_o",
        "vector.train_magnitude_o",
    ],
    &[
        "vector.descriptor_write_o",
        "vector.descriptor_address_o",
        "vector.descriptor_words_o",
        "vector.descriptor_magnitude_o",
    ],
    &[
        "vector.scalar_write_o",
        "vector.scalar_write_address_o",
        "vector.scalar_mantissa_o",
        "vector.scalar_shift_o",
        "vector.scalar_exponent_o",
    ],
    &["matrix.maximum_write_o", "matrix.maximum_address_o", "matrix.maximum_data_o"],
    &[
        "vector.store_write_o",
        "vector.store_values_o",
        "vector.store_address_o",
        "vector.store_position_o",
        "vector.store_high_o",
        "vector.store_low_o",
    ],
    &["vector.state_write_o", "vector.state_write_address_o", "vector.state_write_data_o"],
    &["vector.level_write_o", "vector.level_write_address_o", "vector.level_data_o"],
    &[
        "vector.plane_write_o",
        "vector.plane_address_o",
        "vector.plane_number_o",
        "vector.plane_active_o",
        "vector.plane_negative_o",
    ],
];

impl MachineCore {
    /// Input ports for settings and the host's side of the memories, in groups.
    pub(in crate::blocks::machine) fn input_ports(&self) -> [(&'static str, Vec<Port>); 4] {
        let (bit, token) = (uint(1), uint(TOKEN_WIDTH));
        let (host, word) = (uint(HOST_ADDRESS_WIDTH), uint(32));
        let settings = vec![
            ("run_i", bit, "take tokens"),
            ("clear_i", bit, "begin a new text"),
            ("generate_count_i", token, "predictions of an answer"),
            ("end_token_i", token, "the token that ends an answer"),
            ("end_token_enable_i", bit, "there is such a token"),
        ];
        let tokens = vec![
            ("token_valid_i", bit, "a token is there"),
            ("token_i", token, "its id"),
            ("token_beyond_i", bit, "it has more bits than that"),
            ("token_asked_i", bit, "its prediction is asked for"),
            ("prediction_ready_i", bit, "the prediction is taken"),
        ];
        let mut memories = vec![
            ("weight_write_i", bit, "store a bank word"),
            ("weight_bank_i", host, "its bank"),
            ("weight_word_i", host, "its word"),
            ("weight_data_i", word, "its value"),
            ("program_write_i", bit, "store a part of an instruction"),
            ("program_part_i", host, "which part"),
            ("program_address_i", host, "which instruction"),
            ("program_data_i", word, "its value"),
            ("constant_write_i", bit, "store a constant"),
            ("constant_element_i", host, "its element"),
            ("constant_word_i", host, "its word"),
            ("constant_i", sint(self.parameters.value_width), "its value"),
        ];
        if self.parameters.input.is_some() {
            memories.extend([
                ("vector_write_i", bit, "store a word of a vector that came"),
                ("vector_word_i", self.constant_address_type(), "which word of C"),
                ("vector_data_i", self.word_type(), "its values"),
            ]);
        }
        let mut shown = vec![
            ("result_word_i", host, "word of R to show"),
            ("scalar_index_i", self.scalar_index_type(), "scalar to show"),
        ];
        if self.parameters.output.is_some() {
            shown.extend([
                ("output_read_i", bit, "fetch a word of T; low holds output_data_o"),
                ("output_word_i", self.temporary_address_type(), "which"),
            ]);
        }
        [
            ("Settings; stable while a token is under way.", settings),
            ("Tokens.", tokens),
            ("Memories, to be written only while nothing is under way.", memories),
            ("Results to show, while nothing is under way.", shown),
        ]
    }

    /// Declares the input ports.
    pub(super) fn inputs(&self, b: &Builder, net: &mut Net) {
        for (title, ports) in self.input_ports() {
            b.port_group(title);
            for (name, ty, meaning) in ports {
                net.input(name, ty, meaning);
            }
        }
    }
}

/// Declares the output ports.
pub(super) fn outputs(b: &Builder, net: &Net, machine: &MachineParameters) {
    b.port_group("Tokens.");
    let (ready, answers) = match machine.answers_positions {
        true => ("token_taken", "predictions"),
        false => ("tokens.token_ready_o", "tokens"),
    };
    net.output("token_ready_o", ready, "the token is taken");
    for (port, meaning) in [
        ("prediction_valid_o", "a prediction is there"),
        ("prediction_o", "its id"),
        ("prediction_last_o", "last of its answer"),
    ] {
        net.output(port, &format!("{answers}.{port}"), meaning);
    }
    b.port_group("Status.");
    net.output("context_full_o", "tokens.context_full_o", "no position is left; clear to go on");
    net.output("position_o", "tokens.position_o", "position of the token");
    b.port_group("Results, a cycle after the address.");
    net.output("result_data_o", "results.vector_data_o", "the word of R");
    if machine.output.is_some() {
        net.output("output_data_o", "temporaries.vector_data_o", "the word of T");
    }
    net.output("scalar_mantissa_o", "scalar_mantissa", "the scalar: its factor");
    net.output("scalar_shift_o", "scalar_shift", "its right shift");
    net.output("scalar_exponent_o", "scalar_exponent", "its exponent");
    b.port_group("Events.");
    for (name, source, meaning) in EVENTS {
        net.output(name, source, meaning);
    }
    b.port_group("To be watched: what happens in this cycle, and with which values.");
    let watches: Vec<_> = watched(machine)
        .filter_map(|watch| Some((watch, SOURCES[WATCHED.iter().position(|at| at == watch)?])))
        .collect();
    let mut strobes: Vec<_> = watches.iter().map(|(_, source)| net.get(source[0])).collect();
    strobes.reverse();
    let strobes = b.concat(&strobes);
    b.output("observe_strobes_o", strobes, "what happens; machine_core's header lists the bits");
    let waits = ["unit_waits_o", "vector_waits_o", "matrix_waits_o"];
    let waits = waits.map(|port| net.get(&format!("sequencer.{port}")));
    b.output("observe_waits_o", b.concat(&waits), "why the issue waits: matrix, vector, unit");
    for (watch, source) in watches {
        for ((field, meaning), source) in watch.fields.iter().zip(&source[1..]) {
            let meaning = format!("{}: {meaning}", watch.name);
            b.output(&watch.port(field), net.get(source), &meaning);
        }
    }
}
