//! The vector unit: it executes passes, one file a stage.
//!
//! ```text
//!  pass_control ─► pass_reads ─► pass_operand a b c u
//!                                     │
//!     pass_join ─► pass_function ─► pass_multiply ─► pass_neuron ─┬─► T, S
//!                     pass_table                                  ├─► pass_counts ─► trains
//!                                                                 ├─► pass_digits ─► keys, values
//!                                        pass_finish ◄─ pass_reduce
//! ```
//!
//! [`gif_neuron`] is a neuron of a single rule, for designs around single blocks.
//!
//! Every stage is bit-exact to its file in [`numeric::pass`](weights::numeric::pass), and prints
//! only the choices that the program makes.

mod choice;
mod delay_line;
pub mod gif_neuron;
pub mod leading_zeros;
mod limit;
pub mod maximum_search;
pub mod pass_control;
pub mod pass_counts;
pub mod pass_cycles;
pub mod pass_digits;
mod pass_fields;
pub mod pass_finish;
pub mod pass_function;
pub mod pass_join;
pub mod pass_multiply;
pub mod pass_neuron;
pub mod pass_operand;
pub mod pass_reads;
pub mod pass_reduce;
pub mod pass_store;
pub mod pass_table;
pub mod pass_unit;
pub mod round_shifter;
pub mod train_writer;
pub mod widths;
pub(in crate::blocks) mod word_parts;
