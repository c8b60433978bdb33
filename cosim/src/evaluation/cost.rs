//! What trains cost: planes and spikes over the synapses that they pass.

use crate::reference::machine::TrainCost;
use serde::Serialize;
use std::ops::Add;
use weights::numeric::Radix;

/// The cost of trains in one radix, summed over synapses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Cost {
    planes: f64,
    spikes: f64,
}

/// What the inputs of ternary matrices cost, in either radix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Costs {
    synapses: f64,
    bitwise: Cost,
    unary: Cost,
}

impl Costs {
    /// Adds one train that flows through a matrix of `rows × columns`.
    pub fn count(&mut self, rows: usize, columns: usize, bitwise: TrainCost, unary: TrainCost) {
        let (rows, columns) = (rows as f64, columns as f64);
        self.synapses += rows * columns;
        for (sum, train) in [(&mut self.bitwise, bitwise), (&mut self.unary, unary)] {
            sum.planes += f64::from(train.planes) * rows * columns;
            sum.spikes += f64::from(train.spikes) * rows;
        }
    }

    /// Mean planes of a train; nothing where no train flowed.
    pub fn planes(&self, radix: Radix) -> Option<f64> {
        (self.synapses > 0.0).then(|| self.cost(radix).planes / self.synapses)
    }

    /// Mean spikes of a synapse; nothing where no train flowed.
    pub fn spikes(&self, radix: Radix) -> Option<f64> {
        (self.synapses > 0.0).then(|| self.cost(radix).spikes / self.synapses)
    }

    fn cost(&self, radix: Radix) -> Cost {
        match radix {
            Radix::Bitwise => self.bitwise,
            Radix::Unary => self.unary,
        }
    }
}

impl Add for Costs {
    type Output = Costs;

    fn add(self, other: Costs) -> Costs {
        let add =
            |a: Cost, b: Cost| Cost { planes: a.planes + b.planes, spikes: a.spikes + b.spikes };
        Costs {
            synapses: self.synapses + other.synapses,
            bitwise: add(self.bitwise, other.bitwise),
            unary: add(self.unary, other.unary),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_over_synapses() {
        let cost = |counts: &[i32]| {
            [Radix::Bitwise, Radix::Unary].map(|radix| TrainCost::of(counts, radix))
        };
        let mut costs = Costs::default();
        assert_eq!((costs.planes(Radix::Unary), costs.spikes(Radix::Bitwise)), (None, None));
        // 5 = 101, -2 = 10: three planes, three spikes; unary five and seven
        let [bitwise, unary] = cost(&[5, -2, 0, 0]);
        costs.count(2, 4, bitwise, unary);
        assert_eq!(
            (costs.planes(Radix::Bitwise), costs.spikes(Radix::Bitwise)),
            (Some(3.0), Some(0.75))
        );
        assert_eq!(
            (costs.planes(Radix::Unary), costs.spikes(Radix::Unary)),
            (Some(5.0), Some(1.75))
        );
        let [bitwise, unary] = cost(&[1, 0, 0, 0]);
        let mut other = Costs::default();
        other.count(6, 4, bitwise, unary);
        let both = costs + other;
        assert_eq!(both.planes(Radix::Bitwise), Some((3.0 * 2.0 + 6.0) / 8.0));
        assert_eq!(both.spikes(Radix::Unary), Some((7.0 * 2.0 + 6.0) / 32.0));
    }
}
