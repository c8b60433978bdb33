//! Random passes that stay within what the lowering promises.

use super::model::{Memories, Place, channels};
use super::support::Random;
use firmware::isa::{Coded, Destination, Emit, Join, Pass, RestartAt, Space};
use hdl::blocks::vector::pass_unit::PassUnit;
use std::collections::BTreeSet;
use weights::numeric::fixed_point::Scale;
use weights::numeric::pass::{Choice, FunctionTable, LEAK_FRACTION, Theta};

/// Words of each memory of values.
pub(crate) const DEPTH: usize = 256;
/// Words of C that hold positive values: thresholds.
const POSITIVE: usize = 128;

/// Random passes for one unit.
pub(crate) struct Maker {
    pub(crate) random: Random,
    pub(crate) unit: PassUnit,
}

/// Tables of all sizes: the smallest range, the largest, one that is not aligned.
pub(crate) fn tables() -> Vec<FunctionTable> {
    let unit = f64::from(-10).exp2();
    let table = |name, range, function: fn(f64) -> f64| {
        FunctionTable::new(name, range, unit, 16, function).expect("it fits")
    };
    vec![
        table("sigmoid", (-8192, 14), |x| 1.0 / (1.0 + (-x).exp())),
        table("exp", (-16384, 14), f64::exp),
        table("narrow", (37, 9), |x| x),
        table("wide", (-(1 << 23), 24), |x| (x * 1e-3).sin()),
        table("beyond", (-70_000_000, 12), |x| (x + 68_359.0) * 0.3),
    ]
}

impl Maker {
    pub(crate) fn below(&mut self, count: u32) -> u32 {
        self.random.below(count.into()) as u32
    }

    fn bit(&mut self) -> u32 {
        self.below(2)
    }

    fn any<T: Choice>(&mut self) -> T {
        T::ALL[self.below(T::ALL.len() as u32) as usize]
    }

    /// A value of at most `width` bits: of any size, with extremes and zeros among them.
    fn value(&mut self, width: u32) -> i64 {
        let limit = 1i64 << (width - 1);
        match self.random.below(12) {
            0 => -limit,
            1 => limit - 1,
            2 => 0,
            3 => -1,
            _ => {
                let small = 1 + self.random.below(u64::from(width)) as u32;
                self.random.within(-(1 << (small - 1)), (1 << (small - 1)) - 1)
            }
        }
    }

    fn words(&mut self, width: u32) -> Vec<Vec<i64>> {
        let elements = self.unit.elements as usize;
        let mut word = || (0..elements).map(|_| self.value(width)).collect();
        (0..DEPTH).map(|_| word()).collect()
    }

    /// Memories whose values have at most `width` bits.
    pub(crate) fn memories(&mut self, width: u32) -> Memories {
        let mut spaces = [0; 4].map(|_| self.words(width));
        for value in spaces[3][..POSITIVE].iter_mut().flatten() {
            *value = (*value).max(1 - *value).max(1);
            *value = (*value).min((1 << (self.unit.value_width - 1)) - 1);
        }
        let random = &mut self.random;
        let mut scale = || Scale {
            mantissa: random.within(0, (1 << 16) - 1),
            shift: random.below(64) as u32,
            exponent: random.within(-128, 127),
        };
        let scalars = (0..256).map(|_| scale()).collect();
        let levels = (0..256).map(|_| self.value(width)).collect();
        let maxima = (0..32).map(|_| self.value(width)).collect();
        Memories { spaces, scalars, levels, maxima }
    }

    fn address(&mut self, space: Space, words: usize) -> u32 {
        match space {
            Space::Level => self.below(256),
            Space::Maximum => self.below(32),
            _ => self.below((DEPTH - words) as u32),
        }
    }

    /// Where a pass stands.
    pub(crate) fn place(&mut self) -> Place {
        let attended = self.below(40) as usize;
        let position = self.below(attended as u32 + 1) as usize;
        Place { position, attended, restarts: self.bit() == 1 }
    }

    /// A pass that the unit executes.
    pub(crate) fn pass(&mut self, place: Place) -> Pass {
        loop {
            let pass = self.attempt(place);
            let executable = pass.spiking == 0 || pass.rule().is_executable();
            if executable && reads_apart(&pass) && writes_apart(&pass, place, &self.unit) {
                return pass;
            }
        }
    }

    /// The pass once more, at other addresses; none where it may not follow itself.
    pub(crate) fn turn(&mut self, pass: &Pass, place: Place) -> Option<Pass> {
        let words = channels(pass, place).div_ceil(self.unit.elements as usize);
        let is_threshold = pass.spiking == 1 && pass.theta == Theta::Channel;
        let most = if is_threshold { POSITIVE } else { DEPTH };
        let turn = Pass {
            a: self.address(pass.a_space, words),
            b: self.address(pass.b_space, words),
            c: match pass.c_space {
                Space::Level | Space::Maximum => self.address(pass.c_space, words),
                _ => self.below((most - words) as u32),
            },
            membrane: self.address(Space::State, words),
            write: self.below((DEPTH - words) as u32),
            train: self.below(128),
            words: self.below(900),
            scalar: self.below(256),
            output: self.below(256),
            ..*pass
        };
        writes_apart(&turn, place, &self.unit).then_some(turn)
    }

    fn attempt(&mut self, place: Place) -> Pass {
        let (unit, random) = (self.unit.clone(), &mut self.random);
        let small = 1 + random.below(40) as u32;
        let [join_shifts, shifts] =
            [(32, 8), (64, 20)].map(|(all, few)| if random.once_in(3) { all } else { few });
        let mut pass = Pass {
            length: self.any(),
            channels: small,
            a_space: self.any(),
            a_swap: self.bit(),
            a_restart: self.any(),
            b_space: self.any(),
            b_restart: self.any(),
            c_space: self.any(),
            c_restart: self.any(),
            restart_at: RestartAt::Text,
            join: self.any(),
            join_shift: self.below(join_shifts),
            multiply: self.any(),
            shift: self.below(shifts),
            follow: self.any(),
            scalar: self.below(256),
            ..Pass::default()
        };
        if pass.join == Join::Take && pass.a_space == Space::Nothing {
            pass.a_space = Space::Results;
        }
        if self.random.once_in(2) {
            let count = 2 + unit.choices.tables.len() as u32;
            pass.function = Coded::from_code(self.below(count).into()).expect("it is one");
        }
        let words = channels(&pass, place).div_ceil(unit.elements as usize);
        if self.random.once_in(2) {
            self.neuron(&mut pass, words);
        }
        pass.a = self.address(pass.a_space, words);
        pass.b = self.address(pass.b_space, words);
        if pass.spiking == 0 || pass.theta != Theta::Channel {
            pass.c = self.address(pass.c_space, words);
        }
        pass = match self.random.below(4) {
            0 => Pass {
                b_phase: self.below(4),
                c_phase: self.below(4),
                membrane_phase: self.below(4),
                ..pass
            },
            _ => pass.phased(),
        };
        self.outputs(&mut pass, words);
        pass
    }

    fn neuron(&mut self, pass: &mut Pass, words: usize) {
        pass.spiking = 1;
        pass.leak = match self.below(4) {
            0 => 1 << LEAK_FRACTION,
            1 => 0,
            2 => (1 << (LEAK_FRACTION + 2)) - 1,
            _ => self.below(1 << LEAK_FRACTION),
        };
        (pass.quantiser, pass.levels, pass.reset) = (self.any(), self.any(), self.any());
        (pass.theta, pass.remainder) = (self.any(), self.bit());
        pass.level_bits = self.below(16);
        pass.threshold = match pass.theta {
            Theta::PowerOfTwo => self.below(24),
            _ => 1 + (self.value(24).unsigned_abs() as u32 & ((1 << 22) - 1)),
        };
        if pass.theta == Theta::Channel {
            (pass.c_space, pass.c_restart) = (Space::Constants, Default::default());
            pass.c = self.below((POSITIVE - words) as u32);
        }
        pass.membrane = self.address(Space::State, words);
        pass.membrane_restart = self.bit();
    }

    fn outputs(&mut self, pass: &mut Pass, words: usize) {
        pass.destination = self.any();
        if pass.spiking == 1 && pass.destination == Destination::State {
            pass.destination = Destination::Nothing;
        }
        pass.write = self.below((DEPTH - words) as u32);
        pass.emit = self.any();
        pass.bits = 1 + self.below(self.unit.count_width);
        pass.train = self.below(128);
        pass.words = self.below(900);
        pass.columns = 1 + self.below(60);
        (pass.reduce, pass.finish) = (self.any(), self.any());
        let factors = if self.random.once_in(3) { 16 } else { 1 << 16 };
        pass.factor = self.below(factors);
        pass.finish_shift = self.random.within(-128, 127) as i32;
        if self.random.once_in(2) {
            pass.finish_shift = self.random.within(0, 40) as i32;
        }
        pass.output = self.below(256);
    }
}

/// The memories that a pass reads, with the phases.
fn memory_reads(pass: &Pass) -> Vec<(Space, u32, u32)> {
    let mut reads = vec![
        (pass.a_space, 0, pass.a),
        (pass.b_space, pass.b_phase, pass.b),
        (pass.c_space, pass.c_phase, pass.c),
    ];
    if pass.spiking == 1 {
        reads.push((Space::State, pass.membrane_phase, pass.membrane));
    }
    let register = |space: &Space| matches!(space, Space::Nothing | Space::Level | Space::Maximum);
    reads.retain(|(space, ..)| !register(space));
    reads
}

/// Whether no memory is read twice in one phase.
fn reads_apart(pass: &Pass) -> bool {
    let reads = memory_reads(pass);
    let places: BTreeSet<(Space, u32)> =
        reads.iter().map(|(space, phase, _)| (*space, *phase)).collect();
    places.len() == reads.len()
}

/// Whether a pass writes over words that it reads only in their own place.
fn writes_apart(pass: &Pass, place: Place, unit: &PassUnit) -> bool {
    let words = channels(pass, place).div_ceil(unit.elements as usize) as u32;
    let mut writes = vec![];
    match pass.destination {
        Destination::Nothing => {}
        Destination::Temporaries => writes.push((Space::Temporaries, pass.write)),
        Destination::State => writes.push((Space::State, pass.write)),
    }
    if pass.spiking == 1 {
        writes.push((Space::State, pass.membrane));
    }
    let fine = |(space, first): &(Space, u32)| {
        memory_reads(pass)
            .iter()
            .all(|(read, _, from)| read != space || from == first || from.abs_diff(*first) >= words)
    };
    let store = !matches!(pass.emit, Emit::Keys | Emit::Values) || unit.digits > 0;
    store && writes.iter().all(fine)
}
