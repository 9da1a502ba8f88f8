//! The app as people meet it: a real Chromium before the real `kith` binary.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod alike;
mod card;
#[path = "../it/harness.rs"]
#[allow(dead_code, reason = "the tests of commands use the rest")]
mod harness;
mod hostile;
#[path = "../it/http.rs"]
#[allow(dead_code, reason = "the tests of commands use the rest")]
mod http;
mod import;
mod keys;
mod live;
mod plain;
mod reach;
mod sign_in;
mod stage;
mod teammate;
