//! Stores, as the instruction numbers them.

/// Kept keys.
pub(in crate::blocks::array) const KEYS: i128 = 1;
/// Kept values.
pub(in crate::blocks::array) const VALUES: i128 = 2;
/// The table of tokens.
pub(in crate::blocks::array) const EMBEDDING: i128 = 3;
