//! The hardware blocks, one file each: picture, promise, parameters, module.

pub mod array;
pub mod board;
pub mod control;
pub mod host;
pub mod machine;
pub mod memory;
pub mod vector;
