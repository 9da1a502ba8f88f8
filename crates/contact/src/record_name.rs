//! The ids and names of records.

use crate::handle::Handle;
use crate::id::ContactId;
use crate::invalid::Invalid;

/// Most characters of the system of a record's name.
pub const RECORD_SYSTEM_CHARS_MAX: usize = 64;
/// Most characters of the id of a record's name.
pub const RECORD_ID_CHARS_MAX: usize = 200;

/// The id of a record: that of the contact which the record is when it is alone.
pub type RecordId = ContactId;

/// Which record is meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RecordRef {
    /// The one with a name.
    Named(RecordName),
    /// The one with an id.
    Id(RecordId),
}

impl From<RecordName> for RecordRef {
    fn from(name: RecordName) -> RecordRef {
        RecordRef::Named(name)
    }
}

/// The name of a record: the system that keeps it, and its id there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RecordName {
    system: String,
    id: String,
}

impl RecordName {
    /// The system of the records of senders. Nobody can give a record this name.
    const SENDER: &str = "@";

    /// Parses a name.
    ///
    /// # Errors
    ///
    /// [`Invalid::RecordSystem`] unless the system is 1 to [`RECORD_SYSTEM_CHARS_MAX`] of `a–z 0–9 - _ .`;
    /// [`Invalid::RecordId`] unless the id has 1 to [`RECORD_ID_CHARS_MAX`] characters and no control characters.
    pub fn parse(system: &str, id: &str) -> Result<RecordName, Invalid> {
        let name = RecordName { system: RecordName::parse_system(system)?, id: id.trim().to_owned() };
        let is_id = !name.id.is_empty() && name.id.chars().count() <= RECORD_ID_CHARS_MAX;
        if is_id && !name.id.chars().any(char::is_control) { Ok(name) } else { Err(Invalid::RecordId) }
    }

    /// Parses the system of a name.
    ///
    /// # Errors
    ///
    /// [`Invalid::RecordSystem`] unless it is 1 to [`RECORD_SYSTEM_CHARS_MAX`] of `a–z 0–9 - _ .`.
    pub fn parse_system(system: &str) -> Result<String, Invalid> {
        let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        let is_system = (1..=RECORD_SYSTEM_CHARS_MAX).contains(&system.len()) && system.chars().all(is_allowed);
        if is_system { Ok(system.to_owned()) } else { Err(Invalid::RecordSystem) }
    }

    /// A name from the store, without a check.
    pub fn from_stored(system: String, id: String) -> RecordName {
        RecordName { system, id }
    }

    /// The record of a sender whose handle identifies nobody.
    pub(crate) fn of_sender(handle: &Handle) -> RecordName {
        let key = handle.key();
        RecordName { system: RecordName::SENDER.into(), id: format!("{}:{}", key.source(), key.as_str()) }
    }

    /// The system.
    pub fn system(&self) -> &str {
        &self.system
    }

    /// The id in the system.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it was given by the observations of the record.
    pub fn is_given(&self) -> bool {
        self.system != RecordName::SENDER
    }
}
