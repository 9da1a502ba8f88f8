//! The contact card: who somebody is, what they wrote, why they are one person, and last of all their links.

use axum::extract::{Path, Query, State};
use contact::{Contact, ContactId, Handle, HandleKey, Link, Seq, Source, Time};
use hub::{History, Talks};
use maud::{Markup, html};
use serde::Deserialize;

use super::error::Error;
use super::history;
use super::inbox::title;
use super::layout::{self, Icon, Page, Place, icon};
use super::session::SignedIn;
use super::words::{self, called};
use crate::App;

/// Conversations that a card shows.
const CONVERSATIONS_SHOWN: usize = 10;

#[derive(Deserialize)]
pub struct Asked {
    /// The history goes back from this entry.
    before: Option<u64>,
}

/// What a card shows besides the contact.
struct Around {
    talks: Talks,
    history: History,
    shared: Vec<HandleKey>,
    now: Time,
}

pub async fn page(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    by: SignedIn,
) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let contact = find(&app, &by, &id).await?;
    let talks = app.hub.conversations(by.company.id, Some(contact.id), None).await?;
    let history = app.hub.history(by.company.id, contact.id, asked.before.map(Seq)).await?;
    let shared = app.hub.shared_handles(by.company.id, contact.id).await?;
    let now = app.hub.now();
    let content = html! {
        (layout::crumb("/app/contacts", &html! { "Contacts" }))
        (card(&contact, &Around { talks, history, shared, now }))
    };
    Ok(Page { place: Place::Contacts, title: called(&contact), seen }.show("page", &content))
}

/// The person that an id in an address stands for.
pub async fn find(app: &App, by: &SignedIn, id: &str) -> Result<Contact, Error> {
    let gone = || Error::NotFound("There is no such contact.");
    let id: ContactId = id.parse().map_err(|_| gone())?;
    app.hub.contact(by.company.id, id).await?.ok_or_else(gone)
}

fn card(contact: &Contact, around: &Around) -> Markup {
    let people = std::iter::once(contact.id).chain(contact.merged.iter().copied()).map(|id| id.to_string());
    let talks = around.talks.talks.iter().map(|talk| talk.conversation.id.to_string());
    let topics = people.chain(talks).collect::<Vec<_>>().join(" ");
    html! {
        article #card.card data-live=(topics) data-said={ (called(contact)) " has changed." } {
            (head(contact))
            (handles(contact, &around.shared))
            (conversations(&around.talks, around.now))
            (history::section(contact, &around.history, around.now))
            (links(&contact.links))
        }
    }
}

fn head(contact: &Contact) -> Markup {
    html! {
        header #card-head.card-head {
            (words::large_monogram(contact))
            h1 { bdi { (called(contact)) } }
            @if contact.description.as_str().trim().is_empty() { p.nothing { "No description" } }
            @else { p dir="auto" { (contact.description.as_str()) } }
            div.actions {
                a.button href={ "/app/contacts/" (contact.id) "/edit" } { "Edit" }
                a.button href={ "/app/contacts/" (contact.id) "/merge" } { "Merge with…" }
            }
        }
    }
}

fn handles(contact: &Contact, shared: &[HandleKey]) -> Markup {
    let of = |source: Source| -> Vec<&Handle> {
        contact.handles.iter().filter(|handle| handle.key().source() == source).collect()
    };
    let groups: Vec<(Source, Vec<&Handle>)> = Source::ALL.into_iter().map(|source| (source, of(source))).collect();
    html! {
        section #card-handles aria-labelledby="handles-title" {
            h2 #handles-title { "Handles" }
            @if contact.handles.is_empty() { p.nothing { "None. Nothing that is told finds this contact." } }
            dl.handles {
                @for (source, handles) in groups.iter().filter(|(_, handles)| !handles.is_empty()) {
                    div {
                        dt { (words::source(*source)) }
                        @for handle in handles { (one(handle, shared.contains(handle.key()))) }
                    }
                }
            }
        }
    }
}

fn one(handle: &Handle, is_shared: bool) -> Markup {
    html! {
        dd {
            bdi { (handle.text()) }
            @if is_shared {
                span.shared title="Several people use it: it never joins two contacts" { "shared" }
            }
            button.copy.quiet type="button" data-copy=(handle.text()) aria-label={ "Copy " (handle.text()) } {
                (icon(Icon::Copy))
            }
        }
    }
}

fn conversations(talks: &Talks, now: Time) -> Markup {
    html! {
        section #card-conversations aria-labelledby="conversations-title" {
            h2 #conversations-title { "Conversations" }
            @if talks.talks.is_empty() { p.nothing { "None yet." } } @else {
                ul.lines {
                    @for talk in talks.talks.iter().take(CONVERSATIONS_SHOWN) {
                        li {
                            a href={ "/app/inbox/" (talk.conversation.id) } {
                                bdi { (title(&talk.conversation.subject, &talk.conversation.snippet)) }
                            }
                            (words::time(talk.conversation.changed_at, now))
                        }
                    }
                }
            }
            @if talks.talks.len() > CONVERSATIONS_SHOWN {
                p.nothing { (talks.talks.len() - CONVERSATIONS_SHOWN) " earlier ones are in the inbox." }
            }
        }
    }
}

/// The last of the card: how a team gets to its other systems.
fn links(links: &[Link]) -> Markup {
    html! {
        section #card-links.links aria-labelledby="links-title" {
            h2 #links-title { "Links" }
            @if links.is_empty() { p.nothing { "None yet. Links to a CRM or a shop stand here." } } @else {
                ul {
                    @for link in links {
                        li {
                            a href=(link.as_str()) target="_blank" rel="noopener noreferrer" {
                                bdi { (shown(link)) } (icon(Icon::Out))
                                span.sr-only { " (opens in a new tab)" }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A link without what goes without saying.
fn shown(link: &Link) -> &str {
    let text = link.as_str();
    let text = text.strip_prefix("https://").unwrap_or(text);
    text.strip_suffix('/').unwrap_or(text)
}
