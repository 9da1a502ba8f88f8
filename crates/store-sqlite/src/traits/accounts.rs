//! Reading accounts.

use async_trait::async_trait;
use contact::{Account, AccountAlias, AccountId, CompanyId};
use rusqlite::params;
use store::{AccountCursor, Accounts, Error, Order, SortBy};

use crate::accounts::{ACCOUNT, account, by_alias, to_account};
use crate::sqlite::Sqlite;

#[async_trait]
impl Accounts for Sqlite {
    async fn account(&self, company: CompanyId, id: AccountId) -> Result<Option<Account>, Error> {
        self.trusted(self.read(move |connection| account(connection, company, id)).await?)
    }

    async fn account_called(&self, company: CompanyId, alias: &AccountAlias) -> Result<Option<Account>, Error> {
        let alias = alias.clone();
        let found = self
            .read(move |connection| {
                let id = by_alias(connection, company, &alias)?;
                id.map(|id| account(connection, company, id)).transpose().map(Option::flatten)
            })
            .await?;
        self.trusted(found)
    }

    async fn accounts(
        &self,
        company: CompanyId,
        order: Order,
        after: Option<AccountCursor>,
        limit: usize,
    ) -> Result<Vec<Account>, Error> {
        self.read(move |connection| {
            let (follows, direction, start) =
                if order.ascending { (">", "ASC", 0) } else { ("<", "DESC", i64::MAX as u64) };
            let (changed, account) = after.map_or((start, start), |(seq, id)| (seq.0, id.number()));
            let query = match order.by {
                // The change is compared as well, so that both lists take the same parameters.
                SortBy::Created => format!(
                    "{ACCOUNT} WHERE company = ?1 AND ?2 IS NOT NULL AND account {follows} ?3
                     ORDER BY account {direction} LIMIT ?4"
                ),
                SortBy::Changed => format!(
                    "{ACCOUNT} WHERE company = ?1 AND (changed, account) {follows} (?2, ?3)
                     ORDER BY changed {direction}, account {direction} LIMIT ?4"
                ),
            };
            let mut statement = connection.prepare_cached(&query)?;
            statement.query_and_then(params![company.number(), changed, account, limit], to_account)?.collect()
        })
        .await
    }
}
