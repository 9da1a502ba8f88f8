//! The settings page of contact lists.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{LIST_NAME_CHARS_MAX, ListId, ListName};
use maud::{Markup, html};

use super::{Tab, table};
use crate::App;
use crate::sentence::names;
use crate::web::error::{Error, refusal};
use crate::web::form::{self, FieldErrors, SubmittedForm};
use crate::web::format;
use crate::web::parts::Path;
use crate::web::session::SignedIn;

pub async fn page(State(app): State<App>, by: SignedIn) -> Result<Markup, Error> {
    show(&app, &by, "", &FieldErrors::default()).await
}

async fn show(app: &App, by: &SignedIn, typed: &str, errors: &FieldErrors) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let settings = app.hub.settings(by.company.id).await?;
    let lists = names::lists(&settings, by.viewer());
    let now = app.hub.now();
    let rows = lists.iter().map(|list| {
        let name = list.name.as_str();
        let label = html! {
            a href={ "/app/contacts?list=" (list.id) } { bdi { (name) } }
            @if list.owner.is_some() { " " span.tag { "private" } }
        };
        let delete = form::confirm(
            by,
            &format!("/app/settings/lists/{}/delete", list.id),
            "Delete",
            name,
            "Its contacts stay. This cannot be undone.",
        );
        let id = html! { code { (list.id) } };
        (list.id.to_string(), [label, id, format::time(list.created_at, now), delete])
    });
    let content = html! {
        section aria-labelledby="lists-title" {
            h2 #lists-title { "Lists" }
            p { "Add contacts to lists on their cards or through API 2." }
            div #lists data-live="directory" data-announce="The lists have changed." {
                @if lists.is_empty() { p.nothing { "None yet." } }
                @else { (table("lists", ["Name", "Id", "Created", "Actions"], rows)) }
            }
        }
        section aria-labelledby="add-title" {
            h2 #add-title { "New list" }
            form #add.form method="post" action="/app/settings/lists" {
                (form::token(by))
                div.field {
                    label for="name" { "Name" }
                    input #name name="name" value=(typed) maxlength=(LIST_NAME_CHARS_MAX) dir="auto" autocomplete="off"
                        required aria-invalid=[errors.aria_invalid("name")];
                    (errors.show("name"))
                }
                div.actions { button.primary { "Create" } }
            }
        }
    };
    Ok(Tab::Lists.show(seen, &content))
}

pub async fn create(State(app): State<App>, sent: SubmittedForm) -> Result<Response, Error> {
    let SubmittedForm { by, form } = sent;
    let company = by.company.id;
    let mut errors = FieldErrors::default();
    if let Some(name) = errors.check("name", ListName::parse(form.get("name"))) {
        if app.hub.settings(company).await?.list(None, &name).is_some() {
            errors.add("name", html! { "A list with this name already exists." });
        } else {
            match app.hub.make_list(company, name, None, by.origin).await {
                Ok(_) => return Ok(Redirect::to("/app/settings/lists").into_response()),
                Err(error) => errors.add("name", html! { (refusal(error)?) }),
            }
        }
    }
    let page = show(&app, &by, form.get("name"), &errors).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

pub async fn delete(State(app): State<App>, Path(id): Path<String>, sent: SubmittedForm) -> Result<Redirect, Error> {
    let not_found = || Error::NotFound("List not found.");
    let id: ListId = id.parse().map_err(|_| not_found())?;
    let names = names::Names::load(&app, sent.by.company.id, sent.by.viewer(), &[], &[]).await?;
    names.list(id).ok_or_else(not_found)?;
    app.hub.delete_list(sent.by.company.id, id, sent.by.origin).await?;
    Ok(Redirect::to("/app/settings/lists"))
}
