//! `/contacts/{id}/records`: the records that make a contact, and splitting some of them off.

use axum::Json;
use contact::{Attribute, Record, RecordId};
use hub::Scope;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::contact::{ContactBody, ContactPresenter};
use super::body::handle::PlainHandle;
use super::contacts;
use super::error::Error;
use super::page::{Whole, seconds};
use super::request::{ApiRequest, PathId};

/// What one source reports about a contact.
#[derive(Serialize, ToSchema)]
pub struct RecordBody {
    /// The id of the record.
    id: String,
    /// The system of the record; null unless its reports name it.
    system: Option<String>,
    /// The id of the record in that system.
    external_id: Option<String>,
    /// The name that it reports, empty if it reports none.
    name: String,
    handles: Vec<PlainHandle>,
    links: Vec<String>,
    /// Unix seconds, with three decimals.
    created_at: f64,
}

impl RecordBody {
    fn new(record: &Record) -> RecordBody {
        let name = record.name.as_ref().filter(|name| name.is_given());
        let single = &record.facts.single;
        let shown = single.attributes[Attribute::Name].as_ref().or(single.message_name.as_ref());
        RecordBody {
            id: record.id.to_string(),
            system: name.map(|name| name.system().to_owned()),
            external_id: name.map(|name| name.id().to_owned()),
            name: shown.map(|name| name.value.as_str().to_owned()).unwrap_or_default(),
            handles: record.facts.handles.iter().map(|known| PlainHandle::from(&known.value)).collect(),
            links: record.facts.links.iter().map(|known| known.value.as_str().to_owned()).collect(),
            created_at: seconds(record.created_at),
        }
    }
}

/// List the records of a contact, the oldest first.
///
/// A record is what one source reports about one person. Reports that name their record replace it.
#[utoipa::path(get, path = "/contacts/{contact_id}/records", tag = "Contacts", operation_id = "list-contact-records",
    params(super::params::ContactPath), responses((status = 200, body = Whole<RecordBody>)),
    security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn list(PathId(id): PathId, request: ApiRequest) -> Result<Json<Whole<RecordBody>>, Error> {
    request.require(Scope::ContactsRead)?;
    let contact = contacts::find(&request, &id).await?;
    let records = request.app.hub.records(request.company.id, contact.id).await?;
    let url = request.url(&format!("/contacts/{}/records", contact.id));
    Ok(Json(Whole::new(url, records.iter().map(RecordBody::new).collect())))
}

/// The records to split off.
#[derive(Deserialize, ToSchema)]
pub struct Split {
    /// Some of the records of the contact, but not all.
    #[schema(min_items = 1)]
    records: Vec<String>,
    /// Whether to answer what the split would give, and change nothing.
    dry_run: Option<bool>,
}

/// The contacts after a split.
#[derive(Serialize, ToSchema)]
pub struct SplitResult {
    /// Whether nothing was changed.
    dry_run: bool,
    /// The contact that stays, and those of the records that left.
    contacts: Vec<ContactBody>,
}

/// Split records off a contact.
///
/// Each side shows what it would show had they never been joined. The sides stay apart, even if a report names both, until
/// someone merges them.
#[utoipa::path(post, path = "/contacts/{contact_id}/split", tag = "Contacts", operation_id = "split-contact",
    params(super::params::ContactPath), request_body = Split, responses((status = 200, body = SplitResult)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn split(PathId(id): PathId, mut request: ApiRequest) -> Result<Json<SplitResult>, Error> {
    request.require(Scope::ContactsWrite)?;
    let contact = contacts::find(&request, &id).await?;
    let Split { records, dry_run } = request.json().await?;
    let parse = |(n, id): (usize, &String)| {
        id.parse::<RecordId>().map_err(|invalid| Error::BadRequest(format!("records[{n}]: {invalid}")))
    };
    let records = records.iter().enumerate().map(parse).collect::<Result<Vec<_>, _>>()?;
    let (hub, company, dry_run) = (&request.app.hub, request.company.id, dry_run.unwrap_or(false));
    let preview = hub.preview_split(company, contact.id, records.clone()).await?;
    let mut after = preview.then;
    if !dry_run {
        hub.split(company, contact.id, records, request.origin()).await?;
        for contact in &mut after {
            if let Some(now) = hub.contact(company, contact.id).await? {
                *contact = now;
            }
        }
    }
    let presenter = ContactPresenter::load(&request, &after).await?;
    Ok(Json(SplitResult { dry_run, contacts: after.iter().map(|contact| presenter.present(contact)).collect() }))
}
