//! A batch of commands on one company: what it needs of a store, and what a store has to write for it. The same for
//! every store.

use contact::{
    AccountAlias, AccountId, Change, Changes, ChannelId, Command, ContactId, ConversationId, HandleKey, Seq, Settings,
    Time, View,
};

use crate::error::Error;
use crate::journal_record::{Content, JournalRecord};
use crate::traits::Outcomes;

/// What must be in a view before commands are decided or entries are applied.
#[derive(Default)]
pub struct Needs<'a> {
    /// Handles: who has them, and those contacts.
    pub handles: Vec<&'a HandleKey>,
    /// Contacts.
    pub contacts: Vec<ContactId>,
    /// Merges: the contacts that they joined.
    pub merges: Vec<Seq>,
    /// Marks: what they stand for, and those conversations.
    pub references: Vec<(ChannelId, String)>,
    /// Conversations.
    pub conversations: Vec<ConversationId>,
    /// Whether the settings is needed.
    pub settings: bool,
    /// Accounts, with all that names them.
    pub accounts: Vec<AccountId>,
    /// What names accounts: which account that is.
    pub account_aliases: Vec<AccountAlias>,
}

impl<'a> Needs<'a> {
    /// What these commands need.
    pub fn of_commands(commands: impl IntoIterator<Item = &'a Command>) -> Needs<'a> {
        let mut needs = Needs::default();
        for command in commands {
            needs.handles.extend(command.handles());
            needs.contacts.extend(command.contacts());
            needs.merges.extend(command.merge());
            needs.settings |= command.needs_settings();
            needs.accounts.extend(command.account());
            needs.account_aliases.extend(command.account_aliases());
            if let Some(message) = command.message() {
                needs.references.extend(message.references_needed().map(|reference| (message.channel, reference)));
            }
        }
        needs
    }

    /// What these entries need.
    pub fn of_entries(told: &'a [JournalRecord]) -> Needs<'a> {
        let mut needs = Needs::default();
        for JournalRecord { entry, .. } in told {
            needs.handles.extend(entry.change.handles());
            match &entry.change {
                Change::Observed { home, .. } | Change::Noted { home, .. } => needs.contacts.push(*home),
                Change::Merged { kept, joined, .. } => needs.contacts.extend([*kept, *joined]),
                Change::Split { kept, parted, .. } => needs.contacts.extend([*kept, *parted]),
                Change::KeptApart { one, other } => needs.contacts.extend([*one, *other]),
                Change::Removed { contact, .. } | Change::Deleted { contact, .. } => needs.contacts.push(*contact),
                Change::Received { home, conversation, .. } => {
                    needs.contacts.push(*home);
                    needs.conversations.push(*conversation);
                }
                Change::Shared { .. } => {}
                Change::Settings(_) => needs.settings = true,
                Change::AccountSet { account, .. } | Change::AccountDeleted { account } => {
                    needs.settings = true;
                    needs.accounts.push(*account);
                }
            }
        }
        needs
    }
}

/// What of a company a batch has loaded, and what it has changed of it.
pub struct Batch {
    /// What was loaded, with all changes.
    pub view: View,
    /// What has to be stored of it yet.
    pub changes: Changes,
    /// What is to be kept beside the journal.
    pub contents: Vec<Content>,
    /// Where the journal ended before.
    since: Seq,
}

impl Batch {
    /// A batch that has changed nothing yet.
    pub fn new(view: View) -> Batch {
        let since = view.head;
        Batch { view, changes: Changes::default(), contents: Vec::new(), since }
    }

    /// Whether it has added nothing to the journal.
    pub fn is_unchanged(&self) -> bool {
        self.view.head == self.since
    }

    /// Takes in contacts, claims and the settings as they were before, unless they are here.
    pub fn take_in(&mut self, loaded: View) {
        for (id, member) in loaded.members {
            self.view.members.entry(id).or_insert(member);
        }
        for (handle, claim) in loaded.claims {
            if self.view.claims.get(&handle).is_none() {
                self.view.claims.put(handle, claim);
            }
        }
        if self.view.settings == Settings::default() {
            self.view.settings = loaded.settings;
        }
    }

    /// Decides on commands in their order. What they need must be in the view.
    pub fn perform(&mut self, commands: &[Command], at: Time) -> Outcomes {
        let mut perform = |command: &Command| {
            let before = self.changes.entries.len();
            let outcome = self.view.perform_next(command, at, &mut self.changes)?;
            let entries = &self.changes.entries[before..];
            let entry = entries.last().filter(|_| outcome.received);
            let message = command.message().zip(entry);
            self.contents.extend(message.and_then(|(message, entry)| Content::of_message(message, entry)));
            let picture = command.picture().into_iter();
            let brought =
                picture.filter_map(|picture| entries.iter().find_map(|entry| Content::of_picture(picture, entry)));
            self.contents.extend(brought);
            Ok(outcome)
        };
        commands.iter().map(&mut perform).collect()
    }

    /// Takes entries in as they are. What they need must be in the view.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] if they do not follow on the last.
    pub fn restore(&mut self, told: Vec<JournalRecord>) -> Result<(), Error> {
        for JournalRecord { entry, content } in told {
            if entry.seq != self.view.head.next() {
                let (due, came) = (self.view.head.next(), entry.seq);
                return Err(Error::Unusable(format!("Entry {came} cannot follow where {due} is due.")));
            }
            self.view.apply(&entry, &mut self.changes);
            self.changes.entries.push(entry);
            self.contents.extend(content);
        }
        Ok(())
    }
}
