//! A contact as it is written to a file.

use contact::{Attribute, Attributes, CardProperty, CustomValues, Handle, Link, ListName, Picture, Source, Text};

use crate::name::Parts;
use crate::vcard;

/// A contact as it is written to a file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Person {
    /// The attributes, empty where none is known.
    pub attributes: Attributes<Text>,
    /// The handles, in the order in which they were first reported.
    pub handles: Vec<Handle>,
    /// The links, in the order in which they were first reported.
    pub links: Vec<Link>,
    /// Properties of vCards that have no place of their own. A table cannot hold them.
    pub properties: Vec<CardProperty>,
    /// The names of the lists that the contact is on.
    pub lists: Vec<ListName>,
    /// The values of custom fields. Deleted fields are not written.
    pub custom: CustomValues,
    /// The picture, if there is one. A table cannot hold it.
    pub picture: Option<Picture>,
}

impl Person {
    /// The handles of a source.
    pub(crate) fn handles_of(&self, source: Source) -> impl Iterator<Item = &Handle> + Clone {
        self.handles.iter().filter(move |handle| handle.key().source() == source)
    }

    /// The parts of the name: those that a vCard gave, as long as they fit the name, or else by its words.
    pub(crate) fn name_parts(&self) -> Parts {
        let name = self.attributes[Attribute::Name].as_str();
        let given = self.properties.iter().filter_map(vcard::name_parts).find(|parts| parts.fit(name));
        given.unwrap_or_else(|| Parts::of(name))
    }
}
