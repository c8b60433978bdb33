//! How many fraction bits of a value are of use: what its only reader would take away from it in a pass of
//! its own is not made in the first place.

use super::composer::Composer;
use super::value::Value;
use weights::network::Operation;

impl Composer<'_> {
    /// The most fraction bits of the value of the operation at hand, at most `bound`, that are of use.
    pub(super) fn useful(&self, bound: f64) -> i64 {
        let output = self.operation().output();
        let mut readers = self.network.operations.iter().filter(|it| it.inputs().contains(&output));
        let (Some(reader), None) = (readers.next(), readers.next()) else { return i64::MAX };
        match reader {
            _ if output == self.network.output => i64::MAX,
            Operation::Add { left, right, .. } if left != right => {
                let other = if left == output { right } else { left };
                match self.known_value(other) {
                    // The finer of the two comes down to the other, or to the sum.
                    Some(Value::Vector(other)) if other.unit == 1.0 => {
                        self.fraction(bound + other.bound).max(other.fraction)
                    }
                    _ => i64::MAX,
                }
            }
            Operation::Wkv { key, bonus, .. } if key == output => {
                self.exponent_fraction(bound, bonus.values())
            }
            _ => i64::MAX,
        }
    }
}
