//! The traits of a store, one for each kind of record.

mod accounts;
mod companies;
mod contacts;
mod conversations;
mod journal;
mod search;
mod store;

pub use accounts::{AccountCursor, Accounts};
pub use companies::{Added, AddedChannel, Companies, Company, NewChannel, SecretHash, Session, Token};
pub use contacts::{CONTACTS_AHEAD_MAX, ContactStream, Contacts, Cursor, ListRequest, Note, Order, SortBy};
pub use conversations::Conversations;
pub use journal::{Journal, Outcomes, SCAN_AHEAD_MAX, ScanItems};
pub use search::{Found, IndexProgress, Search};
pub use store::Store;
