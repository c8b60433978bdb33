//! Refinement: scales of rows and weights of norms move, integers stay, until a quantised model
//! predicts more as the float model does.
//!
//! ```text
//!  texts ─► float model ─► p ─┐
//!  texts ─► quantised ──► q ──┴─► Σ p · ln(p / q) ─► gradient ─► Adam ─► scales, norms ─► …
//! ```
//!
//! Every gain moves by a factor, so that none changes its sign: `g = g₀ · e^a`, and what Adam (Kingma
//! and Ba, 2015) learns is `a`.

use super::{CalibrationError, Gradient, LlamaExecutor, Options};
use crate::llama::{Linear, Llama, LlamaBlock, LlamaMatrix, LlamaShape};
use rayon::prelude::*;

/// Texts of one step.
const BATCH: usize = 8;
/// Means of the gradient and of its square: the share of what was known.
const MEANS: [f64; 2] = [0.9, 0.99];

/// How long and how fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refinement {
    /// Steps, of eight texts each.
    pub steps: usize,
    /// The factor `e^rate` that a gain moves by in the first step; falls to nothing along a cosine.
    pub rate: f64,
}

impl Refinement {
    /// Steps at the rate that served digits of every number best.
    pub const fn steps(steps: usize) -> Refinement {
        Refinement { steps, rate: 0.03 }
    }
}

/// A refined model, and how far its predictions were and are from those of the float model: nats an id,
/// over all texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Refined {
    /// The model; the one that came where refining made none that is nearer.
    pub model: Llama,
    /// Before.
    pub before: f64,
    /// After.
    pub after: f64,
}

/// Refines a quantised model against the float model that it was made of, with the spikes of `options`
/// as its inputs. The texts are taken in turn. `tick` is called once a step.
///
/// # Errors
/// If the texts do not fit the model, or a value overflows.
pub fn refine(
    float: &LlamaExecutor,
    quantised: &Llama,
    texts: &[Vec<u32>],
    options: &Options,
    refinement: Refinement,
    mut tick: impl FnMut(),
) -> Result<Refined, CalibrationError> {
    let before = divergence(float, quantised, texts, options)?;
    let mut model = quantised.clone();
    let first: Vec<f64> = gains(&mut model).into_iter().map(|gain| f64::from(*gain)).collect();
    let mut moved = vec![0.0; first.len()];
    let mut means = [vec![0.0; first.len()], vec![0.0; first.len()]];
    let batch = BATCH.min(texts.len());
    for step in 0..if batch == 0 { 0 } else { refinement.steps } {
        let executor = LlamaExecutor::new(&model, options.clone());
        let own = (0..batch).map(|index| &texts[(step * batch + index) % texts.len()]);
        let own: Vec<&Vec<u32>> = own.collect();
        let ids: usize = own.iter().map(|ids| ids.len()).sum();
        // Only what moves is kept of a text's gradient, which is as large as the model.
        let of = |ids: &&Vec<u32>| Ok(slopes(&model, &executor.gradient(float, ids)?));
        let parts: Vec<Result<Vec<f64>, CalibrationError>> = own.par_iter().map(of).collect();
        // The sum is taken in the order of the texts: it does not depend on the number of threads.
        let mut sum = vec![0.0; first.len()];
        for part in parts {
            sum.iter_mut().zip(part?).for_each(|(sum, part)| *sum += part);
        }
        tick();

        let done = step as f64 / refinement.steps as f64;
        let rate = refinement.rate * 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
        let debts = MEANS.map(|mean| 1.0 - mean.powi(step as i32 + 1));
        for (index, gain) in gains(&mut model).into_iter().enumerate() {
            let slope = sum[index] * f64::from(*gain) / ids.max(1) as f64;
            for ((means, mean), value) in means.iter_mut().zip(MEANS).zip([slope, slope * slope]) {
                means[index] = mean * means[index] + (1.0 - mean) * value;
            }
            let [mean, square] = [0, 1].map(|which: usize| means[which][index] / debts[which]);
            if square > 0.0 {
                moved[index] -= rate * mean / square.sqrt();
                *gain = (first[index] * moved[index].exp()) as f32;
            }
        }
    }
    let after = divergence(float, &model, texts, options)?;
    match after < before {
        true => Ok(Refined { model, before, after }),
        false => Ok(Refined { model: quantised.clone(), before, after: before }),
    }
}

/// Most bytes that refining takes beside the float model and the quantised one: both in double precision,
/// and for each of `threads` a gradient and the vectors of a text of `ids` ids.
pub fn refine_bound(shape: &LlamaShape, ids: usize, threads: usize) -> u64 {
    let widest = shape.width.max(shape.hidden).max(shape.attention.query_width());
    let model = shape.weight_count() + 2 * shape.vocabulary * shape.width;
    // Residuals of all blocks, some twenty vectors of one, logits of both, scores of a head.
    let text = ids * (shape.blocks * shape.width + 24 * widest + 4 * shape.vocabulary + 3 * ids);
    (8 * (3 * model + threads * (shape.weight_count() + widest * widest + text))) as u64
}

/// Nats an id between the predictions of two models, over texts; 0 where there is none.
fn divergence(
    float: &LlamaExecutor,
    model: &Llama,
    texts: &[Vec<u32>],
    options: &Options,
) -> Result<f64, CalibrationError> {
    let executor = LlamaExecutor::new(model, options.clone());
    let parts: Vec<Result<f64, _>> =
        texts.par_iter().map(|ids| executor.divergence(float, ids)).collect();
    let sum: f64 = parts.into_iter().sum::<Result<f64, CalibrationError>>()?;
    let ids: usize = texts.iter().map(Vec::len).sum();
    Ok(sum / ids.max(1) as f64)
}

/// What moves: the weights of every norm, and the scales of every row of every term.
fn gains(model: &mut Llama) -> Vec<&mut f32> {
    let mut gains: Vec<&mut f32> = model.norm.iter_mut().collect();
    for block in &mut model.blocks {
        let LlamaBlock { attention_norm, attention_sub_norm, ffn_norm, ffn_sub_norm, matrices } =
            block;
        let norms = [
            Some(attention_norm),
            attention_sub_norm.as_mut(),
            Some(ffn_norm),
            ffn_sub_norm.as_mut(),
        ];
        gains.extend(norms.into_iter().flatten().flatten());
        for matrix in matrices {
            if let LlamaMatrix::Digits(terms) = matrix {
                gains.extend(terms.iter_mut().flat_map(|term| &mut term.row_scales));
            }
        }
    }
    gains
}

/// How the divergence changes with each of them.
fn slopes(model: &Llama, gradient: &Gradient) -> Vec<f64> {
    let mut slopes = gradient.norm.to_vec();
    for (block, gradient) in model.blocks.iter().zip(&gradient.blocks) {
        slopes.extend(gradient.norms.iter().flatten());
        for linear in Linear::ALL {
            let LlamaMatrix::Digits(terms) = block.matrix(linear) else { continue };
            let change = &gradient.matrices[linear as usize];
            for term in terms {
                slopes.extend((0..term.rows).map(|row| {
                    let digits = term.row(row).iter().map(|&digit| f64::from(digit));
                    digits.zip(change.row(row)).map(|(digit, change)| digit * change).sum::<f64>()
                }));
            }
        }
    }
    slopes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::{Encoder, quantise_model, samples};
    use crate::network::Function;
    use crate::quantise::Recipe;
    use crate::sample;

    fn models(gate: Function) -> (LlamaExecutor, Llama, Vec<Vec<u32>>) {
        let shape = LlamaShape { blocks: 2, gate, ..sample::spikellm_shape(3) };
        let float = sample::llama(3, &shape);
        let executor = LlamaExecutor::new(&float, Options::FLOAT);
        let texts = samples(&executor, 1, 8, 12, || ()).unwrap();
        let quantised = quantise_model(&float, &texts, &Recipe::gptq(2), || ()).unwrap();
        (executor, quantised, texts)
    }

    #[test]
    fn every_slope_is_a_difference() {
        for gate in [Function::Silu, Function::SquaredRelu] {
            let (float, mut model, texts) = models(gate);
            let gain = model.shape.hidden;
            model.blocks[0].ffn_sub_norm =
                Some((0..gain).map(|at| 0.5 + at as f32 / 64.0).collect());
            let gain = model.shape.attention.query_width();
            model.blocks[1].attention_sub_norm = Some(vec![0.75; gain]);
            let of = |model: &Llama| {
                let executor = LlamaExecutor::new(model, Options::FLOAT);
                executor.gradient(&float, &texts[0]).unwrap()
            };
            let slopes = slopes(&model, &of(&model));
            let count = gains(&mut model).len();
            assert_eq!(slopes.len(), count);
            let largest = slopes.iter().fold(0f64, |largest, slope| largest.max(slope.abs()));
            for at in (0..count).step_by(7) {
                let mut divergences = [0.0; 2];
                let step = 1.0 / 4096.0;
                for (divergence, step) in divergences.iter_mut().zip([step, -step]) {
                    let mut model = model.clone();
                    *gains(&mut model)[at] += step;
                    *divergence = of(&model).divergence;
                }
                let found = (divergences[0] - divergences[1]) / f64::from(2.0 * step);
                let error = (found - slopes[at]).abs();
                assert!(error <= 2e-3 * largest, "{gate:?} {at}: {found} for {}", slopes[at]);
            }
        }
    }

    #[test]
    fn a_refined_model_predicts_more_like_the_float_model_and_always_the_same() {
        let (float, quantised, texts) = models(Function::Silu);
        let options = Options { encoder: Encoder::Counts { mean_count: 3.0 }, key_value: None };
        let refined =
            |refinement| refine(&float, &quantised, &texts, &options, refinement, || ()).unwrap();
        let once = refined(Refinement::steps(30));
        let Refined { model, before, after } = &once;
        assert!(*after < 0.7 * before, "{before} to {after}");
        assert_eq!(refined(Refinement::steps(30)), once);
        // What would be further away than before is given up.
        let wild = refined(Refinement { steps: 3, rate: 4.0 });
        assert_eq!((&wild.model, wild.after), (&quantised, *before));
        let integers = |model: &Llama| {
            let matrices = model.blocks.iter().flat_map(|block| block.matrices.clone());
            let terms = matrices.flat_map(|matrix| match matrix {
                LlamaMatrix::Digits(terms) => terms,
                LlamaMatrix::Float(_) => panic!("floats"),
            });
            terms.map(|term| term.values).collect::<Vec<_>>()
        };
        assert_eq!(integers(model), integers(&quantised));
    }

    #[test]
    fn nothing_moves_without_texts_or_steps() {
        let (float, quantised, texts) = models(Function::Silu);
        let refined = |texts: &[Vec<u32>], steps| {
            let steps = Refinement::steps(steps);
            refine(&float, &quantised, texts, &Options::FLOAT, steps, || ()).unwrap().model
        };
        assert_eq!(refined(&[], 5), quantised);
        assert_eq!(refined(&texts, 0), quantised);
    }
}
