//! Who executes an instruction.

use super::Action;

/// The units that execute instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// The array and its drain.
    Matrix,
    /// The vector unit.
    Vector,
    /// The sequencer itself.
    Sequencer,
}

impl Action {
    /// The unit that executes it.
    pub fn unit(&self) -> Unit {
        match self {
            Action::End(_) | Action::Loop(_) | Action::Next(_) => Unit::Sequencer,
            Action::Matrix(_) => Unit::Matrix,
            Action::Pass(_) => Unit::Vector,
        }
    }
}
