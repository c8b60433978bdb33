//! The hardware blocks, one file each: picture, promise, parameters, module.

pub mod accumulator_array;
pub mod axi_registers;
pub mod baked_array;
pub mod baked_dots;
pub mod base3_decoder;
pub mod board;
pub mod carry_chain;
pub mod engine_control;
pub mod event_array;
pub mod event_buffer;
pub mod event_finder;
pub mod event_lane;
pub mod gif_neuron;
pub mod lane;
pub mod layer_engine;
pub mod machine;
pub mod neuron_group;
mod neuron_stages;
pub mod ram;
pub mod register_file;
pub mod result_queue;
pub mod result_register;
pub mod result_tile;
pub mod spike_buffer;
pub mod ternary_dot;
pub mod tile_sequencer;
pub mod weight_store;
