//! The settings page of handles that identify nobody.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{HANDLE_BYTES_MAX, Handle, HandleDecision, HandleKey, HandleStatus, Invalid, Source};
use hub::{PAGE_SIZE_MAX, Page};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Tab, guards, table};
use crate::App;
use crate::web::error::Error;
use crate::web::form::{self, FieldErrors, Form, SubmittedForm};
use crate::web::format;
use crate::web::parts::Query;
use crate::web::session::SignedIn;

/// The address of the page.
pub const PAGE: &str = "/app/settings/handles";

/// Handles of each status on the first page. A list of its own has [`PAGE_SIZE_MAX`].
const FIRST_SHOWN: usize = 20;

/// The statuses in the order of the page: first those that wait for a decision.
const STATUSES: [HandleStatus; 4] =
    [HandleStatus::SharedByEvidence, HandleStatus::Shared, HandleStatus::Blocked, HandleStatus::Personal];

#[derive(Deserialize, Default)]
pub struct Params {
    /// Show only the handles of this status.
    status: Option<String>,
    /// Show those after this one.
    after: Option<String>,
}

/// The handles of a status, with the number of contacts that report each.
struct Marked {
    status: HandleStatus,
    handles: Vec<(HandleKey, u64)>,
    next: Option<HandleKey>,
}

pub async fn page(State(app): State<App>, Query(params): Query<Params>, by: SignedIn) -> Result<Markup, Error> {
    let chosen = STATUSES.into_iter().find(|status| params.status.as_deref() == Some(status.name()));
    let Some(status) = chosen else { return show(&app, &by, None, &FieldErrors::default()).await };
    let seen = app.hub.head(by.company.id).await?;
    let after = params.after.as_deref().and_then(after);
    let marked = load(&app, &by, status, after, PAGE_SIZE_MAX).await?;
    let content = html! {
        section aria-labelledby="handles-title" {
            h2 #handles-title { "Shared and blocked handles" }
            p { a href=(PAGE) { "All of them" } }
            (section(&by, &marked))
        }
    };
    Ok(Tab::Handles.show(seen, &content))
}

/// Shows the page, after a form was sent with errors.
pub async fn show(app: &App, by: &SignedIn, sent: Option<&Form>, errors: &FieldErrors) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let now = app.hub.guards(by.company.id).await?;
    let mut all = Vec::with_capacity(STATUSES.len());
    for status in STATUSES {
        all.push(load(app, by, status, None, FIRST_SHOWN).await?);
    }
    let content = html! {
        section aria-labelledby="handles-title" {
            h2 #handles-title { "Shared and blocked handles" }
            p { "A handle that stands for nobody, such as a switchboard, must not make strangers one person." }
            div #handles data-live="contacts directory" data-announce="The shared handles have changed." {
                @for marked in &all { (section(by, marked)) }
            }
        }
        (add(by, sent, errors))
        (guards::form(by, now, sent, errors))
    };
    Ok(Tab::Handles.show(seen, &content))
}

async fn load(
    app: &App,
    by: &SignedIn,
    status: HandleStatus,
    after: Option<HandleKey>,
    size: usize,
) -> Result<Marked, Error> {
    let company = by.company.id;
    let Page { items, next } = app.hub.marked_handles(company, status, after, size).await?;
    let mut handles = Vec::with_capacity(items.len());
    for (handle, _) in items {
        let (_, contacts) = app.hub.handle(company, &handle).await?;
        handles.push((handle, contacts));
    }
    Ok(Marked { status, handles, next })
}

/// Returns the section of a status.
fn section(by: &SignedIn, marked: &Marked) -> Markup {
    let name = marked.status.name();
    let (title, about) = words(marked.status);
    let rows = marked.handles.iter().map(|(handle, contacts)| {
        let shown = html! { (format::source(handle.source())) " " bdi { (handle.as_str()) } };
        (text(handle), [shown, people(handle, *contacts), actions(by, marked.status, handle)])
    });
    html! {
        section.marked aria-labelledby={ (name) "-title" } {
            h3 id={ (name) "-title" } { (title) }
            p { (about) }
            @if marked.handles.is_empty() { p.nothing { "None." } }
            @else { (table(title, ["Handle", "Used by", "Actions"], rows)) }
            @if let Some(next) = &marked.next { p.more { a href=(more(name, next)) { "More" } } }
        }
    }
}

/// Returns the title of a status, and what it means.
fn words(status: HandleStatus) -> (&'static str, &'static str) {
    match status {
        HandleStatus::Plain => ("Others", "They identify one person."),
        HandleStatus::SharedByEvidence => (
            "To confirm",
            "Kith takes these to be shared, because they were reported for people with many different names. Decide \
             whether they are.",
        ),
        HandleStatus::Shared => ("Shared", "Several people use them, so they never merge contacts."),
        HandleStatus::Blocked => ("Blocked", "They stand for nobody, so they never merge contacts."),
        HandleStatus::Personal => {
            ("Allowed", "Each is one person’s, even if it looks like a placeholder or many people seem to use it.")
        }
    }
}

fn people(handle: &HandleKey, contacts: u64) -> Markup {
    let found: String = url::form_urlencoded::byte_serialize(handle.as_str().as_bytes()).collect();
    let words = match contacts {
        1 => "1 person".to_owned(),
        more => format!("{more} people"),
    };
    html! { @if contacts == 0 { "nobody" } @else { a href={ "/app/contacts?q=" (found) } { (words) } } }
}

/// Returns the buttons that confirm or undo what a handle is.
fn actions(by: &SignedIn, status: HandleStatus, handle: &HandleKey) -> Markup {
    let (source, value) = (handle.source().name(), handle.as_str());
    let as_marked = |status: HandleStatus| [("source", source), ("handle", value), ("status", status.name())];
    let button = |status: HandleStatus, name: &str| {
        html! {
            form method="post" action=(PAGE) {
                (form::token(by))
                (form::hidden(&as_marked(status)))
                button.button.small { (name) span.sr-only { " " (value) } }
            }
        }
    };
    let one_person = |name: &str| {
        let consequence = "The contacts that use it become one person. Mark it as shared to undo that.";
        form::confirm_with(by, PAGE, &as_marked(HandleStatus::Personal), name, value, consequence)
    };
    html! {
        div.actions {
            @match status {
                HandleStatus::Plain | HandleStatus::SharedByEvidence => {
                    (button(HandleStatus::Shared, "Shared"))
                    (one_person("It is one person"))
                },
                HandleStatus::Shared => (one_person("Not shared")),
                HandleStatus::Blocked => (one_person("Allow")),
                HandleStatus::Personal => {
                    (button(HandleStatus::Shared, "Shared"))
                    (button(HandleStatus::Blocked, "Block"))
                },
            }
        }
    }
}

fn add(by: &SignedIn, sent: Option<&Form>, errors: &FieldErrors) -> Markup {
    let value = |field: &str| sent.map(|sent| sent.get(field)).unwrap_or_default();
    html! {
        section aria-labelledby="add-title" {
            h2 #add-title { "Share or block a handle" }
            form #add.form method="post" action=(PAGE) {
                (form::token(by))
                div.field {
                    label for="handle" { "Handle" }
                    div.new-row {
                        select name="source" aria-label="Source" {
                            @for source in Source::ALL {
                                option value=(source.name()) selected[value("source") == source.name()] {
                                    (format::source(source))
                                }
                            }
                        }
                        input #handle name="handle" value=(value("handle")) maxlength=(HANDLE_BYTES_MAX)
                            autocomplete="off" required aria-invalid=[errors.aria_invalid("handle")];
                    }
                    (errors.show("handle"))
                }
                div.field {
                    label for="status" { "What it is" }
                    select #status name="status" aria-invalid=[errors.aria_invalid("status")] {
                        @for (status, name) in [
                            (HandleStatus::Shared, "Shared by several people"),
                            (HandleStatus::Blocked, "Blocked: it stands for nobody"),
                            (HandleStatus::Personal, "One person’s"),
                        ] {
                            option value=(status.name()) selected[value("status") == status.name()] { (name) }
                        }
                    }
                    (errors.show("status"))
                }
                div.actions { button.primary { "Save" } }
            }
        }
    }
}

/// Decides what a handle is.
pub async fn mark(State(app): State<App>, sent: SubmittedForm) -> Result<Response, Error> {
    let SubmittedForm { by, form } = sent;
    let mut errors = FieldErrors::default();
    let handle = parse(&form, &by).map_err(|why| errors.add("handle", html! { (why) })).ok();
    let decision = decision(form.get("status"));
    if decision.is_none() {
        errors.add("status", html! { "Choose what it is." });
    }
    let (Some(handle), Some(decision)) = (handle, decision) else {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&app, &by, Some(&form), &errors).await?).into_response());
    };
    app.hub.mark_handle(by.company.id, handle.key().clone(), decision, by.origin).await?;
    Ok(Redirect::to(PAGE).into_response())
}

fn parse(form: &Form, by: &SignedIn) -> Result<Handle, Invalid> {
    Handle::parse(form.get("source").parse()?, form.get("handle"), by.company.region)
}

fn decision(status: &str) -> Option<HandleDecision> {
    let all = [HandleDecision::Shared, HandleDecision::Blocked, HandleDecision::Personal];
    all.into_iter().find(|decision| HandleStatus::from(*decision).name() == status)
}

/// Returns a handle as URLs and element ids hold it.
fn text(handle: &HandleKey) -> String {
    format!("{}:{}", handle.source().name(), handle.as_str())
}

fn more(status: &str, after: &HandleKey) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("status", status), ("after", &text(after))])
        .finish();
    format!("{PAGE}?{query}")
}

/// Parses the handle after which a list continues. What is not one is as none: the list begins with its first page.
fn after(text: &str) -> Option<HandleKey> {
    let (source, key) = text.split_once(':')?;
    // A store refuses a text with a NUL.
    let is_key = !key.contains('\0');
    is_key.then_some(HandleKey::from_stored(source.parse().ok()?, key))
}
