//! Reading accounts.

use async_trait::async_trait;
use contact::{Account, AccountAlias, AccountId, CompanyId, Seq};

use super::contacts::Order;
use crate::error::Error;

/// Where a list of accounts goes on: after the account with this last change and id.
pub type AccountCursor = (Seq, AccountId);

/// Reading accounts.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// An account.
    async fn account(&self, company: CompanyId, id: AccountId) -> Result<Option<Account>, Error>;

    /// The account that something names.
    async fn account_called(&self, company: CompanyId, alias: &AccountAlias) -> Result<Option<Account>, Error>;

    /// At most `limit` accounts in an order, after one of them.
    async fn accounts(
        &self,
        company: CompanyId,
        order: Order,
        after: Option<AccountCursor>,
        limit: usize,
    ) -> Result<Vec<Account>, Error>;
}
