//! Configuration, arithmetic, networks, importers, quantisers and packing.
//!
//! Architecture invariant: this crate knows no Verilog. Everything to its right, from the program
//! to the report, is derived from what it holds.

pub mod bundled;
pub mod calibration;
pub mod config;
pub mod files;
pub mod import;
pub mod llama;
pub mod network;
pub mod neuron;
pub mod numeric;
pub mod packing;
pub mod quantise;
pub mod sample;
pub mod shown;
