//! Import and export: a file in, with its progress and its report, and all contacts as a file out.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, REFRESH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use contact::{Import, Settings};
use files::{Column, Field};
use hub::{Importing, RowStatus};
use maud::{Markup, html};
use multer::Multipart;
use tempfile::NamedTempFile;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::{Tab, table};
use crate::App;
use crate::imports::{Job, Refused, State as Going, Upload};
use crate::v1::export;
use crate::web::error::Error;
use crate::web::form::{Sent, TOKEN_FIELD, is_from_here};
use crate::web::layout;
use crate::web::session::SignedIn;
use crate::web::words;

/// Most bytes of a file. A larger one is taken in by `kith import`.
const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Most bytes of what else the form holds.
const TEXT_BYTES_MAX: usize = 64 * 1024;
/// How long nothing of a file may arrive.
const IDLE_TIME_MAX: Duration = Duration::from_secs(30);
/// Pieces of a file that wait to be written down.
const AHEAD_MAX: usize = 8;
/// How often a page looks again while an import goes on.
const LOOK_AGAIN: HeaderValue = HeaderValue::from_static("1");

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
            p { "All contacts as they are now. What comes out goes in again: it makes the same contacts elsewhere." }
            p.actions {
                @for (format, name) in [("csv", "CSV"), ("jsonl", "JSON Lines"), ("vcard", "vCard")] {
                    a.button href={ "/app/settings/export?format=" (format) } download { (name) }
                }
            }
            p.small.muted { "CSV has no place for pictures." }
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
                "A CSV file from a CRM or an address book, vCards from a phone, or JSON Lines. Every row is told by the same rules as \
                 through the API: contacts that turn out to be one person are merged."
            }
            form #import.form method="post" action="/app/settings/import" enctype="multipart/form-data" {
                (layout::token(by))
                div.field {
                    label for="map" { "Columns" }
                    textarea #map name="map" rows="2" dir="auto" spellcheck="false" placeholder="Mobile no.=phone"
                        aria-invalid=[is_wrong("map")] aria-describedby="map-hint" {}
                    small #map-hint {
                        "Only for columns with unusual names, one a line: the name, =, and name, email, phone, twitter, link, list, \
                         description, ignore or a custom field."
                    }
                    (why("map"))
                }
                label.check { input type="checkbox" name="dry" value="yes" checked; "Only tell what would happen" }
                label.check { input type="checkbox" name="fills" value="yes"; "Leave names and descriptions alone that are there" }
                div.field {
                    label for="file" { "File" }
                    input #file type="file" name="file" required accept=".csv,.tsv,.txt,.jsonl,.ndjson,.vcf,.vcard"
                        aria-invalid=[is_wrong("file")] aria-describedby="file-hint";
                    small #file-hint { "At most " (words::size(FILE_BYTES_MAX)) "; " code { "kith import" } " takes larger ones." }
                    (why("file"))
                }
                div.actions { button.primary { "Read the file" } }
            }
        }
    }
}

/// The imports of the company: those of this server, and those that the journal knows.
fn list(app: &App, by: &SignedIn, settings: &Settings) -> Markup {
    let now = app.hub.now();
    let jobs = app.imports.of(by.company.id);
    let mut stopped: Vec<&Import> = settings.imports.values().collect();
    stopped.sort_by_key(|import| std::cmp::Reverse(import.changed_at));
    let begun = jobs.iter().map(|job| {
        let name = html! { a href={ "/app/settings/import/" (job.number) } { bdi { (job.upload.name) } } };
        (format!("job-{}", job.number), [name, words::time(job.started_at, now), html! { (told(job)) }])
    });
    let known = stopped.iter().map(|import| {
        let rows = html! {
            @if import.is_done { "all " (counted(import.rows)) " rows" }
            @else { "stopped after " (counted(import.rows)) " rows; the same file again goes on there" }
        };
        (import.id.to_string(), [html! { bdi { (import.name) } }, words::time(import.changed_at, now), rows])
    });
    html! {
        @if !jobs.is_empty() {
            section aria-labelledby="begun-title" {
                h2 #begun-title { "Begun here" }
                (table("imports that were begun here", ["File", "Begun", "How far"], begun))
            }
        }
        @if !stopped.is_empty() {
            section aria-labelledby="taken-title" {
                h2 #taken-title { "Taken in" }
                (table("files that were taken in", ["File", "Last", "Rows"], known))
            }
        }
    }
}

/// How far an import is, in a few words.
fn told(job: &Job) -> String {
    match &job.state {
        Going::Running(now) => format!("{} rows so far", counted(now.rows)),
        Going::Ended(now) if job.upload.is_dry => format!("{} rows looked at; nothing was changed", counted(now.rows)),
        Going::Ended(now) if now.is_done => format!("{} rows", counted(now.rows)),
        Going::Ended(now) => format!("stopped after {} rows", counted(now.rows)),
        Going::Failed(_) => "failed".to_owned(),
    }
}

/// A count with its thousands apart.
fn counted(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub async fn job(State(app): State<App>, Path(number): Path<String>, by: SignedIn) -> Result<Response, Error> {
    let job = find(&app, &by, &number)?;
    let seen = app.hub.head(by.company.id).await?;
    let (now, why) = match &job.state {
        Going::Running(now) | Going::Ended(now) => (Some(now), None),
        Going::Failed(why) => (None, Some(why)),
    };
    let is_running = matches!(job.state, Going::Running(_));
    let content = html! {
        section aria-labelledby="job-title" {
            (layout::crumb("/app/settings/import", &html! { "Import and export" }))
            h2 #job-title { bdi { (job.upload.name) } }
            @if job.upload.is_dry { p { b { "Nothing is changed." } " This is what would happen." } }
            @if let Some(why) = why { p.wrong role="alert" { (why) } }
            @if let Some(now) = now {
                @if is_running { (progress(&app, &job, now)) }
                @else if !now.is_done { p role="status" { "It was stopped. The same file again goes on where it stopped." } }
                @else { p role="status" { "All " (counted(now.rows)) " rows were read." } }
                (results(now, job.upload.is_dry))
                (columns(&now.columns))
            }
            @if !is_running {
                @if job.file.is_some() && why.is_none() {
                    form method="post" action={ "/app/settings/import/" (job.number) "/take" } {
                        (layout::token(&by))
                        p.actions { button.primary { "Take it in" } }
                    }
                }
                p.actions {
                    a.button href={ "/app/settings/import/" (job.number) "/report" } download { "Report of every row" }
                    a.button href="/app/contacts" { "Contacts" }
                }
            }
        }
    };
    let mut response = Tab::Import.show(seen, &content).into_response();
    if is_running {
        // Without a script, too.
        response.headers_mut().insert(REFRESH, LOOK_AGAIN);
    }
    Ok(response)
}

fn progress(app: &App, job: &Job, now: &Importing) -> Markup {
    let millis = u64::try_from(app.hub.now().millis() - job.started_at.millis()).unwrap_or(0).max(1);
    let (bytes, all) = (now.bytes.min(job.bytes), job.bytes.max(1));
    let left = (millis * (all - bytes)).checked_div(bytes).map(|left| left / 1_000 + 1);
    html! {
        progress #progress max=(all) value=(bytes) aria-label="How much of the file was read" {}
        p role="status" {
            (counted(now.rows)) " rows, " (counted(now.rows.saturating_sub(now.before) * 1_000 / millis)) " a second"
            @if let Some(left) = left { ", " (counted(left)) " s left" }
        }
    }
}

fn results(now: &Importing, is_dry: bool) -> Markup {
    let named = |result: RowStatus| match result {
        RowStatus::New => "New contacts",
        RowStatus::Changed => "Told something new",
        RowStatus::Unchanged => "Known already",
        RowStatus::Merged => "CreatedItem contacts one",
        RowStatus::KeptApart => "Kept apart by a split",
        RowStatus::Refused => "Refused",
        RowStatus::Before => "Taken in before",
    };
    html! {
        dl.given {
            @if now.before > 0 { dt { (named(RowStatus::Before)) } dd { (counted(now.before)) } }
            @for (result, count) in now.tally.named() { dt { (named(result)) } dd { (counted(count)) } }
        }
        @if now.is_again { p { "The same file was taken in before, so only gaps are filled." } }
        @if is_dry && !now.merges.is_empty() {
            h3 { "The first that would be one" }
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
                summary { "How the columns were understood" }
                dl.given {
                    @for Column { name, field } in columns {
                        dt { bdi { (name) } }
                        dd { @match field { Some(field) => (understood(field)), None => "not at all" } }
                    }
                }
            }
        }
    }
}

fn understood(field: &Field) -> String {
    field.to_string().replace('_', " ")
}

fn find(app: &App, by: &SignedIn, number: &str) -> Result<Job, Error> {
    let job = number.parse().ok().and_then(|number| app.imports.find(by.company.id, number));
    job.ok_or(Error::NotFound("There is no such import. What is shown of one is gone when the server starts again."))
}

pub async fn report(State(app): State<App>, Path(number): Path<String>, by: SignedIn) -> Result<Response, Error> {
    let job = find(&app, &by, &number)?;
    let reading = tokio::task::spawn_blocking(move || std::fs::read(job.report.path()));
    let text = reading.await.map_err(std::io::Error::other).flatten().map_err(|error| {
        tracing::error!(%error, "a report cannot be read");
        Error::NotFound("The report cannot be read.")
    })?;
    let headers =
        [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"report.csv\"")];
    Ok((headers, text).into_response())
}

pub async fn all(State(app): State<App>, by: SignedIn, request: Request) -> Result<Response, Error> {
    let (format, who) =
        export::asked(request.uri().query().unwrap_or_default(), by.company.region).map_err(Error::Invalid)?;
    Ok(export::file(&app, &by.company, format, who).await?)
}

pub async fn begin(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let (head, body) = request.into_parts();
    let by = SignedIn::find(&app, &head).await?;
    if !is_from_here(&head.headers) {
        return Err(Error::Foreign);
    }
    let parts = Multipart::new(body.into_data_stream(), boundary(&head.headers)?);
    let _room = match app.imports.room(by.company.id) {
        Ok(room) => room,
        Err(refused) => return busy(&app, &by, refused).await,
    };
    let (upload, file) = match receive(&app, &by, parts).await? {
        Ok(received) => received,
        Err((field, why)) => {
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&app, &by, Some((field, &why))).await?).into_response());
        }
    };
    go_on(&app, &by, upload, Arc::new(file)).await
}

/// Takes in a file of which it was told what would happen.
pub async fn take(State(app): State<App>, Path(number): Path<String>, sent: Sent) -> Result<Response, Error> {
    let job = find(&app, &sent.by, &number)?;
    let Some(file) = job.file else {
        let why = "Another file was sent since. Send this one once more.";
        return Ok((StatusCode::CONFLICT, show(&app, &sent.by, Some(("file", why))).await?).into_response());
    };
    go_on(&app, &sent.by, Upload { is_dry: false, ..job.upload }, file).await
}

async fn go_on(app: &App, by: &SignedIn, upload: Upload, file: Arc<NamedTempFile>) -> Result<Response, Error> {
    let begun = app.begin_import(&by.company, upload, file).map_err(|error| {
        tracing::error!(%error, "an import cannot be begun");
        Error::Invalid("The file cannot be kept here at the moment.".into())
    })?;
    match begun {
        Ok(job) => Ok(Redirect::to(&format!("/app/settings/import/{}", job.number)).into_response()),
        Err(refused) => busy(app, by, refused).await,
    }
}

async fn busy(app: &App, by: &SignedIn, refused: Refused) -> Result<Response, Error> {
    let why = match refused {
        Refused::Running => "Another import goes on. Wait for its end.",
        Refused::Busy => "Others are importing. Try again in a while.",
    };
    Ok((StatusCode::CONFLICT, show(app, by, Some(("file", why))).await?).into_response())
}

fn boundary(headers: &HeaderMap) -> Result<String, Error> {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    multer::parse_boundary(value).map_err(|_| broken())
}

fn broken() -> Error {
    Error::Invalid("The form did not arrive whole. Send it once more.".into())
}

/// Takes the form in. The file comes last, so that whoever sends it is known by then.
async fn receive(
    app: &App,
    by: &SignedIn,
    mut parts: Multipart<'_>,
) -> Result<Result<(Upload, NamedTempFile), (&'static str, String)>, Error> {
    let settings = app.hub.settings(by.company.id).await?;
    let (mut is_ours, mut is_dry, mut fills, mut map) = (false, false, false, Vec::new());
    loop {
        let part = timeout(IDLE_TIME_MAX, parts.next_field()).await.map_err(|_| broken())?.map_err(|_| broken())?;
        let Some(mut part) = part else { return Ok(Err(("file", "Choose a file.".into()))) };
        if part.name() == Some("file") {
            if !is_ours {
                return Err(Error::Foreign);
            }
            let name =
                part.file_name().unwrap_or_default().chars().filter(|c| !c.is_control()).take(200).collect::<String>();
            if name.is_empty() {
                return Ok(Err(("file", "Choose a file.".into())));
            }
            return Ok(keep(&mut part).await?.map(|file| (Upload { name, map, is_dry, fills }, file)));
        }
        let name = part.name().unwrap_or_default().to_owned();
        let mut text = Vec::new();
        while let Some(piece) = part.chunk().await.map_err(|_| broken())? {
            text.extend_from_slice(&piece);
            if text.len() > TEXT_BYTES_MAX {
                return Err(broken());
            }
        }
        let text = String::from_utf8_lossy(&text).trim().to_owned();
        match name.as_str() {
            TOKEN_FIELD => is_ours = text == by.form_token,
            "dry" => is_dry = true,
            "fills" => fills = true,
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

/// Writes a file down as it comes.
async fn keep(part: &mut multer::Field<'_>) -> Result<Result<NamedTempFile, (&'static str, String)>, Error> {
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
        let piece = timeout(IDLE_TIME_MAX, part.chunk()).await.map_err(|_| broken())?.map_err(|_| broken())?;
        let Some(piece) = piece else { break };
        size += piece.len() as u64;
        if size > FILE_BYTES_MAX {
            return Ok(Err(("file", format!("The file has more than {}.", words::size(FILE_BYTES_MAX)))));
        }
        if send.send(piece).await.is_err() {
            break;
        }
    }
    drop(send);
    let file = writing.await.ok().and_then(|written| {
        written.map_err(|error| tracing::error!(%error, "a file that was sent cannot be kept")).ok()
    });
    let file = file.ok_or_else(|| Error::Invalid("The file cannot be kept here at the moment.".into()))?;
    Ok(if size == 0 { Err(("file", "The file is empty.".into())) } else { Ok(file) })
}
