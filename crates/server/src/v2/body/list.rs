//! The response body of a contact list.

use contact::{List, TeamId};
use serde::Serialize;
use utoipa::ToSchema;

use super::teammate::teammate_url;

/// A list of contacts.
#[derive(Serialize, ToSchema)]
pub struct ListBody {
    _links: ListLinks,
    /// `grp_` and a number in base 36.
    id: String,
    name: String,
    /// Whether it is private to a teammate.
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
