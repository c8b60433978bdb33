//! Seeded LLaMA models: of floats, as material for quantising, and of integers, as SpikeLLM's.

use super::seeded::{Choice, Seeded};
use crate::llama::{
    ActivationRules, Coding, FloatMatrix, GifRule, Linear, Llama, LlamaBlock, LlamaMatrix,
    LlamaShape, Site,
};
use crate::network::{AttentionShape, DigitMatrix, Function, Table, digit_limit};
use crate::neuron::LastStep;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::collections::BTreeSet;

/// A seeded LLaMA model of floats: material for quantising at any size. Logits are spread so that
/// its samples are neither noise nor one word.
pub fn llama(seed: u64, shape: &LlamaShape) -> Llama {
    let mut seeded = Seeded::new(seed);
    made(format!("llama-{seed}"), shape, &mut seeded, |seeded, name, (rows, columns)| {
        let deviation = 1.0 / (columns as f32).sqrt();
        let values = (0..rows * columns).map(|_| seeded.bell(deviation)).collect();
        LlamaMatrix::Float(FloatMatrix { name, rows, columns, values })
    })
}

/// A shape of SpikeLLM from a seed: odd sizes, one, two or four query heads a head of keys.
pub fn spikellm_shape(seed: u64) -> LlamaShape {
    let mut choice = Choice(ChaCha8Rng::seed_from_u64(!seed));
    let key_value_heads = choice.between(1, 3);
    // The first seeds have every ratio.
    let shared = [1, 2, 4][(seed % 3) as usize];
    let head_width = 2 * choice.between(1, 6);
    LlamaShape {
        width: choice.between(3, 40),
        hidden: choice.between(5, 60),
        blocks: choice.between(1, 2),
        attention: AttentionShape {
            heads: key_value_heads * shared,
            key_value_heads,
            head_width,
            causal: true,
        },
        gate: *choice.of(&[Function::Silu, Function::Silu, Function::SquaredRelu]),
        vocabulary: choice.between(7, 60),
        context: choice.between(2, 20),
        epsilon: 1e-5,
        rotary_base: 10000.0,
        begin_token: None,
        end_tokens: BTreeSet::new(),
    }
}

/// A seeded LLaMA model of integers: one to four digits a weight, in one term or in two; inputs of
/// matrices are coded in each way in turn.
pub fn spikellm(seed: u64, shape: &LlamaShape) -> Llama {
    let mut seeded = Seeded::new(seed);
    let mut choice = Choice(ChaCha8Rng::seed_from_u64(seed));
    let digits = choice.between(1, 4) as u32;
    let mixed = choice.between(0, 2) == 0;
    let mut model = made(format!("sample-{seed}"), shape, &mut seeded, |seeded, name, size| {
        let first = integers(seeded, name.clone(), size, digits);
        if !mixed {
            return LlamaMatrix::Digits(vec![first]);
        }
        let second = integers(seeded, format!("{name}.term1"), size, 4 - digits.min(3));
        LlamaMatrix::Digits(apart(seeded, first, second))
    });
    let mut rule = |added_bits: u32, tied: bool| {
        let salient = Site::ALL.map(|site| {
            let width = Linear::ALL.into_iter().find(|linear| linear.site() == site);
            let width = width.map_or(0, |linear| shape.size(linear).1);
            let mut one = || (0..width).filter(|_| choice.between(0, 4) == 0).collect();
            (0..shape.blocks).map(|_| one()).collect()
        });
        let last_step = *choice.of(&[LastStep::Remainder, LastStep::Remainder, LastStep::Same]);
        Some(GifRule { added_bits, last_step, tied, salient_share: 0.2, salient })
    };
    // Two sums of two scales, or one of a scale that is tied: in turn.
    let (gif_t2, gif_t4) = (rule(1, seed % 8 >= 4), rule(2, seed % 8 < 4));
    let (default, mean_count) = (Coding::ALL[(seed % 4) as usize], Some(3.0));
    model.activations = Some(ActivationRules { default, mean_count, gif_t2, gif_t4 });
    model
}

/// A matrix that keeps the variance of its inputs.
fn integers(
    seeded: &mut Seeded,
    name: String,
    (rows, columns): (usize, usize),
    digits: u32,
) -> DigitMatrix {
    let limit = digit_limit(digits) as f32;
    let mut value = |_| (seeded.uniform() * (limit + 0.5)).round().clamp(-limit, limit) as i16;
    let values = (0..rows * columns).map(&mut value).collect();
    let unit = 1.5 / (limit * (columns as f32).sqrt());
    let row_scales = (0..rows).map(|_| unit * (1.0 + 0.5 * seeded.uniform())).collect();
    DigitMatrix { name, rows, columns, digits, values, row_scales }
}

/// Each weight in one of two terms: three in four in the first.
fn apart(seeded: &mut Seeded, mut first: DigitMatrix, mut second: DigitMatrix) -> Vec<DigitMatrix> {
    for (first, second) in first.values.iter_mut().zip(&mut second.values) {
        match seeded.stream.next_u32() % 4 {
            0 => *first = 0,
            _ => *second = 0,
        }
    }
    vec![first, second]
}

/// A model whose matrices `matrix` makes.
fn made(
    name: String,
    shape: &LlamaShape,
    seeded: &mut Seeded,
    mut matrix: impl FnMut(&mut Seeded, String, (usize, usize)) -> LlamaMatrix,
) -> Llama {
    let values = (0..shape.vocabulary * shape.width).map(|_| seeded.bell(0.5)).collect();
    let embedding = Table { rows: shape.vocabulary, columns: shape.width, values };
    let norm: Vec<f32> = vec![1.0; shape.width];
    let blocks = (0..shape.blocks).map(|block| LlamaBlock {
        attention_norm: norm.clone(),
        attention_sub_norm: None,
        ffn_norm: norm.clone(),
        ffn_sub_norm: None,
        matrices: Linear::ALL
            .map(|linear| matrix(seeded, Llama::matrix_name(block, linear), shape.size(linear))),
    });
    let blocks = blocks.collect();
    let shape = shape.clone();
    Llama { name, shape, embedding, head: None, norm, blocks, activations: None }
}

impl Seeded {
    /// Four uniform numbers make a bell.
    fn bell(&mut self, deviation: f32) -> f32 {
        let sum: f32 = (0..4).map(|_| self.uniform()).sum();
        sum * (0.75f32).sqrt() * deviation
    }
}
