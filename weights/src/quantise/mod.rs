//! Quantisers: from a float matrix, and what its inputs look like, to integers with scales.
//!
//! ```text
//! W ─► terms: which weights share a scale ─► row scales ─► integers, rounded in the order of
//! inputs X ─► H = 2·XᵀX/n ─► Curvature ──────────────────► falling curvature, errors passed on
//! ```
//!
//! Method: Frantar et al., "GPTQ" (2022), sequential and without lazy batches; salient mixtures
//! after Xing et al., "SpikeLLM" (2024). Floats live here, in import, in calibration and in
//! reports only.

mod curvature;
mod error;
mod gptq;
mod plan;
mod recipe;
mod refit;
mod triangle;

pub use crate::llama::FloatMatrix;
pub use curvature::{Curvature, Hessian};
pub use error::QuantiseError;
pub use gptq::quantise_matrix;
pub use plan::{row_scale, salient_count};
pub use recipe::{Code, Grain, Method, Recipe, Saliency, Salient, Storage};
