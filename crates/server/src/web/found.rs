//! How people who were found are shown: what of them was looked for is marked.

use contact::{Contact, Handle, Link};
use hub::Query;
use maud::{Markup, html};

/// Characters of a text that are shown before what is marked in it.
const BEFORE_CHARS: usize = 30;
/// Characters of a link that are shown.
const LINK_CHARS_SHOWN: usize = 200;

/// A text, with what was looked for marked.
pub fn marked(text: &str, query: Option<&Query>) -> Markup {
    let marks = query.map(|query| query.highlights(text)).unwrap_or_default();
    let mut end = 0;
    html! {
        @for mark in marks {
            (text[std::mem::replace(&mut end, mark.end)..mark.start])
            mark { (text[mark]) }
        }
        (text[end..])
    }
}

/// So much of a text as is shown, from where it was found.
pub fn excerpt(text: &str, query: Option<&Query>, chars_max: usize) -> String {
    let first = query.and_then(|query| Some(query.highlights(text).first()?.start)).unwrap_or_default();
    let skipped = text[..first].chars().count().saturating_sub(BEFORE_CHARS);
    // What is near the beginning is shown from there.
    let skipped = if skipped < BEFORE_CHARS { 0 } else { skipped };
    let shown = text.chars().skip(skipped).take(chars_max);
    (if skipped > 0 { "…" } else { "" }).chars().chain(shown).collect()
}

/// The handle that is shown: the first, or the first of those in which something was found.
pub fn handle<'a>(contact: &'a Contact, query: Option<&Query>) -> Option<&'a Handle> {
    let is_found = |handle: &&Handle| query.is_some_and(|query| !query.highlights(handle.text()).is_empty());
    contact.handles.iter().find(is_found).or(contact.handles.first())
}

/// The link that is shown: one in which something was found that nothing else shows.
pub fn link<'a>(contact: &'a Contact, query: Option<&Query>) -> Option<&'a Link> {
    let query = query?;
    let handle = handle(contact, Some(query)).map_or("", Handle::text);
    if query.is_shown_by(&[contact.name(), contact.description(), handle]) {
        return None;
    }
    contact.links.iter().find(|link| !query.highlights(link.as_str()).is_empty())
}

/// The line of a link that was found.
pub fn link_line(contact: &Contact, query: Option<&Query>) -> Markup {
    html! {
        @if let Some(link) = link(contact, query) {
            span.row-found { bdi { (marked(&excerpt(link.as_str(), query, LINK_CHARS_SHOWN), query)) } }
        }
    }
}
