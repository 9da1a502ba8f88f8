//! Where journal entries come from.

use crate::id::TeammateId;

/// Where something was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A contact API.
    Api,
    /// A file that was imported.
    Import,
    /// An incoming message. Its name never replaces one that was told in another way.
    Message,
    /// A person in the app.
    Person,
    /// A person in the app who is signed in as a teammate.
    Teammate(TeammateId),
}
