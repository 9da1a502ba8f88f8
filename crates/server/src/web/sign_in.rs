//! Signing in and out.

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::error::Error;
use super::form::{FromHere, Sent};
use super::{layout, session};
use crate::{App, Peer};

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    next: String,
}

pub async fn page(Query(Asked { next }): Query<Asked>) -> Markup {
    form(&next, "", None)
}

fn form(next: &str, company: &str, refused: Option<&str>) -> Markup {
    let wrong = refused.map(|_| "true");
    let why = refused.map(|_| "wrong");
    layout::gate(
        "Sign in",
        "gate",
        &html! {
            h1 { "Sign in to Kith" }
            form.form method="post" action="/app/sign-in" {
                @if let Some(refused) = refused { p #wrong.wrong role="alert" { (refused) } }
                input type="hidden" name="next" value=(next);
                div.field {
                    label for="company" { "Company" }
                    input #company name="company" value=(company) autocomplete="username" autocapitalize="none"
                        spellcheck="false" required maxlength="63" aria-invalid=[wrong] aria-describedby=[why]
                        autofocus[company.is_empty()];
                }
                div.field {
                    label for="password" { "Password" }
                    input #password name="password" type="password" autocomplete="current-password" required
                        maxlength="200" aria-invalid=[wrong] aria-describedby=[why] autofocus[!company.is_empty()];
                }
                button.primary { "Sign in" }
            }
            p.small.muted { "Lost it? " code { "kith company rotate" } " prints a new password." }
        },
    )
}

pub async fn sign_in(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    FromHere(sent): FromHere,
) -> Result<Response, Error> {
    let (login, next) = (sent.get("company"), sent.get("next"));
    let Some(company) = app.hub.sign_in(login, sent.get("password")).await? else {
        return Ok(match app.throttle.failed(Some(peer.0.ip()), login) {
            None => {
                let refused = "No company has this name and password.";
                (StatusCode::UNPROCESSABLE_ENTITY, form(next, login, Some(refused))).into_response()
            }
            Some(wait) => {
                let seconds = wait.as_secs() + 1;
                let refused = format!("Too many wrong passwords. Try again in {seconds} seconds.");
                let retry = [(header::RETRY_AFTER, seconds.to_string())];
                (StatusCode::TOO_MANY_REQUESTS, retry, form(next, login, Some(&refused))).into_response()
            }
        });
    };
    let token = app.hub.begin_session(company.id).await?;
    let cookie = session::cookie(&token, app.is_secure(&headers));
    // Only a page of the app, never another site: `//host` is one.
    let next = if next.starts_with("/app/") { next } else { "/app/inbox" };
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response())
}

pub async fn sign_out(State(app): State<App>, headers: HeaderMap, _: Sent) -> Result<Response, Error> {
    if let Some(token) = session::token(&headers) {
        app.hub.end_session(&token).await?;
    }
    Ok(([(header::SET_COOKIE, session::no_cookie())], Redirect::to("/app/sign-in")).into_response())
}
