//! Guards against false merges, as a company sets them.

use crate::invalid::Invalid;

/// How many different names make a handle shared, unless a company sets another number.
pub const SHARED_AFTER: u32 = 5;
/// The numbers of different names that a company can choose from. Fewer than two people share nothing.
const SHARED_AFTER_RANGE: std::ops::RangeInclusive<u32> = 2..=1_000;
/// Most handles of a contact.
pub const CONTACT_HANDLES_MAX: usize = 1_000;

/// The guards of a company.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Guards {
    /// A handle is taken to be shared when records with so many different names, and as many different other handles,
    /// report it. None turns this off.
    pub shared_after: Option<u32>,
    /// Whether a handle joins records with different full names only after a person confirms it.
    pub names_agree: bool,
}

impl Default for Guards {
    fn default() -> Guards {
        Guards { shared_after: Some(SHARED_AFTER), names_agree: false }
    }
}

impl Guards {
    /// Parses how many different names make a handle shared: a number, or `off`.
    ///
    /// # Errors
    ///
    /// [`Invalid::SharedAfter`] unless it is `off` or a number from 2 to 1,000.
    pub fn parse_shared_after(text: &str) -> Result<Option<u32>, Invalid> {
        if text == "off" {
            return Ok(None);
        }
        let number = text.parse().ok().filter(|number| SHARED_AFTER_RANGE.contains(number));
        number.map(Some).ok_or(Invalid::SharedAfter)
    }
}
