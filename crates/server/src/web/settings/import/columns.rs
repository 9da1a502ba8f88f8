//! The page where a person chooses what the columns of an uploaded table hold.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use contact::Settings;
use files::{Encoding, Field, Preview};
use maud::{Markup, html};
use serde::Deserialize;
use tempfile::NamedTempFile;

use super::{field_choice, start};
use crate::App;
use crate::imports::Upload;
use crate::web::error::Error;
use crate::web::form::{self, SubmittedForm};
use crate::web::layout;
use crate::web::parts::{Path, Query};
use crate::web::session::SignedIn;
use crate::web::settings::{Tab, table, with_commas};

/// Columns on one page.
const COLUMNS_SHOWN: usize = 100;
/// Most characters of a column's name that are shown.
const NAME_CHARS_SHOWN: usize = 100;

#[derive(Deserialize)]
pub struct Params {
    /// The page of columns, counted from 1.
    page: Option<usize>,
}

pub async fn page(
    State(app): State<App>,
    Path(number): Path<String>,
    Query(params): Query<Params>,
    by: SignedIn,
) -> Result<Markup, Error> {
    let (upload, file) = find(&app, &by, &number)?;
    let preview = read(&app, &by, &upload, &file).await?;
    show(&app, &by, &upload, &preview, params.page.unwrap_or(1), false).await
}

/// Keeps the choices, and goes where the button leads: to another page of columns, to the dry run, or away from the file.
pub async fn choose(
    State(app): State<App>,
    Path(number): Path<String>,
    sent: SubmittedForm,
) -> Result<Response, Error> {
    let SubmittedForm { by, form } = sent;
    let company = by.company.id;
    let (mut upload, file) = find(&app, &by, &number)?;
    if form.get("go") == "cancel" {
        app.imports.files.remove(company, upload.number);
        return Ok(Redirect::to("/app/settings/import").into_response());
    }
    let preview = read(&app, &by, &upload, &file).await?;
    let settings = app.hub.settings(company).await?;
    for (position, column) in preview.columns.iter().enumerate() {
        let name = field_name(position);
        if form.has(&name) {
            let field = field_choice::parse(form.get(&name), column, &settings)
                .map_err(|unknown| Error::Invalid(format!("{:?} is no field of a contact anymore.", unknown.given)))?;
            upload.choose(position, column, field);
        }
    }
    app.imports.files.change(company, &upload);
    if let Ok(other) = form.get("go").parse::<usize>() {
        return Ok(Redirect::to(&page_address(&upload, other)).into_response());
    }
    if !has_handles(&upload, &preview) {
        let shown = form.get("page").parse().unwrap_or(1);
        let page = show(&app, &by, &upload, &preview, shown, true).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    start::run(&app, &by, upload, true, file).await
}

fn find(app: &App, by: &SignedIn, number: &str) -> Result<(Upload, Arc<NamedTempFile>), Error> {
    let found = number.parse().ok().and_then(|number| app.imports.files.find(by.company.id, number));
    found.ok_or(Error::NotFound("The file is no longer here. Upload it again."))
}

async fn read(app: &App, by: &SignedIn, upload: &Upload, file: &NamedTempFile) -> Result<Preview, Error> {
    let preview = app.preview_of(&by.company, upload, file).await?;
    preview.map_err(|error| Error::Invalid(error.to_string()))
}

fn page_address(upload: &Upload, page: usize) -> String {
    format!("/app/settings/import/files/{}?page={page}", upload.number)
}

fn field_name(position: usize) -> String {
    format!("column-{position}")
}

fn has_handles(upload: &Upload, preview: &Preview) -> bool {
    let mut columns = preview.columns.iter().enumerate();
    columns.any(|(position, column)| matches!(upload.field(position, column), Field::Handle(_)))
}

async fn show(
    app: &App,
    by: &SignedIn,
    upload: &Upload,
    preview: &Preview,
    page: usize,
    is_refused: bool,
) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let settings = app.hub.settings(by.company.id).await?;
    let known = visible(upload, preview);
    let pages = known.chunks(COLUMNS_SHOWN).count().max(1);
    let page = page.clamp(1, pages);
    let shown = known.chunks(COLUMNS_SHOWN).nth(page - 1).unwrap_or_default();
    let address = format!("/app/settings/import/files/{}", upload.number);
    let content = html! {
        section.job aria-labelledby="columns-title" {
            (layout::back_link("/app/settings/import", &html! { "Import and export" }))
            h2 #columns-title { bdi { (upload.name) } }
            p { "Choose what each column holds. Then check the file: nothing is imported yet." }
            p.small.muted { (described(preview, known.len())) }
            @if !has_handles(upload, preview) {
                p.wrong role=[is_refused.then_some("alert")] {
                    "No column is known to hold e-mail addresses, phone numbers or other handles. Choose at least one: a handle \
                     is what identifies a person."
                }
            }
            form #columns method="post" action=(address) {
                (form::token(by))
                input type="hidden" name="page" value=(page);
                (table("columns", ["Column", "First values", "Field"], shown.iter().map(|at| row(*at, upload, preview, &settings))))
                div.actions {
                    button.primary name="go" value="check" { "Check the file" }
                    button name="go" value="cancel" { "Cancel" }
                    @if pages > 1 { (other_pages(page, pages)) }
                }
            }
        }
    };
    Ok(Tab::Import.show(seen, &content))
}

/// The positions of the columns to show: those with a name, a value or a field.
fn visible(upload: &Upload, preview: &Preview) -> Vec<usize> {
    let is_visible = |position: &usize| {
        let column = &preview.columns[*position];
        !column.name.is_empty()
            || !preview.samples[*position].is_empty()
            || *upload.field(*position, column) != Field::Ignore
    };
    (0..preview.columns.len()).filter(is_visible).collect()
}

fn described(preview: &Preview, shown: usize) -> String {
    let count = preview.columns.len();
    let mut text = format!("{} {}", with_commas(count as u64), if count == 1 { "column" } else { "columns" });
    let delimiter = match preview.delimiter {
        b',' => "",
        b';' => ", separated by semicolons",
        b'\t' => ", separated by tabs",
        b'|' => ", separated by vertical bars",
        _ => ", separated by another character",
    };
    text.push_str(delimiter);
    if preview.encoding != Encoding::UTF_8 {
        text.push_str(", encoding ");
        text.push_str(&preview.encoding.name().to_lowercase());
    }
    text.push('.');
    if shown < count {
        text.push_str(" Columns without a name and without values are left out.");
    }
    text
}

fn row(position: usize, upload: &Upload, preview: &Preview, settings: &Settings) -> (String, [Markup; 3]) {
    let (column, samples, name) = (&preview.columns[position], &preview.samples[position], field_name(position));
    let label = html! {
        label for=(name) {
            @if column.name.is_empty() { "Column " (position + 1) span.muted { " (no name)" } }
            @else { bdi { (cut(&column.name)) } }
        }
    };
    let samples = html! {
        @if samples.is_empty() { span.muted { "No values" } }
        @else { ul.samples { @for sample in samples { li { bdi { (sample) } } } } }
    };
    let choice = html! {
        select id=(name) name=(name) { (field_choice::options(settings, column, upload.field(position, column))) }
    };
    (format!("row-{position}"), [label, samples, choice])
}

fn cut(name: &str) -> String {
    match name.char_indices().nth(NAME_CHARS_SHOWN) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// Buttons that keep the choices and show other columns.
fn other_pages(page: usize, pages: usize) -> Markup {
    html! {
        @if page > 1 { button name="go" value=(page - 1) { "Previous columns" } }
        @if page < pages { button name="go" value=(page + 1) { "Next columns" } }
        span.muted { "Page " (page) " of " (pages) }
    }
}
