//! The settings page of import and export, with the progress and the report of an import.

use std::io::Write as _;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, REFRESH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use contact::{Import, Settings};
use files::{Column, Encoding, Field};
use hub::{Importing, Join, RowStatus};
use maud::{Markup, html};
use multer::Multipart;
use tempfile::NamedTempFile;
use tokio::sync::mpsc;

use super::{RELOAD_AFTER, Tab, table, with_commas};
use crate::App;
use crate::client::Client;
use crate::imports::{ImportJob, Upload};
use crate::jobs::{Refused, State as JobState};
use crate::request_body::{self, Failure};
use crate::shares::Holder;
use crate::v1::export as contact_export;
use crate::web::error::Error;
use crate::web::form::{self, SubmittedForm, TOKEN_FIELD};
use crate::web::format;
use crate::web::layout;
use crate::web::parts::Path;
use crate::web::session::SignedIn;

/// Most bytes of a file. `kith import` takes larger ones.
const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Most bytes of each other field of the form.
const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Pieces of a file that wait to be written to disk.
const AHEAD_MAX: usize = 8;

pub async fn page(State(app): State<App>, by: SignedIn) -> Result<Markup, Error> {
    show(&app, &by, None).await
}

async fn show(app: &App, by: &SignedIn, wrong: Option<(&str, &str)>) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let settings = app.hub.settings(by.company.id).await?;
    let content = html! {
        (form(by, wrong))
        (list(app, by, &settings))
        section aria-labelledby="export-title" {
            h2 #export-title { "Export" }
            p { "All contacts as they are now. Importing the file elsewhere creates the same contacts." }
            p.actions {
                @for (format, name) in [("csv", "CSV"), ("jsonl", "JSON Lines"), ("vcard", "vCard")] {
                    a.button href={ "/app/settings/export?format=" (format) } download { (name) }
                }
            }
            p.small.muted { "CSV does not include pictures." }
        }
    };
    Ok(Tab::Import.show(seen, &content))
}

fn form(by: &SignedIn, wrong: Option<(&str, &str)>) -> Markup {
    let is_wrong = |field: &str| wrong.is_some_and(|(at, _)| at == field).then_some("true");
    let why = |field: &str| html! { @if let Some((_, why)) = wrong.filter(|(at, _)| *at == field) { p.wrong role="alert" { (why) } } };
    html! {
        section aria-labelledby="import-title" {
            h2 #import-title { "Import" }
            p {
                "A CSV file from a CRM or an address book, vCards from a phone, or JSON Lines. Each row follows the rules of \
                 the API: contacts that turn out to be one person are merged."
            }
            form #import.form method="post" action="/app/settings/import" enctype="multipart/form-data" {
                (form::token(by))
                div.field {
                    label for="map" { "Columns" }
                    textarea #map name="map" rows="2" dir="auto" spellcheck="false" placeholder="Mobile no.=phone"
                        aria-invalid=[is_wrong("map")] aria-describedby="map-hint" {}
                    small #map-hint {
                        "Only for columns with unusual names, one per line: the column, =, and name, email, phone, twitter, link, \
                         list, description, ignore or a custom field."
                    }
                    (why("map"))
                }
                label.check { input type="checkbox" name="dry" value="yes" checked; "Dry run: only report what would happen" }
                label.check { input type="checkbox" name="fills" value="yes"; "Keep existing names and descriptions" }
                div.field {
                    label for="file" { "File" }
                    input #file type="file" name="file" required accept=".csv,.tsv,.txt,.jsonl,.ndjson,.vcf,.vcard"
                        aria-invalid=[is_wrong("file")] aria-describedby="file-hint";
                    small #file-hint { "At most " (format::size(FILE_BYTES_MAX)) "; for larger files, use " code { "kith import" } "." }
                    (why("file"))
                }
                div.actions { button.primary { "Upload the file" } }
            }
        }
    }
}

/// Returns the imports of this server, and those in the journal.
fn list(app: &App, by: &SignedIn, settings: &Settings) -> Markup {
    let now = app.hub.now();
    let jobs = app.imports.jobs.of(by.company.id);
    let mut stopped: Vec<&Import> = settings.imports.values().collect();
    stopped.sort_by_key(|import| std::cmp::Reverse(import.changed_at));
    let recent = jobs.iter().map(|job| {
        let name = html! { a href={ "/app/settings/import/" (job.number) } { bdi { (job.work.upload.name) } } };
        (format!("job-{}", job.number), [name, format::time(job.started_at, now), html! { (summary(job)) }])
    });
    let known = stopped.iter().map(|import| {
        let rows = html! {
            @if import.is_done { "all " (with_commas(import.rows)) " rows" }
            @else { "stopped after " (with_commas(import.rows)) " rows; import the same file again to continue" }
        };
        (import.id.to_string(), [html! { bdi { (import.name) } }, format::time(import.changed_at, now), rows])
    });
    html! {
        @if !jobs.is_empty() {
            section aria-labelledby="begun-title" {
                h2 #begun-title { "Recent imports" }
                (table("recent imports", ["File", "Started", "Progress"], recent))
            }
        }
        @if !stopped.is_empty() {
            section aria-labelledby="taken-title" {
                h2 #taken-title { "Imported files" }
                (table("imported files", ["File", "Last change", "Rows"], known))
            }
        }
    }
}

/// Returns the progress of an import in a few words.
fn summary(job: &ImportJob) -> String {
    let rows = with_commas(job.work.progress.rows);
    match &job.state {
        JobState::Running => format!("{rows} rows so far"),
        JobState::Stopped => format!("stopped after {rows} rows"),
        JobState::Done if job.work.upload.is_dry => format!("{rows} rows checked; nothing was changed"),
        JobState::Done => format!("{rows} rows"),
        JobState::Failed(_) => "failed".to_owned(),
    }
}

pub async fn job(State(app): State<App>, Path(number): Path<String>, by: SignedIn) -> Result<Response, Error> {
    let job = find(&app, &by, &number)?;
    let seen = app.hub.head(by.company.id).await?;
    let (now, why) = match &job.state {
        JobState::Failed(why) => (None, Some(why)),
        _ => (Some(&job.work.progress), None),
    };
    let is_running = job.state == JobState::Running;
    let content = html! {
        section.job aria-labelledby="job-title" {
            (layout::back_link("/app/settings/import", &html! { "Import and export" }))
            h2 #job-title { bdi { (job.work.upload.name) } }
            @if job.work.upload.is_dry { p { b { "Dry run." } " Nothing is changed. This is what would happen." } }
            @if let Some(why) = why { p.wrong role="alert" { (why) } }
            @if let Some(now) = now {
                @if is_running { (progress(&app, &job, now)) }
                @else if !now.is_done { p role="status" { "The import was stopped. Import the same file again to continue." } }
                @else { p role="status" { "All " (with_commas(now.rows)) " rows were read." } }
                (results(now, job.work.upload.is_dry))
                (columns(&now.columns))
            }
            @if !is_running {
                @if job.work.file.is_some() && why.is_none() {
                    form method="post" action={ "/app/settings/import/" (job.number) "/take" } {
                        (form::token(&by))
                        p.actions { button.primary { "Import" } }
                    }
                }
                p.actions {
                    a.button href={ "/app/settings/import/" (job.number) "/report" } download { "Report of all rows" }
                    a.button href="/app/contacts" { "Contacts" }
                }
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

fn progress(app: &App, job: &ImportJob, now: &Importing) -> Markup {
    let millis = u64::try_from(app.hub.now().millis() - job.started_at.millis()).unwrap_or(0).max(1);
    let (bytes, all) = (now.bytes.min(job.work.bytes), job.work.bytes.max(1));
    let left = (millis * (all - bytes)).checked_div(bytes).map(|left| left / 1_000 + 1);
    html! {
        progress #progress max=(all) value=(bytes) aria-label="Part of the file that was read" {}
        p role="status" {
            (with_commas(now.rows)) " rows, " (with_commas(now.rows.saturating_sub(now.before) * 1_000 / millis)) " a second"
            @if let Some(left) = left { ", " (with_commas(left)) " s left" }
        }
    }
}

fn results(now: &Importing, is_dry: bool) -> Markup {
    let named = |result: RowStatus| match result {
        RowStatus::New => "New contacts",
        RowStatus::Changed => "Updated",
        RowStatus::Unchanged => "Unchanged",
        RowStatus::Merged => "Merged contacts",
        RowStatus::KeptApart => "Kept apart by a split",
        RowStatus::Refused => "Refused",
        RowStatus::Before => "Imported before",
    };
    html! {
        dl.given {
            @if now.before > 0 { dt { (named(RowStatus::Before)) } dd { (with_commas(now.before)) } }
            @for (result, count) in now.tally.named() { dt { (named(result)) } dd { (with_commas(count)) } }
        }
        @if now.is_again { p { "The same file was imported before, so only gaps are filled." } }
        @if is_dry && !now.first_people.is_empty() {
            p {
                @if let Some(encoding) = now.encoding.filter(|encoding| *encoding != Encoding::UTF_8) {
                    "Encoding: " (encoding.name().to_lowercase()) ". "
                }
                "The first people: "
                @for (at, name) in now.first_people.iter().enumerate() { @if at > 0 { ", " } bdi { (name) } }
                "."
            }
        }
        @if !now.left_out.is_empty() {
            h3 { "Left out" }
            dl.given {
                @for (name, count) in now.left_out.named() { dt { bdi { (name) } } dd { (with_commas(count)) } }
                @if now.left_out.others() > 0 { dt { "Others" } dd { (with_commas(now.left_out.others())) } }
            }
        }
        @if now.joins.rows > 0 {
            h3 { "Rows that join an earlier row of another name: " (with_commas(now.joins.rows)) }
            ul {
                @for Join { handle, lines } in &now.joins.first {
                    li {
                        "Lines "
                        @for (at, line) in lines.iter().enumerate() {
                            @if at + 1 == lines.len() { " and " } @else if at > 0 { ", " }
                            (line)
                        }
                        " become one person by " bdi { (handle) } "."
                    }
                }
            }
        }
        @if is_dry && !now.merges.is_empty() {
            h3 { "The first merges" }
            ul {
                @for (line, kept, merged) in &now.merges {
                    li {
                        "Line " (line) ": "
                        @for one in merged { a href={ "/app/contacts/" (one) } { (one) } ", " }
                        a href={ "/app/contacts/" (kept) } { (kept) }
                    }
                }
            }
        }
    }
}

fn columns(columns: &[Column]) -> Markup {
    html! {
        @if !columns.is_empty() {
            details {
                summary { "How the columns were read" }
                dl.given {
                    @for Column { name, field, .. } in columns {
                        dt { bdi { (name) } }
                        dd { @match field { Some(field) => (field_label(field)), None => "ignored" } }
                    }
                }
            }
        }
    }
}

fn field_label(field: &Field) -> String {
    field.to_string().replace('_', " ")
}

fn find(app: &App, by: &SignedIn, number: &str) -> Result<ImportJob, Error> {
    let job = number.parse().ok().and_then(|number| app.imports.jobs.find(by.company.id, number));
    job.ok_or(Error::NotFound("Import not found. Imports are no longer shown after the server restarts."))
}

pub async fn report(State(app): State<App>, Path(number): Path<String>, by: SignedIn) -> Result<Response, Error> {
    let job = find(&app, &by, &number)?;
    let reading = tokio::task::spawn_blocking(move || std::fs::read(job.work.report.path()));
    let text = reading.await.map_err(std::io::Error::other).flatten().map_err(|error| {
        tracing::error!(%error, "a report cannot be read");
        Error::NotFound("The report cannot be read.")
    })?;
    let headers =
        [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"report.csv\"")];
    Ok((headers, text).into_response())
}

pub async fn export(State(app): State<App>, by: SignedIn, request: Request) -> Result<Response, Error> {
    let (format, who) = contact_export::parse_query(request.uri().query().unwrap_or_default(), by.company.region)
        .map_err(Error::Invalid)?;
    Ok(app.exports.start(app.hub, &by.company, format, who).await?)
}

pub async fn start(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let (head, body) = request.into_parts();
    let by = SignedIn::find(&app, &head).await?;
    if !Client::of(&head).is_same_origin {
        return Err(Error::CrossSite);
    }
    let parts = Multipart::new(request_body::pieces(body), boundary(&head.headers)?);
    if app.imports.jobs.is_running(by.company.id) {
        return busy(&app, &by, Refused::Running).await;
    }
    let _share = app.imports.uploads.take(Holder::Company(by.company.id), 1)?;
    let (upload, file) = match receive(&app, &by, parts).await? {
        Ok(received) => received,
        Err((field, why)) => {
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&app, &by, Some((field, &why))).await?).into_response());
        }
    };
    run(&app, &by, upload, Arc::new(file)).await
}

/// Imports the file of a dry run.
pub async fn take(State(app): State<App>, Path(number): Path<String>, sent: SubmittedForm) -> Result<Response, Error> {
    let job = find(&app, &sent.by, &number)?;
    let Some(file) = job.work.file else {
        let why = "Another file was uploaded since. Upload this one again.";
        return Ok((StatusCode::CONFLICT, show(&app, &sent.by, Some(("file", why))).await?).into_response());
    };
    run(&app, &sent.by, Upload { is_dry: false, ..job.work.upload }, file).await
}

async fn run(app: &App, by: &SignedIn, upload: Upload, file: Arc<NamedTempFile>) -> Result<Response, Error> {
    let started = app.start_import(&by.company, upload, file).map_err(|error| {
        tracing::error!(%error, "an import cannot be started");
        Error::Invalid("The file cannot be stored at the moment.".into())
    })?;
    match started {
        Ok(job) => Ok(Redirect::to(&format!("/app/settings/import/{}", job.number)).into_response()),
        Err(refused) => busy(app, by, refused).await,
    }
}

async fn busy(app: &App, by: &SignedIn, refused: Refused) -> Result<Response, Error> {
    match refused {
        Refused::Running => {
            let why = "Another import is running. Wait until it ends.";
            Ok((StatusCode::CONFLICT, show(app, by, Some(("file", why))).await?).into_response())
        }
        Refused::Busy(refused) => Err(refused.into()),
    }
}

fn boundary(headers: &HeaderMap) -> Result<String, Error> {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    multer::parse_boundary(value).map_err(|_| Failure::Broken.into())
}

fn broken(error: multer::Error) -> Error {
    let failure = match error {
        multer::Error::StreamReadFailed(error) => error.downcast().map_or(Failure::Broken, |failure| *failure),
        _ => Failure::Broken,
    };
    failure.into()
}

/// Reads the form. The file comes last, so that the form token is checked by then.
async fn receive(
    app: &App,
    by: &SignedIn,
    mut parts: Multipart<'_>,
) -> Result<Result<(Upload, NamedTempFile), (&'static str, String)>, Error> {
    let settings = app.hub.settings(by.company.id).await?;
    let (mut is_ours, mut is_dry, mut only_fill_gaps, mut map) = (false, false, false, Vec::new());
    loop {
        let part = parts.next_field().await.map_err(broken)?;
        let Some(mut part) = part else { return Ok(Err(("file", "Choose a file.".into()))) };
        if part.name() == Some("file") {
            if !is_ours {
                return Err(Error::CrossSite);
            }
            let name =
                part.file_name().unwrap_or_default().chars().filter(|c| !c.is_control()).take(200).collect::<String>();
            if name.is_empty() {
                return Ok(Err(("file", "Choose a file.".into())));
            }
            return Ok(store(&mut part).await?.map(|file| (Upload { name, map, is_dry, only_fill_gaps }, file)));
        }
        let name = part.name().unwrap_or_default().to_owned();
        let mut text = Vec::new();
        while let Some(piece) = part.chunk().await.map_err(broken)? {
            text.extend_from_slice(&piece);
            if text.len() > TEXT_BYTES_MAX {
                return Err(Failure::TooLarge.into());
            }
        }
        let text = String::from_utf8_lossy(&text).trim().to_owned();
        match name.as_str() {
            TOKEN_FIELD => is_ours = text == by.form_token,
            "dry" => is_dry = true,
            "fills" => only_fill_gaps = true,
            "map" => {
                let lines = text.lines().filter(|line| !line.trim().is_empty());
                match lines.map(|line| files::parse_map(line, &settings)).collect() {
                    Ok(read) => map = read,
                    Err(unknown) => return Ok(Err(("map", unknown.to_string()))),
                }
            }
            _ => {}
        }
    }
}

/// Writes a file to disk as it arrives.
async fn store(part: &mut multer::Field<'_>) -> Result<Result<NamedTempFile, (&'static str, String)>, Error> {
    let (send, mut pieces) = mpsc::channel::<axum::body::Bytes>(AHEAD_MAX);
    let writing = tokio::task::spawn_blocking(move || {
        let mut file = NamedTempFile::new()?;
        while let Some(piece) = pieces.blocking_recv() {
            file.write_all(&piece)?;
        }
        file.flush()?;
        std::io::Result::Ok(file)
    });
    let mut size = 0;
    loop {
        let Some(piece) = part.chunk().await.map_err(broken)? else { break };
        size += piece.len() as u64;
        if size > FILE_BYTES_MAX {
            return Ok(Err(("file", format!("The file has more than {}.", format::size(FILE_BYTES_MAX)))));
        }
        if send.send(piece).await.is_err() {
            break;
        }
    }
    drop(send);
    let file = writing
        .await
        .ok()
        .and_then(|written| written.map_err(|error| tracing::error!(%error, "an uploaded file cannot be stored")).ok());
    let file = file.ok_or_else(|| Error::Invalid("The file cannot be stored at the moment.".into()))?;
    Ok(if size == 0 { Err(("file", "The file is empty.".into())) } else { Ok(file) })
}
