//! Possible duplicates: pairs of similar contacts, to be merged or kept apart.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{Contact, ContactId};
use hub::{DUPLICATES_COUNTED_MAX, Duplicate, DuplicateList, DuplicatePair, DuplicateReason};
use maud::{Markup, html};
use serde::Deserialize;

use super::error::Error;
use super::form::{self, SubmittedForm};
use super::layout::{self, NavItem, Page};
use super::parts::{Path, Query};
use super::person::{self, display_name};
use super::session::SignedIn;
use crate::App;

/// The address of the page.
pub const PAGE: &str = "/app/contacts/alike";

#[derive(Deserialize)]
pub struct Params {
    /// The page continues after this pair of ids.
    after: Option<String>,
}

pub async fn page(State(app): State<App>, Query(params): Query<Params>, by: SignedIn) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let after = params.after.as_deref().and_then(pair);
    let list = app.hub.duplicates(by.company.id, after).await?;
    let content = html! {
        (layout::back_link("/app/contacts", &html! { "Contacts" }))
        h1 { "Possible duplicates" }
        (pairs(&by, &list, after))
    };
    Ok(Page { nav: NavItem::Contacts, title: "Possible duplicates", seen }.render("page wide", &content))
}

fn pairs(by: &SignedIn, list: &DuplicateList, after: Option<DuplicatePair>) -> Markup {
    let ids: Vec<String> =
        list.items.iter().flat_map(|duplicate| &duplicate.contacts).map(|one| one.id.to_string()).collect();
    html! {
        div #alike data-live=(ids.join(" ")) data-announce="The possible duplicates have changed." {
            @if list.items.is_empty() && after.is_none() {
                p.nothing {
                    "No possible duplicates. Contacts with nearly the same name, with the same address at a related \
                     domain, or with a common handle that does not merge them appear here."
                }
            } @else if list.items.is_empty() {
                p.nothing { "No more. " a href=(PAGE) { "Back to the start" } }
            } @else {
                p.muted { "You decide whether they are the same person." }
                ol.pairs { @for duplicate in &list.items { (one(by, duplicate, after)) } }
            }
            @if let Some(next) = list.next {
                p.more { a href={ (PAGE) "?after=" (pair_text(next)) } { "More" } }
            }
        }
    }
}

fn one(by: &SignedIn, duplicate: &Duplicate, after: Option<DuplicatePair>) -> Markup {
    let id = format!("pair-{}", pair_text(duplicate.pair));
    let [kept, other] = &duplicate.contacts;
    let both = html! { span.sr-only { ": " bdi { (display_name(kept)) } " and " bdi { (display_name(other)) } } };
    html! {
        li id=(id) aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (why(&duplicate.reasons)) (both) }
            div.people-beside { @for contact in &duplicate.contacts { (side(contact, &id)) } }
            form.actions method="post" action={ "/app/contacts/" (kept.id) "/apart" } {
                (form::token(by))
                input type="hidden" name="with" value=(other.id);
                @if let Some(after) = after { input type="hidden" name="after" value=(pair_text(after)); }
                a.button.primary href={ "/app/contacts/" (kept.id) "/merge?with=" (other.id) "&from=alike" } {
                    "Merge…" (both)
                }
                button { "Not the same" (both) }
            }
        }
    }
}

fn side(contact: &Contact, pair: &str) -> Markup {
    let name = html! { a href={ "/app/contacts/" (contact.id) } data-card { bdi { (display_name(contact)) } } };
    person::summary_titled(contact, &format!("{pair}-{}", contact.id), &name)
}

fn why(errors: &[DuplicateReason]) -> String {
    let words = errors.iter().enumerate().map(|(n, reason)| match (reason, n) {
        (DuplicateReason::SameName, _) => "Same name",
        (DuplicateReason::Initial, _) => "Same name with an initial",
        (DuplicateReason::OneLetter, _) => "One letter apart",
        (DuplicateReason::RelatedAddress, 0) => "Same address at a related domain",
        (DuplicateReason::RelatedAddress, _) => "same address at a related domain",
        (DuplicateReason::SameHandle, 0) => "Same handle, different names",
        (DuplicateReason::SameHandle, _) => "same handle",
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Returns a link to the page with the number of pairs, or nothing if there are none.
pub async fn link(app: &App, by: &SignedIn) -> Result<Markup, Error> {
    let count = app.hub.duplicate_count(by.company.id).await?;
    let shown = if count > DUPLICATES_COUNTED_MAX { format!("{DUPLICATES_COUNTED_MAX}+") } else { count.to_string() };
    Ok(html! {
        p #alike-link.small data-live="contacts" {
            @if count > 0 { a href=(PAGE) { "Possible duplicates" } " " span.tag.figures { (shown) } }
        }
    })
}

/// Returns a pair as URLs hold it.
fn pair_text((younger, older): DuplicatePair) -> String {
    format!("{younger}-{older}")
}

fn pair(text: &str) -> Option<DuplicatePair> {
    let (younger, older) = text.split_once('-')?;
    Some((younger.parse().ok()?, older.parse().ok()?))
}

/// Keeps two contacts apart.
pub async fn apart(State(app): State<App>, Path(id): Path<String>, sent: SubmittedForm) -> Result<Response, Error> {
    let SubmittedForm { by, form } = sent;
    let contact = person::find(&app, &by, &id).await?;
    let with: ContactId = form.get("with").parse().map_err(|_| Error::NotFound("Contact not found."))?;
    app.hub.keep_apart(by.company.id, [contact.id, with], by.origin).await?;
    let after = pair(form.get("after")).map(|after| format!("?after={}", pair_text(after))).unwrap_or_default();
    Ok(Redirect::to(&format!("{PAGE}{after}")).into_response())
}
