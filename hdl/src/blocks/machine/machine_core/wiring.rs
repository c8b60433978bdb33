//! The module `machine_core`: its blocks, wired.

use super::memories::Memories;
use super::ports::outputs;
use super::{MachineCore, Units};
use crate::blocks::machine::net::Net;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal_type::{Type, sint};
use std::sync::Arc;

impl MachineCore {
    /// The module `machine_core`.
    pub fn module(&self) -> Arc<Module> {
        let units = Units::new(self);
        let b = Builder::new("machine_core", file!(), &self.summary());
        if self.parameters.has_passes() {
            return self.with_passes(b, &units);
        }
        let mut net = Net::new(&b);
        self.inputs(&b, &mut net);
        let (tokens, sequencer) = (self.token_loop().module(), self.sequencer().module());
        let memories = self.memories();

        b.section("Wires that lead back.");
        net.forward("sequencer", &sequencer, &["finished_o"]);
        net.forward("matrix", &units.matrix, &["instruction_ready_o", "done_o", "prediction_o"]);
        net.forward("vector", &units.vector, &["instruction_ready_o", "done_o"]);
        forward_memories(&mut net, &memories, units.key_value_store.as_deref(), self.types());

        b.section("Tokens.");
        net.place("tokens", &tokens, &TOKENS);
        b.section("Program.");
        net.place("sequencer", &sequencer, &SEQUENCER);
        net.unused("sequencer.busy_o", "The token loop knows.");
        b.section("Matrix unit.");
        net.place("matrix", &units.matrix, &MATRIX);
        b.section("Vector unit.");
        net.place("vector", &units.vector, &VECTOR);
        self.place_memories(&b, &mut net, &memories);
        for part in ["mantissa", "shift"] {
            let output = format!("scalars.argument_{part}_o");
            net.unused(&output, "An argument has no scale but its frame.");
        }
        show_scalar(&b, &mut net);
        if let Some(maxima) = &memories.maxima {
            net.place("maxima", maxima, &MAXIMA);
        }
        place_kept(&b, &mut net, &memories, &units);
        net.add("saturated", net.get("matrix.saturated_o"));
        outputs(&b, &net, &self.parameters);
        b.finish()
    }

    /// Types of a word and of a value.
    pub(super) fn types(&self) -> (Type, Type) {
        (self.word_type(), sint(self.parameters.value_width))
    }

    /// The memories that every core has, but for what its scalars show and the maxima.
    pub(super) fn place_memories<'m>(
        &self,
        b: &'m Builder,
        net: &mut Net<'m>,
        memories: &Memories,
    ) {
        b.section("Vectors.");
        if let Some(residual) = &memories.residual {
            net.place("residual", residual, &RESIDUAL);
        }
        b.comment("The host sees R while nothing is under way.");
        let busy = net.get("tokens.busy_o");
        let of_vector = net.get("vector.result_address_o");
        let of_host = net.get("result_word_i");
        let width = of_vector.width();
        if width < of_host.width() {
            b.unused(
                "result_word",
                of_host.bits(width, of_host.width() - width),
                "The host's address is wider than R.",
            );
        }
        net.add("result_read", b.wire("result_read", !busy | net.get("vector.result_read_o")));
        let address = busy.select(of_vector, of_host.bits(0, width));
        net.add("result_address", b.wire("result_address", address));
        net.place("results", &memories.results, &RESULTS);
        self.place_temporaries(b, net, &memories.temporaries);
        match self.parameters.input {
            None => net.place("constants", &memories.constants, &CONSTANTS),
            Some(_) => {
                let wires = [&CONSTANTS[..], &VECTORS[..]].concat();
                net.place("constants", &memories.constants, &wires);
            }
        }

        b.section("Trains, scalars and maxima.");
        net.place("trains", &memories.trains, &TRAINS);
        net.place("descriptors", &memories.descriptors, &DESCRIPTORS);
        let scalars = SCALARS.into_iter();
        let scalars: Vec<_> =
            scalars.filter(|(port, _)| memories.scalars.port_type(port).is_some()).collect();
        net.place("scalars", &memories.scalars, &scalars);
        net.unused("scalars.matrix_shift_o", "The matrix unit shifts by its instruction.");
    }
}

impl MachineCore {
    /// The temporaries; where they hold vectors that go out, the host fetches while nothing is under way.
    fn place_temporaries<'m>(&self, b: &'m Builder, net: &mut Net<'m>, memory: &Arc<Module>) {
        if self.parameters.output.is_none() {
            return net.place("temporaries", memory, &TEMPORARIES);
        }
        let busy = net.get("tokens.busy_o");
        for (name, own, of_host) in [
            ("temporary_read", "vector.temporary_read_o", "output_read_i"),
            ("temporary_address", "vector.temporary_read_address_o", "output_word_i"),
        ] {
            let own = net.get(own);
            let of_host = net.get(of_host).extend(own.width());
            net.add(name, b.wire(name, busy.select(own, of_host)));
        }
        let source = |port: &'static str, source: &'static str| match port {
            "vector_read_i" => "temporary_read",
            "vector_address_i" => "temporary_address",
            _ => source,
        };
        let wires = TEMPORARIES.map(|(port, from)| (port, source(port, from)));
        net.place("temporaries", memory, &wires);
    }
}

/// The scalar that the host sees.
pub(super) fn show_scalar<'m>(b: &'m Builder, net: &mut Net<'m>) {
    for part in ["mantissa", "shift", "exponent"] {
        let shown = net.get(&format!("scalars.host_{part}_o"));
        let name = format!("scalar_{part}");
        net.add(&name, b.delay(&format!("{name}_q"), b.flag(true), shown));
    }
}

fn place_kept<'m>(b: &'m Builder, net: &mut Net<'m>, memories: &Memories, units: &Units) {
    b.section("Keys and values.");
    if let Some(store) = &units.key_value_store {
        net.place("key_value_store", store, &KEY_VALUE_STORE);
    }
    let (write, values) = (net.get("vector.deficit_write_o"), net.get("vector.deficit_values_o"));
    net.add("key_deficit_write", b.wire("key_deficit_write", write & !values));
    net.add("value_deficit_write", b.wire("value_deficit_write", write & values));
    if let Some(deficits) = &memories.deficits {
        net.place("key_deficits", deficits, &KEY_DEFICITS);
        net.place("value_deficits", deficits, &VALUE_DEFICITS);
    }
}

/// What the units read, declared before them.
pub(super) fn forward_memories(
    net: &mut Net,
    memories: &Memories,
    key_value_store: Option<&Module>,
    (word, value): (Type, Type),
) {
    let both = ["matrix_data_o", "vector_data_o"];
    match &memories.residual {
        Some(residual) => net.forward("residual", residual, &both),
        None => net.leave_out("residual", &both.map(|port| (port, word))),
    }
    net.forward("results", &memories.results, &["vector_data_o"]);
    net.forward("temporaries", &memories.temporaries, &["vector_data_o"]);
    net.forward("constants", &memories.constants, &["data_o"]);
    let train = ["matrix_column_o", "matrix_negative_o", "matrix_magnitude_o"];
    net.forward("trains", &memories.trains, &train);
    net.forward("descriptors", &memories.descriptors, &["matrix_words_o", "matrix_magnitude_o"]);
    let has_argument = |port: &String| memories.scalars.port_type(port).is_some();
    let scalar = ["matrix_mantissa_o", "matrix_exponent_o", "argument_exponent_o"]
        .map(String::from)
        .into_iter()
        .filter(has_argument)
        .chain(["mantissa", "shift", "exponent"].map(|part| format!("vector_{part}_o")));
    let scalar: Vec<String> = scalar.collect();
    let scalar: Vec<&str> = scalar.iter().map(String::as_str).collect();
    net.forward("scalars", &memories.scalars, &scalar);
    either(net, "maxima", memories.maxima.as_deref(), value);
    let kept = ["key_high_o", "key_low_o", "value_high_o", "value_low_o"];
    if let Some(store) = key_value_store {
        net.forward("key_value_store", store, &kept);
    }
    if let Some(deficits) = &memories.deficits {
        net.forward("key_deficits", deficits, &["data_o"]);
        net.forward("value_deficits", deficits, &["data_o"]);
    }
    if let Some(passes) = &memories.passes {
        either(net, "state", passes.state.as_deref(), word);
        either(net, "levels", passes.levels.as_deref(), value);
        if let Some(planes) = &passes.planes {
            net.forward("planes", planes, &["matrix_active_o", "matrix_negative_o"]);
        }
    }
}

/// What the vector unit reads of a memory, or zero where there is none.
fn either(net: &mut Net, name: &str, memory: Option<&Module>, ty: Type) {
    match memory {
        Some(memory) => net.forward(name, memory, &["vector_data_o"]),
        None => net.leave_out(name, &[("vector_data_o", ty)]),
    }
}

pub(super) type Wires<const N: usize> = [(&'static str, &'static str); N];

pub(super) const TOKENS: Wires<12> = [
    ("run_i", "run_i"),
    ("clear_i", "clear_i"),
    ("generate_count_i", "generate_count_i"),
    ("end_token_i", "end_token_i"),
    ("end_token_enable_i", "end_token_enable_i"),
    ("token_valid_i", "token_valid_i"),
    ("token_i", "token_i"),
    ("token_beyond_i", "token_beyond_i"),
    ("token_asked_i", "token_asked_i"),
    ("prediction_ready_i", "prediction_ready_i"),
    ("finished_i", "sequencer.finished_o"),
    ("prediction_i", "matrix.prediction_o"),
];

pub(super) const SEQUENCER: Wires<11> = [
    ("program_write_i", "program_write_i"),
    ("program_part_i", "program_part_i"),
    ("program_address_i", "program_address_i"),
    ("program_data_i", "program_data_i"),
    ("start_i", "tokens.start_o"),
    ("asked_i", "tokens.asked_o"),
    ("stop_i", "tokens.stop_o"),
    ("matrix_ready_i", "matrix.instruction_ready_o"),
    ("matrix_done_i", "matrix.done_o"),
    ("vector_ready_i", "vector.instruction_ready_o"),
    ("vector_done_i", "vector.done_o"),
];

pub(super) const MATRIX: Wires<21> = [
    ("instruction_valid_i", "sequencer.matrix_valid_o"),
    ("instruction_i", "sequencer.instruction_o"),
    ("position_i", "tokens.position_o"),
    ("token_i", "tokens.current_token_o"),
    ("weight_write_i", "weight_write_i"),
    ("weight_bank_i", "weight_bank_i"),
    ("weight_word_i", "weight_word_i"),
    ("weight_data_i", "weight_data_i"),
    ("key_high_i", "key_value_store.key_high_o"),
    ("key_low_i", "key_value_store.key_low_o"),
    ("value_high_i", "key_value_store.value_high_o"),
    ("value_low_i", "key_value_store.value_low_o"),
    ("train_column_i", "trains.matrix_column_o"),
    ("train_negative_i", "trains.matrix_negative_o"),
    ("train_magnitude_i", "trains.matrix_magnitude_o"),
    ("descriptor_words_i", "descriptors.matrix_words_o"),
    ("descriptor_magnitude_i", "descriptors.matrix_magnitude_o"),
    ("scalar_mantissa_i", "scalars.matrix_mantissa_o"),
    ("scalar_exponent_i", "scalars.matrix_exponent_o"),
    ("deficits_i", "key_deficits.data_o"),
    ("residual_data_i", "residual.matrix_data_o"),
];

const VECTOR: Wires<13> = [
    ("instruction_valid_i", "sequencer.vector_valid_o"),
    ("instruction_i", "sequencer.instruction_o"),
    ("position_i", "tokens.position_o"),
    ("residual_data_i", "residual.vector_data_o"),
    ("result_data_i", "results.vector_data_o"),
    ("temporary_data_i", "temporaries.vector_data_o"),
    ("constant_data_i", "constants.data_o"),
    ("scalar_mantissa_i", "scalars.vector_mantissa_o"),
    ("scalar_shift_i", "scalars.vector_shift_o"),
    ("scalar_exponent_i", "scalars.vector_exponent_o"),
    ("argument_exponent_i", "scalars.argument_exponent_o"),
    ("maximum_i", "maxima.vector_data_o"),
    ("deficits_i", "value_deficits.data_o"),
];

pub(super) const RESIDUAL: Wires<7> = [
    ("write_i", "matrix.residual_write_o"),
    ("write_address_i", "matrix.residual_write_address_o"),
    ("data_i", "matrix.residual_write_data_o"),
    ("matrix_read_i", "matrix.residual_read_o"),
    ("matrix_address_i", "matrix.residual_read_address_o"),
    ("vector_read_i", "vector.residual_read_o"),
    ("vector_address_i", "vector.residual_read_address_o"),
];

const RESULTS: Wires<5> = [
    ("write_i", "matrix.result_write_o"),
    ("write_address_i", "matrix.result_address_o"),
    ("data_i", "matrix.result_data_o"),
    ("vector_read_i", "result_read"),
    ("vector_address_i", "result_address"),
];

const TEMPORARIES: Wires<5> = [
    ("write_i", "vector.temporary_write_o"),
    ("write_address_i", "vector.temporary_write_address_o"),
    ("data_i", "vector.temporary_write_data_o"),
    ("vector_read_i", "vector.temporary_read_o"),
    ("vector_address_i", "vector.temporary_read_address_o"),
];

const CONSTANTS: Wires<6> = [
    ("write_i", "constant_write_i"),
    ("write_address_i", "constant_word_i"),
    ("element_i", "constant_element_i"),
    ("element_data_i", "constant_i"),
    ("read_i", "vector.constant_read_o"),
    ("read_address_i", "vector.constant_address_o"),
];

const VECTORS: Wires<3> = [
    ("word_write_i", "vector_write_i"),
    ("word_address_i", "vector_word_i"),
    ("word_data_i", "vector_data_i"),
];

const TRAINS: Wires<7> = [
    ("write_i", "vector.train_write_o"),
    ("write_address_i", "vector.train_address_o"),
    ("column_i", "vector.train_column_o"),
    ("negative_i", "vector.train_negative_o"),
    ("magnitude_i", "vector.train_magnitude_o"),
    ("matrix_read_i", "matrix.train_read_o"),
    ("matrix_address_i", "matrix.train_address_o"),
];

const DESCRIPTORS: Wires<5> = [
    ("write_i", "vector.descriptor_write_o"),
    ("write_address_i", "vector.descriptor_address_o"),
    ("words_i", "vector.descriptor_words_o"),
    ("magnitude_i", "vector.descriptor_magnitude_o"),
    ("matrix_address_i", "matrix.descriptor_address_o"),
];

const SCALARS: Wires<9> = [
    ("write_i", "vector.scalar_write_o"),
    ("write_address_i", "vector.scalar_write_address_o"),
    ("mantissa_i", "vector.scalar_mantissa_o"),
    ("shift_i", "vector.scalar_shift_o"),
    ("exponent_i", "vector.scalar_exponent_o"),
    ("matrix_address_i", "matrix.scalar_address_o"),
    ("vector_address_i", "vector.scalar_read_address_o"),
    ("argument_address_i", "vector.argument_address_o"),
    ("host_address_i", "scalar_index_i"),
];

pub(super) const MAXIMA: Wires<4> = [
    ("write_i", "matrix.maximum_write_o"),
    ("write_address_i", "matrix.maximum_address_o"),
    ("data_i", "matrix.maximum_data_o"),
    ("vector_address_i", "vector.maximum_address_o"),
];

pub(super) const KEY_VALUE_STORE: Wires<10> = [
    ("write_i", "vector.store_write_o"),
    ("values_i", "vector.store_values_o"),
    ("write_address_i", "vector.store_address_o"),
    ("position_i", "vector.store_position_o"),
    ("high_i", "vector.store_high_o"),
    ("low_i", "vector.store_low_o"),
    ("key_read_i", "matrix.key_read_o"),
    ("key_address_i", "matrix.key_address_o"),
    ("value_read_i", "matrix.value_read_o"),
    ("value_address_i", "matrix.value_address_o"),
];

const KEY_DEFICITS: Wires<6> = [
    ("write_i", "key_deficit_write"),
    ("write_address_i", "vector.deficit_write_address_o"),
    ("element_i", "vector.deficit_element_o"),
    ("element_data_i", "vector.deficit_data_o"),
    ("read_i", "matrix.deficit_read_o"),
    ("read_address_i", "matrix.deficit_address_o"),
];

const VALUE_DEFICITS: Wires<6> = [
    ("write_i", "value_deficit_write"),
    ("write_address_i", "vector.deficit_write_address_o"),
    ("element_i", "vector.deficit_element_o"),
    ("element_data_i", "vector.deficit_data_o"),
    ("read_i", "vector.deficit_read_o"),
    ("read_address_i", "vector.deficit_address_o"),
];
