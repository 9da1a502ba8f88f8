//! Which contact an observation is about, and what it changes.

use std::collections::HashMap;

use crate::facts::Stamped;
use crate::{
    Change, ContactId, CustomName, Decision, Handle, MERGE_CONTACTS_MAX, Member, Name, Observation, Origin, Outcome,
    Refused, Seq, Side, View,
};

/// A handle that somebody has: the contact that is its home, and the one that owns it now.
#[derive(Clone, Copy)]
struct Found {
    home: ContactId,
    owner: ContactId,
}

/// Decides on an observation: whom it is about, who turns out to be one person, what is new.
pub fn observe(view: &View, observation: &Observation) -> Result<Decision, Refused> {
    let handles = distinct(&observation.handles);
    if handles.is_empty() {
        return Err(Refused::NoHandle);
    }
    let mut found = found(view, &handles);
    let mut owners = distinct_owners(&found);
    let mut outcome = Outcome::default();
    if let Some(rule) = rule_between(view, &owners) {
        outcome.kept_apart = owners.split_off(1);
        outcome.rule = Some(rule);
        found.retain(|found| found.owner == owners[0]);
    }
    if owners.len() > MERGE_CONTACTS_MAX {
        return Err(Refused::TooManyContacts(owners));
    }
    let Some(kept) = owners.iter().copied().min() else {
        let home = ContactId::nth(view.company, view.contacts_made + 1);
        outcome.contact = Some(home);
        outcome.created = true;
        return Ok(Decision { changes: vec![observed(observation, handles, home, None)], outcome });
    };
    outcome.contact = Some(kept);
    let filling = observation.fills.then(|| filling(view, observation, &owners));
    let observation = filling.as_ref().unwrap_or(observation);
    owners.retain(|owner| *owner != kept);
    owners.sort_unstable();
    let home = if owners.is_empty() { home(view, &found) } else { kept };
    let mut changes = Vec::new();
    if !owners.is_empty() || is_news(view, observation, &handles, home) {
        changes.push(observed(observation, handles, home, outcome.rule));
        let because = Some(view.head.next());
        changes.extend(owners.iter().map(|joined| Change::Merged { kept, joined: *joined, because, fresher: None }));
    }
    outcome.merged = owners;
    Ok(Decision { changes, outcome })
}

/// What is left of an observation that leaves alone what was told before of any of these, apart from its handles.
fn filling(view: &View, observation: &Observation, owners: &[ContactId]) -> Observation {
    let facts = || owners.iter().flat_map(|owner| view.whole(*owner)).map(|member| &member.facts);
    let Observation { origin, name, description, handles: _, links, groups, custom, picture, owner, fills } =
        observation;
    let is_gap = |name: &CustomName| facts().all(|facts| !facts.custom.contains_key(name));
    Observation {
        origin: *origin,
        name: name.as_ref().filter(|_| facts().all(|facts| facts.name.is_none())).cloned(),
        description: description.as_ref().filter(|_| facts().all(|facts| facts.description.is_none())).cloned(),
        handles: Vec::new(),
        links: links.clone(),
        groups: groups.clone(),
        custom: custom.iter().filter(|(name, _)| is_gap(name)).cloned().collect(),
        picture: picture.as_ref().filter(|_| facts().all(|facts| facts.picture.is_none())).cloned(),
        owner: *owner,
        fills: *fills,
    }
}

/// The rule that keeps some of these contacts apart: a split, or that somebody said so.
pub(crate) fn rule_between(view: &View, owners: &[ContactId]) -> Option<Seq> {
    // Whoever was merged by hand may be on both sides of a rule.
    let mut sides: HashMap<Seq, Vec<(Side, ContactId)>> = HashMap::new();
    let mut rules = Vec::new();
    if owners.len() < 2 {
        return None;
    }
    for owner in owners {
        for (rule, side) in view.whole(*owner).flat_map(|member| &member.rules) {
            let sides = sides.entry(*rule).or_default();
            if sides.iter().any(|(other_side, other)| other != owner && other_side != side) {
                rules.push(*rule);
            }
            sides.push((*side, *owner));
        }
    }
    rules.into_iter().min()
}

/// The entry of what was told about a contact.
pub(crate) fn observed(
    observation: &Observation,
    handles: Vec<&Handle>,
    home: ContactId,
    kept_apart: Option<Seq>,
) -> Change {
    Change::Observed {
        home,
        name: observation.name.clone(),
        description: observation.description.clone(),
        handles: handles.into_iter().cloned().collect(),
        links: observation.links.clone(),
        groups: observation.groups.clone(),
        custom: observation.custom.clone(),
        picture: observation.picture.as_ref().map(|picture| picture.as_ref().map(|picture| picture.kind)),
        owner: observation.owner,
        kept_apart,
    }
}

/// The handles in the order told, each once.
pub(crate) fn distinct(handles: &[Handle]) -> Vec<&Handle> {
    let mut distinct: Vec<&Handle> = Vec::with_capacity(handles.len());
    for handle in handles {
        if distinct.iter().all(|other| other.key() != handle.key()) {
            distinct.push(handle);
        }
    }
    distinct
}

/// The handles that say who it is, in the order told: a shared one does only where no other does, and
/// then alone, so that it never joins anyone.
fn found(view: &View, handles: &[&Handle]) -> Vec<Found> {
    let (mut own, mut shared) = (Vec::new(), Vec::new());
    for handle in handles {
        let Some(claim) = view.claims.get(handle.key()) else { continue };
        let Some(home) = claim.home else { continue };
        let Some(owner) = view.root(home) else { continue };
        if claim.shared { &mut shared } else { &mut own }.push(Found { home, owner });
    }
    if own.is_empty() {
        shared.truncate(1);
        return shared;
    }
    own
}

fn distinct_owners(found: &[Found]) -> Vec<ContactId> {
    let mut owners = Vec::new();
    for Found { owner, .. } in found {
        if !owners.contains(owner) {
            owners.push(*owner);
        }
    }
    owners
}

/// Where an entry about one contact is at home: the innermost contact that all the handles are part
/// of. So what is told about one side of a merge stays with that side when the merge is split.
fn home(view: &View, found: &[Found]) -> ContactId {
    let holds = |contact: &ContactId, found: &Found| view.lineage(found.home).any(|part| part == *contact);
    let holds_all = |contact: &ContactId| found.iter().all(|found| holds(contact, found));
    view.lineage(found[0].home).find(holds_all).unwrap_or(found[0].owner)
}

/// Whether an observation about a contact tells anything that it does not show already, or would not
/// show if any of its merges were split.
pub(crate) fn is_news(view: &View, observation: &Observation, handles: &[&Handle], home: ContactId) -> bool {
    let (Some(root), Some(member)) = (view.root(home), view.members.get(&home)) else { return true };
    let all = || view.whole(root);
    let settled = settled(all());
    let is_free = |handle: &&Handle| view.claims.get(handle.key()).is_none_or(|claim| claim.home.is_none());
    let is_new_name = |name: &Name| match observation.origin {
        Origin::Message => is_new_message_name(name, member, all(), settled),
        Origin::Api | Origin::Import | Origin::Person | Origin::Teammate(_) => {
            is_new_name(name, member, all(), settled)
        }
    };
    handles.iter().any(is_free)
        || observation.name.as_ref().is_some_and(is_new_name)
        || observation.description.as_ref().is_some_and(|description| {
            let others = all().filter_map(|other| other.facts.description.as_ref());
            is_new(description, member.facts.description.as_ref(), others, settled)
        })
        || observation.links.iter().any(|link| member.facts.links.iter().all(|known| known.value != *link))
        || observation.groups.iter().any(|group| member.facts.groups.iter().all(|known| known.value != *group))
        || observation.custom.iter().any(|(name, value)| {
            let others = all().filter_map(|other| other.facts.custom.get(name));
            is_new(value, member.facts.custom.get(name), others, settled)
        })
        || observation.picture.is_some()
}

/// The last merge in a person that settled what conflicted; before all entries if none did.
///
/// What it made of values that differ may be neither of them, or the older. Told again, either is news.
fn settled<'a>(all: impl Iterator<Item = &'a Member>) -> Seq {
    let settling = all.filter_map(|part| part.merged_into.filter(|into| into.fresher.is_some()));
    settling.map(|into| into.merge).max().unwrap_or_default()
}

/// Whether a value is other than the last one told, here or later in any part of the same person.
fn is_new<'a, T: PartialEq + 'a>(
    value: &T,
    here: Option<&Stamped<T>>,
    mut everywhere: impl Iterator<Item = &'a Stamped<T>>,
    settled: Seq,
) -> bool {
    here.is_none_or(|here| {
        here.value != *value || everywhere.any(|other| other.seq.max(settled) > here.seq && other.value != *value)
    })
}

/// The same for a name: the empty one also takes away a name that came with a message since.
fn is_new_name<'a>(name: &Name, here: &Member, all: impl Iterator<Item = &'a Member> + Clone, settled: Seq) -> bool {
    let told = here.facts.name.as_ref();
    let came_since = |heard: &Stamped<Name>| told.is_some_and(|told| heard.seq.max(settled) > told.seq);
    is_new(name, told, all.clone().filter_map(|other| other.facts.name.as_ref()), settled)
        || name.as_str().is_empty() && all.filter_map(|other| other.facts.message_name.as_ref()).any(came_since)
}

/// The same for the name that comes with a message, which may have been taken away since.
fn is_new_message_name<'a>(
    name: &Name,
    here: &Member,
    all: impl Iterator<Item = &'a Member> + Clone,
    settled: Seq,
) -> bool {
    let heard = here.facts.message_name.as_ref();
    let taken_since = |told: &Stamped<Name>| {
        told.value.as_str().is_empty() && heard.is_some_and(|heard| told.seq.max(settled) > heard.seq)
    };
    is_new(name, heard, all.clone().filter_map(|other| other.facts.message_name.as_ref()), settled)
        || all.filter_map(|other| other.facts.name.as_ref()).any(taken_since)
}
