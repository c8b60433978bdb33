//! Spikewright crate `firmware`.
