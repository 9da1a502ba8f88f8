//! The settings page of teammates, who sign in with their own password.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{Attribute, HANDLE_BYTES_MAX, Handle, NAME_CHARS_MAX, Source, Teammate};
use hub::Password;
use maud::{Markup, html};

use super::{Tab, table};
use crate::App;
use crate::sentence::names;
use crate::web::error::{Error, refusal};
use crate::web::form::{self, FieldErrors, Form, SubmittedForm};
use crate::web::format;
use crate::web::layout;
use crate::web::parts::Path;
use crate::web::session::SignedIn;

/// What the page shows besides the teammates.
#[derive(Default)]
struct PageState<'a> {
    /// A new password to show once, and its teammate.
    created: Option<(&'a Teammate, &'a Password)>,
    sent: Option<&'a Form>,
    errors: FieldErrors,
}

pub async fn page(State(app): State<App>, by: SignedIn) -> Result<Markup, Error> {
    show(&app, &by, &PageState::default()).await
}

async fn show(app: &App, by: &SignedIn, state: &PageState<'_>) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let settings = app.hub.settings(by.company.id).await?;
    let now = app.hub.now();
    let rows = settings.teammates.values().map(|teammate| {
        let name = html! {
            bdi { (names::teammate_name(teammate)) } @if teammate.is_blocked { " " span.tag { "blocked" } }
        };
        let email = html! { bdi { (teammate.email.text()) } };
        let cells = [name, email, format::time(teammate.created_at, now), actions(by, teammate)];
        (format!("teammate-{}", teammate.id), cells)
    });
    let content = html! {
        @if let Some((teammate, password)) = state.created { (once(by, teammate, password)) }
        section aria-labelledby="teammates-title" {
            h2 #teammates-title { "Teammates" }
            p { "Teammates sign in with the company’s name, their e-mail address and a password of their own." }
            div #teammates data-live="directory" data-announce="The teammates have changed." {
                @if settings.teammates.is_empty() { p.nothing { "None yet." } }
                @else { (table("teammates", ["Name", "E-mail", "Created", "Actions"], rows)) }
            }
        }
        (add(by, state))
    };
    Ok(Tab::Teammates.show(seen, &content))
}

fn actions(by: &SignedIn, teammate: &Teammate) -> Markup {
    let page = format!("/app/settings/teammates/{}", teammate.id);
    let name = names::teammate_name(teammate);
    html! {
        div.row-actions {
            @if teammate.is_blocked {
                form method="post" action={ (page) "/unblock" } {
                    (form::token(by))
                    button.small { "Unblock" span.sr-only { " " (name) } }
                }
            } @else {
                (form::confirm(by, &format!("{page}/password"), "New password", &format!("for {name}"),
                    "The old password stops working, and everyone who signed in with it is signed out."))
                (form::confirm(by, &format!("{page}/block"), "Block", name,
                    "They can no longer sign in, and are signed out everywhere. Their notes stay."))
            }
        }
    }
}

fn once(by: &SignedIn, teammate: &Teammate, password: &Password) -> Markup {
    html! {
        section #made.once role="status" aria-labelledby="made-title" {
            h2 #made-title { "Password for " bdi { (names::teammate_name(teammate)) } }
            p {
                "It is shown only once. They sign in to the company " b { bdi { (by.company.name) } } " as "
                b { bdi { (teammate.email.text()) } } " with:"
            }
            (layout::copy_box(password.reveal(), "password"))
        }
    }
}

fn add(by: &SignedIn, state: &PageState) -> Markup {
    let value = |field: &str| state.sent.map_or("", |sent| sent.get(field));
    html! {
        section aria-labelledby="add-title" {
            h2 #add-title { "Add a teammate" }
            form #add.form method="post" action="/app/settings/teammates" {
                (form::token(by))
                (state.errors.show("form"))
                div.field {
                    label for="name" { "Name" }
                    input #name name="name" value=(value("name")) maxlength=(NAME_CHARS_MAX) dir="auto" autocomplete="off"
                        required aria-invalid=[state.errors.aria_invalid("name")];
                    (state.errors.show("name"))
                }
                div.field {
                    label for="email" { "E-mail" }
                    input #email name="email" type="email" value=(value("email")) maxlength=(HANDLE_BYTES_MAX)
                        autocomplete="off" required aria-invalid=[state.errors.aria_invalid("email")];
                    (state.errors.show("email"))
                }
                div.actions { button.primary { "Add the teammate" } }
            }
        }
    }
}

pub async fn create(State(app): State<App>, sent: SubmittedForm) -> Result<Response, Error> {
    let SubmittedForm { by, form } = sent;
    let mut errors = FieldErrors::default();
    let name = match form.get("name") {
        "" => errors.check("name", Err(contact::Invalid::Empty)),
        name => errors.check("name", Attribute::Name.parse(name)),
    };
    let email = errors.check("email", Handle::parse(Source::Email, form.get("email"), by.company.region));
    if let (Some(name), Some(email)) = (name, email) {
        match app.hub.add_teammate(by.company.id, email, name, by.origin).await {
            Ok((teammate, password)) => {
                let state = PageState { created: Some((&teammate, &password)), ..PageState::default() };
                return Ok(show(&app, &by, &state).await?.into_response());
            }
            Err(error) => errors.add("email", html! { (refusal(error)?) }),
        }
    }
    let state = PageState { sent: Some(&form), errors, created: None };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&app, &by, &state).await?).into_response())
}

/// Returns the teammate of an id in a URL.
async fn find(app: &App, by: &SignedIn, id: &str) -> Result<Teammate, Error> {
    let not_found = || Error::NotFound("Teammate not found.");
    let id = id.parse().map_err(|_| not_found())?;
    app.hub.settings(by.company.id).await?.teammates.remove(&id).ok_or_else(not_found)
}

/// Returns the same, if the teammate is not blocked.
async fn find_unblocked(app: &App, by: &SignedIn, id: &str) -> Result<Teammate, Error> {
    let teammate = find(app, by, id).await?;
    if teammate.is_blocked {
        return Err(Error::Invalid(format!("{} is blocked.", names::teammate_name(&teammate))));
    }
    Ok(teammate)
}

pub async fn rotate(State(app): State<App>, Path(id): Path<String>, sent: SubmittedForm) -> Result<Markup, Error> {
    let by = sent.by;
    let teammate = find_unblocked(&app, &by, &id).await?;
    let password = app.hub.rotate_teammate(by.company.id, teammate.id).await?;
    show(&app, &by, &PageState { created: Some((&teammate, &password)), ..PageState::default() }).await
}

pub async fn block(State(app): State<App>, Path(id): Path<String>, sent: SubmittedForm) -> Result<Redirect, Error> {
    let teammate = find_unblocked(&app, &sent.by, &id).await?;
    app.hub.block_teammate(sent.by.company.id, teammate.id, sent.by.origin).await?;
    Ok(Redirect::to("/app/settings/teammates"))
}

pub async fn unblock(State(app): State<App>, Path(id): Path<String>, sent: SubmittedForm) -> Result<Markup, Error> {
    let by = sent.by;
    let teammate = find(&app, &by, &id).await?;
    if !teammate.is_blocked {
        return Err(Error::Invalid(format!("{} is not blocked.", names::teammate_name(&teammate))));
    }
    let password = app.hub.unblock_teammate(by.company.id, teammate.id, by.origin).await?;
    show(&app, &by, &PageState { created: Some((&teammate, &password)), ..PageState::default() }).await
}
