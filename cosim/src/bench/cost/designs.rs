//! The designs that the cost model is measured on: every parameter of an array takes several values.

use super::super::BenchError;
use super::super::draw::Draw;
use crate::harness::{Layer, LayerError, LayerVector};
use firmware::engine::EngineParameters;
use firmware::image::MachineImage;
use firmware::lower::lower;
use firmware::machine::Program;
use firmware::pass_choices::PassChoices;
use hdl::blocks::board::machine_uart::MachineUart;
use hdl::blocks::machine::Machine;
use hdl::language::check::{Checked, check};
use weights::config::{Design, DesignFile, Form};
use weights::numeric::Trit;
use weights::sample;

/// What is built of a design.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// The machine that a host loads.
    Machine,
    /// The machine behind a serial line, its memories loaded with the bitstream.
    Board,
    /// The engine of single layers.
    Engine,
}

impl Build {
    /// What the table calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Build::Machine => "machine",
            Build::Board => "board",
            Build::Engine => "engine",
        }
    }
}

/// A design of the sample network: the bundled one with some settings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CostDesign {
    /// What differs.
    pub(crate) what: &'static str,
    /// What is built of it.
    pub(crate) build: Build,
    settings: &'static [&'static str],
}

const fn machine(what: &'static str, settings: &'static [&'static str]) -> CostDesign {
    CostDesign { what, build: Build::Machine, settings }
}

const fn board(what: &'static str, settings: &'static [&'static str]) -> CostDesign {
    CostDesign { what, build: Build::Board, settings }
}

const fn engine(what: &'static str, settings: &'static [&'static str]) -> CostDesign {
    CostDesign { what, build: Build::Engine, settings }
}

/// Those that a test measures: small, of both kinds.
pub(crate) const SMALL: [CostDesign; 2] = [
    engine(
        "4 x 8 x 2, unary, two_bit, hard reset",
        &[
            "array.lanes=4",
            "array.slots=8",
            "array.planes=2",
            "array.radix=unary",
            "weight_store.packing=two_bit",
            "neuron.rule.reset=hard",
            "neuron.neurons=1",
        ],
    ),
    engine(
        "2 x 16 x 4, integer thresholds",
        &[
            "array.lanes=2",
            "neuron.neurons=1",
            "neuron.rule.threshold=per_channel",
            "neuron.rule.range={ signed = 2 }",
        ],
    ),
];

/// Those that `bench --cost` measures.
pub(crate) const DESIGNS: [CostDesign; 22] = [
    machine(
        "2 x 2 x 1, vectors of 2",
        &[
            "array.lanes=2",
            "array.slots=2",
            "array.planes=1",
            "machine.elements=2",
            "machine.attention_bits=1",
            "machine.head_bits=1",
            "neuron.neurons=1",
        ],
    ),
    machine(
        "4 x 4 x 3, unary, vectors of 2",
        &[
            "array.lanes=4",
            "array.slots=4",
            "array.planes=3",
            "array.radix=unary",
            "machine.elements=2",
            "machine.attention_bits=2",
            "machine.head_bits=2",
        ],
    ),
    machine(
        "4 x 8 x 4, two_bit, vectors of 4",
        &[
            "array.lanes=4",
            "array.slots=8",
            "machine.elements=4",
            "weight_store.packing=two_bit",
            "neuron.neurons=1",
        ],
    ),
    machine(
        "8 x 8 x 6, values of 20 bits, vectors of 4",
        &[
            "array.slots=8",
            "array.planes=6",
            "array.acc_width=20",
            "machine.elements=4",
            "machine.value_width=20",
            "machine.attention_bits=6",
            "machine.head_bits=6",
        ],
    ),
    machine("8 x 16 x 4, the sample", &[]),
    machine(
        "16 x 16 x 2, two_bit, 3 digits",
        &[
            "array.lanes=16",
            "array.planes=2",
            "weight_store.packing=two_bit",
            "machine.attention_bits=2",
            "machine.head_bits=2",
            "machine.key_value_digits=3",
        ],
    ),
    machine(
        "8 x 32 x 4, context 32",
        &["array.slots=32", "encoder.mean_count=2", "machine.context=32"],
    ),
    machine(
        "16 x 8 x 8, sums of 24 bits",
        &[
            "array.lanes=16",
            "array.slots=8",
            "array.planes=8",
            "array.acc_width=24",
            "machine.attention_bits=8",
            "machine.head_bits=8",
        ],
    ),
    machine(
        "16 x 16 x 8, vectors of 16",
        &[
            "array.lanes=16",
            "array.planes=8",
            "array.acc_width=23",
            "machine.elements=16",
            "machine.attention_bits=8",
            "machine.head_bits=8",
        ],
    ),
    machine(
        "4 x 16 x 4, dots of carry chains",
        &["array.lanes=4", "array.target=ecp5", "machine.elements=4", "neuron.neurons=1"],
    ),
    board(
        "4 x 4 x 4, memories loaded, vectors of 4",
        &["array.lanes=4", "array.slots=4", "machine.elements=4", "neuron.neurons=1"],
    ),
    engine("8 x 16 x 4, the sample", &[]),
    engine(
        "8 x 32 x 2, dots of carry chains",
        &["array.slots=32", "array.planes=2", "array.target=ecp5"],
    ),
    engine(
        "8 x 8 x 8, integer thresholds",
        &[
            "array.slots=8",
            "array.planes=8",
            "neuron.rule.threshold=per_channel",
            "neuron.neurons=2",
            "weight_store.depth=512",
            "neuron.rule.range={ signed = 3 }",
        ],
    ),
    engine(
        "32 x 8 x 3, hard reset, 2 neurons",
        &[
            "array.lanes=32",
            "array.slots=8",
            "array.planes=3",
            "array.acc_width=16",
            "neuron.neurons=2",
            "neuron.rule.leak=none",
            "neuron.rule.reset=hard",
        ],
    ),
    engine(
        "16 x 64 x 1, unary, 8 neurons",
        &[
            "array.lanes=16",
            "array.slots=64",
            "array.planes=1",
            "array.radix=unary",
            "neuron.neurons=8",
        ],
    ),
    engine(
        "4 x 128 x 2, two_bit, decay",
        &[
            "array.lanes=4",
            "array.slots=128",
            "array.planes=2",
            "weight_store.packing=two_bit",
            "neuron.rule.leak={ decay = 3 }",
            "neuron.rule.range={ signed = 3 }",
        ],
    ),
    engine(
        "16 x 32 x 4, skips empty entries",
        &["array.lanes=16", "array.slots=32", "spike_buffer.skip_empty=true"],
    ),
    engine(
        "16 x 16 x 4, event form",
        &["array.form=event", "array.lanes=16", "weight_store.depth=1024"],
    ),
    engine(
        "32 x 8 x 2, event form, two_bit",
        &[
            "array.form=event",
            "array.lanes=32",
            "array.slots=8",
            "array.planes=2",
            "weight_store.packing=two_bit",
            "weight_store.depth=256",
        ],
    ),
    engine(
        "64 x 64 x 1, baked form",
        &[
            "array.form=baked",
            "array.lanes=64",
            "array.slots=64",
            "array.planes=1",
            "array.radix=unary",
            "array.acc_width=10",
        ],
    ),
    engine(
        "24 x 40 x 3, baked form, 3 neurons",
        &[
            "array.form=baked",
            "array.lanes=24",
            "array.slots=40",
            "array.planes=3",
            "neuron.neurons=3",
        ],
    ),
];

/// Seed of an engine's matrix.
const SEED: u64 = 1;
/// Vectors that an engine's cycles are counted over, and how many percent of their trits spike.
pub(super) const VECTORS: usize = 6;
const DENSITY: u64 = 35;
/// Cycles of a bit on a board's serial line.
const DIVISOR: u32 = 25;

impl CostDesign {
    /// The design.
    pub(crate) fn design(&self) -> Result<Design, BenchError> {
        let settings: Vec<String> = self.settings.iter().map(|&it| it.to_owned()).collect();
        Ok(DesignFile::bundled().with_settings(&settings)?.design)
    }

    /// The sample network as a program for it.
    pub(crate) fn program(&self) -> Result<Program, BenchError> {
        Ok(lower(&sample::network(1), &self.design()?)?)
    }

    /// A matrix of two tiles each way, of one if it is baked, that leaves ragged edges.
    pub(crate) fn layer(&self) -> Result<Layer, BenchError> {
        let engine = EngineParameters::from(&self.design()?);
        let tiles = if engine.form == Form::Baked { 1 } else { 2 };
        let (rows, columns) = (tiles * engine.lanes - 1, tiles * engine.slots - 1);
        let mut bits = Draw::new(SEED);
        let trits: Vec<Trit> = (0..rows * columns).map(|_| bits.trit()).collect();
        let layer = Layer::new(&engine, (rows, columns), &trits, vec![1; rows], 1);
        layer.map_err(|error| self.failed(error))
    }

    /// Trains for an engine's matrix.
    pub(crate) fn vectors(&self, layer: &Layer) -> Vec<LayerVector> {
        let mut bits = Draw::new(SEED);
        let columns = layer.tiling.columns;
        let mut plane = || (0..columns).map(|_| bits.spike(DENSITY)).collect();
        (0..VECTORS).map(|_| (0..layer.engine.planes).map(|_| plane()).collect()).collect()
    }

    /// An engine that does not run its matrix.
    pub(crate) fn failed(&self, error: LayerError) -> BenchError {
        BenchError::Layer { matrix: self.what.to_owned(), error }
    }

    /// The hardware.
    pub(crate) fn hardware(&self) -> Result<Checked, BenchError> {
        let module = match self.build {
            Build::Machine => Machine::new(&self.program()?).module(),
            Build::Board => {
                let program = self.program()?;
                let machine = MachineUart {
                    parameters: program.parameters,
                    contents: MachineImage::new(&program)?,
                    choices: PassChoices::of(&program),
                    divisor: DIVISOR,
                    generate_count: program.parameters.answer_length(),
                    end_token: program.end_token(),
                };
                machine.module()
            }
            Build::Engine => self.layer()?.generator().module(),
        };
        Ok(check(&module)?)
    }
}
