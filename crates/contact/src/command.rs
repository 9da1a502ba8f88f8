//! Commands: the changes that callers request.

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
use crate::settings::{ListName, SettingsChange};
use crate::time::Seq;
use crate::update::Update;

/// Something asked of a company's contacts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Take in what we were told.
    Observe(Box<Observation>),
    /// Make a contact whose handles nobody has.
    Create {
        /// What is told of it.
        observation: Box<Observation>,
        /// The names of the company's lists that it is on; those that are not there are made.
        lists: Vec<ListName>,
    },
    /// Change a contact as it is shown.
    Update {
        /// The contact.
        contact: ContactId,
        /// What is to be changed.
        update: Box<Update>,
        /// Where it comes from.
        by: Origin,
    },
    /// Give a handle to a contact, unless somebody else has it.
    AddHandle {
        /// The contact.
        contact: ContactId,
        /// The handle.
        handle: Handle,
        /// Where it comes from.
        by: Origin,
    },
    /// Give a link to a contact.
    AddLink {
        /// The contact.
        contact: ContactId,
        /// The link.
        link: Link,
        /// Where it comes from.
        by: Origin,
    },
    /// Take a handle from a contact.
    RemoveHandle {
        /// The contact.
        contact: ContactId,
        /// The handle, which it must have.
        handle: HandleKey,
        /// Whether the contact is to be deleted if it was its last.
        force: bool,
        /// Where it comes from.
        by: Origin,
    },
    /// Delete a person, with all the contacts that are part of them.
    Delete {
        /// The contact.
        contact: ContactId,
        /// Where it comes from.
        by: Origin,
    },
    /// Make contacts one, because someone says that they are. What conflicts is settled.
    Merge {
        /// Two or more contacts, with the target; at most [`MERGE_CONTACTS_MAX`].
        contacts: Vec<ContactId>,
        /// The one that is kept; otherwise the oldest.
        target: Option<ContactId>,
        /// Where it comes from.
        by: Origin,
    },
    /// Take a merge back, and keep its sides apart.
    Split {
        /// The number of the merge's entry.
        merge: Seq,
        /// Where it comes from.
        by: Origin,
    },
    /// Keep two people apart, because someone says that they are not the same.
    KeepApart {
        /// A contact of each.
        contacts: [ContactId; 2],
        /// Where it comes from.
        by: Origin,
    },
    /// Mark a handle as used by several people, or as one person's again.
    Share {
        /// The handle.
        handle: HandleKey,
        /// Whether several people use it.
        shared: bool,
    },
    /// Take handles and links from a contact.
    Remove {
        /// The contact.
        contact: ContactId,
        /// Handles to take; those that it does not have are passed over.
        handles: Vec<HandleKey>,
        /// Links to take; those that it does not have are passed over.
        links: Vec<Link>,
        /// Where it comes from.
        by: Origin,
    },
    /// Write a note about a contact.
    Note {
        /// The contact.
        contact: ContactId,
        /// Who writes it.
        author: TeammateId,
        /// What it says.
        body: NoteBody,
        /// Where it comes from.
        by: Origin,
    },
    /// Put contacts on a list or into an account, or take them from it.
    Group {
        /// The list or account.
        group: Group,
        /// The contacts.
        contacts: Vec<ContactId>,
        /// Whether they are to be in it.
        inside: bool,
        /// Where it comes from.
        by: Origin,
    },
    /// Set something up for the whole company.
    SettingsChange {
        /// What.
        settings_change: SettingsChange,
        /// Where it comes from.
        by: Origin,
    },
    /// Make an account.
    MakeAccount {
        /// What is known of it.
        facts: Box<AccountUpdate>,
        /// Where it comes from.
        by: Origin,
    },
    /// Change an account.
    UpdateAccount {
        /// The account.
        account: AccountId,
        /// What is to be changed.
        update: Box<AccountUpdate>,
        /// Where it comes from.
        by: Origin,
    },
    /// Delete an account. Its contacts stay.
    DeleteAccount {
        /// The account.
        account: AccountId,
        /// Where it comes from.
        by: Origin,
    },
    /// Take in a message, and what it tells of its sender.
    Receive(Arc<Message>),
}

impl From<Observation> for Command {
    /// To take in what we were told.
    fn from(told: Observation) -> Command {
        Command::Observe(Box::new(told))
    }
}

impl Command {
    /// Where it comes from.
    pub fn origin(&self) -> Origin {
        match self {
            Command::Observe(observation) | Command::Create { observation, .. } => observation.origin,
            Command::Receive(_) => Origin::Message,
            Command::Share { .. } => Origin::Person,
            Command::Update { by, .. }
            | Command::AddHandle { by, .. }
            | Command::AddLink { by, .. }
            | Command::RemoveHandle { by, .. }
            | Command::Delete { by, .. }
            | Command::Merge { by, .. }
            | Command::Split { by, .. }
            | Command::KeepApart { by, .. }
            | Command::Remove { by, .. }
            | Command::Note { by, .. }
            | Command::Group { by, .. }
            | Command::SettingsChange { by, .. }
            | Command::MakeAccount { by, .. }
            | Command::UpdateAccount { by, .. }
            | Command::DeleteAccount { by, .. } => *by,
        }
    }

    /// The handles whose owners must be in the view before this is decided.
    pub fn handles(&self) -> impl Iterator<Item = &HandleKey> {
        let (told, named): (&[Handle], &[HandleKey]) = match self {
            Command::Observe(observation) | Command::Create { observation, .. } => (&observation.handles, &[]),
            Command::Receive(message) => (std::slice::from_ref(&message.sender), &[]),
            Command::AddHandle { handle, .. } => (std::slice::from_ref(handle), &[]),
            Command::Share { handle, .. } | Command::RemoveHandle { handle, .. } => (&[], std::slice::from_ref(handle)),
            Command::Remove { handles, .. } => (&[], handles),
            _ => (&[], &[]),
        };
        told.iter().map(Handle::key).chain(named)
    }

    /// The contacts that must be in the view before this is decided.
    pub fn contacts(&self) -> &[ContactId] {
        match self {
            Command::Merge { contacts, .. } | Command::Group { contacts, .. } => contacts,
            Command::KeepApart { contacts, .. } => contacts,
            Command::Update { contact, .. }
            | Command::AddHandle { contact, .. }
            | Command::AddLink { contact, .. }
            | Command::RemoveHandle { contact, .. }
            | Command::Delete { contact, .. }
            | Command::Note { contact, .. }
            | Command::Remove { contact, .. } => std::slice::from_ref(contact),
            _ => &[],
        }
    }

    /// Whether the company's settings must be in the view before this is decided.
    pub fn needs_settings(&self) -> bool {
        matches!(
            self,
            Command::Create { .. }
                | Command::Update { .. }
                | Command::Note { .. }
                | Command::Group { .. }
                | Command::SettingsChange { .. }
                | Command::MakeAccount { .. }
                | Command::UpdateAccount { .. }
        )
    }

    /// The account that must be in the view before this is decided.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Command::UpdateAccount { account, .. }
            | Command::DeleteAccount { account, .. }
            | Command::Group { group: Group::Account(account), .. } => Some(*account),
            _ => None,
        }
    }

    /// The aliases of accounts that must be in the view before this is decided.
    pub fn account_aliases(&self) -> impl Iterator<Item = AccountAlias> {
        let update = match self {
            Command::MakeAccount { facts, .. } => Some(facts),
            Command::UpdateAccount { update, .. } => Some(update),
            _ => None,
        };
        update.into_iter().flat_map(|update| update.aliases())
    }

    /// The merge whose contacts must be in the view before this is decided.
    pub fn merge(&self) -> Option<Seq> {
        match self {
            Command::Split { merge, .. } => Some(*merge),
            _ => None,
        }
    }

    /// The message to take in, if it is one.
    pub fn message(&self) -> Option<&Arc<Message>> {
        match self {
            Command::Receive(message) => Some(message),
            _ => None,
        }
    }

    /// The picture that it brings, if it does.
    pub fn picture(&self) -> Option<&Picture> {
        let picture = match self {
            Command::Observe(observation) | Command::Create { observation, .. } => &observation.picture,
            Command::Update { update, .. } => &update.picture,
            _ => return None,
        };
        picture.as_ref()?.as_ref()
    }
}
