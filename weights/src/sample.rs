//! The sample network: a small seeded transformer, so that a first run needs no download.
//!
//! Its weights are random, so its text is noise; its operations are those of a real BitNet model,
//! with sizes that leave ragged edges on every tile. The stream of ChaCha8 is fixed by its
//! definition, so a seed means the same network everywhere and for good.

mod decoder;
mod encoder;
mod files;
mod llama;
mod recurrent;

pub use decoder::{
    gpt_shape, neurtransformer, neurtransformer_shape, rwkv_shape, spikegpt, spikegpt_shape,
};
pub use encoder::{bert, bert_shape, spikelm, spikelm_shape, spikingbert, spikingbert_shape};
pub use files::{encoder_config, encoder_tensors};
pub use llama::{llama, spikellm, spikellm_shape};
pub use recurrent::{
    LayerInput, LayerOutput, RecurrentLayer, RecurrentShape, lif_shape, recurrent, recurrent_shape,
    stream_shape,
};

use crate::config::{Sample, SampleNetwork};
use crate::network::{
    AttentionShape, BitnetShape, BitnetSource, Function, Network, Table, TernaryMatrix,
    bitnet_network,
};
use crate::numeric::Trit;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::collections::BTreeSet;
use std::convert::Infallible;

/// The share of zero weights, in percent: what a trained ternary model of this kind shows.
const ZERO_PERCENT: u64 = 36;

/// The dimensions of the sample network.
pub fn shape() -> BitnetShape {
    shape_of(&Sample::default())
}

/// The network whose dimensions a design gives.
pub fn shape_of(sample: &Sample) -> BitnetShape {
    let Sample {
        network: _,
        width,
        hidden,
        blocks,
        heads,
        key_value_heads,
        head_width,
        vocabulary,
        context,
    } = *sample;
    BitnetShape {
        width,
        hidden,
        blocks,
        attention: AttentionShape { heads, key_value_heads, head_width, causal: true },
        gate: Function::Silu,
        sub_norms: true,
        vocabulary,
        context,
        epsilon: 1e-5,
        rotary_base: 10000.0,
        tied: true,
        begin_token: Some(1),
        end_tokens: BTreeSet::new(),
    }
}

/// The seeded network that a design describes.
pub fn of_design(seed: u64, sample: &Sample) -> Network {
    match sample.network {
        SampleNetwork::Bitnet => network_of(seed, &shape_of(sample)),
        SampleNetwork::Lif | SampleNetwork::LifStream => recurrent(seed, &lif_shape(sample)),
    }
}

/// The sample network of a seed.
pub fn network(seed: u64) -> Network {
    network_of(seed, &shape())
}

/// A seeded network of any BitNet shape.
pub fn network_of(seed: u64, shape: &BitnetShape) -> Network {
    let mut seeded = Seeded::new(seed);
    match bitnet_network(&format!("sample-{seed}"), shape, &mut seeded) {
        Ok(network) => network,
        Err(never) => match never {},
    }
}

/// A trit of random bits, zero as often as in a trained model.
fn ternary(bits: u64) -> Trit {
    match (bits >> 1) % 100 {
        percent if percent < ZERO_PERCENT => 0,
        _ if bits & 1 == 0 => -1,
        _ => 1,
    }
}

struct Seeded {
    stream: ChaCha8Rng,
}

/// Draws dimensions.
struct Choice(ChaCha8Rng);

impl Choice {
    /// A whole number from `low` to `high`, both included.
    fn between(&mut self, low: usize, high: usize) -> usize {
        low + (self.0.next_u64() % (high - low + 1) as u64) as usize
    }

    fn of<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[self.between(0, values.len() - 1)]
    }
}

impl Seeded {
    fn new(seed: u64) -> Seeded {
        Seeded { stream: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Uniform in −1..1, on a grid of 2^-23 that f32 holds exactly.
    fn uniform(&mut self) -> f32 {
        (self.stream.next_u32() >> 8) as f32 / (1 << 23) as f32 - 1.0
    }
}

impl BitnetSource for Seeded {
    type Error = Infallible;

    fn table(&mut self, _: &str, rows: usize, columns: usize) -> Result<Table, Infallible> {
        let values = (0..rows * columns).map(|_| self.uniform()).collect();
        Ok(Table { rows, columns, values })
    }

    fn norm(&mut self, _: &str, width: usize) -> Result<Vec<f32>, Infallible> {
        Ok((0..width).map(|_| 1.0 + 0.25 * self.uniform()).collect())
    }

    fn matrix(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<TernaryMatrix, Infallible> {
        let trits = (0..rows * columns).map(|_| ternary(self.stream.next_u64())).collect();
        // Keeps the variance of the inputs: 64 % of the columns add one each.
        let scale = 1.25 / (columns as f32).sqrt();
        Ok(TernaryMatrix { name: name.to_owned(), rows, columns, trits, scale })
    }
}
