//! The vector unit of machines whose programs have passes.

pub mod pass_unit;
