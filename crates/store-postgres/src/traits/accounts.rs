//! Reading accounts.

use async_trait::async_trait;
use contact::{Account, AccountAlias, AccountId, CompanyId};
use store::{AccountCursor, Accounts, Error, Order};

use crate::accounts;
use crate::postgres::Postgres;

#[async_trait]
impl Accounts for Postgres {
    async fn account(&self, company: CompanyId, id: AccountId) -> Result<Option<Account>, Error> {
        Ok(accounts::by_id(&self.pool, company, id).await?)
    }

    async fn account_called(&self, company: CompanyId, alias: &AccountAlias) -> Result<Option<Account>, Error> {
        Ok(accounts::by_alias(&self.pool, company, alias).await?)
    }

    async fn accounts(
        &self,
        company: CompanyId,
        order: Order,
        after: Option<AccountCursor>,
        limit: usize,
    ) -> Result<Vec<Account>, Error> {
        Ok(accounts::list(&self.pool, company, order, after, limit).await?)
    }
}
