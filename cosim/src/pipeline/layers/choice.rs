//! Which form of the array a run would do best with: cells × cycles of each, without a synthesis.
//!
//! ```text
//!  jobs ──► an engine a form ──► estimates ────► cells  ─┐
//!             trains ──────────► form_cycles ──► cycles ─┴─► least cells × cycles
//! ```
//!
//! All engines fetch as many weights a cycle, so what differs is what they do with absent spikes
//! and what it costs them.

use super::{Job, Lowered};
use crate::harness::Layer;
use crate::pipeline::PipelineError;
use firmware::engine::{EngineError, EngineParameters};
use hdl::language::check::check;
use hdl::language::cost::{Cells, estimate};
use std::fmt;
use weights::config::Form;

/// Most weights of a run for which baked engines are priced: more are no candidate, and would take
/// long.
const PRICED_WEIGHTS_MAX: u64 = 1 << 14;
/// Depths that an engine may need to be mended: of its weights and of its trains.
const MENDED_MAX: usize = 4;

/// A form, and what the run would take with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FormCost {
    /// The form.
    pub form: Form,
    /// Cells and memories of all its engines.
    pub cells: Cells,
    /// Cycles of all vectors of all matrices, one matrix after the other.
    pub cycles: u64,
}

/// The forms that were priced, best first.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Their costs.
    pub costs: Vec<FormCost>,
    /// Forms without a price, and why.
    pub refused: Vec<(Form, String)>,
    /// Part of the columns in which any plane spikes, over all vectors.
    pub density: f64,
}

impl FormCost {
    /// Cells × cycles.
    pub fn product(&self) -> f64 {
        self.cells.cells() as f64 * self.cycles as f64
    }
}

impl Choice {
    /// Prices every form for a run.
    ///
    /// # Errors
    /// If a generated engine does not pass its check.
    pub fn of(lowered: &Lowered) -> Result<Choice, PipelineError> {
        let (mut costs, mut refused) = (vec![], vec![]);
        for form in [Form::Dense, Form::Event, Form::Baked] {
            match price(lowered, form)? {
                Ok(cost) => costs.push(cost),
                Err(why) => refused.push((form, why)),
            }
        }
        costs.sort_by(|a, b| a.product().total_cmp(&b.product()));
        let columns = |job: &Job| job.records.len() * job.layer.tiling.columns;
        let spiking = |job: &Job| -> usize {
            job.records
                .iter()
                .flat_map(|record| &record.counts)
                .filter(|&&count| count != 0)
                .count()
        };
        let sum = |of: &dyn Fn(&Job) -> usize| lowered.jobs.iter().map(of).sum::<usize>();
        let density = sum(&spiking) as f64 / sum(&columns).max(1) as f64;
        Ok(Choice { costs, refused, density })
    }
}

/// The cost of a form, or why it has none.
fn price(lowered: &Lowered, form: Form) -> Result<Result<FormCost, String>, PipelineError> {
    if form == Form::Baked && lowered.weight_count() > PRICED_WEIGHTS_MAX {
        return Ok(Err(format!("priced up to {PRICED_WEIGHTS_MAX} weights in all")));
    }
    let Some(mut engine) = with_form(&lowered.engine, form) else {
        return Ok(Err("its lanes are no multiple of its slots".to_owned()));
    };
    let mut layers = vec![];
    for job in &lowered.jobs {
        match fitted(&mut engine, job) {
            Ok(layer) => layers.push(layer),
            Err(error) => return Ok(Err(error)),
        }
    }
    // One engine serves all matrices where the weights are loaded.
    let built = if form == Form::Baked { layers.len() } else { layers.len().min(1) };
    let mut cells = Cells::default();
    for layer in layers.iter().rev().take(built) {
        let layer = Layer { engine: deepest(&layer.engine, &engine), ..layer.clone() };
        cells = cells + estimate(&check(&layer.generator().module())?);
    }
    let cycles = layers.iter().zip(&lowered.jobs);
    let cycles = cycles.map(|(layer, job)| layer.predicted(&job.vectors()).pop().unwrap_or(0));
    Ok(Ok(FormCost { form, cells, cycles: cycles.sum() }))
}

/// The engine in another form that fetches as many weights a cycle.
fn with_form(engine: &EngineParameters, form: Form) -> Option<EngineParameters> {
    let EngineParameters { lanes, slots, .. } = *engine;
    let lanes = match (engine.form, form) {
        (Form::Dense | Form::Baked, Form::Event) => lanes * slots,
        (Form::Event, Form::Dense) if lanes.is_multiple_of(slots) => lanes / slots,
        (Form::Event, Form::Dense) => return None,
        _ => lanes,
    };
    // As many results a beat as before, or as many as there are lanes.
    let neurons = engine.neurons.min(lanes);
    Some(EngineParameters { form, lanes, neurons, ..*engine })
}

/// The layer of a job on an engine whose memories are made as deep as it needs them.
fn fitted(engine: &mut EngineParameters, job: &Job) -> Result<Layer, String> {
    let tiling = &job.layer.tiling;
    let (rows, columns) = (tiling.rows, tiling.columns);
    *engine = engine.for_matrix(rows, columns).map_err(|error| error.to_string())?;
    let mut result = Ok(());
    for _ in 0..MENDED_MAX {
        let tiled = engine.tiling(rows, columns).map_err(|error| error.to_string())?;
        result = engine.check().and_then(|()| engine.check_layer(&tiled, job.plane_count_max));
        let depth = match &result {
            Err(EngineError::Capacity { parameter: "weight_depth", needed, .. }) => {
                (&mut engine.weight_depth, *needed)
            }
            Err(EngineError::Capacity { parameter: "spike_depth", needed, .. }) => {
                (&mut engine.spike_depth, *needed)
            }
            _ => break,
        };
        *depth.0 = depth.1.next_power_of_two();
    }
    result.map_err(|error| error.to_string())?;
    let thresholds = job.layer.thresholds.clone();
    let shape = (rows, columns);
    Layer::new(engine, shape, &job.layer.trits, thresholds, job.layer.steps)
        .map_err(|error| error.to_string())
}

/// `engine` with the memories of the last one, which has seen every layer.
fn deepest(engine: &EngineParameters, last: &EngineParameters) -> EngineParameters {
    let EngineParameters { weight_depth, spike_depth, .. } = *last;
    EngineParameters { weight_depth, spike_depth, ..*engine }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((best, others)) = self.costs.split_first() else {
            return f.write_str("no form was priced");
        };
        let text = |cost: &FormCost| {
            let kilocells = cost.cells.cells() as f64 * 1e-3;
            format!("{kilocells:.1} k cells x {} cycles", cost.cycles)
        };
        let density = 100.0 * self.density;
        let name = best.form.name();
        write!(f, "{name} takes least, {density:.0} % of the columns spike: {}", text(best))?;
        for cost in others {
            let times = cost.product() / best.product();
            write!(f, "; {} {times:.1} times that, {}", cost.form.name(), text(cost))?;
        }
        for (form, why) in &self.refused {
            write!(f, "; {} left out: {why}", form.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_product_comes_first_and_says_why() {
        let cost = |form, luts, cycles| FormCost {
            form,
            cells: Cells { luts, ..Cells::default() },
            cycles,
        };
        let costs = vec![cost(Form::Event, 3000, 20), cost(Form::Dense, 2000, 60)];
        let refused = vec![(Form::Baked, "it is too large".to_owned())];
        let choice = Choice { costs, refused, density: 0.25 };
        assert_eq!(
            choice.to_string(),
            "event takes least, 25 % of the columns spike: 3.0 k cells x 20 cycles; dense 2.0 \
             times that, 2.0 k cells x 60 cycles; baked left out: it is too large"
        );
    }
}
