//! `explore`: which machines a part holds, how fast they are, and which are worth building.
//!
//! ```text
//!  design ─► sweep ─► lower ─┬─► estimates ──────────────► cells, block RAM ─┐
//!                            └─► reference, cycle model ─► cycles, energy ───┼─► front ─► table
//!  part ──────────────────────────────────────────────────────────────────────┘    ├─► picture
//!                              Yosys, nextpnr, co-simulation ◄─ confirm ◄────────────┴─► designs
//! ```
//!
//! Nothing is synthesised or simulated unless points are to be confirmed.

pub(crate) mod activity;
mod confirm;
mod error;
mod exploration;
mod front;
mod grouped;
mod output;
mod parts;
mod picture;
mod point;
mod sweep;

#[cfg(test)]
mod tests;

pub use error::ExploreError;
pub use exploration::{Confirmed, Exploration, ExploreOptions};
pub use output::{files, table};
pub use parts::Part;
pub use point::{Misfit, Point};
pub use sweep::{Axes, Candidate, Machines};

use crate::bench::progress;
use firmware::lower::lower;
use point::{Outcome, Predictor};
use rayon::prelude::*;
use std::sync::atomic::Ordering;
use weights::config::{DesignFile, Form};
use weights::network::Network;

/// What machines the network can be, as far as the design tells.
pub fn machines(file: &DesignFile, network: &Network) -> Machines {
    let is_machine = |form: Form| {
        let file = file.with_settings(&[format!("array.form={}", form.name())]);
        file.is_ok_and(|file| lower(network, &file.design).is_ok())
    };
    match is_machine(Form::Event) {
        true => Machines::DenseOrEvents,
        false => Machines::Dense,
    }
}

/// Predicts every design of a sweep and finds the front.
///
/// # Errors
/// If nothing of the sweep is a machine, or nothing fits the part.
pub fn explore(
    file: &DesignFile,
    network: &Network,
    options: &ExploreOptions,
) -> Result<Exploration, ExploreError> {
    let ExploreOptions { axes, part, megahertz, prompt, tokens, predicted } = options;
    let clocked = (*part, *megahertz);
    if let Some((key, value)) = axes.unmet() {
        return Err(ExploreError::Unmet { key, value });
    }
    let predictor = Predictor::new(file, network, clocked, (prompt, *tokens));
    let candidates = axes.candidates(&file.design, machines(file, network));
    let arrival = if network.input().is_some() { "vector" } else { "token" };
    // Vectors have no prompt.
    let prompted = if network.input().is_some() { 0 } else { prompt.len() };
    let bar = progress(candidates.len() as u64, "predict");
    let predict = |candidate: &Candidate| {
        let outcome = predictor.predict(candidate);
        bar.inc(1);
        predicted.fetch_add(1, Ordering::Relaxed);
        outcome
    };
    let outcomes = candidates.par_iter().with_max_len(1).map(predict);
    let outcomes = outcomes.collect::<Result<Vec<Outcome>, ExploreError>>();
    bar.finish_and_clear();
    let (mut points, mut misfits, mut refusals) = (vec![], vec![], vec![]);
    for (index, outcome) in outcomes?.into_iter().enumerate() {
        match outcome {
            Outcome::Point(mut point) => {
                point.current = index == 0;
                points.push(*point);
            }
            Outcome::Misfit(misfit) => misfits.push(misfit),
            Outcome::Refused(reason) => refusals.push(reason),
        }
    }
    if points.is_empty() {
        return Err(nothing(network, *part, &misfits, &refusals));
    }
    points.sort_by(|a, b| {
        let slower = b.tokens_per_second.total_cmp(&a.tokens_per_second);
        a.cells.cmp(&b.cells).then(slower).then_with(|| a.id.cmp(&b.id))
    });
    find_front(&mut points);
    Ok(Exploration {
        design: file.design.name.clone(),
        network: network.name.clone(),
        part: *part,
        megahertz: *megahertz,
        arrival,
        tokens: [prompted, *tokens],
        candidates: candidates.len(),
        refused: refusals.len(),
        first_refusal: refusals.into_iter().next(),
        prices: firmware::energy::PRICES.to_vec(),
        points,
        misfits,
        confirmed: vec![],
    })
}

/// Why there is no point: nothing is a machine, or the nearest machine is too large.
fn nothing(network: &Network, part: Part, misfits: &[Misfit], refusals: &[String]) -> ExploreError {
    let nearest = misfits.iter().min_by(|a, b| a.excess().total_cmp(&b.excess()));
    let Some(nearest) = nearest else {
        let first = refusals.first().and_then(|reason| reason.lines().next());
        return ExploreError::NoMachine {
            count: refusals.len(),
            network: network.name.clone(),
            reason: first.unwrap_or("it has no values to sweep").to_owned(),
            remedy: "sweep other values, or change the design as it says",
        };
    };
    ExploreError::NothingFits {
        count: misfits.len(),
        part: part.name,
        nearest: nearest.id.clone(),
        resource: nearest.resource,
        used: nearest.used,
        available: nearest.available,
        option: match nearest.resource {
            "multipliers" => "--elements",
            "block RAMs" => "--slots and --lanes, a shorter machine.context",
            _ => "--lanes, --slots and --planes",
        },
    }
}

/// A name, and a measure of which the point with the least gets it.
type Corner = (&'static str, fn(&Point) -> f64);

/// What a point of the front can be best at.
const CORNERS: [Corner; 4] = [
    ("smallest", |point| point.cells as f64),
    ("fastest", |point| -point.tokens_per_second),
    ("least energy", |point| point.nanojoules_per_token),
    ("most speed a cell", |point| -point.tokens_per_second / point.cells as f64),
];

/// Marks the front and names its corners.
fn find_front(points: &mut [Point]) {
    let measured: Vec<_> =
        points.iter().map(|point| (point.counts(), point.objectives())).collect();
    for (point, front) in points.iter_mut().zip(front::front(&measured)) {
        point.front = front;
    }
    let places: Vec<(f64, f64)> =
        points.iter().map(|point| (point.cells as f64, point.tokens_per_second)).collect();
    for index in front::staircase(&places) {
        points[index].line = true;
    }
    for (name, less) in CORNERS {
        let best = points.iter_mut().filter(|point| point.front);
        if let Some(point) = best.min_by(|a, b| less(a).total_cmp(&less(b))) {
            point.names.push(name);
        }
    }
}
