//! Observations: what one report says about one person.

use crate::attribute::Attributes;
use crate::card_property::CardProperty;
use crate::custom::{CustomName, CustomValue};
use crate::group::Group;
use crate::handle::Handle;
use crate::id::TeammateId;
use crate::link::Link;
use crate::origin::Origin;
use crate::picture::Picture;
use crate::record_name::RecordName;
use crate::text::Text;

/// Most handles of an observation.
pub const HANDLES_MAX: usize = 100;
/// Most links of an observation.
pub const LINKS_MAX: usize = 100;
/// An observation: these handles belong to one person, who has these facts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Observation {
    /// Where it comes from.
    pub origin: Origin,
    /// Attributes. None leaves a value alone, the empty text clears it.
    pub attributes: Attributes<Option<Text>>,
    /// The handles in their order; at least one, at most [`HANDLES_MAX`]; those of a file at most
    /// [`CONTACT_HANDLES_MAX`](crate::CONTACT_HANDLES_MAX).
    pub handles: Vec<Handle>,
    /// The name of the record that it is about, and whose reports it replaces; none adds to an implicit record.
    pub record: Option<RecordName>,
    /// The links in their order; at most [`LINKS_MAX`].
    pub links: Vec<Link>,
    /// Properties of vCards that have no place of their own; at most [`CARD_PROPERTIES_MAX`](crate::CARD_PROPERTIES_MAX).
    pub properties: Vec<CardProperty>,
    /// Lists and accounts that the contact joins.
    pub groups: Vec<Group>,
    /// Values of custom fields; none clears one.
    pub custom: Vec<(CustomName, Option<CustomValue>)>,
    /// A picture. None leaves it alone, an inner none removes it.
    pub picture: Option<Option<Picture>>,
    /// The teammate who owns the contact, if it is new and private.
    pub owner: Option<TeammateId>,
    /// Whether single values that the contact already has stay as they are. An observation that names its record replaces
    /// them all the same, except a picture.
    pub only_fill_gaps: bool,
}

impl Observation {
    /// An observation without handles and facts.
    pub fn from(origin: Origin) -> Observation {
        Observation {
            origin,
            attributes: Attributes::default(),
            handles: Vec::new(),
            record: None,
            links: Vec::new(),
            properties: Vec::new(),
            groups: Vec::new(),
            custom: Vec::new(),
            picture: None,
            owner: None,
            only_fill_gaps: false,
        }
    }

    /// Whether it has neither handles nor facts.
    pub(crate) fn is_empty(&self) -> bool {
        *self
            == Observation { owner: self.owner, only_fill_gaps: self.only_fill_gaps, ..Observation::from(self.origin) }
    }
}
