//! Bringing what a store keeps of fingerprint along: some contacts look otherwise than before.

use std::collections::{BTreeMap, BTreeSet};

use contact::ContactId;

use super::{DuplicatePair, Fingerprint, Key, SHARED_MAX};

/// Contacts that look otherwise than a store has kept, and how.
pub struct DuplicateUpdate {
    before: BTreeMap<ContactId, Fingerprint>,
    now: BTreeMap<ContactId, Option<Fingerprint>>,
}

/// That a contact had a key, or has it.
#[derive(Clone, Copy)]
pub struct KeyChange {
    /// The key.
    pub key: Key,
    /// The contact.
    pub contact: ContactId,
    /// Whether it had the key.
    pub was: bool,
    /// Whether it has it now.
    pub is: bool,
}

/// What a store has to do with the pairs of a key.
#[derive(Default)]
pub struct Pairs {
    /// Those that it shows no longer.
    pub gone: Vec<DuplicatePair>,
    /// Those that it shows now.
    pub new: Vec<DuplicatePair>,
}

impl DuplicateUpdate {
    /// Those that look otherwise `now` than `before`; what is kept of others is left alone.
    pub fn new(
        mut before: BTreeMap<ContactId, Fingerprint>,
        mut now: BTreeMap<ContactId, Option<Fingerprint>>,
    ) -> DuplicateUpdate {
        now.retain(|id, fingerprint| before.get(id) != fingerprint.as_ref());
        before.retain(|id, _| now.contains_key(id));
        DuplicateUpdate { before, now }
    }

    /// How those look that look otherwise.
    pub fn fingerprint(&self) -> impl Iterator<Item = (ContactId, Option<&Fingerprint>)> {
        self.now.iter().map(|(id, fingerprint)| (*id, fingerprint.as_ref()))
    }

    /// Who had and has which keys, by key.
    pub fn key_changes(&self) -> Vec<KeyChange> {
        let mut key_changes = Vec::new();
        for (contact, fingerprint) in &self.now {
            let keys = |fingerprint: Option<&Fingerprint>| fingerprint.map(Fingerprint::keys).unwrap_or_default();
            let (before, now) = (keys(self.before.get(contact)), keys(fingerprint.as_ref()));
            let all = before.union(&now);
            let one = |key: &Key| KeyChange {
                key: *key,
                contact: *contact,
                was: before.contains(key),
                is: now.contains(key),
            };
            key_changes.extend(all.map(one));
        }
        key_changes.sort_unstable_by_key(|one| (one.key, one.contact));
        key_changes
    }

    /// How many of those who had a key have to be known, to tell whether it has too many now.
    pub fn members_needed(key_changes: &[KeyChange]) -> usize {
        SHARED_MAX + 1 + key_changes.iter().filter(|one| one.was && !one.is).count()
    }

    /// Those who have a key, after these key_changes.
    fn members_now(key_changes: &[KeyChange], members: &[ContactId]) -> BTreeSet<ContactId> {
        let mut now: BTreeSet<ContactId> = members.iter().copied().collect();
        for one in key_changes {
            if one.is {
                now.insert(one.contact)
            } else {
                now.remove(&one.contact)
            };
        }
        now
    }

    /// The contacts that do not look otherwise, of which the fingerprint are needed to tell what a key shows.
    pub fn others(&self, key_changes: &[KeyChange], members: &[ContactId]) -> Vec<ContactId> {
        if members.len() > SHARED_MAX && DuplicateUpdate::members_now(key_changes, members).len() > SHARED_MAX {
            return Vec::new();
        }
        members.iter().copied().filter(|id| !self.now.contains_key(id)).collect()
    }

    /// What becomes of the pairs that a key shows: `key_changes` are those of the key, `members` those who had it, as many as
    /// [`members_needed`](DuplicateUpdate::members_needed), and `others` how those look that do not look otherwise.
    pub fn pairs(
        &self,
        key_changes: &[KeyChange],
        members: &[ContactId],
        others: &BTreeMap<ContactId, Fingerprint>,
    ) -> Pairs {
        let Some(key) = key_changes.first().map(|one| one.key) else { return Pairs::default() };
        let before = members.iter().filter_map(|id| Some((*id, self.before.get(id).or_else(|| others.get(id))?)));
        let now = |id: &ContactId| self.now.get(id).map_or_else(|| others.get(id), Option::as_ref);
        let is_crowded = |count: usize| count > SHARED_MAX;
        let members_now = DuplicateUpdate::members_now(key_changes, members);
        let shown_before = if is_crowded(members.len()) { BTreeSet::new() } else { key.pairs(&before.collect()) };
        let shown_now = if is_crowded(members_now.len()) {
            BTreeSet::new()
        } else {
            key.pairs(&members_now.iter().filter_map(|id| Some((*id, now(id)?))).collect())
        };
        Pairs {
            gone: shown_before.difference(&shown_now).copied().collect(),
            new: shown_now.difference(&shown_before).copied().collect(),
        }
    }
}
