//! Who is who, decided in the most naive way: every question is answered by looking through all that
//! was ever told. Slow, and plain enough to be compared with the text of the rules.

use std::collections::BTreeSet;

use contact::{Command, CompanyId, Contact, ContactId, HandleKey, MERGE_CONTACTS_MAX, Observation, Origin, Refused};

/// Something told, in the order of time, at home in one contact.
struct Told {
    home: ContactId,
    origin: Origin,
    observation: Observation,
    /// The handles that it brought to its home, and that were not removed since.
    claimed: Vec<HandleKey>,
}

/// Whether something was told of what is asked for.
type IsTold<'a> = &'a dyn Fn(&Told) -> bool;

/// A merge: who joined whom, and whether it still stands.
struct Merge {
    kept: ContactId,
    joined: ContactId,
    stands: bool,
}

/// What a person shows.
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
            name: contact.name.as_str().to_owned(),
            description: contact.description.as_str().to_owned(),
            handles: contact.handles.iter().map(|handle| handle.text().to_owned()).collect(),
            links: contact.links.iter().map(|link| link.as_str().to_owned()).collect(),
        }
    }
}

pub struct Naive {
    company: CompanyId,
    told: Vec<Told>,
    merges: Vec<Merge>,
    kept_apart: Vec<(BTreeSet<ContactId>, BTreeSet<ContactId>)>,
    shared: BTreeSet<HandleKey>,
}

impl Naive {
    pub fn new(company: CompanyId) -> Naive {
        Naive { company, told: vec![], merges: vec![], kept_apart: vec![], shared: BTreeSet::new() }
    }

    /// Every contact there ever was.
    pub fn everyone(&self) -> BTreeSet<ContactId> {
        self.told.iter().map(|told| told.home).collect()
    }

    pub fn merges(&self) -> usize {
        self.merges.len()
    }

    fn parent(&self, id: ContactId) -> Option<ContactId> {
        self.merges.iter().find(|merge| merge.stands && merge.joined == id).map(|merge| merge.kept)
    }

    /// A contact, what it is part of, and so on.
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
        self.everyone().into_iter().filter(|other| self.line(*other).contains(&id)).collect()
    }

    fn home(&self, handle: &HandleKey) -> Option<ContactId> {
        self.told.iter().find(|told| told.claimed.contains(handle)).map(|told| told.home)
    }

    pub fn owner(&self, handle: &HandleKey) -> Option<ContactId> {
        self.home(handle).map(|home| self.root(home))
    }

    fn are_kept_apart(&self, one: ContactId, other: ContactId) -> bool {
        let (one, other) = (self.part_of(one), self.part_of(other));
        self.kept_apart.iter().any(|(left, right)| {
            (!one.is_disjoint(left) && !other.is_disjoint(right))
                || (!one.is_disjoint(right) && !other.is_disjoint(left))
        })
    }

    /// What a person shows: everything told about the parts, taken in the order of time.
    pub fn shown(&self, id: ContactId) -> Shown {
        let mut shown = Shown { id, name: String::new(), description: String::new(), handles: vec![], links: vec![] };
        let mut name_was_told = false;
        for told in self.told.iter().filter(|told| self.root(told.home) == id) {
            if let Some(name) = &told.observation.name {
                let from_message = told.origin == Origin::Message;
                if !from_message || !name_was_told {
                    shown.name = name.as_str().into();
                    name_was_told = !from_message && !shown.name.is_empty();
                }
            }
            if let Some(description) = &told.observation.description {
                shown.description = description.as_str().into();
            }
            for handle in told.observation.handles.iter().filter(|handle| told.claimed.contains(handle.key())) {
                if !shown.handles.contains(&handle.text().to_owned()) {
                    shown.handles.push(handle.text().to_owned());
                }
            }
            for link in &told.observation.links {
                if !shown.links.contains(&link.as_str().to_owned()) {
                    shown.links.push(link.as_str().to_owned());
                }
            }
        }
        shown
    }

    pub fn people(&self) -> Vec<Shown> {
        self.everyone().into_iter().filter(|id| self.root(*id) == *id).map(|id| self.shown(id)).collect()
    }

    /// Does what is asked; a split names a merge by its place among all merges.
    pub fn perform(&mut self, command: &Command) -> Result<(), Refused> {
        match command {
            Command::Observe(observation) => self.observe(observation),
            Command::Receive(_) => unreachable!("conversations are not who is who"),
            Command::Merge { contacts } => {
                if contacts.iter().any(|contact| !self.everyone().contains(contact)) {
                    return Err(Refused::NoContact(contacts[0]));
                }
                let roots: BTreeSet<_> = contacts.iter().map(|contact| self.root(*contact)).collect();
                self.join(&roots)
            }
            Command::Split { merge } => {
                let merge = usize::try_from(merge.0).unwrap();
                match self.merges.get(merge) {
                    Some(found) if found.stands => self.split(merge),
                    _ => return Err(Refused::NoMerge(contact::Seq(0))),
                }
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
            Command::Remove { contact, handles, links } => {
                if !self.everyone().contains(contact) {
                    return Err(Refused::NoContact(*contact));
                }
                let root = self.root(*contact);
                let parts = self.part_of(root);
                for told in self.told.iter_mut().filter(|told| parts.contains(&told.home)) {
                    told.claimed.retain(|handle| !handles.contains(handle));
                    told.observation.links.retain(|link| !links.contains(link));
                }
                Ok(())
            }
        }
    }

    fn join(&mut self, roots: &BTreeSet<ContactId>) -> Result<(), Refused> {
        if roots.len() > MERGE_CONTACTS_MAX {
            return Err(Refused::TooManyContacts(vec![]));
        }
        let kept = *roots.first().unwrap();
        for joined in roots.iter().skip(1) {
            self.merges.push(Merge { kept, joined: *joined, stands: true });
        }
        Ok(())
    }

    fn split(&mut self, merge: usize) {
        let parted = self.merges[merge].joined;
        let everyone = self.part_of(self.root(parted));
        let parted = self.part_of(parted);
        self.kept_apart.push((everyone.difference(&parted).copied().collect(), parted));
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
        if owners.iter().any(|one| owners.iter().any(|other| self.are_kept_apart(*one, *other) && one != other)) {
            owners.truncate(1);
            finders.retain(|key| self.owner(key) == Some(owners[0]));
        }
        let homes: Vec<ContactId> = finders.iter().map(|key| self.home(key).unwrap()).collect();
        let roots: BTreeSet<ContactId> = owners.iter().copied().collect();
        if !roots.is_empty() {
            self.join(&roots)?;
        }
        let home = match homes.first() {
            None => ContactId::nth(self.company, self.everyone().len() as u64 + 1),
            Some(first) => {
                let holds_all = |part: &ContactId| homes.iter().all(|home| self.line(*home).contains(part));
                self.line(*first).into_iter().find(holds_all).unwrap()
            }
        };
        let claimed: Vec<HandleKey> = keys.into_iter().filter(|key| self.home(key).is_none()).collect();
        if roots.len() < 2 && claimed.is_empty() && !self.is_news(home, observation) {
            return Ok(());
        }
        self.told.push(Told { home, origin: observation.origin, observation: observation.clone(), claimed });
        Ok(())
    }

    /// Whether anything in it is other than what was last told of this very contact, or than what was last
    /// told of any other part of the same person since.
    fn is_news(&self, home: ContactId, observation: &Observation) -> bool {
        let from_message = observation.origin == Origin::Message;
        let told_name = |told: &Told| told.observation.name.is_some() && told.origin != Origin::Message;
        let heard_name = |told: &Told| told.observation.name.is_some() && told.origin == Origin::Message;
        let is_new_name = |name: &contact::Name| {
            let (same_kind, other_kind): (IsTold, IsTold) =
                if from_message { (&heard_name, &told_name) } else { (&told_name, &heard_name) };
            let Some(last) = self.last(home, same_kind) else { return true };
            let is_other = |told: &Told| told.observation.name.as_ref() != Some(name);
            let is_empty = |told: &Told| told.observation.name.as_ref().is_some_and(|name| name.as_str().is_empty());
            // The empty name takes away names of messages too, and they may come back after it.
            let takes_away = |told: &Told| if from_message { is_empty(told) } else { name.as_str().is_empty() };
            self.since(home, last, same_kind).into_iter().any(is_other)
                || self.since(home, last, other_kind).into_iter().any(takes_away)
        };
        let is_new_description = |description: &contact::Description| {
            let told = |told: &Told| told.observation.description.is_some();
            let Some(last) = self.last(home, &told) else { return true };
            let is_other = |told: &Told| told.observation.description.as_ref() != Some(description);
            self.since(home, last, &told).into_iter().any(is_other)
        };
        let is_new_link = |link: &contact::Link| {
            let told = |told: &Told| told.observation.links.contains(link);
            self.last(home, &told).is_none()
        };
        observation.name.as_ref().is_some_and(is_new_name)
            || observation.description.as_ref().is_some_and(is_new_description)
            || observation.links.iter().any(is_new_link)
    }

    /// When something was last told of a contact.
    fn last(&self, contact: ContactId, is_told: IsTold) -> Option<usize> {
        self.told.iter().rposition(|told| told.home == contact && is_told(told))
    }

    /// What was last told of each part of a person, from a moment on.
    fn since(&self, part: ContactId, moment: usize, is_told: IsTold) -> Vec<&Told> {
        let parts = self.part_of(self.root(part)).into_iter();
        let lasts = parts.filter_map(|part| self.last(part, is_told)).filter(|last| *last >= moment);
        lasts.map(|last| &self.told[last]).collect()
    }
}
