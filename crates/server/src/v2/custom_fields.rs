//! `/…/custom_fields`: the definitions of custom fields.

use axum::Json;
use contact::{Attribute, CompanyId, CustomField, CustomType, FieldTarget};
use hub::Scope;
use serde::Serialize;
use utoipa::ToSchema;

use super::attribute_fields::{attribute_fields, field_id};
use super::error::Error;
use super::page::{SelfLink, Whole};
use super::request::ApiRequest;

#[derive(Serialize, ToSchema)]
pub struct FieldBody {
    _links: SelfLink,
    /// `fld_` and a number in base 36.
    id: String,
    name: String,
    description: String,
    /// `string`, `boolean`, `datetime`, `number`, `teammate`, `inbox` or `enum`.
    r#type: &'static str,
    /// The choices of an `enum`.
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<Choice>>,
}

#[derive(Serialize, ToSchema)]
struct Choice {
    value: String,
    label: String,
}

impl FieldBody {
    fn of_attribute(attribute: Attribute, company: CompanyId, base_url: &str) -> FieldBody {
        let id = field_id(company, attribute);
        FieldBody {
            _links: SelfLink::to(format!("{base_url}/custom_fields/{id}")),
            id: id.to_string(),
            name: attribute.spec().label.to_owned(),
            description: String::new(),
            r#type: CustomType::String.name(),
            values: None,
        }
    }

    fn new(field: &CustomField, base_url: &str) -> FieldBody {
        let choice = |text: &String| Choice { value: text.clone(), label: text.clone() };
        let values = match &field.kind {
            CustomType::Enum(choices) => Some(choices.iter().map(choice).collect()),
            _ => None,
        };
        FieldBody {
            _links: SelfLink::to(format!("{base_url}/custom_fields/{}", field.id)),
            id: field.id.to_string(),
            name: field.name.as_str().to_owned(),
            description: field.description.clone(),
            r#type: field.kind.name(),
            values,
        }
    }
}

/// Lists the custom fields of a target, or none for a target without custom fields. Contacts have those for attributes, too.
async fn listed(request: ApiRequest, path: &str, target: Option<FieldTarget>) -> Result<Json<Whole<FieldBody>>, Error> {
    request.require(Scope::CustomFieldsRead)?;
    let settings = request.app.hub.settings(request.company.id).await?;
    let fields = settings.fields.values().filter(|field| Some(field.target) == target);
    let mut shown: Vec<FieldBody> = fields.map(|field| FieldBody::new(field, &request.base_url)).collect();
    if target == Some(FieldTarget::Contact) {
        let attributes = attribute_fields(&settings);
        shown.extend(attributes.map(|one| FieldBody::of_attribute(one, request.company.id, &request.base_url)));
    }
    Ok(Json(Whole::new(request.url(path), shown)))
}

macro_rules! lists {
    ($($(#[doc = $doc:literal])+ $name:ident, $path:literal, $id:literal, $target:expr;)+) => {
        $(
            $(#[doc = $doc])+
            #[utoipa::path(get, path = $path, tag = "Custom fields", operation_id = $id,
                responses((status = 200, body = Whole<FieldBody>)),
                security(("token" = ["custom_fields:read"]), ("login" = [])))]
            pub async fn $name(request: ApiRequest) -> Result<Json<Whole<FieldBody>>, Error> {
                listed(request, $path, $target).await
            }
        )+
    };
}

lists! {
    /// List the custom fields of contacts.
    contacts, "/contacts/custom_fields", "list-contact-custom-fields", Some(FieldTarget::Contact);
    /// List the custom fields of contacts, at the older path.
    all, "/custom_fields", "list-custom-fields", Some(FieldTarget::Contact);
    /// List the custom fields of accounts.
    accounts, "/accounts/custom_fields", "list-account-custom-fields", Some(FieldTarget::Account);
    /// List the custom fields of conversations. Always empty.
    conversations, "/conversations/custom_fields", "list-conversation-custom-fields", None;
    /// List the custom fields of inboxes. Always empty.
    inboxes, "/inboxes/custom_fields", "list-inbox-custom-fields", None;
    /// List the custom fields of teammates. Always empty.
    teammates, "/teammates/custom_fields", "list-teammate-custom-fields", None;
}
