//! Deleting a contact, which asks for its name.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use contact::Contact;
use maud::{Markup, html};

use super::card;
use super::error::Error;
use super::form::{Reasons, Sent};
use super::layout::{self, Page, Place};
use super::session::SignedIn;
use super::words::called;
use crate::App;

pub async fn page(State(app): State<App>, Path(id): Path<String>, by: SignedIn) -> Result<Markup, Error> {
    let contact = card::find(&app, &by, &id).await?;
    show(&app, &by, &contact, "", &Reasons::default()).await
}

async fn show(app: &App, by: &SignedIn, contact: &Contact, typed: &str, reasons: &Reasons) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let page = format!("/app/contacts/{}", contact.id);
    let content = html! {
        (layout::crumb(&page, &html! { bdi { (called(contact)) } }))
        h1 { "Delete " bdi { (called(contact)) } "?" }
        form.form method="post" action={ (page) "/delete" } {
            (layout::token(by))
            p {
                "The contact goes with its notes, and with all that was merged into it. Their messages stay. This cannot be \
                taken back."
            }
            div.field {
                label for="name" { "Type " bdi { (called(contact)) } " to delete it" }
                input #name name="name" value=(typed) dir="auto" autocomplete="off" autocapitalize="none" spellcheck="false"
                    required aria-invalid=[reasons.wrong("name")];
                (reasons.why("name"))
            }
            div.actions {
                button.danger { "Delete the contact" }
                a.button href=(page) { "Keep it" }
            }
        }
    };
    Ok(Page { place: Place::Contacts, title: "Delete", seen }.show("page", &content))
}

pub async fn delete(State(app): State<App>, Path(id): Path<String>, sent: Sent) -> Result<Response, Error> {
    let Sent { by, form } = sent;
    let contact = card::find(&app, &by, &id).await?;
    let typed = form.get("name");
    if in_short(typed) != in_short(called(&contact)) {
        let mut reasons = Reasons::default();
        reasons.add("name", html! { "This is not the name of the contact." });
        let page = show(&app, &by, &contact, typed, &reasons).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    app.hub.delete(by.company.id, contact.id, by.origin).await?;
    Ok(Redirect::to("/app/contacts").into_response())
}

/// A name without what cannot be typed into one line, or seen.
fn in_short(name: &str) -> String {
    let name: String = name.chars().filter(|c| c.is_whitespace() || !c.is_control()).collect();
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}
