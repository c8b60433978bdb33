//! `cargo +nightly fuzz run tokenizer`; see `tests/src/fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tests::fuzz::tokenizer(bytes));
