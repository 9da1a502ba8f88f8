//! Splits records off a contact, after a preview: a record, or what a journal entry brought in.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{Contact, RecordId, Seq};
use maud::{Markup, html};

use super::error::Error;
use super::form::{self, SubmittedForm};
use super::layout::{self, NavItem, Page};
use super::parts::Path;
use super::person::{self, summary};
use super::session::SignedIn;
use crate::App;

pub async fn page(
    State(app): State<App>,
    Path((id, part)): Path<(String, String)>,
    by: SignedIn,
) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let contact = person::find(&app, &by, &id).await?;
    let records = records(&app, &by, &contact, &part).await?;
    let preview = app.hub.preview_split(by.company.id, contact.id, records).await?;
    let page = format!("/app/contacts/{}", contact.id);
    let content = html! {
        (layout::back_link(&page, &html! { bdi { (person::display_name(&contact)) } }))
        h1 { "Split into these contacts?" }
        section aria-labelledby="then-title" {
            h2 #then-title { "After the split" }
            div.people-beside { @for side in &preview.then { (summary(side, "then")) } }
        }
        form method="post" action={ (page) "/split/" (part) } {
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
    Path((id, part)): Path<(String, String)>,
    sent: SubmittedForm,
) -> Result<Response, Error> {
    let contact = person::find(&app, &sent.by, &id).await?;
    let records = records(&app, &sent.by, &contact, &part).await?;
    app.hub.split(sent.by.company.id, contact.id, records, sent.by.origin).await?;
    Ok(Redirect::to(&format!("/app/contacts/{}", contact.id)).into_response())
}

/// Returns the records to split off: those that the entry with this number brought in, or the one with this id.
async fn records(app: &App, by: &SignedIn, contact: &Contact, part: &str) -> Result<Vec<RecordId>, Error> {
    if let Ok(entry) = part.parse() {
        return Ok(app.hub.brought(by.company.id, contact.id, Seq(entry)).await?);
    }
    let not_found = || Error::NotFound("This contact has no such record to split off.");
    let record: RecordId = part.parse().map_err(|_| not_found())?;
    let is_part = record == contact.id || contact.others.contains(&record);
    if is_part { Ok(vec![record]) } else { Err(not_found()) }
}
