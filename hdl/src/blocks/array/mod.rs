//! The accumulator array: ternary dots, lanes, the walk over a matrix, and the way out of its sums.

pub mod accumulator_array;
pub mod base3_decoder;
pub mod carry_chain;
pub mod drain;
pub mod drain_row;
pub mod event_fetcher;
pub mod event_lane;
pub mod event_lanes;
pub mod lane;
pub mod matrix_fetcher;
pub mod matrix_unit;
pub mod matrix_walker;
pub mod plane_selector;
pub mod row_reader;
pub mod ternary_dot;
pub mod train_events;
