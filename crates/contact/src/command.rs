//! What can be asked for, and what comes of it.

use std::sync::Arc;

use thiserror::Error;

use crate::{
    Change, ContactId, Description, Handle, HandleKey, Link, Marked, Message, Name, Seq, View, matching, merge,
    message, remove, split,
};

/// Most handles of an observation.
pub const FIELDS_MAX: usize = 100;
/// Most links of an observation.
pub const LINKS_MAX: usize = 100;
/// Most existing contacts that one observation or merge may make one.
pub const MERGE_CONTACTS_MAX: usize = 50;

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
}

/// One thing we were told: these handles are one person's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Observation {
    /// Where it was told.
    pub origin: Origin,
    /// A name; none leaves it alone, the empty one takes it away.
    pub name: Option<Name>,
    /// A description; none leaves it alone, the empty one takes it away.
    pub description: Option<Description>,
    /// The handles, in the order told; at least one, at most [`FIELDS_MAX`].
    pub handles: Vec<Handle>,
    /// The links, in the order told; at most [`LINKS_MAX`].
    pub links: Vec<Link>,
}

impl Observation {
    /// An observation that tells nothing yet.
    pub fn from(origin: Origin) -> Observation {
        Observation { origin, name: None, description: None, handles: Vec::new(), links: Vec::new() }
    }
}

/// Something asked of a company's contacts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Take in what we were told.
    Observe(Observation),
    /// Make contacts one, because someone says that they are. The oldest is kept.
    Merge {
        /// Two or more contacts; at most [`MERGE_CONTACTS_MAX`].
        contacts: Vec<ContactId>,
    },
    /// Take a merge back, and keep its sides apart.
    Split {
        /// The number of the merge's entry.
        merge: Seq,
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
    },
    /// Take in a message, and what it tells of its sender.
    Receive(Arc<Message>),
}

impl Command {
    /// Where it comes from.
    pub fn origin(&self) -> Origin {
        match self {
            Command::Observe(observation) => observation.origin,
            Command::Receive(_) => Origin::Message,
            Command::Merge { .. } | Command::Split { .. } | Command::Share { .. } | Command::Remove { .. } => {
                Origin::Person
            }
        }
    }

    /// The handles whose owners must be in the view before this is decided.
    pub fn handles(&self) -> impl Iterator<Item = &HandleKey> {
        let (told, named): (&[Handle], &[HandleKey]) = match self {
            Command::Observe(observation) => (&observation.handles, &[]),
            Command::Receive(message) => (std::slice::from_ref(&message.sender), &[]),
            Command::Share { handle, .. } => (&[], std::slice::from_ref(handle)),
            Command::Remove { handles, .. } => (&[], handles),
            Command::Merge { .. } | Command::Split { .. } => (&[], &[]),
        };
        told.iter().map(Handle::key).chain(named)
    }

    /// The contacts that must be in the view before this is decided.
    pub fn contacts(&self) -> &[ContactId] {
        match self {
            Command::Merge { contacts } => contacts,
            Command::Remove { contact, .. } => std::slice::from_ref(contact),
            Command::Observe(_) | Command::Split { .. } | Command::Share { .. } | Command::Receive(_) => &[],
        }
    }

    /// The merge whose contacts must be in the view before this is decided.
    pub fn merge(&self) -> Option<Seq> {
        match self {
            Command::Split { merge } => Some(*merge),
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
}

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
    /// The contacts that became part of it by this.
    pub merged: Vec<ContactId>,
    /// The contacts that would have become part of it, but for a rule.
    pub kept_apart: Vec<ContactId>,
    /// The split that is this rule.
    pub rule: Option<Seq>,
    /// The message, and the conversation that it is part of.
    pub message: Option<Marked>,
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
    /// It names a contact that is not there.
    #[error("There is no contact {0}.")]
    NoContact(ContactId),
    /// It names an entry that is no merge, or one that has been split already.
    #[error("Journal entry {0} is no merge that stands.")]
    NoMerge(Seq),
}

fn listed(contacts: &[ContactId]) -> String {
    contacts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Says what a command leads to. The view must hold all that the command names, and what is merged
/// with it.
///
/// # Errors
///
/// [`Refused`] says why nothing is to be done.
pub fn decide(view: &View, command: &Command) -> Result<Decision, Refused> {
    match command {
        Command::Observe(observation) => matching::observe(view, observation),
        Command::Merge { contacts } => merge::merge(view, contacts),
        Command::Split { merge } => split::split(view, *merge),
        Command::Share { handle, shared } => Ok(remove::share(view, handle, *shared)),
        Command::Remove { contact, handles, links } => remove::remove(view, *contact, handles, links),
        Command::Receive(message) => message::receive(view, message),
    }
}
