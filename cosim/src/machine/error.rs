//! Why a run of a machine ends early.

use super::lockstep::WriteDifference;
use crate::reference::ReferenceError;
use firmware::bus::DriverError;

/// Cycles that one register access may take.
pub(super) const BUS_CYCLES_MAX: u64 = 16;

/// Why a register access fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// It was not answered.
    #[error("register access at {offset:#04x} was not answered within {BUS_CYCLES_MAX} cycles")]
    Silent {
        /// Byte offset.
        offset: u32,
    },
    /// It was refused.
    #[error("write to {offset:#04x} was refused (SLVERR) in cycle {cycle}")]
    Refused {
        /// Byte offset.
        offset: u32,
        /// When.
        cycle: u64,
    },
}

/// Why a run of a machine ends early.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// The hardware wrote something else than the reference.
    #[error("{0}")]
    Difference(Box<WriteDifference>),
    /// The hardware predicts another token than the reference.
    #[error(
        "mismatch at token {position}, prediction\n  reference   {reference:<8} rtl  {rtl}\n  cycle       {cycle}"
    )]
    Prediction {
        /// Position of the token that was fed.
        position: usize,
        /// What the reference predicts.
        reference: u32,
        /// What the hardware sent.
        rtl: u32,
        /// When.
        cycle: u64,
    },
    /// A vector leaves the hardware that is not the reference's.
    #[error(
        "mismatch at vector {position}, {place}\n  reference   {reference:<8} rtl  {rtl}\n  cycle       {cycle}"
    )]
    Vector {
        /// Position of the token or vector that was fed.
        position: usize,
        /// Which value of it.
        place: String,
        /// What the reference has there.
        reference: String,
        /// What the hardware sent.
        rtl: String,
        /// When.
        cycle: u64,
    },
    /// Nothing moves any more.
    #[error("nothing moved for {idle} cycles, at cycle {cycle}: {waits}")]
    Stall {
        /// Cycles without an event.
        idle: u64,
        /// When.
        cycle: u64,
        /// Who waits on whom.
        waits: String,
    },
    /// A register access failed.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The machine is not the one of the program, or refuses its settings.
    #[error(transparent)]
    Driver(#[from] DriverError<BusError>),
    /// The machine reports an error.
    #[error("the machine: {0}")]
    Machine(String),
    /// The reference refuses a token.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
}
