//! Possible duplicates: people who look alike, two and two, to be merged or kept apart.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use contact::{Contact, ContactId};
use hub::{DUPLICATES_COUNTED_MAX, Duplicate, DuplicateList, DuplicatePair, DuplicateReason};
use maud::{Markup, html};
use serde::Deserialize;

use super::error::Error;
use super::form::Sent;
use super::layout::{self, Page, Place};
use super::session::SignedIn;
use super::words::called;
use super::{card, merge};
use crate::App;

/// Where it is.
pub const PAGE: &str = "/app/contacts/alike";

#[derive(Deserialize)]
pub struct Asked {
    /// The page goes on after this pair: two ids.
    after: Option<String>,
}

pub async fn page(State(app): State<App>, Query(asked): Query<Asked>, by: SignedIn) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let after = asked.after.as_deref().and_then(pair);
    let alikes = app.hub.duplicates(by.company.id, after).await?;
    let content = html! {
        (layout::crumb("/app/contacts", &html! { "Contacts" }))
        h1 { "Possible duplicates" }
        (pairs(&by, &alikes, after))
    };
    Ok(Page { place: Place::Contacts, title: "Possible duplicates", seen }.show("page wide", &content))
}

fn pairs(by: &SignedIn, alikes: &DuplicateList, after: Option<DuplicatePair>) -> Markup {
    let ids: Vec<String> =
        alikes.items.iter().flat_map(|alike| &alike.contacts).map(|one| one.id.to_string()).collect();
    html! {
        div #alike data-live=(ids.join(" ")) data-said="The possible duplicates have changed." {
            @if alikes.items.is_empty() && after.is_none() {
                p.nothing {
                    "Nobody here looks like somebody else. Contacts that share a handle are one already. Those that share \
                     none, but have nearly the same name or the same address at a related domain, will stand here."
                }
            } @else if alikes.items.is_empty() {
                p.nothing { "These are all. " a href=(PAGE) { "From the start" } }
            } @else {
                p.muted { "They share no handle, so Kith leaves it to you whether they are one person." }
                ol.pairs { @for alike in &alikes.items { (one(by, alike, after)) } }
            }
            @if let Some(next) = alikes.next {
                p.more { a href={ (PAGE) "?after=" (name(next)) } { "More" } }
            }
        }
    }
}

fn one(by: &SignedIn, alike: &Duplicate, after: Option<DuplicatePair>) -> Markup {
    let id = format!("pair-{}", name(alike.pair));
    let [kept, other] = &alike.contacts;
    let both = html! { span.sr-only { ": " bdi { (called(kept)) } " and " bdi { (called(other)) } } };
    html! {
        li id=(id) aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (why(&alike.reasons)) (both) }
            div.people-beside { @for contact in &alike.contacts { (side(contact, &id)) } }
            form.actions method="post" action={ "/app/contacts/" (kept.id) "/apart" } {
                (layout::token(by))
                input type="hidden" name="with" value=(other.id);
                @if let Some(after) = after { input type="hidden" name="after" value=(name(after)); }
                a.button.primary href={ "/app/contacts/" (kept.id) "/merge?with=" (other.id) "&from=alike" } {
                    "Merge…" (both)
                }
                button { "Not the same" (both) }
            }
        }
    }
}

fn side(contact: &Contact, pair: &str) -> Markup {
    let name = html! { a href={ "/app/contacts/" (contact.id) } data-card { bdi { (called(contact)) } } };
    merge::person(contact, &format!("{pair}-{}", contact.id), &name)
}

fn why(reasons: &[DuplicateReason]) -> String {
    let words = reasons.iter().enumerate().map(|(n, reason)| match (reason, n) {
        (DuplicateReason::SameName, _) => "Same name",
        (DuplicateReason::Initial, _) => "Same name with an initial",
        (DuplicateReason::OneLetter, _) => "One letter apart",
        (DuplicateReason::RelatedAddress, 0) => "Same address at a related domain",
        (DuplicateReason::RelatedAddress, _) => "same address at a related domain",
    });
    words.collect::<Vec<_>>().join(", ")
}

/// The way to the page from others, with how many there are; nothing where there are none.
pub async fn link(app: &App, by: &SignedIn) -> Result<Markup, Error> {
    let count = app.hub.duplicate_count(by.company.id).await?;
    let shown = if count > DUPLICATES_COUNTED_MAX { format!("{DUPLICATES_COUNTED_MAX}+") } else { count.to_string() };
    Ok(html! {
        p #alike-link.small data-live="contacts" {
            @if count > 0 { a href=(PAGE) { "Possible duplicates" } " " span.tag.figures { (shown) } }
        }
    })
}

/// A pair as it stands in addresses.
fn name((younger, older): DuplicatePair) -> String {
    format!("{younger}-{older}")
}

fn pair(text: &str) -> Option<DuplicatePair> {
    let (younger, older) = text.split_once('-')?;
    Some((younger.parse().ok()?, older.parse().ok()?))
}

/// Keeps two people apart.
pub async fn apart(State(app): State<App>, Path(id): Path<String>, sent: Sent) -> Result<Response, Error> {
    let Sent { by, form } = sent;
    let contact = card::find(&app, &by, &id).await?;
    let with: ContactId = form.get("with").parse().map_err(|_| Error::NotFound("There is no such contact."))?;
    app.hub.keep_apart(by.company.id, [contact.id, with], by.origin).await?;
    let after = pair(form.get("after")).map(|after| format!("?after={}", name(after))).unwrap_or_default();
    Ok(Redirect::to(&format!("{PAGE}{after}")).into_response())
}
