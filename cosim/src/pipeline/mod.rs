//! The program in stages: each takes what the one before it yields.
//!
//! ```text
//!  Source   configuration, network, text
//!    ├► machine   the whole network on a machine of its own
//!    ├► layers    each matrix alone on the layer engine
//!    └► outputs   build/<name>, whole or not at all
//! ```
//!
//! Architecture invariant: stages compute and return; only `outputs` writes, and only once
//! everything that can be refused has been refused.

pub mod capacity;
mod error;
pub mod layers;
pub mod machine;
mod outputs;
mod source;
mod text;

pub use error::PipelineError;
pub(crate) use outputs::{BOARDS, EXPLORATION};
pub use outputs::{Output, Outputs, ToolVersion};
pub use source::{Source, SourceOptions};
pub use text::read_text;
