//! Making two contacts one, with a look at what comes of it first.

use axum::extract::{Path, Query as InQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use contact::{Contact, ContactId, Time};
use hub::{FOUND_MAX, Query};
use maud::{Markup, html};
use serde::Deserialize;

use super::error::Error;
use super::form::Sent;
use super::layout::{self, Page, Place};
use super::session::SignedIn;
use super::words::{self, called, monogram};
use super::{card, contacts, duplicates, found};
use crate::App;

/// What says that a merge was asked for from the possible duplicates.
const ALIKE: &str = "alike";

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    /// The other contact.
    with: Option<String>,
    /// Where it is asked from: `alike`, the possible duplicates, which are gone back to.
    #[serde(default)]
    from: String,
}

pub async fn page(
    State(app): State<App>,
    Path(id): Path<String>,
    InQuery(asked): InQuery<Asked>,
    by: SignedIn,
) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let contact = card::find(&app, &by, &id).await?;
    let is_from_alike = asked.from == ALIKE;
    let other = match &asked.with {
        Some(with) => Some(card::find(&app, &by, with).await?),
        None => None,
    };
    let content = match other {
        Some(other) if other.id == contact.id => {
            return Err(Error::Invalid("These are one person already.".into()));
        }
        Some(other) => {
            let preview = app.hub.preview_merge(by.company.id, vec![contact.id, other.id]).await?;
            confirm(&by, [&contact, &other], &preview.then, is_from_alike)
        }
        None => {
            let wanted = Query::parse(asked.q.trim(), by.company.region);
            let wanted = wanted.map_err(|error| Error::Invalid(error.to_string()))?;
            let wanted = wanted.with_own_of(by.teammate.as_ref().map(|teammate| teammate.id));
            let found = app.hub.search(by.company.id, &wanted, FOUND_MAX).await?;
            choose(&contact, (asked.q.trim(), &wanted), &found.contacts, app.hub.now())
        }
    };
    let content = html! {
        @if is_from_alike {
            (layout::crumb(duplicates::PAGE, &html! { "Possible duplicates" }))
        } @else {
            (layout::crumb(&format!("/app/contacts/{}", contact.id), &html! { bdi { (called(&contact)) } }))
        }
        (content)
    };
    Ok(Page { place: Place::Contacts, title: "Merge", seen }.show("page", &content))
}

fn choose(contact: &Contact, (query, wanted): (&str, &Query), found: &[Contact], now: Time) -> Markup {
    let page = format!("/app/contacts/{}/merge", contact.id);
    let others: Vec<&Contact> = found.iter().filter(|other| other.id != contact.id).collect();
    html! {
        h1 { "Merge " bdi { (called(contact)) } " with…" }
        (layout::find(&page, "Find the other contact", query))
        div #results data-said={ (others.len()) " found" } {
            @if others.is_empty() && !query.is_empty() {
                p.nothing { "Nobody else was found for “" bdi { (query) } "”." }
            } @else if !others.is_empty() {
                ul.rows.people data-rows {
                    @for other in others {
                        li id={ "row-" (other.id) } {
                            (monogram(other))
                            a.row-link.row-name href={ (page) "?with=" (other.id) } {
                                bdi { (found::marked(called(other), Some(wanted))) }
                            }
                            (contacts::about(other, Some(wanted)))
                            (words::time(other.changed_at, now))
                        }
                    }
                }
            }
        }
    }
}

fn confirm(by: &SignedIn, [contact, other]: [&Contact; 2], then: &[Contact], is_from_alike: bool) -> Markup {
    html! {
        h1 { "Make these one?" }
        section aria-labelledby="now-title" {
            h2 #now-title { "Now" }
            div.people-beside { @for side in [contact, other] { (summary(side, "now")) } }
        }
        section aria-labelledby="then-title" {
            h2 #then-title { "Then" }
            div.people-beside.one { @for side in then { (summary(side, "then")) } }
            form method="post" action={ "/app/contacts/" (contact.id) "/merge" } {
                (layout::token(by))
                input type="hidden" name="with" value=(other.id);
                @if is_from_alike { input type="hidden" name="from" value=(ALIKE); }
                p.muted { "It can be split again at any time." }
                div.actions {
                    button.primary { "Make them one" }
                    @if is_from_alike { a.button href=(duplicates::PAGE) { "Leave them two" } }
                    @else { a.button href={ "/app/contacts/" (contact.id) "/merge" } { "Choose another" } }
                }
            }
        }
    }
}

/// A contact in short, to compare it with others.
pub fn summary(contact: &Contact, when: &str) -> Markup {
    person(contact, &format!("{when}-{}", contact.id), &html! { bdi { (called(contact)) } })
}

/// The same, with an id of its own and a name that may lead somewhere.
pub fn person(contact: &Contact, id: &str, name: &Markup) -> Markup {
    html! {
        article.person aria-labelledby=(id) {
            div.person-head {
                (monogram(contact))
                div {
                    h3 #(id) { (name) }
                    @if !contact.description.as_str().trim().is_empty() {
                        p.muted dir="auto" { (contact.description.as_str()) }
                    }
                }
            }
            ul {
                @for handle in &contact.handles { li { bdi { (handle.text()) } } }
                @for link in &contact.links { li { bdi { (link.as_str()) } } }
            }
            p.small.muted { (contact.id) }
        }
    }
}

pub async fn merge(State(app): State<App>, Path(id): Path<String>, sent: Sent) -> Result<Response, Error> {
    let contact = card::find(&app, &sent.by, &id).await?;
    let with: ContactId = sent.form.get("with").parse().map_err(|_| Error::NotFound("There is no such contact."))?;
    let outcome = app.hub.merge(sent.by.company.id, vec![contact.id, with], None, sent.by.origin).await?;
    if sent.form.get("from") == ALIKE {
        return Ok(Redirect::to(duplicates::PAGE).into_response());
    }
    let kept = outcome.contact.unwrap_or(contact.id);
    Ok(Redirect::to(&format!("/app/contacts/{kept}")).into_response())
}
