//! Highlights the matches of a search in contacts.

use contact::{Contact, Handle, Link};
use hub::Query;
use maud::{Markup, html};

/// Characters of a text that are shown before the first match.
const BEFORE_CHARS: usize = 30;
/// Characters of a link that are shown.
const LINK_CHARS_SHOWN: usize = 200;

/// Returns a text with the matches of a search highlighted.
pub fn highlighted(text: &str, query: Option<&Query>) -> Markup {
    let ranges = query.map(|query| query.highlights(text)).unwrap_or_default();
    let mut end = 0;
    html! {
        @for range in ranges {
            (text[std::mem::replace(&mut end, range.end)..range.start])
            mark { (text[range]) }
        }
        (text[end..])
    }
}

/// Returns the part of a text around the first match.
pub fn excerpt(text: &str, query: Option<&Query>, chars_max: usize) -> String {
    let first = query.and_then(|query| Some(query.highlights(text).first()?.start)).unwrap_or_default();
    let skipped = text[..first].chars().count().saturating_sub(BEFORE_CHARS);
    // A match near the beginning needs no ellipsis.
    let skipped = if skipped < BEFORE_CHARS { 0 } else { skipped };
    let shown = text.chars().skip(skipped).take(chars_max);
    (if skipped > 0 { "…" } else { "" }).chars().chain(shown).collect()
}

/// Returns the handle to show: the first with a match, or else the first.
pub fn handle<'a>(contact: &'a Contact, query: Option<&Query>) -> Option<&'a Handle> {
    let is_found = |handle: &&Handle| query.is_some_and(|query| !query.highlights(handle.text()).is_empty());
    contact.handles.iter().find(is_found).or(contact.handles.first())
}

/// Returns the link to show: one with a match that no other shown text has.
pub fn link<'a>(contact: &'a Contact, query: Option<&Query>) -> Option<&'a Link> {
    let query = query?;
    let handle = handle(contact, Some(query)).map_or("", Handle::text);
    if query.is_shown_by(&[contact.name(), contact.description(), handle]) {
        return None;
    }
    contact.links.iter().find(|link| !query.highlights(link.as_str()).is_empty())
}

/// Returns the line of a link with a match.
pub fn link_line(contact: &Contact, query: Option<&Query>) -> Markup {
    html! {
        @if let Some(link) = link(contact, query) {
            span.row-found { bdi { (highlighted(&excerpt(link.as_str(), query, LINK_CHARS_SHOWN), query)) } }
        }
    }
}
