//! Whose reports are taken back.

use contact::{Entry, ImportId, Origin, Time, TokenId};

/// Whose reports to take back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JoinedBy {
    /// Those of an import.
    Import(ImportId),
    /// Those of an API token, or of the company's own login, since a time.
    Api {
        /// The token; none for the company's own login.
        token: Option<TokenId>,
        /// The time of the first entry.
        since: Time,
    },
}

impl JoinedBy {
    /// Whether an entry is one of its reports.
    pub(super) fn is_of(self, entry: &Entry) -> bool {
        match (self, entry.origin) {
            (JoinedBy::Import(import), Origin::Import(Some(row))) => row.import == import,
            (JoinedBy::Api { token, since }, Origin::Api(by)) => token == by && entry.at >= since,
            _ => false,
        }
    }
}
