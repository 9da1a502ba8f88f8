//! The response body of a contact.

use std::collections::BTreeMap;

use contact::{Contact, Group, Handle, Settings};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::custom_fields::contact_fields;
use super::list::ListBody;
use super::teammate::teammate_url;
use crate::v2::attribute_fields::is_field;
use crate::v2::error::Error;
use crate::v2::page::seconds;
use crate::v2::request::ApiRequest;

#[derive(Serialize, ToSchema)]
pub struct ContactBody {
    _links: ContactLinks,
    /// `crd_` and a number in base 36.
    id: String,
    name: String,
    description: String,
    /// Empty without a picture.
    avatar_url: String,
    links: Vec<String>,
    /// The same as `lists`, under its older name.
    groups: Vec<ListBody>,
    lists: Vec<ListBody>,
    handles: Vec<HandleBody>,
    /// The values of custom fields, by field name; also `Organization`, `Job title`, `Nickname`, `Birthday` and `Address`.
    #[schema(value_type = BTreeMap<String, Value>)]
    custom_fields: BTreeMap<String, Value>,
    /// Whether it is private to a teammate.
    is_private: bool,
    is_spammer: bool,
    /// Unix seconds, with three decimals.
    created_at: f64,
    /// Unix seconds, with three decimals.
    updated_at: f64,
}

#[derive(Serialize, ToSchema)]
struct ContactLinks {
    #[serde(rename = "self")]
    this: String,
    related: ContactRelated,
}

#[derive(Serialize, ToSchema)]
struct ContactRelated {
    notes: String,
    conversations: String,
    owner: Option<String>,
}

/// An address of a contact.
#[derive(Serialize, ToSchema)]
pub struct HandleBody {
    handle: String,
    source: &'static str,
}

impl ContactBody {
    fn new(contact: &Contact, settings: &Settings, base_url: &str) -> ContactBody {
        let this = format!("{base_url}/contacts/{}", contact.id);
        let handle =
            |handle: &Handle| HandleBody { handle: handle.text().to_owned(), source: handle.key().source().name() };
        let related = ContactRelated {
            notes: format!("{this}/notes"),
            conversations: format!("{this}/conversations"),
            owner: contact.owner.map(|teammate| teammate_url(base_url, teammate)),
        };
        let lists = || -> Vec<ListBody> {
            let list = |group: &Group| if let Group::List(list) = group { settings.lists.get(list) } else { None };
            let shown = contact.groups.iter().filter_map(list);
            // A teammate's private list is shown only on that teammate's own contacts.
            shown.filter(|list| list.owner == contact.owner).map(|list| ListBody::new(list, base_url)).collect()
        };
        let avatar_url = contact.picture.map(|picture| format!("{this}/avatar-{}", picture.at.millis()));
        ContactBody {
            _links: ContactLinks { this, related },
            id: contact.id.to_string(),
            name: contact.name().to_owned(),
            description: contact.description().to_owned(),
            avatar_url: avatar_url.unwrap_or_default(),
            links: contact.links.iter().map(|link| link.as_str().to_owned()).collect(),
            groups: lists(),
            lists: lists(),
            handles: contact.handles.iter().map(handle).collect(),
            custom_fields: contact_fields(contact, settings),
            is_private: contact.owner.is_some(),
            is_spammer: false,
            created_at: seconds(contact.created_at),
            updated_at: seconds(contact.changed_at),
        }
    }
}

/// Presents contacts as response bodies. Loads the company's settings only if a contact refers to them.
pub struct ContactPresenter {
    settings: Settings,
    base_url: String,
}

impl ContactPresenter {
    /// Prepares to present these contacts.
    pub async fn load<'a>(
        request: &ApiRequest,
        contacts: impl IntoIterator<Item = &'a Contact>,
    ) -> Result<ContactPresenter, Error> {
        let needs_settings = |contact: &Contact| {
            let mut attributes = contact.attributes.iter();
            let has_field = attributes.any(|(attribute, text)| is_field(attribute) && !text.is_empty());
            has_field || !contact.groups.is_empty() || !contact.custom.is_empty()
        };
        let settings = if contacts.into_iter().any(needs_settings) {
            request.app.hub.settings(request.company.id).await?
        } else {
            Settings::default()
        };
        Ok(ContactPresenter { settings, base_url: request.base_url.clone() })
    }

    pub fn present(&self, contact: &Contact) -> ContactBody {
        ContactBody::new(contact, &self.settings, &self.base_url)
    }
}
