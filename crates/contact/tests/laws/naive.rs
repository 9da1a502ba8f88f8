//! A naive model of who is who: it groups all records anew for every question.
//!
//! It is slow, and simple enough to compare with the text of the rules.

use std::collections::{BTreeMap, BTreeSet};

use contact::{
    Attribute, CardProperty, Command, CompanyId, Contact, ContactId, Guards, Handle, HandleDecision, HandleKey, Link,
    Observation, Origin, RecordName, RecordRef, Text,
};

/// A value with the position of the step that set it.
type At<T> = (usize, T);

#[derive(Clone)]
struct Record {
    id: ContactId,
    name: Option<RecordName>,
    first: usize,
    handles: Vec<At<Handle>>,
    taken: BTreeSet<HandleKey>,
    links: Vec<At<String>>,
    properties: Vec<At<CardProperty>>,
    values: Values,
    joins: Vec<Join>,
    separations: Vec<At<bool>>,
    is_withdrawn: bool,
}

#[derive(Clone)]
struct Join {
    at: usize,
    to: ContactId,
    is_merge: bool,
    has_target: bool,
}

/// A contact as it is shown.
#[derive(Debug, PartialEq, Eq, Clone)]
pub struct Shown {
    pub id: ContactId,
    pub name: String,
    pub description: String,
    pub handles: Vec<String>,
    pub links: Vec<String>,
    pub properties: Vec<CardProperty>,
}

/// A handle as it is shown, with its label.
fn labelled(handle: &Handle) -> String {
    handle.label().map_or_else(|| handle.text().to_owned(), |label| format!("{} ({})", handle.text(), label.as_str()))
}

impl From<Contact> for Shown {
    fn from(contact: Contact) -> Shown {
        Shown {
            id: contact.id,
            name: contact.name().to_owned(),
            description: contact.description().to_owned(),
            handles: contact.handles.iter().map(labelled).collect(),
            links: contact.links.iter().map(|link| link.as_str().to_owned()).collect(),
            properties: contact.properties,
        }
    }
}

/// The single values.
#[derive(Clone, Default)]
struct Values {
    name: Option<At<String>>,
    message_name: Option<At<String>>,
    description: Option<At<String>>,
}

impl Values {
    fn join(&mut self, joined: Values, merge: Option<usize>) {
        self.message_name = self.message_name.take().max(joined.message_name);
        let older = |kept: &At<String>, joined: &At<String>| merge.filter(|at| kept.0.max(joined.0) < *at);
        self.name = match (self.name.take(), joined.name) {
            (Some(kept), Some(joined)) if older(&kept, &joined).is_some() => {
                Some((merge.unwrap(), if kept.1.is_empty() { joined.1 } else { kept.1 }))
            }
            (kept, joined) => kept.max(joined),
        };
        self.description = match (self.description.take(), joined.description) {
            (Some(kept), Some(joined)) if older(&kept, &joined).is_some() => {
                let mut lines = vec![kept.1, joined.1];
                lines.retain(|line| !line.is_empty());
                lines.dedup();
                Some((merge.unwrap(), lines.join("\n")))
            }
            (kept, joined) => kept.max(joined),
        };
    }

    fn shown_name(&self) -> String {
        let message = self.message_name.clone();
        match self.name.clone() {
            Some((at, report)) if report.is_empty() => {
                message.filter(|(message, _)| *message > at).map(|(_, name)| name)
            }
            Some((_, report)) => Some(report),
            None => message.map(|(_, name)| name),
        }
        .unwrap_or_default()
    }

    /// The name by which evidence tells people apart.
    fn evident_name(&self) -> String {
        let name = self.name.clone().map(|(_, name)| name).filter(|name| !name.is_empty());
        name.or(self.message_name.clone().map(|(_, name)| name)).unwrap_or_default().to_lowercase()
    }
}

/// Records that are one contact.
struct Group {
    records: Vec<ContactId>,
    values: Values,
}

pub struct Naive {
    company: CompanyId,
    guards: Guards,
    records: Vec<Record>,
    decisions: BTreeMap<HandleKey, HandleDecision>,
    made: u64,
    now: usize,
}

impl Naive {
    pub fn new(company: CompanyId, guards: Guards) -> Naive {
        Naive { company, guards, records: vec![], decisions: BTreeMap::new(), made: 0, now: 0 }
    }

    /// All contacts are as if these guards had always held.
    pub fn set_guards(&mut self, guards: Guards) {
        self.now += 100;
        self.guards = guards;
    }

    pub fn all_records(&self) -> BTreeSet<ContactId> {
        self.records.iter().map(|record| record.id).collect()
    }

    fn record(&self, id: ContactId) -> &Record {
        self.records.iter().find(|record| record.id == id).unwrap()
    }

    fn record_mut(&mut self, id: ContactId) -> &mut Record {
        self.records.iter_mut().find(|record| record.id == id).unwrap()
    }

    fn named(&self, name: &RecordName) -> Option<ContactId> {
        self.records.iter().find(|record| record.name.as_ref() == Some(name)).map(|record| record.id)
    }

    fn reporters(&self, handle: &HandleKey) -> Vec<&Record> {
        let report =
            |record: &Record| record.handles.iter().find(|(_, known)| known.key() == handle).map(|(at, _)| *at);
        let mut reporters: Vec<&Record> = self.records.iter().filter(|record| report(record).is_some()).collect();
        reporters.sort_by_key(|record| (report(record), record.id));
        reporters
    }

    fn is_evident(&self, handle: &HandleKey) -> bool {
        let Some(least) = self.guards.shared_after else { return false };
        let reporters = self.reporters(handle);
        let names: BTreeSet<String> = reporters.iter().map(|record| record.values.evident_name()).collect();
        let handles = reporters.iter().flat_map(|record| &record.handles).map(|(_, known)| known.key());
        let others: BTreeSet<&HandleKey> = handles.filter(|key| *key != handle).collect();
        names.iter().filter(|name| !name.is_empty()).count() >= least as usize && others.len() >= least as usize
    }

    fn identifies(&self, handle: &HandleKey) -> bool {
        match self.decisions.get(handle) {
            Some(decision) => *decision == HandleDecision::Personal,
            None => !self.is_evident(handle),
        }
    }

    /// Whether the guards let a handle link a record with this name to another.
    fn agrees(&self, name: &str, other: &Record) -> bool {
        let theirs = other.values.evident_name();
        !self.guards.names_agree || name.is_empty() || theirs.is_empty() || name == theirs
    }

    fn may_join(&self, one: &Group, other: &Group, after: usize) -> bool {
        let sides = |group: &Group| -> Vec<At<bool>> {
            group.records.iter().flat_map(|id| self.record(*id).separations.clone()).collect()
        };
        let theirs = sides(other);
        !sides(one).iter().any(|(at, side)| *at > after && theirs.iter().any(|known| *known == (*at, !side)))
    }

    /// All contacts, by taking all links in the order in which they came.
    fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = self
            .records
            .iter()
            .map(|record| Group { records: vec![record.id], values: record.values.clone() })
            .collect();
        let mut links: Vec<(usize, ContactId, usize, ContactId, Option<&Join>)> = vec![];
        for record in &self.records {
            links.extend(record.joins.iter().map(|join| (join.at, record.id, 0, join.to, Some(join))));
            for (n, (at, handle)) in record.handles.iter().enumerate() {
                if self.identifies(handle.key()) {
                    let owner = self.reporters(handle.key())[0].id;
                    links.push((*at, record.id, n + 1, owner, None));
                }
            }
        }
        links.sort_by_key(|(at, id, n, ..)| (*at, *id, *n));
        for (at, one, _, other, join) in links {
            let place = |id: ContactId| groups.iter().position(|group| group.records.contains(&id));
            let (Some(from), Some(to)) = (place(one), place(other)) else { continue };
            let after = join.map_or(0, |_| at);
            let is_agreed = join.is_some() || self.agrees(&self.record(one).values.evident_name(), self.record(other));
            if from != to && is_agreed && self.may_join(&groups[from], &groups[to], after) {
                let mut joined = groups.remove(from);
                let kept = &mut groups[if from < to { to - 1 } else { to }];
                kept.records.append(&mut joined.records);
                kept.values.join(joined.values, join.filter(|join| join.is_merge).map(|_| at));
            }
        }
        groups
    }

    fn id_of(&self, group: &Group) -> ContactId {
        let records: Vec<&Record> = group.records.iter().map(|id| self.record(*id)).collect();
        let targets = records.iter().flat_map(|record| &record.joins).filter(|join| join.has_target);
        let last = targets.filter(|join| group.records.contains(&join.to)).max_by_key(|join| join.at);
        let oldest = || records.iter().filter(|record| !record.is_withdrawn).map(|record| record.id).min();
        last.map(|join| join.to).or_else(oldest).unwrap()
    }

    fn group(&self, id: ContactId) -> Group {
        self.groups().into_iter().find(|group| group.records.contains(&id)).unwrap()
    }

    /// The contact that a record is part of.
    pub fn root(&self, id: ContactId) -> ContactId {
        self.id_of(&self.group(id))
    }

    pub fn owner(&self, handle: &HandleKey) -> Option<ContactId> {
        self.reporters(handle).first().map(|record| self.root(record.id))
    }

    fn shown(&self, group: &Group) -> Shown {
        let mut shown = Shown {
            id: self.id_of(group),
            name: group.values.shown_name(),
            description: group.values.description.clone().map(|(_, text)| text).unwrap_or_default(),
            handles: vec![],
            links: vec![],
            properties: vec![],
        };
        let records: Vec<&Record> = group.records.iter().map(|id| self.record(*id)).collect();
        let mut handles: Vec<(usize, ContactId, &Handle)> = vec![];
        let mut links: Vec<(usize, ContactId, &String)> = vec![];
        let mut properties: Vec<(usize, ContactId, &CardProperty)> = vec![];
        for record in records {
            handles.extend(record.handles.iter().map(|(at, handle)| (*at, record.id, handle)));
            links.extend(record.links.iter().map(|(at, link)| (*at, record.id, link)));
            properties.extend(record.properties.iter().map(|(at, property)| (*at, record.id, property)));
        }
        handles.sort_by_key(|(at, id, _)| (*at, *id));
        links.sort_by_key(|(at, id, _)| (*at, *id));
        properties.sort_by_key(|(at, id, _)| (*at, *id));
        let mut seen = BTreeSet::new();
        for (.., handle) in &handles {
            let is_own = group.records.contains(&self.reporters(handle.key())[0].id);
            let mut same = handles.iter().map(|(.., other)| *other).filter(|other| other.key() == handle.key());
            let label = same.find_map(|other| other.label().cloned());
            if (is_own || !self.identifies(handle.key())) && seen.insert(handle.key()) {
                shown.handles.push(labelled(&(*handle).clone().with_label(label)));
            }
        }
        for (.., link) in links {
            if !shown.links.contains(link) {
                shown.links.push(link.clone());
            }
        }
        for (.., property) in properties {
            if !shown.properties.contains(property) {
                shown.properties.push(property.clone());
            }
        }
        shown
    }

    pub fn contacts_shown(&self) -> Vec<Shown> {
        let mut shown: Vec<Shown> = self.groups().iter().map(|group| self.shown(group)).collect();
        shown.sort_by_key(|shown| shown.id);
        shown
    }

    /// Performs a command; false if it is refused.
    pub fn perform(&mut self, command: &Command) -> bool {
        // Each step has room for the entries of one command.
        self.now += 100;
        match command {
            Command::Observe(observation) => self.observe(observation),
            Command::Withdraw { record, .. } => self.withdraw(record),
            Command::Merge { contacts, target, .. } => self.merge(contacts, *target),
            Command::Split { contact, records, .. } => self.split(*contact, records),
            Command::KeepApart { contacts, .. } => {
                let sides = contacts.map(|contact| self.group(contact).records);
                if sides[0] == sides[1] {
                    return false;
                }
                for (side, records) in sides.into_iter().enumerate() {
                    self.separate(&records, side == 1);
                }
                true
            }
            Command::MarkHandle { handle, decision, .. } => {
                self.decisions.insert(handle.clone(), *decision);
                true
            }
            Command::Remove { contact, handles, links, .. } => {
                let group = self.group(*contact);
                let labelled_handles: Vec<String> = self.shown(&group).handles;
                let shown: Vec<&str> = labelled_handles.iter().map(|text| text.split(' ').next().unwrap()).collect();
                for id in group.records {
                    let record = self.record_mut(id);
                    let is_gone = |known: &Handle| handles.contains(known.key()) && shown.contains(&known.text());
                    let gone: Vec<HandleKey> = record
                        .handles
                        .iter()
                        .filter(|(_, known)| is_gone(known))
                        .map(|(_, known)| known.key().clone())
                        .collect();
                    record.handles.retain(|(_, known)| !gone.contains(known.key()));
                    record.taken.extend(gone);
                    record.links.retain(|(_, link)| links.iter().all(|removed| removed.as_str() != link));
                }
                true
            }
            Command::Delete { contact, .. } => {
                let group = self.group(*contact);
                self.records.retain(|record| !group.records.contains(&record.id));
                true
            }
            _ => unreachable!("what is about one contact by its id is not who is who"),
        }
    }

    fn separate(&mut self, records: &[ContactId], side: bool) {
        let now = self.now;
        for id in records {
            self.record_mut(*id).separations.push((now, side));
        }
    }

    fn merge(&mut self, contacts: &[ContactId], target: Option<ContactId>) -> bool {
        let all: BTreeSet<ContactId> = contacts.iter().copied().chain(target).collect();
        let roots: BTreeSet<ContactId> = all.iter().map(|id| self.root(*id)).collect();
        let together = Group {
            records: roots.iter().flat_map(|root| self.group(*root).records).collect(),
            values: Values::default(),
        };
        let kept = target.map_or_else(|| self.id_of(&together), |target| self.root(target));
        for joined in roots.into_iter().filter(|root| *root != kept) {
            self.now += 1;
            let (at, has_target) = (self.now, target.is_some());
            self.record_mut(joined).joins.push(Join { at, to: kept, is_merge: true, has_target });
        }
        true
    }

    fn split(&mut self, contact: ContactId, records: &[ContactId]) -> bool {
        let whole = self.group(contact).records;
        let standing = |id: &ContactId| !self.record(*id).is_withdrawn;
        let is_part = |id: &ContactId| whole.contains(id) && standing(id);
        let stay = whole.iter().filter(|id| standing(id) && !records.contains(id)).count();
        if records.is_empty() || stay == 0 || !records.iter().all(is_part) {
            return false;
        }
        let mut parted: Vec<ContactId> = records.to_vec();
        loop {
            let follows = |id: &&ContactId| {
                let record = self.record(**id);
                let heir = record.joins.iter().any(|join| !join.is_merge && parted.contains(&join.to));
                record.is_withdrawn && heir && !parted.contains(id)
            };
            let Some(follower) = whole.iter().find(follows).copied() else { break };
            parted.push(follower);
        }
        let rest: Vec<ContactId> = whole.iter().filter(|id| !parted.contains(id)).copied().collect();
        for (side, other) in [(&parted, &rest), (&rest, &parted)] {
            for id in side {
                self.record_mut(*id).joins.retain(|join| !other.contains(&join.to));
            }
        }
        self.separate(&rest, false);
        self.separate(&parted, true);
        true
    }

    fn withdraw(&mut self, record: &RecordRef) -> bool {
        let id = match record {
            RecordRef::Named(name) => self.named(name),
            RecordRef::Id(id) => Some(*id).filter(|id| !self.record(*id).is_withdrawn),
        };
        let Some(id) = id else { return false };
        let group = self.group(id).records;
        let heir = group.iter().filter(|other| **other != id && !self.record(**other).is_withdrawn).min().copied();
        let Some(heir) = heir else {
            self.records.retain(|record| !group.contains(&record.id));
            return true;
        };
        let at = self.now;
        let record = self.record_mut(id);
        record.handles.clear();
        record.taken.clear();
        record.links.clear();
        record.properties.clear();
        record.values = Values::default();
        record.is_withdrawn = true;
        record.name = None;
        record.joins.push(Join { at, to: heir, is_merge: false, has_target: false });
        true
    }

    fn observe(&mut self, observation: &Observation) -> bool {
        let mut handles: Vec<&Handle> = vec![];
        for handle in &observation.handles {
            if handles.iter().all(|known| known.key() != handle.key()) {
                handles.push(handle);
            }
        }
        let known = observation.record.as_ref().and_then(|name| self.named(name));
        let owner = |handle: &Handle| self.owner(handle.key()).filter(|_| self.identifies(handle.key()));
        let mut candidates: Vec<ContactId> = known.map(|id| self.root(id)).into_iter().collect();
        candidates.extend(handles.iter().filter_map(|handle| owner(handle)));
        // The contacts that the handles join, and the handles that were taken from one of them.
        let mut joined: Vec<ContactId> = known.map(|id| self.root(id)).into_iter().collect();
        let mut together = Group {
            records: joined.iter().flat_map(|root| self.group(*root).records).collect(),
            values: Values::default(),
        };
        let mut taken: BTreeSet<HandleKey> = BTreeSet::new();
        let name = observation.attributes[Attribute::Name].as_ref().map_or("", |name| name.as_str()).to_lowercase();
        for handle in &handles {
            let is_taken = |contact: &ContactId| {
                let records = self.group(*contact).records;
                let was = records.iter().any(|id| self.record(*id).taken.contains(handle.key()));
                let is_back =
                    records.iter().any(|id| self.record(*id).handles.iter().any(|(_, h)| h.key() == handle.key()));
                Some(*contact) != owner(handle) && was && !is_back
            };
            if candidates.iter().any(is_taken) {
                taken.insert(handle.key().clone());
                continue;
            }
            let Some(owner) = owner(handle) else { continue };
            let theirs = self.group(owner);
            let is_agreed = self.agrees(&name, self.reporters(handle.key())[0]);
            if !joined.contains(&owner) && is_agreed && self.may_join(&together, &theirs, 0) {
                joined.push(owner);
                together.records.extend(theirs.records);
            }
        }
        let reports_all = |record: &&Record| {
            let reports = |handle: &&Handle| {
                record.handles.iter().any(|(_, known)| known.key() == handle.key())
                    || taken.contains(handle.key()) && record.taken.contains(handle.key())
            };
            let is_one = observation.origin == Origin::Message || self.agrees(&name, record);
            record.name.is_none() && handles.iter().all(reports) && is_one
        };
        let oldest = |records: Vec<&Record>| {
            records
                .into_iter()
                .filter(reports_all)
                .min_by_key(|record| (record.first, record.id))
                .map(|record| record.id)
        };
        let id = if known.is_some() || observation.record.is_some() {
            known
        } else if let Some(id) = oldest(together.records.iter().map(|id| self.record(*id)).collect()) {
            Some(id)
        } else if let Some(handle) = handles.iter().find(|handle| self.identifies(handle.key())) {
            let all_reported =
                handles.iter().all(|handle| taken.contains(handle.key()) || !self.reporters(handle.key()).is_empty());
            if all_reported { oldest(self.reporters(handle.key())) } else { None }
        } else {
            let untaken = handles.iter().filter(|handle| !taken.contains(handle.key()));
            let mut kinds = untaken.map(|handle| self.decisions.get(handle.key()));
            if kinds.all(|decision| decision == Some(&HandleDecision::Blocked)) {
                return false;
            }
            let reported =
                handles.iter().map(|handle| self.reporters(handle.key())).find(|reporters| !reporters.is_empty());
            let reporters = reported.unwrap_or_default();
            let first = reporters.first().copied().filter(|record| reports_all(record)).map(|record| record.id);
            first.or(oldest(reporters))
        };
        // A repeated report is about the record that said it first.
        let says_so = |id: ContactId| !self.is_news(id, observation);
        let open = handles.iter().find(|handle| {
            let decision = self.decisions.get(handle.key());
            decision.is_none() && self.reporters(handle.key()).len() > 1
        });
        let id = match (id, open) {
            (Some(found), Some(handle)) if observation.record.is_none() && !says_so(found) => {
                let same = self.reporters(handle.key()).into_iter().filter(|record| says_so(record.id));
                oldest(same.collect()).or(id)
            }
            _ => id,
        };
        let used: Vec<Handle> = handles.into_iter().filter(|handle| !taken.contains(handle.key())).cloned().collect();
        self.tell(observation, id, used, taken);
        true
    }

    /// Adds an observation to a record, or replaces what it reported.
    fn tell(
        &mut self,
        observation: &Observation,
        id: Option<ContactId>,
        used: Vec<Handle>,
        taken: BTreeSet<HandleKey>,
    ) {
        let at = self.now;
        let text = |attribute| observation.attributes[attribute].as_ref().map(|text| text.as_str().to_owned());
        let (name, description) = (text(Attribute::Name), text(Attribute::Description));
        let links: Vec<String> = observation.links.iter().map(|link| link.as_str().to_owned()).collect();
        let is_named = observation.record.is_some();
        if id.is_some_and(|id| !is_named && !self.is_news(id, observation) && !self.is_new_label(id, &used)) {
            return;
        }
        let id = id.unwrap_or_else(|| {
            self.made += 1;
            let id = ContactId::nth(self.company, self.made);
            self.records.push(Record {
                id,
                name: observation.record.clone(),
                first: at,
                handles: vec![],
                taken: BTreeSet::new(),
                links: vec![],
                properties: vec![],
                values: Values::default(),
                joins: vec![],
                separations: vec![],
                is_withdrawn: false,
            });
            id
        });
        let record = self.record_mut(id);
        record.taken.extend(taken);
        let set = |latest: &mut Option<At<String>>, value: Option<String>| match value {
            Some(value) if is_named && latest.as_ref().is_some_and(|(_, known)| *known == value) => {}
            Some(value) => *latest = Some((at, value)),
            None if is_named => *latest = None,
            None => {}
        };
        if is_named {
            record.handles.retain(|(_, known)| used.iter().any(|handle| handle.key() == known.key()));
            record.links.retain(|(_, known)| links.contains(known));
            record.properties.retain(|(_, known)| observation.properties.contains(known));
        }
        let from_message = observation.origin == Origin::Message;
        set(if from_message { &mut record.values.message_name } else { &mut record.values.name }, name);
        set(&mut record.values.description, description);
        for handle in used {
            match record.handles.iter_mut().find(|(_, known)| known.key() == handle.key()) {
                Some((_, known)) if is_named || handle.label().is_some() => {
                    *known = known.clone().with_label(handle.label().cloned());
                }
                Some(_) => {}
                None => record.handles.push((at, handle)),
            }
        }
        for link in links {
            if record.links.iter().all(|(_, known)| *known != link) {
                record.links.push((at, link));
            }
        }
        for property in &observation.properties {
            if record.properties.iter().all(|(_, known)| known != property) {
                record.properties.push((at, property.clone()));
            }
        }
    }

    /// Whether a record reports one of these handles with another label.
    fn is_new_label(&self, id: ContactId, handles: &[Handle]) -> bool {
        let mut labelled = handles.iter().filter(|handle| handle.label().is_some());
        labelled.any(|handle| {
            let mut known = self.record(id).handles.iter().map(|(_, known)| known);
            known.any(|known| known.key() == handle.key() && known.label() != handle.label())
        })
    }

    /// Whether a value differs from the record's own, or from a later one of its contact or a later choice.
    fn is_news(&self, id: ContactId, observation: &Observation) -> bool {
        let text = |attribute| observation.attributes[attribute].as_ref().map(Text::as_str);
        let group = self.group(id);
        let all: Vec<&Record> = group.records.iter().map(|id| self.record(*id)).collect();
        let choices = all.iter().flat_map(|record| &record.joins).filter(|join| join.is_merge);
        let chosen = choices.map(|join| join.at).max().unwrap_or_default();
        let own = &self.record(id).values;
        let is_new = |value: &str, of: &dyn Fn(&Values) -> Option<At<String>>| {
            let Some((at, here)) = of(own) else { return true };
            here != value
                || all
                    .iter()
                    .filter_map(|record| of(&record.values))
                    .any(|(other, text)| other.max(chosen) > at && text != value)
        };
        let from_message = observation.origin == Origin::Message;
        let (of_name, of_message) =
            (|values: &Values| values.name.clone(), |values: &Values| values.message_name.clone());
        let is_new_name = |name: &str| {
            let own_at = if from_message { &own.message_name } else { &own.name }.as_ref().map(|(at, _)| *at);
            let since = |other: usize| own_at.is_some_and(|at| other.max(chosen) > at);
            if from_message {
                is_new(name, &of_message)
                    || all.iter().filter_map(|r| r.values.name.as_ref()).any(|(at, text)| text.is_empty() && since(*at))
            } else {
                is_new(name, &of_name)
                    || name.is_empty()
                        && all.iter().filter_map(|r| r.values.message_name.as_ref()).any(|(at, _)| since(*at))
            }
        };
        let is_new_link = |link: &Link| self.record(id).links.iter().all(|(_, known)| known.as_str() != link.as_str());
        text(Attribute::Name).is_some_and(is_new_name)
            || text(Attribute::Description)
                .is_some_and(|text| is_new(text, &|values: &Values| values.description.clone()))
            || observation.links.iter().any(is_new_link)
            || observation.properties.iter().any(|one| self.record(id).properties.iter().all(|(_, known)| known != one))
    }
}
