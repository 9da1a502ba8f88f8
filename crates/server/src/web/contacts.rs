//! Contacts: the latest change first, and search while typing.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use contact::{Contact, ContactId, Group, List, Seq, Time};
use hub::{Cursor, Mark};
use maud::{Markup, html};
use serde::Deserialize;

use super::error::Error;
use super::layout::{self, Page, Place};
use super::session::SignedIn;
use super::words::{self, called, monogram};
use super::{alike, names, settings};
use crate::App;

const PAGE_SIZE: usize = 50;
/// Lists in the row above, besides the one that is chosen.
const LISTS_SHOWN: usize = 20;
/// Characters of a description in a row.
pub const ABOUT_CHARS_SHOWN: usize = 300;

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    /// The list goes on after this contact: the entry that last changed it, and its id. Of a list of the company, the id
    /// alone.
    after: Option<String>,
    /// Only those on this list.
    list: Option<String>,
}

/// The contacts that are shown.
struct Shown<'a> {
    contacts: Vec<Contact>,
    /// The query of the page that goes on.
    next: Option<String>,
    query: &'a str,
    list: Option<List>,
}

pub async fn list(
    State(app): State<App>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    by: SignedIn,
) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let directory = app.hub.directory(by.company.id).await?;
    let viewer = by.teammate.as_ref().map(|teammate| teammate.id);
    let lists = names::lists(&directory, viewer);
    let shown = find(&app, &by, &asked, &lists).await?;
    let alike = alike::link(&app, &by).await?;
    let content = html! {
        div.people-head {
            h1 { "Contacts" }
            (layout::find("/app/contacts", "Name, handle or description", shown.query))
        }
        (choose(&lists, shown.list.as_ref()))
        (alike)
        (results(&app, &headers, &by, &shown))
    };
    Ok(Page { place: Place::Contacts, title: "Contacts", seen }.show("page wide", &content))
}

async fn find<'a>(app: &App, by: &SignedIn, asked: &'a Asked, lists: &[&List]) -> Result<Shown<'a>, Error> {
    let query = asked.q.trim();
    if !query.is_empty() {
        let contacts = app.hub.search(by.company.id, query).await?;
        return Ok(Shown { contacts, next: None, query, list: None });
    }
    let Some(list) = asked.list.as_deref().filter(|list| !list.is_empty()) else {
        let page = app.hub.contacts(by.company.id, cursor(asked.after.as_deref()), PAGE_SIZE).await?;
        let next = page.next.map(|(seq, id)| format!("?after={seq}-{id}"));
        return Ok(Shown { contacts: page.contacts, next, query, list: None });
    };
    let list = lists.iter().find(|one| one.id.to_string() == list);
    let list = (*list.ok_or(Error::NotFound("There is no such list."))?).clone();
    let (contacts, next) = members(app, by, Group::List(list.id), asked.after.as_deref()).await?;
    let next = next.map(|after| format!("?list={}&after={after}", list.id));
    Ok(Shown { contacts, next, query, list: Some(list) })
}

/// Some of those in a list or an account, and the contact that they go on after.
pub async fn members(
    app: &App,
    by: &SignedIn,
    group: Group,
    after: Option<&str>,
) -> Result<(Vec<Contact>, Option<ContactId>), Error> {
    let after: Option<ContactId> = after.and_then(|after| after.parse().ok());
    let mark = after.map(|after| Mark::After { changed: Seq(0), number: after.number(), began: Seq(0) });
    let page = app.hub.members(by.company.id, group, mark, PAGE_SIZE).await?;
    let next = page.next.map(|(Mark::After { number, .. } | Mark::Since { number, .. })| number);
    Ok((page.items, next.and_then(ContactId::from_number)))
}

/// The row of lists to choose from.
fn choose(lists: &[&List], chosen: Option<&List>) -> Markup {
    let is_chosen = |list: &List| chosen.is_some_and(|chosen| chosen.id == list.id);
    let is_shown = |(n, list): &(usize, &&List)| *n < LISTS_SHOWN || is_chosen(list);
    html! {
        nav #lists.tabs aria-label="Lists" data-live="directory" data-said="The lists have changed."
            hidden[lists.is_empty()] {
            ul {
                li { a href="/app/contacts" aria-current=[chosen.is_none().then_some("page")] { "Everybody" } }
                @for (_, list) in lists.iter().enumerate().filter(is_shown) {
                    li id={ "tab-" (list.id) } {
                        a href={ "/app/contacts?list=" (list.id) } aria-current=[is_chosen(list).then_some("page")] {
                            bdi { (list.name.as_str()) }
                        }
                    }
                }
                @if lists.len() > LISTS_SHOWN { li { a href="/app/settings/lists" { "All lists" } } }
            }
        }
    }
}

fn results(app: &App, headers: &HeaderMap, by: &SignedIn, shown: &Shown) -> Markup {
    let Shown { contacts, next, query, list } = shown;
    html! {
        div #results data-live="contacts" data-said=(said(contacts.len(), query)) {
            @if contacts.is_empty() && !query.is_empty() {
                p.nothing {
                    "Nobody has words that begin with “" bdi { (query) } "”. "
                    a href="/app/contacts" { "Show everybody" }
                }
            } @else if contacts.is_empty() && list.is_some() {
                p.nothing { "Nobody is on this list yet. Contacts are added to it on their cards." }
            } @else if contacts.is_empty() {
                (nobody_yet(app, headers, by))
            } @else {
                (rows(contacts, app.hub.now()))
            }
            @if let Some(next) = next { p.more { a href=(next) { "More" } } }
        }
    }
}

/// Contacts in a list, each a row.
pub fn rows(contacts: &[Contact], now: Time) -> Markup {
    html! { ul.rows.people data-rows { @for contact in contacts { (row(contact, now)) } } }
}

fn said(found: usize, query: &str) -> String {
    match found {
        _ if query.is_empty() => "Contacts have changed.".into(),
        0 => "Nobody found".into(),
        1 => "1 person found".into(),
        found => format!("{found} people found"),
    }
}

fn row(contact: &Contact, now: Time) -> Markup {
    let page = format!("/app/contacts/{}", contact.id);
    html! {
        li id={ "row-" (contact.id) } {
            (monogram(contact))
            a.row-link.row-name href=(page) data-card { bdi { (called(contact)) } }
            (about(contact))
            (words::time(contact.changed_at, now))
        }
    }
}

/// What a row says of somebody besides their name.
pub fn about(contact: &Contact) -> Markup {
    let description: String = contact.description.as_str().chars().take(ABOUT_CHARS_SHOWN).collect();
    html! {
        @if !description.trim().is_empty() { span.row-about { bdi { (description) } } }
        @if let Some((first, more)) = contact.handles.split_first() {
            span.row-text {
                bdi { (first.text()) } @if !more.is_empty() { ", " (more.len()) " more" }
            }
        }
    }
}

fn nobody_yet(app: &App, headers: &HeaderMap, by: &SignedIn) -> Markup {
    html! {
        section aria-labelledby="empty-title" {
            h2 #empty-title { "Nobody yet" }
            p.muted {
                "Tell Kith of somebody: run this line, and the contact appears here at once. "
                code { "PASSWORD" } " is the one you signed in with."
            }
            (layout::command(&settings::curl(app, headers, by)))
        }
    }
}

fn cursor(text: Option<&str>) -> Option<Cursor> {
    let (seq, id) = text?.split_once('-')?;
    Some((Seq(seq.parse().ok()?), id.parse::<ContactId>().ok()?))
}
