//! The machine's core: sequencer, token loop, the two units, and the memories between them.
//!
//! ```text
//!  token ─► token_loop ─► sequencer ─┬─► matrix_unit ─► R, X, maxima ────────┐
//!                ▲                   └─► vector_unit ─► T, trains, scalars, ─┤
//!  prediction ◄──┴─ done ◄──────────────────────────    keys, values         │
//!                                        ▲  ▲            ▲                   │
//!                                        └──┴────────────┴───────────────────┘
//! ```
//!
//! Wires blocks; nothing else. Bit-exact, write by write, to the machine's integer reference.

mod memories;
mod ports;
mod wiring;

use super::key_value_store::KeyValueStore;
use super::matrix_unit::MatrixUnit;
use super::sequencer::Sequencer;
use super::token_loop::TokenLoop;
use super::vector_unit::VectorUnit;
use super::watch::WATCHED;
use crate::module::Module;
use firmware::image::MachineImage;
use firmware::machine::MachineParameters;
use firmware::machine_memories::Material;
use std::sync::Arc;

/// A core and what its memories start with.
#[derive(Clone, Debug)]
pub struct MachineCore {
    /// What the machine is.
    pub parameters: MachineParameters,
    /// What its memories start with; the host loads what is empty.
    pub contents: MachineImage,
}

/// The units of a core.
struct Units {
    matrix: Arc<Module>,
    vector: Arc<Module>,
    key_value_store: Arc<Module>,
}

impl Units {
    /// The units of a machine whose weight store starts with an image, which may be empty.
    fn new(machine: &MachineParameters, weights: &[u32]) -> Units {
        let MachineParameters { lanes, slots, key_depth, value_depth, .. } = *machine;
        let (key_depth, value_depth) = (key_depth.max(2), value_depth.max(2));
        let mut vector = VectorUnit::from(machine);
        // Contents that come with the bitstream pack denser, which leaves room for the tables.
        if !weights.is_empty() {
            vector.functions = Material::Block;
        }
        Units {
            matrix: MatrixUnit::new(machine, weights.to_vec()).module(),
            vector: vector.module(),
            key_value_store: KeyValueStore { lanes, slots, key_depth, value_depth }.module(),
        }
    }
}

impl MachineCore {
    fn sequencer(&self) -> Sequencer {
        Sequencer::new(&self.parameters, self.contents.program.clone())
    }

    fn token_loop(&self) -> TokenLoop {
        TokenLoop { context: self.parameters.context, vocabulary: self.parameters.vocabulary }
    }

    fn summary(&self) -> String {
        let MachineParameters { lanes, slots, planes, elements, value_width, .. } = self.parameters;
        format!(
            "runs a program of instructions for every token.\n\n\
             {lanes} lanes, {slots} slots, {planes} planes; vectors of {elements} values of \
             {value_width} bits a cycle. The host writes memories and reads results only while \
             busy_o is 0.\n\n\
             Bits of observe_strobes_o, from 0: {}.",
            WATCHED.map(|watch| watch.name).join(", ")
        )
    }
}
