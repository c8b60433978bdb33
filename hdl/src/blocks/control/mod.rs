//! The blocks of loops: what stands between the program memory and the issue.

pub mod loop_stack;
pub mod relocation;
