//! Accounts: the organisations that contacts belong to.

use contact::{Account, AccountAlias, AccountId, AccountUpdate, Command, CompanyId, CreatedItem, Origin, Seq};
use store::Store;

use crate::settings::nothing_created;
use crate::walk::{LAST_COUNT, Listing, walk};
use crate::{Cursor, Error, Hub, Order, Page};

struct AccountListing<'a> {
    store: &'a dyn Store,
    company: CompanyId,
}

impl Listing for AccountListing<'_> {
    type Item = Account;
    type Id = AccountId;

    async fn read(&self, order: Order, after: Option<(Seq, AccountId)>, limit: usize) -> Result<Vec<Account>, Error> {
        Ok(self.store.accounts(self.company, order.into(), after, limit).await?)
    }

    async fn head(&self) -> Result<Seq, Error> {
        Ok(self.store.head(self.company).await?)
    }

    fn position(account: &Account) -> (Seq, AccountId) {
        (account.changed, account.id)
    }

    fn last_id(&self) -> AccountId {
        AccountId::nth(self.company, LAST_COUNT)
    }
}

impl Hub {
    /// The account with an id.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn account(&self, company: CompanyId, id: AccountId) -> Result<Option<Account>, Error> {
        // Ids hold their company, so another company is answered without a read.
        if id.company() != company {
            return Ok(None);
        }
        Ok(self.store.account(company, id).await?)
    }

    /// The account with an alias.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn account_called(&self, company: CompanyId, alias: &AccountAlias) -> Result<Option<Account>, Error> {
        Ok(self.store.account_called(company, alias).await?)
    }

    /// Lists accounts: at most `size`, and at most [`PAGE_SIZE_MAX`](crate::PAGE_SIZE_MAX).
    ///
    /// # Errors
    ///
    /// [`Error::CursorOrder`] if the cursor is of a list in another order; [`Error::Store`] if the store does not answer.
    pub async fn accounts(
        &self,
        company: CompanyId,
        order: Order,
        cursor: Option<Cursor<AccountId>>,
        size: usize,
    ) -> Result<Page<Account, Cursor<AccountId>>, Error> {
        walk(&AccountListing { store: &*self.store, company }, order, cursor, size).await
    }

    /// Creates an account.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if another account has one of its aliases, or a custom field does not accept its value;
    /// [`Error::Store`] if the store does not accept it.
    pub async fn make_account(&self, company: CompanyId, facts: AccountUpdate, by: Origin) -> Result<Account, Error> {
        let made = self.perform(company, Command::CreateAccount { facts: Box::new(facts), by }).await?.created_item;
        let Some(CreatedItem::Account(id)) = made else { return Err(nothing_created()) };
        self.account(company, id).await?.ok_or_else(nothing_created)
    }

    /// Updates an account.
    ///
    /// # Errors
    ///
    /// As [`make_account`](Hub::make_account), and [`Error::Refused`] if the account is not found.
    pub async fn update_account(
        &self,
        company: CompanyId,
        account: AccountId,
        update: AccountUpdate,
        by: Origin,
    ) -> Result<(), Error> {
        self.perform(company, Command::UpdateAccount { account, update: Box::new(update), by }).await.map(drop)
    }

    /// Deletes an account. Its contacts stay.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it is not found; [`Error::Store`] if the store does not accept it.
    pub async fn delete_account(&self, company: CompanyId, account: AccountId, by: Origin) -> Result<(), Error> {
        self.perform(company, Command::DeleteAccount { account, by }).await.map(drop)
    }
}
