//! The program in stages: each takes what the one before it yields.
//!
//! ```text
//!  Source   configuration, network, text
//!    └► Lowered   reference run, trains, thresholds, width proofs, packed weights
//!         └► Rtl   the printed engine, its header and its register page
//!              └► Verified   every current and every spike, compared
//!                   └► outputs   build/<name>, whole or not at all
//! ```
//!
//! Architecture invariant: stages compute and return; only `outputs` writes, and only once
//! everything that can be refused has been refused.

mod error;
mod image;
mod listing;
mod lower;
mod outputs;
mod plant;
mod report;
mod rtl;
mod source;
mod verify;

pub use error::PipelineError;
pub use image::weight_file;
pub use listing::listing;
pub use lower::{Job, Lowered};
pub use outputs::{Output, Outputs};
pub use plant::{Plant, Planted};
pub use report::{CosimReport, MatrixReport, ToolVersion};
pub use rtl::{Rtl, TOP};
pub use source::{Source, SourceOptions};
pub use verify::{MatrixRun, Trace, Verified, verify, verify_matrix};
