//! What a company's journal comes to, in whole or in the part that a decision needs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    ChannelId, Claims, Command, CompanyId, ContactId, Conversation, ConversationId, Decision, Description, Entry,
    Facts, Handle, HandleKey, Link, Marked, Name, Outcome, Refused, Seq, Time, decide, facts,
};

/// A contact's own record: what is told about it apart from what it is merged with, and where it
/// stands among those.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Which contact.
    pub id: ContactId,
    /// The entry that first told of it.
    pub first: Seq,
    /// When that was.
    pub created_at: Time,
    /// The last entry that changed what it shows; of a merged contact, the last before the merge.
    pub changed: Seq,
    /// When that was.
    pub changed_at: Time,
    /// The contact that it is part of, if it was merged.
    pub merged_into: Option<MergedInto>,
    /// The contacts that are part of it, in whatever number of steps, by id.
    pub members: Vec<ContactId>,
    /// What it must not be joined with.
    pub rules: Vec<(Seq, Side)>,
    /// What was told about it.
    pub facts: Facts,
}

/// Where a merge has put a contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MergedInto {
    /// The contact that was kept.
    pub contact: ContactId,
    /// The merge's entry.
    pub merge: Seq,
}

/// On which side of a split a contact was. Those on different sides are kept apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// With the contact that was kept.
    Kept,
    /// With the contact that was parted from it.
    Parted,
}

/// A person, as shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact {
    /// The id, that of the oldest of the contacts that are this person.
    pub id: ContactId,
    /// The name, empty if none is known.
    pub name: Name,
    /// The description, empty if there is none.
    pub description: Description,
    /// The handles, in the order first told.
    pub handles: Vec<Handle>,
    /// The links, in the order first told.
    pub links: Vec<Link>,
    /// When it was first heard of.
    pub created_at: Time,
    /// The last entry that changed it.
    pub changed: Seq,
    /// When that was.
    pub changed_at: Time,
    /// The contacts that were merged into it, by id.
    pub merged: Vec<ContactId>,
}

/// What has to be stored after entries were applied.
#[derive(Debug, Default)]
pub struct Changes {
    /// New entries, in order.
    pub entries: Vec<Entry>,
    /// The contacts whose records are new or other than before.
    pub members: BTreeSet<ContactId>,
    /// The handles whose claims are new or other than before.
    pub claims: BTreeSet<HandleKey>,
    /// The conversations that are new or have a new message.
    pub conversations: BTreeSet<ConversationId>,
    /// The marks that stand for another message than before.
    pub marks: BTreeSet<(ChannelId, String)>,
    /// Which entries are about which contacts, but for the first of each contact, which its record names.
    pub history: Vec<(ContactId, Seq)>,
}

impl Changes {
    /// Adds what came after.
    pub fn add(&mut self, later: Changes) {
        self.entries.extend(later.entries);
        self.members.extend(later.members);
        self.claims.extend(later.claims);
        self.conversations.extend(later.conversations);
        self.marks.extend(later.marks);
        self.history.extend(later.history);
    }
}

/// A company's contacts and who has which handle: all of them, or those that were loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct View {
    /// The company.
    pub company: CompanyId,
    /// The last entry of its journal.
    pub head: Seq,
    /// How many contacts it ever had.
    pub contacts_made: u64,
    /// How many conversations it ever had.
    pub conversations_made: u64,
    /// How many messages it ever had.
    pub messages_made: u64,
    /// Records of contacts.
    pub members: BTreeMap<ContactId, Member>,
    /// Who has which handle.
    pub claims: Claims,
    /// Conversations.
    pub conversations: BTreeMap<ConversationId, Conversation>,
    /// What marks of a channel stand for.
    pub marks: HashMap<(ChannelId, String), Marked>,
}

impl View {
    /// The view of a company of which nothing was told.
    pub fn new(company: CompanyId) -> View {
        View {
            company,
            head: Seq(0),
            contacts_made: 0,
            conversations_made: 0,
            messages_made: 0,
            members: BTreeMap::new(),
            claims: Claims::default(),
            conversations: BTreeMap::new(),
            marks: HashMap::new(),
        }
    }

    /// Decides on a command and applies what it leads to.
    ///
    /// # Errors
    ///
    /// [`Refused`] says why nothing was done.
    pub fn perform(&mut self, command: &Command, at: Time) -> Result<Performed, Refused> {
        let Decision { changes, outcome } = decide(self, command)?;
        let mut touched = Changes::default();
        for change in changes {
            let entry = Entry { seq: self.head.next(), at, origin: command.origin(), change };
            self.apply(&entry, &mut touched);
            touched.entries.push(entry);
        }
        Ok(Performed { outcome, changes: touched })
    }

    /// The person that a contact is part of, if it is there.
    pub fn contact(&self, id: ContactId) -> Option<Contact> {
        let root = self.members.get(&self.root(id)?)?;
        let all = self.whole(root.id).map(|member| &member.facts);
        Some(Contact {
            id: root.id,
            name: facts::name(all.clone()),
            description: facts::description(all.clone()),
            handles: facts::handles(all.clone()),
            links: facts::links(all),
            created_at: root.created_at,
            changed: root.changed,
            changed_at: root.changed_at,
            merged: root.members.clone(),
        })
    }

    /// The contacts that are the same person as one, that one among them; none if it is not there.
    pub fn parts(&self, id: ContactId) -> Vec<ContactId> {
        self.root(id).map(|root| self.whole(root).map(|member| member.id).collect()).unwrap_or_default()
    }

    /// The contact that another is now part of: itself if it was not merged.
    pub fn root(&self, id: ContactId) -> Option<ContactId> {
        self.lineage(id).last()
    }

    /// The contact that owns a handle now.
    pub fn owner(&self, handle: &HandleKey) -> Option<ContactId> {
        self.root(self.claims.get(handle)?.home?)
    }

    /// Whether several people use a handle.
    pub fn is_shared(&self, handle: &HandleKey) -> bool {
        self.claims.get(handle).is_some_and(|claim| claim.shared)
    }

    /// A contact and those it is part of, from the inside out.
    pub(crate) fn lineage(&self, id: ContactId) -> impl Iterator<Item = ContactId> {
        let known = self.members.get(&id).map(|member| member.id);
        std::iter::successors(known, |id| Some(self.members.get(id)?.merged_into?.contact))
    }

    /// A contact's record, and those of all that are part of it.
    pub(crate) fn whole(&self, id: ContactId) -> impl Iterator<Item = &Member> + Clone {
        let member = self.members.get(&id);
        let parts = member.map_or(&[][..], |member| &member.members);
        member.into_iter().chain(parts.iter().filter_map(|id| self.members.get(id)))
    }
}

/// What came of a command, and what has to be stored for it.
#[derive(Debug)]
pub struct Performed {
    /// What whoever asked is told.
    pub outcome: Outcome,
    /// What has to be stored; nothing if nothing changed.
    pub changes: Changes,
}
