//! Making contacts one because someone says that they are.

use std::collections::BTreeSet;

use crate::{Change, ContactId, Decision, MERGE_CONTACTS_MAX, Outcome, Refused, View};

/// Decides on a merge: the oldest contact is kept. Rules that keep them apart do not hold against a
/// person who says that they are one.
pub fn merge(view: &View, contacts: &[ContactId]) -> Result<Decision, Refused> {
    let mut roots = BTreeSet::new();
    for contact in contacts {
        roots.insert(view.root(*contact).ok_or(Refused::NoContact(*contact))?);
    }
    if roots.len() > MERGE_CONTACTS_MAX {
        return Err(Refused::TooManyContacts(roots.into_iter().collect()));
    }
    let Some(kept) = roots.pop_first().filter(|_| contacts.iter().collect::<BTreeSet<_>>().len() > 1) else {
        return Err(Refused::NothingToMerge);
    };
    let changes = roots.iter().map(|joined| Change::Merged { kept, joined: *joined, because: None }).collect();
    let outcome = Outcome { contact: Some(kept), merged: roots.into_iter().collect(), ..Outcome::default() };
    Ok(Decision { changes, outcome })
}
