//! Updates of a contact.

use crate::attribute::Attributes;
use crate::custom::CustomValues;
use crate::link::Link;
use crate::picture::Picture;
use crate::settings::ListName;
use crate::text::Text;

/// An update of a contact. None leaves a value alone.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Update {
    /// Attributes; the empty text clears one.
    pub attributes: Attributes<Option<Text>>,
    /// All links.
    pub links: Option<Vec<Link>>,
    /// The names of all lists of the company that it is on. Missing lists are created.
    pub lists: Option<Vec<ListName>>,
    /// All values of custom fields.
    pub custom: Option<CustomValues>,
    /// The picture; an inner none removes it.
    pub picture: Option<Option<Picture>>,
}
