//! `/contacts`: who is who.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use contact::{
    Contact, ContactId, CustomName, CustomType, CustomValue, CustomValues, Description, FieldTarget, HANDLES_MAX,
    Handle, Invalid, LINKS_MAX, Link, ListName, MERGE_CONTACTS_MAX, Name, Observation, Picture, Source, TeammateId,
    Update,
};
use hub::{ContactFilter, Page, Query, Scope, SortBy};
use serde::Deserialize;
use serde_json::Value;
use url::form_urlencoded;
use utoipa::ToSchema;

use super::asked::{Asked, Named, ORIGIN};
use super::contact_body::{ContactBody, ContactPresenter};
use super::error::Error;
use super::form::File;
use super::page::{ListAsked, Paged};

/// Most lists that a contact is put on at once.
const LIST_NAMES_MAX: usize = 100;
/// Sources that older clients name, and that are kept as addresses of channels of the company's own.
const OLDER_SOURCES: [&str; 3] = ["smooch", "whatsapp", "googlePlay"];
/// What a list may be asked for that a search may not.
const LIST_PARAMETERS: [&str; 5] = ["page_token", "sort_by", "sort_order", "q[updated_after]", "q[updated_before]"];
const SORTS: [(&str, SortBy); 2] = [("created_at", SortBy::Created), ("updated_at", SortBy::Changed)];

/// An address of a person.
#[derive(Deserialize, ToSchema)]
pub struct HandleGiven {
    /// The address.
    #[schema(min_length = 1, max_length = 512)]
    pub handle: String,
    #[schema(value_type = SourceGiven)]
    pub source: String,
}

/// Where a handle is an address. The last three are older, and kept as `custom`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "this describes what `handle` reads")]
pub enum SourceGiven {
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
#[derive(Deserialize, ToSchema)]
pub struct NewContact {
    /// At least one; none of them another contact's.
    #[schema(min_items = 1, max_items = 100)]
    handles: Vec<HandleGiven>,
    #[schema(max_length = 500)]
    name: Option<String>,
    #[schema(max_length = 10_000)]
    description: Option<String>,
    links: Option<Vec<String>>,
    /// The names of the lists that it is put on; those that are not there are made.
    list_names: Option<Vec<String>>,
    /// The same, under the older name.
    group_names: Option<Vec<String>>,
    /// Values of custom fields, by the names of the fields.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    custom_fields: Option<BTreeMap<String, Value>>,
}

/// What can be said of a contact. What is missing or null stays as it is.
#[derive(Deserialize, ToSchema, Default)]
pub struct ContactFacts {
    #[schema(max_length = 500)]
    name: Option<String>,
    #[schema(max_length = 10_000)]
    description: Option<String>,
    /// All links.
    links: Option<Vec<String>>,
    /// The names of all lists; those that are not there are made.
    list_names: Option<Vec<String>>,
    /// The same, under the older name.
    group_names: Option<Vec<String>>,
    /// All values of custom fields, by the names of the fields.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    custom_fields: Option<BTreeMap<String, Value>>,
}

fn at(place: &str, invalid: Invalid) -> Error {
    Error::BadRequest(format!("{place}: {invalid}"))
}

fn too_many(place: &str, most: usize) -> Error {
    Error::BadRequest(format!("{place}: At most {most} may be given."))
}

/// Reads a handle.
pub fn handle(asked: &Asked, place: &str, given: &HandleGiven) -> Result<Handle, Error> {
    let source = if OLDER_SOURCES.contains(&given.source.as_str()) {
        Source::Custom
    } else {
        given.source.parse().map_err(|invalid| at(&format!("{place}source"), invalid))?
    };
    let handle = Handle::parse(source, &given.handle, asked.company.region);
    handle.map_err(|invalid| at(&format!("{place}handle"), invalid))
}

impl ContactFacts {
    async fn read(self, asked: &Asked, files: Vec<File>) -> Result<Update, Error> {
        let mut update = Update::default();
        if let Some(name) = self.name {
            update.name = Some(Name::parse(&name).map_err(|invalid| at("name", invalid))?);
        }
        if let Some(description) = self.description {
            let description = Description::parse(&description);
            update.description = Some(description.map_err(|invalid| at("description", invalid))?);
        }
        if let Some(links) = self.links {
            if links.len() > LINKS_MAX {
                return Err(too_many("links", LINKS_MAX));
            }
            let link =
                |(n, link): (usize, &String)| Link::parse(link).map_err(|invalid| at(&format!("links[{n}]"), invalid));
            update.links = Some(links.iter().enumerate().map(link).collect::<Result<_, _>>()?);
        }
        if self.list_names.is_some() || self.group_names.is_some() {
            let named = [("list_names", self.list_names), ("group_names", self.group_names)];
            let mut lists = Vec::new();
            for (place, names) in named {
                for (n, name) in names.into_iter().flatten().enumerate() {
                    lists.push(ListName::parse(&name).map_err(|invalid| at(&format!("{place}[{n}]"), invalid))?);
                }
            }
            if lists.len() > LIST_NAMES_MAX {
                return Err(too_many("list_names", LIST_NAMES_MAX));
            }
            update.lists = Some(lists);
        }
        if let Some(values) = self.custom_fields {
            update.custom = Some(custom_values(asked, FieldTarget::Contact, values).await?);
        }
        if let Some(file) = files.into_iter().next() {
            let picture = Picture::parse(file.content.as_ref().into()).map_err(|invalid| at("avatar", invalid))?;
            update.picture = Some(Some(picture));
        }
        Ok(update)
    }
}

/// Reads values of custom fields. In a form all of them are texts, so there they are read as what the field holds. Null is no
/// value.
pub async fn custom_values(
    asked: &Asked,
    target: FieldTarget,
    values: BTreeMap<String, Value>,
) -> Result<CustomValues, Error> {
    let settings = if asked.is_form() { Some(asked.app.hub.settings(asked.company.id).await?) } else { None };
    let mut custom = CustomValues::new();
    for (name, value) in values {
        let field = CustomName::parse(&name).map_err(|invalid| at(&format!("custom_fields.{name}"), invalid))?;
        let kind = settings.as_ref().and_then(|settings| settings.field(target, &field)).map(|field| &field.kind);
        let value = match (value, kind) {
            (Value::Null, _) => continue,
            (Value::String(text), Some(CustomType::Boolean)) if text == "true" || text == "false" => {
                CustomValue::Bool(text == "true")
            }
            (Value::String(text), Some(CustomType::Number | CustomType::DateTime)) => {
                // Written in one way, whatever way it came.
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

/// The contact that an id or an alias names: `alt:` with a source and a handle, which may hold colons.
pub async fn find(asked: &Asked, id: &str) -> Result<Contact, Error> {
    let hub = &asked.app.hub;
    let found = if let Some(alias) = id.strip_prefix("alt:") {
        // A handle that nobody can have is one that nobody has.
        let parts = alias.split_once(':');
        let source = parts.and_then(|(source, text)| Some((source.parse::<Source>().ok()?, text)));
        let handle = source.and_then(|(source, text)| Handle::parse(source, text, asked.company.region).ok());
        match handle {
            Some(handle) => hub.owner(asked.company.id, handle.key()).await?,
            None => None,
        }
    } else {
        match id.parse::<ContactId>() {
            Ok(id) => hub.contact(asked.company.id, id).await?,
            Err(_) => None,
        }
    };
    found.ok_or_else(|| Error::NotFound("There is no such contact.".into()))
}

/// The contacts that a body names.
pub async fn find_all(asked: &Asked, ids: &[String]) -> Result<Vec<ContactId>, Error> {
    let mut contacts = Vec::with_capacity(ids.len());
    for id in ids {
        contacts.push(find(asked, id).await?.id);
    }
    Ok(contacts)
}

/// All contacts.
///
/// Sorted by `created_at` unless the query says otherwise, the latest first.
///
/// With `search`, those that are looked for, the best match first: by any part of a name, handle, description or link that has
/// three characters or more, and by how their words begin. There is no page after the first.
#[utoipa::path(get, path = "/contacts", tag = "Contacts", operation_id = "list-contacts",
    params(super::params::Searched, super::params::List, super::params::Sorted, super::params::Updated),
    responses((status = 200, body = Paged<ContactBody>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn list(asked: Asked) -> Result<Json<Paged<ContactBody>>, Error> {
    let search = form_urlencoded::parse(asked.query().as_bytes()).find(|(name, _)| name == "search");
    match search {
        Some((_, text)) => found(&asked, &text).await.map(Json),
        None => listed(&asked, "/contacts", None).await.map(Json),
    }
}

/// The contacts that are what is looked for.
async fn found(asked: &Asked, text: &str) -> Result<Paged<ContactBody>, Error> {
    asked.may(Scope::ContactsRead)?;
    let is_of_lists = |name: &str| LIST_PARAMETERS.contains(&name);
    if let Some((name, _)) = form_urlencoded::parse(asked.query().as_bytes()).find(|(name, _)| is_of_lists(name)) {
        return Err(Error::BadRequest(format!("{name} cannot be combined with search.")));
    }
    let list = ListAsked::<ContactId>::read(asked, &[])?;
    let query = Query::parse(text, asked.company.region);
    let query = query.map_err(|error| Error::BadRequest(format!("search: {error}")))?;
    let items = asked.app.hub.search(asked.company.id, &query, list.limit).await?.contacts;
    let shower = ContactPresenter::of(asked, &items).await?;
    Ok(Paged::new(asked.url("/contacts"), &list, Page::last(items), |contact| shower.show(&contact)))
}

/// The contacts of the company, or a teammate's own.
pub async fn listed(asked: &Asked, path: &str, owner: Option<TeammateId>) -> Result<Paged<ContactBody>, Error> {
    asked.may(Scope::ContactsRead)?;
    let list = ListAsked::read(asked, &SORTS)?;
    let filter = ContactFilter { changed_after: list.updated_after, changed_before: list.updated_before, owner };
    let found = asked.app.hub.contacts(asked.company.id, filter, list.order, list.cursor, list.limit).await?;
    let shower = ContactPresenter::of(asked, &found.items).await?;
    Ok(Paged::new(asked.url(path), &list, found, |contact| shower.show(&contact)))
}

/// Make a contact.
///
/// A handle that another contact has is a conflict. The first contact API merges instead.
#[utoipa::path(post, path = "/contacts", tag = "Contacts", operation_id = "create-contact",
    request_body = NewContact, responses((status = 201, body = ContactBody)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn create(mut asked: Asked) -> Result<(StatusCode, Json<ContactBody>), Error> {
    created(&mut asked, None).await
}

/// Makes a contact of the company, or a teammate's own.
pub async fn created(asked: &mut Asked, owner: Option<TeammateId>) -> Result<(StatusCode, Json<ContactBody>), Error> {
    asked.may(Scope::ContactsWrite)?;
    let (given, files): (NewContact, _) = asked.json_or_form("avatar").await?;
    let NewContact { handles, name, description, links, list_names, group_names, custom_fields } = given;
    let facts = ContactFacts { name, description, links, list_names, group_names, custom_fields };
    if handles.is_empty() {
        return Err(Error::BadRequest("handles: At least one handle must be given.".into()));
    }
    if handles.len() > HANDLES_MAX {
        return Err(too_many("handles", HANDLES_MAX));
    }
    let handles = handles.iter().enumerate();
    let handles =
        handles.map(|(n, given)| handle(asked, &format!("handles[{n}]."), given)).collect::<Result<_, _>>()?;
    let Update { name, description, links, lists, custom, picture } = facts.read(asked, files).await?;
    let observation = Observation {
        name,
        description,
        handles,
        links: links.unwrap_or_default(),
        custom: custom.unwrap_or_default().into_iter().map(|(name, value)| (name, Some(value))).collect(),
        picture,
        owner,
        ..Observation::from(ORIGIN)
    };
    let outcome = asked.app.hub.create(asked.company.id, observation, lists.unwrap_or_default()).await?;
    let id = outcome.contact.map(|id| id.to_string()).unwrap_or_default();
    let contact = find(asked, &id).await?;
    Ok((StatusCode::CREATED, Json(ContactPresenter::of(asked, [&contact]).await?.show(&contact))))
}

/// A contact.
///
/// An id that was merged away answers with the contact that it is now part of.
#[utoipa::path(get, path = "/contacts/{contact_id}", tag = "Contacts", operation_id = "get-contact",
    params(super::params::ContactPath), responses((status = 200, body = ContactBody)),
    security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn get(Named(id): Named, asked: Asked) -> Result<Json<ContactBody>, Error> {
    asked.may(Scope::ContactsRead)?;
    let contact = find(&asked, &id).await?;
    Ok(Json(ContactPresenter::of(&asked, [&contact]).await?.show(&contact)))
}

/// Change a contact.
///
/// Only what is given changes. Links, lists and custom fields are given whole.
#[utoipa::path(patch, path = "/contacts/{contact_id}", tag = "Contacts", operation_id = "update-contact",
    params(super::params::ContactPath), request_body = ContactFacts, responses((status = 204)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn update(Named(id): Named, mut asked: Asked) -> Result<StatusCode, Error> {
    asked.may(Scope::ContactsWrite)?;
    let contact = find(&asked, &id).await?;
    let (given, files): (ContactFacts, _) = asked.json_or_form("avatar").await?;
    let update = given.read(&asked, files).await?;
    asked.app.hub.update(asked.company.id, contact.id, update, ORIGIN).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete a contact.
///
/// Its handles are free again. Its conversations stay.
#[utoipa::path(delete, path = "/contacts/{contact_id}", tag = "Contacts", operation_id = "delete-contact",
    params(super::params::ContactPath), responses((status = 204)),
    security(("token" = ["contacts:delete"]), ("login" = [])))]
pub async fn delete(Named(id): Named, asked: Asked) -> Result<StatusCode, Error> {
    asked.may(Scope::ContactsDelete)?;
    let contact = find(&asked, &id).await?;
    asked.app.hub.delete(asked.company.id, contact.id, ORIGIN).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Contacts that are one person.
#[derive(Deserialize, ToSchema)]
pub struct Merge {
    /// With the target 2 to 50, without it 1 to 49.
    #[schema(min_items = 1, max_items = 50)]
    contact_ids: Vec<String>,
    /// The contact that is kept; without one, the oldest.
    target_contact_id: Option<String>,
}

/// Make contacts one.
///
/// The name of the target is kept, descriptions are joined, handles, lists, links and notes are all kept, and of custom fields
/// and the picture that of the contact which was changed last. The merge can be split in the app.
#[utoipa::path(post, path = "/contacts/merge", tag = "Contacts", operation_id = "merge-contacts",
    request_body = Merge, responses((status = 200, body = ContactBody)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn merge(mut asked: Asked) -> Result<Json<ContactBody>, Error> {
    asked.may(Scope::ContactsWrite)?;
    let Merge { mut contact_ids, target_contact_id } = asked.json().await?;
    let mut seen = std::collections::BTreeSet::new();
    contact_ids.retain(|id| seen.insert(id.clone()));
    let has_other_target = target_contact_id.as_ref().is_some_and(|target| !contact_ids.contains(target));
    let (least, most) = if has_other_target { (1, MERGE_CONTACTS_MAX - 1) } else { (2, MERGE_CONTACTS_MAX) };
    if !(least..=most).contains(&contact_ids.len()) {
        let message = format!("contact_ids: Must name {least} to {most} different contacts.");
        return Err(Error::BadRequest(message));
    }
    let mut contacts = find_all(&asked, &contact_ids).await?;
    let target = match target_contact_id {
        Some(target) => Some(find(&asked, &target).await?.id),
        None => None,
    };
    contacts.extend(target);
    contacts.sort_unstable();
    contacts.dedup();
    let kept = if let [only] = contacts[..] {
        // All of them are one person already.
        only
    } else {
        let outcome = asked.app.hub.merge(asked.company.id, contacts, target, ORIGIN).await?;
        outcome.contact.ok_or_else(|| Error::NotFound("There is no such contact.".into()))?
    };
    let contact = find(&asked, &kept.to_string()).await?;
    Ok(Json(ContactPresenter::of(&asked, [&contact]).await?.show(&contact)))
}

/// A contact's picture.
///
/// Its address is the `avatar_url` of the contact.
#[utoipa::path(get, path = "/contacts/{contact_id}/{avatar}", tag = "Contacts", operation_id = "get-contact-avatar",
    params(super::params::ContactPath, ("avatar" = String, Path, description = "`avatar-` and a number.")),
    responses((status = 200, body = Vec<u8>, content_type = "image/*")),
    security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn avatar(path: Option<Path<(String, String)>>, asked: Asked) -> Result<Response, Error> {
    asked.may(Scope::ContactsRead)?;
    let no_picture = || Error::NotFound("There is no such picture.".into());
    let Path((id, name)) = path.ok_or_else(no_picture)?;
    let shown = find(&asked, &id).await?.picture.filter(|picture| name == format!("avatar-{}", picture.at.millis()));
    let shown = shown.ok_or_else(no_picture)?;
    let picture = asked.app.hub.picture(asked.company.id, shown.entry).await?.ok_or_else(no_picture)?;
    let headers = [
        (CONTENT_TYPE, picture.kind.media_type()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_DISPOSITION, "inline"),
    ];
    Ok((headers, picture.content.to_vec()).into_response())
}
