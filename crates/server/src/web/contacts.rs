//! The list of contacts, the latest change first, and the search.

use axum::extract::State;
use contact::{Contact, Group, List};
use hub::{ContactFilter, Found, Order, PART_LETTERS_MIN, Query as SearchQuery};
use maud::{Markup, html};
use serde::Deserialize;

use super::error::Error;
use super::layout::{self, NavItem, Page};
use super::parts::Query;
use super::rows::{self, PAGE_SIZE};
use super::session::SignedIn;
use super::{cursor, duplicates, settings};
use crate::App;
use crate::sentence::names;

/// Lists in the row of tabs, besides the selected one.
const LISTS_SHOWN: usize = 20;
#[derive(Deserialize)]
pub struct Params {
    #[serde(default)]
    q: String,
    /// The list continues after this contact: the entry that last changed it, and its id. With `list`, the id alone.
    after: Option<String>,
    /// Only contacts on this list.
    list: Option<String>,
}

/// The contacts of the page.
struct ContactList<'a> {
    contacts: Vec<Contact>,
    /// The URL query of the next page.
    next: Option<String>,
    query: &'a str,
    /// The parsed search, or why it cannot be parsed.
    search: Option<Result<SearchQuery, String>>,
    /// Whether the search index covers all contacts.
    is_complete: bool,
    list: Option<List>,
}

impl<'a> ContactList<'a> {
    fn of(contacts: Vec<Contact>) -> ContactList<'a> {
        ContactList { contacts, next: None, query: "", search: None, is_complete: true, list: None }
    }

    fn parsed_search(&self) -> Option<&SearchQuery> {
        self.search.as_ref()?.as_ref().ok()
    }
}

pub async fn list(State(app): State<App>, Query(params): Query<Params>, by: SignedIn) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let settings = app.hub.settings(by.company.id).await?;
    let viewer = by.teammate.as_ref().map(|teammate| teammate.id);
    let lists = names::lists(&settings, viewer);
    let shown = find(&app, &by, &params, &lists).await?;
    let duplicates_link = duplicates::link(&app, &by).await?;
    let content = html! {
        div.people-head {
            h1 { "Contacts" }
            (layout::search_form("/app/contacts", "Name, handle, description or link", shown.query))
        }
        (list_tabs(&lists, shown.list.as_ref()))
        (duplicates_link)
        (results(&app, &by, &shown))
    };
    Ok(Page { nav: NavItem::Contacts, title: "Contacts", seen }.render("page wide", &content))
}

async fn find<'a>(app: &App, by: &SignedIn, params: &'a Params, lists: &[&List]) -> Result<ContactList<'a>, Error> {
    let query = params.q.trim();
    if !query.is_empty() {
        let search = match SearchQuery::parse(query, by.company.region) {
            Ok(search) => search.with_private_contacts_of(by.teammate.as_ref().map(|teammate| teammate.id)),
            Err(error) => {
                let search = Some(Err(error.to_string()));
                return Ok(ContactList { query, search, ..ContactList::of(Vec::new()) });
            }
        };
        let Found { contacts, is_complete } = app.hub.search(by.company.id, &search, PAGE_SIZE).await?;
        return Ok(ContactList { query, search: Some(Ok(search)), is_complete, ..ContactList::of(contacts) });
    }
    let Some(list) = params.list.as_deref().filter(|list| !list.is_empty()) else {
        let (filter, after) = (ContactFilter::default(), cursor::parse(params.after.as_deref()));
        let page = app.hub.contacts(by.company.id, filter, Order::LATEST_CHANGE, after, PAGE_SIZE).await?;
        let last = page.items.last().filter(|_| page.next.is_some());
        let next = last.map(|last| cursor::query(last.changed, last.id));
        return Ok(ContactList { next, ..ContactList::of(page.items) });
    };
    let list = lists.iter().find(|one| one.id.to_string() == list);
    let list = (*list.ok_or(Error::NotFound("List not found."))?).clone();
    let (contacts, next) = rows::members(app, by, Group::List(list.id), params.after.as_deref()).await?;
    let next = next.map(|after| format!("?list={}&after={after}", list.id));
    Ok(ContactList { next, list: Some(list), ..ContactList::of(contacts) })
}

/// Returns the row of tabs with the lists.
fn list_tabs(lists: &[&List], chosen: Option<&List>) -> Markup {
    let is_chosen = |list: &List| chosen.is_some_and(|chosen| chosen.id == list.id);
    let is_shown = |(n, list): &(usize, &&List)| *n < LISTS_SHOWN || is_chosen(list);
    html! {
        nav #lists.tabs aria-label="Lists" data-live="directory" data-announce="The lists have changed."
            hidden[lists.is_empty()] {
            ul {
                li { a href="/app/contacts" aria-current=[chosen.is_none().then_some("page")] { "All" } }
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

fn results(app: &App, by: &SignedIn, shown: &ContactList) -> Markup {
    let ContactList { contacts, next, query, list, .. } = shown;
    html! {
        div #results data-live="contacts" data-announce=(announcement(contacts.len(), query)) {
            @if !shown.is_complete {
                p.nothing { "The search index is still being built, so some contacts are not found yet." }
            }
            @if let Some(Err(reason)) = &shown.search {
                p.nothing { (reason) }
            } @else if contacts.is_empty() && !query.is_empty() {
                (none_found(query))
            } @else if contacts.is_empty() && list.is_some() {
                p.nothing { "This list is empty. Add contacts to it on their cards." }
            } @else if contacts.is_empty() {
                (none_yet(by))
            } @else {
                (rows::rows(contacts, shown.parsed_search(), app.hub.now()))
            }
            @if let Some(next) = next { p.more { a href=(next) { "More" } } }
        }
    }
}

fn none_found(query: &str) -> Markup {
    html! {
        p.nothing {
            "No contacts found for “" bdi { (query) } "”. A search matches any part of a name, e-mail address, phone "
            "number, Twitter name, description or link, from " (PART_LETTERS_MIN) " characters; or the first letters of a "
            "word. " a href="/app/contacts" { "Show all contacts" }
        }
    }
}

fn announcement(found: usize, query: &str) -> String {
    match found {
        _ if query.is_empty() => "Contacts have changed.".into(),
        0 => "No contacts found".into(),
        1 => "1 contact found".into(),
        found => format!("{found} contacts found"),
    }
}

fn none_yet(by: &SignedIn) -> Markup {
    html! {
        section aria-labelledby="empty-title" {
            h2 #empty-title { "No contacts yet" }
            p.muted {
                "Run this line to add a contact. It appears here at once. Replace " code { "PASSWORD" }
                " with the company’s password."
            }
            (layout::command(&settings::report_command(by)))
        }
    }
}
