//! The journal: everything that happened in a company, in order.

use crate::account::AccountFacts;
use crate::attribute::Attributes;
use crate::card_property::CardProperty;
use crate::custom::{CustomName, CustomValue};
use crate::group::Group;
use crate::handle::{Handle, HandleKey};
use crate::id::{AccountId, ChannelId, ContactId, ConversationId, MessageId, TeammateId};
use crate::link::Link;
use crate::note::NoteBody;
use crate::origin::Origin;
use crate::picture::PictureType;
use crate::record_name::{RecordId, RecordName};
use crate::settings::SettingsEvent;
use crate::side::Choice;
use crate::status::HandleStatus;
use crate::text::Text;
use crate::time::{Seq, Time};

/// One entry of the journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its number.
    pub seq: Seq,
    /// When it was written.
    pub at: Time,
    /// Where it came from.
    pub origin: Origin,
    /// The change.
    pub change: Change,
}

/// A change of a view, with nothing left to decide.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all entries are of the largest variant, so a box would only cost time"
)]
pub enum Change {
    /// An observation was recorded: it made a record, added to one, or replaced what one reported.
    Observed {
        /// The record.
        record: RecordId,
        /// The name of the record, if the observation names it. It then replaces all that the record reported.
        name: Option<RecordName>,
        /// The contact that the record is part of, before any merge that the observation leads to.
        contact: ContactId,
        /// The record that a decision joins a new one to.
        joined_to: Option<RecordId>,
        /// Attributes. None leaves a value alone, the empty text clears it.
        attributes: Attributes<Option<Text>>,
        /// All reported handles, except those that were taken from the contact.
        handles: Vec<Handle>,
        /// The reported handles that were taken from the contact.
        taken: Vec<HandleKey>,
        /// The handles that the record reports no longer.
        released: Vec<Released>,
        /// All reported links.
        links: Vec<Link>,
        /// All reported properties of vCards.
        properties: Vec<CardProperty>,
        /// Groups that the contact joins.
        groups: Vec<Group>,
        /// Values of custom fields; none clears one.
        custom: Vec<(CustomName, Option<CustomValue>)>,
        /// The type of a picture whose bytes are stored apart from the journal; an inner none removes the picture.
        picture: Option<Option<PictureType>>,
        /// The owner of a new contact, if it is private.
        owner: Option<TeammateId>,
        /// The separation that kept contacts from merging.
        kept_apart: Option<Seq>,
    },
    /// A record was withdrawn: what it reported counts as never reported.
    Withdrawn {
        /// The record.
        record: RecordId,
        /// The contact that it was part of.
        contact: ContactId,
        /// The record of the same contact whose contact answers for it from now on; none if it is forgotten.
        heir: Option<RecordId>,
        /// The handles that it reported.
        released: Vec<Released>,
    },
    /// A contact became part of another.
    Merged {
        /// The contact that is kept.
        kept: ContactId,
        /// The contact that is part of it from now on.
        joined: ContactId,
        /// All records of that contact.
        records: Vec<RecordId>,
        /// The observation that linked them; none if somebody requested the merge.
        because: Option<Seq>,
        /// How a requested merge chooses between different values.
        choice: Option<Choice>,
    },
    /// A contact has other records than before, or shows other handles, since an entry before changed what is known.
    Regrouped {
        /// The contact.
        contact: ContactId,
        /// All its records.
        records: Vec<RecordId>,
        /// The contacts that these records were part of before.
        before: Vec<ContactId>,
    },
    /// Records were split off a contact. The entry separates the two sides from now on.
    Split {
        /// The contact.
        contact: ContactId,
        /// The records that leave it.
        records: Vec<RecordId>,
    },
    /// Two contacts were separated. The entry keeps them from merging.
    KeptApart {
        /// The first contact.
        one: ContactId,
        /// The second contact.
        other: ContactId,
    },
    /// Whether a handle identifies anybody was decided, or became evident.
    HandleMarked {
        /// The handle.
        handle: HandleKey,
        /// Its status.
        status: HandleStatus,
        /// The contacts of the records that report it.
        contacts: Vec<ContactId>,
    },
    /// Handles, links or groups were taken from a contact.
    Removed {
        /// The contact.
        contact: ContactId,
        /// The handles.
        released: Vec<Released>,
        /// The links.
        links: Vec<Link>,
        /// The groups.
        groups: Vec<Group>,
    },
    /// A contact was deleted, with all its records.
    Deleted {
        /// The contact.
        contact: ContactId,
        /// The handles that it reported.
        released: Vec<Released>,
    },
    /// A teammate wrote a note about a contact.
    Noted {
        /// The record that the note belongs to.
        home: RecordId,
        /// The teammate.
        author: TeammateId,
        /// The text.
        body: NoteBody,
    },
    /// The settings of the company changed.
    Settings(SettingsEvent),
    /// An account was created or updated.
    AccountSet {
        /// The account.
        account: AccountId,
        /// All its facts from now on.
        facts: Box<AccountFacts>,
    },
    /// An account was deleted. Its contacts stay.
    AccountDeleted {
        /// The account.
        account: AccountId,
    },
    /// A message was received. Its content is stored apart from the journal.
    Received {
        /// The message.
        message: MessageId,
        /// Its conversation, which may be new.
        conversation: ConversationId,
        /// The channel that received it.
        channel: ChannelId,
        /// The record of the sender.
        home: RecordId,
        /// The sender.
        sender: Handle,
        /// Its subject.
        subject: String,
        /// The beginning of its text.
        snippet: String,
        /// The references by which later messages of the channel name it.
        references: Vec<String>,
    },
}

/// A handle that a record reports no longer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Released {
    /// The handle.
    pub handle: HandleKey,
    /// The record that reports it first from now on, which may be the same as before.
    pub next: Option<RecordId>,
}

impl Change {
    /// The handles that records report no longer.
    pub fn released(&self) -> &[Released] {
        match self {
            Change::Observed { released, .. }
            | Change::Withdrawn { released, .. }
            | Change::Removed { released, .. }
            | Change::Deleted { released, .. } => released,
            _ => &[],
        }
    }

    /// The handles whose claims the change may affect.
    pub fn handles(&self) -> impl Iterator<Item = &HandleKey> {
        let (given, marked, released): (&[Handle], Option<&HandleKey>, &[Released]) = match self {
            Change::Observed { handles, released, .. } => (handles, None, released),
            Change::HandleMarked { handle, .. } => (&[], Some(handle), &[]),
            Change::Withdrawn { released, .. }
            | Change::Removed { released, .. }
            | Change::Deleted { released, .. } => (&[], None, released),
            Change::Merged { .. }
            | Change::Regrouped { .. }
            | Change::Split { .. }
            | Change::KeptApart { .. }
            | Change::Received { .. }
            | Change::Noted { .. }
            | Change::Settings(_)
            | Change::AccountSet { .. }
            | Change::AccountDeleted { .. } => (&[], None, &[]),
        };
        given.iter().map(Handle::key).chain(marked).chain(released.iter().map(|released| &released.handle))
    }
}
