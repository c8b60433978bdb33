//! Spikewright crate `tests`.
