//! The page of a run, `6-report.html`: one file that needs nothing beside it.
//!
//! ```text
//!  5-cosim.json ────────┐
//!  synth/*/synth.json ──┴► sections, one file each ──► page
//! ```
//!
//! Architecture invariant: a page is made of the text of the JSON files alone, and of what in them
//! does not change from run to run: no time, no place, no version but those of a synthesis. The same run gives the same bytes,
//! whether `run` writes the page or `report` makes it again.

mod boards;
mod bounds;
mod chart;
mod cycles;
mod error;
mod folder;
mod frame;
mod machine;
mod memories;
mod operations;
mod page;
mod positions;
pub mod raster;
mod summary;
#[cfg(test)]
mod tests;
mod text;
mod timeline;
mod words;

pub use error::ReportError;
pub use folder::{Written, boards_of, write_again};
pub use page::page;
pub(crate) use words::grouped;

/// The file of the page.
pub const PAGE: &str = "6-report.html";
/// The file of which the page is made.
pub const COSIM: &str = "5-cosim.json";
/// The folder with one folder a board, and the file in each of these.
const SYNTH: (&str, &str) = ("synth", "synth.json");
