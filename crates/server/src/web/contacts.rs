//! Contacts: the latest change first, and search while typing.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use contact::{Contact, ContactId, Seq, Time};
use hub::Cursor;
use maud::{Markup, html};
use serde::Deserialize;

use super::error::Error;
use super::layout::{self, Page, Place};
use super::session::SignedIn;
use super::settings;
use super::words::{self, called, monogram};
use crate::App;

const PAGE_SIZE: usize = 50;
/// Characters of a description in a row.
const ABOUT_CHARS_SHOWN: usize = 300;

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    /// The list goes on after this contact: the entry that last changed it, and its id.
    after: Option<String>,
}

pub async fn list(
    State(app): State<App>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    by: SignedIn,
) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let query = asked.q.trim();
    let (contacts, next) = if query.is_empty() {
        let page = app.hub.contacts(by.company.id, cursor(asked.after.as_deref()), PAGE_SIZE).await?;
        (page.contacts, page.next)
    } else {
        (app.hub.search(by.company.id, query).await?, None)
    };
    let now = app.hub.now();
    let content = html! {
        div.people-head {
            h1 { "Contacts" }
            (layout::find("/app/contacts", "Name, handle or description", query))
        }
        div #results data-live="contacts" data-said=(said(contacts.len(), query)) {
            @if contacts.is_empty() && !query.is_empty() {
                p.nothing {
                    "Nobody has words that begin with “" bdi { (query) } "”. "
                    a href="/app/contacts" { "Show everybody" }
                }
            } @else if contacts.is_empty() {
                (nobody_yet(&app, &headers, &by))
            } @else {
                ul.rows.people data-rows { @for contact in &contacts { (row(contact, now)) } }
            }
            @if let Some((seq, id)) = next { p.more { a href={ "?after=" (seq) "-" (id) } { "More" } } }
        }
    };
    Ok(Page { place: Place::Contacts, title: "Contacts", seen }.show("page wide", &content))
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
