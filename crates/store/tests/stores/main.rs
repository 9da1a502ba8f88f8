//! One conformance suite, every store.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod accounts;
mod conformance;
mod conversations;
mod copy;
mod duplicates;
mod history;
mod imports;
mod postgres;
mod search;
mod search_plans;
mod settings;
mod sqlite;
mod streams;
