//! Measured against asked for.

use std::fmt;

use serde::Serialize;

/// What a target is about, with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Cells, each a LUT4 with or without a carry (`TRELLIS_COMB`).
    Cells,
    /// Cells for each synapse that is evaluated in a cycle.
    CellsPerSynapse,
    /// Highest clock in MHz, the median of the seeds.
    Megahertz,
    /// Speed as a share of the yardstick's, 1 is equal; the median of the rounds.
    RelativeSpeed,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cells => "cells",
            Self::CellsPerSynapse => "cells/synapse",
            Self::Megahertz => "MHz",
            Self::RelativeSpeed => "x",
        })
    }
}

/// The side on which a target lies, and the target itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
}

impl Limit {
    /// Whether a measured value is on the right side; a value that is no number is not.
    pub fn admits(self, measured: f64) -> bool {
        match self {
            Self::AtMost(limit) => measured <= limit,
            Self::AtLeast(limit) => measured >= limit,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit) => write!(f, "<= {limit}"),
            Self::AtLeast(limit) => write!(f, ">= {limit}"),
        }
    }
}

/// One target and what was measured for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// What was measured.
    pub what: String,
    /// Which of its quantities.
    pub quantity: Quantity,
    /// The value.
    pub measured: f64,
    /// The target.
    pub limit: Limit,
    /// Whether the target is reached.
    pub met: bool,
}

impl Verdict {
    pub(crate) fn new(what: &str, quantity: Quantity, measured: f64, limit: Limit) -> Verdict {
        Verdict { what: what.to_owned(), quantity, measured, limit, met: limit.admits(measured) }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict { what, quantity, measured, limit, met } = self;
        let word = if *met { "met   " } else { "MISSED" };
        write!(f, "{word}  {what}: {measured:.2} {quantity}, target {limit}")
    }
}

/// Median and extremes of repeated measurements.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The middle value; of an even number of values the lower of the two.
    pub median: f64,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
}

impl Spread {
    /// The spread of some values, none if there are none.
    pub fn of(values: &[f64]) -> Option<Spread> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        Some(Spread { median: sorted[(sorted.len() - 1) / 2], min, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_includes_itself_and_excludes_no_number() {
        assert!(Limit::AtMost(5.2).admits(5.2) && !Limit::AtMost(5.2).admits(5.21));
        assert!(Limit::AtLeast(150.0).admits(150.0) && !Limit::AtLeast(150.0).admits(149.9));
        assert!(!Limit::AtMost(1.0).admits(f64::NAN) && !Limit::AtLeast(1.0).admits(f64::NAN));
    }

    #[test]
    fn the_median_of_an_even_number_is_the_lower_one() {
        let spread = Spread::of(&[3.0, 1.0, 4.0, 2.0]);
        assert_eq!(spread, Some(Spread { median: 2.0, min: 1.0, max: 4.0 }));
        assert_eq!(Spread::of(&[]), None);
    }
}
