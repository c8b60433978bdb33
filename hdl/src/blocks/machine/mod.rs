//! The blocks of the whole machine.

pub mod instruction;
