//! `/api/1/records`: what other systems call their records.

use std::collections::HashSet;
use std::io::{self, BufRead as _, BufReader};

use axum::Json;
use axum::extract::{FromRequestParts as _, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use contact::{Invalid, Observation, RecordName};
use hub::{Bearer, Scope, Snapshot};
use serde::Serialize;
use serde_json::Value;
use url::form_urlencoded;
use utoipa::ToSchema;

use super::bulk::{LINES, is_lines};
use super::contacts::{Accepted, authorized, parse};
use super::error::{Error, Problem};
use crate::App;
use crate::request_body::{self, Failure};
use crate::shares::Holder;
use crate::spool::Spool;

/// Most bytes of a snapshot
const SNAPSHOT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most problems in the answer to a snapshot.
const PROBLEMS_MAX: usize = 100;

/// Withdraw a record.
///
/// What was reported about the record counts as never reported: contacts that only this record joined come apart.
#[utoipa::path(delete, path = "/api/1/records/{system}/{id}", tag = "Contact API 1", operation_id = "withdraw-record",
    params(("system" = String, Path, description = "The system of the record, as it was reported."),
        ("id" = String, Path, description = "The id of the record in the system.")),
    responses((status = 202, body = Accepted)), security(("login" = []), ("token" = ["contacts:write"])))]
pub async fn withdraw(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let (mut head, _) = request.into_parts();
    let bearer = authorized(&app, &head, Scope::ContactsWrite).await?;
    let path = Path::<(String, String)>::from_request_parts(&mut head, &app).await;
    let Path((system, id)) = path.map_err(|_| Error::Invalid(vec![Problem::new("The path is not UTF-8.")]))?;
    let name = RecordName::parse(&system, &id).map_err(|invalid| refused(&system, &id, invalid))?;
    let outcome = app.hub.withdraw(bearer.company.id, name, bearer.origin()).await?;
    Ok((StatusCode::ACCEPTED, Json(Accepted::new(&outcome, Vec::new()))).into_response())
}

/// The result of a snapshot.
#[derive(Serialize, ToSchema)]
pub struct Replaced {
    /// `accepted`.
    status: &'static str,
    /// The records of the snapshot.
    records: u64,
    /// The records that were new or changed.
    changed: u64,
    /// The records that were withdrawn.
    withdrawn: u64,
    /// How many contacts were merged.
    merged: u64,
    /// How many contacts came apart.
    split: u64,
}

/// Replace all records of a system.
///
/// Each line is a body of `POST /api/1/contacts` whose record is one of the system. The records of the system that are not
/// among the lines are withdrawn, but only if at least half of them stay or `replace=all` is given. An invalid line refuses
/// the whole snapshot.
#[utoipa::path(put, path = "/api/1/records/{system}", tag = "Contact API 1", operation_id = "replace-records",
    params(("system" = String, Path, description = "The system of the records."),
        ("replace" = Option<String>, Query, description = "`all` replaces the records even if fewer than half would stay.")),
    request_body(content = String, content_type = "application/x-ndjson"),
    responses((status = 200, body = Replaced)), security(("login" = []), ("token" = ["contacts:write"])))]
pub async fn replace(State(app): State<App>, request: Request) -> Result<Json<Replaced>, Error> {
    let (mut head, body) = request.into_parts();
    let bearer = authorized(&app, &head, Scope::ContactsWrite).await?;
    if !is_lines(&head.headers) {
        return Err(Error::WrongType(LINES));
    }
    let path = Path::<String>::from_request_parts(&mut head, &app).await;
    let Path(system) = path.map_err(|_| Error::Invalid(vec![Problem::new("The path is not UTF-8.")]))?;
    RecordName::parse_system(&system).map_err(|invalid| refused(&system, "", invalid))?;
    let replaces_all = replaces_all(head.uri.query().unwrap_or_default())?;
    let _share = app.snapshots.take(Holder::Company(bearer.company.id), 1)?;
    let lines = request_body::spool(body, SNAPSHOT_BYTES_MAX).await?;
    let (reporter, of) = (bearer.clone(), system.clone());
    let parsing = tokio::task::spawn_blocking(move || observations(lines, &of, &reporter));
    let observations = parsing.await.map_err(|error| Failure::Unstored(io::Error::other(error)))??;
    let Snapshot { records, changed, withdrawn, merged, split } =
        app.hub.snapshot(bearer.company.id, &system, observations, replaces_all, bearer.origin()).await?;
    Ok(Json(Replaced { status: "accepted", records, changed, withdrawn, merged, split }))
}

fn replaces_all(query: &str) -> Result<bool, Error> {
    match form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "replace") {
        None => Ok(false),
        Some((_, value)) if value == "all" => Ok(true),
        Some((_, value)) => Err(Error::Parameter(format!("replace: Must be all, not {value}."))),
    }
}

/// Parses the lines of a snapshot. Each names another record of the system.
fn observations(lines: Spool, system: &str, bearer: &Bearer) -> Result<Vec<Observation>, Error> {
    let (mut observations, mut problems, mut ids) = (Vec::new(), Vec::new(), HashSet::new());
    for (line, text) in (1..).zip(BufReader::new(lines.into_reader()).split(b'\n')) {
        let text = text.map_err(Failure::Unstored)?;
        if text.trim_ascii().is_empty() {
            continue;
        }
        let wrong = |message: &str| vec![Problem { at: Some("/record".into()), ..Problem::new(message) }];
        let of_line = match parse(&text, bearer) {
            Err(error) => error.parts().1,
            Ok((observation, _)) => match observation.record.as_ref() {
                None => wrong("Each line of a snapshot names its record."),
                Some(name) if name.system() != system => wrong(&format!("Must be a record of {system}.")),
                Some(name) if !ids.insert(name.id().to_owned()) => wrong("Is a record of an earlier line, too."),
                Some(_) => {
                    observations.push(observation);
                    continue;
                }
            },
        };
        problems.extend(of_line.into_iter().map(|problem| Problem { line: Some(line), ..problem }));
        if problems.len() >= PROBLEMS_MAX {
            problems.truncate(PROBLEMS_MAX);
            break;
        }
    }
    if problems.is_empty() { Ok(observations) } else { Err(Error::Invalid(problems)) }
}

fn refused(system: &str, id: &str, invalid: Invalid) -> Error {
    let value = if invalid == Invalid::RecordId { id } else { system };
    let what = if invalid == Invalid::RecordId { "id" } else { "system" };
    let value = Some(Value::String(value.to_owned()));
    Error::Invalid(vec![Problem { value, ..Problem::new(format!("The {what} of a record: {invalid}")) }])
}
