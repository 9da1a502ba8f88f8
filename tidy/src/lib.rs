//! Checks of the rules that the repository sets itself: how modules depend on each other, and how text is worded.
//!
//! The library reads source files, with `syn`, and finds what breaks a rule; the tests in `tests/tidy` say what the
//! rules are. It depends on no crate of Kith, so `make check` builds it in seconds.

pub mod circles;
pub mod code;
pub mod files;
pub mod limits;
pub mod modules;
pub mod text;
