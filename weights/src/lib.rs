//! Spikewright crate `weights`.
