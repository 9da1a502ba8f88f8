//! Bringing what a store keeps of looks along: some contacts look otherwise than before.

use std::collections::{BTreeMap, BTreeSet};

use contact::ContactId;

use super::{Key, Looks, Pair, SHARED_MAX};

/// Contacts that look otherwise than a store has kept, and how.
pub struct Turn {
    before: BTreeMap<ContactId, Looks>,
    now: BTreeMap<ContactId, Option<Looks>>,
}

/// That a contact had a key, or has it.
#[derive(Clone, Copy)]
pub struct Move {
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
    pub gone: Vec<Pair>,
    /// Those that it shows now.
    pub new: Vec<Pair>,
}

impl Turn {
    /// Those that look otherwise `now` than `before`; what is kept of others is left alone.
    pub fn new(mut before: BTreeMap<ContactId, Looks>, mut now: BTreeMap<ContactId, Option<Looks>>) -> Turn {
        now.retain(|id, looks| before.get(id) != looks.as_ref());
        before.retain(|id, _| now.contains_key(id));
        Turn { before, now }
    }

    /// How those look that look otherwise.
    pub fn looks(&self) -> impl Iterator<Item = (ContactId, Option<&Looks>)> {
        self.now.iter().map(|(id, looks)| (*id, looks.as_ref()))
    }

    /// Who had and has which keys, by key.
    pub fn moves(&self) -> Vec<Move> {
        let mut moves = Vec::new();
        for (contact, looks) in &self.now {
            let keys = |looks: Option<&Looks>| looks.map(Looks::keys).unwrap_or_default();
            let (before, now) = (keys(self.before.get(contact)), keys(looks.as_ref()));
            let all = before.union(&now);
            let one =
                |key: &Key| Move { key: *key, contact: *contact, was: before.contains(key), is: now.contains(key) };
            moves.extend(all.map(one));
        }
        moves.sort_unstable_by_key(|one| (one.key, one.contact));
        moves
    }

    /// How many of those who had a key have to be known, to tell whether it has too many now.
    pub fn members_needed(moves: &[Move]) -> usize {
        SHARED_MAX + 1 + moves.iter().filter(|one| one.was && !one.is).count()
    }

    /// Those who have a key, after these moves.
    fn members_now(moves: &[Move], members: &[ContactId]) -> BTreeSet<ContactId> {
        let mut now: BTreeSet<ContactId> = members.iter().copied().collect();
        for one in moves {
            if one.is {
                now.insert(one.contact)
            } else {
                now.remove(&one.contact)
            };
        }
        now
    }

    /// The contacts that do not look otherwise, of which the looks are needed to tell what a key shows.
    pub fn others(&self, moves: &[Move], members: &[ContactId]) -> Vec<ContactId> {
        if members.len() > SHARED_MAX && Turn::members_now(moves, members).len() > SHARED_MAX {
            return Vec::new();
        }
        members.iter().copied().filter(|id| !self.now.contains_key(id)).collect()
    }

    /// What becomes of the pairs that a key shows: `moves` are those of the key, `members` those who had it, as many as
    /// [`members_needed`](Turn::members_needed), and `others` how those look that do not look otherwise.
    pub fn pairs(&self, moves: &[Move], members: &[ContactId], others: &BTreeMap<ContactId, Looks>) -> Pairs {
        let Some(key) = moves.first().map(|one| one.key) else { return Pairs::default() };
        let before = members.iter().filter_map(|id| Some((*id, self.before.get(id).or_else(|| others.get(id))?)));
        let now = |id: &ContactId| self.now.get(id).map_or_else(|| others.get(id), Option::as_ref);
        let is_crowded = |count: usize| count > SHARED_MAX;
        let members_now = Turn::members_now(moves, members);
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
