//! The blocks of the whole machine.

pub mod drain;
pub mod drain_row;
pub mod instruction;
pub mod matrix_fetcher;
pub mod matrix_unit;
pub mod matrix_walker;
pub mod maximum_search;
pub mod plane_selector;
pub mod row_reader;
