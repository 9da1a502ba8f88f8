//! Deletes a contact, after a person types its name.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use contact::Contact;
use maud::{Markup, html};

use super::error::Error;
use super::form::{self, FieldErrors, SubmittedForm};
use super::layout::{self, NavItem, Page};
use super::parts::Path;
use super::person::{self, display_name};
use super::session::SignedIn;
use crate::App;

pub async fn page(State(app): State<App>, Path(id): Path<String>, by: SignedIn) -> Result<Markup, Error> {
    let contact = person::find(&app, &by, &id).await?;
    show(&app, &by, &contact, "", &FieldErrors::default()).await
}

async fn show(app: &App, by: &SignedIn, contact: &Contact, typed: &str, errors: &FieldErrors) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let page = format!("/app/contacts/{}", contact.id);
    let content = html! {
        (layout::back_link(&page, &html! { bdi { (display_name(contact)) } }))
        h1 { "Delete " bdi { (display_name(contact)) } "?" }
        form.form method="post" action={ (page) "/delete" } {
            (form::token(by))
            p {
                "This deletes the contact, its notes, and everything that was merged into it. Messages stay. This cannot be \
                undone."
            }
            div.field {
                label for="name" { "Type " bdi { (display_name(contact)) } " to delete it" }
                input #name name="name" value=(typed) dir="auto" autocomplete="off" autocapitalize="none" spellcheck="false"
                    required aria-invalid=[errors.aria_invalid("name")];
                (errors.show("name"))
            }
            div.actions {
                button.danger { "Delete the contact" }
                a.button href=(page) { "Cancel" }
            }
        }
    };
    Ok(Page { nav: NavItem::Contacts, title: "Delete", seen }.render("page", &content))
}

pub async fn delete(State(app): State<App>, Path(id): Path<String>, sent: SubmittedForm) -> Result<Response, Error> {
    let SubmittedForm { by, form } = sent;
    let contact = person::find(&app, &by, &id).await?;
    let typed = form.get("name");
    if normalized(typed) != normalized(display_name(&contact)) {
        let mut errors = FieldErrors::default();
        errors.add("name", html! { "This is not the name of the contact." });
        let page = show(&app, &by, &contact, typed, &errors).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    app.hub.delete(by.company.id, contact.id, by.origin).await?;
    Ok(Redirect::to("/app/contacts").into_response())
}

/// Returns a name without control characters and repeated spaces, which cannot be typed or seen.
fn normalized(name: &str) -> String {
    let name: String = name.chars().filter(|c| c.is_whitespace() || !c.is_control()).collect();
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}
