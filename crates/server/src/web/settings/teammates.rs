//! Teammates: who works here and signs in with a password of their own.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{Attribute, HANDLE_BYTES_MAX, Handle, NAME_CHARS_MAX, Source, Teammate};
use hub::Password;
use maud::{Markup, html};

use super::{Tab, table};
use crate::App;
use crate::web::error::{Error, refusal};
use crate::web::form::{Form, Reasons, Sent};
use crate::web::layout;
use crate::web::session::SignedIn;
use crate::web::words;

/// What a page shows besides the teammates.
#[derive(Default)]
struct Told<'a> {
    /// A password that is shown once, and whose it is.
    made: Option<(&'a Teammate, &'a Password)>,
    sent: Option<&'a Form>,
    reasons: Reasons,
}

pub async fn page(State(app): State<App>, by: SignedIn) -> Result<Markup, Error> {
    show(&app, &by, &Told::default()).await
}

async fn show(app: &App, by: &SignedIn, told: &Told<'_>) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let settings = app.hub.settings(by.company.id).await?;
    let now = app.hub.now();
    let rows = settings.teammates.values().map(|teammate| {
        let name = html! {
            bdi { (words::teammate(teammate)) } @if teammate.is_blocked { " " span.tag { "blocked" } }
        };
        let email = html! { bdi { (teammate.email.text()) } };
        let cells = [name, email, words::time(teammate.created_at, now), actions(by, teammate)];
        (format!("teammate-{}", teammate.id), cells)
    });
    let content = html! {
        @if let Some((teammate, password)) = told.made { (once(by, teammate, password)) }
        section aria-labelledby="teammates-title" {
            h2 #teammates-title { "Teammates" }
            p { "Teammates sign in with the company’s name, their e-mail address and a password of their own." }
            div #teammates data-live="directory" data-said="The teammates have changed." {
                @if settings.teammates.is_empty() { p.nothing { "None yet." } }
                @else { (table("teammates", ["Name", "E-mail", "Since", "Actions"], rows)) }
            }
        }
        (add(by, told))
    };
    Ok(Tab::Teammates.show(seen, &content))
}

fn actions(by: &SignedIn, teammate: &Teammate) -> Markup {
    let page = format!("/app/settings/teammates/{}", teammate.id);
    let name = words::teammate(teammate);
    html! {
        div.row-actions {
            @if teammate.is_blocked {
                form method="post" action={ (page) "/unblock" } {
                    (layout::token(by))
                    button.small { "Unblock" span.sr-only { " " (name) } }
                }
            } @else {
                (layout::confirm(by, &format!("{page}/password"), "New password", &format!("for {name}"),
                    "The old password counts no more, and whoever is signed in with it is signed out."))
                (layout::confirm(by, &format!("{page}/block"), "Block", name,
                    "They can sign in no more, and are signed out everywhere. What they wrote stays."))
            }
        }
    }
}

fn once(by: &SignedIn, teammate: &Teammate, password: &Password) -> Markup {
    html! {
        section #made.once role="status" aria-labelledby="made-title" {
            h2 #made-title { "The password of " bdi { (words::teammate(teammate)) } }
            p {
                "It is shown only now. They sign in to the company " b { bdi { (by.company.name) } } " as "
                b { bdi { (teammate.email.text()) } } " with:"
            }
            (layout::copied(password.reveal(), "password"))
        }
    }
}

fn add(by: &SignedIn, told: &Told) -> Markup {
    let value = |field: &str| told.sent.map_or("", |sent| sent.get(field));
    html! {
        section aria-labelledby="add-title" {
            h2 #add-title { "Add a teammate" }
            form #add.form method="post" action="/app/settings/teammates" {
                (layout::token(by))
                (told.reasons.why("form"))
                div.field {
                    label for="name" { "Name" }
                    input #name name="name" value=(value("name")) maxlength=(NAME_CHARS_MAX) dir="auto" autocomplete="off"
                        required aria-invalid=[told.reasons.wrong("name")];
                    (told.reasons.why("name"))
                }
                div.field {
                    label for="email" { "E-mail" }
                    input #email name="email" type="email" value=(value("email")) maxlength=(HANDLE_BYTES_MAX)
                        autocomplete="off" required aria-invalid=[told.reasons.wrong("email")];
                    (told.reasons.why("email"))
                }
                div.actions { button.primary { "Add the teammate" } }
            }
        }
    }
}

pub async fn make(State(app): State<App>, sent: Sent) -> Result<Response, Error> {
    let Sent { by, form } = sent;
    let mut reasons = Reasons::default();
    let name = match form.get("name") {
        "" => reasons.take("name", Err(contact::Invalid::Empty)),
        name => reasons.take("name", Attribute::Name.parse(name)),
    };
    let email = reasons.take("email", Handle::parse(Source::Email, form.get("email"), by.company.region));
    if let (Some(name), Some(email)) = (name, email) {
        match app.hub.add_teammate(by.company.id, email, name, by.origin).await {
            Ok((teammate, password)) => {
                let told = Told { made: Some((&teammate, &password)), ..Told::default() };
                return Ok(show(&app, &by, &told).await?.into_response());
            }
            Err(error) => reasons.add("email", html! { (refusal(error)?) }),
        }
    }
    let told = Told { sent: Some(&form), reasons, made: None };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&app, &by, &told).await?).into_response())
}

/// The teammate that an id in an address stands for.
async fn find(app: &App, by: &SignedIn, id: &str) -> Result<Teammate, Error> {
    let gone = || Error::NotFound("There is no such teammate.");
    let id = id.parse().map_err(|_| gone())?;
    app.hub.settings(by.company.id).await?.teammates.remove(&id).ok_or_else(gone)
}

/// The same, if they can still sign in.
async fn find_unblocked(app: &App, by: &SignedIn, id: &str) -> Result<Teammate, Error> {
    let teammate = find(app, by, id).await?;
    if teammate.is_blocked {
        return Err(Error::Invalid(format!("{} is blocked.", words::teammate(&teammate))));
    }
    Ok(teammate)
}

pub async fn rotate(State(app): State<App>, Path(id): Path<String>, sent: Sent) -> Result<Markup, Error> {
    let by = sent.by;
    let teammate = find_unblocked(&app, &by, &id).await?;
    let password = app.hub.rotate_teammate(by.company.id, teammate.id).await?;
    show(&app, &by, &Told { made: Some((&teammate, &password)), ..Told::default() }).await
}

pub async fn block(State(app): State<App>, Path(id): Path<String>, sent: Sent) -> Result<Redirect, Error> {
    let teammate = find_unblocked(&app, &sent.by, &id).await?;
    app.hub.block_teammate(sent.by.company.id, teammate.id, sent.by.origin).await?;
    Ok(Redirect::to("/app/settings/teammates"))
}

pub async fn unblock(State(app): State<App>, Path(id): Path<String>, sent: Sent) -> Result<Markup, Error> {
    let by = sent.by;
    let teammate = find(&app, &by, &id).await?;
    if !teammate.is_blocked {
        return Err(Error::Invalid(format!("{} is not blocked.", words::teammate(&teammate))));
    }
    let password = app.hub.unblock_teammate(by.company.id, teammate.id, by.origin).await?;
    show(&app, &by, &Told { made: Some((&teammate, &password)), ..Told::default() }).await
}
