//! Guards against false merges, as a company sets them.

/// How many different names make a handle shared, unless a company sets another number.
pub const SHARED_AFTER: u32 = 5;
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
