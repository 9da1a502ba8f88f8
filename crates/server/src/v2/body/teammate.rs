//! The response bodies of teammates and of the team.

use std::collections::BTreeMap;

use contact::{TeamId, Teammate, TeammateId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::inbox::InboxBody;
use crate::v2::page::SelfLink;
use crate::v2::request::ApiRequest;

#[derive(Serialize, ToSchema)]
pub struct TeammateBody {
    _links: TeammateLinks,
    /// `tea_` and a number in base 36.
    id: String,
    email: String,
    username: String,
    first_name: String,
    last_name: String,
    is_admin: bool,
    is_available: bool,
    is_blocked: bool,
    /// `user`.
    r#type: &'static str,
    license_type: &'static str,
    #[schema(value_type = BTreeMap<String, Value>)]
    custom_fields: BTreeMap<String, Value>,
}

#[derive(Serialize, ToSchema)]
struct TeammateLinks {
    #[serde(rename = "self")]
    this: String,
    related: TeammateRelated,
}

#[derive(Serialize, ToSchema)]
struct TeammateRelated {
    inboxes: String,
    conversations: String,
}

impl TeammateBody {
    pub fn new(teammate: &Teammate, base_url: &str) -> TeammateBody {
        let this = teammate_url(base_url, teammate.id);
        let email = teammate.email.text();
        let name = teammate.name.as_str();
        let (first, last) = name.rsplit_once(' ').unwrap_or((name, ""));
        let related =
            TeammateRelated { inboxes: format!("{this}/inboxes"), conversations: format!("{this}/conversations") };
        TeammateBody {
            _links: TeammateLinks { this, related },
            id: teammate.id.to_string(),
            email: email.to_owned(),
            username: email.split('@').next().unwrap_or_default().to_owned(),
            first_name: first.to_owned(),
            last_name: last.to_owned(),
            is_admin: false,
            is_available: !teammate.is_blocked,
            is_blocked: teammate.is_blocked,
            r#type: "user",
            license_type: "full",
            custom_fields: BTreeMap::new(),
        }
    }
}

/// Returns the URL of a teammate.
pub fn teammate_url(base_url: &str, teammate: TeammateId) -> String {
    format!("{base_url}/teammates/{teammate}")
}

#[derive(Serialize, ToSchema)]
pub struct TeamBody {
    _links: SelfLink,
    /// `tim_` and a number in base 36.
    id: String,
    name: String,
}

#[derive(Serialize, ToSchema)]
pub struct TeamWithMembers {
    #[serde(flatten)]
    pub team: TeamBody,
    pub inboxes: Vec<InboxBody>,
    pub members: Vec<TeammateBody>,
}

/// Returns the only team of the company.
pub fn only_team(request: &ApiRequest) -> TeamBody {
    let id = TeamId::nth(request.company.id, 1);
    TeamBody {
        _links: SelfLink::to(request.url(&format!("/teams/{id}"))),
        id: id.to_string(),
        name: request.company.name.as_str().to_owned(),
    }
}
