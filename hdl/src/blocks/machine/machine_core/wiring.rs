//! The module `machine_core`: its blocks, wired.

use super::memories::Memories;
use super::placing::place_queue;
use super::ports::outputs;
use super::wires::{
    CONSTANTS, DESCRIPTORS, FOLLOWS, KEY_VALUE_STORE, LEVELS, MAXIMA, RESULTS, SCALARS, SEQUENCER,
    STATE, TEMPORARIES, TOKENS, TRAINS, VECTOR, VECTORS,
};
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
        match self.prediction_queue() {
            None => net.place("tokens", &tokens, &TOKENS),
            Some(queue) => place_queue(&b, &mut net, (&tokens, &queue), &units.matrix),
        }
        b.section("Program.");
        net.place("sequencer", &sequencer, &SEQUENCER);
        net.unused("sequencer.busy_o", "The token loop knows.");
        b.section("Matrix unit.");
        self.place_matrix(&b, &mut net, &units);
        b.section("Vector unit.");
        let mut wires = VECTOR.to_vec();
        if self.parameters.streams {
            wires.push(FOLLOWS);
        }
        net.place("vector", &units.vector, &wires);
        let limited = net.get("matrix.saturated_o") | net.get("vector.saturations_o").any();
        net.add("saturated", b.wire("saturated", limited));

        self.place_memories(&b, &mut net, &memories);
        show_scalar(&b, &mut net);
        let mut place =
            |name: &str, memory: Option<&Arc<Module>>, wires: &[(&str, &str)]| match memory {
                Some(memory) => net.place(name, memory, wires),
                // Writes are watched all the same.
                None => net.unread(&wires[3..], &format!("The program has no {name}.")),
            };
        place("maxima", memories.maxima.as_ref(), &MAXIMA);
        b.section("State and levels.");
        place("state", memories.state.as_ref(), &STATE);
        place("levels", memories.levels.as_ref(), &LEVELS);
        if let Some(planes) = &memories.planes {
            self.place_planes(&b, &mut net, planes);
        }
        if let Some(store) = &units.key_value_store {
            b.section("Keys and values.");
            net.place("key_value_store", store, &KEY_VALUE_STORE);
        }
        outputs(&b, &net, &self.parameters);
        b.finish()
    }

    /// Types of a word and of a value.
    fn types(&self) -> (Type, Type) {
        (self.word_type(), sint(self.parameters.value_width))
    }

    /// The memories that every core has, but for what its scalars show and the maxima.
    fn place_memories<'m>(&self, b: &'m Builder, net: &mut Net<'m>, memories: &Memories) {
        b.section("Vectors.");
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
        net.place("scalars", &memories.scalars, &SCALARS);
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
fn show_scalar<'m>(b: &'m Builder, net: &mut Net<'m>) {
    for part in ["mantissa", "shift", "exponent"] {
        let shown = net.get(&format!("scalars.host_{part}_o"));
        let name = format!("scalar_{part}");
        net.add(&name, b.delay(&format!("{name}_q"), b.flag(true), shown));
    }
}

/// What the units read, declared before them.
fn forward_memories(
    net: &mut Net,
    memories: &Memories,
    key_value_store: Option<&Module>,
    (word, value): (Type, Type),
) {
    net.forward("results", &memories.results, &["vector_data_o"]);
    net.forward("temporaries", &memories.temporaries, &["vector_data_o"]);
    net.forward("constants", &memories.constants, &["data_o"]);
    let train = ["matrix_column_o", "matrix_negative_o", "matrix_magnitude_o"];
    net.forward("trains", &memories.trains, &train);
    net.forward("descriptors", &memories.descriptors, &["matrix_words_o", "matrix_magnitude_o"]);
    let scalar = [
        "matrix_mantissa_o",
        "matrix_exponent_o",
        "vector_mantissa_o",
        "vector_shift_o",
        "vector_exponent_o",
    ];
    net.forward("scalars", &memories.scalars, &scalar);
    either(net, "maxima", memories.maxima.as_deref(), value);
    let kept = ["key_high_o", "key_low_o", "value_high_o", "value_low_o"];
    if let Some(store) = key_value_store {
        net.forward("key_value_store", store, &kept);
    }
    either(net, "state", memories.state.as_deref(), word);
    either(net, "levels", memories.levels.as_deref(), value);
    if let Some(planes) = &memories.planes {
        net.forward("planes", planes, &["matrix_active_o", "matrix_negative_o"]);
    }
}

/// What the vector unit reads of a memory, or zero where there is none.
fn either(net: &mut Net, name: &str, memory: Option<&Module>, ty: Type) {
    match memory {
        Some(memory) => net.forward(name, memory, &["vector_data_o"]),
        None => net.leave_out(name, &[("vector_data_o", ty)]),
    }
}
