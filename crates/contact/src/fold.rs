//! The fold: applies journal entries to a view.

use std::collections::BTreeSet;

use crate::account::Account;
use crate::attribute::{Attribute, Attributes};
use crate::custom::{CustomName, CustomValue};
use crate::entry::{Change, Entry, Released};
use crate::facts::{Facts, SingleValues, Stamped};
use crate::group::Group;
use crate::handle::{Handle, HandleKey};
use crate::id::{AccountId, ContactId};
use crate::link::Link;
use crate::message::{Conversation, MessageRef};
use crate::origin::Origin;
use crate::picture::PictureInfo;
use crate::record::{Join, Record};
use crate::record_name::{RecordId, RecordName};
use crate::settings::SettingsEvent;
use crate::side::Choice;
use crate::side::Side;
use crate::status::HandleStatus;
use crate::text::Text;
use crate::time::Seq;
use crate::view::{Changes, View};

impl View {
    /// Applies the next journal entry, and collects in `changes` what has to be stored.
    ///
    /// Whatever the entry names must be loaded, if it exists.
    pub fn apply(&mut self, entry: &Entry, changes: &mut Changes) {
        self.head = entry.seq;
        match &entry.change {
            Change::Observed { .. } => self.observed(entry, changes),
            Change::Withdrawn { record, heir, released, .. } => {
                self.withdrawn(*record, *heir, released, entry, changes);
            }
            Change::Merged { kept, joined, choice, .. } => self.merged([*kept, *joined], *choice, entry, changes),
            Change::Regrouped { contact, records, before } => {
                self.regrouped(*contact, records, before, entry, changes);
            }
            Change::Split { contact, records } => self.split(*contact, records, entry, changes),
            Change::KeptApart { one, other } => {
                for (contact, side) in [(*one, Side::Kept), (*other, Side::Parted)] {
                    self.separate(&self.parts(contact), side, entry.seq, changes);
                    changes.history.push((contact, entry.seq));
                }
            }
            Change::HandleMarked { handle, status, .. } => self.marked(handle, *status, entry, changes),
            Change::Removed { contact, released, links, groups } => {
                let parts = self.parts(*contact);
                self.release(&parts, released, true, changes);
                self.remove_facts(&parts, links, groups, changes);
                self.touch(*contact, entry, changes);
                changes.history.push((*contact, entry.seq));
            }
            Change::Deleted { contact, released } => {
                let parts = self.parts(*contact);
                self.release(&parts, released, false, changes);
                self.forget(&parts, changes);
            }
            Change::Received { .. } => self.received(entry, changes),
            Change::Noted { home, .. } => {
                changes.notes.push((*home, entry.seq));
                changes.history.push((*home, entry.seq));
                self.touch(*home, entry, changes);
            }
            Change::Settings(SettingsEvent::GuardsSet(guards)) => self.guards = *guards,
            Change::Settings(change) => {
                self.settings.apply(change);
                changes.settings = true;
            }
            Change::AccountSet { account, .. } => self.account_set(*account, entry, changes),
            Change::AccountDeleted { account } => {
                self.account_aliases.retain(|_, of| of != account);
                self.accounts.remove(account);
                changes.accounts.insert(*account);
            }
        }
    }

    /// Makes a record, adds to one, or replaces what one reported.
    fn observed(&mut self, entry: &Entry, changes: &mut Changes) {
        let Change::Observed { record: id, name, contact, joined_to, handles, taken, released, owner, .. } =
            &entry.change
        else {
            return;
        };
        let is_new = !self.records.contains_key(id);
        if is_new {
            self.records.insert(
                *id,
                Record {
                    id: *id,
                    name: name.clone(),
                    first: entry.seq,
                    created_at: entry.at,
                    contact: *id,
                    others: Vec::new(),
                    changed: entry.seq,
                    changed_at: entry.at,
                    owner: *owner,
                    joins: joined_to.iter().map(|to| Join { to: *to, entry: entry.seq, choice: None }).collect(),
                    separations: Vec::new(),
                    taken: BTreeSet::new(),
                    is_withdrawn: false,
                    facts: Facts::default(),
                },
            );
            self.records_made = self.records_made.max(id.count());
            if let Some(name) = name {
                self.names.insert(name.clone(), *id);
                changes.names.insert(name.clone());
            }
        } else {
            changes.history.push((*id, entry.seq));
            self.release(&[*id], released, false, changes);
        }
        if let Some(record) = self.records.get_mut(id) {
            record.taken.extend(taken.iter().cloned());
            record.facts.observe(entry, *id, changes);
        }
        changes.records.insert(*id);
        let replaces = name.as_ref().is_some_and(RecordName::is_given);
        for handle in handles {
            self.claim(handle, *id, entry.seq, replaces, changes);
        }
        if is_new && contact != id {
            self.join_contact(*contact, *id, changes);
        }
        self.touch(*id, entry, changes);
    }

    /// Adds a handle to those that a record reports, or sets its label. `replaces`: also to none.
    fn claim(&mut self, handle: &Handle, id: RecordId, seq: Seq, replaces: bool, changes: &mut Changes) {
        let key = handle.key();
        let is_known = |known: &&mut Stamped<Handle>| known.value.key() == key;
        let record = self.records.get_mut(&id);
        if let Some(known) = record.and_then(|record| record.facts.handles.iter_mut().find(is_known)) {
            if handle.label().is_some() || replaces {
                known.value = known.value.clone().with_label(handle.label().cloned());
            }
            return;
        }
        let before = self.claims.claim(key, id);
        let now = self.claims.get(key).unwrap_or_default();
        if before != now {
            changes.claims.insert(key.clone());
        }
        let home = before.home.filter(|home| *home != id);
        if home.is_some() {
            self.claims.add_other(key, id, before.has_more);
            changes.others.insert((key.clone(), id), true);
        }
        let is_common = now.has_more || now.status != HandleStatus::Plain || now.status.obstacle(key).is_some();
        if let Some(record) = self.records.get_mut(&id) {
            record.facts.handles.push(Stamped::new(seq, handle.clone()));
            if is_common {
                record.facts.common.insert(key.clone());
            }
        }
        if let Some(home) = home.and_then(|home| self.records.get_mut(&home))
            && home.facts.common.insert(key.clone())
        {
            changes.records.insert(home.id);
        }
    }

    /// Removes handles from records. `is_taken`: the records go on reporting them in vain.
    fn release(&mut self, records: &[RecordId], released: &[Released], is_taken: bool, changes: &mut Changes) {
        for one in released {
            let handle = &one.handle;
            for id in records {
                let Some(record) = self.records.get_mut(id) else { continue };
                let before = record.facts.handles.len();
                record.facts.handles.retain(|known| known.value.key() != handle);
                if record.facts.handles.len() == before {
                    continue;
                }
                record.facts.common.remove(handle);
                if is_taken {
                    record.taken.insert(handle.clone());
                }
                changes.records.insert(*id);
                if self.claims.get(handle).is_some_and(|claim| claim.home != Some(*id)) {
                    self.claims.remove_other(handle, *id);
                    changes.others.insert((handle.clone(), *id), false);
                }
            }
            let home = self.claims.get(handle).and_then(|claim| claim.home);
            if let Some(next) = one.next.filter(|next| Some(*next) != home) {
                self.claims.remove_other(handle, next);
                changes.others.insert((handle.clone(), next), false);
            }
            self.claims.release(one);
            changes.claims.insert(handle.clone());
        }
    }

    /// Makes a record an empty one, whose id leads to the contact of its heir. Without an heir, it is forgotten, and so are
    /// those whose heir it was.
    fn withdrawn(
        &mut self,
        id: RecordId,
        heir: Option<RecordId>,
        released: &[Released],
        entry: &Entry,
        changes: &mut Changes,
    ) {
        self.release(&[id], released, false, changes);
        let Some(heir) = heir else {
            let parts = self.parts(id);
            return self.forget(&parts, changes);
        };
        if let Some(record) = self.records.get_mut(&id) {
            for group in record.facts.groups.drain(..) {
                changes.memberships.insert((group.value, id));
            }
            record.facts = Facts::default();
            record.taken.clear();
            record.is_withdrawn = true;
            if let Some(name) = record.name.take() {
                self.names.remove(&name);
                changes.names.insert(name);
            }
            record.joins.push(Join { to: heir, entry: entry.seq, choice: None });
        }
        changes.records.insert(id);
        changes.history.push((id, entry.seq));
        self.touch(id, entry, changes);
    }

    /// Sets whether a handle identifies anybody.
    fn marked(&mut self, handle: &HandleKey, status: HandleStatus, entry: &Entry, changes: &mut Changes) {
        self.claims.mark(handle, status);
        changes.claims.insert(handle.clone());
        let reporters: Vec<RecordId> = self.claims.reporters(handle).into_iter().flatten().collect();
        for id in reporters {
            let Some(record) = self.records.get_mut(&id) else { continue };
            if record.facts.common.insert(handle.clone()) {
                changes.records.insert(id);
            }
            changes.history.push((id, entry.seq));
        }
    }

    fn merged(&mut self, [kept, joined]: [ContactId; 2], choice: Option<Choice>, entry: &Entry, changes: &mut Changes) {
        changes.history.extend([(kept, entry.seq), (joined, entry.seq)]);
        if choice.is_some()
            && let Some(record) = self.records.get_mut(&joined)
        {
            record.joins.push(Join { to: kept, entry: entry.seq, choice });
            changes.records.insert(joined);
        }
        self.join_contact(kept, joined, changes);
        self.touch(kept, entry, changes);
    }

    /// Makes all records of a contact part of another.
    fn join_contact(&mut self, kept: ContactId, joined: ContactId, changes: &mut Changes) {
        let moved: Vec<RecordId> = self.whole(joined).map(|record| record.id).collect();
        for id in &moved {
            if let Some(record) = self.records.get_mut(id) {
                record.contact = kept;
                record.others.clear();
                changes.records.insert(*id);
            }
        }
        if let Some(record) = self.records.get_mut(&kept) {
            record.others.extend(moved);
            record.others.sort_unstable();
            changes.records.insert(kept);
        }
    }

    /// Makes these the records of a contact. The entries about other contacts say where its former records are.
    fn regrouped(
        &mut self,
        contact: ContactId,
        records: &[RecordId],
        before: &[ContactId],
        entry: &Entry,
        changes: &mut Changes,
    ) {
        for id in records {
            let Some(record) = self.records.get_mut(id) else { continue };
            if record.contact != contact || !record.others.is_empty() {
                record.contact = contact;
                record.others.clear();
                changes.records.insert(*id);
            }
        }
        if let Some(root) = self.records.get_mut(&contact) {
            root.others = records.iter().copied().filter(|id| *id != contact).collect();
        }
        self.touch(contact, entry, changes);
        changes.history.push((contact, entry.seq));
        let gone = before.iter().filter(|id| **id != contact && records.contains(id));
        changes.history.extend(gone.map(|id| (*id, entry.seq)));
    }

    /// Separates records from the others of their contact, and ends the merges by people between the two sides.
    fn split(&mut self, contact: ContactId, parted: &[RecordId], entry: &Entry, changes: &mut Changes) {
        let parts = self.parts(contact);
        let (there, here): (Vec<RecordId>, Vec<RecordId>) = parts.iter().partition(|id| parted.contains(id));
        for id in &parts {
            let Some(record) = self.records.get_mut(id) else { continue };
            let side = parted.contains(id);
            record.joins.retain(|join| parted.contains(&join.to) == side || !parts.contains(&join.to));
        }
        self.separate(&here, Side::Kept, entry.seq, changes);
        self.separate(&there, Side::Parted, entry.seq, changes);
        self.touch(contact, entry, changes);
        let first = there.into_iter().min();
        changes
            .history
            .extend(first.into_iter().chain([contact]).collect::<BTreeSet<_>>().into_iter().map(|id| (id, entry.seq)));
    }

    fn separate(&mut self, records: &[RecordId], side: Side, separation: Seq, changes: &mut Changes) {
        for id in records {
            let Some(record) = self.records.get_mut(id) else { continue };
            record.separations.push((separation, side));
            changes.records.insert(*id);
        }
    }

    /// Removes links and groups from records.
    fn remove_facts(&mut self, records: &[RecordId], links: &[Link], groups: &[Group], changes: &mut Changes) {
        for id in records {
            let Some(record) = self.records.get_mut(id) else { continue };
            let before = (record.facts.links.len(), record.facts.groups.len());
            record.facts.links.retain(|stamped| !links.contains(&stamped.value));
            for group in record.facts.groups.extract_if(.., |stamped| groups.contains(&stamped.value)) {
                changes.memberships.insert((group.value, *id));
            }
            if before != (record.facts.links.len(), record.facts.groups.len()) {
                changes.records.insert(*id);
            }
        }
    }

    /// Forgets records.
    fn forget(&mut self, records: &[RecordId], changes: &mut Changes) {
        for id in records {
            if let Some(record) = self.records.remove(id) {
                changes.memberships.extend(record.facts.groups.iter().map(|stamped| (stamped.value, *id)));
                changes.records.insert(*id);
                if let Some(name) = record.name {
                    self.names.remove(&name);
                    changes.names.insert(name);
                }
            }
        }
    }

    fn account_set(&mut self, id: AccountId, entry: &Entry, changes: &mut Changes) {
        let Change::AccountSet { facts, .. } = &entry.change else { return };
        self.settings.accounts_made = self.settings.accounts_made.max(id.count());
        changes.settings |= !self.accounts.contains_key(&id);
        let created_at = self.accounts.get(&id).map_or(entry.at, |account| account.created_at);
        self.account_aliases.retain(|_, of| *of != id);
        self.account_aliases.extend(facts.aliases().map(|alias| (alias, id)));
        let account = Account { id, facts: (**facts).clone(), created_at, changed: entry.seq, changed_at: entry.at };
        self.accounts.insert(id, account);
        changes.accounts.insert(id);
    }

    /// Adds a message to its conversation, which may be new.
    fn received(&mut self, entry: &Entry, changes: &mut Changes) {
        let Change::Received { message, conversation, channel, home, sender, subject, snippet, references } =
            &entry.change
        else {
            return;
        };
        self.messages_made = self.messages_made.max(message.count());
        self.conversations_made = self.conversations_made.max(conversation.count());
        let conversation = self.conversations.entry(*conversation).or_insert_with(|| Conversation {
            id: *conversation,
            channel: *channel,
            home: *home,
            sender: sender.clone(),
            subject: subject.clone(),
            snippet: String::new(),
            messages: 0,
            created_at: entry.at,
            changed: entry.seq,
            changed_at: entry.at,
        });
        conversation.snippet.clone_from(snippet);
        conversation.messages += 1;
        conversation.changed = entry.seq;
        conversation.changed_at = entry.at;
        changes.conversations.insert(conversation.id);
        for reference in references {
            let (key, message) =
                ((*channel, reference.clone()), MessageRef { conversation: conversation.id, message: *message });
            changes.references.insert(key.clone());
            self.references.insert(key, message);
        }
        changes.history.push((*home, entry.seq));
    }

    /// Records that the contact of a record has changed.
    fn touch(&mut self, record: RecordId, entry: &Entry, changes: &mut Changes) {
        let Some(root) = self.root(record) else { return };
        if let Some(root) = self.records.get_mut(&root) {
            root.changed = entry.seq;
            root.changed_at = entry.at;
            changes.records.insert(root.id);
        }
    }
}

impl Facts {
    /// Adds the values of an observation, or replaces all values by them if the observation names its record. Handles are
    /// not values.
    fn observe(&mut self, entry: &Entry, record: RecordId, changes: &mut Changes) {
        let Change::Observed { name, attributes, links, properties, groups, custom, picture, .. } = &entry.change
        else {
            return;
        };
        let seq = entry.seq;
        if name.as_ref().is_some_and(RecordName::is_given) {
            self.properties.retain(|known| properties.contains(&known.value));
            self.keep_only(attributes, links, groups, custom, record, changes);
        }
        let SingleValues { attributes: latest, message_name, custom: custom_values, picture: latest_picture } =
            &mut self.single;
        for (attribute, value) in attributes.given() {
            let is_message_name = attribute == Attribute::Name && entry.origin == Origin::Message;
            let latest = if is_message_name { &mut *message_name } else { &mut latest[attribute] };
            set(latest, seq, value.clone(), name.is_some());
        }
        for link in links {
            if self.links.iter().all(|known| known.value != *link) {
                self.links.push(Stamped::new(seq, link.clone()));
            }
        }
        for property in properties {
            if self.properties.iter().all(|known| known.value != *property) {
                self.properties.push(Stamped::new(seq, property.clone()));
            }
        }
        for group in groups {
            if self.groups.iter().all(|known| known.value != *group) {
                self.groups.push(Stamped::new(seq, *group));
                changes.memberships.insert((*group, record));
            }
        }
        for (field, value) in custom {
            let mut latest = custom_values.remove(field);
            set(&mut latest, seq, value.clone(), name.is_some());
            custom_values.extend(latest.map(|latest| (field.clone(), latest)));
        }
        if let Some(picture) = picture {
            let info = picture.map(|kind| PictureInfo { entry: seq, kind, at: entry.at });
            *latest_picture = Some(Stamped::new(seq, info));
        }
    }

    /// Removes the values that an observation which replaces them does not have.
    fn keep_only(
        &mut self,
        attributes: &Attributes<Option<Text>>,
        links: &[Link],
        groups: &[Group],
        custom: &[(CustomName, Option<CustomValue>)],
        record: RecordId,
        changes: &mut Changes,
    ) {
        for (attribute, value) in attributes.iter() {
            if value.is_none() {
                self.single.attributes[attribute] = None;
            }
        }
        self.links.retain(|known| links.contains(&known.value));
        for group in self.groups.extract_if(.., |known| !groups.contains(&known.value)) {
            changes.memberships.insert((group.value, record));
        }
        self.single.custom.retain(|known, _| custom.iter().any(|(field, _)| field == known));
    }
}

/// Sets the latest value. A record that is reported again as it was keeps the entry that set it.
fn set<T: PartialEq>(latest: &mut Option<Stamped<T>>, seq: Seq, value: T, keeps_same: bool) {
    if !(keeps_same && latest.as_ref().is_some_and(|latest| latest.value == value)) {
        *latest = Some(Stamped::new(seq, value));
    }
}
