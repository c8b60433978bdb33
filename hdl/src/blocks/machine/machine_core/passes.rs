//! The module `machine_core` of a program of passes: its blocks, wired.

use super::ports::outputs;
use super::wiring::{
    KEY_VALUE_STORE, MATRIX, MAXIMA, RESIDUAL, SEQUENCER, TOKENS, Wires, forward_memories,
    show_scalar,
};
use super::{MachineCore, Units};
use crate::blocks::control::token_loop::TOKEN_WIDTH;
use crate::blocks::machine::net::Net;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal_type::uint;
use std::sync::Arc;

/// Trits of keys and values, as the matrix unit has them.
const KEPT: [&str; 4] = ["key_high_i", "key_low_i", "value_high_i", "value_low_i"];

impl MachineCore {
    /// The module of a machine whose vector unit executes passes.
    pub(super) fn with_passes(&self, b: Builder, units: &Units) -> Arc<Module> {
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
        let position = ("position_i", "tokens.position_o");
        net.place("sequencer", &sequencer, &[&SEQUENCER[..], &[position]].concat());
        net.unused("sequencer.busy_o", "The token loop knows.");
        b.section("Matrix unit.");
        self.place_matrix(&b, &mut net, units);
        b.section("Vector unit.");
        let mut wires = PASSES.to_vec();
        if self.parameters.streams {
            wires.push(FOLLOWS);
        }
        net.place("vector", &units.vector, &wires);
        let limited = net.get("matrix.saturated_o") | net.get("vector.saturations_o").any();
        net.add("saturated", b.wire("saturated", limited));

        if memories.residual.is_none() {
            net.unread(&RESIDUAL[3..], "The program has no residual.");
        }
        self.place_memories(&b, &mut net, &memories);
        show_scalar(&b, &mut net);
        let mut place =
            |name: &str, memory: Option<&Arc<Module>>, wires: &[(&str, &str)]| match memory {
                Some(memory) => net.place(name, memory, wires),
                // Writes are watched all the same.
                None => net.unread(&wires[3..], &format!("The program has no {name}.")),
            };
        place("maxima", memories.maxima.as_ref(), &MAXIMA);
        if let Some(passes) = &memories.passes {
            b.section("State and levels.");
            place("state", passes.state.as_ref(), &STATE);
            place("levels", passes.levels.as_ref(), &LEVELS);
            if let Some(planes) = &passes.planes {
                self.place_planes(&b, &mut net, planes);
            }
        }
        if let Some(store) = &units.key_value_store {
            b.section("Keys and values.");
            net.place("key_value_store", store, &KEY_VALUE_STORE);
        }
        outputs(&b, &net, &self.parameters);
        b.finish()
    }

    /// The plane store, its addresses as wide as it needs.
    fn place_planes<'m>(&self, b: &'m Builder, net: &mut Net<'m>, planes: &Arc<Module>) {
        b.section("Planes of vectors.");
        let store = self.plane_store();
        let mut low = |name: &'static str, source: &str, width: u32| {
            let whole = net.get(source);
            if width < whole.width() {
                let above = whole.bits(width, whole.width() - width);
                b.unused(name, above, "The plane store is not that large.");
            }
            net.add(name, b.wire(name, whole.bits(0, width)));
        };
        let width = store.address_type().width;
        low("plane_read_word", "matrix.plane_address_o", width);
        low("plane_write_word", "vector.plane_address_o", width);
        low("plane_number", "vector.plane_number_o", store.plane_type().width);
        net.place("planes", planes, &PLANES);
    }

    /// The matrix unit: moved instructions, no deficits, perhaps no keys and values.
    fn place_matrix<'m>(&self, b: &'m Builder, net: &mut Net<'m>, units: &Units) {
        let zero = |port: &str| {
            let ty = units.matrix.port_type(port).expect("a port of the matrix unit");
            b.literal(0, ty)
        };
        net.add("no_deficits", zero("deficits_i"));
        let has = |port: &str| units.matrix.port_type(port).is_some();
        if has("key_high_i") {
            net.add("no_trits", zero("key_high_i"));
        }
        let keeps = units.key_value_store.is_some();
        let source = |port: &'static str, source: &'static str| match port {
            "instruction_i" => "sequencer.matrix_instruction_o",
            "position_i" => "sequencer.attended_o",
            "deficits_i" => "no_deficits",
            _ if KEPT.contains(&port) && !keeps => "no_trits",
            _ => source,
        };
        let mut wires: Vec<(&str, &str)> = MATRIX
            .iter()
            .filter(|(port, _)| has(port))
            .map(|&(port, from)| (port, source(port, from)))
            .collect();
        if self.parameters.has_vectors() {
            wires.push(("plane_active_i", "planes.matrix_active_o"));
            wires.push(("plane_negative_i", "planes.matrix_negative_o"));
        }
        net.place("matrix", &units.matrix, &wires);
        for port in ["matrix.deficit_read_o", "matrix.deficit_address_o"] {
            net.unused(port, "Keys of a program of passes have no deficits.");
        }
        let reads = ["key_read_o", "key_address_o", "value_read_o", "value_address_o"];
        for port in reads.iter().filter(|port| !keeps && has(port)) {
            net.unused(&format!("matrix.{port}"), "The program keeps no keys and values.");
        }
    }
}

const FOLLOWS: (&str, &str) = ("instruction_follows_i", "sequencer.vector_follows_o");

/// The token loop, and the queue that answers in its place.
fn place_queue<'m>(
    b: &'m Builder,
    net: &mut Net<'m>,
    (tokens, queue): (&Arc<Module>, &Arc<Module>),
    matrix: &Module,
) {
    net.forward("predictions", queue, &["waiting_o"]);
    net.forward("matrix", matrix, &["predicted_o"]);
    let waiting = net.get("predictions.waiting_o");
    b.comment("The next token waits until the answer to the one before has been taken.");
    net.add("token_offered", b.wire("token_offered", net.get("token_valid_i") & !waiting));
    net.add("answer_taken", b.flag(true));
    net.add("one_answer", b.literal(1, uint(TOKEN_WIDTH)));
    let source = |port: &'static str, source: &'static str| match port {
        "token_valid_i" => "token_offered",
        "generate_count_i" => "one_answer",
        "prediction_ready_i" => "answer_taken",
        _ => source,
    };
    net.place("tokens", tokens, &TOKENS.map(|(port, from)| (port, source(port, from))));
    let ready = b.wire("token_taken", net.get("tokens.token_ready_o") & !waiting);
    net.add("token_taken", ready);
    net.place("predictions", queue, &PREDICTIONS);
    b.unused(
        "generate_count",
        net.get("generate_count_i"),
        "An answer has as many predictions as the text has positions.",
    );
    for port in ["prediction_valid_o", "prediction_o", "prediction_last_o"] {
        net.unused(&format!("tokens.{port}"), "The queue answers.");
    }
}

const PREDICTIONS: Wires<6> = [
    ("begins_text_i", "tokens.begins_text_o"),
    ("begins_i", "tokens.start_o"),
    ("position_i", "tokens.position_o"),
    ("predicted_i", "matrix.predicted_o"),
    ("prediction_i", "matrix.prediction_o"),
    ("prediction_ready_i", "prediction_ready_i"),
];

const PASSES: Wires<15> = [
    ("instruction_valid_i", "sequencer.vector_valid_o"),
    ("instruction_i", "sequencer.instruction_o"),
    ("position_i", "sequencer.position_o"),
    ("attended_i", "sequencer.attended_o"),
    ("restarts_i", "sequencer.restarts_o"),
    ("residual_data_i", "residual.vector_data_o"),
    ("result_data_i", "results.vector_data_o"),
    ("temporary_data_i", "temporaries.vector_data_o"),
    ("state_data_i", "state.vector_data_o"),
    ("constant_data_i", "constants.data_o"),
    ("scalar_mantissa_i", "scalars.vector_mantissa_o"),
    ("scalar_shift_i", "scalars.vector_shift_o"),
    ("scalar_exponent_i", "scalars.vector_exponent_o"),
    ("level_i", "levels.vector_data_o"),
    ("maximum_i", "maxima.vector_data_o"),
];

const PLANES: Wires<7> = [
    ("write_i", "vector.plane_write_o"),
    ("write_address_i", "plane_write_word"),
    ("plane_i", "plane_number"),
    ("active_i", "vector.plane_active_o"),
    ("negative_i", "vector.plane_negative_o"),
    ("matrix_read_i", "matrix.plane_read_o"),
    ("matrix_address_i", "plane_read_word"),
];

const STATE: Wires<5> = [
    ("write_i", "vector.state_write_o"),
    ("write_address_i", "vector.state_write_address_o"),
    ("data_i", "vector.state_write_data_o"),
    ("vector_read_i", "vector.state_read_o"),
    ("vector_address_i", "vector.state_read_address_o"),
];

const LEVELS: Wires<4> = [
    ("write_i", "vector.level_write_o"),
    ("write_address_i", "vector.level_write_address_o"),
    ("data_i", "vector.level_data_o"),
    ("vector_address_i", "vector.level_read_address_o"),
];
