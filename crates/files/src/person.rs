//! A contact as it is written to a file.

use contact::{Attributes, CustomValues, Handle, Link, ListName, Picture, Text};

/// A contact as it is written to a file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Person {
    /// The attributes, empty where none is known.
    pub attributes: Attributes<Text>,
    /// The handles, in the order in which they were first reported.
    pub handles: Vec<Handle>,
    /// The links, in the order in which they were first reported.
    pub links: Vec<Link>,
    /// The names of the lists that the contact is on.
    pub lists: Vec<ListName>,
    /// The values of custom fields. Deleted fields are not written.
    pub custom: CustomValues,
    /// The picture, if there is one. A table cannot hold it.
    pub picture: Option<Picture>,
}
