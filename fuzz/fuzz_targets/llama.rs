//! `cargo +nightly fuzz run llama`; see `tests/src/fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tests::fuzz::llama(bytes));
