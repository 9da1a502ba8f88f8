//! Contacts: the latest change first, and search while typing.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use contact::{Contact, ContactId, Group, List, Time};
use hub::{ContactFilter, Found, Order, PART_LETTERS_MIN, Query as Wanted};
use maud::{Markup, html};
use serde::Deserialize;

use super::error::Error;
use super::layout::{self, Page, Place};
use super::session::SignedIn;
use super::words::{self, called, monogram};
use super::{cursor, duplicates, found, names, settings};
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
    /// What is looked for, or why it is not.
    wanted: Option<Result<Wanted, String>>,
    /// Whether there may be more that are not found yet.
    is_complete: bool,
    list: Option<List>,
}

impl<'a> Shown<'a> {
    fn of(contacts: Vec<Contact>) -> Shown<'a> {
        Shown { contacts, next: None, query: "", wanted: None, is_complete: true, list: None }
    }

    fn wanted(&self) -> Option<&Wanted> {
        self.wanted.as_ref()?.as_ref().ok()
    }
}

pub async fn list(
    State(app): State<App>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    by: SignedIn,
) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let settings = app.hub.settings(by.company.id).await?;
    let viewer = by.teammate.as_ref().map(|teammate| teammate.id);
    let lists = names::lists(&settings, viewer);
    let shown = find(&app, &by, &asked, &lists).await?;
    let alike = duplicates::link(&app, &by).await?;
    let content = html! {
        div.people-head {
            h1 { "Contacts" }
            (layout::find("/app/contacts", "Name, handle, description or link", shown.query))
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
        let wanted = match Wanted::parse(query, by.company.region) {
            Ok(wanted) => wanted.with_own_of(by.teammate.as_ref().map(|teammate| teammate.id)),
            Err(error) => {
                let wanted = Some(Err(error.to_string()));
                return Ok(Shown { query, wanted, ..Shown::of(Vec::new()) });
            }
        };
        let Found { contacts, is_complete } = app.hub.search(by.company.id, &wanted, PAGE_SIZE).await?;
        return Ok(Shown { query, wanted: Some(Ok(wanted)), is_complete, ..Shown::of(contacts) });
    }
    let Some(list) = asked.list.as_deref().filter(|list| !list.is_empty()) else {
        let (filter, after) = (ContactFilter::default(), cursor::parse(asked.after.as_deref()));
        let page = app.hub.contacts(by.company.id, filter, Order::LATEST_CHANGE, after, PAGE_SIZE).await?;
        let last = page.items.last().filter(|_| page.next.is_some());
        let next = last.map(|last| cursor::query(last.changed, last.id));
        return Ok(Shown { next, ..Shown::of(page.items) });
    };
    let list = lists.iter().find(|one| one.id.to_string() == list);
    let list = (*list.ok_or(Error::NotFound("There is no such list."))?).clone();
    let (contacts, next) = members(app, by, Group::List(list.id), asked.after.as_deref()).await?;
    let next = next.map(|after| format!("?list={}&after={after}", list.id));
    Ok(Shown { next, list: Some(list), ..Shown::of(contacts) })
}

/// Some of those in a list or an account, and the contact that they go on after.
pub async fn members(
    app: &App,
    by: &SignedIn,
    group: Group,
    after: Option<&str>,
) -> Result<(Vec<Contact>, Option<ContactId>), Error> {
    let after: Option<ContactId> = after.and_then(|after| after.parse().ok());
    let page = app.hub.members(by.company.id, group, after, PAGE_SIZE).await?;
    Ok((page.items, page.next))
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
    let Shown { contacts, next, query, list, .. } = shown;
    html! {
        div #results data-live="contacts" data-said=(said(contacts.len(), query)) {
            @if !shown.is_complete {
                p.nothing { "Contacts are still being made ready for searches, so some are not found yet." }
            }
            @if let Some(Err(reason)) = &shown.wanted {
                p.nothing { (reason) }
            } @else if contacts.is_empty() && !query.is_empty() {
                (nobody_found(query))
            } @else if contacts.is_empty() && list.is_some() {
                p.nothing { "Nobody is on this list yet. Contacts are added to it on their cards." }
            } @else if contacts.is_empty() {
                (nobody_yet(app, headers, by))
            } @else {
                (rows(contacts, shown.wanted(), app.hub.now()))
            }
            @if let Some(next) = next { p.more { a href=(next) { "More" } } }
        }
    }
}

/// Contacts in a list, each a row, with what was looked for marked.
pub fn rows(contacts: &[Contact], wanted: Option<&Wanted>, now: Time) -> Markup {
    html! { ul.rows.people data-rows { @for contact in contacts { (row(contact, wanted, now)) } } }
}

fn nobody_found(query: &str) -> Markup {
    html! {
        p.nothing {
            "Nobody was found for “" bdi { (query) } "”. What finds somebody is any part of their name, e-mail address, phone "
            "number, Twitter name, description or links, from " (PART_LETTERS_MIN) " characters on; or the first letters of a "
            "word. " a href="/app/contacts" { "Show all_contacts" }
        }
    }
}

fn said(found: usize, query: &str) -> String {
    match found {
        _ if query.is_empty() => "Contacts have changed.".into(),
        0 => "Nobody found".into(),
        1 => "1 person found".into(),
        found => format!("{found} people found"),
    }
}

fn row(contact: &Contact, wanted: Option<&Wanted>, now: Time) -> Markup {
    let page = format!("/app/contacts/{}", contact.id);
    html! {
        li id={ "row-" (contact.id) } {
            (monogram(contact))
            a.row-link.row-name href=(page) data-card { bdi { (found::marked(called(contact), wanted)) } }
            (about(contact, wanted))
            (words::time(contact.changed_at, now))
        }
    }
}

/// What a row says of somebody besides their name.
pub fn about(contact: &Contact, wanted: Option<&Wanted>) -> Markup {
    let description = found::excerpt(contact.description.as_str(), wanted, ABOUT_CHARS_SHOWN);
    let more = contact.handles.len().saturating_sub(1);
    html! {
        @if !description.trim().is_empty() { span.row-about { bdi { (found::marked(&description, wanted)) } } }
        @if let Some(handle) = found::handle(contact, wanted) {
            span.row-text {
                bdi { (found::marked(handle.text(), wanted)) } @if more > 0 { ", " (more) " more" }
            }
        }
        (found::link_line(contact, wanted))
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
