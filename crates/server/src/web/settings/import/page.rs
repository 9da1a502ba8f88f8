//! The page where files are uploaded and exported, with the imports so far.

use axum::extract::{Request, State};
use axum::response::Response;
use contact::{Import, Settings};
use maud::{Markup, html};

use super::undo;
use crate::App;
use crate::imports::ImportJob;
use crate::jobs::State as JobState;
use crate::v1::export as contact_export;
use crate::web::error::Error;
use crate::web::form;
use crate::web::format;
use crate::web::session::SignedIn;
use crate::web::settings::{Tab, table, with_commas};

/// Most bytes of a file. `kith import` takes larger ones.
pub const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// The formats of exports, with their names on buttons.
const EXPORTS: [(&str, &str); 7] = [
    ("csv", "CSV"),
    ("excel", "CSV for Excel"),
    ("google", "CSV for Google Contacts"),
    ("outlook", "CSV for Outlook"),
    ("jsonl", "JSON Lines"),
    ("vcard", "vCard 4.0"),
    ("vcard3", "vCard 3.0"),
];

pub async fn page(State(app): State<App>, by: SignedIn) -> Result<Markup, Error> {
    show(&app, &by, None).await
}

/// Returns the page, with the reason if a file was refused.
pub async fn show(app: &App, by: &SignedIn, wrong: Option<&str>) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let settings = app.hub.settings(by.company.id).await?;
    let content = html! {
        (form(by, wrong))
        (list(app, by, &settings))
        section aria-labelledby="export-title" {
            h2 #export-title { "Export" }
            p { "All contacts as they are now. Importing the file elsewhere creates the same contacts." }
            p.actions {
                @for (format, name) in EXPORTS {
                    a.button href={ "/app/settings/export?format=" (format) } download { (name) }
                }
            }
            p.small.muted { "CSV does not include pictures, labels and what is kept of vCards." }
        }
    };
    Ok(Tab::Import.show(seen, &content))
}

fn form(by: &SignedIn, wrong: Option<&str>) -> Markup {
    html! {
        section aria-labelledby="import-title" {
            h2 #import-title { "Import" }
            p {
                "A CSV file or workbook from a CRM or an address book, vCards from a phone, or JSON. Each row follows the rules \
                 of the API: contacts that turn out to be one person are merged. Nothing is imported before you have seen what \
                 would happen."
            }
            form #import.form method="post" action="/app/settings/import" enctype="multipart/form-data" {
                (form::token(by))
                div.checks {
                    label.check { input type="checkbox" name="fills" value="yes"; "Keep existing names and descriptions" }
                    label.check { input type="checkbox" name="lenient" value="yes"; "Take what is valid of a row" }
                }
                div.field {
                    label for="file" { "File" }
                    input #file type="file" name="file" required
                        accept=".csv,.tsv,.tab,.txt,.xlsx,.ods,.xls,.jsonl,.ndjson,.json,.vcf,.vcard"
                        aria-invalid=[wrong.map(|_| "true")] aria-describedby="file-hint";
                    small #file-hint { "At most " (format::size(FILE_BYTES_MAX)) "; for larger files, use " code { "kith import" } "." }
                    @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
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
            @if !undo::is_possible(import) { "undone" }
            @else if import.is_done { "all " (with_commas(import.rows)) " rows" }
            @else { "stopped after " (with_commas(import.rows)) " rows; import the same file again to continue" }
        };
        let action = html! { @if undo::is_possible(import) { (undo::button(by, import.id, &import.name, "small")) } };
        let name = html! { bdi { (import.name) } };
        (import.id.to_string(), [name, format::time(import.changed_at, now), rows, action])
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
                (table("imported files", ["File", "Last change", "Rows", "Actions"], known))
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
        JobState::Done if job.work.is_dry => format!("{rows} rows checked; nothing was changed"),
        JobState::Done => format!("{rows} rows"),
        JobState::Failed(_) => "failed".to_owned(),
    }
}

pub async fn export(State(app): State<App>, by: SignedIn, request: Request) -> Result<Response, Error> {
    let (format, who) = contact_export::parse_query(request.uri().query().unwrap_or_default(), by.company.region)
        .map_err(Error::Invalid)?;
    Ok(app.exports.start(app.hub, &by.company, format, who).await?)
}
