//! The texts of a contact that a search reads.

use std::borrow::Cow;

use contact::{Attribute, Change, Contact, ContactId};

use crate::fold::folded;

/// The folded texts of a contact, one a line.
///
/// The name comes first, then the handles, each with `@` before it, then the other attributes and the links.
pub struct SearchableText<'a>(Cow<'a, str>);

impl SearchableText<'_> {
    /// The texts of a contact.
    pub fn of(contact: &Contact) -> SearchableText<'static> {
        let mut all = folded(contact.name());
        let mut add = |prefix: &str, text: &str| {
            all.push('\n');
            all.push_str(prefix);
            all.push_str(text);
        };
        for handle in &contact.handles {
            let (text, key) = (folded(handle.text()), folded(handle.key().as_str()));
            add("@", &text);
            // A domain of another script has a second spelling.
            if key != text {
                add("@", &key);
            }
        }
        for (_, text) in contact.attributes.iter().filter(|(attribute, _)| *attribute != Attribute::Name) {
            add("", &folded(text.as_str()));
        }
        contact.links.iter().for_each(|link| add("", &folded(link.as_str())));
        SearchableText(Cow::Owned(all))
    }

    /// Texts that are folded already, joined by line feeds.
    pub(crate) fn from_folded(texts: &[String]) -> SearchableText<'static> {
        SearchableText(Cow::Owned(texts.join("\n")))
    }

    /// The texts as [`as_str`](SearchableText::as_str) returned them to be stored.
    pub fn from_stored(text: &str) -> SearchableText<'_> {
        SearchableText(Cow::Borrowed(text))
    }

    /// All lines, to be stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folded name.
    pub fn name(&self) -> &str {
        self.0.split('\n').next().unwrap_or_default()
    }

    /// The folded handles.
    pub fn handles(&self) -> impl Iterator<Item = &str> {
        self.0.split('\n').filter_map(|line| line.strip_prefix('@'))
    }

    /// All folded texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.split('\n').map(|line| line.strip_prefix('@').unwrap_or(line))
    }

    pub(crate) fn contains(&self, part: &str) -> bool {
        self.0.contains(part)
    }
}

/// The contacts whose searchable text or position in the results a change may alter.
pub fn changed_contacts(change: &Change) -> Vec<ContactId> {
    let next = change.released().iter().filter_map(|released| released.next);
    let own = match change {
        Change::Observed { record, contact, .. } => vec![*record, *contact],
        Change::Withdrawn { record, contact, heir, .. } => [*record, *contact].into_iter().chain(*heir).collect(),
        Change::Noted { home, .. } => vec![*home],
        Change::Merged { kept, joined, .. } => vec![*kept, *joined],
        Change::Regrouped { contact, records, before } => {
            records.iter().chain(before).chain([contact]).copied().collect()
        }
        Change::HandleMarked { contacts, .. } => contacts.clone(),
        Change::Split { contact, .. } | Change::Removed { contact, .. } | Change::Deleted { contact, .. } => {
            vec![*contact]
        }
        Change::KeptApart { .. }
        | Change::Received { .. }
        | Change::Settings(_)
        | Change::AccountSet { .. }
        | Change::AccountDeleted { .. } => Vec::new(),
    };
    own.into_iter().chain(next).collect()
}
