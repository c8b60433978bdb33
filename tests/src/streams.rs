//! Networks between streams of vectors: seeded ones, and those of other families with their ends taken
//! off.

use crate::counts::compare;
use cosim::pipeline::machine::{Arrivals, Conversation, Session};
use cosim::reference::float::FloatExecutor;
use cosim::reference::machine::MachineReference;
use firmware::image::MachineImage;
use firmware::lower::lower;
use firmware::machine::Program;
use hdl::blocks::machine::Machine;
use hdl::language::check::check;
use hdl::language::simulator::NativeSimulation;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use weights::config::Design;
use weights::network::{EmbedIndex, Network, Operation, Readout};

/// A network without its token rows: vectors come in their place.
pub fn without_rows(network: &Network) -> Network {
    let mut inner = network.clone();
    for operation in &mut inner.operations {
        if let Operation::Embed { table, index: EmbedIndex::Token, output } = operation {
            let (width, output) = (network.tables[table].columns, output.clone());
            *operation = Operation::Input { output, width, bits: 6, fraction: 5 };
        }
    }
    inner
}

/// A network without its head: what that reads goes out.
pub fn without_head(network: &Network) -> Network {
    let mut inner = network.clone();
    inner.readout = Readout::Vector;
    inner.operations.retain(|operation| match operation {
        Operation::Head { input, .. } => {
            inner.output.clone_from(input);
            false
        }
        _ => true,
    });
    inner
}

/// What arrives at a network, from a seed.
pub fn arrivals(network: &Network, seed: u64, count: usize) -> Arrivals {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let count = count.min(network.context);
    let Some(input) = network.input() else {
        let vocabulary = network.vocabulary as u32;
        return Arrivals::Ids((0..count).map(|_| random.random_range(0..vocabulary)).collect());
    };
    let most = input.most();
    let mut number = || match random.random_range(0..3) {
        0 => 0,
        _ => random.random_range(-most..=most),
    };
    Arrivals::Vectors((0..count).map(|_| (0..input.width).map(|_| number()).collect()).collect())
}

/// A lowered network and its machine, native.
pub struct Streaming {
    /// Of the network.
    pub program: Program,
    /// Loaded.
    pub session: Session<NativeSimulation>,
}

/// Lowers a network and loads its machine.
///
/// # Panics
/// If the network does not lower, or the machine takes no image.
pub fn loaded(network: &Network, design: &Design) -> Streaming {
    let name = &network.name;
    let program = lower(network, design).unwrap_or_else(|error| panic!("{name}: {error}"));
    let image = MachineImage::new(&program).unwrap_or_else(|error| panic!("{name}: {error}"));
    let module = Machine::observed(&program).module();
    let checked = check(&module).unwrap_or_else(|error| panic!("{name}: {error}"));
    let (simulation, reference) =
        (NativeSimulation::new(&checked), MachineReference::new(&program));
    let session = Session::new(simulation, &image, reference);
    Streaming { program, session: session.unwrap_or_else(|error| panic!("{name}: {error}")) }
}

impl Streaming {
    /// Sends everything; a host that is late once in `late` beats. Every write, every beat and every cycle
    /// is compared.
    ///
    /// # Panics
    /// If the machine is not its reference, or takes other cycles than its model says.
    pub fn sends(&mut self, arrivals: &Arrivals, late: u32, seed: u64) -> Conversation {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let pace = || match random.random_range(0..late) {
            0 => random.random_range(0..20),
            _ => 0,
        };
        let talk = self.session.stream(arrivals, pace, |_| ());
        let name = &self.program.name;
        assert!(talk.failure.is_none(), "{name}: {}", talk.failure.unwrap());
        assert_eq!(talk.tokens.len(), arrivals.count());
        let cycles = compare(name, &self.program, &talk);
        println!("{name}: {} writes equal, {cycles} cycles as predicted", talk.compared_writes());
        talk
    }
}

/// How far what went out is from the float network: the power of the difference over that of the values.
///
/// # Panics
/// If the float network refuses what the machine took.
pub fn error(
    network: &Network,
    program: &Program,
    arrivals: &Arrivals,
    talk: &Conversation,
) -> f64 {
    let unit = program.output.as_ref().map_or(1.0, |map| map.unit);
    let mut float = FloatExecutor::new(network).expect("a network");
    let (mut error, mut power) = (0.0, 0.0);
    for (position, channels) in talk.outputs.iter().enumerate() {
        let id = match arrivals {
            Arrivals::Ids(ids) => ids[position],
            Arrivals::Vectors(vectors) => {
                float.present(&vectors[position]).expect("a vector");
                0
            }
        };
        let wanted = float.read(&[id]).expect("it is read").remove(0);
        assert_eq!(wanted.len(), channels.len());
        for (&found, wanted) in channels.iter().zip(wanted) {
            error += (found as f64 * unit - wanted).powi(2);
            power += wanted.powi(2);
        }
    }
    error / power.max(f64::MIN_POSITIVE)
}
