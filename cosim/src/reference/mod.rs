//! The host-side reference: a network executed token by token.
//!
//! ```text
//! x ─► counts c = round(x / θ) ─► currents i = W·c ─► y = i · θ · scale
//!       └──────── observed ────────┘
//! ```
//!
//! Inputs of ternary matrices are counts and the currents are integers, computed by a bit-packed
//! kernel that equals `weights::numeric`; these are what the hardware must reproduce. What no
//! published system makes spiking (norm, rotary, softmax, gates, residual) is in floats here.

mod arithmetic;
mod attention;
mod encode;
mod error;
mod evaluate;
mod execute;
pub mod float;
mod kernel;
mod labelled;
pub mod machine;
mod speed;
mod text;
pub mod tokenizer;
mod tokens;
mod trace;

pub use arithmetic::argmax;
pub use encode::{Activation, Encoded};
pub use error::ReferenceError;
pub use evaluate::{Predictor, Score, greedy, score_each, score_stories, score_story};
pub use execute::{LinearEvent, Reference};
pub use kernel::{PackedMatrix, PackedTrain, naive_currents};
pub use labelled::{Labelled, LabelledError};
pub use speed::{KernelSpeed, kernel_speed, naive_tokens_per_second};
pub use text::{STORY_END, stories};
pub use tokens::{Tokens, seeded_ids, seeded_vectors};
pub use trace::{Trace, VectorRecord};
