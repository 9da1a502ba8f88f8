//! What a command leads to, or why it is refused.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::account::AccountAlias;
use crate::custom::{CustomName, WrongValue};
use crate::entry::Change;
use crate::guards::CONTACT_HANDLES_MAX;
use crate::handle::{Handle, HandleKey};
use crate::id::{AccountId, ContactId, FieldId, ListId, TeammateId};
use crate::message::MessageRef;
use crate::missing::Missing;
use crate::observation::HANDLES_MAX;
use crate::record_name::{RecordId, RecordName};
use crate::settings::CreatedItem;
use crate::status::NotUsed;
use crate::time::Seq;

/// Most existing contacts that one observation, merge or decision about a handle joins.
pub const MERGE_CONTACTS_MAX: usize = 50;

/// The decision on a command.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Decision {
    /// The changes for the journal, in order; none if nothing changes.
    pub changes: Vec<Change>,
    /// The result for the caller.
    pub outcome: Outcome,
    /// The records to regroup after the changes, because what is known has changed.
    pub concerned: BTreeSet<RecordId>,
}

impl Decision {
    /// A decision that changes nothing about this contact.
    pub(crate) fn nothing(contact: ContactId) -> Decision {
        Decision { outcome: Outcome { contact: Some(contact), ..Outcome::default() }, ..Decision::default() }
    }
}

/// Why there is no decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Undecided {
    /// The command is refused.
    Refused(Refused),
    /// The view lacks something. Load it and decide again.
    Missing(Missing),
}

impl From<Refused> for Undecided {
    fn from(refused: Refused) -> Undecided {
        Undecided::Refused(refused)
    }
}

impl From<WrongValue> for Undecided {
    fn from(wrong: WrongValue) -> Undecided {
        Undecided::Refused(wrong.into())
    }
}

impl From<Missing> for Undecided {
    fn from(missing: Missing) -> Undecided {
        Undecided::Missing(missing)
    }
}

/// The result of a command.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// The contact that the command is about, after all merges.
    pub contact: Option<ContactId>,
    /// Whether that contact is new.
    pub created: bool,
    /// Whether anything was written.
    pub changed: bool,
    /// The contacts that the command merged into it; into any, if it is about no contact.
    pub merged: Vec<ContactId>,
    /// The contacts that came apart, since what is known has changed.
    pub split: Vec<ContactId>,
    /// The handles that were not used to find the contact.
    pub not_used: Vec<(Handle, NotUsed)>,
    /// The contacts that a separation kept from merging with it.
    pub kept_apart: Vec<ContactId>,
    /// The entry of that separation: a split, or the command that separated them.
    pub rule: Option<Seq>,
    /// What the command created, or what existed already.
    pub created_item: Option<CreatedItem>,
    /// The entry of the note.
    pub note: Option<Seq>,
    /// The message and its conversation.
    pub message: Option<MessageRef>,
    /// Whether the message is new, not a second delivery.
    pub received: bool,
}

/// Why a command was refused. A refused command changes nothing.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Refused {
    /// The command would merge too many contacts.
    #[error("This would merge {} contacts; at most {MERGE_CONTACTS_MAX} can be merged at once: {}.", .0.len(), listed(.0))]
    TooManyContacts(Vec<ContactId>),
    /// The observation has no handle.
    #[error("At least one handle is required.")]
    NoHandle,
    /// No handle of the observation identifies anybody.
    #[error("None of the handles identifies a person: {} is {}.", .0.as_str(), .1.reason())]
    NobodyIdentified(HandleKey, NotUsed),
    /// The contact would have too many handles.
    #[error(
        "Contact {contact} would have more than {CONTACT_HANDLES_MAX} handles. Look at the {source} handle {key}: {records} \
         records report it.",
        source = .handle.source(), key = .handle.as_str()
    )]
    TooManyHandles {
        /// The contact.
        contact: ContactId,
        /// The handle that most of its records report.
        handle: HandleKey,
        /// How many report it.
        records: usize,
    },
    /// A named record does not exist.
    #[error("Record {id} of {system} not found.", id = .0.id(), system = .0.system())]
    NoRecord(RecordName),
    /// The records to split off are not some of the records of the contact, or are all of them.
    #[error("Name some of the records of contact {0}, but not all of them.")]
    NoSplit(ContactId),
    /// The merge names fewer than two contacts.
    #[error("A merge needs at least two different contacts.")]
    NothingToMerge,
    /// The contacts to separate are merged.
    #[error("Contacts {} and {} are merged. Split them instead.", .0[0], .0[1])]
    OnePerson([ContactId; 2]),
    /// A contact does not exist.
    #[error("Contact {0} not found.")]
    NoContact(ContactId),
    /// Another contact has the handle.
    #[error("The {source} handle {key} belongs to contact {1}.", source = .0.source(), key = .0.as_str())]
    HandleTaken(HandleKey, ContactId),
    /// The contact does not have the handle.
    #[error("The contact does not have this handle.")]
    NoHandleThere,
    /// The handle is the last one of its contact.
    #[error("This is the contact's last handle. Use force to delete the contact with it.")]
    LastHandle,
    /// A list does not exist.
    #[error("List {0} not found.")]
    NoList(ListId),
    /// A custom field does not exist.
    #[error("Custom field {0} not found.")]
    NoField(FieldId),
    /// Another custom field has the name.
    #[error("A custom field {0} already exists.")]
    FieldTaken(CustomName),
    /// A custom field cannot have this value.
    #[error("custom_fields: {} {}.", .0.field, .0.why)]
    WrongValue(WrongValue),
    /// A teammate does not exist.
    #[error("Teammate {0} not found.")]
    NoTeammate(TeammateId),
    /// Another teammate has the email address.
    #[error("A teammate with the address {0} already exists.")]
    TeammateTaken(String),
    /// An account does not exist.
    #[error("Account {0} not found.")]
    NoAccount(AccountId),
    /// Another account has the alias.
    #[error("The {name} {value} belongs to account {1}.", name = .0.name(), value = .0.value())]
    AccountTaken(AccountAlias, AccountId),
    /// A limit is reached.
    #[error("There are already {most} {what}, the most there can be.")]
    TooMany {
        /// The things that are counted, in the plural.
        what: &'static str,
        /// The limit.
        most: usize,
    },
}

impl From<WrongValue> for Refused {
    fn from(wrong: WrongValue) -> Refused {
        Refused::WrongValue(wrong)
    }
}

fn listed(contacts: &[ContactId]) -> String {
    // An observation cannot lead to more. Very many contacts can report one handle.
    let listed = contacts.iter().take(HANDLES_MAX).map(ToString::to_string);
    let more = (contacts.len() > HANDLES_MAX).then(|| "…".to_owned());
    listed.chain(more).collect::<Vec<_>>().join(", ")
}
