//! The blocks of the whole machine.

pub mod instruction;
pub mod program_store;
pub mod sequencer;
pub mod token_loop;
