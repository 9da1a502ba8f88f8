//! Commands: the changes that callers request.

use std::borrow::Cow;
use std::sync::Arc;

use crate::account::{AccountAlias, AccountUpdate};
use crate::group::Group;
use crate::handle::{Handle, HandleKey};
use crate::id::{AccountId, ContactId, TeammateId};
use crate::link::Link;
use crate::message::Message;
use crate::note::NoteBody;
use crate::observation::Observation;
use crate::origin::Origin;
use crate::picture::Picture;
use crate::record_name::{RecordId, RecordName, RecordRef};
use crate::settings::{ListName, SettingsChange};
use crate::status::HandleDecision;
use crate::update::Update;

/// A change that a caller requests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Record an observation.
    Observe(Box<Observation>),
    /// Create a contact with handles that are all free.
    Create {
        /// The handles and facts of the contact.
        observation: Box<Observation>,
        /// The names of the lists of the company that it is on. Missing lists are created.
        lists: Vec<ListName>,
    },
    /// Update the facts of a contact.
    Update {
        /// The contact.
        contact: ContactId,
        /// The update.
        update: Box<Update>,
        /// Where the command comes from.
        by: Origin,
    },
    /// Add a handle to a contact, unless another contact has it.
    AddHandle {
        /// The contact.
        contact: ContactId,
        /// The handle.
        handle: Handle,
        /// Where the command comes from.
        by: Origin,
    },
    /// Add a link to a contact.
    AddLink {
        /// The contact.
        contact: ContactId,
        /// The link.
        link: Link,
        /// Where the command comes from.
        by: Origin,
    },
    /// Remove a handle from a contact.
    RemoveHandle {
        /// The contact.
        contact: ContactId,
        /// The handle, which it must have.
        handle: HandleKey,
        /// Whether to delete the contact if this is its last handle.
        force: bool,
        /// Where the command comes from.
        by: Origin,
    },
    /// Delete a contact, with all contacts that were merged into it.
    Delete {
        /// The contact.
        contact: ContactId,
        /// Where the command comes from.
        by: Origin,
    },
    /// Merge contacts by a decision. The merge chooses between different values.
    Merge {
        /// Two or more contacts, counting the target; at most [`MERGE_CONTACTS_MAX`](crate::MERGE_CONTACTS_MAX).
        contacts: Vec<ContactId>,
        /// The contact to keep; otherwise the oldest.
        target: Option<ContactId>,
        /// Where the command comes from.
        by: Origin,
    },
    /// Withdraw a record: what it reported counts as never reported.
    Withdraw {
        /// The record.
        record: RecordRef,
        /// Where the command comes from.
        by: Origin,
    },
    /// Split records off a contact, and separate the two sides.
    Split {
        /// The contact.
        contact: ContactId,
        /// The records that leave it; some of its records, but not all.
        records: Vec<RecordId>,
        /// Where the command comes from.
        by: Origin,
    },
    /// Separate two contacts that are different people.
    KeepApart {
        /// The contacts.
        contacts: [ContactId; 2],
        /// Where the command comes from.
        by: Origin,
    },
    /// Decide whether a handle identifies anybody.
    MarkHandle {
        /// The handle.
        handle: HandleKey,
        /// The decision.
        decision: HandleDecision,
        /// Where the command comes from.
        by: Origin,
    },
    /// Regroup records after a change of the guards, and update which handles are shared by evidence.
    Regroup {
        /// The records. Those that do not exist are ignored.
        records: Vec<RecordId>,
        /// Handles that are shared by evidence, and perhaps no longer. Those of the records that are not shared are looked at
        /// anyway. Those that nobody reports are ignored.
        handles: Vec<HandleKey>,
        /// Where the command comes from.
        by: Origin,
    },
    /// Remove handles and links from a contact.
    Remove {
        /// The contact.
        contact: ContactId,
        /// Handles to remove; others than those of the contact are ignored.
        handles: Vec<HandleKey>,
        /// Links to remove; others than those of the contact are ignored.
        links: Vec<Link>,
        /// Where the command comes from.
        by: Origin,
    },
    /// Add a note to a contact.
    Note {
        /// The contact.
        contact: ContactId,
        /// The teammate who writes it.
        author: TeammateId,
        /// The text.
        body: NoteBody,
        /// Where the command comes from.
        by: Origin,
    },
    /// Add contacts to a list or an account, or remove them from it.
    Group {
        /// The list or account.
        group: Group,
        /// The contacts.
        contacts: Vec<ContactId>,
        /// Whether to add them; otherwise they are removed.
        inside: bool,
        /// Where the command comes from.
        by: Origin,
    },
    /// Change the settings of the company.
    ChangeSettings {
        /// The change.
        change: SettingsChange,
        /// Where the command comes from.
        by: Origin,
    },
    /// Create an account.
    CreateAccount {
        /// Its facts.
        facts: Box<AccountUpdate>,
        /// Where the command comes from.
        by: Origin,
    },
    /// Update an account.
    UpdateAccount {
        /// The account.
        account: AccountId,
        /// The update.
        update: Box<AccountUpdate>,
        /// Where the command comes from.
        by: Origin,
    },
    /// Delete an account. Its contacts stay.
    DeleteAccount {
        /// The account.
        account: AccountId,
        /// Where the command comes from.
        by: Origin,
    },
    /// Receive a message, and record what it says about its sender.
    Receive(Arc<Message>),
}

impl From<Observation> for Command {
    /// The command that records an observation.
    fn from(observation: Observation) -> Command {
        Command::Observe(Box::new(observation))
    }
}

impl Command {
    /// Where the command comes from.
    pub fn origin(&self) -> Origin {
        match self {
            Command::Observe(observation) | Command::Create { observation, .. } => observation.origin,
            Command::Receive(_) => Origin::Message,
            Command::Update { by, .. }
            | Command::AddHandle { by, .. }
            | Command::AddLink { by, .. }
            | Command::RemoveHandle { by, .. }
            | Command::Delete { by, .. }
            | Command::Merge { by, .. }
            | Command::Withdraw { by, .. }
            | Command::Split { by, .. }
            | Command::MarkHandle { by, .. }
            | Command::KeepApart { by, .. }
            | Command::Regroup { by, .. }
            | Command::Remove { by, .. }
            | Command::Note { by, .. }
            | Command::Group { by, .. }
            | Command::ChangeSettings { by, .. }
            | Command::CreateAccount { by, .. }
            | Command::UpdateAccount { by, .. }
            | Command::DeleteAccount { by, .. } => *by,
        }
    }

    /// The handles whose owners the view must hold to decide on the command.
    pub fn handles(&self) -> impl Iterator<Item = &HandleKey> {
        let (given, named): (&[Handle], &[HandleKey]) = match self {
            Command::Observe(observation) | Command::Create { observation, .. } => (&observation.handles, &[]),
            Command::Receive(message) => (std::slice::from_ref(&message.sender), &[]),
            Command::AddHandle { handle, .. } => (std::slice::from_ref(handle), &[]),
            Command::MarkHandle { handle, .. } | Command::RemoveHandle { handle, .. } => {
                (&[], std::slice::from_ref(handle))
            }
            Command::Remove { handles, .. } | Command::Regroup { handles, .. } => (&[], handles),
            _ => (&[], &[]),
        };
        given.iter().map(Handle::key).chain(named)
    }

    /// The contacts that the view must hold to decide on the command.
    pub fn contacts(&self) -> &[ContactId] {
        match self {
            Command::Merge { contacts, .. } | Command::Group { contacts, .. } => contacts,
            Command::KeepApart { contacts, .. } => contacts,
            // A contact bears the id of a record.
            Command::Regroup { records, .. } => records,
            Command::Withdraw { record: RecordRef::Id(record), .. } => std::slice::from_ref(record),
            Command::Update { contact, .. }
            | Command::AddHandle { contact, .. }
            | Command::AddLink { contact, .. }
            | Command::RemoveHandle { contact, .. }
            | Command::Delete { contact, .. }
            | Command::Note { contact, .. }
            | Command::Split { contact, .. }
            | Command::Remove { contact, .. } => std::slice::from_ref(contact),
            _ => &[],
        }
    }

    /// Whether the view must hold the settings of the company to decide on the command.
    pub fn needs_settings(&self) -> bool {
        matches!(
            self,
            Command::Create { .. }
                | Command::Update { .. }
                | Command::Note { .. }
                | Command::Group { .. }
                | Command::ChangeSettings { .. }
                | Command::CreateAccount { .. }
                | Command::UpdateAccount { .. }
        )
    }

    /// The account that the view must hold to decide on the command.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Command::UpdateAccount { account, .. }
            | Command::DeleteAccount { account, .. }
            | Command::Group { group: Group::Account(account), .. } => Some(*account),
            _ => None,
        }
    }

    /// The account aliases that the view must hold to decide on the command.
    pub fn account_aliases(&self) -> impl Iterator<Item = AccountAlias> {
        let update = match self {
            Command::CreateAccount { facts, .. } => Some(facts),
            Command::UpdateAccount { update, .. } => Some(update),
            _ => None,
        };
        update.into_iter().flat_map(|update| update.aliases())
    }

    /// The name of the record that the view must hold to decide on the command.
    pub fn record(&self) -> Option<Cow<'_, RecordName>> {
        match self {
            Command::Observe(observation) | Command::Create { observation, .. } => {
                observation.record.as_ref().map(Cow::Borrowed)
            }
            Command::Withdraw { record: RecordRef::Named(name), .. } => Some(Cow::Borrowed(name)),
            Command::Receive(message) => Some(Cow::Owned(RecordName::of_sender(&message.sender))),
            _ => None,
        }
    }

    /// The message, if the command receives one.
    pub fn message(&self) -> Option<&Arc<Message>> {
        match self {
            Command::Receive(message) => Some(message),
            _ => None,
        }
    }

    /// The picture that the command sets, if any.
    pub fn picture(&self) -> Option<&Picture> {
        let picture = match self {
            Command::Observe(observation) | Command::Create { observation, .. } => &observation.picture,
            Command::Update { update, .. } => &update.picture,
            _ => return None,
        };
        picture.as_ref()?.as_ref()
    }
}
