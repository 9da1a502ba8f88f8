//! The sender or the recipient of a message, as a response body.

use serde::Serialize;
use utoipa::ToSchema;

use crate::v2::request::ApiRequest;

/// The sender or the recipient of a message.
#[derive(Serialize, ToSchema)]
pub struct Recipient {
    _links: RecipientLinks,
    name: Option<String>,
    handle: String,
    /// `from` or `to`.
    role: &'static str,
}

#[derive(Serialize, ToSchema)]
struct RecipientLinks {
    related: RecipientRelated,
}

#[derive(Serialize, ToSchema)]
struct RecipientRelated {
    contact: Option<String>,
}

impl Recipient {
    pub fn new(
        request: &ApiRequest,
        contact: Option<&contact::Contact>,
        handle: &contact::Handle,
        role: &'static str,
    ) -> Recipient {
        let url = contact.map(|contact| request.url(&format!("/contacts/{}", contact.id)));
        let name = contact.map(|contact| contact.name().to_owned()).filter(|name| !name.is_empty());
        let related = RecipientRelated { contact: url };
        Recipient { _links: RecipientLinks { related }, name, handle: handle.text().to_owned(), role }
    }
}
