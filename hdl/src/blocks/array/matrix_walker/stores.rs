//! Stores, as the instruction numbers them.

/// Kept keys.
pub(in crate::blocks) const KEYS: i128 = 1;
/// Kept values.
pub(in crate::blocks) const VALUES: i128 = 2;
/// The table of tokens.
pub(in crate::blocks) const EMBEDDING: i128 = 3;
