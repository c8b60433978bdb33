//! Why a simulation does not go on, and the limits that it names.

/// Cycles that one register access may take.
pub(super) const BUS_CYCLES_MAX: u64 = 16;
/// Beats that a result frame may have: one row each, at least.
pub(super) const FRAME_BEATS_MAX: usize = weights::config::limits::ROWS_MAX;

/// Why a simulation does not go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HarnessError {
    /// A register access was not answered.
    #[error("register access at {offset:#04x} was not answered within {BUS_CYCLES_MAX} cycles")]
    Silent {
        /// Byte offset.
        offset: u32,
    },
    /// A register access was refused.
    #[error("write to {offset:#04x} was refused (SLVERR) in cycle {cycle}")]
    Refused {
        /// Byte offset.
        offset: u32,
        /// When.
        cycle: u64,
    },
    /// A result frame does not end.
    #[error(
        "result frame {frame} has more than {FRAME_BEATS_MAX} beats and no last one, in cycle \
         {cycle}"
    )]
    Endless {
        /// Which vector's.
        frame: usize,
        /// When.
        cycle: u64,
    },
    /// Nothing moved for too long.
    #[error(
        "nothing moved for {idle} cycles, at cycle {cycle}: {sent} of {beats} beats sent, \
         {received} of {frames} result frames received; {waits}"
    )]
    Stall {
        /// Cycles without a beat.
        idle: u64,
        /// When.
        cycle: u64,
        /// Input beats accepted.
        sent: usize,
        /// Input beats there are.
        beats: usize,
        /// Result frames received.
        received: usize,
        /// Result frames expected.
        frames: usize,
        /// Who waits on whom.
        waits: String,
    },
}
