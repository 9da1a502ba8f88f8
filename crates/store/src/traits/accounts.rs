//! Reading accounts.

use async_trait::async_trait;
use contact::{Account, AccountAlias, AccountId, CompanyId, Seq};

use super::contacts::Order;
use crate::error::Error;

/// The cursor of a list of accounts: the last change and the id of the last account read.
pub type AccountCursor = (Seq, AccountId);

/// Reading accounts.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Returns an account.
    async fn account(&self, company: CompanyId, id: AccountId) -> Result<Option<Account>, Error>;

    /// Returns the account with an alias: its name, a domain or its external id.
    async fn account_called(&self, company: CompanyId, alias: &AccountAlias) -> Result<Option<Account>, Error>;

    /// Returns at most `limit` accounts in an order, after the cursor.
    async fn accounts(
        &self,
        company: CompanyId,
        order: Order,
        after: Option<AccountCursor>,
        limit: usize,
    ) -> Result<Vec<Account>, Error>;
}
