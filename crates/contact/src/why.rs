//! Why two records are one contact: the shortest chain of links between them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::facts::Stamped;
use crate::grouping::{Bond, separation_between, taken_links};
use crate::handle::{Handle, HandleKey};
use crate::names;
use crate::record::{Join, Record};
use crate::record_name::RecordId;
use crate::time::Seq;
use crate::view::View;

/// A link between two records of one contact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChainLink {
    /// The record that is nearer to the beginning of the chain.
    pub from: RecordId,
    /// The record that the link leads to.
    pub to: RecordId,
    /// The journal entry that made the link.
    pub entry: Seq,
    /// What links them.
    pub because: LinkReason,
}

/// What links two records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LinkReason {
    /// Both report a handle.
    Handle {
        /// The handle, as the record reports it that the link leads to.
        handle: Handle,
        /// The journal entries that reported it first for `from` and for `to`.
        reports: [Seq; 2],
    },
    /// Somebody merged their contacts.
    Merge,
    /// A decision added the newer record to the contact of the other.
    Added,
    /// One of them was withdrawn, and its id leads to the contact of the other.
    Withdrawn,
}

/// The shortest chains from one record of a contact to all others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chains {
    start: RecordId,
    /// The last link of the chain to each record.
    last: BTreeMap<RecordId, ChainLink>,
}

impl Chains {
    /// The chain to a record; none if the two are not one contact.
    pub fn to(&self, record: RecordId) -> Option<Vec<ChainLink>> {
        let (mut chain, mut at) = (Vec::new(), record);
        while at != self.start {
            let link = self.last.get(&at)?;
            at = link.from;
            chain.push(link.clone());
        }
        chain.reverse();
        Some(chain)
    }
}

impl View {
    /// The shortest chains from a record to the others of its contact. Of several links, each takes the oldest.
    ///
    /// Only links that hold now are part of a chain: not those by a handle that identifies nobody, and not those that a
    /// separation passes over.
    pub fn chains(&self, start: RecordId) -> Chains {
        let Some(root) = self.root(start).and_then(|root| self.records.get(&root)) else {
            return Chains { start, last: BTreeMap::new() };
        };
        let mut chains = Links::of(self, root, self.guards.names_agree).search(start);
        if self.guards.names_agree && chains.last.len() < root.others.len() {
            // The guard was just set, and these records are not grouped by it yet.
            chains = Links::of(self, root, false).search(start);
        }
        chains
    }
}

/// The links between the records of a contact, arranged for a search.
struct Links<'a> {
    view: &'a View,
    names_agree: bool,
    /// The decisions that joined each record to others, in both directions.
    joins: HashMap<RecordId, Vec<(RecordId, &'a Join)>>,
    /// The handles by which each record is linked to others.
    handles: HashMap<RecordId, Vec<&'a HandleKey>>,
    /// The records that each handle links, without those that the search has found.
    linked: HashMap<&'a HandleKey, Vec<RecordId>>,
}

impl<'a> Links<'a> {
    fn of(view: &'a View, root: &'a Record, names_agree: bool) -> Links<'a> {
        let (joins, handles, linked) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut links = Links { view, names_agree, joins, handles, linked };
        for taken in taken_links(view, root, names_agree) {
            match taken.bond {
                Bond::Join(join) => {
                    links.joins.entry(taken.from).or_default().push((taken.to, join));
                    links.joins.entry(taken.to).or_default().push((taken.from, join));
                }
                Bond::Handle(handle) => {
                    links.handles.entry(taken.from).or_default().push(handle);
                    links.linked.entry(handle).or_default().push(taken.from);
                }
            }
        }
        links
    }

    /// Finds all records, those with the fewest links first.
    fn search(mut self, start: RecordId) -> Chains {
        let mut last: BTreeMap<RecordId, ChainLink> = BTreeMap::new();
        let mut level = BTreeSet::from([start]);
        while !level.is_empty() {
            self.leave_out(&level);
            let mut next: BTreeMap<RecordId, ChainLink> = BTreeMap::new();
            for link in level.iter().flat_map(|from| self.from(*from)) {
                let is_found = link.to == start || last.contains_key(&link.to);
                if !is_found && next.get(&link.to).is_none_or(|known| link.entry < known.entry) {
                    next.insert(link.to, link);
                }
            }
            level = next.keys().copied().collect();
            last.extend(next);
        }
        Chains { start, last }
    }

    /// Removes found records from those that handles lead to.
    fn leave_out(&mut self, found: &BTreeSet<RecordId>) {
        let handles = found.iter().filter_map(|record| self.handles.get(record)).flatten();
        for handle in handles.collect::<BTreeSet<_>>() {
            if let Some(records) = self.linked.get_mut(handle) {
                records.retain(|record| !found.contains(record));
            }
        }
    }

    /// The links of a record.
    fn from(&self, from: RecordId) -> Vec<ChainLink> {
        let joins = self.joins.get(&from).into_iter().flatten().map(|(to, join)| self.by_decision(from, *to, join));
        let mut links: Vec<ChainLink> = joins.collect();
        for handle in self.handles.get(&from).into_iter().flatten() {
            let others = self.linked.get(handle).into_iter().flatten();
            links.extend(others.filter_map(|to| self.by_handle(from, *to, handle)));
        }
        links
    }

    fn by_decision(&self, from: RecordId, to: RecordId, join: &Join) -> ChainLink {
        let holder = self.view.records.get(if join.to == to { &from } else { &to });
        let because = match join.choice {
            Some(_) => LinkReason::Merge,
            None if holder.is_some_and(|record| record.first == join.entry) => LinkReason::Added,
            None => LinkReason::Withdrawn,
        };
        ChainLink { from, to, entry: join.entry, because }
    }

    /// The link by a handle; none if something else holds two records together that the handle alone would not link.
    fn by_handle(&self, from: RecordId, to: RecordId, handle: &HandleKey) -> Option<ChainLink> {
        let [one, other] = [from, to].map(|id| self.view.records.get(&id));
        let (one, other) = (one?, other?);
        let is_apart = separation_between(&one.separations, &other.separations, Seq(0)).is_some();
        if is_apart || self.names_agree && names::disagree(self.view, from, to) {
            return None;
        }
        let (first, second) = (report(one, handle)?, report(other, handle)?);
        let because = LinkReason::Handle { handle: second.value.clone(), reports: [first.seq, second.seq] };
        Some(ChainLink { from, to, entry: first.seq.max(second.seq), because })
    }
}

/// The report of a handle by a record.
fn report<'a>(record: &'a Record, handle: &HandleKey) -> Option<&'a Stamped<Handle>> {
    record.facts.handles.iter().find(|known| known.value.key() == handle)
}
