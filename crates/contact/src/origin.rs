//! Where journal entries come from.

use std::fmt;
use std::str::FromStr;

use crate::id::{TeammateId, hexadecimal};
use crate::import::ImportId;
use crate::invalid::Invalid;

/// The origin of a journal entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A contact API, with a token or else with the company's own login.
    Api(Option<TokenId>),
    /// An import of a file. What belongs to no row of it, such as a new list, has none.
    Import(Option<ImportRow>),
    /// An incoming message. Its name never replaces one from another origin.
    Message,
    /// A person in the app or at the command line.
    Person,
    /// A teammate who is signed in to the app.
    Teammate(TeammateId),
}

/// A row of an imported file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImportRow {
    /// The import.
    pub import: ImportId,
    /// The line of the file on which the row begins, counted from 1.
    pub line: u64,
}

/// The id of an API token: the first 6 bytes of the hash of its secret, which reveal nothing of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TokenId(pub u64);

impl TokenId {
    const PREFIX: &str = "tok_";
}

/// `tok_` and 12 digits of base 16.
impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:012x}", TokenId::PREFIX, self.0)
    }
}

impl FromStr for TokenId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<TokenId, Invalid> {
        hexadecimal(text, TokenId::PREFIX, 12).map(TokenId).ok_or(Invalid::Id(TokenId::PREFIX))
    }
}
