//! `/contacts`: contacts, their search, and their merges.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use contact::{
    Attribute, Contact, ContactId, CustomName, CustomType, CustomValue, CustomValues, FieldTarget, HANDLES_MAX, Handle,
    Invalid, LINKS_MAX, Link, ListName, MERGE_CONTACTS_MAX, Observation, Picture, Source, TeammateId, Update,
};
use hub::{ContactFilter, Page, Query, Scope, SortBy};
use serde::Deserialize;
use serde_json::Value;
use url::form_urlencoded;
use utoipa::ToSchema;

use super::attribute_fields::take_attributes;
use super::body::contact::{ContactBody, ContactPresenter};
use super::error::Error;
use super::form::File;
use super::page::{PageRequest, Paged};
use super::request::{ApiRequest, PathId};

/// Most list names in a request.
const LIST_NAMES_MAX: usize = 100;
/// Sources of older clients, which are stored as `custom`.
const OLDER_SOURCES: [&str; 3] = ["smooch", "whatsapp", "googlePlay"];
/// Parameters of lists that a search does not support.
const LIST_PARAMETERS: [&str; 5] = ["page_token", "sort_by", "sort_order", "q[updated_after]", "q[updated_before]"];
/// The header of a contact that was found by a shared handle.
const SHARED_HANDLE: &str = "kith-shared-handle";
const SORTS: [(&str, SortBy); 2] = [("created_at", SortBy::Created), ("updated_at", SortBy::Changed)];

/// A handle: an address of a contact.
#[derive(Deserialize, ToSchema)]
pub struct HandleInput {
    /// The address.
    #[schema(min_length = 1, max_length = 512)]
    pub handle: String,
    #[schema(value_type = SourceInput)]
    pub source: String,
}

/// The kind of a handle. The last three are for older clients, and stored as `custom`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "this describes what `handle` reads")]
pub enum SourceInput {
    Email,
    Phone,
    Twitter,
    Facebook,
    Intercom,
    FrontChat,
    Custom,
    Smooch,
    Whatsapp,
    #[schema(rename = "googlePlay")]
    GooglePlay,
}

/// A new contact.
///
/// The facts are listed again: a flattened [`ContactFacts`] would lose the path of an invalid value.
#[derive(Deserialize, ToSchema)]
pub struct NewContact {
    /// At least one. None may belong to another contact.
    #[schema(min_items = 1, max_items = 100)]
    handles: Vec<HandleInput>,
    #[schema(max_length = 500)]
    name: Option<String>,
    #[schema(max_length = 10_000)]
    description: Option<String>,
    links: Option<Vec<String>>,
    /// The names of its lists. Missing lists are created.
    list_names: Option<Vec<String>>,
    /// The same, under its older name.
    group_names: Option<Vec<String>>,
    /// The values of custom fields, by field name; also `Organization`, `Job title`, `Nickname`, `Birthday` and `Address`.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    custom_fields: Option<BTreeMap<String, Value>>,
}

/// The facts of a contact. Missing and null values stay unchanged.
#[derive(Deserialize, ToSchema, Default)]
pub struct ContactFacts {
    #[schema(max_length = 500)]
    name: Option<String>,
    #[schema(max_length = 10_000)]
    description: Option<String>,
    /// All links of the contact.
    links: Option<Vec<String>>,
    /// The names of all its lists. Missing lists are created.
    list_names: Option<Vec<String>>,
    /// The same, under its older name.
    group_names: Option<Vec<String>>,
    /// All values of custom fields, by field name; also `Organization`, `Job title`, `Nickname`, `Birthday` and `Address`.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    custom_fields: Option<BTreeMap<String, Value>>,
}

fn invalid_at(field: &str, invalid: Invalid) -> Error {
    Error::BadRequest(format!("{field}: {invalid}"))
}

fn too_many(field: &str, most: usize) -> Error {
    Error::BadRequest(format!("{field}: At most {most} are allowed."))
}

/// Parses a handle. `prefix` is its path in the body, for errors.
pub fn handle(request: &ApiRequest, prefix: &str, given: &HandleInput) -> Result<Handle, Error> {
    let source = if OLDER_SOURCES.contains(&given.source.as_str()) {
        Source::Custom
    } else {
        given.source.parse().map_err(|invalid| invalid_at(&format!("{prefix}source"), invalid))?
    };
    let handle = Handle::parse(source, &given.handle, request.company.region);
    handle.map_err(|invalid| invalid_at(&format!("{prefix}handle"), invalid))
}

impl ContactFacts {
    /// Parses the facts of a new contact, or those to update `contact` with.
    async fn read(self, request: &ApiRequest, files: Vec<File>, contact: Option<&Contact>) -> Result<Update, Error> {
        let mut update = Update::default();
        if let Some(mut values) = self.custom_fields {
            let settings = request.app.hub.settings(request.company.id).await?;
            update.attributes = take_attributes(&mut values, &settings, contact)?;
            update.custom = Some(custom_values(request, FieldTarget::Contact, values).await?);
        }
        if let Some(name) = self.name {
            let name = Attribute::Name.parse(&name).map_err(|invalid| invalid_at("name", invalid))?;
            update.attributes[Attribute::Name] = Some(name);
        }
        if let Some(description) = self.description {
            let description = Attribute::Description.parse(&description);
            let description = description.map_err(|invalid| invalid_at("description", invalid))?;
            update.attributes[Attribute::Description] = Some(description);
        }
        if let Some(links) = self.links {
            if links.len() > LINKS_MAX {
                return Err(too_many("links", LINKS_MAX));
            }
            let link = |(n, link): (usize, &String)| {
                Link::parse(link).map_err(|invalid| invalid_at(&format!("links[{n}]"), invalid))
            };
            update.links = Some(links.iter().enumerate().map(link).collect::<Result<_, _>>()?);
        }
        if self.list_names.is_some() || self.group_names.is_some() {
            let named = [("list_names", self.list_names), ("group_names", self.group_names)];
            let mut lists = Vec::new();
            for (place, names) in named {
                for (n, name) in names.into_iter().flatten().enumerate() {
                    lists
                        .push(ListName::parse(&name).map_err(|invalid| invalid_at(&format!("{place}[{n}]"), invalid))?);
                }
            }
            if lists.len() > LIST_NAMES_MAX {
                return Err(too_many("list_names", LIST_NAMES_MAX));
            }
            update.lists = Some(lists);
        }
        if let Some(file) = files.into_iter().next() {
            let picture =
                Picture::parse(file.content.as_ref().into()).map_err(|invalid| invalid_at("avatar", invalid))?;
            update.picture = Some(Some(picture));
        }
        Ok(update)
    }
}

/// Parses the values of custom fields. Null is no value.
///
/// In a form all values are texts, so they are parsed by the type of their field.
pub async fn custom_values(
    request: &ApiRequest,
    target: FieldTarget,
    values: BTreeMap<String, Value>,
) -> Result<CustomValues, Error> {
    let settings = if request.is_form() { Some(request.app.hub.settings(request.company.id).await?) } else { None };
    let mut custom = CustomValues::new();
    for (name, value) in values {
        let field =
            CustomName::parse(&name).map_err(|invalid| invalid_at(&format!("custom_fields.{name}"), invalid))?;
        let kind = settings.as_ref().and_then(|settings| settings.field(target, &field)).map(|field| &field.kind);
        let value = match (value, kind) {
            (Value::Null, _) => continue,
            (Value::String(text), Some(CustomType::Boolean)) if text == "true" || text == "false" => {
                CustomValue::Bool(text == "true")
            }
            (Value::String(text), Some(CustomType::Number | CustomType::DateTime)) => {
                // Numbers have one spelling, whichever the client uses.
                let number = text.parse::<serde_json::Number>();
                number.map_or(CustomValue::Text(text), |number| CustomValue::Number(number.to_string()))
            }
            (Value::String(text), _) => CustomValue::Text(text),
            (Value::Bool(truth), _) => CustomValue::Bool(truth),
            (Value::Number(number), _) => CustomValue::Number(number.to_string()),
            (Value::Array(_) | Value::Object(_), _) => {
                let message = format!("custom_fields.{name}: Must be a string, a number, true or false.");
                return Err(Error::BadRequest(message));
            }
        };
        custom.insert(field, value);
    }
    Ok(custom)
}

/// Returns the contact of an id, or of an alias: `alt:`, a source, and a handle, which may have colons.
pub async fn find(request: &ApiRequest, id: &str) -> Result<Contact, Error> {
    let hub = &request.app.hub;
    let found = if id.starts_with("alt:") {
        // No contact has an invalid handle.
        match alias(request, id) {
            Some(handle) => hub.owner(request.company.id, handle.key()).await?,
            None => None,
        }
    } else {
        match id.parse::<ContactId>() {
            Ok(id) => hub.contact(request.company.id, id).await?,
            Err(_) => None,
        }
    };
    found.ok_or_else(|| Error::NotFound("Contact not found.".into()))
}

/// Returns the handle of an alias.
fn alias(request: &ApiRequest, id: &str) -> Option<Handle> {
    let (source, text) = id.strip_prefix("alt:")?.split_once(':')?;
    Handle::parse(source.parse().ok()?, text, request.company.region).ok()
}

/// Returns the contacts of ids and aliases.
pub async fn find_all(request: &ApiRequest, ids: &[String]) -> Result<Vec<ContactId>, Error> {
    let mut contacts = Vec::with_capacity(ids.len());
    for id in ids {
        contacts.push(find(request, id).await?.id);
    }
    Ok(contacts)
}

/// List contacts.
///
/// Sorted by `created_at`, newest first, by default.
///
/// With `search`, returns the matching contacts, best match first. A search matches any part of a name, handle, description
/// or link, from three characters, and the beginnings of words. It has a single page.
#[utoipa::path(get, path = "/contacts", tag = "Contacts", operation_id = "list-contacts",
    params(super::params::Searched, super::params::List, super::params::Sorted, super::params::Updated),
    responses((status = 200, body = Paged<ContactBody>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn list(request: ApiRequest) -> Result<Json<Paged<ContactBody>>, Error> {
    let search = form_urlencoded::parse(request.query().as_bytes()).find(|(name, _)| name == "search");
    match search {
        Some((_, text)) => search_results(&request, &text).await.map(Json),
        None => listed(&request, "/contacts", None).await.map(Json),
    }
}

/// Searches contacts.
async fn search_results(request: &ApiRequest, text: &str) -> Result<Paged<ContactBody>, Error> {
    request.require(Scope::ContactsRead)?;
    let is_of_lists = |name: &str| LIST_PARAMETERS.contains(&name);
    if let Some((name, _)) = form_urlencoded::parse(request.query().as_bytes()).find(|(name, _)| is_of_lists(name)) {
        return Err(Error::BadRequest(format!("{name} cannot be combined with search.")));
    }
    let list = PageRequest::<ContactId>::read(request, &[])?;
    let query = Query::parse(text, request.company.region);
    let query = query.map_err(|error| Error::BadRequest(format!("search: {error}")))?;
    let items = request.app.hub.search(request.company.id, &query, list.limit).await?.contacts;
    let presenter = ContactPresenter::load(request, &items).await?;
    Ok(Paged::new(request.url("/contacts"), &list, Page::last(items), |contact| presenter.present(&contact)))
}

/// Lists the contacts of the company, or the private ones of a teammate.
pub async fn listed(request: &ApiRequest, path: &str, owner: Option<TeammateId>) -> Result<Paged<ContactBody>, Error> {
    request.require(Scope::ContactsRead)?;
    let list = PageRequest::read(request, &SORTS)?;
    let filter = ContactFilter { changed_after: list.updated_after, changed_before: list.updated_before, owner };
    let found = request.app.hub.contacts(request.company.id, filter, list.order, list.cursor, list.limit).await?;
    let presenter = ContactPresenter::load(request, &found.items).await?;
    Ok(Paged::new(request.url(path), &list, found, |contact| presenter.present(&contact)))
}

/// Create a contact.
///
/// A handle of another contact is a conflict. API 1 merges the contacts instead.
#[utoipa::path(post, path = "/contacts", tag = "Contacts", operation_id = "create-contact",
    request_body = NewContact, responses((status = 201, body = ContactBody)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn create(mut request: ApiRequest) -> Result<(StatusCode, Json<ContactBody>), Error> {
    created(&mut request, None).await
}

/// Creates a contact of the company, or a private one of a teammate.
pub async fn created(
    request: &mut ApiRequest,
    owner: Option<TeammateId>,
) -> Result<(StatusCode, Json<ContactBody>), Error> {
    request.require(Scope::ContactsWrite)?;
    let (given, files): (NewContact, _) = request.json_or_form("avatar").await?;
    let NewContact { handles, name, description, links, list_names, group_names, custom_fields } = given;
    let facts = ContactFacts { name, description, links, list_names, group_names, custom_fields };
    if handles.is_empty() {
        return Err(Error::BadRequest("handles: At least one handle is required.".into()));
    }
    if handles.len() > HANDLES_MAX {
        return Err(too_many("handles", HANDLES_MAX));
    }
    let handles = handles.iter().enumerate();
    let handles =
        handles.map(|(n, given)| handle(request, &format!("handles[{n}]."), given)).collect::<Result<_, _>>()?;
    let Update { attributes, links, lists, custom, picture } = facts.read(request, files, None).await?;
    let observation = Observation {
        attributes,
        handles,
        links: links.unwrap_or_default(),
        custom: custom.unwrap_or_default().into_iter().map(|(name, value)| (name, Some(value))).collect(),
        picture,
        owner,
        ..Observation::from(request.origin())
    };
    let outcome = request.app.hub.create(request.company.id, observation, lists.unwrap_or_default()).await?;
    let id = outcome.contact.map(|id| id.to_string()).unwrap_or_default();
    let contact = find(request, &id).await?;
    Ok((StatusCode::CREATED, Json(ContactPresenter::load(request, [&contact]).await?.present(&contact))))
}

/// Get a contact.
///
/// The id of a merged contact returns the contact that it is now part of. A shared handle returns the oldest contact that
/// reports it, and the header `Kith-Shared-Handle` with the number of those that do.
#[utoipa::path(get, path = "/contacts/{contact_id}", tag = "Contacts", operation_id = "get-contact",
    params(super::params::ContactPath), responses((status = 200, body = ContactBody)),
    security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn get(PathId(id): PathId, request: ApiRequest) -> Result<Response, Error> {
    request.require(Scope::ContactsRead)?;
    let contact = find(&request, &id).await?;
    let mut response = Json(ContactPresenter::load(&request, [&contact]).await?.present(&contact)).into_response();
    if let Some(handle) = alias(&request, &id) {
        let (claim, contacts) = request.app.hub.handle(request.company.id, handle.key()).await?;
        if claim.status.obstacle(handle.key()).is_some() {
            response.headers_mut().insert(SHARED_HANDLE, contacts.into());
        }
    }
    Ok(response)
}

/// Change a contact.
///
/// Missing values stay unchanged. Links, lists and custom fields are replaced as a whole.
#[utoipa::path(patch, path = "/contacts/{contact_id}", tag = "Contacts", operation_id = "update-contact",
    params(super::params::ContactPath), request_body = ContactFacts, responses((status = 204)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn update(PathId(id): PathId, mut request: ApiRequest) -> Result<StatusCode, Error> {
    request.require(Scope::ContactsWrite)?;
    let contact = find(&request, &id).await?;
    let (given, files): (ContactFacts, _) = request.json_or_form("avatar").await?;
    let update = given.read(&request, files, Some(&contact)).await?;
    request.app.hub.update(request.company.id, contact.id, update, request.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete a contact.
///
/// Other contacts can then have its handles. Its conversations stay.
#[utoipa::path(delete, path = "/contacts/{contact_id}", tag = "Contacts", operation_id = "delete-contact",
    params(super::params::ContactPath), responses((status = 204)),
    security(("token" = ["contacts:delete"]), ("login" = [])))]
pub async fn delete(PathId(id): PathId, request: ApiRequest) -> Result<StatusCode, Error> {
    request.require(Scope::ContactsDelete)?;
    let contact = find(&request, &id).await?;
    request.app.hub.delete(request.company.id, contact.id, request.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The contacts to merge.
#[derive(Deserialize, ToSchema)]
pub struct Merge {
    /// 2 to 50 contacts with the target, 1 to 49 without it.
    #[schema(min_items = 1, max_items = 50)]
    contact_ids: Vec<String>,
    /// The contact to keep. The default is the oldest.
    target_contact_id: Option<String>,
}

/// Merge contacts.
///
/// Keeps the name of the target, joins the descriptions, and keeps all handles, lists, links and notes. Custom fields and the
/// picture come from the contact that was changed last. The merge can be split in the app.
#[utoipa::path(post, path = "/contacts/merge", tag = "Contacts", operation_id = "merge-contacts",
    request_body = Merge, responses((status = 200, body = ContactBody)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn merge(mut request: ApiRequest) -> Result<Json<ContactBody>, Error> {
    request.require(Scope::ContactsWrite)?;
    let Merge { mut contact_ids, target_contact_id } = request.json().await?;
    let mut seen = std::collections::BTreeSet::new();
    contact_ids.retain(|id| seen.insert(id.clone()));
    let has_other_target = target_contact_id.as_ref().is_some_and(|target| !contact_ids.contains(target));
    let (least, most) = if has_other_target { (1, MERGE_CONTACTS_MAX - 1) } else { (2, MERGE_CONTACTS_MAX) };
    if !(least..=most).contains(&contact_ids.len()) {
        let message = format!("contact_ids: Must name {least} to {most} different contacts.");
        return Err(Error::BadRequest(message));
    }
    let mut contacts = find_all(&request, &contact_ids).await?;
    let target = match target_contact_id {
        Some(target) => Some(find(&request, &target).await?.id),
        None => None,
    };
    contacts.extend(target);
    contacts.sort_unstable();
    contacts.dedup();
    let kept = if let [only] = contacts[..] {
        // All of them are the same contact already.
        only
    } else {
        let outcome = request.app.hub.merge(request.company.id, contacts, target, request.origin()).await?;
        outcome.contact.ok_or_else(|| Error::NotFound("Contact not found.".into()))?
    };
    let contact = find(&request, &kept.to_string()).await?;
    Ok(Json(ContactPresenter::load(&request, [&contact]).await?.present(&contact)))
}

/// Get the picture of a contact.
///
/// The `avatar_url` of the contact is its URL.
#[utoipa::path(get, path = "/contacts/{contact_id}/{avatar}", tag = "Contacts", operation_id = "get-contact-avatar",
    params(super::params::ContactPath, ("avatar" = String, Path, description = "`avatar-` and a number.")),
    responses((status = 200, body = Vec<u8>, content_type = "image/*")),
    security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn avatar(
    path: Result<Path<(String, String)>, PathRejection>,
    request: ApiRequest,
) -> Result<Response, Error> {
    request.require(Scope::ContactsRead)?;
    let no_picture = || Error::NotFound("Picture not found.".into());
    let Path((id, name)) = path.map_err(|_| no_picture())?;
    let shown = find(&request, &id).await?.picture.filter(|picture| name == format!("avatar-{}", picture.at.millis()));
    let shown = shown.ok_or_else(no_picture)?;
    let picture = request.app.hub.picture(request.company.id, shown.entry).await?.ok_or_else(no_picture)?;
    let headers = [(CONTENT_TYPE, picture.kind.media_type()), (CONTENT_DISPOSITION, "inline")];
    Ok((headers, picture.content.to_vec()).into_response())
}
