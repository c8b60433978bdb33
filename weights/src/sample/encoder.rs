//! Seeded encoders: small BERTs of odd sizes, with SpikeLM's or SpikingBERT's neurons or without.
//!
//! Their thresholds and scales lie where neurons fire often but not always, so that a fault in a
//! reset, a leak or a step shows in the logits.

use super::seeded::{Choice, Seeded, ternary};
use crate::network::{
    BertHead, BertPooler, BertShape, BertSource, BertSpiking, Function, LinearWeights, Network,
    SpikelmReset, Table, TernaryMatrix, bert_network,
};
use crate::numeric::Trit;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::convert::Infallible;

/// A shape of SpikeLM from a seed: both resets, several leaks, 1 to 8 steps.
pub fn spikelm_shape(seed: u64) -> BertShape {
    let mut choice = Choice(ChaCha8Rng::seed_from_u64(seed));
    let reset = *choice.of(&[SpikelmReset::Code, SpikelmReset::Paper]);
    let beta = *choice.of(&[0.25, 0.5, 0.125, 0.3]);
    let steps = choice.between(1, 8);
    let poolers = [BertPooler::Tanh];
    choice.shape(BertSpiking::Spikelm { beta, reset }, steps, &poolers)
}

/// A shape of SpikingBERT from a seed: several thresholds and leaks, 1 to 8 steps.
pub fn spikingbert_shape(seed: u64) -> BertShape {
    let mut choice = Choice(ChaCha8Rng::seed_from_u64(seed));
    let threshold = *choice.of(&[1.0, 1.0, 0.75, 0.3]);
    let leak = *choice.of(&[1.0, 0.99, 0.875, 0.5]);
    let steps = choice.between(1, 8);
    let poolers = [BertPooler::None, BertPooler::TanhRelu];
    choice.shape(BertSpiking::Spikingbert { threshold, leak }, steps, &poolers)
}

/// A shape of a plain BERT from a seed.
pub fn bert_shape(seed: u64) -> BertShape {
    Choice(ChaCha8Rng::seed_from_u64(seed)).shape(BertSpiking::Plain, 1, &[BertPooler::Tanh])
}

/// A seeded SpikeLM encoder. Odd seeds give query, key and value thresholds of their own.
///
/// # Panics
/// If `shape` has other neurons.
pub fn spikelm(seed: u64, shape: &BertShape) -> Network {
    assert!(matches!(shape.spiking, BertSpiking::Spikelm { .. }), "the shape is no SpikeLM");
    encoder(seed, shape)
}

/// A seeded SpikingBERT encoder. Odd seeds give binary weights, without a zero.
///
/// # Panics
/// If `shape` has other neurons.
pub fn spikingbert(seed: u64, shape: &BertShape) -> Network {
    assert!(matches!(shape.spiking, BertSpiking::Spikingbert { .. }), "no SpikingBERT");
    encoder(seed, shape)
}

/// A seeded plain BERT with ternary matrices.
///
/// # Panics
/// If `shape` has neurons.
pub fn bert(seed: u64, shape: &BertShape) -> Network {
    assert!(shape.spiking == BertSpiking::Plain, "the shape has neurons");
    encoder(seed, shape)
}

fn encoder(seed: u64, shape: &BertShape) -> Network {
    let odd = seed % 2 == 1;
    let spikelm = matches!(shape.spiking, BertSpiking::Spikelm { .. });
    let mut source = SeededEncoder {
        seeded: Seeded::new(seed),
        steps: shape.steps,
        binary: odd && matches!(shape.spiking, BertSpiking::Spikingbert { .. }),
        shared: !odd || !spikelm,
        input: None,
    };
    match bert_network(&format!("sample-{seed}"), shape, &mut source) {
        Ok(network) => network,
        Err(never) => match never {},
    }
}

impl Choice {
    fn shape(&mut self, spiking: BertSpiking, steps: usize, poolers: &[BertPooler]) -> BertShape {
        let heads = self.between(1, 4);
        let head = if self.between(0, 3) == 0 {
            BertHead::MaskedToken { tied: self.between(0, 1) == 0 }
        } else {
            let labels = (0..self.between(2, 5)).map(|class| format!("class {class}")).collect();
            BertHead::Classifier { labels, pooler: *self.of(poolers) }
        };
        BertShape {
            width: heads * self.between(3, 9),
            hidden: self.between(5, 41),
            blocks: self.between(1, 2),
            heads,
            function: *self.of(&[Function::Gelu, Function::Gelu, Function::GeluTanh]),
            vocabulary: self.between(7, 60),
            context: self.between(2, 12),
            epsilon: 1e-12,
            steps,
            spiking,
            head,
            begin_token: None,
            end_token: None,
        }
    }
}

struct SeededEncoder {
    seeded: Seeded,
    steps: usize,
    /// Whether matrices have no zeros.
    binary: bool,
    /// Whether query, key and value have the same thresholds.
    shared: bool,
    /// The thresholds of the last query.
    input: Option<Vec<f32>>,
}

impl SeededEncoder {
    fn around(&mut self, centre: f32, spread: f32, count: usize) -> Vec<f32> {
        (0..count).map(|_| centre + spread * self.seeded.uniform()).collect()
    }
}

impl BertSource for SeededEncoder {
    type Error = Infallible;

    fn table(&mut self, _: &str, rows: usize, columns: usize) -> Result<Table, Infallible> {
        let values = self.around(0.0, 1.0, rows * columns);
        Ok(Table { rows, columns, values })
    }

    fn gain(&mut self, _: &str, width: usize) -> Result<Vec<f32>, Infallible> {
        Ok(self.around(1.0, 0.25, width))
    }

    fn bias(&mut self, _: &str, width: usize) -> Result<Vec<f32>, Infallible> {
        Ok(self.around(0.0, 0.25, width))
    }

    fn weights(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<LinearWeights, Infallible> {
        let stream = &mut self.seeded.stream;
        let trit = |bits: u64| if self.binary { 1 - 2 * (bits & 1) as Trit } else { ternary(bits) };
        let trits = (0..rows * columns).map(|_| trit(stream.next_u64())).collect();
        let scale = 1.5 / (columns as f32).sqrt();
        let name = name.to_owned();
        Ok(LinearWeights::Ternary(TernaryMatrix { name, rows, columns, trits, scale }))
    }

    /// From 0.6 to 3, so that the released reset amplifies at some steps and not at others.
    fn thresholds(&mut self, of: &str) -> Result<Vec<f32>, Infallible> {
        let follows = of.ends_with(".key") || of.ends_with(".value");
        if let Some(input) = self.input.as_ref().filter(|_| follows && self.shared) {
            return Ok(input.clone());
        }
        let thresholds = self.around(1.8, 1.2, self.steps);
        if of.ends_with(".query") {
            self.input = Some(thresholds.clone());
        }
        Ok(thresholds)
    }
}
