//! The fold: bringing a view along by one entry of the journal.

use crate::{
    Change, Changes, ContactId, Conversation, Entry, Facts, Handle, HandleKey, Link, Marked, Member, MergedInto,
    Origin, Seq, Side, Stamped, View,
};

impl View {
    /// Brings the view along by its next entry, and notes in `changes` what is new or other. What the
    /// entry names must be in the view, if it is anywhere.
    pub fn apply(&mut self, entry: &Entry, changes: &mut Changes) {
        self.head = entry.seq;
        match &entry.change {
            Change::Observed { home, handles, .. } => {
                if self.members.contains_key(home) {
                    changes.history.push((*home, entry.seq));
                }
                self.observed(entry, *home);
                changes.members.insert(*home);
                for handle in handles {
                    if self.claim(handle, *home, entry.seq) {
                        changes.claims.insert(handle.key().clone());
                    }
                }
                self.touch(*home, entry, changes);
            }
            Change::Merged { kept, joined, .. } => self.merged(*kept, *joined, entry, changes),
            Change::Split { parted, .. } => self.split(*parted, entry, changes),
            Change::Shared { handle, shared } => {
                self.claims.share(handle, *shared);
                changes.claims.insert(handle.clone());
                self.mark_at_home(handle, *shared, entry.seq, changes);
            }
            Change::Removed { contact, handles, links } => self.removed(*contact, handles, links, entry, changes),
            Change::Received { .. } => self.received(entry, changes),
        }
    }

    /// Adds what an observation told to the facts of its home, which it may be the first to mention.
    fn observed(&mut self, entry: &Entry, home: ContactId) {
        let Change::Observed { name, description, links, .. } = &entry.change else { return };
        let member = self.members.entry(home).or_insert_with(|| Member {
            id: home,
            first: entry.seq,
            created_at: entry.at,
            changed: entry.seq,
            changed_at: entry.at,
            merged_into: None,
            members: Vec::new(),
            rules: Vec::new(),
            facts: Facts::default(),
        });
        self.contacts_made = self.contacts_made.max(home.count());
        let facts = &mut member.facts;
        if let Some(name) = name {
            let told = Some(Stamped::new(entry.seq, name.clone()));
            if entry.origin == Origin::Message { facts.message_name = told } else { facts.name = told }
        }
        if let Some(description) = description {
            facts.description = Some(Stamped::new(entry.seq, description.clone()));
        }
        for link in links {
            if facts.links.iter().all(|known| known.value != *link) {
                facts.links.push(Stamped::new(entry.seq, link.clone()));
            }
        }
    }

    /// Gives a handle to a contact if nobody has it.
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

    /// Notes at a handle's home, if it has one, whether several people use it.
    fn mark_at_home(&mut self, handle: &HandleKey, shared: bool, seq: Seq, changes: &mut Changes) {
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

    fn merged(&mut self, kept: ContactId, joined: ContactId, entry: &Entry, changes: &mut Changes) {
        let mut parts = vec![joined];
        if let Some(member) = self.members.get_mut(&joined) {
            member.merged_into = Some(MergedInto { contact: kept, merge: entry.seq });
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

    /// Parts a contact, and what is part of it, from the rest, and rules that the two stay apart.
    fn split(&mut self, parted: ContactId, entry: &Entry, changes: &mut Changes) {
        let outer: Vec<ContactId> = self.lineage(parted).skip(1).collect();
        let Some(root) = outer.last().copied() else { return };
        let parts: Vec<ContactId> = self.whole(parted).map(|member| member.id).collect();
        let everyone: Vec<ContactId> = self.whole(root).map(|member| member.id).collect();
        for id in everyone {
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

    fn removed(
        &mut self,
        contact: ContactId,
        handles: &[HandleKey],
        links: &[Link],
        entry: &Entry,
        changes: &mut Changes,
    ) {
        for handle in handles {
            if let Some(member) = self.claims.release(handle).and_then(|home| self.members.get_mut(&home)) {
                member.facts.handles.retain(|told| told.value.key() != handle);
                member.facts.shared.remove(handle);
                changes.members.insert(member.id);
            }
            changes.claims.insert(handle.clone());
        }
        let everyone: Vec<ContactId> = self.whole(contact).map(|member| member.id).collect();
        for member in everyone.into_iter().filter(|_| !links.is_empty()) {
            let Some(member) = self.members.get_mut(&member) else { continue };
            let before = member.facts.links.len();
            member.facts.links.retain(|told| !links.contains(&told.value));
            if member.facts.links.len() < before {
                changes.members.insert(member.id);
            }
        }
        self.touch(contact, entry, changes);
        changes.history.push((contact, entry.seq));
    }

    /// Adds a message to its conversation, which it may begin.
    fn received(&mut self, entry: &Entry, changes: &mut Changes) {
        let Change::Received { message, conversation, channel, home, sender, subject, snippet, marks } = &entry.change
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
        for mark in marks {
            let (key, marked) = ((*channel, mark.clone()), Marked { conversation: conversation.id, message: *message });
            changes.marks.insert(key.clone());
            self.marks.insert(key, marked);
        }
        changes.history.push((*home, entry.seq));
    }

    /// Notes that the person whom a contact is part of has changed.
    fn touch(&mut self, contact: ContactId, entry: &Entry, changes: &mut Changes) {
        let Some(root) = self.root(contact) else { return };
        if let Some(member) = self.members.get_mut(&root) {
            member.changed = entry.seq;
            member.changed_at = entry.at;
            changes.members.insert(root);
        }
    }
}
