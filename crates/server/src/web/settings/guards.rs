//! The guards against false merges: their form, and the page that shows how contacts are grouped by them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::REFRESH;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{Guards, SHARED_AFTER};
use hub::Regrouping;
use maud::{Markup, html};

use super::{RELOAD_AFTER, Tab, handles, with_commas};
use crate::App;
use crate::jobs::State as RunState;
use crate::web::error::Error;
use crate::web::form::{FieldErrors, Form, SubmittedForm, token};
use crate::web::layout;
use crate::web::session::SignedIn;

const PAGE: &str = "/app/settings/handles/guards";

/// The page of the latest grouping of contacts by the guards.
pub async fn page(State(app): State<App>, by: SignedIn) -> Result<Response, Error> {
    let Some(run) = app.regroups.latest(by.company.id) else { return Ok(Redirect::to(handles::PAGE).into_response()) };
    let seen = app.hub.head(by.company.id).await?;
    let Regrouping { records, done, split, merged } = run.progress;
    let content = html! {
        section aria-labelledby="regrouping-title" {
            (layout::back_link(handles::PAGE, &html! { "Shared handles" }))
            h2 #regrouping-title { "Grouping contacts by the guards" }
            @match &run.state {
                RunState::Running => {
                    progress max=(records.max(1)) value=(done) aria-label="Part of the records that was looked at" {}
                    p role="status" { (with_commas(done)) " of " (with_commas(records)) " records" }
                }
                RunState::Done => p role="status" { "All contacts are grouped by the guards." },
                RunState::Stopped => p role="status" { "It was stopped. Save the guards again to continue." },
                RunState::Failed(why) => p.wrong role="alert" { (why) },
            }
            dl.given {
                dt { "Came apart from another" } dd { (with_commas(split)) }
                dt { "Became part of another" } dd { (with_commas(merged)) }
            }
        }
    };
    let mut response = Tab::Handles.show(seen, &content).into_response();
    if run.state == RunState::Running {
        response.headers_mut().insert(REFRESH, RELOAD_AFTER);
    }
    Ok(response)
}

/// Returns the form of the guards.
pub fn form(by: &SignedIn, guards: Guards, sent: Option<&Form>, errors: &FieldErrors) -> Markup {
    let now = guards.shared_after.map_or_else(|| "off".to_owned(), |number| number.to_string());
    let typed = sent.filter(|sent| sent.has("shared-after"));
    let shared_after = typed.map_or(now.as_str(), |sent| sent.get("shared-after"));
    let agree = typed.map_or(guards.names_agree, |sent| sent.has("names-agree"));
    html! {
        section aria-labelledby="guards-title" {
            h2 #guards-title { "Guards against false merges" }
            p { "After a change, all contacts are grouped as if the guards had always been so." }
            form #guards.form method="post" action=(PAGE) {
                (token(by))
                div.field {
                    label for="shared-after" { "Shared after" }
                    div.with-unit {
                        input #shared-after name="shared-after" value=(shared_after) inputmode="numeric" size="6"
                            autocomplete="off" required aria-describedby="shared-after-hint"
                            aria-invalid=[errors.aria_invalid("shared-after")];
                        span { "different names" }
                    }
                    small #shared-after-hint {
                        "A handle that is reported with so many names, and as many other handles, is taken to be \
                        shared. Usual is " (SHARED_AFTER) "; “off” turns this off."
                    }
                    (errors.show("shared-after"))
                }
                label.check {
                    input type="checkbox" name="names-agree" value="yes" checked[agree];
                    "Merge contacts with different names only when a person does it"
                }
                div.actions { button.primary { "Save" } }
            }
        }
    }
}

/// Sets the guards of the company, and groups all contacts by them in the background.
pub async fn set(State(app): State<App>, sent: SubmittedForm) -> Result<Response, Error> {
    let SubmittedForm { by, form } = sent;
    let mut errors = FieldErrors::default();
    match errors.check("shared-after", Guards::parse_shared_after(form.get("shared-after"))) {
        Some(shared_after) => {
            let guards = Guards { shared_after, names_agree: form.has("names-agree") };
            app.hub.set_guards(by.company.id, guards, by.origin).await?;
            app.regroups.start(Arc::clone(&app.hub), app.closing.subscribe(), by.company.id, by.origin);
            Ok(Redirect::to(PAGE).into_response())
        }
        None => {
            Ok((StatusCode::UNPROCESSABLE_ENTITY, handles::show(&app, &by, Some(&form), &errors).await?)
                .into_response())
        }
    }
}
