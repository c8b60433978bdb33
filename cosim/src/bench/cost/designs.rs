//! The designs that the cost model is measured on: every parameter of an array takes several values.

use super::super::BenchError;
use super::super::draw::Draw;
use firmware::image::MachineImage;
use firmware::lower::lower;
use firmware::machine::Program;
use firmware::pass_choices::PassChoices;
use hdl::blocks::board::machine_uart::MachineUart;
use hdl::blocks::machine::Machine;
use hdl::language::check::{Checked, check};
use weights::config::{Design, DesignFile, Form};
use weights::network::Network;
use weights::sample;

/// What is built of a design.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// The machine that a host loads.
    Machine,
    /// The machine behind a serial line, its memories loaded with the bitstream.
    Board,
    /// The machine of layers of neurons, between streams.
    Layers,
    /// The machine of one matrix, between streams.
    Matrix,
}

impl Build {
    /// What the table calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Build::Machine => "machine",
            Build::Board => "board",
            Build::Layers => "layers",
            Build::Matrix => "matrix",
        }
    }
}

/// A design: a bundled one with some settings.
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

const fn layers(what: &'static str, settings: &'static [&'static str]) -> CostDesign {
    CostDesign { what, build: Build::Layers, settings }
}

const fn matrix(what: &'static str, settings: &'static [&'static str]) -> CostDesign {
    CostDesign { what, build: Build::Matrix, settings }
}

/// Those that a test measures: small, of both kinds.
pub(crate) const SMALL: [CostDesign; 2] = [
    layers(
        "8 rows of events, two layers of 20, two_bit",
        &[
            "array.form=event",
            "array.lanes=8",
            "weight_store.packing=two_bit",
            "sample.width=20",
            "sample.blocks=2",
        ],
    ),
    layers("4 x 4 x 1, two layers of 20", &["sample.width=20", "sample.blocks=2"]),
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
        &["array.lanes=4", "array.slots=8", "machine.elements=4", "weight_store.packing=two_bit"],
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
        &["array.lanes=4", "array.target=ecp5", "machine.elements=4"],
    ),
    board(
        "4 x 4 x 4, memories loaded, vectors of 4",
        &["array.lanes=4", "array.slots=4", "machine.elements=4"],
    ),
    layers("4 x 4 x 1, three layers, one recurrent", &[]),
    layers("8 x 8 x 1, vectors of 8", &["array.lanes=8", "array.slots=8", "machine.elements=8"]),
    layers(
        "16 rows of events, vectors of 4",
        &["array.form=event", "array.lanes=16", "array.slots=8", "machine.elements=4"],
    ),
    matrix("8 x 16 x 4, base3", &[]),
    matrix(
        "8 x 32 x 2, dots of carry chains",
        &["array.slots=32", "array.planes=2", "array.target=ecp5"],
    ),
    matrix(
        "32 x 8 x 3, vectors of 4",
        &["array.lanes=32", "array.slots=8", "array.planes=3", "machine.elements=4"],
    ),
    matrix(
        "16 x 64 x 1, unary",
        &["array.lanes=16", "array.slots=64", "array.planes=1", "array.radix=unary"],
    ),
    matrix(
        "4 x 128 x 2, two_bit",
        &[
            "array.lanes=4",
            "array.slots=128",
            "array.planes=2",
            "machine.elements=4",
            "weight_store.packing=two_bit",
        ],
    ),
    matrix("16 rows of events", &["array.form=event", "array.lanes=16"]),
    matrix("8 x 16 x 4, baked", &["array.form=baked"]),
    matrix(
        "16 x 32 x 3, baked",
        &["array.form=baked", "array.lanes=16", "array.slots=32", "array.planes=3"],
    ),
];

/// Seed of networks and vectors.
const SEED: u64 = 1;
/// Vectors that cycles are counted over, and how many percent of their numbers are not zero.
pub(super) const VECTORS: usize = 6;
const DENSITY: u64 = 35;
/// Cycles of a bit on a board's serial line.
const DIVISOR: u32 = 25;

impl CostDesign {
    /// The design.
    pub(crate) fn design(&self) -> Result<Design, BenchError> {
        let settings: Vec<String> = self.settings.iter().map(|&it| it.to_owned()).collect();
        let file = match self.build {
            Build::Layers => DesignFile::named("lif-small").expect("it is shipped"),
            Build::Machine | Build::Board | Build::Matrix => DesignFile::bundled(),
        };
        Ok(file.with_settings(&settings)?.design)
    }

    /// The network: the sample of the design, or a matrix of two tiles each way, of one if it is baked,
    /// that leaves ragged edges.
    fn network(&self, design: &Design) -> Network {
        let array = &design.array;
        if self.build != Build::Matrix {
            return sample::of_design(SEED, &design.sample);
        }
        let tiles = if array.form == Form::Baked { 1 } else { 2 };
        let shape = (tiles * array.lanes - 1, tiles * array.slots - 1);
        sample::matrix(SEED, shape, 1)
    }

    /// It as a program.
    pub(crate) fn program(&self) -> Result<Program, BenchError> {
        let design = self.design()?;
        Ok(lower(&self.network(&design), &design)?)
    }

    /// Vectors of spikes for a program that takes vectors.
    pub(crate) fn vectors(&self, program: &Program) -> Option<Vec<Vec<i64>>> {
        let width = program.input.as_ref()?.places.len();
        let mut draws = Draw::new(SEED);
        let mut vector = || (0..width).map(|_| draws.spike(DENSITY).into()).collect();
        Some((0..VECTORS).map(|_| vector()).collect())
    }

    /// The hardware.
    pub(crate) fn hardware(&self) -> Result<Checked, BenchError> {
        let program = self.program()?;
        let module = match self.build {
            Build::Board => {
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
            Build::Machine | Build::Layers | Build::Matrix => Machine::new(&program).module(),
        };
        Ok(check(&module)?)
    }
}
