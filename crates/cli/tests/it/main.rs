//! The `kith` binary as its users meet it: commands, servers, and what goes wrong around them.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod app_user;
mod channels;
mod commands;
mod corpora;
mod crowd;
mod damage;
mod database;
mod described;
mod directory;
mod documented;
mod fair;
mod faults;
mod field;
mod files;
mod find;
mod harness;
mod http;
mod imports;
mod kept;
mod kills;
mod logs;
mod manual;
mod metrics;
mod private;
mod records;
mod restore;
mod serve;
mod streams;
mod tls;
mod undo;
mod upgrade;
