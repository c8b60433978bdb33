//! The second stage: a function of one number, from a table with linear interpolation.
//!
//! | function | table covers | largest error |
//! |---|---|---|
//! | sigmoid, Φ, tanh | −8..8, saturated beyond | 2^-12 |
//! | e^x, 2^x | −16..0 | 2^-12 |
//! | 1/x | any x > 0, by its leading bit | 2^-15 relative |

use crate::numeric::fixed_point::bit_length;
use crate::numeric::round_shift;
use std::sync::LazyLock;

/// Segments of a table.
pub const SEGMENTS: usize = 256;
/// Index bits of a table.
pub const SEGMENT_WIDTH: u32 = 8;
/// Bits of an entry and of the step to the next, two's complement.
pub const ENTRY_WIDTH: u32 = 18;

/// A function as a table over `low .. low + 2^span`, in units of its argument; beyond either end the
/// argument saturates. Between two entries the value is interpolated.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FunctionTable {
    /// Its name in listings and in the Verilog.
    pub name: String,
    /// Smallest argument.
    pub low: i64,
    /// Bits of the range, 9..=24.
    pub span: u32,
    /// The 257 values at the borders of the segments, [`ENTRY_WIDTH`] bits each.
    pub entries: Vec<i64>,
}

/// Why a function has no table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// The range of the argument.
    #[error(
        "table `{name}`: a range of 2^{span} is outside 2^9..=2^24; give its argument another unit"
    )]
    Span {
        /// The table.
        name: String,
        /// Bits of the range.
        span: u32,
    },
    /// A value does not fit.
    #[error(
        "table `{name}`: the value {value} needs more than 18 bits; give its result a larger unit"
    )]
    Value {
        /// The table.
        name: String,
        /// The value.
        value: i64,
    },
}

impl FunctionTable {
    /// Tabulates `function` over arguments `low .. low + 2^span`, each times `unit`; results are
    /// `function · 2^fraction`.
    ///
    /// # Errors
    /// If the range or a value does not fit.
    pub fn new(
        name: &str,
        (low, span): (i64, u32),
        unit: f64,
        fraction: u32,
        function: impl Fn(f64) -> f64,
    ) -> Result<FunctionTable, TableError> {
        let name = name.to_owned();
        if !(9..=24).contains(&span) {
            return Err(TableError::Span { name, span });
        }
        let entry = |index: usize| {
            let argument = low as f64 + (index as f64) * f64::from(span - SEGMENT_WIDTH).exp2();
            (function(argument * unit) * f64::from(fraction).exp2()).round() as i64
        };
        let entries: Vec<i64> = (0..=SEGMENTS).map(entry).collect();
        let limit = 1i64 << (ENTRY_WIDTH - 1);
        let steps = entries.windows(2).map(|pair| pair[1] - pair[0]);
        let fits = |value: &i64| (-limit..limit).contains(value);
        if let Some(value) = entries.iter().copied().chain(steps).find(|value| !fits(value)) {
            return Err(TableError::Value { name, value });
        }
        Ok(FunctionTable { name, low, span, entries })
    }

    /// The value at `x`.
    #[inline]
    pub fn value(&self, x: i64) -> i64 {
        let offset = (x - self.low).clamp(0, (1 << self.span) - 1);
        let fraction_width = self.span - SEGMENT_WIDTH;
        let segment = (offset >> fraction_width) as usize;
        let fraction = offset & ((1 << fraction_width) - 1);
        let entry = self.entries[segment];
        entry + round_shift((self.entries[segment + 1] - entry) * fraction, fraction_width)
    }
}

/// `2^16 / m` for m in 1..2 of 16 fraction bits: what [`normalised_reciprocal`] looks up.
pub static RECIPROCAL: LazyLock<FunctionTable> = LazyLock::new(|| {
    FunctionTable::new("reciprocal", (1 << 16, 16), f64::from(-16).exp2(), 16, |m| 1.0 / m)
        .expect("1/m is between a half and one")
});

/// `1 / x` as `mantissa · 2^-(16 + length)`: (mantissa, length). (0, 0) where x is not positive.
#[inline]
pub fn normalised_reciprocal(x: i64) -> (i64, u32) {
    if x <= 0 {
        return (0, 0);
    }
    let length = bit_length(x) - 1;
    let normalised = if length >= 16 { x >> (length - 16) } else { x << (16 - length) };
    (RECIPROCAL.value(normalised), length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worst(table: &FunctionTable, unit: f64, fraction: u32, function: fn(f64) -> f64) -> f64 {
        let error = |x: i64| {
            (table.value(x) as f64 * (-f64::from(fraction)).exp2() - function(x as f64 * unit))
                .abs()
        };
        (table.low..table.low + (1 << table.span)).map(error).fold(0.0, f64::max)
    }

    #[test]
    fn tables_keep_their_error_over_their_whole_range() {
        let unit = f64::from(-10).exp2();
        let sigmoid: fn(f64) -> f64 = |x| 1.0 / (1.0 + (-x).exp());
        type Case = (&'static str, (i64, u32), fn(f64) -> f64);
        let cases: [Case; 3] = [
            ("sigmoid", (-8192, 14), sigmoid),
            ("tanh", (-8192, 14), f64::tanh),
            ("exp", (-16384, 14), f64::exp),
        ];
        for (name, range, function) in cases {
            let table = FunctionTable::new(name, range, unit, 16, function).unwrap();
            let error = worst(&table, unit, 16, function);
            assert!(error <= f64::from(-11).exp2(), "{name}: {error}");
            // Beyond its range it has the value of its end.
            assert_eq!(table.value(range.0 - 1_000_000), table.entries[0]);
        }
    }

    #[test]
    fn reciprocals_are_exact_to_two_to_the_minus_15() {
        for x in (1..70_000).chain((0..40).map(|bit| (1i64 << bit) + (1 << bit) / 3)) {
            let (mantissa, length) = normalised_reciprocal(x);
            let value = mantissa as f64 * (-f64::from(16 + length)).exp2();
            let error = (value * x as f64 - 1.0).abs();
            assert!(error < f64::from(-15).exp2(), "{x}: {error}");
        }
        assert_eq!(normalised_reciprocal(0), (0, 0));
        assert_eq!(normalised_reciprocal(-7), (0, 0));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let large = FunctionTable::new("large", (0, 12), 1.0, 16, |x| x).unwrap_err();
        assert!(large.to_string().contains("needs more than 18 bits"), "{large}");
        let narrow = FunctionTable::new("narrow", (0, 8), 1.0, 0, |x| x).unwrap_err();
        assert!(narrow.to_string().contains("outside 2^9"), "{narrow}");
    }
}
