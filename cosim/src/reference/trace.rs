//! The vectors of a run: what the co-simulation feeds to the hardware and compares.

use super::{Reference, ReferenceError};

/// One vector of one matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorRecord {
    /// Position of the token in its text.
    pub position: usize,
    /// Input counts, one a column.
    pub counts: Vec<i32>,
    /// The value of a count of one.
    pub threshold: f32,
    /// n, where the threshold is `2^n` by definition.
    pub exponent: Option<i32>,
    /// Currents `W · counts`, one a row.
    pub currents: Vec<i64>,
}

/// The vectors of every matrix, in the order of the tokens.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Trace {
    /// By matrix, indexed as [`weights::network::Network::ternary_matrices`] lists them.
    pub matrices: Vec<Vec<VectorRecord>>,
}

impl Trace {
    /// Runs `ids` as one text from position 0 and records every vector.
    ///
    /// # Errors
    /// As [`Reference::step`].
    pub fn record(reference: &mut Reference, ids: &[u32]) -> Result<Trace, ReferenceError> {
        reference.reset();
        let mut matrices = vec![Vec::new(); reference.network().ternary_matrices().count()];
        for &id in ids {
            reference.step_observed(id, |event| {
                matrices[event.matrix].push(VectorRecord {
                    position: event.position,
                    counts: event.input.counts.clone(),
                    threshold: event.input.threshold,
                    exponent: event.input.exponent,
                    currents: event.currents.to_vec(),
                });
            })?;
        }
        Ok(Trace { matrices })
    }

    /// Vectors of all matrices together.
    pub fn vector_count(&self) -> usize {
        self.matrices.iter().map(Vec::len).sum()
    }
}
