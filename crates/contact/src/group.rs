//! Groups of contacts: lists and accounts.

use crate::id::{AccountId, ListId};

/// A group of contacts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Group {
    /// A list.
    List(ListId),
    /// An account.
    Account(AccountId),
}
