//! Splits off what a journal entry brought into a contact, after a preview.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use contact::Seq;
use maud::{Markup, html};

use super::error::Error;
use super::form::{self, SubmittedForm};
use super::layout::{self, NavItem, Page};
use super::person::{self, summary};
use super::session::SignedIn;
use crate::App;

pub async fn page(
    State(app): State<App>,
    Path((id, entry)): Path<(String, u64)>,
    by: SignedIn,
) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let contact = person::find(&app, &by, &id).await?;
    let records = app.hub.brought(by.company.id, contact.id, Seq(entry)).await?;
    let preview = app.hub.preview_split(by.company.id, contact.id, records).await?;
    let page = format!("/app/contacts/{}", contact.id);
    let content = html! {
        (layout::back_link(&page, &html! { bdi { (person::display_name(&contact)) } }))
        h1 { "Split into these contacts?" }
        section aria-labelledby="then-title" {
            h2 #then-title { "After the split" }
            div.people-beside { @for side in &preview.then { (summary(side, "then")) } }
        }
        form method="post" action={ (page) "/split/" (entry) } {
            (form::token(&by))
            p.muted { "They stay apart until a person merges them. No import and no API call merges them again." }
            div.actions {
                button.primary { "Split" }
                a.button href=(page) { "Cancel" }
            }
        }
    };
    Ok(Page { nav: NavItem::Contacts, title: "Split", seen }.render("page", &content))
}

pub async fn split(
    State(app): State<App>,
    Path((id, entry)): Path<(String, u64)>,
    sent: SubmittedForm,
) -> Result<Response, Error> {
    let contact = person::find(&app, &sent.by, &id).await?;
    let company = sent.by.company.id;
    let records = app.hub.brought(company, contact.id, Seq(entry)).await?;
    app.hub.split(company, contact.id, records, sent.by.origin).await?;
    Ok(Redirect::to(&format!("/app/contacts/{}", contact.id)).into_response())
}
