//! The history of a contact, in sentences that a person can check.

use contact::{Change, Contact, ContactId, Entry, Group, Handle, HandleKey, HandleStatus, Link, Released, Text, Time};
use hub::{History, HistoryItem, OTHERS_MAX};
use maud::{Markup, html};

use crate::web::names::Names;
use crate::web::{custom, format};

/// Returns the history section of a card.
pub fn section(contact: &Contact, history: &History, names: &Names, now: Time) -> Markup {
    html! {
        section #card-history aria-labelledby="history-title" {
            h2 #history-title { "History" }
            ol.history {
                @for item in &history.items {
                    li id={ "entry-" (item.entry.seq) } {
                        p { (sentence(item, names)) }
                        (format::moment(item.entry.at, now))
                        @if !item.brought.is_empty() {
                            a.button.small href={ "/app/contacts/" (contact.id) "/split/" (item.entry.seq) } {
                                "Split" span.sr-only { " off what this brought in" }
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

fn sentence(item: &HistoryItem, names: &Names) -> Markup {
    let origin = item.entry.origin;
    match &item.entry.change {
        Change::Observed { kept_apart: Some(_), handles, .. } => html! {
            b { "Kept apart" } ": " (names.actor(origin)) " reported " (listed(handles))
            ", which would have merged contacts that are kept apart."
        },
        Change::Observed { .. } => observed(&item.entry, names),
        Change::Withdrawn { .. } => html! {
            b { (names.actor_capitalized(origin)) } " withdrew a record. What it reported counts as never reported."
        },
        Change::Merged { because: None, .. } => html! {
            b { "Became one" } " with " (others(item)) ", merged by " (names.actor(origin)) "."
        },
        Change::Merged { .. } => html! {
            b { "Became one" } " with " (others(item))
            @if item.because.is_empty() { ", because they were reported together." }
            @else { ", because both use " (listed(&item.because)) "." }
        },
        Change::Regrouped { before, .. } if before.len() > 1 => html! {
            b { "Brought together" } ": what is known of them shows one person."
        },
        Change::Regrouped { .. } if item.others.is_empty() => html! {
            b { "Changed" } " by what became known of its handles and records."
        },
        Change::Regrouped { .. } => html! { b { "Came apart" } " from " (others(item)) "." },
        Change::Split { .. } => html! {
            b { (names.actor_capitalized(origin)) } " split off " (others(item)) ". They stay apart."
        },
        Change::KeptApart { .. } => html! {
            b { (names.actor_capitalized(origin)) } " marked this and " (others(item)) " as not the same. They stay apart."
        },
        Change::HandleMarked { handle, status, .. } => marked(handle, *status),
        Change::Removed { released, links, groups, .. } if released.is_empty() && links.is_empty() => html! {
            b { (names.actor_capitalized(origin)) } " removed them from " (grouped(groups, names)) "."
        },
        Change::Removed { released, links, groups, .. } => html! {
            b { (names.actor_capitalized(origin)) } " removed: " (removed(released, links, groups, names)) "."
        },
        Change::Deleted { .. } => html! { b { (names.actor_capitalized(origin)) } " deleted this contact." },
        Change::Noted { author, .. } => html! { b { bdi { (names.teammate(*author)) } } " wrote a note." },
        Change::Received { conversation, subject, snippet, .. } => html! {
            b { "Wrote" } ": " a href={ "/app/inbox/" (conversation) } { bdi { (format::title(subject, snippet)) } } "."
        },
        // No contact has these entries.
        Change::Settings(_) | Change::AccountSet { .. } | Change::AccountDeleted { .. } => html! {
            b { (names.actor_capitalized(origin)) } " changed the company’s settings."
        },
    }
}

/// Returns what an observation reported, with commas between the values.
fn observed(entry: &Entry, names: &Names) -> Markup {
    let Change::Observed { attributes, handles, links, groups, custom, picture, owner, .. } = &entry.change else {
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
    for (attribute, text) in attributes.given() {
        piece(html! { (attribute.spec().label.to_lowercase()) }, text.as_str());
    }
    for handle in handles {
        piece(html! { (format::source_in_sentence(handle.key().source())) }, handle.text());
    }
    for link in links {
        piece(html! { "link" }, link.as_str());
    }
    for (name, value) in custom {
        piece(
            html! { bdi { (name.as_str()) } },
            &value.as_ref().map(|value| custom::display(&names.settings, name, value)).unwrap_or_default(),
        );
    }
    match picture {
        Some(Some(_)) => pieces.push(html! { "a picture" }),
        Some(None) => pieces.push(html! { "no picture" }),
        None => {}
    }
    pieces.extend(owner.iter().map(|owner| html! { "private to " bdi { (names.teammate(*owner)) } }));
    if pieces.is_empty() && !groups.is_empty() {
        return html! { b { (names.actor_capitalized(entry.origin)) } " added them to " (grouped(groups, names)) "." };
    }
    pieces.extend(groups.iter().map(|group| names.group(*group)));
    html! { b { (names.actor_capitalized(entry.origin)) } " reported: " (between_commas(&pieces)) "." }
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

fn marked(handle: &HandleKey, status: HandleStatus) -> Markup {
    match status {
        HandleStatus::Shared => html! {
            b { "Shared" } ": " (key(handle)) " is used by several people, and never merges contacts."
        },
        HandleStatus::SharedByEvidence => html! {
            b { "Taken to be shared" } ": " (key(handle)) " was reported for people with many different names."
        },
        HandleStatus::Plain => html! {
            b { "No longer taken to be shared" } ": " (key(handle)) " is reported for few people now."
        },
        HandleStatus::Blocked => html! { b { "Blocked" } ": " (key(handle)) " stands for nobody." },
        HandleStatus::Personal => html! { b { "Not shared" } ": " (key(handle)) " belongs to one person." },
    }
}

fn removed(released: &[Released], links: &[Link], groups: &[Group], names: &Names) -> Markup {
    let handles = released.iter().map(|released| &released.handle);
    let links = links.iter().map(|link| html! { "link " bdi { (link.as_str()) } });
    let groups = groups.iter().map(|group| names.group(*group));
    between_commas(&handles.map(key).chain(links).chain(groups).collect::<Vec<_>>())
}

fn key(handle: &HandleKey) -> Markup {
    html! { (format::source_in_sentence(handle.source())) " " bdi { (handle.as_str()) } }
}

/// Returns the other contacts of a merge or a split, by the names they had on their own.
fn others(item: &HistoryItem) -> Markup {
    let link = |(id, name): &(ContactId, Text)| {
        html! {
            a href={ "/app/contacts/" (id) } data-card { bdi { (name.as_str()) } } " (" (id) ")"
        }
    };
    html! {
        @if item.others.is_empty() { "another contact" }
        (between_commas(&item.others.iter().map(link).collect::<Vec<_>>()))
        @if item.others.len() == OTHERS_MAX { " and perhaps others" }
    }
}
