//! The settings page of API tokens and their scopes.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub::{Password, Scope, Scopes, TOKEN_NAME_CHARS_MAX, TokenInfo};
use maud::{Markup, html};

use super::{Tab, table};
use crate::App;
use crate::web::error::{Error, refusal};
use crate::web::form::{self, FieldErrors, Form, SubmittedForm};
use crate::web::format;
use crate::web::layout;
use crate::web::parts::Path;
use crate::web::session::SignedIn;

/// What the page shows besides the tokens.
#[derive(Default)]
struct PageState<'a> {
    /// A new token to show once.
    created: Option<(&'a TokenInfo, &'a Password)>,
    sent: Option<&'a Form>,
    errors: FieldErrors,
}

pub async fn page(State(app): State<App>, by: SignedIn) -> Result<Markup, Error> {
    show(&app, &by, &PageState::default()).await
}

async fn show(app: &App, by: &SignedIn, state: &PageState<'_>) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let tokens = app.hub.tokens(by.company.id).await?;
    let now = app.hub.now();
    let rows = tokens.iter().map(|token| {
        let name = html! { bdi { (token.name) } br; code { (token.id) } };
        let revoke = form::confirm(
            by,
            &format!("/app/settings/tokens/{}/revoke", token.id),
            "Revoke",
            &token.name,
            "Programs that use it are refused from then on. This cannot be undone.",
        );
        (token.id.to_string(), [name, scope_names(token), format::time(token.created_at, now), revoke])
    });
    let content = html! {
        @if let Some((token, text)) = state.created { (once(&by.base_url, token, text)) }
        section aria-labelledby="tokens-title" {
            h2 #tokens-title { "Tokens" }
            p { "Programs use API 2 with a token. A token allows only its scopes." }
            @if tokens.is_empty() { p.nothing { "None yet." } }
            @else { (table("tokens", ["Name", "Scopes", "Created", "Actions"], rows)) }
        }
        (add(by, state))
    };
    Ok(Tab::Tokens.show(seen, &content))
}

/// Returns the scopes of a token, or `all`.
fn scope_names(token: &TokenInfo) -> Markup {
    let scopes: Vec<&str> = token.scopes.iter().map(Scope::name).collect();
    html! {
        @if scopes.len() == Scope::ALL.len() { "all" }
        @else if scopes.is_empty() { "none" }
        @else { code { (scopes.join(", ")) } }
    }
}

fn once(base: &str, token: &TokenInfo, text: &Password) -> Markup {
    html! {
        section #made.once role="status" aria-labelledby="made-title" {
            h2 #made-title { "The token " bdi { (token.name) } }
            p { "It is shown only once. Keep it like a password." }
            (layout::copy_box(text.reveal(), "token"))
            p { "Test it:" }
            (layout::command(&format!("curl -H \"Authorization: Bearer {}\" {base}/contacts", text.reveal())))
        }
    }
}

fn add(by: &SignedIn, state: &PageState) -> Markup {
    let name = state.sent.map_or("", |sent| sent.get("name"));
    let is_ticked = |scope: Scope| state.sent.is_none_or(|sent| sent.all("scope").any(|name| name == scope.name()));
    html! {
        section aria-labelledby="add-title" {
            h2 #add-title { "New token" }
            form #add.form method="post" action="/app/settings/tokens" {
                (form::token(by))
                div.field {
                    label for="name" { "Name" }
                    input #name name="name" value=(name) maxlength=(TOKEN_NAME_CHARS_MAX) dir="auto" autocomplete="off"
                        required aria-invalid=[state.errors.aria_invalid("name")] aria-describedby="name-hint";
                    small #name-hint { "What it is for, such as “CRM sync”." }
                    (state.errors.show("name"))
                }
                fieldset {
                    legend { "Scopes" }
                    div.scopes {
                        @for scope in Scope::ALL {
                            label.check {
                                input type="checkbox" name="scope" value=(scope.name()) checked[is_ticked(scope)];
                                code { (scope.name()) }
                            }
                        }
                    }
                    (state.errors.show("scope"))
                }
                div.actions { button.primary { "Create" } }
            }
        }
    }
}

pub async fn create(State(app): State<App>, sent: SubmittedForm) -> Result<Response, Error> {
    let SubmittedForm { by, form } = sent;
    let mut errors = FieldErrors::default();
    let scopes: Vec<Scope> = form.all("scope").filter_map(|name| name.parse().ok()).collect();
    if scopes.is_empty() {
        errors.add("scope", html! { "Choose at least one scope." });
    } else {
        match app.hub.add_token(by.company.id, form.get("name"), Scopes::from_iter(scopes)).await {
            Ok((token, text)) => {
                let state = PageState { created: Some((&token, &text)), ..PageState::default() };
                return Ok(show(&app, &by, &state).await?.into_response());
            }
            Err(error) => errors.add("name", html! { (refusal(error)?) }),
        }
    }
    let state = PageState { sent: Some(&form), errors, created: None };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&app, &by, &state).await?).into_response())
}

pub async fn revoke(State(app): State<App>, Path(id): Path<String>, sent: SubmittedForm) -> Result<Redirect, Error> {
    let company = sent.by.company.id;
    // By its id alone, because several tokens may have the same name.
    let is_there = app.hub.tokens(company).await?.iter().any(|token| token.id.to_string() == id);
    if !is_there || !app.hub.revoke_token(company, &id).await? {
        return Err(Error::NotFound("Token not found."));
    }
    Ok(Redirect::to("/app/settings/tokens"))
}
