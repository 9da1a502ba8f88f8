//! Undoing an import: a dry run says in numbers what would be taken back, and one button takes it back.

use axum::extract::State;
use axum::http::header::REFRESH;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{Import, ImportId};
use hub::{JoinedBy, Undo, UndoRequest};
use maud::{Markup, html};

use crate::App;
use crate::jobs::{Job, Refused, State as JobState};
use crate::undos::Undoing;
use crate::web::error::Error;
use crate::web::form::{self, SubmittedForm};
use crate::web::layout;
use crate::web::parts::Path;
use crate::web::session::SignedIn;
use crate::web::settings::{RELOAD_AFTER, Tab, with_commas};

const PAGE: &str = "/app/settings/import/undo";

/// Returns the button that leads to what an undo would do.
pub fn button(by: &SignedIn, import: ImportId, name: &str, class: &str) -> Markup {
    html! {
        form method="post" action=(PAGE) {
            (form::token(by))
            (form::hidden(&[("import", &import.to_string())]))
            button.button.(class) { "Undo this import…" span.sr-only { " " (name) } }
        }
    }
}

/// Whether something of an import may be left to undo.
pub fn is_possible(import: &Import) -> bool {
    import.is_done || import.rows > 0
}

/// Counts what an undo would take back.
pub async fn start(State(app): State<App>, sent: SubmittedForm) -> Result<Response, Error> {
    let not_found = || Error::NotFound("Import not found.");
    let id: ImportId = sent.form.get("import").parse().map_err(|_| not_found())?;
    app.hub.import_of(sent.by.company.id, id).await?.ok_or_else(not_found)?;
    run(&app, &sent.by, UndoRequest { of: JoinedBy::Import(id), has_records: true, is_dry: true })
}

/// Takes back what was counted.
pub async fn take(State(app): State<App>, Path(number): Path<String>, sent: SubmittedForm) -> Result<Response, Error> {
    let job = find(&app, &sent.by, &number)?;
    run(&app, &sent.by, UndoRequest { is_dry: false, ..job.work.request })
}

fn run(app: &App, by: &SignedIn, request: UndoRequest) -> Result<Response, Error> {
    if app.imports.jobs.is_running(by.company.id) {
        return Err(Error::Invalid("An import is running. Wait until it ends.".into()));
    }
    let job = app.start_undo(by.company.id, request, by.origin).map_err(|refused| match refused {
        Refused::Running => Error::Invalid("Something else is being undone. Wait until it ends.".into()),
        Refused::Busy(refused) => refused.into(),
    })?;
    Ok(Redirect::to(&format!("{PAGE}/{}", job.number)).into_response())
}

fn find(app: &App, by: &SignedIn, number: &str) -> Result<Job<Undoing>, Error> {
    let job = number.parse().ok().and_then(|number| app.undos.find(by.company.id, number));
    // API 2 starts jobs of other kinds.
    job.filter(|job| job.work.request.has_records)
        .ok_or(Error::NotFound("Undo not found. It is no longer shown after the server restarts."))
}

pub async fn page(State(app): State<App>, Path(number): Path<String>, by: SignedIn) -> Result<Response, Error> {
    let job = find(&app, &by, &number)?;
    let seen = app.hub.head(by.company.id).await?;
    let import = match job.work.request.of {
        JoinedBy::Import(id) => app.hub.import_of(by.company.id, id).await?,
        JoinedBy::Api { .. } => None,
    };
    let is_running = job.state == JobState::Running;
    let content = html! {
        section.job aria-labelledby="undo-title" {
            (layout::back_link("/app/settings/import", &html! { "Import and export" }))
            h2 #undo-title { "Undo" @if let Some(import) = &import { " " bdi { (import.name) } } }
            @match &job.state {
                JobState::Running => (progress(&job)),
                JobState::Failed(why) => p.wrong role="alert" { (why) },
                JobState::Stopped => p role="status" { "This was stopped. Undo the import again to continue." },
                JobState::Done => (result(&by, &job)),
            }
        }
    };
    let mut response = Tab::Import.show(seen, &content).into_response();
    if is_running {
        // Reloads the page without a script.
        response.headers_mut().insert(REFRESH, RELOAD_AFTER);
    }
    Ok(response)
}

fn progress(job: &Job<Undoing>) -> Markup {
    let Undo { entries, read, withdrawn, split, .. } = job.work.progress;
    html! {
        progress #progress max=(entries.max(1)) value=(read) aria-label="Part of the journal that was read" {}
        p role="status" {
            @if read < entries { "Looking for what the import reported" }
            @else { (with_commas(withdrawn)) " records and " (with_commas(split)) " joins so far" }
        }
    }
}

fn result(by: &SignedIn, job: &Job<Undoing>) -> Markup {
    let (request, now) = (job.work.request, &job.work.progress);
    let is_anything = now.withdrawn + now.split > 0;
    html! {
        p role="status" {
            @if !request.is_dry { "The import is undone. The same file can be imported again." }
            @else if is_anything { "Nothing is changed yet. This is what would happen." }
            @else { "Nothing of this import is left to undo." }
        }
        (numbers(&request, now))
        @if request.is_dry && is_anything {
            form.actions method="post" action={ (PAGE) "/" (job.number) } {
                (form::token(by))
                button.danger { "Undo the import" }
                a.button href="/app/settings/import" { "Cancel" }
            }
        } @else {
            p.actions { a.button href="/app/contacts" { "Contacts" } }
        }
    }
}

fn numbers(request: &UndoRequest, now: &Undo) -> Markup {
    html! {
        dl.given {
            @if request.has_records {
                dt { "Records withdrawn" } dd { (with_commas(now.withdrawn)) }
                dt { "Records that stay" } dd { (with_commas(now.kept)) }
            }
            dt { "Joins taken back" } dd { (with_commas(now.split)) }
        }
        @if now.withdrawn > 0 {
            p {
                "A record is what one source says about one person. Only this import reported those that are withdrawn; contacts \
                 that only it brought disappear."
            }
        }
        @if now.kept > 0 {
            p {
                "The records that stay are those that others reported to as well: an API, another file, a message or a teammate. What \
                 the import replaced in them does not come back."
            }
        }
    }
}
