//! Observations: what one report says about one person.

use crate::attribute::Attributes;
use crate::custom::{CustomName, CustomValue};
use crate::group::Group;
use crate::handle::Handle;
use crate::id::TeammateId;
use crate::link::Link;
use crate::origin::Origin;
use crate::picture::Picture;
use crate::text::Text;

/// Most handles of an observation.
pub const HANDLES_MAX: usize = 100;
/// Most links of an observation.
pub const LINKS_MAX: usize = 100;
/// One thing we were told: these handles are one person's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Observation {
    /// Where it was told.
    pub origin: Origin,
    /// Attributes. None leaves a value alone, the empty text clears it.
    pub attributes: Attributes<Option<Text>>,
    /// The handles, in the order told; at least one, at most [`HANDLES_MAX`].
    pub handles: Vec<Handle>,
    /// The links, in the order told; at most [`LINKS_MAX`].
    pub links: Vec<Link>,
    /// Lists and accounts that the person is to be in.
    pub groups: Vec<Group>,
    /// Values of custom fields; none takes one away.
    pub custom: Vec<(CustomName, Option<CustomValue>)>,
    /// A picture; none leaves it alone, an inner none takes it away.
    pub picture: Option<Option<Picture>>,
    /// Of a new contact: the teammate whose own it is to be.
    pub owner: Option<TeammateId>,
    /// Whether it only only_fill_gaps gaps: what there is one of, and was told before, stays as it is.
    pub only_fill_gaps: bool,
}

impl Observation {
    /// An observation that tells nothing yet.
    pub fn from(origin: Origin) -> Observation {
        Observation {
            origin,
            attributes: Attributes::default(),
            handles: Vec::new(),
            links: Vec::new(),
            groups: Vec::new(),
            custom: Vec::new(),
            picture: None,
            owner: None,
            only_fill_gaps: false,
        }
    }

    /// Whether it tells nothing.
    pub(crate) fn is_empty(&self) -> bool {
        *self
            == Observation { owner: self.owner, only_fill_gaps: self.only_fill_gaps, ..Observation::from(self.origin) }
    }
}
