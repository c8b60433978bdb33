//! Spikewright crate `cosim`.
