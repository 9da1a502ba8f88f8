//! Taking a merge back, with a look at the two contacts that it leaves first.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use contact::Seq;
use maud::{Markup, html};

use super::error::Error;
use super::form::Sent;
use super::layout::{self, Page, Place};
use super::merge::summary;
use super::session::SignedIn;
use super::{card, words};
use crate::App;

pub async fn page(
    State(app): State<App>,
    Path((id, merge)): Path<(String, u64)>,
    by: SignedIn,
) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let contact = card::find(&app, &by, &id).await?;
    let preview = app.hub.preview_split(by.company.id, Seq(merge)).await?;
    let page = format!("/app/contacts/{}", contact.id);
    let content = html! {
        (layout::crumb(&page, &html! { bdi { (words::called(&contact)) } }))
        h1 { "Split into these two?" }
        section aria-labelledby="then-title" {
            h2 #then-title { "Then" }
            div.people-beside { @for side in &preview.then { (summary(side, "then")) } }
        }
        form method="post" action={ (page) "/split/" (merge) } {
            (layout::token(&by))
            p.muted { "They stay apart until a person merges them: no import and no program joins them again." }
            div.actions {
                button.primary { "Split them" }
                a.button href=(page) { "Leave them one" }
            }
        }
    };
    Ok(Page { place: Place::Contacts, title: "Split", seen }.show("page", &content))
}

pub async fn split(
    State(app): State<App>,
    Path((id, merge)): Path<(String, u64)>,
    sent: Sent,
) -> Result<Response, Error> {
    let contact = card::find(&app, &sent.by, &id).await?;
    app.hub.split(sent.by.company.id, Seq(merge), sent.by.origin).await?;
    Ok(Redirect::to(&format!("/app/contacts/{}", contact.id)).into_response())
}
