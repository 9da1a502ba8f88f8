//! Which contacts look alike, and why, though they share no handle: the same for every store.
//!
//! Comparing each contact with every other would take forever, so each has a few *keys*, and for every reason why two look
//! alike they share a key of its kind. A store keeps who has which key. What a key shows is found from those who have it
//! alone, so a store brings its pairs along key by key ([`DuplicateUpdate`]).

mod address;
mod name;
mod update;

use std::collections::{BTreeMap, BTreeSet};

use contact::{Change, ContactId, Seq, Side, Source, View};

use thiserror::Error;

use crate::word::words;

pub use update::{DuplicateUpdate, KeyChange};

/// Most contacts that a key tells anything of. Of a name that more have, those are shown that agree in more than the name.
pub const SHARED_MAX: usize = 10;

/// Two contacts that look alike: the one made later, and the other.
pub type DuplicatePair = (ContactId, ContactId);

/// Why two contacts look duplicates.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DuplicateReason {
    /// Their names have the same words, in whatever order.
    SameName,
    /// The same, but that one has a letter where the other has a word, or nothing.
    Initial,
    /// Their names are the same but for one letter.
    OneLetter,
    /// They have e-mail addresses that are the same at domains of the same name.
    RelatedAddress,
}

/// What of a person is compared.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fingerprint {
    /// The words of the name, folded and sorted.
    words: Vec<String>,
    /// The keys of e-mail addresses that say something of a person.
    addresses: Vec<String>,
    /// What the person is kept apart from.
    rules: Vec<(Seq, Side)>,
}

/// A stored fingerprint that cannot be parsed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("{0} bytes are no fingerprint of a contact")]
pub struct InvalidFingerprint(usize);

/// What contacts that look alike share.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Key(u64);

/// What a key is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Name,
    /// The name and the name of a domain, for names that very many have.
    NameThere,
    Initial,
    Letter,
    Address,
}

impl Kind {
    const ALL: [Kind; 5] = [Kind::Name, Kind::NameThere, Kind::Initial, Kind::Letter, Kind::Address];

    /// Whether a key of this kind is what shows two to be alike for this reason.
    fn shows(self, reason: DuplicateReason) -> bool {
        match self {
            Kind::Name | Kind::NameThere => matches!(reason, DuplicateReason::SameName | DuplicateReason::Initial),
            Kind::Initial => reason == DuplicateReason::Initial,
            Kind::Letter => reason == DuplicateReason::OneLetter,
            Kind::Address => reason == DuplicateReason::RelatedAddress,
        }
    }
}

impl Key {
    /// How many of its bits say the kind.
    const KIND_BITS: u32 = 3;

    fn new(kind: Kind, text: &str) -> Key {
        // FNV-1a (draft-eastlake-fnv): stores keep what comes of it. Where two texts meet, those who share the key are
        // compared all the same.
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, step);
        Key(hash << Key::KIND_BITS | kind as u64)
    }

    fn kind(self) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| *kind as u64 == self.0 % (1 << Key::KIND_BITS))
    }

    /// As a store keeps it.
    pub fn stored(self) -> i64 {
        self.0.cast_signed()
    }

    /// What a store has kept.
    pub fn from_stored(stored: i64) -> Key {
        Key(stored.cast_unsigned())
    }

    /// The pairs that a key shows, of all who have it.
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
    /// Of a contact, if it stands for a person who is the whole company's, and there is something to compare.
    pub fn of(view: &View, id: ContactId) -> Option<Fingerprint> {
        let contact = view.contact(id).filter(|contact| contact.id == id && contact.owner.is_none())?;
        let mut words = words(contact.name());
        words.sort_unstable();
        let emails = contact.handles.iter().filter(|handle| handle.key().source() == Source::Email);
        let emails = emails.map(|handle| handle.key().as_str()).filter(|address| address::is_of_a_person(address));
        let mut addresses: Vec<String> = emails.take(address::ADDRESSES_MAX).map(str::to_owned).collect();
        addresses.sort_unstable();
        let rules = view.rules(id);
        Some(Fingerprint { words, addresses, rules })
            .filter(|fingerprint| !fingerprint.words.is_empty() || !fingerprint.addresses.is_empty())
    }

    /// Its keys: any two contacts that look alike have one in common, and none has many.
    pub fn keys(&self) -> BTreeSet<Key> {
        let mut keys = BTreeSet::new();
        let domains: BTreeSet<&str> = self.addresses.iter().filter_map(|address| address::company(address)).collect();
        if let Some(name) = name::whole(&self.words) {
            keys.insert(Key::new(Kind::Name, &name));
            keys.extend(domains.into_iter().map(|domain| Key::new(Kind::NameThere, &format!("{name}@{domain}"))));
        }
        keys.extend(name::with_initials(&self.words).iter().map(|text| Key::new(Kind::Initial, text)));
        keys.extend(name::with_an_end(&self.words).iter().map(|text| Key::new(Kind::Letter, text)));
        let related = self.addresses.iter().filter_map(|address| address::related(address));
        keys.extend(related.map(|text| Key::new(Kind::Address, &text)));
        keys
    }

    /// Why it fingerprint like another: for nothing, if they are kept apart.
    pub fn reasons(&self, other: &Fingerprint) -> Vec<DuplicateReason> {
        let is_rule = |(rule, side): &(Seq, Side)| other.rules.iter().any(|(of, there)| of == rule && there != side);
        if self.rules.iter().any(is_rule) {
            return Vec::new();
        }
        let by_name = name::alike(&self.words, &other.words);
        let is_related = address::are_related(&self.addresses, &other.addresses, by_name.is_some());
        by_name.into_iter().chain(is_related.then_some(DuplicateReason::RelatedAddress)).collect()
    }

    /// As a store keeps it.
    pub fn stored(&self) -> String {
        let side = |side: Side| if side == Side::Kept { '+' } else { '-' };
        let rules: Vec<String> = self.rules.iter().map(|(rule, of)| format!("{rule}{}", side(*of))).collect();
        [self.words.join(" "), self.addresses.join(" "), rules.join(" ")].join("\n")
    }

    /// What a store has kept.
    ///
    /// # Errors
    ///
    /// [`InvalidFingerprint`] if [`stored`](Fingerprint::stored) never returns it.
    pub fn from_stored(stored: &str) -> Result<Fingerprint, InvalidFingerprint> {
        let mut lines = stored.split('\n').map(|line| line.split(' ').filter(|word| !word.is_empty()));
        let mut line = || lines.next().ok_or_else(|| InvalidFingerprint(stored.len()));
        let (words, addresses, rules) = (line()?, line()?, line()?);
        let rule = |text: &str| {
            let (number, side) = text.split_at_checked(text.len().saturating_sub(1))?;
            let side = if side == "+" { Side::Kept } else { Side::Parted };
            Some((Seq(number.parse().ok()?), side))
        };
        Ok(Fingerprint {
            words: words.map(str::to_owned).collect(),
            addresses: addresses.map(str::to_owned).collect(),
            rules: rules
                .map(|text| rule(text).ok_or_else(|| InvalidFingerprint(stored.len())))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// The contacts that may look otherwise after a change.
pub fn changed_contacts(change: &Change) -> Vec<ContactId> {
    match change {
        Change::KeptApart { one, other } => vec![*one, *other],
        change => crate::changed_contacts(change),
    }
}

/// How contacts look now that may look otherwise, and those that they are part of. Those that stand for nobody look like
/// nothing.
pub fn fingerprints_now(
    view: &View,
    touched: impl IntoIterator<Item = ContactId>,
) -> BTreeMap<ContactId, Option<Fingerprint>> {
    let both = |id: ContactId| [Some(id), view.root(id)];
    let all = touched.into_iter().flat_map(both).flatten();
    all.map(|id| (id, Fingerprint::of(view, id))).collect()
}

/// All pairs of a company, found in the most naive way: those made of the latest contacts first.
pub fn pairs(view: &View) -> Vec<DuplicatePair> {
    let fingerprint: BTreeMap<ContactId, Fingerprint> =
        view.members.keys().filter_map(|id| Some((*id, Fingerprint::of(view, *id)?))).collect();
    let keys: BTreeSet<Key> = fingerprint.values().flat_map(Fingerprint::keys).collect();
    let mut pairs = BTreeSet::new();
    for key in keys {
        let members = fingerprint
            .iter()
            .filter(|(_, fingerprint)| fingerprint.keys().contains(&key))
            .map(|(id, fingerprint)| (*id, fingerprint));
        pairs.extend(key.pairs(&members.collect()));
    }
    pairs.into_iter().rev().collect()
}
