//! Groups of contacts: lists and accounts.

use crate::id::{AccountId, ListId};

/// What contacts can be put into.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Group {
    /// A list.
    List(ListId),
    /// An account.
    Account(AccountId),
}
