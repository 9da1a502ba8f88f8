//! Tokens: what programs ask API 2 with, and what each of them may do.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use hub::{Password, Scope, Scopes, TOKEN_NAME_CHARS_MAX, TokenInfo};
use maud::{Markup, html};

use super::{Tab, base_url, table};
use crate::App;
use crate::web::error::{Error, refusal};
use crate::web::form::{Form, Reasons, Sent};
use crate::web::layout;
use crate::web::session::SignedIn;
use crate::web::words;

/// What a page shows besides the tokens.
#[derive(Default)]
struct Told<'a> {
    /// A token that is shown once.
    made: Option<(&'a TokenInfo, &'a Password)>,
    sent: Option<&'a Form>,
    reasons: Reasons,
}

pub async fn page(State(app): State<App>, headers: HeaderMap, by: SignedIn) -> Result<Markup, Error> {
    show(&app, &headers, &by, &Told::default()).await
}

async fn show(app: &App, headers: &HeaderMap, by: &SignedIn, told: &Told<'_>) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let tokens = app.hub.tokens(by.company.id).await?;
    let now = app.hub.now();
    let rows = tokens.iter().map(|token| {
        let name = html! { bdi { (token.name) } br; code { (token.id) } };
        let revoke = layout::confirm(
            by,
            &format!("/app/settings/tokens/{}/revoke", token.id),
            "Revoke",
            &token.name,
            "Programs that ask with it are refused from then on. It cannot be brought back.",
        );
        (token.id.clone(), [name, allowed(token), words::time(token.created_at, now), revoke])
    });
    let content = html! {
        @if let Some((token, text)) = told.made { (once(&base_url(app, headers), token, text)) }
        section aria-labelledby="tokens-title" {
            h2 #tokens-title { "Tokens" }
            p { "Programs ask API 2 with a token, which may do what it was made for and nothing else." }
            @if tokens.is_empty() { p.nothing { "None yet." } }
            @else { (table("tokens", ["Name", "May", "Since", "Actions"], rows)) }
        }
        (add(by, told))
    };
    Ok(Tab::Tokens.show(seen, &content))
}

/// What a token may do, all of it in one word.
fn allowed(token: &TokenInfo) -> Markup {
    let scopes: Vec<&str> = token.scopes.iter().map(Scope::name).collect();
    html! {
        @if scopes.len() == Scope::ALL.len() { "everything" }
        @else if scopes.is_empty() { "nothing" }
        @else { code { (scopes.join(", ")) } }
    }
}

fn once(base: &str, token: &TokenInfo, text: &Password) -> Markup {
    html! {
        section #made.once role="status" aria-labelledby="made-title" {
            h2 #made-title { "The token " bdi { (token.name) } }
            p { "It is shown only now. Keep it as you keep a password." }
            (layout::copied(text.reveal(), "token"))
            p { "To see that it works:" }
            (layout::command(&format!("curl -H \"Authorization: Bearer {}\" {base}/contacts", text.reveal())))
        }
    }
}

fn add(by: &SignedIn, told: &Told) -> Markup {
    let name = told.sent.map_or("", |sent| sent.get("name"));
    let is_ticked = |scope: Scope| told.sent.is_none_or(|sent| sent.all("scope").any(|name| name == scope.name()));
    html! {
        section aria-labelledby="add-title" {
            h2 #add-title { "Make a token" }
            form #add.form method="post" action="/app/settings/tokens" {
                (layout::token(by))
                div.field {
                    label for="name" { "Name" }
                    input #name name="name" value=(name) maxlength=(TOKEN_NAME_CHARS_MAX) dir="auto" autocomplete="off"
                        required aria-invalid=[told.reasons.wrong("name")] aria-describedby="name-hint";
                    small #name-hint { "What it is for, such as “CRM sync”." }
                    (told.reasons.why("name"))
                }
                fieldset {
                    legend { "What it may do" }
                    div.scopes {
                        @for scope in Scope::ALL {
                            label.check {
                                input type="checkbox" name="scope" value=(scope.name()) checked[is_ticked(scope)];
                                code { (scope.name()) }
                            }
                        }
                    }
                    (told.reasons.why("scope"))
                }
                div.actions { button.primary { "Make the token" } }
            }
        }
    }
}

pub async fn make(State(app): State<App>, headers: HeaderMap, sent: Sent) -> Result<Response, Error> {
    let Sent { by, form } = sent;
    let mut reasons = Reasons::default();
    let scopes: Vec<Scope> = form.all("scope").filter_map(|name| name.parse().ok()).collect();
    if scopes.is_empty() {
        reasons.add("scope", html! { "A token must be for something." });
    } else {
        match app.hub.add_token(by.company.id, form.get("name"), Scopes::from_iter(scopes)).await {
            Ok((token, text)) => {
                let told = Told { made: Some((&token, &text)), ..Told::default() };
                return Ok(show(&app, &headers, &by, &told).await?.into_response());
            }
            Err(error) => reasons.add("name", html! { (refusal(error)?) }),
        }
    }
    let told = Told { sent: Some(&form), reasons, made: None };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&app, &headers, &by, &told).await?).into_response())
}

pub async fn revoke(State(app): State<App>, Path(id): Path<String>, sent: Sent) -> Result<Redirect, Error> {
    let company = sent.by.company.id;
    // By its id alone: the name of a token may be that of several.
    let is_there = app.hub.tokens(company).await?.iter().any(|token| token.id == id);
    if !is_there || !app.hub.revoke_token(company, &id).await? {
        return Err(Error::NotFound("There is no such token."));
    }
    Ok(Redirect::to("/app/settings/tokens"))
}
