//! Sums that several rows of a constant matrix share.
//!
//! ```text
//!  row 0   + a - b + c          p = a - b      row 0   p + c
//!  row 1   - a + b      ──►                    row 1   - p
//!  row 2   + a - b - d                         row 2   p - d
//! ```
//!
//! Greedy: the signed pair of terms that most rows contain becomes a sum of its own, over and over
//! (Paar's algorithm for constant matrices, here with signs); what no two rows share is then added
//! row by row, narrow sums first.

use std::collections::BTreeMap;
use weights::numeric::Trit;

/// A value: an input column, or behind the columns a sum.
pub type Value = usize;

/// One addition or subtraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// First operand.
    pub left: Value,
    /// What is added or subtracted.
    pub right: Value,
    /// Whether it is subtracted.
    pub subtract: bool,
    /// Largest magnitude: columns in it.
    pub magnitude: u32,
}

/// A constant matrix as sums.
#[derive(Clone, Debug)]
pub struct Sharing {
    /// Input columns: the values 0 to `columns`.
    pub columns: usize,
    /// The sums, each of values before it: the values from `columns` on.
    pub sums: Vec<Sum>,
    /// How many of them several rows share: the first ones.
    pub shared: usize,
    /// The value of each row and whether it is negated; nothing for a row of zeros.
    pub rows: Vec<Option<(Value, bool)>>,
}

/// Two values and whether they have opposite signs.
type Pair = (Value, Value, bool);

/// The terms of a row: value and whether it is negative.
type Terms = BTreeMap<Value, bool>;

fn pair_of((first, negative): (Value, bool), (second, other): (Value, bool)) -> Pair {
    (first.min(second), first.max(second), negative != other)
}

impl Sharing {
    /// Shares the sums of a matrix, given row by row.
    pub fn new(trits: &[Trit], columns: usize) -> Sharing {
        let terms = |row: &[Trit]| -> Terms {
            let spiking = row.iter().enumerate().filter(|(_, trit)| **trit != 0);
            spiking.map(|(column, &trit)| (column, trit < 0)).collect()
        };
        let mut rows: Vec<Terms> = trits.chunks(columns).map(terms).collect();
        let mut sharing = Sharing { columns, sums: vec![], shared: 0, rows: vec![] };
        sharing.share(&mut rows);
        sharing.shared = sharing.sums.len();
        sharing.rows = rows.into_iter().map(|terms| sharing.add_up(terms)).collect();
        sharing
    }

    /// Largest magnitude of a value.
    pub fn magnitude(&self, value: Value) -> u32 {
        value.checked_sub(self.columns).map_or(1, |sum| self.sums[sum].magnitude)
    }

    fn add(&mut self, left: Value, right: Value, subtract: bool) -> Value {
        let magnitude = self.magnitude(left) + self.magnitude(right);
        self.sums.push(Sum { left, right, subtract, magnitude });
        self.columns + self.sums.len() - 1
    }

    fn share(&mut self, rows: &mut [Terms]) {
        let mut counts: BTreeMap<Pair, usize> = BTreeMap::new();
        for terms in rows.iter() {
            let all: Vec<(Value, bool)> =
                terms.iter().map(|(&value, &sign)| (value, sign)).collect();
            for (index, &first) in all.iter().enumerate() {
                for &second in &all[index + 1..] {
                    *counts.entry(pair_of(first, second)).or_default() += 1;
                }
            }
        }
        while let Some(pair) = self.most_common(&counts) {
            let (left, right, opposite) = pair;
            let sum = self.add(left, right, opposite);
            for terms in rows.iter_mut() {
                let (Some(&sign), Some(&other)) = (terms.get(&left), terms.get(&right)) else {
                    continue;
                };
                if (sign != other) == opposite {
                    replace(terms, &mut counts, pair, (sum, sign));
                }
            }
        }
    }

    /// The pair in most rows, at least two; the narrowest of those, then the first.
    fn most_common(&self, counts: &BTreeMap<Pair, usize>) -> Option<Pair> {
        let width = |pair: &Pair| self.magnitude(pair.0) + self.magnitude(pair.1);
        let mut best: Option<(Pair, usize)> = None;
        for (&pair, &count) in counts.iter().filter(|(_, count)| **count > 1) {
            let better = best.is_none_or(|(known, most)| {
                count > most || (count == most && width(&pair) < width(&known))
            });
            if better {
                best = Some((pair, count));
            }
        }
        best.map(|(pair, _)| pair)
    }

    /// Adds what is left of a row, the two narrowest terms first.
    fn add_up(&mut self, terms: Terms) -> Option<(Value, bool)> {
        let mut left: Vec<(Value, bool)> = terms.into_iter().collect();
        while left.len() > 1 {
            // The narrowest last; the sort is stable, so equal ones keep their order.
            left.sort_by_key(|&(value, _)| std::cmp::Reverse(self.magnitude(value)));
            let (second, other) = left.pop()?;
            let (first, negative) = left.pop()?;
            let term = match (negative, other) {
                (true, false) => (self.add(second, first, true), false),
                _ => (self.add(first, second, negative != other), negative),
            };
            left.push(term);
        }
        left.pop()
    }
}

/// Replaces a pair of terms of one row by their sum, and keeps the counts of all pairs.
fn replace(
    terms: &mut Terms,
    counts: &mut BTreeMap<Pair, usize>,
    (left, right, _): Pair,
    sum: (Value, bool),
) {
    let mut forget = |pair: Pair| {
        if let Some(count) = counts.get_mut(&pair) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&pair);
            }
        }
    };
    let signs = [left, right].map(|value| (value, terms.remove(&value).unwrap_or_default()));
    forget(pair_of(signs[0], signs[1]));
    for (&value, &sign) in terms.iter() {
        signs.iter().for_each(|&gone| forget(pair_of((value, sign), gone)));
    }
    for (&value, &sign) in terms.iter() {
        *counts.entry(pair_of((value, sign), sum)).or_default() += 1;
    }
    terms.insert(sum.0, sum.1);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the sums make of spikes, row by row.
    fn evaluate(sharing: &Sharing, spikes: &[i64]) -> Vec<i64> {
        let mut values = spikes.to_vec();
        for sum in &sharing.sums {
            let right = values[sum.right];
            values.push(values[sum.left] + if sum.subtract { -right } else { right });
        }
        let row = |row: &Option<(Value, bool)>| {
            row.map_or(0, |(value, negated)| if negated { -values[value] } else { values[value] })
        };
        sharing.rows.iter().map(row).collect()
    }

    #[test]
    fn shared_sums_are_the_rows() {
        for (rows, columns) in [(1, 1), (5, 7), (16, 16), (30, 21)] {
            let trits: Vec<Trit> =
                (0..rows * columns).map(|at| (at * at / 3 % 3) as Trit - 1).collect();
            let sharing = Sharing::new(&trits, columns);
            for step in 0..9 {
                let spikes: Vec<i64> =
                    (0..columns).map(|column| (column * 7 + step * step) as i64 % 3 - 1).collect();
                let expected: Vec<i64> = trits
                    .chunks(columns)
                    .map(|row| row.iter().zip(&spikes).map(|(&w, s)| i64::from(w) * s).sum())
                    .collect();
                assert_eq!(evaluate(&sharing, &spikes), expected, "{rows} x {columns}");
            }
        }
    }

    #[test]
    fn equal_and_opposite_rows_cost_one_sum() {
        let sharing = Sharing::new(&[1, -1, 1, -1, -1, 1, 0, 0], 2);
        assert_eq!((sharing.sums.len(), sharing.shared), (1, 1));
        assert_eq!(sharing.rows, [Some((2, false)), Some((2, false)), Some((2, true)), None]);
    }
}
