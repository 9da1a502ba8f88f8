//! The rows of accounts and their aliases.

use std::collections::BTreeSet;

use contact::{Account, AccountAlias, AccountId, Changes, CompanyId, View};
use rusqlite::{Connection, OptionalExtension, Row, params};

use store::{Needs, record};

use crate::error::{Error, Result};

/// The columns that [`to_account`] reads.
pub const ACCOUNT: &str = "SELECT account, changed, body FROM account";

/// Loads the needed accounts, except those that the batch has changed.
pub fn load_needed(
    connection: &Connection,
    view: &mut View,
    changed: &BTreeSet<AccountId>,
    needs: &Needs,
) -> Result<()> {
    let mut ids = needs.accounts.clone();
    for alias in &needs.account_aliases {
        ids.extend(by_alias(connection, view.company, alias)?);
    }
    for id in ids.into_iter().filter(|id| !changed.contains(id)) {
        if let Some(account) = account(connection, view.company, id)? {
            view.account_aliases.extend(account.facts.aliases().map(|alias| (alias, id)));
            view.accounts.insert(id, account);
        }
    }
    Ok(())
}

/// Writes the accounts that a batch has changed.
pub fn store(connection: &Connection, view: &View, changes: &Changes) -> Result<()> {
    let company = view.company.number();
    for id in &changes.accounts {
        let delete = "DELETE FROM account_alias WHERE company = ?1 AND account = ?2";
        connection.prepare_cached(delete)?.execute(params![company, id.number()])?;
    }
    for id in &changes.accounts {
        let Some(account) = view.accounts.get(id) else {
            let delete = "DELETE FROM account WHERE company = ?1 AND account = ?2";
            connection.prepare_cached(delete)?.execute(params![company, id.number()])?;
            continue;
        };
        let put = "INSERT INTO account (company, account, changed, body) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET changed = excluded.changed, body = excluded.body";
        let body = record::from_account(account);
        connection.prepare_cached(put)?.execute(params![company, id.number(), account.changed.0, body])?;
        for alias in account.facts.aliases() {
            let put = "INSERT INTO account_alias (company, name, value, account) VALUES (?1, ?2, ?3, ?4)";
            connection.prepare_cached(put)?.execute(params![company, alias.name(), alias.value(), id.number()])?;
        }
    }
    Ok(())
}

/// The account with an alias.
pub fn by_alias(connection: &Connection, company: CompanyId, alias: &AccountAlias) -> Result<Option<AccountId>> {
    let query = "SELECT account FROM account_alias WHERE company = ?1 AND name = ?2 AND value = ?3";
    let mut statement = connection.prepare_cached(query)?;
    let key = params![company.number(), alias.name(), alias.value()];
    statement.query_row(key, |row| row.get(0)).optional()?.map(record::account_id).transpose().map_err(Error::from)
}

/// Parses a row of [`ACCOUNT`].
pub fn to_account(row: &Row) -> Result<Account> {
    let body: String = row.get(2)?;
    Ok(record::to_account(row.get(0)?, row.get(1)?, &body)?)
}

/// The account with an id.
pub fn account(connection: &Connection, company: CompanyId, id: AccountId) -> Result<Option<Account>> {
    let mut statement = connection.prepare_cached(&format!("{ACCOUNT} WHERE company = ?1 AND account = ?2"))?;
    statement.query_and_then(params![company.number(), id.number()], to_account)?.next().transpose()
}
