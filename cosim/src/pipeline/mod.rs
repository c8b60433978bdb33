//! The program in stages: each takes what the one before it yields.
//!
//! ```text
//!  Source   configuration, network, text
//!    ├► machine   the network on a machine of its own
//!    └► outputs   build/<name>, whole or not at all
//! ```
//!
//! Architecture invariant: stages compute and return; only `outputs` writes, and only once
//! everything that can be refused has been refused.

pub mod capacity;
mod error;
pub mod machine;
mod outputs;
mod source;
mod text;

pub use error::PipelineError;
pub(crate) use outputs::{BOARDS, EXPLORATION};
pub use outputs::{Output, Outputs, ToolVersion};
pub use source::{Source, SourceOptions};
pub use text::read_text;
