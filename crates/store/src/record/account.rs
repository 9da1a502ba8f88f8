//! The stored form of accounts.

use contact::{Account, AccountFacts, Domain, ExternalId, Seq, Time};
use serde::{Deserialize, Serialize};

use super::values::{StoredCustom, Text, account_id, custom_value, link, read, stored_custom, written};
use crate::error::Error;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredAccountFacts<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    description: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    logo_url: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    domains: Vec<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    external_id: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    custom: Vec<StoredCustom<'a>>,
}

#[derive(Serialize, Deserialize)]
struct StoredAccount<'a> {
    created_at: i64,
    changed_at: i64,
    #[serde(borrow)]
    facts: StoredAccountFacts<'a>,
}

pub(super) fn stored_account_facts(facts: &AccountFacts) -> StoredAccountFacts<'_> {
    StoredAccountFacts {
        name: facts.name.as_str().into(),
        description: facts.description.as_deref().map(Text::from),
        logo_url: facts.logo_url.as_ref().map(|link| link.as_str().into()),
        domains: facts.domains.iter().map(|domain| domain.as_str().into()).collect(),
        external_id: facts.external_id.as_ref().map(|id| id.as_str().into()),
        custom: facts.custom.iter().map(|(name, value)| stored_custom(name, Some(value))).collect(),
    }
}

pub(super) fn account_facts(stored: StoredAccountFacts) -> AccountFacts {
    let values = stored.custom.into_iter().map(custom_value);
    AccountFacts {
        name: stored.name.into_owned(),
        description: stored.description.map(Text::into_owned),
        logo_url: stored.logo_url.map(link),
        domains: stored.domains.into_iter().map(|domain| Domain::from_stored(domain.into_owned())).collect(),
        external_id: stored.external_id.map(|id| ExternalId::from_stored(id.into_owned())),
        custom: values.filter_map(|(name, value)| Some((name, value?))).collect(),
    }
}

/// Returns the body of an account: all of its record without columns of their own.
pub fn from_account(account: &Account) -> String {
    written(&StoredAccount {
        created_at: account.created_at.millis(),
        changed_at: account.changed_at.millis(),
        facts: stored_account_facts(&account.facts),
    })
}

/// Parses the account with this body.
pub fn to_account(id: u64, changed: u64, body: &str) -> Result<Account, Error> {
    let stored: StoredAccount = read(body)?;
    Ok(Account {
        id: account_id(id)?,
        facts: account_facts(stored.facts),
        created_at: Time::from_millis(stored.created_at),
        changed: Seq(changed),
        changed_at: Time::from_millis(stored.changed_at),
    })
}
