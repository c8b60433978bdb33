//! Quantising a network of any family: matrix after matrix, each with the inputs that those before
//! it give, and what the result is worth.

use crate::reference::float::{FloatExecutor, Part, Site};
use crate::reference::{Predictor, ReferenceError, Score, score_each};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Add;
use weights::calibration::{CalibrationError, count_threshold, draw_id};
use weights::import::{Material, Quantised};
use weights::llama::LlamaMatrix;
use weights::network::{DigitMatrix, Network, Operation, SpikeCode};
use weights::quantise::{Curvature, FloatMatrix, Hessian, QuantiseError, Recipe, quantise_matrix};

/// Fewest ids of a calibration: fewer say nothing about any model.
const IDS_MIN: usize = 16;

/// Why a network cannot be quantised or scored.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// It cannot be executed.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// A matrix cannot be quantised, or there is too little text.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
}

impl From<QuantiseError> for WalkError {
    fn from(error: QuantiseError) -> WalkError {
        WalkError::Calibration(error.into())
    }
}

/// Quantises every matrix of material by a recipe. `tick` is called once a matrix.
///
/// Memory beside the model: its matrices in double precision, the vectors of all calibration ids
/// that are read again, and for the widest matrix four squares of its columns, of 8 bytes a number.
///
/// # Errors
/// If the texts do not fit the model or are too short, or a matrix cannot be quantised.
pub fn quantise_network(
    material: &Material,
    texts: &[Vec<u32>],
    recipe: &Recipe,
    mut tick: impl FnMut(),
) -> Result<Quantised, WalkError> {
    recipe.check()?;
    let mut integers = |matrix: &FloatMatrix, curvature: Option<&Curvature>| {
        tick();
        match quantise_matrix(matrix, curvature, recipe)? {
            LlamaMatrix::Digits(terms) => Ok::<_, WalkError>(terms),
            LlamaMatrix::Float(_) => unreachable!("a quantised matrix holds integers"),
        }
    };
    let mut quantised = if recipe.needs_inputs() {
        let ids: usize = texts.iter().map(Vec::len).sum();
        if ids < IDS_MIN {
            return Err(CalibrationError::TooFewIds { ids, least: IDS_MIN }.into());
        }
        let mut known: Option<(String, Curvature)> = None;
        FloatExecutor::walk(&material.network, &material.floats, texts, |site| {
            let (_, curvature) = match known.take() {
                Some(known) if known.0 == site.input => known,
                _ => (site.input.to_owned(), curvature(site, recipe)?),
            };
            let terms = integers(site.matrix, Some(&curvature))?;
            known = Some((site.input.to_owned(), curvature));
            Ok::<_, WalkError>(terms)
        })?
    } else {
        let of = |(name, matrix): (&String, &FloatMatrix)| {
            Ok::<_, WalkError>((name.clone(), integers(matrix, None)?))
        };
        material.floats.iter().map(of).collect::<Result<_, _>>()?
    };
    unify_digits(&mut quantised);
    Ok(quantised)
}

/// What the inputs of a matrix say about its columns.
fn curvature(site: &Site<'_>, recipe: &Recipe) -> Result<Curvature, WalkError> {
    let mut hessian = Hessian::new(site.matrix.columns);
    for vectors in site.vectors() {
        hessian.add_vectors(&vectors);
    }
    Ok(Curvature::new(&site.matrix.name, &hessian, recipe.damping, recipe.act_order)?)
}

/// Gives the same term of every matrix the same digits: those of counts follow from the largest.
fn unify_digits(quantised: &mut BTreeMap<String, Vec<DigitMatrix>>) {
    let mut most: Vec<u32> = Vec::new();
    for terms in quantised.values() {
        most.resize(most.len().max(terms.len()), 1);
        most.iter_mut().zip(terms).for_each(|(most, term)| *most = term.digits.max(*most));
    }
    for terms in quantised.values_mut() {
        terms.iter_mut().zip(&most).for_each(|(term, &digits)| term.digits = digits);
    }
}

/// A model's own samples at temperature 1, where it continues texts: each begins with its begin or
/// end token, and ends before an end token. A seed means the same samples whatever the number of
/// threads.
///
/// # Errors
/// If a value overflows, or the model does not continue texts.
pub fn samples_of(
    executor: &FloatExecutor,
    seed: u64,
    (count, length): (usize, usize),
    tick: impl Fn() + Sync,
) -> Result<Vec<Vec<u32>>, ReferenceError> {
    let network = executor.network();
    let first = network.begin_token.or(network.end_tokens.first().copied()).unwrap_or(0);
    let first = first.min(network.vocabulary.saturating_sub(1) as u32);
    let length = length.min(network.context);
    let sample = |stream: usize| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream as u64);
        let (mut own, mut ids, mut logits) = (executor.clone(), vec![first], Vec::new());
        while ids.len() < length {
            own.predict(*ids.last().unwrap_or(&first), &mut logits)?;
            let drawn = draw_id(&logits, &mut random);
            let id = drawn.ok_or_else(|| ReferenceError::NotFinite {
                value: "logits".to_owned(),
                position: ids.len() - 1,
            })?;
            if id == first || network.end_tokens.contains(&id) {
                break;
            }
            ids.push(id);
        }
        tick();
        Ok(ids)
    };
    (0..count).into_par_iter().map(sample).collect()
}

/// What perplexities are of.
#[derive(Clone, Debug)]
pub enum Scored {
    /// All ids of a story but the first.
    Stories(Vec<Vec<u32>>),
    /// The class of each text.
    Classes(Vec<(Vec<u32>, usize)>),
}

impl Scored {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Scored::Stories(stories) => stories.len(),
            Scored::Classes(texts) => texts.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The perplexity of ids, or of classes: `exp` of the mean −ln p.
///
/// # Errors
/// The first error of a text.
pub fn perplexity(
    executor: &FloatExecutor,
    scored: &Scored,
    tick: impl Fn() + Sync,
) -> Result<f64, ReferenceError> {
    let scores = match scored {
        Scored::Stories(stories) => score_each(executor, stories, |score, _| {
            tick();
            score
        })?,
        Scored::Classes(texts) => {
            let nats = |(ids, answer): &(Vec<u32>, usize)| {
                let logits = executor.clone().read(ids)?.concat();
                tick();
                let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = logits.iter().map(|&logit| (logit - largest).exp()).sum();
                Ok(Score { nats: largest + sum.ln() - logits[*answer], scored: 1 })
            };
            let scores: Vec<Result<Score, ReferenceError>> = texts.par_iter().map(nats).collect();
            scores.into_iter().collect::<Result<_, _>>()?
        }
    };
    Ok(scores.into_iter().fold(Score::default(), Score::add).perplexity())
}

/// Mean spikes of an input of a matrix over texts, each input counted once for every row that it
/// reaches: bits of a count, which flow bitwise.
///
/// # Errors
/// If a text does not fit the network.
pub fn spikes_of(network: &Network, texts: &[Vec<u32>]) -> Result<f64, ReferenceError> {
    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    let mut counts: BTreeMap<&str, (&str, f64)> = BTreeMap::new();
    for operation in &network.operations {
        match operation {
            Operation::DigitLinear { input, matrix, .. } => {
                *rows.entry(input).or_default() += matrix.rows;
            }
            Operation::Encode { input, output, code: SpikeCode::Counts { mean_count } } => {
                counts.insert(output, (input, *mean_count));
            }
            _ => {}
        }
    }
    let inputs: BTreeSet<&str> = counts.values().map(|&(input, _)| input).collect();
    let executor = FloatExecutor::new(network)?;
    let (mut spikes, mut synapses) = (0.0, 0.0);
    let mut real: BTreeMap<String, BTreeMap<(usize, usize), Vec<f64>>> = BTreeMap::new();
    for ids in texts {
        real.clear();
        executor.clone().read_observed(ids, &mut |seen| {
            if seen.part != Part::Output {
                return;
            }
            let at = (seen.position, seen.step);
            if inputs.contains(seen.name) {
                real.entry(seen.name.to_owned()).or_default().insert(at, seen.values.to_vec());
            }
            let Some(&(input, mean_count)) = counts.get(seen.name) else { return };
            let Some(x) = real.get(input).and_then(|vectors| vectors.get(&at)) else { return };
            let reached = rows.get(seen.name).copied().unwrap_or(0) as f64;
            let unit = count_threshold(x, mean_count);
            let bits =
                |x: &f64| f64::from(((x / unit).round_ties_even().abs() as u64).count_ones());
            spikes += x.iter().map(bits).sum::<f64>() * reached;
            synapses += x.len() as f64 * reached;
        })?;
    }
    Ok(spikes / f64::max(synapses, 1.0))
}
