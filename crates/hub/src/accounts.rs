//! Accounts: the organisations that contacts are of.

use contact::{Account, AccountAlias, AccountId, AccountUpdate, Command, CompanyId, CreatedItem, Origin, Seq};
use store::{Order, Store};

use crate::settings::nothing_made;
use crate::walk::{Walked, walk};
use crate::{Error, Hub, Listed, Mark, PAGE_SIZE_MAX};

struct All<'a> {
    store: &'a dyn Store,
    company: CompanyId,
}

impl Walked<Account> for All<'_> {
    async fn list(&self, order: Order, after: Option<(Seq, u64)>, limit: usize) -> Result<Vec<Account>, Error> {
        let after = after.map(|(seq, number)| (seq, AccountId::from_number(number)));
        // What is greater than every id stands after all of them.
        let last = AccountId::nth(self.company, (1 << 39) - 1);
        let after = after.map(|(seq, id)| (seq, id.unwrap_or(last)));
        Ok(self.store.accounts(self.company, order, after, limit).await?)
    }

    async fn head(&self) -> Result<Seq, Error> {
        Ok(self.store.head(self.company).await?)
    }

    fn place(account: &Account) -> (Seq, u64) {
        (account.changed, account.id.number())
    }
}

impl Hub {
    /// An account.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn account(&self, company: CompanyId, id: AccountId) -> Result<Option<Account>, Error> {
        // Another company's account is not there, whatever its id.
        if id.company() != company {
            return Ok(None);
        }
        Ok(self.store.account(company, id).await?)
    }

    /// The account that something names.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn account_called(&self, company: CompanyId, alias: &AccountAlias) -> Result<Option<Account>, Error> {
        Ok(self.store.account_called(company, alias).await?)
    }

    /// Accounts in an order: at most `size` of them, and at most [`PAGE_SIZE_MAX`].
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn accounts(
        &self,
        company: CompanyId,
        order: Order,
        mark: Option<Mark>,
        size: usize,
    ) -> Result<Listed<Account>, Error> {
        walk(&All { store: &*self.store, company }, order, mark, size.clamp(1, PAGE_SIZE_MAX)).await
    }

    /// Makes an account.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if what names it is another's, or a custom field cannot have its value; [`Error::Store`] if the
    /// store does not take it.
    pub async fn make_account(&self, company: CompanyId, facts: AccountUpdate, by: Origin) -> Result<Account, Error> {
        let made = self.perform(company, Command::CreateAccount { facts: Box::new(facts), by }).await?.created_item;
        let Some(CreatedItem::Account(id)) = made else { return Err(nothing_made()) };
        self.account(company, id).await?.ok_or_else(nothing_made)
    }

    /// Changes an account.
    ///
    /// # Errors
    ///
    /// As [`make_account`](Hub::make_account), and [`Error::Refused`] if it is not there.
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
    /// [`Error::Refused`] if it is not there; [`Error::Store`] if the store does not take it.
    pub async fn delete_account(&self, company: CompanyId, account: AccountId, by: Origin) -> Result<(), Error> {
        self.perform(company, Command::DeleteAccount { account, by }).await.map(drop)
    }
}
