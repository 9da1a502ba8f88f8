//! Removing handles and links, and sharing handles.

use crate::decision::{Decision, Outcome, Refused};
use crate::entry::Change;
use crate::handle::HandleKey;
use crate::id::ContactId;
use crate::link::Link;
use crate::view::View;

/// Removes handles and links from a contact. Others than its own are ignored.
pub fn remove(view: &View, contact: ContactId, handles: &[HandleKey], links: &[Link]) -> Result<Decision, Refused> {
    let root = view.root(contact).ok_or(Refused::NoContact(contact))?;
    let shows = |link: &&Link| view.whole(root).any(|part| part.facts.links.iter().any(|known| known.value == **link));
    let handles: Vec<_> = handles.iter().filter(|handle| view.owner(handle) == Some(root)).cloned().collect();
    let links: Vec<_> = links.iter().filter(shows).cloned().collect();
    let nothing = handles.is_empty() && links.is_empty();
    let changes =
        if nothing { Vec::new() } else { vec![Change::Removed { contact: root, handles, links, groups: Vec::new() }] };
    Ok(Decision { changes, outcome: Outcome { contact: Some(root), ..Outcome::default() } })
}

/// Sets whether a handle is shared. The handle may be free.
pub fn share(view: &View, handle: &HandleKey, shared: bool) -> Decision {
    let outcome = Outcome { contact: view.owner(handle), ..Outcome::default() };
    let same = view.is_shared(handle) == shared;
    let changes = if same { Vec::new() } else { vec![Change::Shared { handle: handle.clone(), shared }] };
    Decision { changes, outcome }
}
