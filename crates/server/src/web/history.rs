//! The journal of a person, told in sentences that can be checked.

use contact::{Change, Contact, ContactId, Entry, Handle, HandleKey, Link, Name, Origin, Time};
use hub::{History, Told};
use maud::{Markup, html};

use super::inbox::title;
use super::words;

/// The history section of a card.
pub fn section(contact: &Contact, history: &History, now: Time) -> Markup {
    html! {
        section #card-history aria-labelledby="history-title" {
            h2 #history-title { "History" }
            ol.history {
                @for told in &history.told {
                    li id={ "entry-" (told.entry.seq) } {
                        p { (sentence(told)) }
                        (words::moment(told.entry.at, now))
                        @if told.stands {
                            a.button.small href={ "/app/contacts/" (contact.id) "/split/" (told.entry.seq) } {
                                "Split" span.sr-only { " this merge" }
                            }
                        }
                    }
                }
            }
            @if let Some(before) = history.before {
                p.more { a href={ "/app/contacts/" (contact.id) "?before=" (before) } { "Earlier" } }
            }
        }
    }
}

fn sentence(told: &Told) -> Markup {
    match &told.entry.change {
        Change::Observed { kept_apart: Some(_), handles, .. } => html! {
            b { "Kept apart" } ": " (who(&told.entry)) " told of " (listed(handles))
            ", which would have joined what was split."
        },
        Change::Observed { name, description, handles, links, .. } => html! {
            b { (begin(who(&told.entry))) } " told us: " (facts(name.as_ref().map(Name::as_str),
                description.as_ref().map(contact::Description::as_str), handles, links)) "."
        },
        Change::Merged { because: None, .. } => html! {
            b { "Became one" } " with " (other(told)) ", because somebody here said so."
        },
        Change::Merged { .. } => html! {
            b { "Became one" } " with " (other(told))
            @if told.because.is_empty() { ", because they were told of together." }
            @else { ", because " (listed(&told.because)) " are one person's." }
        },
        Change::Split { .. } => html! { b { "Split off" } " " (other(told)) ". They stay apart." },
        Change::Shared { handle, shared: true } => html! {
            b { "Shared" } ": " (key(handle)) " is used by several people, and joins nobody."
        },
        Change::Shared { handle, shared: false } => html! {
            b { "Not shared" } ": " (key(handle)) " is one person's again."
        },
        Change::Removed { handles, links, .. } => html! {
            b { "Removed" } ": " (removed(handles, links)) "."
        },
        Change::Received { conversation, subject, snippet, .. } => html! {
            b { "Wrote" } ": " a href={ "/app/inbox/" (conversation) } { bdi { (title(subject, snippet)) } } "."
        },
    }
}

fn who(entry: &Entry) -> &'static str {
    match entry.origin {
        Origin::Api => "the contact API",
        Origin::Import => "an import",
        Origin::Message => "a message",
        Origin::Person => "somebody here",
    }
}

/// With a capital letter, to begin a sentence.
fn begin(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// What was told, the pieces between commas.
fn facts(name: Option<&str>, description: Option<&str>, handles: &[Handle], links: &[Link]) -> Markup {
    let mut pieces: Vec<Markup> = Vec::new();
    let mut piece = |what: &str, value: &str| {
        pieces.push(if value.is_empty() {
            html! { "no " (what) }
        } else {
            html! { (what) " " bdi { (value) } }
        });
    };
    if let Some(name) = name {
        piece("name", name);
    }
    if let Some(description) = description {
        piece("description", description);
    }
    for handle in handles {
        piece(words::source_within(handle.key().source()), handle.text());
    }
    for link in links {
        piece("link", link.as_str());
    }
    html! { @for (n, piece) in pieces.iter().enumerate() { @if n > 0 { ", " } (piece) } }
}

fn listed(handles: &[Handle]) -> Markup {
    html! {
        @for (n, handle) in handles.iter().enumerate() {
            @if n > 0 { @if n + 1 == handles.len() { " and " } @else { ", " } }
            bdi { (handle.text()) }
        }
    }
}

fn removed(handles: &[HandleKey], links: &[Link]) -> Markup {
    let links = links.iter().map(|link| html! { "link " bdi { (link.as_str()) } });
    let pieces: Vec<Markup> = handles.iter().map(key).chain(links).collect();
    html! { @for (n, piece) in pieces.iter().enumerate() { @if n > 0 { ", " } (piece) } }
}

fn key(handle: &HandleKey) -> Markup {
    html! { (words::source_within(handle.source())) " " bdi { (handle.as_str()) } }
}

/// The other side of a merge or a split, by the name it had by itself.
fn other(told: &Told) -> Markup {
    let link = |(id, name): &(ContactId, Name)| {
        html! {
            a href={ "/app/contacts/" (id) } data-card { bdi { (name.as_str()) } } " (" (id) ")"
        }
    };
    html! { @match &told.other { Some(other) => (link(other)), None => "another contact" } }
}
