//! Lowering of any network to passes, matrices and loops.
//!
//! ```text
//!  Network ─► phases, layouts ─► one function an operation ─► loops apart ─► pointers ─► waits ─► Program
//! ```
//!
//! | file | operations |
//! |---|---|
//! | `norm` | layer_norm, rms_norm |
//! | `linear`, `coded` | ternary_linear, digit_linear; values to trains |
//! | `encode` | encode |
//! | `elementwise` | add, bias, multiply, apply, token_shift, rows of positions |
//! | `neurons` | neuron, previous, step_mean |
//! | `recurrence` | wkv |
//! | `rotary` | rotary |
//! | `attention`, `cache` | attention_scores, softmax, weighted_values, spiking_attention |
//! | `head` | embed, head |
//! | `vectors` | input, and outputs that are vectors |
//!
//! What comes of them is a program before its pointers (`line`), which is made shorter and faster: `fuse`
//! makes one of two passes, `distribute` takes loops apart (`tree`), `unroll` writes those over heads out,
//! `pointers` chooses what moves which address, `placing` finds order and waits, `lifetimes` which words hold
//! which values then, `streams` which pass may follow itself, and `leads` how early the others are taken.
//!
//! Fractions are static: every value has as many fraction bits as its bound leaves, and bounds follow
//! from the weights. Where a recurrence has no bound, the value saturates by rule and is counted.

mod attention;
mod bundle;
mod cache;
mod coded;
mod compose;
mod composer;
mod distribute;
mod draft;
mod elementwise;
mod encode;
mod finish;
mod fuse;
mod head;
mod layouts;
mod leads;
mod lifetimes;
mod line;
mod linear;
mod loops;
mod memories;
mod neurons;
mod norm;
mod orders;
mod phases;
mod placing;
mod pointers;
mod position_order;
mod reach;
mod recurrence;
mod rotary;
mod streams;
mod trace;
mod tree;
mod unroll;
mod useful;
mod value;
mod vectors;

#[cfg(test)]
mod leads_tests;
#[cfg(test)]
mod lifetimes_tests;
#[cfg(test)]
mod loops_tests;
#[cfg(test)]
mod tests;

pub(super) use orders::{lower, orders};
pub use position_order::PositionOrder;
pub(super) use trace::{TURNS, visited};
