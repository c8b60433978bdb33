//! Memories: block RAM, stores of weights, of keys and values, of predictions.

pub mod baked_store;
pub mod element_store;
pub mod key_value_store;
pub mod plane_store;
pub mod prediction_queue;
pub mod ram;
pub mod store;
pub mod weight_store;
