//! `POST /api/1/contacts`: reports that handles belong to one person.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use contact::{Handle, NotUsed, Observation, Outcome};
use hub::{Bearer, Scope};
use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::error::Error;
use crate::shares::Holder;
use crate::{App, schema};

/// Most bytes of a body.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The result of a report.
#[derive(Serialize, ToSchema)]
pub struct Accepted {
    /// `accepted`.
    status: &'static str,
    /// The contact that the report belongs to.
    id: String,
    /// The contacts that the report merged into it.
    merged: Vec<String>,
    /// The contacts that came apart, because the report replaced what joined them.
    split: Vec<String>,
    /// The contacts that were not merged, because a decision keeps them apart.
    kept_apart: Vec<String>,
    /// The handles that were not used to find the contact, and why.
    not_used: Vec<HandleNotUsed>,
    /// The positions of unknown keys in the body.
    ignored: Vec<String>,
}

impl Accepted {
    pub fn new(outcome: &Outcome, ignored: Vec<String>) -> Accepted {
        Accepted {
            status: "accepted",
            id: outcome.contact.map(|id| id.to_string()).unwrap_or_default(),
            merged: outcome.merged.iter().map(ToString::to_string).collect(),
            split: outcome.split.iter().map(ToString::to_string).collect(),
            kept_apart: outcome.kept_apart.iter().map(ToString::to_string).collect(),
            not_used: outcome.not_used.iter().map(|(handle, why)| HandleNotUsed::new(handle, *why)).collect(),
            ignored,
        }
    }
}

/// A handle that was not used to find the contact.
#[derive(Serialize, ToSchema)]
struct HandleNotUsed {
    source: &'static str,
    handle: String,
    /// `placeholder`, `blocked`, `shared`, `shared_by_evidence`, `taken`, `kept_apart` or `names_differ`.
    reason: &'static str,
    /// The reason as a sentence.
    message: String,
}

impl HandleNotUsed {
    fn new(handle: &Handle, why: NotUsed) -> HandleNotUsed {
        HandleNotUsed {
            source: handle.key().source().name(),
            handle: handle.text().to_owned(),
            reason: why.name(),
            message: format!("{} is {}.", handle.text(), why.reason()),
        }
    }
}

/// A report about one person: the attributes of a contact, handles and links.
pub struct Report;

impl PartialSchema for Report {
    fn schema() -> RefOr<Schema> {
        schema::with_properties(HandlesAndLinks::schema(), schema::attributes())
    }
}

impl ToSchema for Report {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        HandlesAndLinks::schemas(schemas);
    }
}

/// A report about one person.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this describes what `observation` reads")]
struct HandlesAndLinks {
    /// The handles of the person. Contacts that share one of them are merged.
    #[schema(min_items = 1, max_items = 100)]
    fields: Vec<Field>,
    /// Links to other systems. `links` means the same.
    link: Option<Vec<LinkGiven>>,
    /// The record of another system that the report is about. It replaces what was reported about the record before.
    record: Option<RecordGiven>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "this describes what `observation` reads")]
struct RecordGiven {
    /// The system, such as `crm`: a-z, 0-9, hyphen, underscore and dot.
    #[schema(min_length = 1, max_length = 64)]
    system: String,
    /// The id of the record in the system.
    #[schema(min_length = 1, max_length = 200)]
    id: String,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "this describes what `observation` reads")]
struct Field {
    source: FieldSource,
    #[schema(min_length = 1, max_length = 512)]
    handle: String,
    /// Which of several handles it is, such as `work`.
    #[schema(max_length = 100)]
    label: Option<String>,
}

/// The kind of a handle.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "this describes what `observation` reads")]
enum FieldSource {
    Email,
    Twitter,
    Phone,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "this describes what `observation` reads")]
struct LinkGiven {
    url: String,
}

/// Report a contact.
///
/// Contacts that turn out to be one person are merged. When the response arrives, the change is on disk and visible to
/// every read.
#[utoipa::path(post, path = "/api/1/contacts", tag = "Contact API 1", operation_id = "report-contact",
    request_body = Report, responses((status = 202, body = Accepted)), security(("login" = []), ("token" = ["contacts:write"])))]
pub async fn observe(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let (head, body) = request.into_parts();
    let bearer = authorized(&app, &head, Scope::ContactsWrite).await?;
    if !is_json(&head.headers) {
        return Err(Error::WrongType("application/json"));
    }
    let body = app.read(Holder::Company(bearer.company.id), body, BODY_BYTES_MAX).await?;
    let (observation, ignored) = parse(&body, &bearer)?;
    let outcome = app.hub.observe(bearer.company.id, observation).await?;
    Ok((StatusCode::ACCEPTED, Json(Accepted::new(&outcome, ignored))).into_response())
}

/// Authenticates a request, counts it, and checks that its bearer has a scope.
pub async fn authorized(app: &App, head: &Parts, scope: Scope) -> Result<Bearer, Error> {
    let bearer = app.authenticate(head).await?;
    app.rate_limits.count(head, &bearer.company, app.hub.now())?;
    if bearer.scopes.has(scope) { Ok(bearer) } else { Err(Error::Forbidden(scope)) }
}

/// Parses a body into an observation, and the positions of unknown keys.
pub fn parse(body: &[u8], bearer: &Bearer) -> Result<(Observation, Vec<String>), Error> {
    // Parsers may ignore a byte order mark (RFC 8259, section 8.1).
    let text = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let value = serde_json::from_slice(text).map_err(Error::NotJson)?;
    Ok(files::body::read(value, bearer.company.region, bearer.origin())?)
}

pub async fn method_not_allowed(uri: Uri) -> Error {
    let path = uri.path().trim_end_matches('/');
    Error::MethodNotAllowed(match path {
        _ if path.ends_with("/export") => "GET",
        _ if path.strip_prefix("/api/1/records/").is_some_and(|rest| rest.contains('/')) => "DELETE",
        _ if path.starts_with("/api/1/records/") => "PUT",
        _ => "POST",
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|given| given.eq_ignore_ascii_case("application/json"))
}

/// Returns the media type of a body, without its parameters.
pub fn media_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(CONTENT_TYPE)?.to_str().ok()?.split(';').next().map(str::trim)
}
