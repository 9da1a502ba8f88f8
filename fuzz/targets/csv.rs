//! Any bytes, read as a table.

#![no_main]

#[path = "../check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|file: &[u8]| check::file(file, files::Format::Csv));
