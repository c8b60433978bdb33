//! `cargo +nightly fuzz run families`; see `tests/src/fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tests::fuzz::families(bytes));
