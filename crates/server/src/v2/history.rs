//! `/contacts/{id}/history`: what happened to a contact.

use axum::Json;
use contact::{Change, HandleKey, NotUsed, Seq};
use hub::{HistoryItem, Scope};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::handle::PlainHandle;
use super::body::origin::OriginBody;
use super::contacts;
use super::error::Error;
use super::page::{PageRequest, Paged, seconds};
use super::request::{ApiRequest, PathId};
use crate::sentence::history::sentence;
use crate::sentence::names::Names;

/// A journal entry about a contact.
#[derive(Serialize, ToSchema)]
pub struct HistoryEntry {
    /// The number of the entry in the company's journal.
    id: u64,
    /// Unix seconds, with three decimals.
    at: f64,
    /// `observed`, `withdrawn`, `merged`, `regrouped`, `split`, `separated`, `handle_marked`, `removed`, `deleted`, `noted` or
    /// `message`.
    r#type: &'static str,
    by: OriginBody,
    /// What happened, in a sentence.
    sentence: String,
    /// The records that the entry brought into the contact, if they can be split off.
    records: Vec<String>,
    /// The other contacts of a merge, a split or a separation; at most ten.
    others: Vec<OtherContact>,
    /// The handles that were reported, removed or marked, or that linked the sides of a merge.
    handles: Vec<PlainHandle>,
    /// The reported handles that do not say who it is, as it is known now.
    not_used: Vec<HandleNotUsed>,
}

/// Another contact, as it was then.
#[derive(Serialize, ToSchema)]
struct OtherContact {
    id: String,
    name: String,
}

/// A handle that does not say who it is.
#[derive(Serialize, ToSchema)]
struct HandleNotUsed {
    #[serde(flatten)]
    handle: PlainHandle,
    /// `placeholder`, `blocked`, `shared`, `shared_by_evidence`, `taken`, `kept_apart` or `names_differ`.
    reason: &'static str,
    /// The reason as a sentence.
    message: String,
}

impl HandleNotUsed {
    fn new((handle, why): &(HandleKey, NotUsed)) -> HandleNotUsed {
        let message = format!("{} is {}.", handle.as_str(), why.reason());
        HandleNotUsed { handle: handle.into(), reason: why.name(), message }
    }
}

impl HistoryEntry {
    fn new(item: &HistoryItem, names: &Names) -> HistoryEntry {
        HistoryEntry {
            id: item.entry.seq.0,
            at: seconds(item.entry.at),
            r#type: type_name(&item.entry.change),
            by: item.entry.origin.into(),
            sentence: sentence(item, names).to_string(),
            records: item.brought.iter().map(ToString::to_string).collect(),
            others: item
                .others
                .iter()
                .map(|(id, name)| OtherContact { id: id.to_string(), name: name.as_str().to_owned() })
                .collect(),
            handles: handles(item),
            not_used: item.not_used.iter().map(HandleNotUsed::new).collect(),
        }
    }
}

/// The name of a type of entries.
fn type_name(change: &Change) -> &'static str {
    match change {
        Change::Observed { .. } => "observed",
        Change::Withdrawn { .. } => "withdrawn",
        Change::Merged { .. } => "merged",
        Change::Regrouped { .. } => "regrouped",
        Change::Split { .. } => "split",
        Change::KeptApart { .. } => "separated",
        Change::HandleMarked { .. } => "handle_marked",
        Change::Removed { .. } => "removed",
        Change::Deleted { .. } => "deleted",
        Change::Noted { .. } => "noted",
        Change::Received { .. } => "message",
        // No contact has these entries.
        Change::Settings(_) | Change::AccountSet { .. } | Change::AccountDeleted { .. } => "settings",
    }
}

fn handles(item: &HistoryItem) -> Vec<PlainHandle> {
    match &item.entry.change {
        Change::Observed { handles, .. } => handles.iter().map(PlainHandle::from).collect(),
        Change::Merged { .. } => item.because.iter().map(PlainHandle::from).collect(),
        Change::HandleMarked { handle, .. } => vec![handle.into()],
        Change::Received { sender, .. } => vec![sender.into()],
        change => change.released().iter().map(|released| PlainHandle::from(&released.handle)).collect(),
    }
}

/// List what happened to a contact, the newest first.
///
/// Entries about all its records are among them, also those from before a merge.
#[utoipa::path(get, path = "/contacts/{contact_id}/history", tag = "Contacts", operation_id = "list-contact-history",
    params(super::params::ContactPath, super::params::List),
    responses((status = 200, body = Paged<HistoryEntry>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn list(PathId(id): PathId, request: ApiRequest) -> Result<Json<Paged<HistoryEntry>>, Error> {
    request.require(Scope::ContactsRead)?;
    let contact = contacts::find(&request, &id).await?;
    let list = PageRequest::<Seq>::read(&request, &[])?;
    let company = request.company.id;
    let history = request.app.hub.history(company, contact.id, list.cursor, list.limit).await?;
    let entries: Vec<_> = history.items.iter().map(|item| &item.entry).collect();
    let names = Names::load(&request.app, company, None, &[], &entries).await?;
    let url = request.url(&format!("/contacts/{}/history", contact.id));
    Ok(Json(Paged::new(url, &list, history, |item| HistoryEntry::new(&item, &names))))
}
