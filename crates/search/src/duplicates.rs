//! Finds possible duplicates: pairs of contacts that look alike, or report a common handle that does not join them. The same
//! rules for every store.
//!
//! Comparing each contact with every other would be quadratic, so each contact has a few *keys*. Two contacts that look
//! alike share a key of the kind that fits the reason. A store keeps the contacts of each key. The pairs of a key depend
//! only on the contacts that have it, so a store updates its pairs key by key ([`DuplicateUpdate`]).

mod address;
mod name;
mod update;

use std::collections::{BTreeMap, BTreeSet};

use contact::{Change, ContactId, HandleKey, RecordId, Seq, Side, Source, View};

use thiserror::Error;

use crate::word::words;

pub use update::{DuplicateUpdate, KeyChange};

/// Most contacts of a key that yields pairs. Contacts with a more common name are paired only by keys that include more
/// than the name.
pub const SHARED_MAX: usize = 10;

/// Two contacts that look alike: the younger one, then the older one.
pub type DuplicatePair = (ContactId, ContactId);

/// Why two contacts may be duplicates.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DuplicateReason {
    /// Their names have the same words, in any order.
    SameName,
    /// Their names have the same words, but one has an initial where the other has a word or nothing.
    Initial,
    /// Their names differ in one letter.
    OneLetter,
    /// They have e-mail addresses with the same local part, at domains with the same name.
    RelatedAddress,
    /// They report the same handle. Their names are different, or both are kept apart from the contact that owns it.
    SameHandle,
}

/// The parts of a contact that are compared.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fingerprint {
    /// The words of the name, folded and sorted.
    words: Vec<String>,
    /// The keys of personal e-mail addresses, sorted.
    addresses: Vec<String>,
    /// The rules that keep the contact apart from others, with its side of each.
    rules: Vec<(Seq, Side)>,
    /// The keys of its handles that identify a person and that several records report.
    handles: BTreeSet<Key>,
}

/// A stored fingerprint that cannot be parsed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("invalid fingerprint of a contact: {0} bytes")]
pub struct InvalidFingerprint(usize);

/// A hash that contacts share if they look alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Key(u64);

/// What a key is computed from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// The words of the name.
    Name,
    /// The name and the name of a domain, for names that more than [`SHARED_MAX`] contacts have.
    NameAndDomain,
    /// One word of the name and the initials of the others.
    Initial,
    /// All words of the name but one, and an end of that one.
    Letter,
    /// The local part of an address and the name of its domain.
    Address,
    /// A handle that several records report.
    Handle,
}

impl Kind {
    const ALL: [Kind; 6] = [Kind::Name, Kind::NameAndDomain, Kind::Initial, Kind::Letter, Kind::Address, Kind::Handle];

    /// Whether contacts that look alike for this reason share a key of this kind.
    fn shows(self, reason: DuplicateReason) -> bool {
        match self {
            Kind::Name | Kind::NameAndDomain => matches!(reason, DuplicateReason::SameName | DuplicateReason::Initial),
            Kind::Initial => reason == DuplicateReason::Initial,
            Kind::Letter => reason == DuplicateReason::OneLetter,
            Kind::Address => reason == DuplicateReason::RelatedAddress,
            Kind::Handle => reason == DuplicateReason::SameHandle,
        }
    }
}

impl Key {
    /// The low bits that hold the kind.
    const KIND_BITS: u32 = 3;

    fn new(kind: Kind, text: &str) -> Key {
        // FNV-1a (draft-eastlake-fnv), never to change because stores keep the hashes. A collision is harmless: contacts
        // that share a key are compared anyway.
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, step);
        Key(hash << Key::KIND_BITS | kind as u64)
    }

    fn kind(self) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| *kind as u64 == self.0 % (1 << Key::KIND_BITS))
    }

    /// The key as stored.
    pub fn stored(self) -> i64 {
        self.0.cast_signed()
    }

    /// The key that [`stored`](Key::stored) returned.
    pub fn from_stored(stored: i64) -> Key {
        Key(stored.cast_unsigned())
    }

    /// The pairs among all contacts that have this key.
    fn pairs(self, members: &BTreeMap<ContactId, &Fingerprint>) -> BTreeSet<DuplicatePair> {
        let mut pairs = BTreeSet::new();
        let Some(kind) = self.kind().filter(|_| members.len() <= SHARED_MAX) else { return pairs };
        for (younger, fingerprint) in members {
            for (older, other) in members.range(..younger) {
                if fingerprint.reasons(other).into_iter().any(|reason| kind.shows(reason)) {
                    pairs.insert((*younger, *older));
                }
            }
        }
        pairs
    }
}

impl Fingerprint {
    /// The fingerprint of a contact; none if it is merged into another, private, or has nothing to compare.
    pub fn of(view: &View, id: ContactId) -> Option<Fingerprint> {
        let contact = view.contact(id).filter(|contact| contact.id == id && contact.owner.is_none())?;
        let mut words = words(contact.name());
        words.sort_unstable();
        let emails = contact.handles.iter().filter(|handle| handle.key().source() == Source::Email);
        let emails = emails.map(|handle| handle.key().as_str()).filter(|address| address::is_personal(address));
        let mut addresses: Vec<String> = emails.take(address::ADDRESSES_MAX).map(str::to_owned).collect();
        addresses.sort_unstable();
        let rules = view.separations(id);
        let text = |handle: &HandleKey| format!("{} {}", handle.source().name(), handle.as_str());
        let handles = common_handles(view, id).map(|handle| Key::new(Kind::Handle, &text(handle))).collect();
        Some(Fingerprint { words, addresses, rules, handles }).filter(|fingerprint| {
            let Fingerprint { words, addresses, handles, .. } = fingerprint;
            !(words.is_empty() && addresses.is_empty() && handles.is_empty())
        })
    }

    /// The keys of the contact. Any two contacts that look alike have one in common.
    pub fn keys(&self) -> BTreeSet<Key> {
        let mut keys = self.handles.clone();
        let domains: BTreeSet<&str> = self.addresses.iter().filter_map(|address| address::company(address)).collect();
        if let Some(name) = name::whole(&self.words) {
            keys.insert(Key::new(Kind::Name, &name));
            keys.extend(domains.into_iter().map(|domain| Key::new(Kind::NameAndDomain, &format!("{name}@{domain}"))));
        }
        keys.extend(name::with_initials(&self.words).iter().map(|text| Key::new(Kind::Initial, text)));
        keys.extend(name::with_word_ends(&self.words).iter().map(|text| Key::new(Kind::Letter, text)));
        let related = self.addresses.iter().filter_map(|address| address::related(address));
        keys.extend(related.map(|text| Key::new(Kind::Address, &text)));
        keys
    }

    /// Why two contacts look alike; empty if a rule keeps them apart.
    pub fn reasons(&self, other: &Fingerprint) -> Vec<DuplicateReason> {
        let is_opposed =
            |(rule, side): &(Seq, Side)| other.rules.iter().any(|(same, opposite)| same == rule && opposite != side);
        if self.rules.iter().any(is_opposed) {
            return Vec::new();
        }
        let by_name = name::reason(&self.words, &other.words);
        let is_related = address::are_related(&self.addresses, &other.addresses, by_name.is_some());
        let has_same = !self.handles.is_disjoint(&other.handles);
        let others =
            [is_related.then_some(DuplicateReason::RelatedAddress), has_same.then_some(DuplicateReason::SameHandle)];
        by_name.into_iter().chain(others.into_iter().flatten()).collect()
    }

    /// The fingerprint as stored: a line of words, one of addresses, one of rules and one of the keys of handles.
    pub fn stored(&self) -> String {
        let sign = |side: Side| if side == Side::Kept { '+' } else { '-' };
        let rules: Vec<String> = self.rules.iter().map(|(rule, side)| format!("{rule}{}", sign(*side))).collect();
        let handles: Vec<String> = self.handles.iter().map(|key| key.stored().to_string()).collect();
        [self.words.join(" "), self.addresses.join(" "), rules.join(" "), handles.join(" ")].join("\n")
    }

    /// Parses a stored fingerprint.
    ///
    /// # Errors
    ///
    /// [`InvalidFingerprint`] if [`stored`](Fingerprint::stored) cannot have returned it.
    pub fn from_stored(stored: &str) -> Result<Fingerprint, InvalidFingerprint> {
        let mut lines = stored.split('\n').map(|line| line.split(' ').filter(|word| !word.is_empty()));
        let mut line = || lines.next().ok_or(InvalidFingerprint(stored.len()));
        let (words, addresses, rules, handles) = (line()?, line()?, line()?, line()?);
        let rule = |text: &str| {
            let (number, side) = text.split_at_checked(text.len().saturating_sub(1))?;
            let side = if side == "+" { Side::Kept } else { Side::Parted };
            Some((Seq(number.parse().ok()?), side))
        };
        let key = |text: &str| text.parse().ok().map(Key::from_stored);
        let invalid = || InvalidFingerprint(stored.len());
        Ok(Fingerprint {
            words: words.map(str::to_owned).collect(),
            addresses: addresses.map(str::to_owned).collect(),
            rules: rules.map(|text| rule(text).ok_or_else(invalid)).collect::<Result<_, _>>()?,
            handles: handles.map(|text| key(text).ok_or_else(invalid)).collect::<Result<_, _>>()?,
        })
    }
}

/// The contacts whose fingerprints a change may alter.
pub fn changed_contacts(change: &Change) -> Vec<ContactId> {
    match change {
        Change::KeptApart { one, other } => vec![*one, *other],
        Change::Split { contact, records } => records.iter().chain([contact]).copied().collect(),
        change => crate::changed_contacts(change),
    }
}

/// The current fingerprints of the touched contacts and of the contacts that they are merged into.
///
/// None for a contact that has no fingerprint, such as one that is merged into another.
pub fn fingerprints_now(
    view: &View,
    touched: impl IntoIterator<Item = ContactId>,
) -> BTreeMap<ContactId, Option<Fingerprint>> {
    let both = |id: ContactId| [Some(id), view.root(id)];
    let all = touched.into_iter().flat_map(both).flatten();
    all.map(|id| (id, Fingerprint::of(view, id))).collect()
}

/// The handles of a contact that identify a person, and that several records report or did.
fn common_handles(view: &View, id: ContactId) -> impl Iterator<Item = &HandleKey> {
    let records = view.parts(id).into_iter().filter_map(|part| view.records.get(&part));
    let common = records.flat_map(|record| &record.facts.common);
    common.filter(|handle| view.claims.obstacle(handle).is_none())
}

/// The records of other contacts that were the first to report a handle of one of these.
///
/// The handle counts for their fingerprints from the second report on, of which no entry of theirs tells.
pub fn first_reporters(view: &View, contacts: impl IntoIterator<Item = ContactId>) -> BTreeSet<RecordId> {
    let others = |id: ContactId| {
        let root = view.root(id);
        let first = common_handles(view, id).filter_map(|handle| view.claims.get(handle)?.home);
        first.filter(move |home| view.root(*home) != root)
    };
    contacts.into_iter().flat_map(others).collect()
}

/// All pairs of a company, the latest contacts first. Slow: compares all contacts, to verify what a store keeps.
pub fn pairs(view: &View) -> Vec<DuplicatePair> {
    let fingerprints: BTreeMap<ContactId, Fingerprint> =
        view.records.keys().filter_map(|id| Some((*id, Fingerprint::of(view, *id)?))).collect();
    let keys: BTreeSet<Key> = fingerprints.values().flat_map(Fingerprint::keys).collect();
    let mut pairs = BTreeSet::new();
    for key in keys {
        let members = fingerprints
            .iter()
            .filter(|(_, fingerprint)| fingerprint.keys().contains(&key))
            .map(|(id, fingerprint)| (*id, fingerprint));
        pairs.extend(key.pairs(&members.collect()));
    }
    pairs.into_iter().rev().collect()
}
