//! What a company's journal comes to, in whole or in the part that a decision needs.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use foldhash::fast::RandomState;

use crate::account::{Account, AccountAlias};
use crate::attribute::{Attribute, Attributes};
use crate::claims::Claims;
use crate::custom::CustomValues;
use crate::entry::{Entry, Side};
use crate::facts;
use crate::facts::SingleValues;
use crate::group::Group;
use crate::handle::{Handle, HandleKey};
use crate::id::{AccountId, ChannelId, CompanyId, ContactId, ConversationId, TeammateId};
use crate::link::Link;
use crate::member::Member;
use crate::message::{Conversation, MessageRef};
use crate::picture::PictureInfo;
use crate::settings::Settings;
use crate::text::Text;
use crate::time::{Seq, Time};
use std::borrow::Cow;

/// A person, as shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact {
    /// The id, that of the oldest of the contacts that are this person.
    pub id: ContactId,
    /// The attributes; empty where none is known.
    pub attributes: Attributes<Text>,
    /// The handles, in the order first told.
    pub handles: Vec<Handle>,
    /// The links, in the order first told.
    pub links: Vec<Link>,
    /// The lists and accounts that it is in, in the order first told; also those that were deleted since.
    pub groups: Vec<Group>,
    /// Values of custom fields; also of those that were deleted since.
    pub custom: CustomValues,
    /// A picture, if there is one.
    pub picture: Option<PictureInfo>,
    /// The teammate whose own it is, if it is not the whole company's.
    pub owner: Option<TeammateId>,
    /// When it was first heard of.
    pub created_at: Time,
    /// The last entry that changed it.
    pub changed: Seq,
    /// When that was.
    pub changed_at: Time,
    /// The contacts that were merged into it, by id.
    pub merged: Vec<ContactId>,
}

impl Contact {
    /// The name, empty if none is known.
    pub fn name(&self) -> &str {
        self.attributes[Attribute::Name].as_str()
    }

    /// The description, empty if there is none.
    pub fn description(&self) -> &str {
        self.attributes[Attribute::Description].as_str()
    }
}

/// What has to be stored after entries were applied.
#[derive(Debug, Default)]
pub struct Changes {
    /// New entries, in order.
    pub entries: Vec<Entry>,
    /// The contacts whose records are new, other than before, or gone.
    pub members: BTreeSet<ContactId>,
    /// The handles whose claims are new or other than before.
    pub claims: HashSet<HandleKey, RandomState>,
    /// The conversations that are new or have a new message.
    pub conversations: BTreeSet<ConversationId>,
    /// The references that stand for another message than before.
    pub references: BTreeSet<(ChannelId, String)>,
    /// Who is in a group now, or was.
    pub memberships: BTreeSet<(Group, ContactId)>,
    /// The accounts that are new, other than before, or gone.
    pub accounts: BTreeSet<AccountId>,
    /// Whether the settings is other than before.
    pub settings: bool,
    /// Which entries are notes about which contacts.
    pub notes: Vec<(ContactId, Seq)>,
    /// Which entries are about which contacts, but for the first of each contact, which its record names.
    pub history: Vec<(ContactId, Seq)>,
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
    /// Records of contacts, in no order.
    pub members: HashMap<ContactId, Member, RandomState>,
    /// Who has which handle.
    pub claims: Claims,
    /// Conversations.
    pub conversations: BTreeMap<ConversationId, Conversation>,
    /// What references of a channel stand for.
    pub references: HashMap<(ChannelId, String), MessageRef>,
    /// What the company has set up.
    pub settings: Settings,
    /// Accounts.
    pub accounts: BTreeMap<AccountId, Account>,
    /// What names accounts besides their ids.
    pub account_aliases: BTreeMap<AccountAlias, AccountId>,
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
            members: HashMap::default(),
            claims: Claims::default(),
            conversations: BTreeMap::new(),
            references: HashMap::new(),
            settings: Settings::default(),
            accounts: BTreeMap::new(),
            account_aliases: BTreeMap::new(),
        }
    }

    /// The person that a contact is part of, if it is there.
    pub fn contact(&self, id: ContactId) -> Option<Contact> {
        let root = self.members.get(&self.root(id)?)?;
        let all = self.whole(root.id).map(|member| &member.facts);
        let singles = self.singles(root);
        Some(Contact {
            id: root.id,
            attributes: singles.attributes(),
            handles: facts::handles(all.clone()),
            links: facts::links(all.clone()),
            groups: facts::groups(all),
            custom: singles.custom(),
            picture: singles.picture(),
            owner: root.owner,
            created_at: root.created_at,
            changed: root.changed,
            changed_at: root.changed_at,
            merged: root.members.clone(),
        })
    }

    /// The single values of a contact, with those of the contacts that were merged into it.
    fn singles<'a>(&'a self, root: &'a Member) -> Cow<'a, SingleValues> {
        if root.members.is_empty() {
            return Cow::Borrowed(&root.facts.single);
        }
        let mut sides: BTreeMap<ContactId, SingleValues> = BTreeMap::new();
        let mut merges = Vec::with_capacity(root.members.len());
        for member in self.whole(root.id) {
            sides.insert(member.id, member.facts.single.clone());
            merges
                .extend(member.merged_into.map(|into| (into.merge, into, member.id)).filter(|_| member.id != root.id));
        }
        // A contact that joined another is joined by no more, so in this order each side is complete when it joins.
        merges.sort_unstable_by_key(|(merge, ..)| *merge);
        for (merge, into, joined) in merges {
            let joined = sides.remove(&joined).unwrap_or_default();
            if let Some(kept) = sides.get_mut(&into.contact) {
                kept.join(joined, merge, into.newer_side);
            }
        }
        Cow::Owned(sides.remove(&root.id).unwrap_or_default())
    }

    /// The contacts that are the same person as one, that one among them; none if it is not there.
    pub fn parts(&self, id: ContactId) -> Vec<ContactId> {
        self.root(id).map(|root| self.whole(root).map(|member| member.id).collect()).unwrap_or_default()
    }

    /// The part of a person that a list of who is in a group shows them as: the last made of those that were put into it.
    pub fn member_as(&self, id: ContactId, group: Group) -> Option<ContactId> {
        let is_in = |member: &&Member| member.facts.groups.iter().any(|told| told.value == group);
        self.whole(self.root(id)?).filter(is_in).map(|member| member.id).max()
    }

    /// The contact that another is now part of: itself if it was not merged.
    pub fn root(&self, id: ContactId) -> Option<ContactId> {
        self.lineage(id).last()
    }

    /// What a person must not be joined with: the rules of all their parts.
    pub fn rules(&self, id: ContactId) -> Vec<(Seq, Side)> {
        let root = self.root(id);
        root.into_iter().flat_map(|root| self.whole(root)).flat_map(|member| member.rules.iter().copied()).collect()
    }

    /// The contact that owns a handle now.
    pub fn owner(&self, handle: &HandleKey) -> Option<ContactId> {
        self.root(self.claims.get(handle)?.home?)
    }

    /// Whether several people use a handle.
    pub fn is_shared(&self, handle: &HandleKey) -> bool {
        self.claims.get(handle).is_some_and(|claim| claim.shared)
    }

    /// A contact and those it is part of, from the inside out; the last may be one that is not loaded.
    pub(crate) fn lineage(&self, id: ContactId) -> impl Iterator<Item = ContactId> {
        let member = |id: ContactId| (id, self.members.get(&id));
        let known = Some(member(id)).filter(|(_, inner)| inner.is_some());
        let outer = move |(_, inner): &(ContactId, Option<&Member>)| Some(member((*inner)?.merged_into?.contact));
        std::iter::successors(known, outer).map(|(id, _)| id)
    }

    /// A contact's record, and those of all that are part of it.
    pub(crate) fn whole(&self, id: ContactId) -> impl Iterator<Item = &Member> + Clone {
        let member = self.members.get(&id);
        let parts = member.map_or(&[][..], |member| &member.members);
        member.into_iter().chain(parts.iter().filter_map(|id| self.members.get(id)))
    }
}
