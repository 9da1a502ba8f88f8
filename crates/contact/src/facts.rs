//! Facts: what a record reports, and what the records of a contact show together.

use std::collections::{BTreeMap, BTreeSet};

use crate::attribute::{Attribute, Attributes, MergeRule};
use crate::card_property::CardProperty;
use crate::claims::Claim;
use crate::custom::{CustomName, CustomValue, CustomValues};
use crate::group::Group;
use crate::handle::{Handle, HandleKey};
use crate::link::Link;
use crate::picture::PictureInfo;
use crate::record_name::RecordId;
use crate::side::Side;
use crate::text::Text;
use crate::time::Seq;

/// A value with the entry that set it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stamped<T> {
    /// The entry.
    pub seq: Seq,
    /// The value.
    pub value: T,
}

impl<T> Stamped<T> {
    /// The value that an entry set.
    pub fn new(seq: Seq, value: T) -> Stamped<T> {
        Stamped { seq, value }
    }
}

/// The facts that one record reports.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// The values of which a contact shows one.
    pub single: SingleValues,
    /// The handles, in the order of their first report.
    pub handles: Vec<Stamped<Handle>>,
    /// Those of the handles that other records report or did, or that have a status: their claims say more than this.
    pub common: BTreeSet<HandleKey>,
    /// The links, in the order of their first report.
    pub links: Vec<Stamped<Link>>,
    /// The properties of vCards, in the order of their first report.
    pub properties: Vec<Stamped<CardProperty>>,
    /// The groups, in the order in which it joined them.
    pub groups: Vec<Stamped<Group>>,
}

impl Facts {
    /// The claims of the handles that only this record ever reported.
    pub fn claims(&self, record: RecordId) -> impl Iterator<Item = (&HandleKey, Claim)> {
        let keys = self.handles.iter().map(|handle| handle.value.key()).filter(|key| !self.common.contains(*key));
        keys.map(move |key| (key, Claim { home: Some(record), ..Claim::default() }))
    }
}

/// The values of which a contact shows one: the latest, or the one that a merge has chosen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SingleValues {
    /// The latest attributes, empty where one was cleared. Names of incoming messages are not among them.
    pub attributes: Attributes<Option<Stamped<Text>>>,
    /// The latest name that came with an incoming message.
    pub message_name: Option<Stamped<Text>>,
    /// The latest values of custom fields; none where one was cleared.
    pub custom: BTreeMap<CustomName, Stamped<Option<CustomValue>>>,
    /// The latest picture; none if it was removed.
    pub picture: Option<Stamped<Option<PictureInfo>>>,
}

impl SingleValues {
    /// Combines these values with those of a record or contact that was joined to this one.
    ///
    /// A merge by a person chooses between values older than itself: attributes by their [`MergeRule`], all else from
    /// the side that changed last. Otherwise, and for later values, the latest value wins.
    pub(crate) fn join(&mut self, joined: SingleValues, merge: Option<(Seq, Side)>) {
        let chooser = merge.map(|(merge, newer_side)| Chooser { merge, newer_side });
        for (attribute, joined) in joined.attributes {
            let rule = attribute.spec().merge_rule;
            let kept = self.attributes[attribute].take();
            self.attributes[attribute] = match chooser {
                Some(chooser) => chooser.choose(kept, joined, |kept, joined| chooser.text(rule, kept, joined)),
                None => latest(kept, joined),
            };
        }
        self.message_name = latest(self.message_name.take(), joined.message_name);
        self.picture = prefer(chooser, self.picture.take(), joined.picture);
        for (name, value) in joined.custom {
            let here = self.custom.remove(&name);
            self.custom.extend(prefer(chooser, here, Some(value)).map(|value| (name, value)));
        }
    }

    /// The attributes as they are shown.
    pub(crate) fn attributes(&self) -> Attributes<Text> {
        Attributes::from_fn(|attribute| {
            let latest = self.attributes[attribute].as_ref();
            let shown = if attribute == Attribute::Name { self.shown_name() } else { latest };
            shown.map(|stamped| stamped.value.clone()).unwrap_or_default()
        })
    }

    /// The name from a message shows only if there is no other, or if the other was cleared before the message.
    fn shown_name(&self) -> Option<&Stamped<Text>> {
        match (&self.attributes[Attribute::Name], &self.message_name) {
            (Some(name), Some(message)) if name.value.is_empty() && message.seq > name.seq => Some(message),
            (name, message) => name.as_ref().or(message.as_ref()),
        }
    }

    /// The values of custom fields that are shown.
    pub(crate) fn custom(&self) -> CustomValues {
        self.custom.iter().filter_map(|(name, stamped)| Some((name.clone(), stamped.value.clone()?))).collect()
    }

    /// The picture that is shown.
    pub(crate) fn picture(&self) -> Option<PictureInfo> {
        self.picture.as_ref().and_then(|stamped| stamped.value)
    }
}

/// A merge that chooses between different values.
#[derive(Clone, Copy)]
struct Chooser {
    merge: Seq,
    newer_side: Side,
}

impl Chooser {
    /// Chooses between two values older than the merge. A value that is later than the merge stands.
    fn choose<T>(
        self,
        kept: Option<Stamped<T>>,
        joined: Option<Stamped<T>>,
        choose: impl FnOnce(T, T) -> T,
    ) -> Option<Stamped<T>> {
        match (kept, joined) {
            (Some(kept), Some(joined)) if kept.seq.max(joined.seq) < self.merge => {
                Some(Stamped::new(self.merge, choose(kept.value, joined.value)))
            }
            (kept, joined) => latest(kept, joined),
        }
    }

    fn text(self, rule: MergeRule, kept: Text, joined: Text) -> Text {
        let (first, second) = match (rule, self.newer_side) {
            (MergeRule::Both, _) => return kept.join_lines(joined),
            (MergeRule::Newer, Side::Parted) => (joined, kept),
            (MergeRule::Kept, _) | (MergeRule::Newer, Side::Kept) => (kept, joined),
        };
        if first.is_empty() { second } else { first }
    }
}

/// The value of the newer side, or that of the other side if the newer has none.
fn prefer<T>(
    chooser: Option<Chooser>,
    kept: Option<Stamped<Option<T>>>,
    joined: Option<Stamped<Option<T>>>,
) -> Option<Stamped<Option<T>>> {
    let Some(chooser) = chooser else { return latest(kept, joined) };
    chooser.choose(kept, joined, |kept, joined| match chooser.newer_side {
        Side::Kept => kept.or(joined),
        Side::Parted => joined.or(kept),
    })
}

fn latest<T>(one: Option<Stamped<T>>, other: Option<Stamped<T>>) -> Option<Stamped<T>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if other.seq > one.seq { other } else { one }),
        (one, other) => one.or(other),
    }
}

/// The links of records, in the order of their first report.
pub fn links<'a>(all: impl Iterator<Item = &'a Facts>) -> Vec<Link> {
    in_first_order(all, |facts| &facts.links)
}

/// The properties of vCards of records, in the order of their first report.
pub fn properties<'a>(all: impl Iterator<Item = &'a Facts>) -> Vec<CardProperty> {
    in_first_order(all, |facts| &facts.properties)
}

/// The groups of records, in the order in which they joined them.
pub fn groups<'a>(all: impl Iterator<Item = &'a Facts>) -> Vec<Group> {
    in_first_order(all, |facts| &facts.groups)
}

fn in_first_order<'a, T: 'a + Clone + PartialEq>(
    all: impl Iterator<Item = &'a Facts>,
    values: impl Fn(&'a Facts) -> &'a Vec<Stamped<T>>,
) -> Vec<T> {
    first_of_each(all.flat_map(values))
}

/// The values in the order of their entries, each once.
pub fn first_of_each<'a, T: 'a + Clone + PartialEq>(stamped: impl Iterator<Item = &'a Stamped<T>>) -> Vec<T> {
    let mut stamped: Vec<&Stamped<T>> = stamped.collect();
    // Values of one entry belong to one record and are in order already, which a stable sort keeps.
    stamped.sort_by_key(|stamped| stamped.seq);
    let mut shown: Vec<T> = Vec::with_capacity(stamped.len());
    for Stamped { value, .. } in stamped {
        if !shown.contains(value) {
            shown.push(value.clone());
        }
    }
    shown
}
