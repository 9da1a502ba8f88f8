//! The response body of who reported or decided something.

use contact::Origin;
use serde::Serialize;
use utoipa::ToSchema;

/// Who reported or decided something.
#[derive(Serialize, ToSchema)]
pub struct OriginBody {
    /// `api`, `import`, `message`, `person` or `teammate`. `person` has the company's own password, or uses the command line.
    r#type: &'static str,
    /// The id of the teammate, the token or the import.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The line of the imported file.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
}

impl From<Origin> for OriginBody {
    fn from(origin: Origin) -> OriginBody {
        let r#type = match origin {
            Origin::Api(_) => "api",
            Origin::Import(_) => "import",
            Origin::Message => "message",
            Origin::Person => "person",
            Origin::Teammate(_) => "teammate",
        };
        let id = match origin {
            Origin::Teammate(id) => Some(id.to_string()),
            Origin::Api(token) => token.map(|token| token.to_string()),
            Origin::Import(row) => row.map(|row| row.import.to_string()),
            Origin::Message | Origin::Person => None,
        };
        let line = if let Origin::Import(Some(row)) = origin { Some(row.line) } else { None };
        OriginBody { r#type, id, line }
    }
}
