//! The embedded store: one SQLite file with a write-ahead log.
//!
//! One thread writes. Writes that arrive while it commits are its next batch, and a batch is one transaction, so many
//! writers share one sync of the disk. Readers have their own connections and never wait for the writer.

mod accounts;
mod bulk;
mod claim_buffer;
mod contacts;
mod conversations;
mod damage;
mod duplicates;
mod error;
mod filter;
mod flush_queue;
mod handles;
mod journal;
mod load;
mod locks;
mod logins;
mod mark;
mod open;
mod page_check;
mod private;
mod readers;
mod restore;
mod rows;
mod scan;
mod schema;
mod scratch;
mod search;
mod settings;
mod sidecar;
mod sqlite;
mod traits;
mod turns;
mod upkeep;
mod write_state;
mod writer;

pub use schema::FirstCopy;
pub use scratch::TemporaryFiles;
pub use sqlite::Sqlite;
