//! Any bytes, read as the sheet of a workbook and the texts of its cells; the byte 0xff is between them.

#![no_main]

#[path = "../check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|parts: &[u8]| {
    let at = parts.iter().position(|byte| *byte == 0xff).unwrap_or(parts.len());
    check::workbook(&parts[..at], parts.get(at + 1..).unwrap_or_default());
});
