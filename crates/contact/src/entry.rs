//! The journal: what happened in a company, in order.

use crate::account::AccountFacts;
use crate::attribute::Attributes;
use crate::custom::{CustomName, CustomValue};
use crate::group::Group;
use crate::handle::{Handle, HandleKey};
use crate::id::{AccountId, ChannelId, ContactId, ConversationId, MessageId, TeammateId};
use crate::link::Link;
use crate::note::NoteBody;
use crate::origin::Origin;
use crate::picture::PictureType;
use crate::settings::SettingsEvent;
use crate::text::Text;
use crate::time::{Seq, Time};

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its number.
    pub seq: Seq,
    /// When it was written.
    pub at: Time,
    /// Where it came from.
    pub origin: Origin,
    /// What it was.
    pub change: Change,
}

/// What happened: everything that is needed to bring a view along, with nothing left to decide.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// We were told that some handles are one person's.
    Observed {
        /// The contact that this entry stays with, whatever is merged or split later.
        home: ContactId,
        /// Attributes. None leaves a value alone, the empty text clears it.
        attributes: Attributes<Option<Text>>,
        /// All handles as told. Those that nobody owns become this contact's.
        handles: Vec<Handle>,
        /// Links, all as told.
        links: Vec<Link>,
        /// Groups that it was put into.
        groups: Vec<Group>,
        /// Values of custom fields; none takes one away.
        custom: Vec<(CustomName, Option<CustomValue>)>,
        /// A picture, whose bytes are kept beside the journal; none takes it away.
        picture: Option<Option<PictureType>>,
        /// Of a new contact: the teammate whose own it is.
        owner: Option<TeammateId>,
        /// The split whose rule kept this from joining contacts.
        kept_apart: Option<Seq>,
    },
    /// Two contacts turned out to be one person.
    Merged {
        /// The contact that is kept.
        kept: ContactId,
        /// The contact that is now part of it.
        joined: ContactId,
        /// The observation that showed it; none if someone said so.
        because: Option<Seq>,
        /// If the merge settles what conflicts: the side that was changed last.
        newer_side: Option<Side>,
    },
    /// A merge was taken back. Its number is the rule that keeps the two sides apart.
    Split {
        /// The merge.
        merge: Seq,
        /// The contact that it was joined with.
        kept: ContactId,
        /// The contact that stands alone again, with everything merged into it.
        parted: ContactId,
    },
    /// Somebody said that two people are not the same. Its number is the rule that keeps them apart.
    KeptApart {
        /// One of them, as it was shown.
        one: ContactId,
        /// The other.
        other: ContactId,
    },
    /// A handle was marked as used by several people, or as one person's again.
    Shared {
        /// The handle.
        handle: HandleKey,
        /// Whether several people use it.
        shared: bool,
    },
    /// Handles, links or groups were taken from a contact.
    Removed {
        /// The contact as it was shown.
        contact: ContactId,
        /// Handles that nobody owns now.
        handles: Vec<HandleKey>,
        /// Links that it no longer shows.
        links: Vec<Link>,
        /// Groups that it is no longer in.
        groups: Vec<Group>,
    },
    /// A person was deleted, with all the contacts that were part of them.
    Deleted {
        /// The contact as it was shown.
        contact: ContactId,
        /// Its handles, which nobody owns now.
        handles: Vec<HandleKey>,
    },
    /// Somebody wrote a note about a contact.
    Noted {
        /// The contact that the note stays with.
        home: ContactId,
        /// Who wrote it.
        author: TeammateId,
        /// What it says.
        body: NoteBody,
    },
    /// The company has set something up, or no longer has it.
    Settings(SettingsEvent),
    /// An account was made, or is now as told here.
    AccountSet {
        /// The account.
        account: AccountId,
        /// All that is known of it.
        facts: Box<AccountFacts>,
    },
    /// An account was deleted. Its contacts stay.
    AccountDeleted {
        /// The account.
        account: AccountId,
    },
    /// A message came in. What it says is kept beside the journal.
    Received {
        /// The message.
        message: MessageId,
        /// The conversation that it is part of, which it may begin.
        conversation: ConversationId,
        /// Where it came in.
        channel: ChannelId,
        /// The contact that is home to its sender.
        home: ContactId,
        /// Who wrote.
        sender: Handle,
        /// Its subject.
        subject: String,
        /// How it begins.
        snippet: String,
        /// What later messages of the channel can name it by.
        references: Vec<String>,
    },
}

/// On which side of a merge, a split or a rule a contact is. Those on different sides of a rule are kept apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// With the contact that was kept, or was named first.
    Kept,
    /// With the contact that was parted from it, or was named second.
    Parted,
}

impl Change {
    /// The handles that it names, whose claims it may change.
    pub fn handles(&self) -> impl Iterator<Item = &HandleKey> {
        let (told, named): (&[Handle], &[HandleKey]) = match self {
            Change::Observed { handles, .. } => (handles, &[]),
            Change::Shared { handle, .. } => (&[], std::slice::from_ref(handle)),
            Change::Removed { handles, .. } | Change::Deleted { handles, .. } => (&[], handles),
            Change::Merged { .. }
            | Change::Split { .. }
            | Change::KeptApart { .. }
            | Change::Received { .. }
            | Change::Noted { .. }
            | Change::Settings(_)
            | Change::AccountSet { .. }
            | Change::AccountDeleted { .. } => (&[], &[]),
        };
        told.iter().map(Handle::key).chain(named)
    }
}
