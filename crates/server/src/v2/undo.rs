//! `/contacts/split`: taking back everything that one import or one token joined, or all that one import reported.

use axum::Json;
use axum::http::StatusCode;
use contact::{ImportId, TokenId};
use hub::{JoinedBy, Scope, UndoRequest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::Error;
use super::page::{SelfLink, from_seconds, seconds};
use super::request::{ApiRequest, PathId};
use crate::jobs::{Job, Refused, State};
use crate::undos::Undoing;

/// The name of the company's own login, where a token could be named.
const LOGIN: &str = "login";

/// Whose joins to take back.
#[derive(Deserialize, ToSchema)]
pub struct SplitAll {
    by: By,
    /// Whether to withdraw the records that only the import reported to, as well. With `import` alone.
    records: Option<bool>,
    /// Whether to count, and change nothing.
    dry_run: Option<bool>,
}

/// An import, or a token and a time.
#[derive(Deserialize, ToSchema)]
struct By {
    /// The id of an import.
    #[schema(pattern = "^imp_[0-9a-f]{16}$")]
    import: Option<String>,
    /// The id of a token, or `login` for the company's own login.
    token: Option<String>,
    /// With `token`: the time of its first report to look at, in Unix seconds.
    since: Option<f64>,
}

impl By {
    fn parse(self) -> Result<JoinedBy, Error> {
        let invalid = |message: String| Error::BadRequest(format!("by: {message}"));
        match (self.import, self.token, self.since) {
            (Some(import), None, None) => {
                let import: ImportId = import.parse().map_err(|wrong| invalid(format!("import: {wrong}")))?;
                Ok(JoinedBy::Import(import))
            }
            (None, Some(token), Some(since)) => {
                let parse =
                    |token: String| token.parse::<TokenId>().map_err(|wrong| invalid(format!("token: {wrong}")));
                let token = if token == LOGIN { None } else { Some(parse(token)?) };
                Ok(JoinedBy::Api { token, since: from_seconds("by: since", since)? })
            }
            _ => Err(invalid("Give either import, or token and since.".into())),
        }
    }
}

/// A job that takes back joins, and its progress.
#[derive(Serialize, ToSchema)]
pub struct SplitJob {
    _links: SelfLink,
    id: String,
    /// `running`, `done`, `stopped` (by the end of the server) or `failed`.
    status: &'static str,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    dry_run: bool,
    /// Whether records are withdrawn as well.
    records: bool,
    /// The journal entries to read.
    entries: u64,
    /// The journal entries that were read.
    entries_read: u64,
    /// The records that were withdrawn, or would be.
    records_withdrawn: u64,
    /// The records that stay, because others reported to them as well.
    records_kept: u64,
    /// The joins that were found. With `records`, those of records that stay.
    joins: u64,
    /// The joins that were looked at.
    joins_done: u64,
    /// The joins that were taken back, or would be. The others had come apart before.
    split: u64,
    /// Unix seconds, with three decimals.
    started_at: f64,
}

impl SplitJob {
    fn new(job: Job<Undoing>, request: &ApiRequest) -> SplitJob {
        let (status, error) = match job.state {
            State::Running => ("running", None),
            State::Done => ("done", None),
            State::Stopped => ("stopped", None),
            State::Failed(reason) => ("failed", Some(reason)),
        };
        SplitJob {
            _links: SelfLink::to(request.url(&format!("/contacts/split/{}", job.number))),
            id: job.number.to_string(),
            status,
            error,
            dry_run: job.work.request.is_dry,
            records: job.work.request.has_records,
            entries: job.work.progress.entries,
            entries_read: job.work.progress.read,
            records_withdrawn: job.work.progress.withdrawn,
            records_kept: job.work.progress.kept,
            joins: job.work.progress.found,
            joins_done: job.work.progress.done,
            split: job.work.progress.split,
            started_at: seconds(job.started_at),
        }
    }
}

/// Split off everything that an import or a token joined.
///
/// Every record that it brought into a contact leaves it, the latest first, and contacts that it merged come apart. They
/// stay apart when the same is reported again. With `records`, the records that only the import reported to are withdrawn, and
/// the same file can be imported again. The answer names a job that runs in the background.
#[utoipa::path(post, path = "/contacts/split", tag = "Contacts", operation_id = "split-contacts",
    request_body = SplitAll, responses((status = 202, body = SplitJob)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn start(mut request: ApiRequest) -> Result<(StatusCode, Json<SplitJob>), Error> {
    request.require(Scope::ContactsWrite)?;
    let SplitAll { by, records, dry_run } = request.json().await?;
    let (of, has_records) = (by.parse()?, records.unwrap_or(false));
    if has_records && !matches!(of, JoinedBy::Import(_)) {
        return Err(Error::BadRequest(
            "records: Only the records of an import can be withdrawn. Give by: import.".into(),
        ));
    }
    let undo = UndoRequest { of, has_records, is_dry: dry_run.unwrap_or(false) };
    let started = request.app.start_undo(request.company.id, undo, request.origin());
    let job = started.map_err(|refused| match refused {
        Refused::Running => Error::Conflict("Another such job of the company runs. Wait until it is done.".into()),
        Refused::Busy(refused) => Error::Refused(refused),
    })?;
    Ok((StatusCode::ACCEPTED, Json(SplitJob::new(job, &request))))
}

/// Get the progress of a job that splits contacts.
///
/// A job is known to the server that runs it until that stops.
#[utoipa::path(get, path = "/contacts/split/{job_id}", tag = "Contacts", operation_id = "get-split-job",
    params(("job_id" = String, Path, description = "The id of the job.")), responses((status = 200, body = SplitJob)),
    security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn get(PathId(id): PathId, request: ApiRequest) -> Result<Json<SplitJob>, Error> {
    request.require(Scope::ContactsRead)?;
    let number = id.parse().ok();
    let job = number.and_then(|number| request.app.undos.find(request.company.id, number));
    let job = job.ok_or_else(|| Error::NotFound("Job not found on this server.".into()))?;
    Ok(Json(SplitJob::new(job, &request)))
}
