//! Which channels are salient: those of inputs, of keys and of values.

use super::{CalibrationError, LlamaExecutor};
use crate::llama::{GifRule, Linear, Site};
use crate::neuron::LastStep;
use ndarray::{Array1, Array2, Axis, s};
use rayon::prelude::*;

/// The saliency of every channel, by block.
#[derive(Clone, Debug)]
pub struct ChannelSaliency {
    /// By site, then by block: the mean of `x ∘ (x·Wᵀ·W)` over the ids, W all matrices of the site.
    sites: [Vec<Array1<f64>>; 4],
    /// By block: the means of `K ∘ (K·QᵀQ)` and of `V ∘ (PᵀP·V)`, heads of one key and value head
    /// averaged.
    key_value: Vec<[Array1<f64>; 2]>,
}

/// Strictly above the value at place `floor((1 − share)·n) − 1` of the ascending order: the rule
/// of the released code, which calls fewer salient where values are equal.
fn above(saliency: &Array1<f64>, share: f64) -> Vec<usize> {
    let mut order: Vec<f64> = saliency.to_vec();
    order.sort_by(f64::total_cmp);
    let place = ((1.0 - share) * order.len() as f64 + 1e-9).floor() as usize;
    let Some(bound) = place.checked_sub(1).map(|place| order[place]) else {
        return (0..order.len()).collect();
    };
    (0..order.len()).filter(|&channel| saliency[channel] > bound).collect()
}

impl ChannelSaliency {
    /// Runs texts through a model, as it is executed.
    ///
    /// # Errors
    /// If a text does not fit the model.
    pub fn of(
        model: &LlamaExecutor,
        texts: &[Vec<u32>],
    ) -> Result<ChannelSaliency, CalibrationError> {
        let hidden: Result<Vec<_>, _> = texts.iter().map(|ids| model.embed(ids)).collect();
        let mut hidden = hidden?;
        let ids: usize = texts.iter().map(Vec::len).sum();
        let mut saliency = ChannelSaliency { sites: Default::default(), key_value: Vec::new() };
        for block in 0..model.shape().blocks {
            let per_text: Vec<_> =
                hidden.par_iter_mut().map(|hidden| block_saliency(model, block, hidden)).collect();
            let sum = |pick: &dyn Fn(&BlockSaliency) -> Array1<f64>| {
                let mut terms = per_text.iter().map(pick);
                let first = terms.next().unwrap_or_default();
                terms.fold(first, |sum, term| sum + term) / ids.max(1) as f64
            };
            for site in 0..4 {
                saliency.sites[site].push(sum(&|it: &BlockSaliency| it.sites[site].clone()));
            }
            let keys = sum(&|it: &BlockSaliency| it.key_value[0].clone());
            let values = sum(&|it: &BlockSaliency| it.key_value[1].clone());
            saliency.key_value.push([keys, values]);
        }
        Ok(saliency)
    }

    /// GIF coding with a share of salient channels.
    pub fn gif_rule(&self, added_bits: u32, share: f64, tied: bool) -> GifRule {
        let choose = |blocks: &Vec<Array1<f64>>| {
            blocks.iter().map(|saliency| above(saliency, share)).collect()
        };
        GifRule {
            added_bits,
            last_step: LastStep::Remainder,
            tied,
            salient_share: share,
            salient: [0, 1, 2, 3].map(|site: usize| choose(&self.sites[site])),
        }
    }

    /// The salient channels of keys and values of each block.
    pub fn key_value(&self, share: f64) -> Vec<[Vec<usize>; 2]> {
        let choose = |it: &[Array1<f64>; 2]| [above(&it[0], share), above(&it[1], share)];
        self.key_value.iter().map(choose).collect()
    }
}

/// Sums over the ids of one text.
struct BlockSaliency {
    sites: [Array1<f64>; 4],
    key_value: [Array1<f64>; 2],
}

/// The sums of one text in one block; `hidden` moves behind it.
fn block_saliency(model: &LlamaExecutor, block: usize, hidden: &mut Array2<f64>) -> BlockSaliency {
    let site = |site: Site, input: &Array2<f64>| {
        let matrices = Linear::ALL.into_iter().filter(|linear| linear.site() == site);
        let mut sum = Array2::zeros(input.raw_dim());
        for linear in matrices {
            sum += &model.product(block, linear, input).dot(model.block(block).matrix(linear));
        }
        (sum * input).sum_axis(Axis(0))
    };
    let qkv = model.qkv_input(block, hidden);
    let attended = model.output_input(block, &qkv);
    model.add(block, Linear::Output, &attended, hidden);
    let gate_up = model.gate_up_input(block, hidden);
    let down = model.down_input(block, &gate_up);
    model.add(block, Linear::Down, &down, hidden);
    BlockSaliency {
        sites: [
            site(Site::Qkv, &qkv),
            site(Site::Output, &attended),
            site(Site::GateUp, &gate_up),
            site(Site::Down, &down),
        ],
        key_value: key_value_saliency(model, block, &qkv),
    }
}

fn key_value_saliency(
    model: &LlamaExecutor,
    block: usize,
    input: &Array2<f64>,
) -> [Array1<f64>; 2] {
    let shape = model.shape().attention;
    let width = shape.head_width;
    let shared = shape.heads / shape.key_value_heads;
    let query = model.queries(block, input, 0, 1);
    let (keys, values) = model.keys_and_values(block, input, 0, 1);
    let mut sums = [Array1::zeros(keys.ncols()), Array1::zeros(values.ncols())];
    for head in 0..shape.heads {
        let own = (head / shared) * width..(head / shared + 1) * width;
        let query = query.slice(s![.., head * width..(head + 1) * width]);
        let key = keys.slice(s![.., own.clone()]);
        let value = values.slice(s![.., own.clone()]);
        let mut probabilities = query.dot(&key.t()) / (width as f64).sqrt();
        for (position, mut row) in probabilities.axis_iter_mut(Axis(0)).enumerate() {
            let largest = row.iter().take(position + 1).copied().fold(f64::NEG_INFINITY, f64::max);
            let exp =
                |(at, x): (usize, f64)| if at <= position { (x - largest).exp() } else { 0.0 };
            let exps: Array1<f64> = row.iter().copied().enumerate().map(exp).collect();
            row.assign(&(&exps / exps.sum()));
        }
        let of_keys = key.dot(&query.t().dot(&query)) * key;
        let of_values = probabilities.t().dot(&probabilities.dot(&value)) * value;
        for (sum, of) in sums.iter_mut().zip([of_keys, of_values]) {
            let mut part = sum.slice_mut(s![own.clone()]);
            part += &(of.sum_axis(Axis(0)) / shared as f64);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_counted_as_in_the_released_code() {
        let saliency: Array1<f64> = (0..64).map(|n| f64::from((n * 37) % 64)).collect();
        // 64 channels: 7 at 10 %, 4 at 5 %
        assert_eq!(above(&saliency, 0.1).len(), 7);
        assert_eq!(above(&saliency, 0.05).len(), 4);
        let saliency: Array1<f64> = (0..172).map(|n| f64::from((n * 37) % 172)).collect();
        assert_eq!(above(&saliency, 0.1).len(), 18);
        assert_eq!(above(&saliency, 0.05).len(), 9);
        assert!(above(&saliency, 0.1).iter().all(|&channel| saliency[channel] >= 154.0));
    }
}
