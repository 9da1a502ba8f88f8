//! Updates the duplicate pairs of a store after the fingerprints of some contacts changed.

use std::collections::{BTreeMap, BTreeSet};

use contact::ContactId;

use super::{DuplicatePair, Fingerprint, Key, SHARED_MAX};

/// The contacts whose fingerprints differ from the stored ones, before and after.
pub struct DuplicateUpdate {
    before: BTreeMap<ContactId, Fingerprint>,
    now: BTreeMap<ContactId, Option<Fingerprint>>,
}

/// A contact that had a key before the update, has it after the update, or both.
#[derive(Clone, Copy)]
pub struct KeyChange {
    /// The key.
    pub key: Key,
    /// The contact.
    pub contact: ContactId,
    /// Whether the contact had the key before.
    pub was: bool,
    /// Whether the contact has the key now.
    pub is: bool,
}

/// The pairs of a key that a store has to remove and add.
#[derive(Default)]
pub struct Pairs {
    /// Pairs to remove.
    pub gone: Vec<DuplicatePair>,
    /// Pairs to add.
    pub new: Vec<DuplicatePair>,
}

impl DuplicateUpdate {
    /// The contacts whose fingerprint `now` differs from the one `before`; all others stay unchanged.
    pub fn new(
        mut before: BTreeMap<ContactId, Fingerprint>,
        mut now: BTreeMap<ContactId, Option<Fingerprint>>,
    ) -> DuplicateUpdate {
        now.retain(|id, fingerprint| before.get(id) != fingerprint.as_ref());
        before.retain(|id, _| now.contains_key(id));
        DuplicateUpdate { before, now }
    }

    /// The new fingerprints of the changed contacts; none for a contact that has none any more.
    pub fn fingerprint(&self) -> impl Iterator<Item = (ContactId, Option<&Fingerprint>)> {
        self.now.iter().map(|(id, fingerprint)| (*id, fingerprint.as_ref()))
    }

    /// The keys that the changed contacts had and have, in order of the keys.
    pub fn key_changes(&self) -> Vec<KeyChange> {
        let mut changes = Vec::new();
        for (contact, fingerprint) in &self.now {
            let keys = |fingerprint: Option<&Fingerprint>| fingerprint.map(Fingerprint::keys).unwrap_or_default();
            let (before, now) = (keys(self.before.get(contact)), keys(fingerprint.as_ref()));
            let all = before.union(&now);
            let change = |key: &Key| KeyChange {
                key: *key,
                contact: *contact,
                was: before.contains(key),
                is: now.contains(key),
            };
            changes.extend(all.map(change));
        }
        changes.sort_unstable_by_key(|change| (change.key, change.contact));
        changes
    }

    /// How many former members of a key to read, to decide whether it has more than [`SHARED_MAX`] now.
    pub fn members_needed(key_changes: &[KeyChange]) -> usize {
        SHARED_MAX + 1 + key_changes.iter().filter(|change| change.was && !change.is).count()
    }

    /// The contacts that have a key after these changes.
    fn members_now(key_changes: &[KeyChange], members: &[ContactId]) -> BTreeSet<ContactId> {
        let mut now: BTreeSet<ContactId> = members.iter().copied().collect();
        for change in key_changes {
            if change.is {
                now.insert(change.contact)
            } else {
                now.remove(&change.contact)
            };
        }
        now
    }

    /// The unchanged contacts whose fingerprints are needed to compute the pairs of a key.
    pub fn others(&self, key_changes: &[KeyChange], members: &[ContactId]) -> Vec<ContactId> {
        if members.len() > SHARED_MAX && DuplicateUpdate::members_now(key_changes, members).len() > SHARED_MAX {
            return Vec::new();
        }
        members.iter().copied().filter(|id| !self.now.contains_key(id)).collect()
    }

    /// The pairs of one key to remove and to add.
    ///
    /// `key_changes` are the changes of this key. `members` are the contacts that had it, as many as
    /// [`members_needed`](DuplicateUpdate::members_needed). `others` are the fingerprints of the unchanged ones.
    pub fn pairs(
        &self,
        key_changes: &[KeyChange],
        members: &[ContactId],
        others: &BTreeMap<ContactId, Fingerprint>,
    ) -> Pairs {
        let Some(key) = key_changes.first().map(|change| change.key) else { return Pairs::default() };
        let before = members.iter().filter_map(|id| Some((*id, self.before.get(id).or_else(|| others.get(id))?)));
        let now = |id: &ContactId| self.now.get(id).map_or_else(|| others.get(id), Option::as_ref);
        let is_crowded = |count: usize| count > SHARED_MAX;
        let members_now = DuplicateUpdate::members_now(key_changes, members);
        let pairs_before = if is_crowded(members.len()) { BTreeSet::new() } else { key.pairs(&before.collect()) };
        let pairs_now = if is_crowded(members_now.len()) {
            BTreeSet::new()
        } else {
            key.pairs(&members_now.iter().filter_map(|id| Some((*id, now(id)?))).collect())
        };
        Pairs {
            gone: pairs_before.difference(&pairs_now).copied().collect(),
            new: pairs_now.difference(&pairs_before).copied().collect(),
        }
    }
}
