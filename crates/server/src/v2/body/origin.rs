//! The response body of who reported or decided something.

use contact::Origin;
use serde::Serialize;
use utoipa::ToSchema;

/// Who reported or decided something.
#[derive(Serialize, ToSchema)]
pub struct OriginBody {
    /// `api`, `import`, `message`, `person` or `teammate`. `person` has the company's own password, or uses the command line.
    r#type: &'static str,
    /// The id of the teammate.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

impl From<Origin> for OriginBody {
    fn from(origin: Origin) -> OriginBody {
        let r#type = match origin {
            Origin::Api => "api",
            Origin::Import => "import",
            Origin::Message => "message",
            Origin::Person => "person",
            Origin::Teammate(_) => "teammate",
        };
        let id = match origin {
            Origin::Teammate(id) => Some(id.to_string()),
            _ => None,
        };
        OriginBody { r#type, id }
    }
}
