//! The configuration: one design, in TOML, read at run time.
//!
//! ```text
//!  design.toml ──► syntax ──► schema ──► relations ──► Design
//!                    │          │            │
//!                    └──────────┴────────────┴──► the line, carets under it, the remedy
//! ```
//!
//! The types in `design` are the one description: their comments and limits become the JSON
//! schema that editors complete from, the comments of the starter, and the very rules that a file
//! is checked by. What a schema cannot say, such as one number dividing another, is in `relations`.
//!
//! Architecture invariant: a `Design` from a file is within every limit of [`limits`], so the
//! stages to the right need not check sizes again.

mod design;
mod diagnostic;
mod file;
pub mod limits;
mod parse;
mod relations;
mod schema;
mod settings;
mod shipped;
mod walk;
mod write;

pub use design::{
    Array, Design, Encoder, Form, Machine, Run, Sample, SampleNetwork, Target, WeightStore,
};
pub use diagnostic::{ConfigError, Diagnostic};
pub use file::DesignFile;
pub use schema::schema;
pub use shipped::{starter, starters};
