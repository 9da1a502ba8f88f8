//! Reads forms, and checks that a page of this session submitted them.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use maud::{Markup, html};
use multer::Multipart;

use super::error::Error;
use super::session::SignedIn;
use crate::App;
use crate::auth::client;
use crate::client::Client;
use crate::request_body::{self, ANONYMOUS_BYTES_MAX};
use crate::shares::Holder;

/// Most bytes of a form without files: enough for every field at its limit.
const FORM_BYTES_MAX: usize = 512 * 1024;
/// The name of the field with the session's form token.
pub const TOKEN_FIELD: &str = "token";

/// The fields of a form, in order.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Returns the first field with a name, without the space around it.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.trim())
    }

    /// Whether a field with a name exists.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// Returns the first field with a name, with LF line ends. Browsers submit CRLF.
    pub fn lines(&self, name: &str) -> String {
        self.get(name).replace("\r\n", "\n")
    }

    /// Whether a field differs from `was`, the hidden field with its value when the page was shown.
    pub fn is_changed(&self, name: &str, was: &str) -> bool {
        self.lines(name) != self.lines(was)
    }

    /// Returns all fields with a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.trim())
    }

    async fn read(app: &App, holder: Holder, request: Request, bytes_max: usize) -> Result<Form, Error> {
        let (head, body) = request.into_parts();
        if !Client::of(&head).is_same_origin {
            return Err(Error::CrossSite);
        }
        let body = app.read(holder, body, bytes_max).await?;
        Ok(Form(url::form_urlencoded::parse(&body).into_owned().collect()))
    }
}

fn broken() -> Error {
    Error::Invalid("The form arrived incomplete. Submit it again.".into())
}

/// Why fields were refused.
#[derive(Default)]
pub struct FieldErrors(Vec<(String, Markup)>);

impl FieldErrors {
    /// Adds a message to a field.
    pub fn add(&mut self, field: impl Into<String>, why: Markup) {
        self.0.push((field.into(), why));
    }

    /// Returns a parsed value, or adds why it is invalid.
    pub fn check<T>(&mut self, field: &str, read: Result<T, contact::Invalid>) -> Option<T> {
        read.map_err(|why| self.add(field, html! { (why) })).ok()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the value of a field's `aria-invalid` attribute.
    pub fn aria_invalid(&self, field: &str) -> Option<&'static str> {
        self.0.iter().any(|(at, _)| at == field).then_some("true")
    }

    /// Returns the messages of a field.
    pub fn show(&self, field: &str) -> Markup {
        html! { @for (_, why) in self.0.iter().filter(|(at, _)| at == field) { p.wrong role="alert" { (why) } } }
    }
}

/// Returns the hidden field with the session's form token.
pub fn token(by: &SignedIn) -> Markup {
    html! { input type="hidden" name=(TOKEN_FIELD) value=(by.form_token); }
}

/// Returns a button that asks for confirmation before an action without undo. `consequence` is what it warns of.
pub fn confirm(by: &SignedIn, action: &str, name: &str, object: &str, consequence: &str) -> Markup {
    confirm_with(by, action, &[], name, object, consequence)
}

/// Returns the same, with hidden fields that the action takes.
pub fn confirm_with(
    by: &SignedIn,
    action: &str,
    fields: &[(&str, &str)],
    name: &str,
    object: &str,
    consequence: &str,
) -> Markup {
    html! {
        details.confirm {
            summary.button.small { (name) "…" span.sr-only { " " (object) } }
            form method="post" action=(action) {
                (token(by))
                (hidden(fields))
                p { (consequence) }
                button.danger { (name) span.sr-only { " " (object) } }
            }
        }
    }
}

/// Returns hidden fields.
pub fn hidden(fields: &[(&str, &str)]) -> Markup {
    html! { @for (name, value) in fields { input type="hidden" name=(name) value=(value); } }
}

/// A form that a page of the caller's own session submitted.
pub struct SubmittedForm {
    pub by: SignedIn,
    pub form: Form,
}

impl FromRequest<App> for SubmittedForm {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<SubmittedForm, Error> {
        let (head, body) = request.into_parts();
        let by = SignedIn::find(app, &head).await?;
        let holder = Holder::Company(by.company.id);
        let form = Form::read(app, holder, Request::from_parts(head, body), FORM_BYTES_MAX).await?;
        if form.get(TOKEN_FIELD) != by.form_token {
            return Err(Error::CrossSite);
        }
        Ok(SubmittedForm { by, form })
    }
}

/// A form like [`SubmittedForm`], perhaps with a file.
pub struct SubmittedFormWithFile {
    pub by: SignedIn,
    pub form: Form,
    pub file: Option<Bytes>,
}

impl FromRequest<App> for SubmittedFormWithFile {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<SubmittedFormWithFile, Error> {
        let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let Some(boundary) = media_type.and_then(|value| multer::parse_boundary(value).ok()) else {
            let SubmittedForm { by, form } = SubmittedForm::from_request(request, app).await?;
            return Ok(SubmittedFormWithFile { by, form, file: None });
        };
        let (head, body) = request.into_parts();
        let by = SignedIn::find(app, &head).await?;
        if !Client::of(&head).is_same_origin {
            return Err(Error::CrossSite);
        }
        let body = app.read(Holder::Company(by.company.id), body, request_body::FORM_BYTES_MAX).await?;
        let (form, file) = parts(body, boundary).await?;
        if form.get(TOKEN_FIELD) != by.form_token {
            return Err(Error::CrossSite);
        }
        Ok(SubmittedFormWithFile { by, form, file })
    }
}

/// Reads the fields of a multipart form, and its last file. Browsers send an empty file if none was chosen.
async fn parts(body: Bytes, boundary: String) -> Result<(Form, Option<Bytes>), Error> {
    let mut parts = Multipart::new(Body::from(body).into_data_stream(), boundary);
    let (mut fields, mut file) = (Vec::new(), None);
    while let Some(part) = parts.next_field().await.map_err(|_| broken())? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        let content = part.bytes().await.map_err(|_| broken())?;
        if is_file {
            file = Some(content).filter(|content| !content.is_empty()).or(file);
        } else {
            fields.push((name, String::from_utf8_lossy(&content).into_owned()));
        }
    }
    Ok((Form(fields), file))
}

/// A form that a page of this server submitted, without a session.
pub struct AnonymousForm(pub Form);

impl FromRequest<App> for AnonymousForm {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<AnonymousForm, Error> {
        let (head, body) = request.into_parts();
        let (holder, request) = (client(&head), Request::from_parts(head, body));
        Form::read(app, holder, request, ANONYMOUS_BYTES_MAX).await.map(AnonymousForm)
    }
}
