//! Blocks of the core whose wires depend on what the program has.

use super::wires::{MATRIX, PLANES, PREDICTIONS, TOKENS};
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
    /// The plane store, its addresses as wide as it needs.
    pub(super) fn place_planes<'m>(&self, b: &'m Builder, net: &mut Net<'m>, planes: &Arc<Module>) {
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

    /// The matrix unit, perhaps without keys and values.
    pub(super) fn place_matrix<'m>(&self, b: &'m Builder, net: &mut Net<'m>, units: &Units) {
        let has = |port: &str| units.matrix.port_type(port).is_some();
        if let Some(trits) = units.matrix.port_type("key_high_i") {
            net.add("no_trits", b.literal(0, trits));
        }
        let keeps = units.key_value_store.is_some();
        let source = |port: &'static str, source: &'static str| match keeps {
            false if KEPT.contains(&port) => "no_trits",
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
        let reads = ["key_read_o", "key_address_o", "value_read_o", "value_address_o"];
        for port in reads.iter().filter(|port| !keeps && has(port)) {
            net.unused(&format!("matrix.{port}"), "The program keeps no keys and values.");
        }
    }
}

/// The token loop, and the queue that answers in its place.
pub(super) fn place_queue<'m>(
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
