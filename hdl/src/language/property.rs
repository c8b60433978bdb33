//! Properties: what holds at every clock outside reset, stated beside the hardware that keeps it.
//!
//! ```text
//!  surroundings ─► assumed ─┐
//!                           ├─► proven by induction (`spikewright prove`)
//!  module       ─► asserted ┘   and checked in every cycle of the native simulator
//! ```
//!
//! They are the last part of a module and print under `ifdef FORMAL`: what only they read is no
//! hardware. A proof by induction starts from any state that satisfies them, so they also say how
//! the registers of a module belong together.

use crate::language::expression::NodeId;

/// Who keeps a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The surroundings of the module.
    Assumed,
    /// The module itself.
    Asserted,
}

/// What holds at every clock outside reset.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Its name, unique in the module.
    pub name: String,
    /// Who keeps it.
    pub claim: Claim,
    /// What it says, in a sentence.
    pub meaning: String,
    pub(crate) node: NodeId,
}
