//! Forms: what was sent, and whether it was sent from here.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use maud::{Markup, html};
use multer::Multipart;

use super::error::Error;
use super::session::SignedIn;
use crate::App;
use crate::body::{self, Failure};

/// Most bytes of a form without files: every field at its limit, and some.
const FORM_BYTES_MAX: usize = 512 * 1024;
/// The name of the field with the session's form token.
pub const TOKEN_FIELD: &str = "token";

/// The fields of a form, in order.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// The first field of a name, without space around it.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.trim())
    }

    /// Whether there is a field of a name.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// The first field of a name that holds lines, ended as everywhere but in forms: browsers send them as CRLF.
    pub fn lines(&self, name: &str) -> String {
        self.get(name).replace("\r\n", "\n")
    }

    /// Whether a field is other than it was when its page was made, which a second field tells.
    pub fn is_changed(&self, name: &str, was: &str) -> bool {
        self.lines(name) != self.lines(was)
    }

    /// All fields of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.trim())
    }

    async fn read(app: &App, request: Request) -> Result<Form, Error> {
        let (head, body) = request.into_parts();
        if !is_from_here(&head.headers) {
            return Err(Error::Foreign);
        }
        let body = take(app, body, FORM_BYTES_MAX).await?;
        Ok(Form(url::form_urlencoded::parse(&body).into_owned().collect()))
    }
}

async fn take(app: &App, body: Body, bytes_max: usize) -> Result<Bytes, Error> {
    app.read(body, bytes_max).await.map_err(|failure| match failure {
        Failure::TooLarge => Error::Invalid("This is too much for one form.".into()),
        _ => broken(),
    })
}

fn broken() -> Error {
    Error::Invalid("The form did not arrive whole. Send it once more.".into())
}

/// Fields that were not taken, and why.
#[derive(Default)]
pub struct Reasons(Vec<(String, Markup)>);

impl Reasons {
    pub fn add(&mut self, field: impl Into<String>, why: Markup) {
        self.0.push((field.into(), why));
    }

    /// What was read; otherwise why it could not be is noted.
    pub fn take<T>(&mut self, field: &str, read: Result<T, contact::Invalid>) -> Option<T> {
        read.map_err(|why| self.add(field, html! { (why) })).ok()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a field bears if it was not taken.
    pub fn wrong(&self, field: &str) -> Option<&'static str> {
        self.0.iter().any(|(at, _)| at == field).then_some("true")
    }

    /// The reasons, to stand beside a field.
    pub fn why(&self, field: &str) -> Markup {
        html! { @for (_, why) in self.0.iter().filter(|(at, _)| at == field) { p.wrong role="alert" { (why) } } }
    }
}

/// A form of somebody who is signed in, sent from a page of their own session.
pub struct Sent {
    pub by: SignedIn,
    pub form: Form,
}

impl FromRequest<App> for Sent {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Sent, Error> {
        let (head, body) = request.into_parts();
        let by = SignedIn::find(app, &head).await?;
        let form = Form::read(app, Request::from_parts(head, body)).await?;
        if form.get(TOKEN_FIELD) != by.form_token {
            return Err(Error::Foreign);
        }
        Ok(Sent { by, form })
    }
}

/// A form of somebody who is signed in that may bring a file.
pub struct SentWithFile {
    pub by: SignedIn,
    pub form: Form,
    pub file: Option<Bytes>,
}

impl FromRequest<App> for SentWithFile {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<SentWithFile, Error> {
        let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let Some(boundary) = media_type.and_then(|value| multer::parse_boundary(value).ok()) else {
            let Sent { by, form } = Sent::from_request(request, app).await?;
            return Ok(SentWithFile { by, form, file: None });
        };
        let (head, body) = request.into_parts();
        let by = SignedIn::find(app, &head).await?;
        if !is_from_here(&head.headers) {
            return Err(Error::Foreign);
        }
        let body = take(app, body, body::FORM_BYTES_MAX).await?;
        let (form, file) = parts(body, boundary).await?;
        if form.get(TOKEN_FIELD) != by.form_token {
            return Err(Error::Foreign);
        }
        Ok(SentWithFile { by, form, file })
    }
}

/// The fields of a form in parts, and the last file that it brings. Browsers send an empty one where none was chosen.
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

/// A form of somebody who is not signed in yet.
pub struct FromHere(pub Form);

impl FromRequest<App> for FromHere {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<FromHere, Error> {
        Form::read(app, request).await.map(FromHere)
    }
}

/// What browsers say of where a request comes from. Other clients say nothing, and have no one's cookies.
pub fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    match (text(ORIGIN.as_str()), text(HOST.as_str())) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from == host),
        (origin, _) => origin.is_none(),
    }
}
