//! What the fields of an instruction say together.

use super::{Follow, Function, Join, Matrix, Multiply, Pass, Space, Theta};
use weights::numeric::pass::{Reduction, Rule};

impl Matrix {
    /// How many vectors of their own it has; none if it reads a train. `attended` is p.
    pub fn vector_count(&self, attended: u32) -> u32 {
        match self.within {
            1 => attended % self.vectors.max(1) + 1,
            _ => self.vectors,
        }
    }
}

/// The stage behind which the words of a pass are results: the last that does something to them. What is
/// behind it takes no cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// Operands are joined.
    Join,
    /// The function is found and multiplied.
    Product,
    /// The neuron has spiked.
    Neuron,
}

impl Exit {
    /// All, in the order of the stages.
    pub const ALL: [Exit; 3] = [Exit::Join, Exit::Product, Exit::Neuron];
}

impl Pass {
    /// Where its words leave the stages.
    pub fn exit(&self) -> Exit {
        let joined = self.function == Function::Nothing
            && (self.multiply, self.shift) == (Multiply::One, 0)
            && self.follow == Follow::Nothing;
        match (self.spiking, joined) {
            (1, _) => Exit::Neuron,
            (_, true) => Exit::Join,
            (_, false) => Exit::Product,
        }
    }

    /// Whether it reads its scalar.
    pub fn reads_scalar(&self) -> bool {
        self.multiply == Multiply::Scalar || self.follow != Follow::Nothing
    }

    /// The rule of its neurons.
    pub fn rule(&self) -> Rule {
        Rule {
            leak: self.leak,
            quantiser: self.quantiser,
            levels: self.levels,
            bits: self.level_bits,
            reset: self.reset,
            theta: self.theta,
            threshold: self.threshold,
            remainder: self.remainder == 1,
        }
    }

    /// Its reduction.
    pub fn reduction(&self) -> Reduction {
        Reduction {
            reduce: self.reduce,
            finish: self.finish,
            factor: self.factor,
            shift: self.finish_shift,
        }
    }

    /// Whether b is read.
    pub fn reads_b(&self) -> bool {
        self.join.reads_b() || self.multiply == Multiply::B
    }

    /// Whether c is read.
    pub fn reads_c(&self) -> bool {
        let channel = self.spiking == 1 && self.theta == Theta::Channel;
        self.join.reads_c() || self.multiply == Multiply::C || channel
    }

    /// Cycles that each of its words is read for: one more than its last phase.
    pub fn phases(&self) -> u32 {
        1 + self.b_phase.max(self.c_phase).max(self.membrane_phase)
    }

    /// The same pass with the least phases in which no memory is read twice: a in phase 0, then b, c
    /// and the membrane each in the first phase in which their memory is free.
    pub fn phased(self) -> Pass {
        debug_assert!(self.join != Join::Take || self.a_space != Space::Nothing);
        let mut reads = vec![(self.a_space, 0)];
        let mut place = |space: Space| {
            let register = matches!(space, Space::Nothing | Space::Level | Space::Maximum);
            let is_free = |phase: &u32| register || !reads.contains(&(space, *phase));
            let phase = (0..=3).find(is_free).unwrap_or(3);
            reads.push((space, phase));
            phase
        };
        let b_phase = place(self.b_space);
        let c_phase = place(self.c_space);
        let membrane_phase = if self.spiking == 1 { place(Space::State) } else { 0 };
        Pass { b_phase, c_phase, membrane_phase, ..self }
    }
}
