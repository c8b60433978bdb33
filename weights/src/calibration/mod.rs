//! LLaMA models in double precision: what their matrices see, which quantising needs to know, and
//! how well they predict, before and after.
//!
//! ```text
//! ids ─► embedding ─► block ─► … ─► norm ─► head ─► logits
//!           norm ─► [qkv] ─► q, k, v ─► rotary ─► attention ─► [o] ─► output ─► + x
//!           norm ─► [gate_up] ─► act(gate) · up ─► [down] ─► down ─► + x
//! ```
//!
//! A site in brackets is where inputs of matrices become spikes; here they are replaced by the
//! values that the spikes stand for, and a matrix of integers by its values. A text is computed
//! whole, all positions at once.

mod arithmetic;
mod coding;
mod error;
mod executor;
mod gradient;
mod key_value;
mod refine;
mod saliency;
mod sampling;
mod score;
mod sequential;

pub use coding::{Encoder, GifCode, coded, count_threshold, gif_code};
pub use error::CalibrationError;
pub use executor::{BlockWeights, LlamaExecutor, Options};
pub use gradient::{BlockGradient, Gradient};
pub use key_value::KeyValueDigits;
pub use refine::{Refined, Refinement, refine, refine_bound};
pub use saliency::ChannelSaliency;
pub use sampling::{draw_id, samples};
pub use score::{Score, score_texts};
pub use sequential::{memory_bound, quantise_model};
