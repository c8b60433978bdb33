//! What an import may cost.

/// What an import may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a JSON file.
    pub json_bytes: u64,
    /// Bytes of the header of a weight file.
    pub header_bytes: u64,
    /// Bytes of all weight files together.
    pub weight_bytes: u64,
}

impl Default for Limits {
    /// Enough for a ternary model of four billion weights.
    fn default() -> Limits {
        Limits { json_bytes: 16 << 20, header_bytes: 16 << 20, weight_bytes: 4 << 30 }
    }
}
