//! The float reference, with the cost of its counts.

use super::Costs;
use crate::reference::machine::TrainCost;
use crate::reference::{Predictor, Reference, ReferenceError};
use std::sync::Arc;
use weights::numeric::Radix;

/// A float reference that notes what its trains cost.
#[derive(Clone)]
pub(super) struct FloatPredictor {
    reference: Reference,
    /// Columns of the ternary matrices.
    columns: Arc<[usize]>,
    pub(super) costs: Costs,
}

impl FloatPredictor {
    pub(super) fn new(reference: Reference) -> FloatPredictor {
        let columns = reference.network().ternary_matrices().map(|matrix| matrix.columns).collect();
        FloatPredictor { reference, columns, costs: Costs::default() }
    }
}

impl Predictor for FloatPredictor {
    fn reset(&mut self) {
        self.reference.reset();
    }

    fn context(&self) -> usize {
        self.reference.network().context
    }

    fn predict(&mut self, id: u32, logits: &mut Vec<f64>) -> Result<(), ReferenceError> {
        let (columns, costs) = (&self.columns, &mut self.costs);
        let values = self.reference.step_observed(id, |event| {
            let cost = |radix| TrainCost::of(&event.input.counts, radix);
            let (bitwise, unary) = (cost(Radix::Bitwise), cost(Radix::Unary));
            costs.count(event.currents.len(), columns[event.matrix], bitwise, unary);
        })?;
        logits.clear();
        logits.extend(values.iter().map(|&logit| f64::from(logit)));
        Ok(())
    }
}
