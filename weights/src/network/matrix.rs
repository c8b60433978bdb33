//! Stored numbers: ternary matrices, float tables and float parameters, and how they serialise.

use crate::numeric::Trit;
use serde::{Serialize, Serializer};

/// A matrix of trits with one scale: `y = scale · W·x`.
#[derive(Clone, Debug, PartialEq)]
pub struct TernaryMatrix {
    /// Name, such as `blocks.1.ffn.up`.
    pub name: String,
    /// Outputs.
    pub rows: usize,
    /// Inputs.
    pub columns: usize,
    /// Row-major, `rows × columns`, each −1, 0 or +1.
    pub trits: Vec<Trit>,
    /// The value of +1; positive and finite.
    pub scale: f32,
}

impl TernaryMatrix {
    /// The trits of one output row.
    ///
    /// # Panics
    /// If `row` is not below [`rows`](TernaryMatrix::rows).
    pub fn row(&self, row: usize) -> &[Trit] {
        &self.trits[row * self.columns..(row + 1) * self.columns]
    }

    /// Shape, scale and population, as the network file states them.
    pub fn summary(&self) -> MatrixSummary {
        let population = |wanted: Trit| self.trits.iter().filter(|&&trit| trit == wanted).count();
        MatrixSummary {
            name: self.name.clone(),
            rows: self.rows,
            columns: self.columns,
            scale: self.scale,
            minus_count: population(-1),
            zero_count: population(0),
            plus_count: population(1),
            checksum: checksum(self.trits.iter().map(|&trit| trit as u8)),
        }
    }
}

impl Serialize for TernaryMatrix {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.summary().serialize(serializer)
    }
}

/// What the network file says of a ternary matrix.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MatrixSummary {
    /// Name of the matrix.
    pub name: String,
    /// Outputs.
    pub rows: usize,
    /// Inputs.
    pub columns: usize,
    /// The value of +1.
    pub scale: f32,
    /// Weights of −1.
    pub minus_count: usize,
    /// Weights of 0.
    pub zero_count: usize,
    /// Weights of +1.
    pub plus_count: usize,
    /// FNV-1a of the trits, one byte each, row-major.
    pub checksum: String,
}

/// A float matrix that is read by row (an embedding) or multiplied (an output head).
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Entries, such as token ids.
    pub rows: usize,
    /// Width of an entry.
    pub columns: usize,
    /// Row-major, `rows × columns`.
    pub values: Vec<f32>,
}

impl Table {
    /// One entry.
    ///
    /// # Panics
    /// If `row` is not below [`rows`](Table::rows).
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Summary {
            rows: usize,
            columns: usize,
            minimum: f32,
            maximum: f32,
            checksum: String,
        }
        let (minimum, maximum) = extremes(&self.values);
        Summary {
            rows: self.rows,
            columns: self.columns,
            minimum,
            maximum,
            checksum: float_checksum(&self.values),
        }
        .serialize(serializer)
    }
}

/// The learned numbers of one operation, one per channel: norm weights, biases, decays.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters(pub Vec<f32>);

impl Parameters {
    /// One number for each channel.
    pub fn values(&self) -> &[f32] {
        &self.0
    }
}

impl From<Vec<f32>> for Parameters {
    fn from(values: Vec<f32>) -> Parameters {
        Parameters(values)
    }
}

impl Serialize for Parameters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Summary {
            width: usize,
            minimum: f32,
            maximum: f32,
            checksum: String,
        }
        let (minimum, maximum) = extremes(&self.0);
        let checksum = float_checksum(&self.0);
        Summary { width: self.0.len(), minimum, maximum, checksum }.serialize(serializer)
    }
}

fn extremes(values: &[f32]) -> (f32, f32) {
    let first = values.first().copied().unwrap_or(0.0);
    values.iter().fold((first, first), |(low, high), &value| (low.min(value), high.max(value)))
}

fn float_checksum(values: &[f32]) -> String {
    checksum(values.iter().flat_map(|value| value.to_le_bytes()))
}

/// FNV-1a over 64 bits, as hexadecimal digits: tells weights apart at a glance. The manifest's
/// digests are what guards files.
pub(super) fn checksum(bytes: impl Iterator<Item = u8>) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let hash = bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("{hash:016x}")
}
