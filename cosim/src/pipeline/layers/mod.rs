//! Every ternary matrix alone on the streaming `layer_engine`: currents and spikes of each vector.
//!
//! ```text
//!  Source ──► Lowered   reference run, trains, thresholds, width proofs, packed weights
//!               └► Rtl   the printed engine, its header and its register page
//!                    └► Verified   every current and every spike, compared
//! ```

mod choice;
mod image;
mod listing;
mod lower;
mod plant;
mod report;
mod rtl;
mod verify;

pub use choice::{Choice, FormCost};
pub use image::weight_file;
pub use listing::listing;
pub use lower::{Job, Lowered};
pub use plant::{Plant, Planted};
pub use report::{CosimReport, MatrixReport};
pub use rtl::{Rtl, TOP};
pub use verify::{MatrixRun, Trace, Verified, verify, verify_matrix};
