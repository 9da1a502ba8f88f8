//! Accounts: the organisations that contacts belong to.

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
/// Most characters of an external id of an account.
pub const EXTERNAL_ID_CHARS_MAX: usize = 500;

/// A domain of the email addresses of an account, in ASCII and lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Domain(String);

impl Domain {
    /// A domain from the store, without a check.
    pub fn from_stored(text: String) -> Domain {
        Domain(text)
    }

    /// Parses a domain.
    ///
    /// # Errors
    ///
    /// [`Invalid::Domain`] if the text is not a domain.
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

/// The id of an account in another system.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ExternalId(String);

impl ExternalId {
    /// An id from the store, without a check.
    pub fn from_stored(text: String) -> ExternalId {
        ExternalId(text)
    }

    /// Parses an id.
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

/// A unique name of an account besides its id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AccountAlias {
    /// One of its domains.
    Domain(Domain),
    /// Its id in another system.
    External(ExternalId),
}

impl AccountAlias {
    /// The name of this kind of alias.
    pub fn name(&self) -> &'static str {
        match self {
            AccountAlias::Domain(_) => "domain",
            AccountAlias::External(_) => "ext_id",
        }
    }

    /// The text that is compared.
    pub fn value(&self) -> &str {
        match self {
            AccountAlias::Domain(domain) => domain.as_str(),
            AccountAlias::External(id) => id.as_str(),
        }
    }
}

/// The facts of an account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AccountFacts {
    /// The name, perhaps empty.
    pub name: String,
    /// The description.
    pub description: Option<String>,
    /// The URL of its logo.
    pub logo_url: Option<Link>,
    /// The domains of its email addresses, in the given order.
    pub domains: Vec<Domain>,
    /// Its id in another system.
    pub external_id: Option<ExternalId>,
    /// Values of custom fields.
    pub custom: CustomValues,
}

impl AccountFacts {
    /// The aliases of the account.
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
    /// Its facts.
    pub facts: AccountFacts,
    /// When it was created.
    pub created_at: Time,
    /// The last entry that changed it.
    pub changed: Seq,
    /// The time of that entry.
    pub changed_at: Time,
}

/// An update of an account. None leaves a value alone.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AccountUpdate {
    /// The new name.
    pub name: Option<String>,
    /// The new description; an inner none clears it.
    pub description: Option<Option<String>>,
    /// The new URL of the logo; an inner none clears it.
    pub logo_url: Option<Option<Link>>,
    /// All domains.
    pub domains: Option<Vec<Domain>>,
    /// The new id in another system; an inner none clears it.
    pub external_id: Option<Option<ExternalId>>,
    /// All values of custom fields.
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

    /// The aliases that the update sets.
    pub fn aliases(&self) -> impl Iterator<Item = AccountAlias> {
        let domains = self.domains.iter().flatten().cloned().map(AccountAlias::Domain);
        domains.chain(self.external_id.clone().flatten().map(AccountAlias::External))
    }
}
