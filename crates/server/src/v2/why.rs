//! `/contacts/{id}/why`: the chain of links between two records of a contact.

use axum::Json;
use contact::{ContactId, Handle, LinkReason};
use hub::{ExplainedLink, Provenance, Scope, Why};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use super::body::handle::PlainHandle;
use super::body::origin::OriginBody;
use super::error::Error;
use super::page::seconds;
use super::request::{ApiRequest, PathId};
use super::{contacts, handles};
use crate::sentence::names::Names;
use crate::sentence::why::sentence;

/// Why two records are one contact.
#[derive(Serialize, ToSchema)]
pub struct WhyBody {
    /// The contact.
    contact: String,
    /// The first record.
    from: String,
    /// The other record.
    to: String,
    /// The links that lead from one to the other; empty if they are the same record.
    steps: Vec<Step>,
}

/// A link between two records.
#[derive(Serialize, ToSchema)]
struct Step {
    /// The record that is nearer to the first one.
    from: String,
    /// The record that the link leads to.
    to: String,
    because: Because,
    /// When the link was made, in Unix seconds with three decimals.
    at: f64,
    by: OriginBody,
    /// Why the two are linked, in a sentence.
    sentence: String,
}

/// What links two records.
#[derive(Serialize, ToSchema)]
struct Because {
    /// `handle`: both report it. `merge`: a person or a program merged their contacts. `added`: a decision added one to the contact of the
    /// other. `withdrawn`: one was withdrawn, and the other answers for it.
    r#type: &'static str,
    /// The handle.
    #[serde(skip_serializing_if = "Option::is_none")]
    handle: Option<PlainHandle>,
    /// Who reported the handle first for each of the two records.
    #[serde(skip_serializing_if = "Option::is_none")]
    reports: Option<Vec<Report>>,
}

/// The first report of a handle for a record.
#[derive(Serialize, ToSchema)]
struct Report {
    /// The record.
    record: String,
    /// Unix seconds, with three decimals.
    at: f64,
    by: OriginBody,
}

impl Step {
    fn new(explained: &ExplainedLink, why: &Why, names: &Names) -> Step {
        let link = &explained.link;
        let report = |(record, Provenance { at, by }): (ContactId, Provenance)| Report {
            record: record.to_string(),
            at: seconds(at),
            by: by.into(),
        };
        let reports = explained.reports.map(|reports| [link.from, link.to].into_iter().zip(reports));
        let (r#type, handle) = match &link.because {
            LinkReason::Handle { handle, .. } => ("handle", Some(handle.into())),
            LinkReason::Merge => ("merge", None),
            LinkReason::Added => ("added", None),
            LinkReason::Withdrawn => ("withdrawn", None),
        };
        Step {
            from: link.from.to_string(),
            to: link.to.to_string(),
            because: Because { r#type, handle, reports: reports.map(|reports| reports.map(report).collect()) },
            at: seconds(explained.made.at),
            by: explained.made.by.into(),
            sentence: sentence(explained, &why.records, names).to_string(),
        }
    }
}

/// Explain why two records, or the records of two handles, are one contact.
///
/// The answer is the shortest chain of links between them. Records that are not one contact now are a conflict.
#[utoipa::path(get, path = "/contacts/{contact_id}/why", tag = "Contacts", operation_id = "explain-contact",
    params(super::params::ContactPath, super::params::Explained), responses((status = 200, body = WhyBody)),
    security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn get(PathId(id): PathId, request: ApiRequest) -> Result<Json<WhyBody>, Error> {
    request.require(Scope::ContactsRead)?;
    let contact = contacts::find(&request, &id).await?;
    let (hub, company) = (&request.app.hub, request.company.id);
    let why = match asked(&request)? {
        // The id in the path may be that of any record of the contact.
        Asked::Record(other) => hub.why(company, id.parse().unwrap_or(contact.id), other).await?,
        Asked::Handles([one, other]) => hub.why_handles(company, contact.id, [one.key(), other.key()]).await?,
    };
    let names = Names::load(&request.app, company, None, &[], &[]).await?;
    Ok(Json(WhyBody {
        contact: why.contact.to_string(),
        from: why.from.to_string(),
        to: why.to.to_string(),
        steps: why.links.iter().map(|link| Step::new(link, &why, &names)).collect(),
    }))
}

/// What a request names.
enum Asked {
    Record(ContactId),
    Handles([Handle; 2]),
}

fn asked(request: &ApiRequest) -> Result<Asked, Error> {
    let query: Vec<_> = form_urlencoded::parse(request.query().as_bytes()).collect();
    let all = |name: &str| -> Vec<&str> {
        query.iter().filter(|(parameter, _)| parameter == name).map(|(_, value)| &**value).collect()
    };
    match (&all("other")[..], &all("handle")[..]) {
        ([other], []) => {
            let wrong = |invalid| Error::BadRequest(format!("other: {invalid}"));
            other.parse().map(Asked::Record).map_err(wrong)
        }
        ([], [one, other]) => Ok(Asked::Handles([handles::parse(request, one)?, handles::parse(request, other)?])),
        _ => Err(Error::BadRequest("Send other with the id of a record, or handle twice.".into())),
    }
}
