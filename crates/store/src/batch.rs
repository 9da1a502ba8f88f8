//! A batch of commands on one company: the records that a store loads for it, and the changes to write.

use std::borrow::Cow;

use contact::{
    AccountAlias, AccountId, Change, Changes, ChannelId, Command, ContactId, ConversationId, Entry, HandleKey, Missing,
    RecordName, Seq, Settings, Time, Undecided, View,
};

use crate::error::Error;
use crate::journal_record::{Content, JournalRecord};
use crate::traits::Outcomes;

/// The records that must be in a view before commands are decided or entries are applied.
#[derive(Default)]
pub struct Needs<'a> {
    /// Handles, with their claims and the contacts that have them.
    pub handles: Vec<&'a HandleKey>,
    /// Contacts.
    pub contacts: Vec<ContactId>,
    /// Handles, with all records that report them and the contacts of those.
    pub reporters: Vec<&'a HandleKey>,
    /// Names of records, with their contacts.
    pub names: Vec<Cow<'a, RecordName>>,
    /// Message references, with the conversations that they belong to.
    pub references: Vec<(ChannelId, String)>,
    /// Conversations.
    pub conversations: Vec<ConversationId>,
    /// Whether the settings are needed.
    pub settings: bool,
    /// Accounts, with all of their aliases.
    pub accounts: Vec<AccountId>,
    /// Aliases of accounts, with the accounts that they name.
    pub account_aliases: Vec<AccountAlias>,
}

impl<'a> Needs<'a> {
    /// The records that these commands need.
    pub fn of_commands(commands: impl IntoIterator<Item = &'a Command>) -> Needs<'a> {
        let mut needs = Needs::default();
        for command in commands {
            needs.handles.extend(command.handles());
            needs.contacts.extend(command.contacts());
            needs.names.extend(command.record());
            needs.settings |= command.needs_settings();
            needs.accounts.extend(command.account());
            needs.account_aliases.extend(command.account_aliases());
            if let Some(message) = command.message() {
                needs.references.extend(message.references_needed().map(|reference| (message.channel, reference)));
            }
        }
        needs
    }

    /// The records that these journal entries need.
    pub fn of_entries(records: &'a [JournalRecord]) -> Needs<'a> {
        let mut needs = Needs::default();
        for JournalRecord { entry, .. } in records {
            needs.handles.extend(entry.change.handles());
            needs.contacts.extend(entry.change.released().iter().filter_map(|released| released.next));
            match &entry.change {
                Change::Observed { record, contact, .. } => needs.contacts.extend([*record, *contact]),
                Change::Noted { home, .. } => needs.contacts.push(*home),
                Change::Withdrawn { record, .. } => needs.contacts.push(*record),
                Change::Merged { kept, joined, .. } => needs.contacts.extend([*kept, *joined]),
                Change::Regrouped { records, before, .. } => needs.contacts.extend(records.iter().chain(before)),
                Change::KeptApart { one, other } => needs.contacts.extend([*one, *other]),
                Change::Split { contact, .. } | Change::Removed { contact, .. } | Change::Deleted { contact, .. } => {
                    needs.contacts.push(*contact);
                }
                Change::Received { home, conversation, .. } => {
                    needs.contacts.push(*home);
                    needs.conversations.push(*conversation);
                }
                Change::HandleMarked { handle, contacts, .. } => {
                    needs.reporters.push(handle);
                    needs.contacts.extend(contacts);
                }
                Change::Settings(_) => needs.settings = true,
                Change::AccountSet { account, .. } | Change::AccountDeleted { account } => {
                    needs.settings = true;
                    needs.accounts.push(*account);
                }
            }
        }
        needs
    }

    /// The records that a command found missing.
    pub fn of_missing(missing: &'a Missing) -> Needs<'a> {
        Needs {
            handles: missing.handles.iter().collect(),
            reporters: missing.handles.iter().collect(),
            contacts: missing.records.iter().copied().collect(),
            ..Needs::default()
        }
    }
}

/// The records of a company that a batch has loaded, and its changes to them.
pub struct Batch {
    /// The loaded records, with all changes applied.
    pub view: View,
    /// The changes not yet stored.
    pub changes: Changes,
    /// The message contents and pictures to store with the journal.
    pub contents: Vec<Content>,
    /// The last entry of the journal before the batch.
    since: Seq,
}

impl Batch {
    /// A batch that has changed nothing yet.
    pub fn new(view: View) -> Batch {
        let since = view.head;
        Batch { view, changes: Changes::default(), contents: Vec::new(), since }
    }

    /// Whether the batch has added no entry to the journal.
    pub fn is_unchanged(&self) -> bool {
        self.view.head == self.since
    }

    /// Adds loaded records, claims and settings to the view. Records that it has already are newer and stay.
    pub fn take_in(&mut self, loaded: View) {
        for (id, record) in loaded.records {
            self.view.records.entry(id).or_insert(record);
        }
        for (name, id) in loaded.names {
            self.view.names.entry(name).or_insert(id);
        }
        self.view.claims.take_in(loaded.claims);
        if self.view.settings == Settings::default() {
            self.view.settings = loaded.settings;
        }
    }

    /// Decides on commands in order, those without an outcome yet. The records that they need must be in the view.
    ///
    /// Returns what else a command needs, if anything: load it, and call again.
    pub fn perform(&mut self, commands: &[Command], at: Time, outcomes: &mut Outcomes) -> Option<Missing> {
        for command in &commands[outcomes.len()..] {
            let before = self.changes.entries.len();
            let outcome = match self.view.perform_next(command, at, &mut self.changes) {
                Ok(outcome) => outcome,
                Err(Undecided::Refused(refused)) => {
                    outcomes.push(Err(refused));
                    continue;
                }
                Err(Undecided::Missing(missing)) => return Some(missing),
            };
            let entries = &self.changes.entries[before..];
            let message = command.message().zip(entries.iter().find(|entry| is_received(entry)));
            self.contents.extend(message.and_then(|(message, entry)| Content::of_message(message, entry)));
            let picture = command.picture().into_iter();
            let of_picture = |picture| entries.iter().find_map(|entry| Content::of_picture(picture, entry));
            self.contents.extend(picture.filter_map(of_picture));
            outcomes.push(Ok(outcome));
        }
        None
    }

    /// Applies journal entries as they are. The records that they need must be in the view.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] if the first does not directly follow the last entry of the journal.
    pub fn restore(&mut self, records: Vec<JournalRecord>) -> Result<(), Error> {
        for JournalRecord { entry, content } in records {
            if entry.seq != self.view.head.next() {
                let (expected, found) = (self.view.head.next(), entry.seq);
                return Err(Error::Unusable(format!(
                    "Entry {found} cannot be restored: entry {expected} must come next."
                )));
            }
            self.view.apply(&entry, &mut self.changes);
            self.changes.entries.push(entry);
            self.contents.extend(content);
        }
        Ok(())
    }
}

/// Whether an entry is that of a message.
fn is_received(entry: &Entry) -> bool {
    matches!(entry.change, Change::Received { .. })
}
