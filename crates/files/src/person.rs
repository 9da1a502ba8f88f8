//! A person as files tell of one.

use contact::{Attributes, CustomValues, Handle, Link, ListName, Picture, Text};

/// A person as files tell of one.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Person {
    /// The attributes, empty where none is known.
    pub attributes: Attributes<Text>,
    /// The handles, in the order first told.
    pub handles: Vec<Handle>,
    /// The links, in the order first told.
    pub links: Vec<Link>,
    /// The names of the lists that the person is on.
    pub lists: Vec<ListName>,
    /// The values of custom fields. Those of fields that are no more are not written.
    pub custom: CustomValues,
    /// The picture, if there is one. A table has no place for it.
    pub picture: Option<Picture>,
}
