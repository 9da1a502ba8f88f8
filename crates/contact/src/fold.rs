//! The fold: applies journal entries to a view.

use crate::account::Account;
use crate::attribute::Attribute;
use crate::entry::{Change, Entry, Side};
use crate::facts::{Facts, Stamped};
use crate::group::Group;
use crate::handle::{Handle, HandleKey};
use crate::id::{AccountId, ContactId};
use crate::link::Link;
use crate::member::{Member, MergedInto};
use crate::message::{Conversation, MessageRef};
use crate::origin::Origin;
use crate::picture::PictureInfo;
use crate::time::Seq;
use crate::view::{Changes, View};

impl View {
    /// Applies the next journal entry, and collects in `changes` what has to be stored.
    ///
    /// Whatever the entry names must be loaded, if it exists.
    pub fn apply(&mut self, entry: &Entry, changes: &mut Changes) {
        self.head = entry.seq;
        match &entry.change {
            Change::Observed { home, handles, .. } => {
                if self.members.contains_key(home) {
                    changes.history.push((*home, entry.seq));
                }
                self.observed(entry, *home, changes);
                changes.members.insert(*home);
                for handle in handles {
                    if self.claim(handle, *home, entry.seq) {
                        changes.claims.insert(handle.key().clone());
                    }
                }
                self.touch(*home, entry, changes);
            }
            Change::Merged { kept, joined, newer_side, .. } => {
                self.merged([*kept, *joined], *newer_side, entry, changes)
            }
            Change::Split { parted, .. } => self.split(*parted, entry, changes),
            Change::KeptApart { one, other } => self.kept_apart([*one, *other], entry.seq, changes),
            Change::Shared { handle, shared } => {
                self.claims.share(handle, *shared);
                changes.claims.insert(handle.clone());
                self.set_shared(handle, *shared, entry.seq, changes);
            }
            Change::Removed { contact, handles, links, groups } => {
                self.release(handles, changes);
                self.remove_facts(*contact, links, groups, changes);
                self.touch(*contact, entry, changes);
                changes.history.push((*contact, entry.seq));
            }
            Change::Deleted { contact, handles } => {
                self.release(handles, changes);
                self.deleted(*contact, changes);
            }
            Change::Received { .. } => self.received(entry, changes),
            Change::Noted { home, .. } => {
                changes.notes.push((*home, entry.seq));
                changes.history.push((*home, entry.seq));
                self.touch(*home, entry, changes);
            }
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

    /// Adds an observation to the facts of its contact, which may be new.
    fn observed(&mut self, entry: &Entry, home: ContactId, changes: &mut Changes) {
        let Change::Observed { attributes, links, groups, custom, picture, owner, .. } = &entry.change else {
            return;
        };
        let member = self.members.entry(home).or_insert_with(|| Member {
            id: home,
            first: entry.seq,
            created_at: entry.at,
            changed: entry.seq,
            changed_at: entry.at,
            merged_into: None,
            members: Vec::new(),
            owner: *owner,
            rules: Vec::new(),
            facts: Facts::default(),
        });
        self.contacts_made = self.contacts_made.max(home.count());
        let facts = &mut member.facts;
        for (attribute, value) in attributes.given() {
            let is_message_name = attribute == Attribute::Name && entry.origin == Origin::Message;
            let single = &mut facts.single;
            let latest = if is_message_name { &mut single.message_name } else { &mut single.attributes[attribute] };
            *latest = Some(Stamped::new(entry.seq, value.clone()));
        }
        for link in links {
            if facts.links.iter().all(|known| known.value != *link) {
                facts.links.push(Stamped::new(entry.seq, link.clone()));
            }
        }
        for group in groups {
            if facts.groups.iter().all(|known| known.value != *group) {
                facts.groups.push(Stamped::new(entry.seq, *group));
                changes.memberships.insert((*group, home));
            }
        }
        for (name, value) in custom {
            facts.single.custom.insert(name.clone(), Stamped::new(entry.seq, value.clone()));
        }
        if let Some(picture) = picture {
            let info = picture.map(|kind| PictureInfo { entry: entry.seq, kind, at: entry.at });
            facts.single.picture = Some(Stamped::new(entry.seq, info));
        }
    }

    /// Gives a free handle to a contact.
    fn claim(&mut self, handle: &Handle, home: ContactId, seq: Seq) -> bool {
        if !self.claims.claim(handle, home) {
            return false;
        }
        let is_shared = self.is_shared(handle.key());
        if let Some(member) = self.members.get_mut(&home) {
            member.facts.handles.push(Stamped::new(seq, handle.clone()));
            if is_shared {
                member.facts.shared.insert(handle.key().clone());
            }
        }
        true
    }

    /// Sets whether a handle is shared in the facts of the contact that claimed it.
    fn set_shared(&mut self, handle: &HandleKey, shared: bool, seq: Seq, changes: &mut Changes) {
        let home = self.claims.get(handle).and_then(|claim| claim.home);
        let Some(member) = home.and_then(|home| self.members.get_mut(&home)) else { return };
        if shared {
            member.facts.shared.insert(handle.clone());
        } else {
            member.facts.shared.remove(handle);
        }
        changes.members.insert(member.id);
        changes.history.push((member.id, seq));
    }

    fn merged(
        &mut self,
        [kept, joined]: [ContactId; 2],
        newer_side: Option<Side>,
        entry: &Entry,
        changes: &mut Changes,
    ) {
        let mut parts = vec![joined];
        if let Some(member) = self.members.get_mut(&joined) {
            member.merged_into = Some(MergedInto { contact: kept, merge: entry.seq, newer_side });
            parts.extend(&member.members);
            changes.members.insert(joined);
        }
        changes.history.extend([(kept, entry.seq), (joined, entry.seq)]);
        if let Some(member) = self.members.get_mut(&kept) {
            member.members.extend(parts);
            member.members.sort_unstable();
        }
        self.touch(kept, entry, changes);
    }

    /// Undoes the merge of a contact, with all that was merged into it, and separates the two sides.
    fn split(&mut self, parted: ContactId, entry: &Entry, changes: &mut Changes) {
        let outer: Vec<ContactId> = self.lineage(parted).skip(1).collect();
        let Some(root) = outer.last().copied() else { return };
        let parts: Vec<ContactId> = self.whole(parted).map(|member| member.id).collect();
        let all_parts: Vec<ContactId> = self.whole(root).map(|member| member.id).collect();
        for id in all_parts {
            let is_parted = parts.contains(&id);
            if let Some(member) = self.members.get_mut(&id) {
                member.rules.push((entry.seq, if is_parted { Side::Parted } else { Side::Kept }));
                if outer.contains(&id) {
                    member.members.retain(|part| !parts.contains(part));
                }
                changes.members.insert(id);
            }
        }
        if let Some(member) = self.members.get_mut(&parted) {
            member.merged_into = None;
        }
        self.touch(parted, entry, changes);
        self.touch(root, entry, changes);
        changes.history.extend([(parted, entry.seq), (outer[0], entry.seq)]);
    }

    /// Separates two contacts. What they show stays the same.
    fn kept_apart(&mut self, [one, other]: [ContactId; 2], rule: Seq, changes: &mut Changes) {
        for (contact, side) in [(one, Side::Kept), (other, Side::Parted)] {
            for part in self.parts(contact) {
                let Some(member) = self.members.get_mut(&part) else { continue };
                member.rules.push((rule, side));
                changes.members.insert(part);
            }
            changes.history.push((contact, rule));
        }
    }

    /// Frees handles.
    fn release(&mut self, handles: &[HandleKey], changes: &mut Changes) {
        for handle in handles {
            if let Some(member) = self.claims.release(handle).and_then(|home| self.members.get_mut(&home)) {
                member.facts.handles.retain(|stamped| stamped.value.key() != handle);
                member.facts.shared.remove(handle);
                changes.members.insert(member.id);
            }
            changes.claims.insert(handle.clone());
        }
    }

    /// Removes links and groups from a contact and all contacts that were merged into it.
    fn remove_facts(&mut self, contact: ContactId, links: &[Link], groups: &[Group], changes: &mut Changes) {
        for part in self.parts(contact) {
            let Some(member) = self.members.get_mut(&part) else { continue };
            let before = (member.facts.links.len(), member.facts.groups.len());
            member.facts.links.retain(|stamped| !links.contains(&stamped.value));
            for group in member.facts.groups.extract_if(.., |stamped| groups.contains(&stamped.value)) {
                changes.memberships.insert((group.value, part));
            }
            if before != (member.facts.links.len(), member.facts.groups.len()) {
                changes.members.insert(part);
            }
        }
    }

    /// Deletes a contact and all contacts that were merged into it.
    fn deleted(&mut self, contact: ContactId, changes: &mut Changes) {
        for part in self.parts(contact) {
            if let Some(member) = self.members.remove(&part) {
                changes.memberships.extend(member.facts.groups.iter().map(|stamped| (stamped.value, part)));
                changes.members.insert(part);
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

    /// Records that the contact that another is part of has changed.
    fn touch(&mut self, contact: ContactId, entry: &Entry, changes: &mut Changes) {
        let Some(root) = self.root(contact) else { return };
        if let Some(member) = self.members.get_mut(&root) {
            member.changed = entry.seq;
            member.changed_at = entry.at;
            changes.members.insert(root);
        }
    }
}
