//! A batch of commands on one company: what it needs of a store, and what a store has to write for it. The same for
//! every store.

use contact::{
    Attachment, Change, Changes, ChannelId, Command, ContactId, ConversationId, Entry, HandleKey, Message, Received,
    Seq, Time, View,
};

use crate::{Error, Outcomes};

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
    pub marks: Vec<(ChannelId, String)>,
    /// Conversations.
    pub conversations: Vec<ConversationId>,
}

impl<'a> Needs<'a> {
    /// What these commands need.
    pub fn of_commands(commands: impl IntoIterator<Item = &'a Command>) -> Needs<'a> {
        let mut needs = Needs::default();
        for command in commands {
            needs.handles.extend(command.handles());
            needs.contacts.extend(command.contacts());
            needs.merges.extend(command.merge());
            if let Some(message) = command.message() {
                needs.marks.extend(message.marks_needed().map(|mark| (message.channel, mark)));
            }
        }
        needs
    }

    /// What these entries need.
    pub fn of_entries(told: &'a [Told]) -> Needs<'a> {
        let mut needs = Needs::default();
        for Told { entry, .. } in told {
            needs.handles.extend(entry.change.handles());
            match &entry.change {
                Change::Observed { home, .. } => needs.contacts.push(*home),
                Change::Merged { kept, joined, .. } => needs.contacts.extend([*kept, *joined]),
                Change::Split { kept, parted, .. } => needs.contacts.extend([*kept, *parted]),
                Change::Removed { contact, .. } => needs.contacts.push(*contact),
                Change::Received { home, conversation, .. } => {
                    needs.contacts.push(*home);
                    needs.conversations.push(*conversation);
                }
                Change::Shared { .. } => {}
            }
        }
        needs
    }
}

/// An entry of a journal and, if it took a message in, what that says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// The entry.
    pub entry: Entry,
    /// What its message says.
    pub content: Option<Content>,
}

/// What a message says, which is kept beside the journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Content {
    /// The message.
    pub received: Received,
    /// What came with it.
    pub attachments: Vec<Attachment>,
}

impl Content {
    fn of(message: &Message, entry: &Entry) -> Option<Content> {
        let received = message.received(entry)?;
        Some(Content { received, attachments: message.attachments.clone() })
    }
}

/// What of a company a batch has loaded, and what it has changed of it.
pub struct Batch {
    /// What was loaded, with all changes.
    pub view: View,
    /// What has to be stored of it.
    pub changes: Changes,
    /// Messages that were taken in.
    pub contents: Vec<Content>,
}

impl Batch {
    /// A batch that has changed nothing yet.
    pub fn new(view: View) -> Batch {
        Batch { view, changes: Changes::default(), contents: Vec::new() }
    }

    /// Whether there is nothing to store.
    pub fn is_unchanged(&self) -> bool {
        self.changes.entries.is_empty()
    }

    /// Decides on commands in their order. What they need must be in the view.
    pub fn perform(&mut self, commands: &[Command], at: Time) -> Outcomes {
        let mut perform = |command: &Command| {
            let performed = self.view.perform(command, at)?;
            let entry = performed.changes.entries.last().filter(|_| performed.outcome.received);
            self.contents.extend(command.message().zip(entry).and_then(|(message, entry)| Content::of(message, entry)));
            self.changes.add(performed.changes);
            Ok(performed.outcome)
        };
        commands.iter().map(&mut perform).collect()
    }

    /// Takes entries in as they are. What they need must be in the view.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] if they do not follow on the last.
    pub fn restore(&mut self, told: Vec<Told>) -> Result<(), Error> {
        for Told { entry, content } in told {
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
