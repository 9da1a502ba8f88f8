//! What can be asked for, and what comes of it.

use std::sync::Arc;

use thiserror::Error;

use crate::{
    AccountAlias, AccountId, AccountUpdate, Change, ContactId, CreatedItem, CustomName, CustomValue, Description,
    FieldId, Group, Handle, HandleKey, Link, ListId, ListName, Message, MessageRef, Name, NoteBody, Picture, Seq,
    SettingsChange, TeammateId, Time, Update, View, WrongValue, account, apart, matching, merge, message, remove,
    settings, split, update,
};

/// Most handles of an observation.
pub const HANDLES_MAX: usize = 100;
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
    /// A person in the app who is signed in as a teammate.
    Teammate(TeammateId),
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
    /// The handles, in the order told; at least one, at most [`HANDLES_MAX`].
    pub handles: Vec<Handle>,
    /// The links, in the order told; at most [`LINKS_MAX`].
    pub links: Vec<Link>,
    /// Lists and accounts that the person is to be in.
    pub groups: Vec<Group>,
    /// Values of custom fields; none takes one away.
    pub custom: Vec<(CustomName, Option<CustomValue>)>,
    /// A picture; none leaves it alone, an inner none takes it away.
    pub picture: Option<Option<Picture>>,
    /// Of a new contact: the teammate whose own it is to be.
    pub owner: Option<TeammateId>,
    /// Whether it only only_fill_gaps gaps: what there is one of, and was told before, stays as it is.
    pub only_fill_gaps: bool,
}

impl Observation {
    /// An observation that tells nothing yet.
    pub fn from(origin: Origin) -> Observation {
        Observation {
            origin,
            name: None,
            description: None,
            handles: Vec::new(),
            links: Vec::new(),
            groups: Vec::new(),
            custom: Vec::new(),
            picture: None,
            owner: None,
            only_fill_gaps: false,
        }
    }

    /// Whether it tells nothing.
    pub(crate) fn is_empty(&self) -> bool {
        *self
            == Observation { owner: self.owner, only_fill_gaps: self.only_fill_gaps, ..Observation::from(self.origin) }
    }
}

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

/// Says what a command leads to. The view must hold all that the command names, and what is merged
/// with it.
///
/// # Errors
///
/// [`Refused`] says why nothing is to be done.
pub fn decide(view: &View, command: &Command, at: Time) -> Result<Decision, Refused> {
    let told = || Observation::from(command.origin());
    match command {
        Command::Observe(observation) => matching::observe(view, observation),
        Command::Create { observation, lists } => update::create(view, observation, lists, at),
        Command::Update { contact, update, .. } => update::update(view, *contact, update, &told(), at),
        Command::AddHandle { contact, handle, .. } => update::add_handle(view, *contact, handle, &told()),
        Command::AddLink { contact, link, .. } => update::add_link(view, *contact, link, told()),
        Command::RemoveHandle { contact, handle, force, .. } => update::remove_handle(view, *contact, handle, *force),
        Command::Delete { contact, .. } => update::delete(view, *contact),
        Command::Merge { contacts, target, .. } => merge::merge(view, contacts, *target),
        Command::Split { merge, .. } => split::split(view, *merge),
        Command::KeepApart { contacts, .. } => apart::keep_apart(view, *contacts),
        Command::Share { handle, shared } => Ok(remove::share(view, handle, *shared)),
        Command::Remove { contact, handles, links, .. } => remove::remove(view, *contact, handles, links),
        Command::Note { contact, author, body, .. } => update::note(view, *contact, *author, body),
        Command::Group { group, contacts, inside: true, .. } => update::join(view, *group, contacts, &told()),
        Command::Group { group, contacts, inside: false, .. } => update::leave(view, *group, contacts),
        Command::SettingsChange { settings_change, .. } => settings::settings_change(view, settings_change, at),
        Command::MakeAccount { facts, .. } => account::make(view, facts),
        Command::UpdateAccount { account, update, .. } => account::update(view, *account, update),
        Command::DeleteAccount { account, .. } => account::delete(view, *account),
        Command::Receive(message) => message::receive(view, message),
    }
}
