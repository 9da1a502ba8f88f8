//! The journal: everything that happened in a company, in order.

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
pub enum Change {
    /// An observation was recorded.
    Observed {
        /// The contact that the entry belongs to, also after merges and splits.
        home: ContactId,
        /// Attributes. None leaves a value alone, the empty text clears it.
        attributes: Attributes<Option<Text>>,
        /// All reported handles. The contact claims those that are free.
        handles: Vec<Handle>,
        /// All reported links.
        links: Vec<Link>,
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
    /// A contact was merged into another.
    Merged {
        /// The contact that is kept.
        kept: ContactId,
        /// The contact that is part of it from now on.
        joined: ContactId,
        /// The observation that linked them; none if a caller requested the merge.
        because: Option<Seq>,
        /// The side that changed last, if the merge chooses between different values.
        newer_side: Option<Side>,
    },
    /// A merge was undone. The entry separates its two sides from now on.
    Split {
        /// The merge.
        merge: Seq,
        /// The contact that was kept.
        kept: ContactId,
        /// The contact that is separate again, with all contacts that were merged into it before.
        parted: ContactId,
    },
    /// Two contacts were separated. The entry keeps them from merging.
    KeptApart {
        /// The first contact.
        one: ContactId,
        /// The second contact.
        other: ContactId,
    },
    /// A handle became shared, or stopped being shared.
    Shared {
        /// The handle.
        handle: HandleKey,
        /// Whether it is shared.
        shared: bool,
    },
    /// Handles, links or groups were removed from a contact.
    Removed {
        /// The contact.
        contact: ContactId,
        /// The handles, which are free now.
        handles: Vec<HandleKey>,
        /// The links.
        links: Vec<Link>,
        /// The groups.
        groups: Vec<Group>,
    },
    /// A contact was deleted, with all contacts that were merged into it.
    Deleted {
        /// The contact.
        contact: ContactId,
        /// Its handles, which are free now.
        handles: Vec<HandleKey>,
    },
    /// A teammate wrote a note about a contact.
    Noted {
        /// The contact that the note belongs to.
        home: ContactId,
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
        /// The contact that claimed the handle of the sender.
        home: ContactId,
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

/// The side of a merge, a split or a separation that a contact is on. A separation keeps its sides from merging.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The side of the contact that was kept, or was named first.
    Kept,
    /// The side of the contact that was split off, or was named second.
    Parted,
}

impl Change {
    /// The handles whose claims the change may affect.
    pub fn handles(&self) -> impl Iterator<Item = &HandleKey> {
        let (given, named): (&[Handle], &[HandleKey]) = match self {
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
        given.iter().map(Handle::key).chain(named)
    }
}
