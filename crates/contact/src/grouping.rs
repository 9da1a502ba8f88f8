//! Grouping: which records make a contact. Links are taken in the order in which they came.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::facts::SingleValues;
use crate::handle::HandleKey;
use crate::id::ContactId;
use crate::missing::Missing;
use crate::names;
use crate::record::{Join, Record};
use crate::record_name::RecordId;
use crate::side::Choice;
use crate::side::Side;
use crate::time::Seq;
use crate::view::View;

/// All records whose grouping can depend on these records, and on who reports these handles.
///
/// A handle without a claim is taken to be free if it is one of `handles`.
///
/// # Errors
///
/// [`Missing`] if some of them are not loaded.
pub fn concerned(
    view: &View,
    records: impl IntoIterator<Item = RecordId>,
    handles: &BTreeSet<HandleKey>,
) -> Result<BTreeSet<RecordId>, Missing> {
    let mut missing = Missing::default();
    let mut seen = BTreeSet::new();
    let mut next: Vec<RecordId> = records.into_iter().collect();
    for handle in handles.iter().filter(|handle| view.claims.get(handle).is_some()) {
        add_reporters(view, handle, &mut next, &mut missing);
    }
    let mut asked: BTreeSet<&HandleKey> = BTreeSet::new();
    while let Some(id) = next.pop() {
        if !seen.insert(id) {
            continue;
        }
        let Some(record) = view.records.get(&id) else {
            missing.records.insert(id);
            continue;
        };
        next.push(record.contact);
        next.extend(&record.others);
        for handle in record.facts.handles.iter().map(|known| known.value.key()) {
            if asked.insert(handle) && (view.claims.get(handle).is_none() || view.claims.obstacle(handle).is_none()) {
                add_reporters(view, handle, &mut next, &mut missing);
            }
        }
    }
    if missing.is_empty() { Ok(seen) } else { Err(missing) }
}

/// Adds the records that report a handle to `next`, or the handle to what is missing.
fn add_reporters(view: &View, handle: &HandleKey, next: &mut Vec<RecordId>, missing: &mut Missing) {
    match view.claims.reporters(handle) {
        Some(reporters) => next.extend(reporters),
        None => drop(missing.handles.insert(handle.clone())),
    }
}

/// The contacts that these records make, where they differ from those that they make now.
pub fn regrouped(view: &View, records: &BTreeSet<RecordId>) -> Vec<(ContactId, Vec<RecordId>)> {
    let mut groups = Groups::new(view, records.iter().filter_map(|id| view.records.get(id)));
    groups.take_links(|handle| view.claims.obstacle(handle).is_none(), &mut |_| ());
    let changed = |(contact, records): &(ContactId, Vec<RecordId>)| {
        let root = view.records.get(contact);
        let is_same = root.is_some_and(|root| root.contact == *contact && root.others.len() + 1 == records.len());
        !is_same || records.iter().any(|id| view.records.get(id).is_none_or(|record| record.contact != *contact))
    };
    let groups = groups.all.into_iter().filter(|group| !group.records.is_empty());
    let mut contacts: Vec<_> = groups
        .map(|group| {
            let mut records = group.records;
            records.sort_unstable();
            (contact_id(view, &records), records)
        })
        .collect();
    contacts.retain(changed);
    contacts.sort_unstable_by_key(|(contact, _)| *contact);
    contacts
}

/// The groups that records make by the links between them alone.
pub(crate) fn groups_of<'a>(view: &'a View, records: impl Iterator<Item = &'a Record>) -> Vec<Vec<RecordId>> {
    let mut groups = Groups::new(view, records);
    groups.take_links(|handle| view.claims.obstacle(handle).is_none(), &mut |_| ());
    groups.all.into_iter().map(|group| group.records).filter(|records| !records.is_empty()).collect()
}

/// The contacts of these records that become one if a handle identifies a person: those of the largest group.
pub fn joined_by(view: &View, records: &BTreeSet<RecordId>, handle: &HandleKey) -> BTreeSet<ContactId> {
    let mut groups = Groups::new(view, records.iter().filter_map(|id| view.records.get(id)));
    groups.take_links(|other| other == handle || view.claims.obstacle(other).is_none(), &mut |_| ());
    let contacts = |group: Group| group.records.into_iter().filter_map(|id| view.root(id)).collect();
    groups.all.into_iter().map(contacts).max_by_key(BTreeSet::len).unwrap_or_default()
}

/// The id that a contact of these records bears: that of the target of the last merge by a person that named one, or
/// else that of the oldest record.
pub fn contact_id(view: &View, records: &[RecordId]) -> ContactId {
    let loaded = || records.iter().filter_map(|id| view.records.get(id));
    let targeted = loaded().flat_map(|record| &record.joins).filter(|join| join.choice.is_some_and(|c| c.has_target));
    let last = targeted.filter(|join| records.contains(&join.to)).max_by_key(|join| join.entry);
    let oldest = || loaded().filter(|record| !record.is_withdrawn).map(|record| record.id).min();
    last.map(|join| join.to)
        .or_else(oldest)
        .or(records.first().copied())
        .unwrap_or_else(|| ContactId::nth(view.company, 1))
}

/// The single values of a contact, given the record whose id it bears.
pub fn singles<'a>(view: &'a View, root: &'a Record) -> Cow<'a, SingleValues> {
    if root.others.is_empty() {
        return Cow::Borrowed(&root.facts.single);
    }
    if view.whole(root.id).all(|record| record.joins.iter().all(|join| join.choice.is_none())) {
        let mut all = view.whole(root.id).map(|record| record.facts.single.clone());
        let mut singles = all.next().unwrap_or_default();
        all.for_each(|other| singles.join(other, None));
        return Cow::Owned(singles);
    }
    let mut groups = Groups::new(view, view.whole(root.id));
    let mut values: Vec<SingleValues> =
        groups.all.iter().map(|group| view.records[&group.records[0]].facts.single.clone()).collect();
    groups.take_links(|handle| view.claims.obstacle(handle).is_none() && view.shows(root, handle), &mut |taken| {
        let Some(joined) = taken.united else { return };
        let values_joined = std::mem::take(&mut values[joined.gone]);
        let merge = joined.choice.map(|(entry, choice)| (entry, choice.newer_side));
        values[joined.kept].join(values_joined, merge);
    });
    // Links that are not between these records alone may have held some of them together.
    let rest = values.into_iter().reduce(|mut all, other| {
        all.join(other, None);
        all
    });
    Cow::Owned(rest.unwrap_or_default())
}

/// Whether a separation keeps two sides from merging, and which is the oldest; of those made after an entry.
pub fn separation_between<'a>(
    one: impl IntoIterator<Item = &'a (Seq, Side)>,
    other: &[(Seq, Side)],
    after: Seq,
) -> Option<Seq> {
    if other.is_empty() {
        return None;
    }
    let is_facing = |(entry, side): &&(Seq, Side)| {
        *entry > after && other.iter().any(|(known, theirs)| known == entry && theirs != side)
    };
    one.into_iter().filter(is_facing).map(|(entry, _)| *entry).min()
}

/// Records that links have joined so far.
struct Group {
    records: Vec<RecordId>,
    separations: Vec<(Seq, Side)>,
}

/// Two groups that a link has joined, by their numbers.
struct United {
    kept: usize,
    gone: usize,
    /// The entry of a merge by a person, and what it chooses.
    choice: Option<(Seq, Choice)>,
}

struct Groups<'a> {
    view: &'a View,
    /// Whether a handle links records with different names only by a decision.
    names_agree: bool,
    /// The group of each record.
    group_of: HashMap<RecordId, usize>,
    all: Vec<Group>,
}

/// What links a record to another.
#[derive(Clone, Copy)]
pub enum Bond<'a> {
    /// A decision joined it to the other.
    Join(&'a Join),
    /// Both report this handle. The other reported it first.
    Handle(&'a HandleKey),
}

/// A link that was taken: nothing kept its records apart when its turn came.
pub struct Taken<'a> {
    /// The record that the link came with.
    pub from: RecordId,
    /// The record that it leads to. The same one if no other reported the handle before.
    pub to: RecordId,
    /// Why they are linked.
    pub bond: Bond<'a>,
    /// The groups that it joined; none if both records were in one group already.
    united: Option<United>,
}

/// The links that hold the records of a contact together, in the order in which they came.
///
/// `names_agree`: whether a handle links records with different names only by a decision.
pub fn taken_links<'a>(view: &'a View, root: &'a Record, names_agree: bool) -> Vec<Taken<'a>> {
    let mut groups = Groups { names_agree, ..Groups::new(view, view.whole(root.id)) };
    let mut links = Vec::new();
    groups.take_links(|handle| view.claims.obstacle(handle).is_none() && view.shows(root, handle), &mut |taken| {
        links.push(taken);
    });
    links
}

impl<'a> Groups<'a> {
    /// Each record in a group of its own.
    fn new(view: &'a View, records: impl Iterator<Item = &'a Record>) -> Groups<'a> {
        let names_agree = view.guards.names_agree;
        let mut groups = Groups { view, names_agree, group_of: HashMap::new(), all: Vec::new() };
        for record in records {
            groups.group_of.insert(record.id, groups.all.len());
            groups.all.push(Group { records: vec![record.id], separations: record.separations.clone() });
        }
        groups
    }

    /// Takes all links in the order in which they came, except those by handles that do not count.
    fn take_links(&mut self, counts: impl Fn(&HandleKey) -> bool, visit: &mut dyn FnMut(Taken<'a>)) {
        let view = self.view;
        let mut links: Vec<(Seq, RecordId, usize, Bond<'a>)> = Vec::new();
        for id in self.group_of.keys() {
            let Some(record) = view.records.get(id) else { continue };
            links.extend(record.joins.iter().map(|join| (join.entry, *id, 0, Bond::Join(join))));
            let handles = record.facts.handles.iter().enumerate();
            links.extend(handles.map(|(n, known)| (known.seq, *id, n + 1, Bond::Handle(known.value.key()))));
        }
        links.sort_unstable_by_key(|(entry, id, n, _)| (*entry, *id, *n));
        let mut owners: BTreeMap<&HandleKey, RecordId> = BTreeMap::new();
        for (_, from, _, bond) in links {
            match bond {
                Bond::Join(join) => self.take(from, join.to, bond, visit),
                Bond::Handle(handle) if counts(handle) => {
                    let owner = *owners.entry(handle).or_insert(from);
                    self.take(from, owner, bond, visit);
                }
                Bond::Handle(_) => {}
            }
        }
    }

    /// Takes a link, unless something keeps the groups of its records apart.
    fn take(&mut self, from: RecordId, to: RecordId, bond: Bond<'a>, visit: &mut dyn FnMut(Taken<'a>)) {
        let (Some(&gone), Some(&kept)) = (self.group_of.get(&from), self.group_of.get(&to)) else { return };
        if gone == kept {
            return visit(Taken { from, to, bond, united: None });
        }
        let (choice, is_held) = match bond {
            // A decision holds against the separations before it.
            Bond::Join(join) => {
                (join.choice.map(|choice| (join.entry, choice)), self.separation(gone, kept, join.entry).is_none())
            }
            Bond::Handle(_) => {
                let disagree = || self.names_agree && names::disagree(self.view, from, to);
                (None, self.separation(gone, kept, Seq(0)).is_none() && !disagree())
            }
        };
        if is_held {
            self.unite(kept, gone);
            visit(Taken { from, to, bond, united: Some(United { kept, gone, choice }) });
        }
    }

    fn separation(&self, one: usize, other: usize, after: Seq) -> Option<Seq> {
        separation_between(&self.all[one].separations, &self.all[other].separations, after)
    }

    fn unite(&mut self, kept: usize, gone: usize) {
        let Group { records, separations } =
            std::mem::replace(&mut self.all[gone], Group { records: Vec::new(), separations: Vec::new() });
        for record in &records {
            self.group_of.insert(*record, kept);
        }
        self.all[kept].records.extend(records);
        self.all[kept].separations.extend(separations);
    }
}
