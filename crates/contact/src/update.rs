//! Updates of a contact.

use crate::attribute::Attributes;
use crate::custom::CustomValues;
use crate::link::Link;
use crate::picture::Picture;
use crate::settings::ListName;
use crate::text::Text;

/// What is to be changed of a contact; what is none stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Update {
    /// Attributes; the empty text clears one.
    pub attributes: Attributes<Option<Text>>,
    /// All links.
    pub links: Option<Vec<Link>>,
    /// The names of all of the company's lists that it is on; those that are not there are made.
    pub lists: Option<Vec<ListName>>,
    /// All values of custom fields.
    pub custom: Option<CustomValues>,
    /// The picture; none, if that is none.
    pub picture: Option<Option<Picture>>,
}
