//! The streaming layer engine: one matrix, spikes in, currents or spikes out.

pub mod engine_control;
pub mod event_buffer;
pub mod gif_neuron;
pub mod layer_engine;
pub mod neuron_group;
mod neuron_stages;
pub mod register_file;
pub mod result_queue;
pub mod result_register;
pub mod result_tile;
pub mod spike_buffer;
pub mod tile_sequencer;
