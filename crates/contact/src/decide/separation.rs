//! Separations: contacts that are different people by a decision.

use crate::decision::{Decision, Outcome, Refused};
use crate::entry::Change;
use crate::id::ContactId;
use crate::record::Record;
use crate::time::Seq;
use crate::view::View;

/// Separates two contacts, unless a separation already covers all of both.
pub fn keep_apart(view: &View, contacts: [ContactId; 2]) -> Result<Decision, Refused> {
    let root = |contact: ContactId| view.root(contact).ok_or(Refused::NoContact(contact));
    let [one, other] = [root(contacts[0])?, root(contacts[1])?];
    if one == other {
        return Err(Refused::OnePerson(contacts));
    }
    let known = separation_of_all(view, one, other);
    let outcome = Outcome {
        contact: Some(one),
        kept_apart: vec![other],
        rule: Some(known.unwrap_or(view.head.next())),
        ..Outcome::default()
    };
    let changes = if known.is_some() { Vec::new() } else { vec![Change::KeptApart { one, other }] };
    Ok(Decision { changes, outcome, ..Decision::default() })
}

/// The separation that covers every part of both contacts.
///
/// One that covers only some parts is not enough: the other parts would have none after a split.
fn separation_of_all(view: &View, one: ContactId, other: ContactId) -> Option<Seq> {
    let (of_one, of_other) = (&view.records.get(&one)?.separations, &view.records.get(&other)?.separations);
    let is_of_all = |root, rule| view.whole(root).all(|part: &Record| part.separations.contains(&rule));
    let mut both = of_one.iter().filter(|(rule, side)| {
        let facing = of_other.iter().find(|(known, theirs)| known == rule && theirs != side);
        facing.is_some_and(|facing| is_of_all(one, (*rule, *side)) && is_of_all(other, *facing))
    });
    both.next().map(|(rule, _)| *rule)
}
