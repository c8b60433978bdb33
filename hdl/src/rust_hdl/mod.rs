//! Every module of this crate as a block of a [rust-hdl](rust_hdl_core) design. Feature `rust-hdl`.
//!
//! ```text
//!  a rust-hdl design ──► EmbeddedBlock
//!                          ports    atoms as wide as the module's, known when it is made
//!                          update   the native simulator, one edge of clk_i a tick
//!                          hdl      an instance, and below it the modules as our printer has them
//! ```
//!
//! [`EmbeddedBlock`] takes any module; its ports are found by name. [`rust_hdl_block!`] gives a
//! module typed ports, so that a parent with `#[hdl_gen]` uses it as it uses its own blocks.
//!
//! [`rust_hdl_block!`]: crate::rust_hdl_block

mod atom;
mod embedded;
mod engine;
mod text;
mod typed;
mod value;

pub use embedded::EmbeddedBlock;
pub use engine::{EmbedError, Engine};
pub use typed::Exchange;
pub use value::Value;

/// The crate that these blocks are for, in the version that they are made for.
pub use rust_hdl_core as core;
