//! The accumulator array: ternary dots, lanes, the walk over a matrix, and the way out of its sums.

pub mod accumulator_array;
pub mod baked_array;
pub mod baked_dots;
pub mod base3_decoder;
pub mod carry_chain;
pub mod drain;
pub mod drain_row;
pub mod event_array;
pub mod event_fetcher;
pub mod event_finder;
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
