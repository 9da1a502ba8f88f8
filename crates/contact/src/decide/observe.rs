//! Observations: the contact that each is about, and the merges that it shows.

use std::collections::HashMap;

use super::new_facts::{changes_anything, observed, within_gaps};
use crate::decision::{Decision, MERGE_CONTACTS_MAX, Outcome, Refused};
use crate::entry::{Change, Side};
use crate::handle::Handle;
use crate::id::ContactId;
use crate::observation::Observation;
use crate::time::Seq;
use crate::view::View;

/// A claimed handle: the contact that claimed it, and the one that owns it now.
#[derive(Clone, Copy)]
struct Found {
    home: ContactId,
    owner: ContactId,
}

/// The claims of the handles of an observation.
struct Claimed {
    /// The claimed handles that identify a contact, in their order.
    found: Vec<Found>,
    /// Whether one of the handles is free.
    is_any_free: bool,
}

/// Records an observation, and merges the contacts that its handles link.
pub fn observe(view: &View, observation: &Observation) -> Result<Decision, Refused> {
    let handles = distinct(&observation.handles);
    if handles.is_empty() {
        return Err(Refused::NoHandle);
    }
    let Claimed { mut found, is_any_free } = claimed(view, &handles);
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
    let reported = within_gaps(observation, view, &owners);
    owners.retain(|owner| *owner != kept);
    owners.sort_unstable();
    let home = if owners.is_empty() { home(view, &found) } else { kept };
    let mut changes = Vec::new();
    if is_any_free || !owners.is_empty() || changes_anything(&reported, view, home) {
        changes.push(observed(&reported, handles, home, outcome.rule));
        let because = Some(view.head.next());
        changes.extend(owners.iter().map(|joined| Change::Merged { kept, joined: *joined, because, newer_side: None }));
    }
    outcome.merged = owners;
    Ok(Decision { changes, outcome })
}

/// The oldest separation between any of these contacts.
pub(crate) fn rule_between(view: &View, owners: &[ContactId]) -> Option<Seq> {
    // A merge by a decision may put both sides of a separation into one contact.
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

/// The handles in their order, each once.
pub(crate) fn distinct(handles: &[Handle]) -> Vec<&Handle> {
    let mut distinct: Vec<&Handle> = Vec::with_capacity(handles.len());
    for handle in handles {
        if distinct.iter().all(|other| other.key() != handle.key()) {
            distinct.push(handle);
        }
    }
    distinct
}

/// The claims of these handles. A shared handle never links contacts: the first one counts only if no other handle is
/// claimed.
fn claimed(view: &View, handles: &[&Handle]) -> Claimed {
    let (mut own, mut shared) = (Vec::<Found>::new(), Vec::new());
    let mut is_any_free = false;
    for handle in handles {
        let claim = view.claims.get(handle.key()).unwrap_or_default();
        let Some(home) = claim.home else {
            is_any_free = true;
            continue;
        };
        // Most handles of an observation were claimed by one contact.
        let before = own.last().filter(|before| before.home == home).map(|before| before.owner);
        let Some(owner) = before.or_else(|| view.root(home)) else { continue };
        if claim.shared { &mut shared } else { &mut own }.push(Found { home, owner });
    }
    if own.is_empty() {
        shared.truncate(1);
        return Claimed { found: shared, is_any_free };
    }
    Claimed { found: own, is_any_free }
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

/// The contact that an entry belongs to: the innermost one that all the handles are part of.
///
/// So a report about one side of a merge stays with that side after a split.
fn home(view: &View, found: &[Found]) -> ContactId {
    let holds = |contact: &ContactId, found: &Found| {
        found.home == *contact || view.lineage(found.home).any(|part| part == *contact)
    };
    let holds_all = |contact: &ContactId| found.iter().all(|found| holds(contact, found));
    view.lineage(found[0].home).find(holds_all).unwrap_or(found[0].owner)
}
