//! The store for more than one machine: a PostgreSQL database, which Citus may distribute over several.
//!
//! Any number of servers share one database, and none keeps state of its own. A write locks the company's row in
//! `ends`. Every statement names one company, so Citus runs it on one shard.

mod accounts;
mod append;
mod bulk;
mod channels;
mod codec;
mod companies;
mod connect;
mod contact_lists;
mod contacts;
mod conversations;
mod credentials;
mod duplicates;
mod error;
mod groups;
mod handles;
mod history;
mod journal;
mod journal_reader;
mod list_order;
mod load;
mod locks;
mod logins;
mod notify;
mod pipeline;
mod postgres;
mod scan;
mod schema;
mod search;
mod settings;
mod statements;
mod tls;
mod traits;
mod writer;

pub use connect::Limits;
pub use postgres::Postgres;
