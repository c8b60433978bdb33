//! What the block rings of this crate share: a seeded generator and a bench around one module.
#![allow(dead_code)] // each ring uses a part of it

use hdl::language::check::check;
use hdl::language::module::Module;
use hdl::language::simulation::Simulation;
use hdl::language::simulator::NativeSimulation;
use std::sync::Arc;

/// SplitMix64: the same stream on every machine and in every version.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A value in `0..count`.
    pub(crate) fn below(&mut self, count: u64) -> u64 {
        self.next() % count
    }

    /// A value in `min..=max`.
    pub(crate) fn within(&mut self, min: i64, max: i64) -> i64 {
        min + self.below((max - min + 1) as u64) as i64
    }

    /// True once in `count` times.
    pub(crate) fn once_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    pub(crate) fn trit(&mut self) -> i8 {
        self.within(-1, 1) as i8
    }
}

/// One module in the native simulator; ports by name.
pub(crate) struct Bench {
    pub(crate) simulation: NativeSimulation,
    pub(crate) latency: usize,
}

impl Bench {
    /// Checks and simulates a module, and resets it where it has a reset.
    pub(crate) fn new(module: &Arc<Module>) -> Bench {
        let checked = check(module).unwrap_or_else(|error| panic!("{error}"));
        let simulation = NativeSimulation::new(&checked);
        let mut bench = Bench { simulation, latency: module.latency as usize };
        if module.ports().iter().any(|port| port.name == "rst_i") {
            bench.set("rst_i", 1);
            bench.tick();
            bench.set("rst_i", 0);
        }
        bench
    }

    pub(crate) fn set(&mut self, name: &str, value: u64) {
        let port = self.simulation.port(name);
        let mut words = vec![0; self.simulation.ports()[port.0].ty.words()];
        words[0] = value;
        self.simulation.write(port, &words);
    }

    /// Sets a port of any width, least significant bit first.
    pub(crate) fn set_bits(&mut self, name: &str, bits: impl IntoIterator<Item = bool>) {
        let port = self.simulation.port(name);
        let ty = self.simulation.ports()[port.0].ty;
        let mut words = vec![0; ty.words()];
        // A unit of short instructions does not see what the long ones have beyond them.
        for (index, bit) in bits.into_iter().take(ty.width as usize).enumerate() {
            words[index / 64] |= u64::from(bit) << (index % 64);
        }
        self.simulation.write(port, &words);
    }

    /// A signed value in a port narrower than 64 bits.
    pub(crate) fn set_signed(&mut self, name: &str, value: i64) {
        let port = self.simulation.port(name);
        let width = self.simulation.ports()[port.0].ty.width;
        self.simulation.write_u64(port, value as u64 & (u64::MAX >> (64 - width)));
    }

    pub(crate) fn get(&self, name: &str) -> u64 {
        self.simulation.read_u64(self.simulation.port(name))
    }

    pub(crate) fn get_signed(&self, name: &str) -> i64 {
        self.simulation.read_i64(self.simulation.port(name))
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.get(name) == 1
    }

    /// The bits of a port of any width, least significant first.
    pub(crate) fn bits(&self, name: &str) -> Vec<bool> {
        let port = self.simulation.port(name);
        let ty = self.simulation.ports()[port.0].ty;
        let mut words = vec![0; ty.words()];
        self.simulation.read(port, &mut words);
        (0..ty.width as usize).map(|index| words[index / 64] >> (index % 64) & 1 == 1).collect()
    }

    pub(crate) fn settle(&mut self) {
        self.simulation.settle();
    }

    pub(crate) fn tick(&mut self) {
        self.simulation.tick();
    }
}
