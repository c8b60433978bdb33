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
mod seeded;

pub use decoder::{
    gpt_shape, neurtransformer, neurtransformer_shape, rwkv_shape, spikegpt, spikegpt_shape,
};
pub use encoder::{bert, bert_shape, spikelm, spikelm_shape, spikingbert, spikingbert_shape};
pub use files::{encoder_config, encoder_tensors};
pub use llama::{llama, spikellm, spikellm_shape};
pub use recurrent::{
    LayerInput, LayerOutput, RecurrentLayer, RecurrentShape, lif_shape, matrix, recurrent,
    recurrent_shape, stream_shape,
};

use crate::config::{Sample, SampleNetwork};
use crate::network::{AttentionShape, BitnetShape, Function, Network, bitnet_network};
use seeded::Seeded;
use std::collections::BTreeSet;

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
