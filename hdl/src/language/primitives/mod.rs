//! The vendors' cells that designs of ours use, one file a family.

pub mod carry;
pub mod clock;
