//! The contact card: who somebody is, what they wrote, why they are one person, and last of all their links.

use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{Contact, ContactId, FieldTarget, Handle, HandleKey, Link, Seq, Source, Time};
use hub::{ConversationList, History, Note};
use maud::{Markup, html};
use serde::Deserialize;

use super::error::Error;
use super::form::Reasons;
use super::inbox::title;
use super::layout::{self, Icon, Page, Place, icon};
use super::names::Names;
use super::session::SignedIn;
use super::words::{self, called};
use super::{custom, groups, history, notes};
use crate::App;

/// Conversations that a card shows.
const CONVERSATIONS_SHOWN: usize = 10;

/// Conversations that a card reads, so that it can count some of the earlier ones.
const CONVERSATIONS_READ: usize = 50;

#[derive(Deserialize, Default)]
pub struct Asked {
    /// The history goes back from this entry.
    before: Option<u64>,
    /// Show every note.
    pub notes: Option<String>,
}

/// What a card shows besides the contact.
pub struct Around {
    pub talks: ConversationList,
    pub history: History,
    pub shared: Vec<HandleKey>,
    pub notes: Vec<Note>,
    pub names: Names,
    /// What a list or an account can be chosen from.
    pub choices: groups::Choices,
    pub now: Time,
}

/// Why what was sent from a card was not taken, and the text that was sent.
#[derive(Default)]
pub struct Refused {
    pub reasons: Reasons,
    pub text: String,
}

pub async fn page(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    by: SignedIn,
) -> Result<Markup, Error> {
    show(&app, &by, &id, &asked, &Refused::default()).await
}

/// The page of a contact.
pub async fn show(app: &App, by: &SignedIn, id: &str, asked: &Asked, refused: &Refused) -> Result<Markup, Error> {
    let company = by.company.id;
    let seen = app.hub.head(company).await?;
    let contact = &find(app, by, id).await?;
    let talks = app.hub.conversations(company, Some(contact.id), false, None, CONVERSATIONS_READ).await?;
    let history = app.hub.history(company, contact.id, asked.before.map(Seq)).await?;
    let shared = app.hub.shared_handles(company, contact.id).await?;
    let notes = app.hub.notes(company, contact.id).await?;
    let entries: Vec<_> = history.items.iter().map(|told| &told.entry).collect();
    let names = Names::load(app, by, &contact.groups, &entries).await?;
    let choices = groups::Choices::load(app, by).await?;
    let around = Around { talks, history, shared, notes, names, choices, now: app.hub.now() };
    let content = html! {
        (layout::crumb("/app/contacts", &html! { "Contacts" }))
        (card(by, contact, &around, asked, refused))
    };
    Ok(Page { place: Place::Contacts, title: called(contact), seen }.show("page", &content))
}

/// The person that an id in an address stands for.
pub async fn find(app: &App, by: &SignedIn, id: &str) -> Result<Contact, Error> {
    let gone = || Error::NotFound("There is no such contact.");
    let id: ContactId = id.parse().map_err(|_| gone())?;
    app.hub.contact(by.company.id, id).await?.ok_or_else(gone)
}

/// Where a form of a card is sent to, whoever goes there otherwise is led to the card.
pub async fn back(State(app): State<App>, Path(id): Path<String>, by: SignedIn) -> Result<Redirect, Error> {
    let contact = find(&app, &by, &id).await?;
    Ok(Redirect::to(&format!("/app/contacts/{}", contact.id)))
}

/// The bytes of a contact's picture.
pub async fn picture(State(app): State<App>, Path(id): Path<String>, by: SignedIn) -> Result<Response, Error> {
    let contact = find(&app, &by, &id).await?;
    let found = match contact.picture {
        Some(info) => app.hub.picture(by.company.id, info.entry).await?,
        None => None,
    };
    let picture = found.ok_or(Error::NotFound("There is no such picture."))?;
    Ok(([(CONTENT_TYPE, picture.kind.media_type())], picture.content.to_vec()).into_response())
}

fn card(by: &SignedIn, contact: &Contact, around: &Around, asked: &Asked, refused: &Refused) -> Markup {
    let people = std::iter::once(contact.id).chain(contact.merged.iter().copied()).map(|id| id.to_string());
    let talks = around.talks.items.iter().map(|talk| talk.conversation.id.to_string());
    let topics = people.chain(talks).chain(["directory".into()]).collect::<Vec<_>>().join(" ");
    html! {
        article #card.card data-live=(topics) data-said={ (called(contact)) " has changed." } {
            (head(contact, &around.names))
            (handles(contact, &around.shared))
            (groups::section(by, contact, around, &refused.reasons))
            (custom::section(&contact.custom, &around.names.settings, FieldTarget::Contact, around.now))
            (notes::section(by, contact, around, asked.notes.is_some(), refused))
            (conversations(&around.talks, around.now))
            (history::section(contact, &around.history, &around.names, around.now))
            (links(&contact.links))
        }
    }
}

fn head(contact: &Contact, names: &Names) -> Markup {
    let page = format!("/app/contacts/{}", contact.id);
    html! {
        header #card-head.card-head {
            (words::portrait(contact))
            h1 { bdi { (called(contact)) } }
            @if contact.description.as_str().trim().is_empty() { p.nothing { "No description" } }
            @else { p dir="auto" { (contact.description.as_str()) } }
            @if let Some(owner) = contact.owner { p.muted { bdi { (names.teammate(owner)) } "’s own contact" } }
            div.actions {
                a.button href={ (page) "/edit" } { "Edit" }
                a.button href={ (page) "/merge" } { "Merge with…" }
                a.button href={ (page) "/delete" } { "Delete…" }
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

fn conversations(talks: &ConversationList, now: Time) -> Markup {
    html! {
        section #card-conversations aria-labelledby="conversations-title" {
            h2 #conversations-title { "Conversations" }
            @if talks.items.is_empty() { p.nothing { "None yet." } } @else {
                ul.lines {
                    @for talk in talks.items.iter().take(CONVERSATIONS_SHOWN) {
                        li {
                            a href={ "/app/inbox/" (talk.conversation.id) } {
                                bdi { (title(&talk.conversation.subject, &talk.conversation.snippet)) }
                            }
                            (words::time(talk.conversation.changed_at, now))
                        }
                    }
                }
            }
            @if talks.items.len() > CONVERSATIONS_SHOWN {
                p.nothing { (talks.items.len() - CONVERSATIONS_SHOWN) " earlier ones are in the inbox." }
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
