//! `/…/custom_fields`: which custom fields there are.

use axum::Json;
use contact::{CustomField, CustomType, FieldTarget};
use hub::Scope;
use serde::Serialize;
use utoipa::ToSchema;

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
    /// What an `enum` is one of.
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<Choice>>,
}

#[derive(Serialize, ToSchema)]
struct Choice {
    value: String,
    label: String,
}

impl FieldBody {
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

/// The custom fields of something; none of what has none in Kith.
async fn listed(request: ApiRequest, path: &str, target: Option<FieldTarget>) -> Result<Json<Whole<FieldBody>>, Error> {
    request.require(Scope::CustomFieldsRead)?;
    let settings = request.app.hub.settings(request.company.id).await?;
    let fields = settings.fields.values().filter(|field| Some(field.target) == target);
    let shown = fields.map(|field| FieldBody::new(field, &request.base_url)).collect();
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
    /// The custom fields of contacts.
    contacts, "/contacts/custom_fields", "list-contact-custom-fields", Some(FieldTarget::Contact);
    /// The custom fields of contacts, under the older address.
    all, "/custom_fields", "list-custom-fields", Some(FieldTarget::Contact);
    /// The custom fields of accounts.
    accounts, "/accounts/custom_fields", "list-account-custom-fields", Some(FieldTarget::Account);
    /// The custom fields of conversations: there are none.
    conversations, "/conversations/custom_fields", "list-conversation-custom-fields", None;
    /// The custom fields of inboxes: there are none.
    inboxes, "/inboxes/custom_fields", "list-inbox-custom-fields", None;
    /// The custom fields of teammates: there are none.
    teammates, "/teammates/custom_fields", "list-teammate-custom-fields", None;
}
