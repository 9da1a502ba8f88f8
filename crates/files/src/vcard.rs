//! vCards: versions 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350, RFC 9554), and the variants of phones.

mod card;
mod cards;
mod original;
mod property;
mod unfold;
mod write;

pub use card::is_kept;
pub use cards::Cards;
pub use original::{is_in_attribute, name_parts};
pub use unfold::{PHOTO_BYTES_MAX, PROPERTY_BYTES_MAX};
pub use write::CardWriter;

/// The property with the id of a card's record.
pub const UID: &str = "UID";
/// Properties of Kith: a handle of a source that has no standard property.
const X_HANDLE: &str = "X-KITH-HANDLE";
/// The parameter with the source of such a handle.
const X_SOURCE: &str = "X-SOURCE";
/// A custom field: a JSON array of its name and value.
const X_FIELD: &str = "X-KITH-FIELD";
/// A list whose name would not survive in `CATEGORIES`.
const X_LIST: &str = "X-KITH-LIST";
