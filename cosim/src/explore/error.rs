//! Why an exploration has no result.

use crate::bench::BenchError;
use crate::machine::MachineError;
use crate::pipeline::PipelineError;
use crate::reference::ReferenceError;

/// An error of an exploration.
#[derive(Debug, thiserror::Error)]
pub enum ExploreError {
    /// Configuration, network or output.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// The reference refuses the text.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// A point cannot be synthesised.
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// No part of that name.
    #[error("there is no part `{name}`\n  = choose one of {known}")]
    UnknownPart {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A value that was asked for makes no machine.
    #[error(
        "no machine of the sweep has {key} = {value}\n  = elements of a vector divide lanes and slots: \
         sweep such values with --lanes, --slots and --elements"
    )]
    Unmet {
        /// The key that is swept.
        key: &'static str,
        /// The value.
        value: usize,
    },
    /// Nothing of the sweep is a machine.
    #[error(
        "none of the {count} designs is a machine for `{network}`; the first: {reason}\n  = {remedy}"
    )]
    NoMachine {
        /// Designs of the sweep.
        count: usize,
        /// Name of the network.
        network: String,
        /// Why the first is none.
        reason: String,
        /// The way out.
        remedy: &'static str,
    },
    /// Every machine is too large for the part.
    #[error(
        "none of the {count} machines fits {part}: the nearest, {nearest}, takes {used} {resource}, \
         {part} has {available}\n  = choose a larger part, or sweep smaller values with {option}"
    )]
    NothingFits {
        /// Machines of the sweep.
        count: usize,
        /// The part.
        part: &'static str,
        /// The machine that comes nearest.
        nearest: String,
        /// What it takes too much of.
        resource: &'static str,
        /// How much it takes.
        used: u64,
        /// How much there is.
        available: u64,
        /// What makes it less.
        option: &'static str,
    },
    /// A point differs from the reference, or stalls.
    #[error("{point}: {failure}")]
    Machine {
        /// The point.
        point: String,
        /// What went wrong.
        failure: Box<MachineError>,
    },
}
