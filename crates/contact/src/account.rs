//! Accounts: the organisations that contacts are of.

use crate::custom::CustomValues;
use crate::id::AccountId;
use crate::invalid::Invalid;
use crate::link::Link;
use crate::text::bounded;
use crate::time::{Seq, Time};

/// Most characters of an account's name.
pub const ACCOUNT_NAME_CHARS_MAX: usize = 500;
/// Most domains of an account.
pub const DOMAINS_MAX: usize = 100;
/// Most bytes of a domain (RFC 1035, section 2.3.4).
pub const DOMAIN_BYTES_MAX: usize = 253;
/// Most characters of the id that another system has for an account.
pub const EXTERNAL_ID_CHARS_MAX: usize = 500;

/// A domain of an account's e-mail addresses, in ASCII and lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Domain(String);

impl Domain {
    /// A domain as it was stored; it is not checked again.
    pub fn from_stored(text: String) -> Domain {
        Domain(text)
    }

    /// Reads a domain.
    ///
    /// # Errors
    ///
    /// [`Invalid::Domain`] if it is none.
    pub fn parse(text: &str) -> Result<Domain, Invalid> {
        let ascii = idna::domain_to_ascii_strict(text.trim()).map_err(|_| Invalid::Domain)?;
        let is_one = !ascii.is_empty() && ascii.len() <= DOMAIN_BYTES_MAX && !ascii.starts_with('.');
        if is_one { Ok(Domain(ascii)) } else { Err(Invalid::Domain) }
    }

    /// The domain as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id that another system has for an account.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ExternalId(String);

impl ExternalId {
    /// An id as it was stored; it is not checked again.
    pub fn from_stored(text: String) -> ExternalId {
        ExternalId(text)
    }

    /// Takes an id as it is given.
    ///
    /// # Errors
    ///
    /// [`Invalid::Empty`], [`Invalid::TooLong`] past [`EXTERNAL_ID_CHARS_MAX`] characters, [`Invalid::Nul`].
    pub fn parse(text: &str) -> Result<ExternalId, Invalid> {
        if text.is_empty() {
            return Err(Invalid::Empty);
        }
        bounded(text, EXTERNAL_ID_CHARS_MAX).map(ExternalId)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What names one account of a company besides its id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AccountAlias {
    /// One of its domains.
    Domain(Domain),
    /// The id that another system has for it.
    External(ExternalId),
}

impl AccountAlias {
    /// The name that aliases of this kind have.
    pub fn name(&self) -> &'static str {
        match self {
            AccountAlias::Domain(_) => "domain",
            AccountAlias::External(_) => "ext_id",
        }
    }

    /// What is compared.
    pub fn value(&self) -> &str {
        match self {
            AccountAlias::Domain(domain) => domain.as_str(),
            AccountAlias::External(id) => id.as_str(),
        }
    }
}

/// What is known of an account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AccountFacts {
    /// What it is called; perhaps nothing.
    pub name: String,
    /// What is said about it.
    pub description: Option<String>,
    /// A picture of its reference.
    pub logo_url: Option<Link>,
    /// The domains of its e-mail addresses, in the order given.
    pub domains: Vec<Domain>,
    /// The id that another system has for it.
    pub external_id: Option<ExternalId>,
    /// Values of custom fields.
    pub custom: CustomValues,
}

impl AccountFacts {
    /// What names it besides its id.
    pub fn aliases(&self) -> impl Iterator<Item = AccountAlias> {
        let domains = self.domains.iter().cloned().map(AccountAlias::Domain);
        domains.chain(self.external_id.clone().map(AccountAlias::External))
    }
}

/// An account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// What is known of it.
    pub facts: AccountFacts,
    /// When it was made.
    pub created_at: Time,
    /// The last entry that changed it.
    pub changed: Seq,
    /// When that was.
    pub changed_at: Time,
}

/// What is to be changed of an account; what is none stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AccountUpdate {
    /// What it is to be called.
    pub name: Option<String>,
    /// What is to be said about it; nothing, if that is none.
    pub description: Option<Option<String>>,
    /// The picture of its reference; none, if that is none.
    pub logo_url: Option<Option<Link>>,
    /// All its domains.
    pub domains: Option<Vec<Domain>>,
    /// The id that another system has for it.
    pub external_id: Option<Option<ExternalId>>,
    /// All values of its custom fields.
    pub custom: Option<CustomValues>,
}

impl AccountUpdate {
    /// The facts of an account after this update.
    pub(crate) fn applied(&self, facts: &AccountFacts) -> AccountFacts {
        let AccountUpdate { name, description, logo_url, domains, external_id, custom } = self.clone();
        let mut domains = domains.unwrap_or_else(|| facts.domains.clone());
        let mut seen = std::collections::BTreeSet::new();
        domains.retain(|domain| seen.insert(domain.clone()));
        AccountFacts {
            name: name.unwrap_or_else(|| facts.name.clone()),
            description: description.unwrap_or_else(|| facts.description.clone()),
            logo_url: logo_url.unwrap_or_else(|| facts.logo_url.clone()),
            domains,
            external_id: external_id.unwrap_or_else(|| facts.external_id.clone()),
            custom: custom.unwrap_or_else(|| facts.custom.clone()),
        }
    }

    /// What it wants an account to be named by.
    pub fn aliases(&self) -> impl Iterator<Item = AccountAlias> {
        let domains = self.domains.iter().flatten().cloned().map(AccountAlias::Domain);
        domains.chain(self.external_id.clone().flatten().map(AccountAlias::External))
    }
}
