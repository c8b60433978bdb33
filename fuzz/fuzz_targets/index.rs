//! `cargo +nightly fuzz run index`; see `tests/src/fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tests::fuzz::index(bytes));
