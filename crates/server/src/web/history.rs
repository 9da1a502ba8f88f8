//! The journal of a person, told in sentences that can be checked.

use contact::{Change, Contact, ContactId, Entry, Group, Handle, HandleKey, Link, Name, Time};
use hub::{History, HistoryItem};
use maud::{Markup, html};

use super::inbox::title;
use super::names::Names;
use super::{custom, words};

/// The history section of a card.
pub fn section(contact: &Contact, history: &History, names: &Names, now: Time) -> Markup {
    html! {
        section #card-history aria-labelledby="history-title" {
            h2 #history-title { "History" }
            ol.history {
                @for told in &history.items {
                    li id={ "entry-" (told.entry.seq) } {
                        p { (sentence(told, names)) }
                        (words::moment(told.entry.at, now))
                        @if told.can_undo {
                            a.button.small href={ "/app/contacts/" (contact.id) "/split/" (told.entry.seq) } {
                                "Split" span.sr-only { " this merge" }
                            }
                        }
                    }
                }
            }
            @if let Some(before) = history.next {
                p.more { a href={ "/app/contacts/" (contact.id) "?before=" (before) } { "Earlier" } }
            }
        }
    }
}

fn sentence(told: &HistoryItem, names: &Names) -> Markup {
    let origin = told.entry.origin;
    match &told.entry.change {
        Change::Observed { kept_apart: Some(_), handles, .. } => html! {
            b { "Kept apart" } ": " (names.who(origin)) " told of " (listed(handles))
            ", which would have joined what is kept apart."
        },
        Change::Observed { .. } => observed(&told.entry, names),
        Change::Merged { because: None, .. } => html! {
            b { "RowStatus one" } " with " (other(told)) ", because " (names.who(origin)) " said so."
        },
        Change::Merged { .. } => html! {
            b { "RowStatus one" } " with " (other(told))
            @if told.because.is_empty() { ", because they were told of together." }
            @else { ", because " (listed(&told.because)) " are one person's." }
        },
        Change::Split { .. } => html! {
            b { (names.begin(origin)) } " split off " (other(told)) ". They stay apart."
        },
        Change::KeptApart { .. } => html! {
            b { (names.begin(origin)) } " said that this and " (other(told)) " are not the same. They stay apart."
        },
        Change::Shared { handle, shared: true } => html! {
            b { "Shared" } ": " (key(handle)) " is used by several people, and joins nobody."
        },
        Change::Shared { handle, shared: false } => html! {
            b { "Not shared" } ": " (key(handle)) " is one person's again."
        },
        Change::Removed { handles, links, groups, .. } if handles.is_empty() && links.is_empty() => html! {
            b { (names.begin(origin)) } " took them from " (grouped(groups, names)) "."
        },
        Change::Removed { handles, links, groups, .. } => html! {
            b { (names.begin(origin)) } " removed: " (removed(handles, links, groups, names)) "."
        },
        Change::Deleted { .. } => html! { b { (names.begin(origin)) } " deleted this contact." },
        Change::Noted { author, .. } => html! { b { bdi { (names.teammate(*author)) } } " wrote a note." },
        Change::Received { conversation, subject, snippet, .. } => html! {
            b { "Wrote" } ": " a href={ "/app/inbox/" (conversation) } { bdi { (title(subject, snippet)) } } "."
        },
        // These are of no contact.
        Change::Settings(_) | Change::AccountSet { .. } | Change::AccountDeleted { .. } => html! {
            b { (names.begin(origin)) } " changed what the company has set up."
        },
    }
}

/// What an observation told, the pieces between commas.
fn observed(entry: &Entry, names: &Names) -> Markup {
    let Change::Observed { name, description, handles, links, groups, custom, picture, owner, .. } = &entry.change
    else {
        return html! {};
    };
    let mut pieces: Vec<Markup> = Vec::new();
    let mut piece = |what: Markup, value: &str| {
        pieces.push(if value.is_empty() {
            html! { "no " (what) }
        } else {
            html! { (what) " " bdi { (value) } }
        });
    };
    if let Some(name) = name {
        piece(html! { "name" }, name.as_str());
    }
    if let Some(description) = description {
        piece(html! { "description" }, description.as_str());
    }
    for handle in handles {
        piece(html! { (words::source_within(handle.key().source())) }, handle.text());
    }
    for link in links {
        piece(html! { "link" }, link.as_str());
    }
    for (name, value) in custom {
        piece(
            html! { bdi { (name.as_str()) } },
            &value.as_ref().map(|value| custom::told(&names.settings, name, value)).unwrap_or_default(),
        );
    }
    match picture {
        Some(Some(_)) => pieces.push(html! { "a picture" }),
        Some(None) => pieces.push(html! { "no picture" }),
        None => {}
    }
    pieces
        .extend(owner.iter().map(|owner| html! { "that this is " bdi { (names.teammate(*owner)) } "’s own contact" }));
    if pieces.is_empty() && !groups.is_empty() {
        return html! { b { (names.begin(entry.origin)) } " added them to " (grouped(groups, names)) "." };
    }
    pieces.extend(groups.iter().map(|group| names.group(*group)));
    html! { b { (names.begin(entry.origin)) } " told us: " (between_commas(&pieces)) "." }
}

fn between_commas(pieces: &[Markup]) -> Markup {
    html! { @for (n, piece) in pieces.iter().enumerate() { @if n > 0 { ", " } (piece) } }
}

fn grouped(groups: &[Group], names: &Names) -> Markup {
    between_commas(&groups.iter().map(|group| names.group(*group)).collect::<Vec<_>>())
}

fn listed(handles: &[Handle]) -> Markup {
    html! {
        @for (n, handle) in handles.iter().enumerate() {
            @if n > 0 { @if n + 1 == handles.len() { " and " } @else { ", " } }
            bdi { (handle.text()) }
        }
    }
}

fn removed(handles: &[HandleKey], links: &[Link], groups: &[Group], names: &Names) -> Markup {
    let links = links.iter().map(|link| html! { "link " bdi { (link.as_str()) } });
    let groups = groups.iter().map(|group| names.group(*group));
    between_commas(&handles.iter().map(key).chain(links).chain(groups).collect::<Vec<_>>())
}

fn key(handle: &HandleKey) -> Markup {
    html! { (words::source_within(handle.source())) " " bdi { (handle.as_str()) } }
}

/// The other side of a merge or a split, by the name it had by itself.
fn other(told: &HistoryItem) -> Markup {
    let link = |(id, name): &(ContactId, Name)| {
        html! {
            a href={ "/app/contacts/" (id) } data-card { bdi { (name.as_str()) } } " (" (id) ")"
        }
    };
    html! { @match &told.other { Some(other) => (link(other)), None => "another contact" } }
}
