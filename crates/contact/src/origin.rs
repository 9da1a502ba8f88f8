//! Where journal entries come from.

use crate::id::TeammateId;

/// The origin of a journal entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A contact API.
    Api,
    /// An import of a file.
    Import,
    /// An incoming message. Its name never replaces one from another origin.
    Message,
    /// A person in the app.
    Person,
    /// A teammate who is signed in to the app.
    Teammate(TeammateId),
}
