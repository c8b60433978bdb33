//! Single matrices between streams: what an array of any shape makes of whole numbers.
//!
//! ```text
//!  MatrixCase: matrix, vectors, what numeric says ─► check ◄─ native or Verilated
//! ```
//!
//! What must come out is [`weights::numeric::accumulate`]'s, never another simulation's.

use crate::counts::Counts;
use crate::machine_check::Caught;
use crate::monitor::Monitor;
use cosim::machine::MachineError;
use cosim::pipeline::machine::{Arrivals, Conversation, Session};
use cosim::reference::machine::MachineReference;
use firmware::image::MachineImage;
use firmware::lower::lower;
use firmware::machine::Program;
use hdl::blocks::machine::Machine;
use hdl::language::check::{Checked, check};
use hdl::language::simulation::Simulation;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt;
use weights::config::{Design, Form, Target};
use weights::network::{Network, Operation};
use weights::numeric::{Radix, accumulate, encode_counts, planes_needed};
use weights::packing::Packing;
use weights::sample;

/// Vectors that a case sends.
const VECTORS: usize = 12;
/// Synapses a cycle of the largest case of a sample.
const SAMPLE_COST_MAX: usize = 600;
/// Cases of a sample of each form.
const SAMPLE_EACH: usize = 3;

/// A matrix on a machine of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct MatrixCase {
    /// How the array meets a train.
    pub form: Form,
    /// Rows of a tile.
    pub lanes: usize,
    /// Columns of a train word.
    pub slots: usize,
    /// Planes at once.
    pub planes: usize,
    /// Values of a word.
    pub elements: usize,
    /// How planes add up.
    pub radix: Radix,
    /// Code of the weights.
    pub packing: Packing,
    /// What the dots are built of.
    pub target: Target,
    /// Rows and columns.
    pub shape: (usize, usize),
    /// Bits of a number's magnitude.
    pub bits: u32,
    /// Seed of matrix and vectors.
    pub seed: u64,
}

impl fmt::Display for MatrixCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MatrixCase { form, lanes, slots, planes, elements, radix, packing, target, .. } = self;
        let ((rows, columns), bits) = (self.shape, self.bits);
        write!(
            f,
            "{rows} x {columns}, {bits} bits, on {lanes} x {slots} x {planes} {}, vectors of \
             {elements}, {radix:?}, {}, {}",
            form.name(),
            packing.name(),
            target.name()
        )
    }
}

/// Several tiles that are not full, numbers of twice as many bits as there are planes, base3.
pub fn small() -> MatrixCase {
    MatrixCase {
        form: Form::Dense,
        lanes: 4,
        slots: 8,
        planes: 2,
        elements: 2,
        radix: Radix::Bitwise,
        packing: Packing::Base3,
        target: Target::Portable,
        shape: (10, 14),
        bits: 4,
        seed: 5,
    }
}

/// The same in an ECP5's carry cells.
pub fn carry_cells() -> MatrixCase {
    MatrixCase { target: Target::Ecp5, ..small() }
}

/// The same by columns that spike.
pub fn by_events() -> MatrixCase {
    MatrixCase { form: Form::Event, ..small() }
}

/// The same with weights that are wires.
pub fn wires() -> MatrixCase {
    MatrixCase { form: Form::Baked, ..small() }
}

/// All cases: every form, side, plane count, radix, code and target, ragged and exact edges.
pub fn all() -> Vec<MatrixCase> {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut cases = vec![small(), carry_cells(), by_events(), wires()];
    let one_tile = |case| MatrixCase { shape: (4, 8), ..case };
    cases.extend([small(), by_events(), wires()].map(one_tile));
    let forms = [Form::Dense, Form::Dense, Form::Event, Form::Baked];
    for (index, form) in forms.into_iter().cycle().take(60).enumerate() {
        let elements = [2, 4, 8][random.random_range(0..3)];
        let side = |random: &mut ChaCha8Rng, most: u32| elements << random.random_range(0..most);
        let (lanes, slots) = (side(&mut random, 4), side(&mut random, 5));
        let planes = random.random_range(1..=8);
        let radix = if index % 3 == 1 { Radix::Unary } else { Radix::Bitwise };
        let packing = if index / 4 % 2 == 0 { Packing::Base3 } else { Packing::TwoBit };
        let most = if form == Form::Baked { 2 } else { 4 };
        let edge = |random: &mut ChaCha8Rng, side: usize| match random.random_range(0..4) {
            0 => 1,
            1 => side,
            _ => random.random_range(1..=most * side),
        };
        let ecp5 = form != Form::Event && index % 5 == 0;
        cases.push(MatrixCase {
            form,
            lanes,
            slots,
            planes,
            elements,
            radix,
            packing,
            target: if ecp5 { Target::Ecp5 } else { Target::Portable },
            shape: (edge(&mut random, lanes), edge(&mut random, slots)),
            bits: random.random_range(1..=if radix == Radix::Unary { 3 } else { 9 }),
            seed: index as u64,
        });
    }
    cases
}

/// The cases that a ring runs: all with `SPIKEWRIGHT_ALL=1`, else a few small ones of each form.
pub fn asked_for(seed: u64) -> Vec<MatrixCase> {
    if crate::asked_for("SPIKEWRIGHT_ALL") { all() } else { sampled(seed) }
}

/// A few small ones of each form.
pub fn sampled(seed: u64) -> Vec<MatrixCase> {
    let mut open: Vec<MatrixCase> =
        all().into_iter().filter(|one| one.cost() <= SAMPLE_COST_MAX).collect();
    open.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let of = |form: Form| open.iter().filter(move |one| one.form == form).take(SAMPLE_EACH);
    [Form::Dense, Form::Event, Form::Baked].into_iter().flat_map(of).cloned().collect()
}

impl MatrixCase {
    /// Synapses a cycle.
    pub fn cost(&self) -> usize {
        self.lanes * self.slots * self.planes
    }

    /// The design of its machine.
    pub fn design(&self) -> Design {
        let mut design = Design::bundled();
        let array = &mut design.array;
        (array.form, array.lanes, array.slots) = (self.form, self.lanes, self.slots);
        (array.planes, array.radix, array.target) = (self.planes, self.radix, self.target);
        array.acc_width = 20;
        design.weight_store.packing = self.packing;
        design.machine.elements = self.elements;
        design
    }

    /// The matrix.
    pub fn network(&self) -> Network {
        sample::matrix(self.seed, self.shape, self.bits)
    }

    /// Its program.
    ///
    /// # Panics
    /// If the table is wrong.
    pub fn program(&self) -> Program {
        lower(&self.network(), &self.design()).unwrap_or_else(|error| panic!("{self}: {error}"))
    }

    /// The checked machine.
    ///
    /// # Panics
    /// If the generator made a mistake.
    pub fn machine(&self) -> Checked {
        let module = Machine::observed(&self.program()).module();
        check(&module).unwrap_or_else(|error| panic!("{self}: {error}"))
    }

    /// The extremes first, then random vectors of random density.
    pub fn vectors(&self) -> Vec<Vec<i64>> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let most = (1i64 << self.bits) - 1;
        let columns = self.shape.1;
        let network = self.network();
        let Operation::TernaryLinear { matrix, .. } = &network.operations[1] else {
            panic!("a matrix has one");
        };
        let mut vectors = vec![vec![most; columns], vec![-most; columns], vec![0; columns]];
        // The largest sum of a row.
        let row = matrix.row(random.random_range(0..matrix.rows));
        vectors.push(row.iter().map(|&trit| most * i64::from(trit)).collect());
        while vectors.len() < VECTORS {
            let density = [0.05, 0.3, 0.7, 1.0][random.random_range(0..4)];
            let mut number = || match random.random_bool(density) {
                true => random.random_range(-most..=most),
                false => 0,
            };
            vectors.push((0..columns).map(|_| number()).collect());
        }
        vectors
    }

    /// The sums of all vectors.
    pub fn sums(&self) -> Vec<Vec<i64>> {
        let network = self.network();
        let Operation::TernaryLinear { matrix, .. } = &network.operations[1] else {
            panic!("a matrix has one");
        };
        let of = |vector: &Vec<i64>| {
            let largest = vector.iter().map(|value| value.unsigned_abs()).max().unwrap_or(0);
            let planes = planes_needed(largest, self.radix);
            let train = encode_counts(vector, planes, self.radix);
            (0..matrix.rows).map(|row| accumulate(matrix.row(row), &train, self.radix)).collect()
        };
        self.vectors().iter().map(of).collect()
    }

    /// Sends all vectors twice, to a host that is late and to one that is not: every write, beat and cycle,
    /// every sum and every handshake is compared.
    ///
    /// # Errors
    /// The first difference.
    pub fn check<S: Simulation>(&self, simulation: S) -> Result<u64, Caught> {
        let caught = |check| move |error| Caught { check, error };
        let program = self.program();
        let image = MachineImage::new(&program).unwrap_or_else(|error| panic!("{self}: {error}"));
        let (simulation, fault) = Monitor::new(simulation);
        let session = Session::new(simulation, &image, MachineReference::new(&program));
        let mut session = session.map_err(caught("loading"))?;
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let mut cycles = 0;
        for late in [true, false] {
            let pace = || match late && random.random_bool(0.5) {
                true => random.random_range(0..20),
                false => 0,
            };
            let arrivals = Arrivals::Vectors(self.vectors());
            let talk = session.stream(&arrivals, pace, |_| ());
            cycles += talk.simulated_cycles;
            self.compare(&program, talk)?;
        }
        match fault.borrow_mut().take() {
            None => Ok(cycles),
            Some(what) => Err(Caught { check: "handshakes", error: MachineError::Machine(what) }),
        }
    }

    fn compare(&self, program: &Program, talk: Conversation) -> Result<(), Caught> {
        let failed = |check, what| Caught { check, error: MachineError::Machine(what) };
        if let Some(error) = talk.failure {
            return Err(Caught { check: "lock-step", error });
        }
        let unit = program.output.as_ref().expect("sums go out").unit;
        let sums = self.sums();
        if talk.outputs.len() != sums.len() || talk.tokens.len() != sums.len() {
            let what = format!("{} of {} vectors are answered", talk.outputs.len(), sums.len());
            return Err(failed("sums", what));
        }
        for (index, (found, wanted)) in talk.outputs.iter().zip(sums).enumerate() {
            let same = |(&found, &wanted): (&i64, &i64)| found as f64 * unit == wanted as f64;
            if found.len() != wanted.len() || !found.iter().zip(&wanted).all(same) {
                let what = format!("vector {index}: {found:?} times {unit} is not {wanted:?}");
                return Err(failed("sums", what));
            }
        }
        for token in &talk.tokens {
            let (predicted, measured) =
                (Counts::from(&token.predicted(program)), Counts::from(&token.counters));
            if predicted != measured {
                let what = format!("the counters are {measured:?}, not {predicted:?}");
                return Err(failed("cycles", what));
            }
        }
        Ok(())
    }
}
