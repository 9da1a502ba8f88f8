//! The contact card: name, handles, groups, notes, conversations, history and links.

pub mod data;
mod groups;
mod history;
mod notes;

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{Attribute, CardProperty, Contact, FieldTarget, Handle, HandleKey, Link, NotUsed, Seq, Source, Time};
use hub::{ConversationList, HISTORY_MAX};
use maud::{Markup, html};
use serde::Deserialize;

use super::error::Error;
use super::layout::{self, Icon, NavItem, Page, icon};
use super::parts::{Path, Query};
use super::person::{self, display_name};
use super::session::SignedIn;
use super::{custom, format};
use crate::App;
use crate::sentence::names::Names;
use data::{CardData, Choices, Refused};

/// Conversations that a card shows.
const CONVERSATIONS_SHOWN: usize = 10;

/// Conversations that a card reads, so that it can count the earlier ones.
const CONVERSATIONS_READ: usize = 50;

#[derive(Deserialize, Default)]
pub struct Params {
    /// The history shows entries before this one.
    before: Option<u64>,
    /// Show every note.
    pub notes: Option<String>,
}

pub async fn page(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(params): Query<Params>,
    by: SignedIn,
) -> Result<Markup, Error> {
    show(&app, &by, &id, &params, &Refused::default()).await
}

/// Returns the page of a contact.
pub async fn show(app: &App, by: &SignedIn, id: &str, params: &Params, refused: &Refused) -> Result<Markup, Error> {
    let company = by.company.id;
    let seen = app.hub.head(company).await?;
    let contact = &person::find(app, by, id).await?;
    let conversations = app.hub.conversations(company, Some(contact.id), false, None, CONVERSATIONS_READ).await?;
    let history = app.hub.history(company, contact.id, params.before.map(Seq), HISTORY_MAX).await?;
    let shared = app.hub.shared_handles(company, contact.id).await?;
    let notes = app.hub.notes(company, contact.id).await?;
    let entries: Vec<_> = history.items.iter().map(|item| &item.entry).collect();
    let names = Names::load(app, company, by.viewer(), &contact.groups, &entries).await?;
    let choices = Choices::load(app, by).await?;
    let data = CardData { conversations, history, shared, notes, names, choices, now: app.hub.now() };
    let content = html! {
        (layout::back_link("/app/contacts", &html! { "Contacts" }))
        (card(by, contact, &data, params, refused))
    };
    Ok(Page { nav: NavItem::Contacts, title: display_name(contact), seen }.render("page", &content))
}

/// Redirects a GET of a form's address to the card, as after a reload or a new sign-in.
pub async fn back(State(app): State<App>, Path(id): Path<String>, by: SignedIn) -> Result<Redirect, Error> {
    let contact = person::find(&app, &by, &id).await?;
    Ok(Redirect::to(&format!("/app/contacts/{}", contact.id)))
}

/// Returns a contact's picture.
pub async fn picture(State(app): State<App>, Path(id): Path<String>, by: SignedIn) -> Result<Response, Error> {
    let contact = person::find(&app, &by, &id).await?;
    let found = match contact.picture {
        Some(info) => app.hub.picture(by.company.id, info.entry).await?,
        None => None,
    };
    let picture = found.ok_or(Error::NotFound("Picture not found."))?;
    Ok(([(CONTENT_TYPE, picture.kind.media_type())], picture.content.to_vec()).into_response())
}

fn card(by: &SignedIn, contact: &Contact, data: &CardData, params: &Params, refused: &Refused) -> Markup {
    let people = std::iter::once(contact.id).chain(contact.others.iter().copied()).map(|id| id.to_string());
    let threads = data.conversations.items.iter().map(|one| one.conversation.id.to_string());
    let topics = people.chain(threads).chain(["directory".into()]).collect::<Vec<_>>().join(" ");
    html! {
        article #card.card data-live=(topics) data-announce={ (display_name(contact)) " has changed." } {
            (head(contact, &data.names))
            (handles(contact, &data.shared))
            (about(contact))
            (groups::section(by, contact, data, &refused.errors))
            (custom::section(&contact.custom, &data.names.settings, FieldTarget::Contact, data.now))
            (notes::section(by, contact, data, params.notes.is_some(), refused))
            (conversations(&data.conversations, data.now))
            (history::section(contact, &data.history, &data.names, data.now))
            (more(&contact.properties))
            (links(&contact.links))
        }
    }
}

fn head(contact: &Contact, names: &Names) -> Markup {
    let page = format!("/app/contacts/{}", contact.id);
    html! {
        header #card-head.card-head {
            (person::portrait(contact))
            h1 { bdi { (display_name(contact)) } }
            @let description = contact.attributes[Attribute::Description].as_str();
            @if description.trim().is_empty() { p.nothing { "No description" } }
            @else { p dir="auto" { (description) } }
            @if let Some(owner) = contact.owner { p.muted { bdi { (names.teammate(owner)) } "’s private contact" } }
            div.actions {
                a.button href={ (page) "/edit" } { "Edit" }
                a.button href={ (page) "/merge" } { "Merge with…" }
                a.button href={ (page) "/delete" } { "Delete…" }
            }
        }
    }
}

/// What else is known of the person, without the name and the description, which are above.
fn about(contact: &Contact) -> Markup {
    let is_here = |attribute: Attribute| !matches!(attribute, Attribute::Name | Attribute::Description);
    let facts =
        contact.attributes.iter().filter(|(attribute, text)| is_here(*attribute) && !text.as_str().trim().is_empty());
    let facts: Vec<_> = facts.collect();
    html! {
        section #card-about aria-labelledby="about-title" hidden[facts.is_empty()] {
            h2 #about-title { "About" }
            dl.given {
                @for (attribute, text) in facts {
                    dt { (attribute.spec().label) }
                    dd dir="auto" { @for (n, line) in text.as_str().lines().enumerate() { @if n > 0 { br; } (line) } }
                }
            }
        }
    }
}

fn handles(contact: &Contact, shared: &BTreeMap<HandleKey, NotUsed>) -> Markup {
    let of = |source: Source| -> Vec<&Handle> {
        contact.handles.iter().filter(|handle| handle.key().source() == source).collect()
    };
    let groups: Vec<(Source, Vec<&Handle>)> = Source::ALL.into_iter().map(|source| (source, of(source))).collect();
    html! {
        section #card-handles aria-labelledby="handles-title" {
            h2 #handles-title { "Handles" }
            @if contact.handles.is_empty() { p.nothing { "None. No incoming data can match this contact." } }
            dl.handles {
                @for (source, handles) in groups.iter().filter(|(_, handles)| !handles.is_empty()) {
                    div {
                        dt { (format::source(*source)) }
                        @for handle in handles { (one(handle, shared.get(handle.key()).copied())) }
                    }
                }
            }
        }
    }
}

fn one(handle: &Handle, obstacle: Option<NotUsed>) -> Markup {
    html! {
        dd {
            bdi { (handle.text()) }
            @if let Some(label) = handle.label() { span.muted.small { bdi { (label.as_str()) } } }
            @if let Some(obstacle) = obstacle {
                span.shared title={ "It never merges contacts: it is " (obstacle.reason()) } { (label(obstacle)) }
            }
            button.copy.quiet type="button" data-copy=(handle.text()) aria-label={ "Copy " (handle.text()) } {
                (icon(Icon::Copy))
            }
        }
    }
}

fn label(obstacle: NotUsed) -> &'static str {
    match obstacle {
        NotUsed::Placeholder => "placeholder",
        NotUsed::Blocked => "blocked",
        _ => "shared",
    }
}

fn conversations(list: &ConversationList, now: Time) -> Markup {
    html! {
        section #card-conversations aria-labelledby="conversations-title" {
            h2 #conversations-title { "Conversations" }
            @if list.items.is_empty() { p.nothing { "None yet." } } @else {
                ul.lines {
                    @for summary in list.items.iter().take(CONVERSATIONS_SHOWN) {
                        li {
                            a href={ "/app/inbox/" (summary.conversation.id) } {
                                bdi { (format::title(&summary.conversation.subject, &summary.conversation.snippet)) }
                            }
                            (format::time(summary.conversation.changed_at, now))
                        }
                    }
                }
            }
            @if list.items.len() > CONVERSATIONS_SHOWN {
                p.nothing { (list.items.len() - CONVERSATIONS_SHOWN) " earlier ones are in the inbox." }
            }
        }
    }
}

/// What vCards say of the person that has no place of its own.
fn more(properties: &[CardProperty]) -> Markup {
    let shown: Vec<&CardProperty> = properties.iter().filter(|property| !files::is_in_attribute(property)).collect();
    html! {
        section #card-more aria-labelledby="more-title" hidden[shown.is_empty()] {
            h2 #more-title { "From vCards" }
            dl.given {
                @for property in shown {
                    dt { bdi { (property.name()) } }
                    dd dir="auto" { (property.value()) }
                }
            }
        }
    }
}

/// The links to other systems, at the end of the card.
fn links(links: &[Link]) -> Markup {
    html! {
        section #card-links.links aria-labelledby="links-title" {
            h2 #links-title { "Links" }
            @if links.is_empty() { p.nothing { "None yet. Links to a CRM or a shop appear here." } } @else {
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

/// Returns a link without `https://` and the last slash.
fn shown(link: &Link) -> &str {
    let text = link.as_str();
    let text = text.strip_prefix("https://").unwrap_or(text);
    text.strip_suffix('/').unwrap_or(text)
}
