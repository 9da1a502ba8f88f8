//! Who is who, decided in the most naive way: every question is answered by looking through all that
//! was ever told. Slow, and plain enough to be compared with the text of the rules.

use std::collections::{BTreeMap, BTreeSet};

use contact::{
    Attribute, Command, CompanyId, Contact, ContactId, HandleKey, MERGE_CONTACTS_MAX, Observation, Origin, Refused,
};

/// Something told, in the order of time, at home in one contact.
struct Told {
    /// When, counted from the first that was told or merged.
    at: usize,
    home: ContactId,
    origin: Origin,
    observation: Observation,
    /// The handles that it brought to its home, and that were not removed since.
    claimed: Vec<HandleKey>,
    /// Whether its home was deleted since.
    is_deleted: bool,
}

/// Whether something was told of what is asked for.
type IsTold<'a> = &'a dyn Fn(&Told) -> bool;

/// A merge: who joined whom, and whether it still stands.
struct Merge {
    at: usize,
    /// Whether somebody said so, which settles what conflicts.
    settles: bool,
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
            name: contact.name().to_owned(),
            description: contact.description().to_owned(),
            handles: contact.handles.iter().map(|handle| handle.text().to_owned()).collect(),
            links: contact.links.iter().map(|link| link.as_str().to_owned()).collect(),
        }
    }
}

/// What there is one of, each with when it was told or settled.
#[derive(Default)]
struct State {
    name: Option<(usize, String)>,
    message_name: Option<(usize, String)>,
    description: Option<(usize, String)>,
}

impl State {
    fn hear(&mut self, told: &Told) {
        if let Some(name) = &told.observation.attributes[Attribute::Name] {
            let from_message = told.origin == Origin::Message;
            let place = if from_message { &mut self.message_name } else { &mut self.name };
            *place = Some((told.at, name.as_str().to_owned()));
        }
        if let Some(description) = &told.observation.attributes[Attribute::Description] {
            self.description = Some((told.at, description.as_str().to_owned()));
        }
    }

    fn join(&mut self, joined: State, merge: &Merge) {
        self.message_name = self.message_name.take().max(joined.message_name);
        match (self.name.take(), joined.name) {
            (Some((_, kept)), Some((_, joined))) if merge.settles => {
                self.name = Some((merge.at, if kept.is_empty() { joined } else { kept }));
            }
            (kept, joined) => self.name = kept.max(joined),
        }
        match (self.description.take(), joined.description) {
            (Some((_, kept)), Some((_, joined))) if merge.settles => {
                let mut lines = vec![kept, joined];
                lines.retain(|line| !line.is_empty());
                lines.dedup();
                self.description = Some((merge.at, lines.join("\n")));
            }
            (kept, joined) => self.description = kept.max(joined),
        }
    }

    fn name(&self) -> String {
        let heard = self.message_name.clone();
        match self.name.clone() {
            Some((at, told)) if told.is_empty() => heard.filter(|(heard, _)| *heard > at).map(|(_, name)| name),
            Some((_, told)) => Some(told),
            None => heard.map(|(_, name)| name),
        }
        .unwrap_or_default()
    }
}

pub struct Naive {
    company: CompanyId,
    told: Vec<Told>,
    merges: Vec<Merge>,
    /// How many contacts there ever were.
    made: u64,
    kept_apart: Vec<(BTreeSet<ContactId>, BTreeSet<ContactId>)>,
    shared: BTreeSet<HandleKey>,
}

impl Naive {
    pub fn new(company: CompanyId) -> Naive {
        Naive { company, told: vec![], merges: vec![], made: 0, kept_apart: vec![], shared: BTreeSet::new() }
    }

    /// Every contact there is.
    pub fn everyone(&self) -> BTreeSet<ContactId> {
        self.standing().map(|told| told.home).collect()
    }

    /// What was told of those that are there.
    fn standing(&self) -> impl Iterator<Item = &Told> {
        self.told.iter().filter(|told| !told.is_deleted)
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
        self.standing().find(|told| told.claimed.contains(handle)).map(|told| told.home)
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

    /// What a person shows. Handles and links: everything told about the parts, in the order of time. Of what there is
    /// one: what came of new_facts and merging, one after the other, as if what was split had never been merged.
    pub fn shown(&self, id: ContactId) -> Shown {
        let mut states: BTreeMap<ContactId, State> = BTreeMap::new();
        for at in 0..self.told.len() + self.merges.len() {
            if let Some(told) = self.told.iter().find(|told| told.at == at) {
                states.entry(self.root_at(told.home, at)).or_default().hear(told);
            }
            if let Some(merge) = self.merges.iter().find(|merge| merge.at == at && merge.stands) {
                let joined = states.remove(&merge.joined).unwrap_or_default();
                states.entry(merge.kept).or_default().join(joined, merge);
            }
        }
        let state = states.remove(&id).unwrap_or_default();
        let (name, description) = (state.name(), state.description.map(|(_, text)| text).unwrap_or_default());
        let mut shown = Shown { id, name, description, handles: vec![], links: vec![] };
        for told in self.told.iter().filter(|told| self.root(told.home) == id) {
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

    /// The contact that another was part of at a moment, of the merges that still stand.
    fn root_at(&self, id: ContactId, at: usize) -> ContactId {
        let merge = self.merges.iter().find(|merge| merge.stands && merge.at < at && merge.joined == id);
        merge.map_or(id, |merge| self.root_at(merge.kept, at))
    }

    fn now(&self) -> usize {
        self.told.len() + self.merges.len()
    }

    pub fn people(&self) -> Vec<Shown> {
        self.everyone().into_iter().filter(|id| self.root(*id) == *id).map(|id| self.shown(id)).collect()
    }

    /// Does what is asked; a split names a merge by its place among all merges.
    pub fn perform(&mut self, command: &Command) -> Result<(), Refused> {
        match command {
            Command::Observe(observation) => self.observe(observation),
            Command::Merge { contacts, target, .. } => {
                if contacts.iter().any(|contact| !self.everyone().contains(contact)) {
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
                if let Some(missing) = contacts.iter().find(|contact| !self.everyone().contains(contact)) {
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
            Command::Delete { contact, .. } => {
                if !self.everyone().contains(contact) {
                    return Err(Refused::NoContact(*contact));
                }
                self.delete(*contact);
                Ok(())
            }
            _ => unreachable!("what is about one contact by its id is not who is who"),
        }
    }

    fn join(&mut self, roots: &BTreeSet<ContactId>, kept: ContactId, settles: bool) -> Result<(), Refused> {
        if roots.len() > MERGE_CONTACTS_MAX {
            return Err(Refused::TooManyContacts(vec![]));
        }
        for joined in roots.iter().filter(|root| **root != kept) {
            let at = self.now();
            self.merges.push(Merge { at, settles, kept, joined: *joined, stands: true });
        }
        Ok(())
    }

    /// Forgets a person and all that was told of them, but keeps the places of their merges.
    fn delete(&mut self, contact: ContactId) {
        let parts = self.part_of(self.root(contact));
        for told in self.told.iter_mut().filter(|told| parts.contains(&told.home)) {
            told.is_deleted = true;
        }
        for merge in self.merges.iter_mut().filter(|merge| parts.contains(&merge.joined)) {
            merge.stands = false;
        }
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
        self.told.push(Told {
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

    /// Whether anything in it is other than what was last told of this very contact, or than what was last
    /// told of any other part of the same person since, or was settled since.
    fn changes_anything(&self, home: ContactId, observation: &Observation) -> bool {
        let from_message = observation.origin == Origin::Message;
        let told_name =
            |told: &Told| told.observation.attributes[Attribute::Name].is_some() && told.origin != Origin::Message;
        let heard_name =
            |told: &Told| told.observation.attributes[Attribute::Name].is_some() && told.origin == Origin::Message;
        let is_new_name = |name: &contact::Text| {
            let (same_kind, other_kind): (IsTold, IsTold) =
                if from_message { (&heard_name, &told_name) } else { (&told_name, &heard_name) };
            let Some(last) = self.last(home, same_kind) else { return true };
            let is_other = |told: &Told| told.observation.attributes[Attribute::Name].as_ref() != Some(name);
            let is_empty = |told: &Told| {
                told.observation.attributes[Attribute::Name].as_ref().is_some_and(|name| name.as_str().is_empty())
            };
            // The empty name takes away names of messages too, and they may come back after it.
            let takes_away = |told: &Told| if from_message { is_empty(told) } else { name.as_str().is_empty() };
            self.since(home, last, same_kind).into_iter().any(is_other)
                || self.since(home, last, other_kind).into_iter().any(takes_away)
        };
        let is_new_description = |description: &contact::Text| {
            let told = |told: &Told| told.observation.attributes[Attribute::Description].is_some();
            let Some(last) = self.last(home, &told) else { return true };
            let is_other =
                |told: &Told| told.observation.attributes[Attribute::Description].as_ref() != Some(description);
            self.since(home, last, &told).into_iter().any(is_other)
        };
        let is_new_link = |link: &contact::Link| {
            let told = |told: &Told| told.observation.links.contains(link);
            self.last(home, &told).is_none()
        };
        observation.attributes[Attribute::Name].as_ref().is_some_and(is_new_name)
            || observation.attributes[Attribute::Description].as_ref().is_some_and(is_new_description)
            || observation.links.iter().any(is_new_link)
    }

    /// When something was last told of a contact.
    fn last(&self, contact: ContactId, is_told: IsTold) -> Option<usize> {
        self.told.iter().rposition(|told| told.home == contact && is_told(told))
    }

    /// What was last told of each part of a person from a moment on, or before a merge since that settled it.
    fn since(&self, part: ContactId, moment: usize, is_told: IsTold) -> Vec<&Told> {
        let parts = self.part_of(self.root(part));
        let settles = |merge: &&Merge| merge.stands && merge.settles && parts.contains(&merge.joined);
        let is_settled = self.merges.iter().filter(settles).any(|merge| merge.at > self.told[moment].at);
        let lasts = parts.iter().filter_map(|part| self.last(*part, is_told));
        lasts.filter(|last| *last >= moment || is_settled).map(|last| &self.told[last]).collect()
    }
}
