//! The blocks of the whole machine.

pub mod digit_table;
pub mod digit_writer;
pub mod function_table;
pub mod instruction;
pub mod key_value_store;
pub mod leading_zeros;
pub mod program_store;
pub mod round_shifter;
pub mod scalar_unit;
pub mod sequencer;
pub mod token_loop;
pub mod train_writer;
pub mod vector_control;
pub mod vector_cycles;
pub mod vector_element;
mod vector_fields;
pub mod vector_reduction;
pub mod vector_schedule;
pub mod vector_unit;
mod word_parts;
