//! Seeded decoders: small SpikeGPT and NeurTransformer networks of odd sizes.
//!
//! Their matrices and thresholds lie where neurons fire often but not always, so that a fault in a
//! reset, a membrane or a step shows in the logits.

use super::seeded::{Choice, Seeded, ternary};
use crate::network::{
    Function, GptInside, GptShape, GptSpiking, LifPlacement, LinearWeights, NamedSource, Network,
    NeuronLayer, RwkvShape, RwkvSpiking, Table, TernaryMatrix, gpt_network, rwkv_network,
};
use crate::neuron::{Reset, State};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::collections::BTreeSet;
use std::convert::Infallible;

/// A shape of SpikeGPT from a seed: both placements, several time constants and thresholds.
pub fn spikegpt_shape(seed: u64) -> RwkvShape {
    let mut choice = Choice(ChaCha8Rng::seed_from_u64(seed));
    let tau = *choice.of(&[2.0, 2.0, 4.0, 1.5, 3.0]);
    let threshold = *choice.of(&[1.0, 0.5, 0.5, 0.3]);
    let placement = *choice.of(&[LifPlacement::BehindParts, LifPlacement::BeforeMatrices]);
    let neuron = NeuronLayer::lif(tau, threshold, State::PerToken);
    let spiking = Some(RwkvSpiking { placement, neuron });
    RwkvShape { spiking, ..rwkv_shape(seed) }
}

/// A shape of a plain RWKV-4 from a seed.
pub fn rwkv_shape(seed: u64) -> RwkvShape {
    let mut choice = Choice(ChaCha8Rng::seed_from_u64(!seed));
    let width = choice.between(3, 27);
    RwkvShape {
        width,
        attention_width: width,
        hidden: choice.between(5, 70),
        blocks: choice.between(1, 3),
        vocabulary: choice.between(7, 60),
        epsilon: 1e-5,
        spiking: None,
        tied: choice.between(0, 3) == 0,
        begin_token: None,
        end_tokens: BTreeSet::new(),
    }
}

/// A shape of NeurTransformer from a seed: several time constants, thresholds and resets, 1 to 8
/// steps.
pub fn neurtransformer_shape(seed: u64) -> GptShape {
    let mut choice = Choice(ChaCha8Rng::seed_from_u64(seed));
    let attention = NeuronLayer::lif(
        *choice.of(&[2.0, 2.0, 4.0, 3.0]),
        *choice.of(&[1.0, 0.5, 0.5]),
        State::PerStep,
    );
    let threshold = *choice.of(&[1.0, 1.0, 0.5, 0.3]);
    let reset = *choice.of(&[Reset::Soft, Reset::Soft, Reset::Hard]);
    let feed_forward = NeuronLayer::integrate_and_fire(threshold, reset);
    let (steps, scale_shift) = (choice.between(1, 8), choice.between(0, 3) as u32);
    let spiking = GptSpiking { steps, attention, scale_shift, feed_forward };
    GptShape { inside: GptInside::Spiking(spiking), ..gpt_shape(seed) }
}

/// A shape of a plain GPT-2 from a seed.
pub fn gpt_shape(seed: u64) -> GptShape {
    let mut choice = Choice(ChaCha8Rng::seed_from_u64(!seed));
    let heads = choice.between(1, 4);
    GptShape {
        width: heads * choice.between(3, 9),
        hidden: choice.between(5, 41),
        blocks: choice.between(1, 2),
        heads,
        vocabulary: choice.between(7, 60),
        context: choice.between(2, 20),
        epsilon: 1e-5,
        inside: GptInside::Plain(*choice.of(&[Function::GeluTanh, Function::Gelu])),
        tied: choice.between(0, 3) > 0,
        begin_token: None,
        end_tokens: BTreeSet::new(),
    }
}

/// A seeded RWKV-4 network, SpikeGPT where the shape has neurons.
pub fn spikegpt(seed: u64, shape: &RwkvShape) -> Network {
    let Ok(network) = rwkv_network(&format!("sample-{seed}"), shape, &mut Seeded::new(seed));
    network
}

/// A seeded GPT-2 network, NeurTransformer where the shape spikes.
pub fn neurtransformer(seed: u64, shape: &GptShape) -> Network {
    let Ok(network) = gpt_network(&format!("sample-{seed}"), shape, &mut Seeded::new(seed));
    network
}

impl Seeded {
    fn around(&mut self, centre: f32, spread: f32, count: usize) -> Vec<f32> {
        (0..count).map(|_| centre + spread * self.uniform()).collect()
    }
}

impl NamedSource for Seeded {
    type Error = Infallible;

    fn table(&mut self, _: &str, rows: usize, columns: usize) -> Result<Table, Infallible> {
        let values = self.around(0.0, 1.0, rows * columns);
        Ok(Table { rows, columns, values })
    }

    /// Decays from 0.003 to 7 a token and mixtures beyond 0..1: what trained models show.
    fn parameters(&mut self, name: &str, width: usize) -> Result<Vec<f32>, Infallible> {
        let (_, what) = name.rsplit_once('.').unwrap_or(("", name));
        Ok(match what {
            "weight" => self.around(1.0, 0.25, width),
            "mix" => self.around(0.5, 1.0, width),
            "decay" => self.around(-2.0, 4.0, width).into_iter().map(f32::exp).collect(),
            "bonus" => self.around(0.0, 1.5, width),
            _ => self.around(0.0, 0.25, width),
        })
    }

    fn weights(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<LinearWeights, Infallible> {
        let trits = (0..rows * columns).map(|_| ternary(self.stream.next_u64())).collect();
        // Wide enough that sums pass the thresholds, also those of few spikes.
        let scale = 2.5 / (columns as f32).sqrt();
        let name = name.to_owned();
        Ok(LinearWeights::Ternary(TernaryMatrix { name, rows, columns, trits, scale }))
    }
}
