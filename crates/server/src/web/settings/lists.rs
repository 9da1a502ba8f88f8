//! Lists that contacts are put on.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{LIST_NAME_CHARS_MAX, ListId, ListName};
use maud::{Markup, html};

use super::{Tab, table};
use crate::App;
use crate::web::error::{Error, refusal};
use crate::web::form::{Reasons, Sent};
use crate::web::session::SignedIn;
use crate::web::{layout, names, words};

pub async fn page(State(app): State<App>, by: SignedIn) -> Result<Markup, Error> {
    show(&app, &by, "", &Reasons::default()).await
}

async fn show(app: &App, by: &SignedIn, typed: &str, reasons: &Reasons) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let settings = app.hub.settings(by.company.id).await?;
    let lists = names::lists(&settings, by.teammate.as_ref().map(|teammate| teammate.id));
    let now = app.hub.now();
    let rows = lists.iter().map(|list| {
        let name = list.name.as_str();
        let called = html! {
            a href={ "/app/contacts?list=" (list.id) } { bdi { (name) } }
            @if list.owner.is_some() { " " span.tag { "only yours" } }
        };
        let delete = layout::confirm(
            by,
            &format!("/app/settings/lists/{}/delete", list.id),
            "Delete",
            name,
            "Who is on it stays, but nothing tells any more that they were. This cannot be taken back.",
        );
        let id = html! { code { (list.id) } };
        (list.id.to_string(), [called, id, words::time(list.created_at, now), delete])
    });
    let content = html! {
        section aria-labelledby="lists-title" {
            h2 #lists-title { "Lists" }
            p { "Contacts are added to lists on their cards and through API 2." }
            div #lists data-live="directory" data-said="The lists have changed." {
                @if lists.is_empty() { p.nothing { "None yet." } }
                @else { (table("lists", ["Name", "Id", "Since", "Actions"], rows)) }
            }
        }
        section aria-labelledby="add-title" {
            h2 #add-title { "Make a list" }
            form #add.form method="post" action="/app/settings/lists" {
                (layout::token(by))
                div.field {
                    label for="name" { "Name" }
                    input #name name="name" value=(typed) maxlength=(LIST_NAME_CHARS_MAX) dir="auto" autocomplete="off"
                        required aria-invalid=[reasons.wrong("name")];
                    (reasons.why("name"))
                }
                div.actions { button.primary { "Make the list" } }
            }
        }
    };
    Ok(Tab::Lists.show(seen, &content))
}

pub async fn make(State(app): State<App>, sent: Sent) -> Result<Response, Error> {
    let Sent { by, form } = sent;
    let company = by.company.id;
    let mut reasons = Reasons::default();
    if let Some(name) = reasons.take("name", ListName::parse(form.get("name"))) {
        if app.hub.settings(company).await?.list(None, &name).is_some() {
            reasons.add("name", html! { "There is such a list already." });
        } else {
            match app.hub.make_list(company, name, None, by.origin).await {
                Ok(_) => return Ok(Redirect::to("/app/settings/lists").into_response()),
                Err(error) => reasons.add("name", html! { (refusal(error)?) }),
            }
        }
    }
    let page = show(&app, &by, form.get("name"), &reasons).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

pub async fn delete(State(app): State<App>, Path(id): Path<String>, sent: Sent) -> Result<Redirect, Error> {
    let gone = || Error::NotFound("There is no such list.");
    let id: ListId = id.parse().map_err(|_| gone())?;
    let names = names::Names::load(&app, &sent.by, &[], &[]).await?;
    names.list(id).ok_or_else(gone)?;
    app.hub.delete_list(sent.by.company.id, id, sent.by.origin).await?;
    Ok(Redirect::to("/app/settings/lists"))
}
