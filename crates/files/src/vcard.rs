//! Cards: vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350, RFC 9554), and what phones make of them.

mod card;
mod cards;
mod property;
mod unfold;
mod write;

pub use cards::Cards;
pub use unfold::{PHOTO_BYTES_MAX, PROPERTY_BYTES_MAX};
pub use write::CardWriter;

/// The properties that only Kith writes: a handle of a source that has no property of its own.
const X_HANDLE: &str = "X-KITH-HANDLE";
/// The parameter of such a handle that names its source.
const X_SOURCE: &str = "X-SOURCE";
/// A custom field: its name and its value, as a JSON array.
const X_FIELD: &str = "X-KITH-FIELD";
/// A list whose name would not come back from `CATEGORIES` as it is.
const X_LIST: &str = "X-KITH-LIST";
