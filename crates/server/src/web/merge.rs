//! Merges two contacts, after a preview of the result.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{Contact, ContactId, Time};
use hub::{FOUND_MAX, Query};
use maud::{Markup, html};
use serde::Deserialize;

use super::error::Error;
use super::form::{self, SubmittedForm};
use super::layout::{self, NavItem, Page};
use super::parts::{Path, Query as InQuery};
use super::person::{self, display_name, monogram, summary};
use super::session::SignedIn;
use super::{duplicates, format, highlight, rows};
use crate::App;

/// The value of `from` when the merge starts from the possible duplicates.
const FROM_DUPLICATES: &str = "alike";

#[derive(Deserialize)]
pub struct Params {
    #[serde(default)]
    q: String,
    /// The other contact.
    with: Option<String>,
    /// `alike` if the merge starts from the possible duplicates, to return there.
    #[serde(default)]
    from: String,
}

pub async fn page(
    State(app): State<App>,
    Path(id): Path<String>,
    InQuery(params): InQuery<Params>,
    by: SignedIn,
) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let contact = person::find(&app, &by, &id).await?;
    let is_from_duplicates = params.from == FROM_DUPLICATES;
    let other = match &params.with {
        Some(with) => Some(person::find(&app, &by, with).await?),
        None => None,
    };
    let content = match other {
        Some(other) if other.id == contact.id => {
            return Err(Error::Invalid("These are the same contact already.".into()));
        }
        Some(other) => {
            let preview = app.hub.preview_merge(by.company.id, vec![contact.id, other.id]).await?;
            confirm(&by, [&contact, &other], &preview.then, is_from_duplicates)
        }
        None => {
            let search = Query::parse(params.q.trim(), by.company.region);
            let search = search.map_err(|error| Error::Invalid(error.to_string()))?;
            let search = search.with_private_contacts_of(by.teammate.as_ref().map(|teammate| teammate.id));
            let found = app.hub.search(by.company.id, &search, FOUND_MAX).await?;
            choose(&contact, (params.q.trim(), &search), &found.contacts, app.hub.now())
        }
    };
    let content = html! {
        @if is_from_duplicates {
            (layout::back_link(duplicates::PAGE, &html! { "Possible duplicates" }))
        } @else {
            (layout::back_link(&format!("/app/contacts/{}", contact.id), &html! { bdi { (display_name(&contact)) } }))
        }
        (content)
    };
    Ok(Page { nav: NavItem::Contacts, title: "Merge", seen }.render("page", &content))
}

fn choose(contact: &Contact, (query, search): (&str, &Query), found: &[Contact], now: Time) -> Markup {
    let page = format!("/app/contacts/{}/merge", contact.id);
    let others: Vec<&Contact> = found.iter().filter(|other| other.id != contact.id).collect();
    html! {
        h1 { "Merge " bdi { (display_name(contact)) } " with…" }
        (layout::search_form(&page, "Find the other contact", query))
        div #results data-announce={ (others.len()) " found" } {
            @if others.is_empty() && !query.is_empty() {
                p.nothing { "No other contacts found for “" bdi { (query) } "”." }
            } @else if !others.is_empty() {
                ul.rows.people data-rows {
                    @for other in others {
                        li id={ "row-" (other.id) } {
                            (monogram(other))
                            a.row-link.row-name href={ (page) "?with=" (other.id) } {
                                bdi { (highlight::highlighted(display_name(other), Some(search))) }
                            }
                            (rows::about(other, Some(search)))
                            (format::time(other.changed_at, now))
                        }
                    }
                }
            }
        }
    }
}

fn confirm(by: &SignedIn, [contact, other]: [&Contact; 2], then: &[Contact], is_from_duplicates: bool) -> Markup {
    html! {
        h1 { "Merge these contacts?" }
        section aria-labelledby="now-title" {
            h2 #now-title { "Now" }
            div.people-beside { @for side in [contact, other] { (summary(side, "now")) } }
        }
        section aria-labelledby="then-title" {
            h2 #then-title { "After the merge" }
            div.people-beside.one { @for side in then { (summary(side, "then")) } }
            form method="post" action={ "/app/contacts/" (contact.id) "/merge" } {
                (form::token(by))
                input type="hidden" name="with" value=(other.id);
                @if is_from_duplicates { input type="hidden" name="from" value=(FROM_DUPLICATES); }
                p.muted { "You can split them again at any time." }
                div.actions {
                    button.primary { "Merge" }
                    @if is_from_duplicates { a.button href=(duplicates::PAGE) { "Cancel" } }
                    @else { a.button href={ "/app/contacts/" (contact.id) "/merge" } { "Choose another" } }
                }
            }
        }
    }
}

pub async fn merge(State(app): State<App>, Path(id): Path<String>, sent: SubmittedForm) -> Result<Response, Error> {
    let contact = person::find(&app, &sent.by, &id).await?;
    let with: ContactId = sent.form.get("with").parse().map_err(|_| Error::NotFound("Contact not found."))?;
    let outcome = app.hub.merge(sent.by.company.id, vec![contact.id, with], None, sent.by.origin).await?;
    if sent.form.get("from") == FROM_DUPLICATES {
        return Ok(Redirect::to(duplicates::PAGE).into_response());
    }
    let kept = outcome.contact.unwrap_or(contact.id);
    Ok(Redirect::to(&format!("/app/contacts/{kept}")).into_response())
}
