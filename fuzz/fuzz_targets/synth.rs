//! `cargo +nightly fuzz run synth`; see `tests/src/fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tests::fuzz::synth(bytes));
