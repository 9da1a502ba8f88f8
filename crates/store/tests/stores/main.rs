//! One conformance suite, every store.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod accounts;
mod alike;
mod conformance;
mod conversations;
mod copy;
mod directory;
mod found;
mod history;
mod leaving;
mod many;
mod postgres;
mod search;
mod sqlite;
