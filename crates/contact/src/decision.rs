//! What a command leads to, or why it is refused.

use thiserror::Error;

use crate::account::AccountAlias;
use crate::custom::{CustomName, WrongValue};
use crate::entry::Change;
use crate::handle::HandleKey;
use crate::id::{AccountId, ContactId, FieldId, ListId, TeammateId};
use crate::message::MessageRef;
use crate::settings::CreatedItem;
use crate::time::Seq;

/// Most existing contacts that one observation or merge may make one.
pub const MERGE_CONTACTS_MAX: usize = 50;

/// What a command leads to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Decision {
    /// What goes into the journal, in this order; nothing if nothing changes.
    pub changes: Vec<Change>,
    /// What whoever asked is told.
    pub outcome: Outcome,
}

/// What came of a command.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// The contact that it is about, as it is now.
    pub contact: Option<ContactId>,
    /// Whether that contact is new.
    pub created: bool,
    /// Whether anything was written.
    pub changed: bool,
    /// The contacts that became part of it by this.
    pub merged: Vec<ContactId>,
    /// The contacts that would have become part of it, but for a rule.
    pub kept_apart: Vec<ContactId>,
    /// The entry that is this rule: a split, or that somebody said so.
    pub rule: Option<Seq>,
    /// What was made, or was there already.
    pub made: Option<CreatedItem>,
    /// The entry of a note.
    pub note: Option<Seq>,
    /// The message, and the conversation that it is part of.
    pub message: Option<MessageRef>,
    /// Whether that message is new, not delivered once more.
    pub received: bool,
}

/// Why a command was refused. Nothing of it was done.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Refused {
    /// It would make too many contacts one.
    #[error("These would join {} existing contacts; at most {MERGE_CONTACTS_MAX} are joined at once: {}.", .0.len(), listed(.0))]
    TooManyContacts(Vec<ContactId>),
    /// It has no handle, so it is about nobody.
    #[error("At least one handle must be given.")]
    NoHandle,
    /// A merge of fewer than two contacts.
    #[error("At least two different contacts must be given.")]
    NothingToMerge,
    /// Two to be kept apart are one person.
    #[error("Contacts {} and {} are one person; only a split parts them.", .0[0], .0[1])]
    OnePerson([ContactId; 2]),
    /// It names a contact that is not there.
    #[error("There is no contact {0}.")]
    NoContact(ContactId),
    /// It names an entry that is no merge, or one that has been split already.
    #[error("Journal entry {0} is no merge that stands.")]
    NoMerge(Seq),
    /// A handle is another contact's.
    #[error("The {source} handle {key} is that of contact {1}.", source = .0.source(), key = .0.as_str())]
    HandleTaken(HandleKey, ContactId),
    /// The contact does not have the handle.
    #[error("The contact does not have this handle.")]
    NoHandleThere,
    /// It is the last handle of a contact.
    #[error("This is the contact's last handle. With force, the contact is deleted with it.")]
    LastHandle,
    /// It names a list that is not there.
    #[error("There is no list {0}.")]
    NoList(ListId),
    /// It names a custom field that is not there.
    #[error("There is no custom field {0}.")]
    NoField(FieldId),
    /// Another custom field has the name.
    #[error("There is a custom field {0} already.")]
    FieldTaken(CustomName),
    /// A custom field cannot have this value.
    #[error("custom_fields: {} {}.", .0.field, .0.why)]
    WrongValue(WrongValue),
    /// It names a teammate who is not there.
    #[error("There is no teammate {0}.")]
    NoTeammate(TeammateId),
    /// Another teammate has the e-mail address.
    #[error("There is a teammate with the address {0} already.")]
    TeammateTaken(String),
    /// It names an account that is not there.
    #[error("There is no account {0}.")]
    NoAccount(AccountId),
    /// What names accounts is another's.
    #[error("The {name} {value} is that of account {1}.", name = .0.name(), value = .0.value())]
    AccountTaken(AccountAlias, AccountId),
    /// There are as many as there may be.
    #[error("There are {most} {what} already, and no more are kept.")]
    TooMany {
        /// What there are so many of.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
}

impl From<WrongValue> for Refused {
    fn from(wrong: WrongValue) -> Refused {
        Refused::WrongValue(wrong)
    }
}

fn listed(contacts: &[ContactId]) -> String {
    contacts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
