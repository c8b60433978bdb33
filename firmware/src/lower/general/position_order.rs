//! What tells the programs of one network apart.

/// How a program goes over the positions of a text, and its instructions over each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PositionOrder {
    /// Positions of a chunk; 0: one after the other through the whole segment.
    pub chunk: u32,
    /// Whether each operation is executed for all steps of a token before the next is.
    pub steps_together: bool,
    /// Whether positions of a chunk, or steps together, share the words of matrices.
    pub shares: bool,
    /// Whether each pass goes through all heads, and all positions of a chunk or steps together, before
    /// the next does.
    pub apart: bool,
    /// Whether the turns of loops over heads, and over steps together, are written out.
    pub unrolled: bool,
    /// Whether instructions change places, so that one unit works while the other does.
    pub scheduled: bool,
    /// Whether passes are taken while those before them are under way.
    pub leads: bool,
}
