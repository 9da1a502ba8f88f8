//! The view of a company: what can be computed from its journal, in whole or in part.

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

/// A contact with all contacts that were merged into it, as it is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact {
    /// The id.
    pub id: ContactId,
    /// The attributes; empty where none is known.
    pub attributes: Attributes<Text>,
    /// The handles, in the order of their first report.
    pub handles: Vec<Handle>,
    /// The links, in the order of their first report.
    pub links: Vec<Link>,
    /// Its lists and accounts, in the order in which it joined them. Some may have been deleted since.
    pub groups: Vec<Group>,
    /// Values of custom fields. Some fields may have been deleted since.
    pub custom: CustomValues,
    /// The picture, if any.
    pub picture: Option<PictureInfo>,
    /// The teammate who owns it, if it is private.
    pub owner: Option<TeammateId>,
    /// When it was created.
    pub created_at: Time,
    /// The last entry that changed it.
    pub changed: Seq,
    /// The time of that entry.
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

/// What has to be stored after entries were applied to a view.
#[derive(Debug, Default)]
pub struct Changes {
    /// New entries, in order.
    pub entries: Vec<Entry>,
    /// The contacts that were created, changed or deleted.
    pub members: BTreeSet<ContactId>,
    /// The handles whose claims changed.
    pub claims: HashSet<HandleKey, RandomState>,
    /// The conversations with a new message.
    pub conversations: BTreeSet<ConversationId>,
    /// The message references that changed.
    pub references: BTreeSet<(ChannelId, String)>,
    /// The contacts that joined or left a group.
    pub memberships: BTreeSet<(Group, ContactId)>,
    /// The accounts that were created, changed or deleted.
    pub accounts: BTreeSet<AccountId>,
    /// Whether the settings changed.
    pub settings: bool,
    /// New notes: the contact and the entry.
    pub notes: Vec<(ContactId, Seq)>,
    /// New history: the contact and the entry. [`Member::first`] has the first entry of each contact.
    pub history: Vec<(ContactId, Seq)>,
}

/// The contacts and handles of a company: all of them, or those that were loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct View {
    /// The company.
    pub company: CompanyId,
    /// The last entry of its journal.
    pub head: Seq,
    /// The number of contacts ever created.
    pub contacts_made: u64,
    /// The number of conversations ever created.
    pub conversations_made: u64,
    /// The number of messages ever received.
    pub messages_made: u64,
    /// Contacts, each apart from those that it is merged with.
    pub members: HashMap<ContactId, Member, RandomState>,
    /// The claims of handles.
    pub claims: Claims,
    /// Conversations.
    pub conversations: BTreeMap<ConversationId, Conversation>,
    /// The messages that the references of a channel stand for.
    pub references: HashMap<(ChannelId, String), MessageRef>,
    /// The settings.
    pub settings: Settings,
    /// Accounts.
    pub accounts: BTreeMap<AccountId, Account>,
    /// The accounts by their aliases.
    pub account_aliases: BTreeMap<AccountAlias, AccountId>,
}

impl View {
    /// The view of an empty journal.
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

    /// The contact that another is part of, as it is shown; none if it does not exist.
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

    /// All contacts that are merged with one, including that one; none if it does not exist.
    pub fn parts(&self, id: ContactId) -> Vec<ContactId> {
        self.root(id).map(|root| self.whole(root).map(|member| member.id).collect()).unwrap_or_default()
    }

    /// The part of a person that a list of who is in a group shows them as: the last made of those that were put into it.
    pub fn member_as(&self, id: ContactId, group: Group) -> Option<ContactId> {
        let is_in = |member: &&Member| member.facts.groups.iter().any(|stamped| stamped.value == group);
        self.whole(self.root(id)?).filter(is_in).map(|member| member.id).max()
    }

    /// The contact that another is now part of: the same if it was not merged.
    pub fn root(&self, id: ContactId) -> Option<ContactId> {
        self.lineage(id).last()
    }

    /// The separations of a contact and of all contacts that were merged into it.
    pub fn rules(&self, id: ContactId) -> Vec<(Seq, Side)> {
        let root = self.root(id);
        root.into_iter().flat_map(|root| self.whole(root)).flat_map(|member| member.rules.iter().copied()).collect()
    }

    /// The contact that owns a handle.
    pub fn owner(&self, handle: &HandleKey) -> Option<ContactId> {
        self.root(self.claims.get(handle)?.home?)
    }

    /// Whether a handle is shared.
    pub fn is_shared(&self, handle: &HandleKey) -> bool {
        self.claims.get(handle).is_some_and(|claim| claim.shared)
    }

    /// A contact and those it was merged into, from the inside out. The last one may not be loaded.
    pub(crate) fn lineage(&self, id: ContactId) -> impl Iterator<Item = ContactId> {
        let member = |id: ContactId| (id, self.members.get(&id));
        let known = Some(member(id)).filter(|(_, inner)| inner.is_some());
        let outer = move |(_, inner): &(ContactId, Option<&Member>)| Some(member((*inner)?.merged_into?.contact));
        std::iter::successors(known, outer).map(|(id, _)| id)
    }

    /// A contact and all contacts that were merged into it.
    pub(crate) fn whole(&self, id: ContactId) -> impl Iterator<Item = &Member> + Clone {
        let member = self.members.get(&id);
        let parts = member.map_or(&[][..], |member| &member.members);
        member.into_iter().chain(parts.iter().filter_map(|id| self.members.get(id)))
    }
}
