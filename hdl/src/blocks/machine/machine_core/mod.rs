//! The machine's core: sequencer, token loop, the two units, and the memories between them.
//!
//! ```text
//!  token ─► token_loop ─► sequencer ─┬─► matrix_unit ─► R, maxima ───────────┐
//!                ▲                   └─► pass_unit ─► T, S, trains, scalars, ┤
//!  prediction ◄──┴─ done ◄──────────────────────────    keys, values         │
//!                                        ▲  ▲            ▲                   │
//!                                        └──┴────────────┴───────────────────┘
//! ```
//!
//! A core has only the memories that its program has: keys and values, state, levels, planes. Where every position of a text has a prediction, the [queue](crate::blocks::memory::prediction_queue) of these
//! answers, not the token loop.
//!
//! Wires blocks; nothing else. Bit-exact, write by write, to the machine's integer reference.

mod memories;
mod placing;
mod ports;
mod wires;
mod wiring;

use crate::blocks::array::matrix_unit::MatrixUnit;
use crate::blocks::array::matrix_walker::stores::{EMBEDDING, KEYS};
use crate::blocks::control::sequencer::Sequencer;
use crate::blocks::control::token_loop::TokenLoop;
use crate::blocks::host::watch::{Watch, watched};
use crate::blocks::memory::key_value_store::KeyValueStore;
use crate::blocks::memory::prediction_queue::PredictionQueue;
use crate::blocks::vector::pass_unit::PassUnit;
use crate::language::module::Module;
use firmware::image::MachineImage;
use firmware::machine::MachineParameters;
use firmware::pass_choices::PassChoices;
use std::sync::Arc;

/// A core and what its memories start with.
#[derive(Clone, Debug)]
pub struct MachineCore {
    /// What the machine is.
    pub parameters: MachineParameters,
    /// What its memories start with; the host loads what is empty.
    pub contents: MachineImage,
    /// What the passes of its program choose.
    pub choices: PassChoices,
}

/// The units of a core.
struct Units {
    matrix: Arc<Module>,
    vector: Arc<Module>,
    /// None if the program keeps nothing.
    key_value_store: Option<Arc<Module>>,
}

impl Units {
    /// The units of a core, whose weight store may start empty.
    fn new(core: &MachineCore) -> Units {
        let (machine, weights) = (&core.parameters, &core.contents.weights);
        let MachineParameters { lanes, slots, key_depth, value_depth, .. } = *machine;
        let keeps = key_depth + value_depth > 0;
        let (key_depth, value_depth) = (key_depth.max(2), value_depth.max(2));
        let store = KeyValueStore { lanes, slots, key_depth, value_depth };
        let mut matrix = MatrixUnit::new(machine, weights.clone());
        let stores = &core.choices.stores;
        matrix.searches = core.choices.searches;
        matrix.rows = stores.contains(&(EMBEDDING as u32));
        matrix.keys = stores.contains(&(KEYS as u32));
        matrix.same.clone_from(&core.choices.same);
        Units {
            matrix: matrix.module(),
            vector: PassUnit::new(machine, core.choices.clone()).module(),
            key_value_store: keeps.then(|| store.module()),
        }
    }
}

impl MachineCore {
    fn sequencer(&self) -> Sequencer {
        let (program, bits) = (self.contents.program.clone(), self.choices.bits.clone());
        Sequencer::new(&self.parameters, program, bits)
    }

    fn watched(&self) -> Vec<&'static Watch> {
        watched(&self.parameters).collect()
    }

    fn token_loop(&self) -> TokenLoop {
        TokenLoop { context: self.parameters.context, vocabulary: self.parameters.vocabulary }
    }

    /// What answers with a prediction for every position, if the machine does.
    fn prediction_queue(&self) -> Option<Arc<Module>> {
        let MachineParameters { answers_positions, context, .. } = self.parameters;
        answers_positions.then(|| PredictionQueue { context }.module())
    }

    fn summary(&self) -> String {
        let MachineParameters { lanes, slots, planes, elements, value_width, .. } = self.parameters;
        format!(
            "runs a program of instructions for every token.\n\n\
             {lanes} lanes, {slots} slots, {planes} planes; vectors of {elements} values of \
             {value_width} bits a cycle. The host writes memories and reads results only while \
             busy_o is 0.\n\n\
             Bits of observe_strobes_o, from 0: {}.",
            self.watched().iter().map(|watch| watch.name).collect::<Vec<_>>().join(", ")
        )
    }
}
