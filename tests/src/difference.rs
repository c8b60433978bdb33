//! What is not as it must be.

use cosim::harness::{HarnessError, LayerError};
use firmware::driver::DriverError;

/// What is not as it must be.
#[derive(Debug)]
pub enum Difference {
    /// A value is another one than `numeric` says.
    Value {
        /// Index of the vector.
        vector: usize,
        /// Row of the matrix.
        row: usize,
        /// What `numeric` says.
        expected: i64,
        /// What the engine sent.
        found: i64,
    },
    /// A counter or a status bit is another one.
    Counter {
        /// Its name.
        name: &'static str,
        /// What it must be.
        expected: u32,
        /// What the engine says.
        found: u32,
    },
    /// A handshake of the engine breaks the rules of AXI4.
    Handshake(String),
    /// The engine stalls, refuses, reports an error, or sends a malformed frame.
    Engine(LayerError),
}

impl Difference {
    /// What caught it, in a word or two.
    pub fn caught_by(&self) -> &'static str {
        match self {
            Difference::Value { .. } => "value",
            Difference::Counter { .. } => "counter",
            Difference::Handshake(_) => "handshake",
            Difference::Engine(LayerError::Status(_)) => "status",
            Difference::Engine(LayerError::Result { .. }) => "frame",
            Difference::Engine(LayerError::Harness(HarnessError::Stall { .. })) => "stall",
            Difference::Engine(LayerError::Harness(HarnessError::Endless { .. })) => {
                "endless frame"
            }
            Difference::Engine(LayerError::Driver(DriverError::Mismatch { .. })) => "constants",
            Difference::Engine(LayerError::Driver(DriverError::Busy { .. })) => "stays busy",
            Difference::Engine(LayerError::Driver(_) | LayerError::Harness(_)) => "bus",
            Difference::Engine(LayerError::Tiling(_) | LayerError::Engine(_)) => "table",
        }
    }
}
