//! The view of a company: what can be computed from its journal, in whole or in part.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use foldhash::fast::RandomState;

use crate::account::{Account, AccountAlias};
use crate::claims::Claims;
use crate::entry::Entry;
use crate::group::Group;
use crate::guards::Guards;
use crate::handle::HandleKey;
use crate::id::{AccountId, ChannelId, CompanyId, ContactId, ConversationId};
use crate::message::{Conversation, MessageRef};
use crate::record::Record;
use crate::record_name::{RecordId, RecordName};
use crate::settings::Settings;
use crate::side::Side;
use crate::time::Seq;

/// What has to be stored after entries were applied to a view.
#[derive(Debug, Default)]
pub struct Changes {
    /// New entries, in order.
    pub entries: Vec<Entry>,
    /// The records that were created, changed or forgotten.
    pub records: BTreeSet<RecordId>,
    /// The names of records that were given or forgotten.
    pub names: BTreeSet<RecordName>,
    /// The handles whose claims changed.
    pub claims: HashSet<HandleKey, RandomState>,
    /// The records that became one of the other records that report a handle, or ceased to be.
    pub others: BTreeMap<(HandleKey, RecordId), bool>,
    /// The conversations with a new message.
    pub conversations: BTreeSet<ConversationId>,
    /// The message references that changed.
    pub references: BTreeSet<(ChannelId, String)>,
    /// The records that joined or left a group.
    pub memberships: BTreeSet<(Group, RecordId)>,
    /// The accounts that were created, changed or deleted.
    pub accounts: BTreeSet<AccountId>,
    /// Whether the settings changed.
    pub settings: bool,
    /// New notes: the record and the entry.
    pub notes: Vec<(RecordId, Seq)>,
    /// New history: the record and the entry. [`Record::first`] has the first entry of each record.
    pub history: Vec<(RecordId, Seq)>,
}

/// The contacts and handles of a company: all of them, or those that were loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct View {
    /// The company.
    pub company: CompanyId,
    /// The last entry of its journal.
    pub head: Seq,
    /// The number of records ever created.
    pub records_made: u64,
    /// The number of conversations ever created.
    pub conversations_made: u64,
    /// The number of messages ever received.
    pub messages_made: u64,
    /// Records.
    pub records: HashMap<RecordId, Record, RandomState>,
    /// The records by their names.
    pub names: HashMap<RecordName, RecordId, RandomState>,
    /// The claims of handles.
    pub claims: Claims,
    /// The guards against false merges.
    pub guards: Guards,
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
            records_made: 0,
            conversations_made: 0,
            messages_made: 0,
            records: HashMap::default(),
            names: HashMap::default(),
            claims: Claims::default(),
            guards: Guards::default(),
            conversations: BTreeMap::new(),
            references: HashMap::new(),
            settings: Settings::default(),
            accounts: BTreeMap::new(),
            account_aliases: BTreeMap::new(),
        }
    }

    /// Whether a contact shows a handle that one of its records reports.
    pub(crate) fn shows(&self, root: &Record, handle: &HandleKey) -> bool {
        let Some(claim) = self.claims.get(handle).filter(|claim| claim.has_more) else { return true };
        let is_own = |home: RecordId| home == root.id || root.others.contains(&home);
        claim.home.is_some_and(is_own) || claim.status.obstacle(handle).is_some()
    }

    /// All records of a contact; none if it does not exist.
    pub fn parts(&self, id: ContactId) -> Vec<RecordId> {
        self.root(id).map(|root| self.whole(root).map(|record| record.id).collect()).unwrap_or_default()
    }

    /// The record of a contact that a list of a group's members shows it by: the newest of those that were put into it.
    pub fn member_as(&self, id: ContactId, group: Group) -> Option<RecordId> {
        let is_in = |record: &&Record| record.facts.groups.iter().any(|stamped| stamped.value == group);
        self.whole(self.root(id)?).filter(is_in).map(|record| record.id).max()
    }

    /// The contact that the record with this id is part of. A contact bears the id of one of its records.
    pub fn root(&self, id: RecordId) -> Option<ContactId> {
        Some(self.records.get(&id)?.contact)
    }

    /// The separations of all records of a contact.
    pub fn separations(&self, id: ContactId) -> Vec<(Seq, Side)> {
        let root = self.root(id);
        let records = root.into_iter().flat_map(|root| self.whole(root));
        records.flat_map(|record| record.separations.iter().copied()).collect()
    }

    /// The contact that a handle leads to: its owner. For a shared handle, the contact that reported it first.
    pub fn owner(&self, handle: &HandleKey) -> Option<ContactId> {
        self.root(self.claims.get(handle)?.home?)
    }

    /// All records of a contact.
    pub(crate) fn whole(&self, id: ContactId) -> impl Iterator<Item = &Record> + Clone {
        let root = self.records.get(&id);
        let others = root.map_or(&[][..], |record| &record.others);
        root.into_iter().chain(others.iter().filter_map(|id| self.records.get(id)))
    }
}
