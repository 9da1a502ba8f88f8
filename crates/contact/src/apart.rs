//! Keeping two people apart because someone says that they are not the same.

use crate::matching::rule_between;
use crate::{Change, ContactId, Decision, Outcome, Refused, View};

/// Decides on it: they must be two. What keeps them apart already is not said again.
pub fn keep_apart(view: &View, contacts: [ContactId; 2]) -> Result<Decision, Refused> {
    let root = |contact: ContactId| view.root(contact).ok_or(Refused::NoContact(contact));
    let [one, other] = [root(contacts[0])?, root(contacts[1])?];
    if one == other {
        return Err(Refused::OnePerson(contacts));
    }
    let known = rule_between(view, &[one, other]);
    let outcome = Outcome {
        contact: Some(one),
        kept_apart: vec![other],
        rule: Some(known.unwrap_or(view.head.next())),
        ..Outcome::default()
    };
    let changes = if known.is_some() { Vec::new() } else { vec![Change::KeptApart { one, other }] };
    Ok(Decision { changes, outcome })
}
