//! A naive model of who is who: it answers every question by a scan of all reports.
//!
//! It is slow, and simple enough to compare with the text of the rules.

use std::collections::{BTreeMap, BTreeSet};

use contact::{
    Attribute, Command, CompanyId, Contact, ContactId, HandleKey, MERGE_CONTACTS_MAX, Observation, Origin, Refused,
};

/// A report, which belongs to one contact.
struct Report {
    /// Its position among all reports and merges.
    at: usize,
    home: ContactId,
    origin: Origin,
    observation: Observation,
    /// The handles that the contact claimed by it, without those removed since.
    claimed: Vec<HandleKey>,
    /// Whether the contact was deleted since.
    is_deleted: bool,
}

/// Whether a report is about the value in question.
type IsAbout<'a> = &'a dyn Fn(&Report) -> bool;

/// A merge, and whether it was undone.
struct Merge {
    at: usize,
    /// Whether it was a decision, which chooses between different values.
    chooses: bool,
    kept: ContactId,
    joined: ContactId,
    stands: bool,
}

/// A contact as it is shown.
#[derive(Debug, PartialEq, Eq, Clone)]
pub struct Shown {
    pub id: ContactId,
    pub name: String,
    pub description: String,
    pub handles: Vec<String>,
    pub links: Vec<String>,
}

impl From<Contact> for Shown {
    fn from(contact: Contact) -> Shown {
        Shown {
            id: contact.id,
            name: contact.name().to_owned(),
            description: contact.description().to_owned(),
            handles: contact.handles.iter().map(|handle| handle.text().to_owned()).collect(),
            links: contact.links.iter().map(|link| link.as_str().to_owned()).collect(),
        }
    }
}

/// The single values, each with the position of its report or merge.
#[derive(Default)]
struct State {
    name: Option<(usize, String)>,
    message_name: Option<(usize, String)>,
    description: Option<(usize, String)>,
}

impl State {
    fn add(&mut self, report: &Report) {
        if let Some(name) = &report.observation.attributes[Attribute::Name] {
            let from_message = report.origin == Origin::Message;
            let place = if from_message { &mut self.message_name } else { &mut self.name };
            *place = Some((report.at, name.as_str().to_owned()));
        }
        if let Some(description) = &report.observation.attributes[Attribute::Description] {
            self.description = Some((report.at, description.as_str().to_owned()));
        }
    }

    fn join(&mut self, joined: State, merge: &Merge) {
        self.message_name = self.message_name.take().max(joined.message_name);
        match (self.name.take(), joined.name) {
            (Some((_, kept)), Some((_, joined))) if merge.chooses => {
                self.name = Some((merge.at, if kept.is_empty() { joined } else { kept }));
            }
            (kept, joined) => self.name = kept.max(joined),
        }
        match (self.description.take(), joined.description) {
            (Some((_, kept)), Some((_, joined))) if merge.chooses => {
                let mut lines = vec![kept, joined];
                lines.retain(|line| !line.is_empty());
                lines.dedup();
                self.description = Some((merge.at, lines.join("\n")));
            }
            (kept, joined) => self.description = kept.max(joined),
        }
    }

    fn name(&self) -> String {
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
}

pub struct Naive {
    company: CompanyId,
    report: Vec<Report>,
    merges: Vec<Merge>,
    /// The number of contacts ever created.
    made: u64,
    kept_apart: Vec<(BTreeSet<ContactId>, BTreeSet<ContactId>)>,
    shared: BTreeSet<HandleKey>,
}

impl Naive {
    pub fn new(company: CompanyId) -> Naive {
        Naive { company, report: vec![], merges: vec![], made: 0, kept_apart: vec![], shared: BTreeSet::new() }
    }

    /// Every contact that exists.
    pub fn all_contacts(&self) -> BTreeSet<ContactId> {
        self.standing().map(|report| report.home).collect()
    }

    /// The reports about contacts that exist.
    fn standing(&self) -> impl Iterator<Item = &Report> {
        self.report.iter().filter(|report| !report.is_deleted)
    }

    pub fn merges(&self) -> usize {
        self.merges.len()
    }

    fn parent(&self, id: ContactId) -> Option<ContactId> {
        self.merges.iter().find(|merge| merge.stands && merge.joined == id).map(|merge| merge.kept)
    }

    /// A contact and those it was merged into, from the inside out.
    fn line(&self, id: ContactId) -> Vec<ContactId> {
        let mut line = vec![id];
        while let Some(parent) = self.parent(line[line.len() - 1]) {
            line.push(parent);
        }
        line
    }

    pub fn root(&self, id: ContactId) -> ContactId {
        *self.line(id).last().unwrap()
    }

    fn part_of(&self, id: ContactId) -> BTreeSet<ContactId> {
        self.all_contacts().into_iter().filter(|other| self.line(*other).contains(&id)).collect()
    }

    fn home(&self, handle: &HandleKey) -> Option<ContactId> {
        self.standing().find(|report| report.claimed.contains(handle)).map(|report| report.home)
    }

    pub fn owner(&self, handle: &HandleKey) -> Option<ContactId> {
        self.home(handle).map(|home| self.root(home))
    }

    fn are_separated(&self, one: ContactId, other: ContactId) -> bool {
        let (one, other) = (self.part_of(one), self.part_of(other));
        self.kept_apart.iter().any(|(left, right)| {
            (!one.is_disjoint(left) && !other.is_disjoint(right))
                || (!one.is_disjoint(right) && !other.is_disjoint(left))
        })
    }

    /// A contact as it is shown.
    ///
    /// Handles and links are those of all reports about its parts, in order. Single values follow reports and merges one
    /// after the other, without the merges that were undone.
    pub fn shown(&self, id: ContactId) -> Shown {
        let mut states: BTreeMap<ContactId, State> = BTreeMap::new();
        for at in 0..self.report.len() + self.merges.len() {
            if let Some(report) = self.report.iter().find(|report| report.at == at) {
                states.entry(self.root_at(report.home, at)).or_default().add(report);
            }
            if let Some(merge) = self.merges.iter().find(|merge| merge.at == at && merge.stands) {
                let joined = states.remove(&merge.joined).unwrap_or_default();
                states.entry(merge.kept).or_default().join(joined, merge);
            }
        }
        let state = states.remove(&id).unwrap_or_default();
        let (name, description) = (state.name(), state.description.map(|(_, text)| text).unwrap_or_default());
        let mut shown = Shown { id, name, description, handles: vec![], links: vec![] };
        for report in self.report.iter().filter(|report| self.root(report.home) == id) {
            for handle in report.observation.handles.iter().filter(|handle| report.claimed.contains(handle.key())) {
                if !shown.handles.contains(&handle.text().to_owned()) {
                    shown.handles.push(handle.text().to_owned());
                }
            }
            for link in &report.observation.links {
                if !shown.links.contains(&link.as_str().to_owned()) {
                    shown.links.push(link.as_str().to_owned());
                }
            }
        }
        shown
    }

    /// The contact that another was part of at a position, without the merges that were undone.
    fn root_at(&self, id: ContactId, at: usize) -> ContactId {
        let merge = self.merges.iter().find(|merge| merge.stands && merge.at < at && merge.joined == id);
        merge.map_or(id, |merge| self.root_at(merge.kept, at))
    }

    fn now(&self) -> usize {
        self.report.len() + self.merges.len()
    }

    pub fn contacts_shown(&self) -> Vec<Shown> {
        self.all_contacts().into_iter().filter(|id| self.root(*id) == *id).map(|id| self.shown(id)).collect()
    }

    /// Performs a command. A split names a merge by its position among all merges.
    pub fn perform(&mut self, command: &Command) -> Result<(), Refused> {
        match command {
            Command::Observe(observation) => self.observe(observation),
            Command::Merge { contacts, target, .. } => {
                if contacts.iter().any(|contact| !self.all_contacts().contains(contact)) {
                    return Err(Refused::NoContact(contacts[0]));
                }
                let roots: BTreeSet<_> = contacts.iter().map(|contact| self.root(*contact)).collect();
                let kept = target.map_or(*roots.first().unwrap(), |target| self.root(target));
                self.join(&roots, kept, true)
            }
            Command::Split { merge, .. } => {
                let merge = usize::try_from(merge.0).unwrap();
                match self.merges.get(merge) {
                    Some(found) if found.stands => self.split(merge),
                    _ => return Err(Refused::NoMerge(contact::Seq(0))),
                }
                Ok(())
            }
            Command::KeepApart { contacts, .. } => {
                if let Some(missing) = contacts.iter().find(|contact| !self.all_contacts().contains(contact)) {
                    return Err(Refused::NoContact(*missing));
                }
                let [one, other] = contacts.map(|contact| self.part_of(self.root(contact)));
                if one == other {
                    return Err(Refused::OnePerson(*contacts));
                }
                self.kept_apart.push((one, other));
                Ok(())
            }
            Command::Share { handle, shared: true } => {
                self.shared.insert(handle.clone());
                Ok(())
            }
            Command::Share { handle, shared: false } => {
                self.shared.remove(handle);
                Ok(())
            }
            Command::Remove { contact, handles, links, .. } => {
                if !self.all_contacts().contains(contact) {
                    return Err(Refused::NoContact(*contact));
                }
                let root = self.root(*contact);
                let parts = self.part_of(root);
                for report in self.report.iter_mut().filter(|report| parts.contains(&report.home)) {
                    report.claimed.retain(|handle| !handles.contains(handle));
                    report.observation.links.retain(|link| !links.contains(link));
                }
                Ok(())
            }
            Command::Delete { contact, .. } => {
                if !self.all_contacts().contains(contact) {
                    return Err(Refused::NoContact(*contact));
                }
                self.delete(*contact);
                Ok(())
            }
            _ => unreachable!("what is about one contact by its id is not who is who"),
        }
    }

    fn join(&mut self, roots: &BTreeSet<ContactId>, kept: ContactId, chooses: bool) -> Result<(), Refused> {
        if roots.len() > MERGE_CONTACTS_MAX {
            return Err(Refused::TooManyContacts(vec![]));
        }
        for joined in roots.iter().filter(|root| **root != kept) {
            let at = self.now();
            self.merges.push(Merge { at, chooses, kept, joined: *joined, stands: true });
        }
        Ok(())
    }

    /// Deletes a contact and its reports, but keeps the positions of its merges.
    fn delete(&mut self, contact: ContactId) {
        let parts = self.part_of(self.root(contact));
        for report in self.report.iter_mut().filter(|report| parts.contains(&report.home)) {
            report.is_deleted = true;
        }
        for merge in self.merges.iter_mut().filter(|merge| parts.contains(&merge.joined)) {
            merge.stands = false;
        }
    }

    fn split(&mut self, merge: usize) {
        let parted = self.merges[merge].joined;
        let all_contacts = self.part_of(self.root(parted));
        let parted = self.part_of(parted);
        self.kept_apart.push((all_contacts.difference(&parted).copied().collect(), parted));
        self.merges[merge].stands = false;
    }

    fn observe(&mut self, observation: &Observation) -> Result<(), Refused> {
        let keys: Vec<HandleKey> = observation.handles.iter().map(|handle| handle.key().clone()).collect();
        let mut finders: Vec<&HandleKey> = keys.iter().filter(|key| self.home(key).is_some()).collect();
        if finders.iter().any(|key| !self.shared.contains(key)) {
            finders.retain(|key| !self.shared.contains(key));
        } else {
            finders.truncate(1);
        }
        let mut owners: Vec<ContactId> = finders.iter().map(|key| self.owner(key).unwrap()).collect();
        if owners.iter().any(|one| owners.iter().any(|other| self.are_separated(*one, *other) && one != other)) {
            owners.truncate(1);
            finders.retain(|key| self.owner(key) == Some(owners[0]));
        }
        let homes: Vec<ContactId> = finders.iter().map(|key| self.home(key).unwrap()).collect();
        let roots: BTreeSet<ContactId> = owners.iter().copied().collect();
        if let Some(oldest) = roots.first() {
            self.join(&roots, *oldest, false)?;
        }
        let home = match homes.first() {
            None => ContactId::nth(self.company, self.made + 1),
            Some(first) => {
                let holds_all = |part: &ContactId| homes.iter().all(|home| self.line(*home).contains(part));
                self.line(*first).into_iter().find(holds_all).unwrap()
            }
        };
        let claimed: Vec<HandleKey> = keys.into_iter().filter(|key| self.home(key).is_none()).collect();
        if roots.len() < 2 && claimed.is_empty() && !self.changes_anything(home, observation) {
            return Ok(());
        }
        let at = self.now();
        self.report.push(Report {
            at,
            home,
            origin: observation.origin,
            observation: observation.clone(),
            claimed,
            is_deleted: false,
        });
        self.made = self.made.max(home.count());
        Ok(())
    }

    /// Whether a value differs from the last report about this contact, or from a later report or choice in another part.
    fn changes_anything(&self, home: ContactId, observation: &Observation) -> bool {
        let from_message = observation.origin == Origin::Message;
        let report_name = |report: &Report| {
            report.observation.attributes[Attribute::Name].is_some() && report.origin != Origin::Message
        };
        let message_name_given = |report: &Report| {
            report.observation.attributes[Attribute::Name].is_some() && report.origin == Origin::Message
        };
        let is_new_name = |name: &contact::Text| {
            let (same_kind, other_kind): (IsAbout, IsAbout) =
                if from_message { (&message_name_given, &report_name) } else { (&report_name, &message_name_given) };
            let Some(last) = self.last(home, same_kind) else { return true };
            let is_other = |report: &Report| report.observation.attributes[Attribute::Name].as_ref() != Some(name);
            let is_empty = |report: &Report| {
                report.observation.attributes[Attribute::Name].as_ref().is_some_and(|name| name.as_str().is_empty())
            };
            // The empty name also clears names of messages, which may come back after it.
            let clears = |report: &Report| if from_message { is_empty(report) } else { name.as_str().is_empty() };
            self.since(home, last, same_kind).into_iter().any(is_other)
                || self.since(home, last, other_kind).into_iter().any(clears)
        };
        let is_new_description = |description: &contact::Text| {
            let report = |report: &Report| report.observation.attributes[Attribute::Description].is_some();
            let Some(last) = self.last(home, &report) else { return true };
            let is_other =
                |report: &Report| report.observation.attributes[Attribute::Description].as_ref() != Some(description);
            self.since(home, last, &report).into_iter().any(is_other)
        };
        let is_new_link = |link: &contact::Link| {
            let report = |report: &Report| report.observation.links.contains(link);
            self.last(home, &report).is_none()
        };
        observation.attributes[Attribute::Name].as_ref().is_some_and(is_new_name)
            || observation.attributes[Attribute::Description].as_ref().is_some_and(is_new_description)
            || observation.links.iter().any(is_new_link)
    }

    /// The position of the last report about a value of a contact.
    fn last(&self, contact: ContactId, is_about: IsAbout) -> Option<usize> {
        self.report.iter().rposition(|report| report.home == contact && is_about(report))
    }

    /// The last reports about each part from a position on. A later choice by a merge counts as one.
    fn since(&self, part: ContactId, moment: usize, is_about: IsAbout) -> Vec<&Report> {
        let parts = self.part_of(self.root(part));
        let chooses = |merge: &&Merge| merge.stands && merge.chooses && parts.contains(&merge.joined);
        let is_chosen = self.merges.iter().filter(chooses).any(|merge| merge.at > self.report[moment].at);
        let lasts = parts.iter().filter_map(|part| self.last(*part, is_about));
        lasts.filter(|last| *last >= moment || is_chosen).map(|last| &self.report[last]).collect()
    }
}
