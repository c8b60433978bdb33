//! The blocks of loops: what stands between the program memory and the issue.

pub mod instruction;
pub mod latency;
pub mod loop_stack;
pub mod program_store;
pub mod relocation;
pub mod sequencer;
pub mod token_loop;
