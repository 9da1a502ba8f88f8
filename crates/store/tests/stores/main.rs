//! One conformance suite, every store.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod accounts;
mod conformance;
mod conversations;
mod copy;
mod duplicates;
mod flush_queue;
mod found;
mod history;
mod many;
mod postgres;
mod search;
mod settings;
mod sqlite;
