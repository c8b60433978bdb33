//! A model's own samples: calibration text where there is no other.

use super::CalibrationError;
use super::LlamaExecutor;
use super::arithmetic::attend;
use ndarray::{Array2, Axis, s};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;

/// Samples at temperature 1, all of the same length, together: a batch shares every weight that is
/// read. Each begins with the model's begin token, and ends before that token or the end token
/// comes again. A seed means the same samples whatever the number of threads.
///
/// # Errors
/// If a value overflows.
pub fn samples(
    model: &LlamaExecutor,
    seed: u64,
    count: usize,
    length: usize,
    tick: impl Fn(),
) -> Result<Vec<Vec<u32>>, CalibrationError> {
    let shape = model.shape();
    let length = length.min(model.context());
    let first = shape.begin_token.or(shape.end_tokens.first().copied()).unwrap_or(0);
    let mut texts = vec![vec![first]; count];
    let mut streams: Vec<ChaCha8Rng> = (0..count as u64)
        .map(|stream| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(stream);
            random
        })
        .collect();
    let width = shape.attention.key_value_width();
    // By block and text: keys and values of all positions.
    let empty = || Array2::<f64>::zeros((length, width));
    let mut caches: Vec<Vec<(Array2<f64>, Array2<f64>)>> =
        (0..shape.blocks).map(|_| (0..count).map(|_| (empty(), empty())).collect()).collect();
    let mut live: Vec<usize> = (0..count).collect();
    for position in 0..length.saturating_sub(1) {
        let ids: Vec<u32> = live.iter().map(|&text| texts[text][position]).collect();
        let hidden = step(model, &ids, &live, position, &mut caches)?;
        let logits = model.output(&hidden);
        for (&text, logits) in live.iter().zip(logits.outer_iter()) {
            let id = draw_id(logits.as_slice().unwrap_or(&[]), &mut streams[text])
                .ok_or(CalibrationError::NotFinite { value: "logits".to_owned(), position })?;
            texts[text].push(id);
        }
        live.retain(|&text| {
            let last = texts[text].last().copied().unwrap_or(first);
            let ends = last == first || shape.end_tokens.contains(&last);
            if ends {
                texts[text].pop();
            }
            !ends
        });
        tick();
        if live.is_empty() {
            break;
        }
    }
    Ok(texts)
}

/// One id of every live text.
fn step(
    model: &LlamaExecutor,
    ids: &[u32],
    live: &[usize],
    position: usize,
    caches: &mut [Vec<(Array2<f64>, Array2<f64>)>],
) -> Result<Array2<f64>, CalibrationError> {
    // One embedding at a time: these ids are of several texts, not of one.
    let rows: Result<Vec<_>, _> = ids.iter().map(|&id| model.embed(&[id])).collect();
    let rows = rows?;
    let views: Vec<_> = rows.iter().map(Array2::view).collect();
    let mut hidden = ndarray::concatenate(Axis(0), &views).expect("embeddings are equally wide");
    let shape = &model.shape().attention;
    for (block, caches) in caches.iter_mut().enumerate() {
        let input = model.qkv_input(block, &hidden);
        let query = model.queries(block, &input, position, 0);
        let (keys, values) = model.keys_and_values(block, &input, position, 0);
        for (row, &text) in live.iter().enumerate() {
            caches[text].0.row_mut(position).assign(&keys.row(row));
            caches[text].1.row_mut(position).assign(&values.row(row));
        }
        let mut attended = Array2::zeros((live.len(), shape.query_width()));
        let outputs: Vec<_> = attended.axis_iter_mut(Axis(0)).zip(live).enumerate().collect();
        outputs.into_par_iter().for_each(|(row, (mut output, &text))| {
            let (keys, values) = &caches[text];
            attend(
                shape,
                query.row(row).as_slice().expect("products are stored row by row"),
                keys.slice(s![..=position, ..]),
                values.slice(s![..=position, ..]),
                &mut Vec::new(),
                output.as_slice_mut().expect("zeros are stored row by row"),
            );
        });
        let attended = model.attended(block, attended);
        model.add(block, crate::llama::Linear::Output, &attended, &mut hidden);
        let input = model.gate_up_input(block, &hidden);
        let gated = model.down_input(block, &input);
        model.add(block, crate::llama::Linear::Down, &gated, &mut hidden);
    }
    Ok(hidden)
}

/// Draws an id by its probability; nothing where a logit is no number.
pub fn draw_id(logits: &[f64], random: &mut ChaCha8Rng) -> Option<u32> {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logits.iter().map(|logit| (logit - largest).exp()).collect();
    let sum: f64 = weights.iter().sum();
    if !sum.is_finite() {
        return None;
    }
    // 53 bits: every double in 0..1 of that grid is as likely.
    let mut left = (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64 * sum;
    let chosen = weights.iter().position(|weight| {
        left -= weight;
        left < 0.0
    });
    // Rounding may leave a little behind the last.
    Some(chosen.unwrap_or(weights.len() - 1) as u32)
}
