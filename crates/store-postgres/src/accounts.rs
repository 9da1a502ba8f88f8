//! Accounts, and what names them.

use async_trait::async_trait;
use contact::{Account, AccountAlias, AccountId, CompanyId};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::Postgres;
use super::load::{self, company, limit, number, stored};
use super::rows::{Insert, Pipeline, Value};
use crate::batch::Batch;
use crate::{AccountCursor, Accounts, Error, Order, SortBy, record};

pub const BY_ID: &str = "SELECT known.* FROM unnest($2::bigint[]) AS asked (id), LATERAL (
         SELECT account, changed, body FROM account WHERE company = $1 AND account = asked.id OFFSET 0
     ) AS known";
pub const BY_ALIAS: &str = "SELECT known.* FROM unnest($2::text[], $3::text[]) AS asked (name, value), LATERAL (
         SELECT account FROM account_alias
         WHERE company = $1 AND name = asked.name AND value = asked.value OFFSET 0
     ) AS named, LATERAL (
         SELECT account, changed, body FROM account WHERE company = $1 AND account = named.account OFFSET 0
     ) AS known";

static ACCOUNT: Insert = Insert::new(
    "account (company, account, changed, body)",
    3,
    " ON CONFLICT (company, account) DO UPDATE SET changed = excluded.changed, body = excluded.body",
);
static ALIAS: Insert = Insert::new("account_alias (company, name, value, account)", 3, "");
pub const DELETE: &str = "DELETE FROM account WHERE company = $1 AND account = $2";
pub const DELETE_ALIASES: &str = "DELETE FROM account_alias WHERE company = $1 AND account = $2";

/// What rows are written with.
pub fn inserts() -> [&'static Insert; 2] {
    [&ACCOUNT, &ALIAS]
}

/// The statement that lists accounts in an order.
fn list(order: Order) -> String {
    let (after, by) = load::place(order, "account");
    format!("SELECT account, changed, body FROM account WHERE company = $1 AND {after} ORDER BY {by} LIMIT $2")
}

/// The statements that list accounts.
pub fn lists() -> impl Iterator<Item = String> {
    load::ORDERS.into_iter().map(list)
}

/// Makes ready what writes the accounts that a batch has changed.
pub async fn add<'a>(flight: &mut Pipeline<'a>, batch: &'a Batch) -> Result<(), Error> {
    let Batch { view, changes, .. } = batch;
    // What one account is no longer called, another may be.
    for id in &changes.accounts {
        flight.add(DELETE_ALIASES, vec![Box::new(stored(id.number()))]).await?;
        if !view.accounts.contains_key(id) {
            flight.add(DELETE, vec![Box::new(stored(id.number()))]).await?;
        }
    }
    let there = changes.accounts.iter().filter_map(|id| view.accounts.get(id));
    flight.insert(&ACCOUNT, there.map(account).collect()).await?;
    let aliases = view.account_aliases.iter().filter(|(_, id)| changes.accounts.contains(id));
    flight.insert(&ALIAS, aliases.map(|(alias, id)| named(alias, *id)).collect()).await
}

fn account(account: &Account) -> Vec<Value<'_>> {
    let Account { id, changed, .. } = account;
    vec![Box::new(stored(id.number())), Box::new(stored(changed.0)), Box::new(record::from_account(account))]
}

fn named(alias: &AccountAlias, id: AccountId) -> Vec<Value<'_>> {
    vec![Box::new(alias.name()), Box::new(alias.value()), Box::new(stored(id.number()))]
}

pub fn to_account(row: &Row) -> Result<Account, Error> {
    record::to_account(number(row, 0)?, number(row, 1)?, row.try_get(2)?)
}

#[async_trait]
impl Accounts for Postgres {
    async fn account(&self, of: CompanyId, id: AccountId) -> Result<Option<Account>, Error> {
        let ids = [stored(id.number())];
        let found = self.pool.query(BY_ID, &[&company(of), &ids.as_slice()]).await?;
        found.first().map(to_account).transpose()
    }

    async fn account_called(&self, of: CompanyId, alias: &AccountAlias) -> Result<Option<Account>, Error> {
        let (names, values) = ([alias.name()], [alias.value()]);
        let found = self.pool.query(BY_ALIAS, &[&company(of), &names.as_slice(), &values.as_slice()]).await?;
        found.first().map(to_account).transpose()
    }

    async fn accounts(
        &self,
        of: CompanyId,
        order: Order,
        after: Option<AccountCursor>,
        most: usize,
    ) -> Result<Vec<Account>, Error> {
        let (changed, id) = load::cursor(order, after.map(|(changed, id)| (changed, id.number())));
        let (of, most) = (company(of), limit(most));
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&of, &most, &id];
        if order.by == SortBy::Changed {
            parameters.push(&changed);
        }
        self.pool.query(&list(order), &parameters).await?.iter().map(to_account).collect()
    }
}
