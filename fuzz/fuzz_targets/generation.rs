//! `cargo +nightly fuzz run generation`; see `tests/src/fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tests::fuzz::generation(bytes));
