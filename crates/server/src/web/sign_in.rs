//! Signs callers in and out.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use contact::{CompanyId, HANDLE_BYTES_MAX, TeammateId};
use maud::{Markup, html};
use serde::Deserialize;

use super::error::Error;
use super::form::{AnonymousForm, SubmittedForm};
use super::parts::Query;
use super::{layout, session};
use crate::App;
use crate::client::Client;

#[derive(Deserialize)]
pub struct Params {
    #[serde(default)]
    next: String,
}

pub async fn page(Query(Params { next }): Query<Params>) -> Markup {
    form(&next, "", "", None)
}

fn form(next: &str, company: &str, email: &str, refused: Option<&str>) -> Markup {
    let wrong = refused.map(|_| "true");
    let why = refused.map(|_| "wrong");
    layout::standalone(
        "Sign in",
        "gate",
        &html! {
            h1 { "Sign in to Kith" }
            form.form method="post" action="/app/sign-in" {
                @if let Some(refused) = refused { p #wrong.wrong role="alert" { (refused) } }
                input type="hidden" name="next" value=(next);
                div.field {
                    label for="company" { "Company" }
                    input #company name="company" value=(company) autocomplete="organization" autocapitalize="none"
                        spellcheck="false" required maxlength="63" aria-invalid=[wrong] aria-describedby=[why]
                        autofocus[company.is_empty()];
                }
                div.field {
                    label for="email" { "E-mail" }
                    input #email name="email" type="email" value=(email) autocomplete="username" maxlength=(HANDLE_BYTES_MAX)
                        aria-invalid=[wrong] aria-describedby="email-hint";
                    small #email-hint { "Leave empty to sign in with the company’s own password." }
                }
                div.field {
                    label for="password" { "Password" }
                    input #password name="password" type="password" autocomplete="current-password" required
                        maxlength="200" aria-invalid=[wrong] aria-describedby=[why] autofocus[!company.is_empty()];
                }
                button.primary { "Sign in" }
            }
            p.small.muted {
                "Lost your password? Another teammate can create a new one under Settings. For the company, "
                code { "kith company rotate" } " prints a new one."
            }
        },
    )
}

pub async fn sign_in(
    State(app): State<App>,
    client: Client,
    AnonymousForm(sent): AnonymousForm,
) -> Result<Response, Error> {
    let (login, email, next) = (sent.get("company"), sent.get("email"), sent.get("next"));
    let Some((company, teammate)) = find(&app, login, email, sent.get("password")).await? else {
        let account = if email.is_empty() { login.to_owned() } else { format!("{login}/{}", email.to_lowercase()) };
        return Ok(match app.throttle.failed(client.ip, &account) {
            None => {
                let refused = if email.is_empty() {
                    "No company has this name and password."
                } else {
                    "No teammate of this company has this e-mail address and password."
                };
                (StatusCode::UNPROCESSABLE_ENTITY, form(next, login, email, Some(refused))).into_response()
            }
            Some(wait) => {
                let seconds = wait.as_secs() + 1;
                let refused = format!("Too many wrong passwords. Try again in {seconds} seconds.");
                let retry = [(header::RETRY_AFTER, seconds.to_string())];
                (StatusCode::TOO_MANY_REQUESTS, retry, form(next, login, email, Some(&refused))).into_response()
            }
        });
    };
    let token = app.hub.begin_session(company, teammate).await?;
    let cookie = session::cookie(&token, &client);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(page_after(next))).into_response())
}

/// Returns the page to show after a sign-in, which is one of the app: `//host` would be another site.
fn page_after(next: &str) -> &str {
    let is_page = next.starts_with("/app/") && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_page { next } else { "/app/inbox" }
}

/// Checks the password of the company, or of a teammate if there is an e-mail address.
async fn find(
    app: &App,
    login: &str,
    email: &str,
    password: &str,
) -> Result<Option<(CompanyId, Option<TeammateId>)>, Error> {
    if email.is_empty() {
        return Ok(app.hub.sign_in(login, password).await?.map(|company| (company.id, None)));
    }
    let found = app.hub.sign_in_teammate(login, email, password).await?;
    Ok(found.map(|(company, teammate)| (company.id, Some(teammate))))
}

pub async fn sign_out(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    _: SubmittedForm,
) -> Result<Response, Error> {
    if let Some(token) = session::token(&headers, &client) {
        app.hub.end_session(&token).await?;
    }
    Ok(([(header::SET_COOKIE, session::no_cookie(&client))], Redirect::to("/app/sign-in")).into_response())
}
