//! The page of one import: its progress, its results, and its report.

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, REFRESH};
use axum::response::{IntoResponse, Response};
use files::{Column, Encoding, Format, Problem};
use hub::{Importing, Join, REFUSED_SHOWN, RowStatus};
use maud::{Markup, html};

use super::field_choice::label;
use super::undo;
use crate::App;
use crate::imports::ImportJob;
use crate::jobs::State as JobState;
use crate::web::error::Error;
use crate::web::form;
use crate::web::layout;
use crate::web::parts::Path;
use crate::web::session::SignedIn;
use crate::web::settings::{RELOAD_AFTER, Tab, table, with_commas};

pub async fn job(State(app): State<App>, Path(number): Path<String>, by: SignedIn) -> Result<Response, Error> {
    let job = find(&app, &by, &number)?;
    let seen = app.hub.head(by.company.id).await?;
    let (now, why) = match &job.state {
        JobState::Failed(why) => (None, Some(why)),
        _ => (Some(&job.work.progress), None),
    };
    let waiting = app.imports.files.find(by.company.id, job.work.upload.number).filter(|_| job.work.is_dry);
    let is_running = job.state == JobState::Running;
    let content = html! {
        section.job aria-labelledby="job-title" {
            (layout::back_link("/app/settings/import", &html! { "Import and export" }))
            h2 #job-title { bdi { (job.work.upload.name) } }
            @if job.work.is_dry { p { b { "Dry run." } " Nothing is changed. This is what would happen." } }
            @if let Some(why) = why { p.wrong role="alert" { (why) } }
            @if let Some(now) = now {
                @if is_running { (progress(&app, &job, now)) }
                @else if !now.is_done { p role="status" { "The import was stopped. Import the same file again to continue." } }
                @else { p role="status" { "All " (with_commas(now.rows)) " rows were read." } }
                (results(now, job.work.is_dry))
                (refused(now))
                (columns(&now.columns))
            }
            @if !is_running {
                @if let Some((upload, _)) = &waiting {
                    form.actions method="post" action={ "/app/settings/import/" (job.number) "/take" } {
                        (form::token(&by))
                        @if why.is_none() { button.primary { "Import" } }
                        @if upload.format == Format::Csv {
                            a.button href={ "/app/settings/import/files/" (upload.number) } { "Change the columns" }
                        }
                    }
                }
                div.actions {
                    a.button href={ "/app/settings/import/" (job.number) "/report" } download { "Report of all rows" }
                    a.button href="/app/contacts" { "Contacts" }
                    @if let Some(id) = job.work.id.filter(|_| !job.work.is_dry) {
                        (undo::button(&by, id, &job.work.upload.name, "quiet"))
                    }
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

fn refused(now: &Importing) -> Markup {
    let problems = now.refused.iter().flat_map(|(line, problems)| problems.iter().map(move |problem| (line, problem)));
    let rows = problems.enumerate().map(|(n, (line, Problem { column, value, reason }))| {
        let cells = [html! { (line) }, html! { bdi { (column) } }, html! { bdi { (value) } }, html! { (reason) }];
        (format!("refused-{n}"), cells)
    });
    html! {
        @if !now.refused.is_empty() {
            h3 { "Refused rows: " (with_commas(now.tally.refused)) }
            (table("refused rows", ["Line", "Column", "Value", "Reason"], rows))
            @if now.tally.refused > REFUSED_SHOWN as u64 {
                p.small.muted { "These are the first " (REFUSED_SHOWN) ". The report has all of them." }
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
                        dd { @match field { Some(field) => bdi { (label(field)) }, None => "Left out" } }
                    }
                }
            }
        }
    }
}

/// Finds an import of the company.
pub fn find(app: &App, by: &SignedIn, number: &str) -> Result<ImportJob, Error> {
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
