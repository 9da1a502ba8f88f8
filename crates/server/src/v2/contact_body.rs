//! A contact, as it is written.

use std::collections::BTreeMap;

use contact::{Contact, CustomValue, CustomValues, FieldTarget, Group, Handle, List, Settings, TeamId, TeammateId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::asked::Asked;
use super::error::Error;
use super::page::seconds;

#[derive(Serialize, ToSchema)]
pub struct ContactBody {
    _links: ContactLinks,
    /// `crd_` and a number in base 36.
    id: String,
    name: String,
    description: String,
    /// Empty if there is no picture.
    avatar_url: String,
    links: Vec<String>,
    /// The same as `lists`, under the older name.
    groups: Vec<ListBody>,
    lists: Vec<ListBody>,
    handles: Vec<HandleBody>,
    /// Values of custom fields, by the names of the fields.
    #[schema(value_type = BTreeMap<String, Value>)]
    custom_fields: BTreeMap<String, Value>,
    /// Whether it is a teammate's own.
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

/// An address of a person.
#[derive(Serialize, ToSchema)]
pub struct HandleBody {
    handle: String,
    source: &'static str,
}

/// A list that contacts are put on.
#[derive(Serialize, ToSchema)]
pub struct ListBody {
    _links: ListLinks,
    /// `grp_` and a number in base 36.
    id: String,
    name: String,
    /// Whether it is a teammate's own.
    is_private: bool,
}

#[derive(Serialize, ToSchema)]
struct ListLinks {
    #[serde(rename = "self")]
    this: String,
    related: ListRelated,
}

#[derive(Serialize, ToSchema)]
struct ListRelated {
    contacts: String,
    owner: Option<String>,
}

impl ListBody {
    pub fn new(list: &List, base_url: &str) -> ListBody {
        let this = format!("{base_url}/contact_lists/{}", list.id);
        let owner = match list.owner {
            Some(teammate) => teammate_url(base_url, teammate),
            None => format!("{base_url}/teams/{}", TeamId::nth(list.id.company(), 1)),
        };
        let related = ListRelated { contacts: format!("{this}/contacts"), owner: Some(owner) };
        ListBody {
            _links: ListLinks { this, related },
            id: list.id.to_string(),
            name: list.name.as_str().to_owned(),
            is_private: list.owner.is_some(),
        }
    }
}

pub fn teammate_url(base_url: &str, teammate: TeammateId) -> String {
    format!("{base_url}/teammates/{teammate}")
}

/// The values of custom fields that there still are.
pub fn custom_fields(values: &CustomValues, target: FieldTarget, settings: &Settings) -> BTreeMap<String, Value> {
    let shown = values.iter().filter(|(name, _)| settings.field(target, name).is_some());
    shown.map(|(name, value)| (name.as_str().to_owned(), json(value))).collect()
}

fn json(value: &CustomValue) -> Value {
    match value {
        CustomValue::Text(text) => Value::String(text.clone()),
        CustomValue::Bool(truth) => Value::Bool(*truth),
        CustomValue::Number(number) => serde_json::from_str(number).unwrap_or(Value::Null),
    }
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
            // A teammate's own list is nobody else's business.
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
            custom_fields: custom_fields(&contact.custom, FieldTarget::Contact, settings),
            is_private: contact.owner.is_some(),
            is_spammer: false,
            created_at: seconds(contact.created_at),
            updated_at: seconds(contact.changed_at),
        }
    }
}

/// What shows contacts. What the company has set up is looked up only where a contact has something of it.
pub struct ContactPresenter {
    settings: Settings,
    base_url: String,
}

impl ContactPresenter {
    pub async fn of<'a>(
        asked: &Asked,
        contacts: impl IntoIterator<Item = &'a Contact>,
    ) -> Result<ContactPresenter, Error> {
        let needs_directory = |contact: &Contact| !contact.groups.is_empty() || !contact.custom.is_empty();
        let settings = if contacts.into_iter().any(needs_directory) {
            asked.app.hub.settings(asked.company.id).await?
        } else {
            Settings::default()
        };
        Ok(ContactPresenter { settings, base_url: asked.base_url.clone() })
    }

    pub fn show(&self, contact: &Contact) -> ContactBody {
        ContactBody::new(contact, &self.settings, &self.base_url)
    }
}
