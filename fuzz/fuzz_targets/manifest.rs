//! `cargo +nightly fuzz run manifest`; see `tests/src/fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tests::fuzz::manifest(bytes));
