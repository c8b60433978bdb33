//! How inputs of matrices become spikes, and what values the spikes stand for.

use crate::llama::{Coding, GIF_BITS, GIF_SCALE_MAX, GIF_SCALE_MIN, GifRule, Llama, Site};
use crate::network::{LevelCode, SpikeCode};
use crate::neuron::LastStep;
use ndarray::{Array2, ArrayViewMut2, Axis};

/// The choice of encoder.
#[derive(Clone, Debug, PartialEq)]
pub enum Encoder {
    /// Real numbers as they are.
    Float,
    /// `c = round(x / θ)`, unclipped, `θ = 2^round(log2(mean |x| / k))`.
    Counts {
        /// k.
        mean_count: f64,
    },
    /// `c = round(x / s)`, `s = max |x| / (2^(bits − 1) − 1)`.
    Absmax {
        /// Bits, sign included.
        bits: u32,
    },
    /// GIF coding with salient channels.
    Gif(GifRule),
}

/// A vector in GIF code: channel i is `scale · (level − zero point)`, with scale and zero point of
/// the others or of the salient ones.
#[derive(Clone, Debug, PartialEq)]
pub struct GifCode {
    /// Scales of the others and of the salient channels.
    pub scales: [f64; 2],
    /// Zero points, likewise.
    pub zero_points: [i64; 2],
    /// The level of each channel.
    pub levels: Vec<i64>,
}

/// Encodes a vector; `is_salient` is true where a channel has more steps.
pub fn gif_code(x: &[f64], is_salient: &[bool], rule: &GifRule) -> GifCode {
    let low = x.iter().copied().fold(f64::INFINITY, f64::min);
    let high = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let steps = f64::from(rule.steps());
    let top = |bits: u32| (1i64 << bits) - 1;
    let scale = |levels: f64| ((high - low) / levels).clamp(GIF_SCALE_MIN, GIF_SCALE_MAX);
    let plain = scale(top(GIF_BITS) as f64);
    let zero = |scale: f64| (-low / scale).round_ties_even() as i64;
    let (scales, zero_points, salient_top) = if rule.tied {
        let zero = zero(plain);
        let salient_top = (top(GIF_BITS) + 1) * rule.steps() as i64 - 1;
        let zeros = [zero, zero.saturating_mul(rule.steps() as i64)];
        ([plain, plain / steps], zeros, salient_top)
    } else {
        let salient_top = top(GIF_BITS + rule.added_bits);
        let salient = scale(salient_top as f64);
        ([plain, salient], [zero(plain), zero(salient)], salient_top)
    };
    let level = |(&x, &is_salient): (&f64, &bool)| {
        let which = usize::from(is_salient);
        // Scales have a limit, so that huge values leave the integers: their levels are clamped too.
        let level = (x / scales[which]).round_ties_even() as i64;
        let level = level.saturating_add(zero_points[which]);
        level.clamp(0, if is_salient { salient_top } else { top(GIF_BITS) })
    };
    let levels = x.iter().zip(is_salient).map(level).collect();
    GifCode { scales, zero_points, levels }
}

/// What the spikes of a vector stand for.
pub fn coded(x: &[f64], code: &SpikeCode) -> Vec<f64> {
    let mut values = x.to_vec();
    match code {
        SpikeCode::Counts { mean_count } => {
            round_to(&mut values, count_threshold(x, *mean_count));
        }
        SpikeCode::Levels(LevelCode { added_bits, last_step, tied, salient }) => {
            let mut is_salient = vec![false; x.len()];
            salient.iter().for_each(|&channel| is_salient[channel] = true);
            let rule = GifRule {
                added_bits: *added_bits,
                last_step: *last_step,
                tied: *tied,
                salient_share: 0.0,
                salient: Default::default(),
            };
            leveled(&mut values, &is_salient, &rule);
        }
    }
    values
}

/// Replaces a vector by what its levels stand for.
fn leveled(row: &mut [f64], is_salient: &[bool], rule: &GifRule) {
    let code = gif_code(row, is_salient, rule);
    for ((x, &level), &is_salient) in row.iter_mut().zip(&code.levels).zip(is_salient) {
        let which = usize::from(is_salient);
        let level = if is_salient { emitted(level, rule) } else { level };
        *x = code.scales[which] * level.saturating_sub(code.zero_points[which]) as f64;
    }
}

/// What the spikes of a salient channel add up to: its level, unless the last step is clamped.
fn emitted(level: i64, rule: &GifRule) -> i64 {
    match rule.last_step {
        LastStep::Remainder => level,
        LastStep::Same => {
            let top = (1i64 << GIF_BITS) - 1;
            // A step emits all that is left, or 15 where that is 16 or more.
            let step = |left: i64| left.min(top);
            let mut left = level;
            (0..rule.steps()).fold(0, |sum, _| {
                let spike = step(left);
                left -= spike;
                sum + spike
            })
        }
    }
}

impl Encoder {
    /// The encoder of a coding that a model carries the rule of; nothing where it does not.
    pub fn of(model: &Llama, coding: Coding) -> Option<Encoder> {
        let rules = model.activations.as_ref();
        match coding {
            Coding::Float => Some(Encoder::Float),
            Coding::Counts => rules?.mean_count.map(|mean_count| Encoder::Counts { mean_count }),
            Coding::GifT2 => rules?.gif_t2.clone().map(Encoder::Gif),
            Coding::GifT4 => rules?.gif_t4.clone().map(Encoder::Gif),
        }
    }

    /// Spikes of vectors, one a row: bits of counts, or of levels above their zero point's shift.
    /// None for real numbers.
    pub(super) fn spikes(&self, site: Site, block: usize, x: &Array2<f64>) -> f64 {
        let bits = |integer: f64| f64::from((integer.abs() as u64).count_ones());
        let mut is_salient = vec![false; x.ncols()];
        if let Encoder::Gif(rule) = self {
            rule.salient[site as usize][block].iter().for_each(|&at| is_salient[at] = true);
        }
        let of_row = |row: &[f64]| -> f64 {
            match self {
                Encoder::Float => 0.0,
                Encoder::Counts { mean_count } => {
                    let unit = count_threshold(row, *mean_count);
                    row.iter().map(|x| bits((x / unit).round_ties_even())).sum()
                }
                Encoder::Absmax { bits: width } => {
                    let largest = row.iter().fold(0f64, |largest, x| largest.max(x.abs()));
                    let unit = largest.max(f64::MIN_POSITIVE) / ((1u64 << (width - 1)) - 1) as f64;
                    row.iter().map(|x| bits((x / unit).round_ties_even())).sum()
                }
                Encoder::Gif(rule) => {
                    let code = gif_code(row, &is_salient, rule);
                    code.levels.iter().map(|&level| bits(level as f64)).sum()
                }
            }
        };
        x.outer_iter().map(|row| of_row(&row.to_vec())).sum()
    }

    /// Replaces vectors, one a row, by what their spikes stand for.
    pub(super) fn apply(&self, site: Site, block: usize, mut x: ArrayViewMut2<'_, f64>) {
        if *self == Encoder::Float {
            return;
        }
        let is_salient = match self {
            Encoder::Gif(rule) => {
                let mut is_salient = vec![false; x.ncols()];
                rule.salient[site as usize][block].iter().for_each(|&at| is_salient[at] = true);
                is_salient
            }
            _ => Vec::new(),
        };
        for mut row in x.axis_iter_mut(Axis(0)) {
            let row = row.as_slice_mut().expect("vectors are stored one after another");
            match self {
                Encoder::Float => {}
                Encoder::Counts { mean_count } => round_to(row, count_threshold(row, *mean_count)),
                Encoder::Absmax { bits } => {
                    let largest = row.iter().fold(0f64, |largest, x| largest.max(x.abs()));
                    let levels = ((1u64 << (bits - 1)) - 1) as f64;
                    if largest > 0.0 {
                        round_to(row, largest / levels);
                    }
                }
                Encoder::Gif(rule) => leveled(row, &is_salient, rule),
            }
        }
    }
}

/// `2^round(log2(mean |x| / mean_count))`; 1 for a vector of zeros.
pub fn count_threshold(x: &[f64], mean_count: f64) -> f64 {
    let mean = x.iter().map(|x| x.abs()).sum::<f64>() / x.len() as f64;
    if mean > 0.0 { (mean / mean_count).log2().round_ties_even().exp2() } else { 1.0 }
}

fn round_to(x: &mut [f64], unit: f64) {
    x.iter_mut().for_each(|x| *x = (*x / unit).round_ties_even() * unit);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(added_bits: u32, tied: bool, last_step: LastStep) -> GifRule {
        let salient = Default::default();
        GifRule { added_bits, last_step, tied, salient_share: 0.0, salient }
    }

    #[test]
    fn levels_span_the_range() {
        let x = [-1.0, 0.0, 0.5, 2.0];
        let code = gif_code(&x, &[false, false, false, true], &rule(1, false, LastStep::Remainder));
        assert_eq!(code.scales, [3.0 / 15.0, 3.0 / 31.0]);
        // 5 levels below zero; 10.33 rounds to 10
        assert_eq!((code.zero_points, code.levels), ([5, 10], vec![0, 5, 7, 31]));
        let tied = gif_code(&x, &[true; 4], &rule(1, true, LastStep::Remainder));
        assert_eq!((tied.scales[1], tied.zero_points[1]), (0.1, 10));
        assert_eq!(tied.levels, [0, 10, 15, 30]);
    }

    #[test]
    fn huge_values_have_levels_too() {
        for (low, high) in [(-1e30, 1e30), (-1e300, 1.0), (1.0, 1e300), (-1e300, -1e299)] {
            for tied in [false, true] {
                let mut x = [low, 0.0, 1.0, high];
                let rule = rule(2, tied, LastStep::Remainder);
                leveled(&mut x, &[true, false, false, false], &rule);
                assert!(x.iter().all(|x| x.is_finite()), "{low} to {high}: {x:?}");
            }
        }
    }

    #[test]
    fn a_clamped_last_step_loses_the_largest_levels() {
        let lost = |added_bits, level| {
            let all = emitted(level, &rule(added_bits, false, LastStep::Remainder));
            all - emitted(level, &rule(added_bits, false, LastStep::Same))
        };
        assert_eq!((lost(1, 30), lost(1, 31)), (0, 1));
        assert_eq!([60, 61, 62, 63].map(|level| lost(2, level)), [0, 1, 2, 3]);
    }

    #[test]
    fn counts_are_not_clipped() {
        let mut x = ndarray::arr2(&[[1.0, -1.0, 1.0, 100.0], [0.0, 0.0, 0.0, 0.0]]);
        // mean 25.75 over 3 is 8.58: θ = 8
        Encoder::Counts { mean_count: 3.0 }.apply(Site::Qkv, 0, x.view_mut());
        assert_eq!(x, ndarray::arr2(&[[0.0, 0.0, 0.0, 96.0], [0.0; 4]]));
    }
}
