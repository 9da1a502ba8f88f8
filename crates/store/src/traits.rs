//! What a store may be asked, by what it is about.

mod accounts;
mod companies;
mod contacts;
mod conversations;
mod journal;
mod search;

pub use accounts::{AccountCursor, Accounts};
pub use companies::{Added, AddedChannel, Companies, Company, NewChannel, SecretHash, Session, Token};
pub use contacts::{Contacts, Cursor, Listing, Note, Order, PEOPLE_AHEAD_MAX, People, SortBy};
pub use conversations::Conversations;
pub use journal::{Journal, Outcomes, Record, Records, SCAN_AHEAD_MAX};
pub use search::Search;
