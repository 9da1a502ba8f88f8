//! The response body of a handle.

use contact::{Handle, HandleKey};
use serde::Serialize;
use utoipa::ToSchema;

/// A handle.
#[derive(Serialize, ToSchema)]
pub struct PlainHandle {
    source: &'static str,
    handle: String,
}

impl From<&Handle> for PlainHandle {
    fn from(handle: &Handle) -> PlainHandle {
        PlainHandle { source: handle.key().source().name(), handle: handle.text().to_owned() }
    }
}

/// The handle as it is compared.
impl From<&HandleKey> for PlainHandle {
    fn from(handle: &HandleKey) -> PlainHandle {
        PlainHandle { source: handle.source().name(), handle: handle.as_str().to_owned() }
    }
}
