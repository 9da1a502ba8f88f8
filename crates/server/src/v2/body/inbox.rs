//! The response body of the inbox.

use std::collections::BTreeMap;

use contact::{InboxId, TeamId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::v2::request::ApiRequest;

#[derive(Serialize, ToSchema)]
pub struct InboxBody {
    _links: InboxLinks,
    /// `inb_` and a number in base 36.
    id: String,
    name: String,
    is_private: bool,
    is_public: bool,
    #[schema(value_type = BTreeMap<String, Value>)]
    custom_fields: BTreeMap<String, Value>,
}

#[derive(Serialize, ToSchema)]
struct InboxLinks {
    #[serde(rename = "self")]
    this: String,
    related: InboxRelated,
}

#[derive(Serialize, ToSchema)]
struct InboxRelated {
    teammates: String,
    conversations: String,
    channels: String,
    owner: String,
}

/// Returns the only inbox of the company.
pub fn only_inbox(request: &ApiRequest) -> InboxBody {
    let company = request.company.id;
    let id = InboxId::nth(company, 1);
    let this = request.url(&format!("/inboxes/{id}"));
    let related = InboxRelated {
        teammates: format!("{this}/teammates"),
        conversations: format!("{this}/conversations"),
        channels: format!("{this}/channels"),
        owner: request.url(&format!("/teams/{}", TeamId::nth(company, 1))),
    };
    InboxBody {
        _links: InboxLinks { this, related },
        id: id.to_string(),
        name: "Inbox".into(),
        is_private: false,
        is_public: true,
        custom_fields: BTreeMap::new(),
    }
}
