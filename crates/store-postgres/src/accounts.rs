//! Accounts, and the aliases that name them.

use contact::{Account, AccountAlias, AccountId, CompanyId};
use store::{AccountCursor, Batch, Order, SortBy, record};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::codec::{self, number, stored};
use crate::connect::Pool;
use crate::error::Result;
use crate::list_order;
use crate::pipeline::{Insert, Pipeline, Value};

pub const BY_ID: &str = "SELECT found.* FROM unnest($2::bigint[]) AS requested (id), LATERAL (
         SELECT account, changed, body FROM account WHERE company = $1 AND account = requested.id OFFSET 0
     ) AS found";
pub const BY_ALIAS: &str = "SELECT found.* FROM unnest($2::text[], $3::text[]) AS requested (name, value), LATERAL (
         SELECT account FROM account_alias
         WHERE company = $1 AND name = requested.name AND value = requested.value OFFSET 0
     ) AS named, LATERAL (
         SELECT account, changed, body FROM account WHERE company = $1 AND account = named.account OFFSET 0
     ) AS found";
pub const ALL: &str = "SELECT account, changed, body FROM account WHERE company = $1 ORDER BY account";
pub const DELETE: &str = "DELETE FROM account WHERE company = $1 AND account = $2";
pub const DELETE_ALIASES: &str = "DELETE FROM account_alias WHERE company = $1 AND account = $2";
pub static ACCOUNT: Insert = Insert::new(
    "account (company, account, changed, body)",
    3,
    " ON CONFLICT (company, account) DO UPDATE SET changed = excluded.changed, body = excluded.body",
);
pub static ALIAS: Insert = Insert::new("account_alias (company, name, value, account)", 3, "");

/// The statement that lists accounts in an order.
fn list_statement(order: Order) -> String {
    let (after, by) = list_order::conditions(order, "account");
    format!("SELECT account, changed, body FROM account WHERE company = $1 AND {after} ORDER BY {by} LIMIT $2")
}

/// The statements that list accounts.
pub fn list_statements() -> impl Iterator<Item = String> {
    list_order::ORDERS.into_iter().map(list_statement)
}

pub fn account(row: &Row) -> Result<Account> {
    Ok(record::to_account(number(row, 0)?, number(row, 1)?, row.try_get(2)?)?)
}

pub async fn by_id(pool: &Pool, company: CompanyId, id: AccountId) -> Result<Option<Account>> {
    let ids = [stored(id.number())];
    pool.query(BY_ID, &[&codec::company(company), &ids.as_slice()]).await?.first().map(account).transpose()
}

pub async fn by_alias(pool: &Pool, company: CompanyId, alias: &AccountAlias) -> Result<Option<Account>> {
    let (names, values) = ([alias.name()], [alias.value()]);
    let parameters: [&(dyn ToSql + Sync); 3] = [&codec::company(company), &names.as_slice(), &values.as_slice()];
    pool.query(BY_ALIAS, &parameters).await?.first().map(account).transpose()
}

/// At most `limit` accounts in an order, after one of them.
pub async fn list(
    pool: &Pool,
    company: CompanyId,
    order: Order,
    after: Option<AccountCursor>,
    limit: usize,
) -> Result<Vec<Account>> {
    let (changed, id) = list_order::cursor(order, after.map(|(changed, id)| (changed, id.number())));
    let (company, limit) = (codec::company(company), codec::limit(limit));
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&company, &limit, &id];
    if order.by == SortBy::Changed {
        parameters.push(&changed);
    }
    pool.query(&list_statement(order), &parameters).await?.iter().map(account).collect()
}

/// Adds the statements that store the accounts that a batch changed.
pub async fn append<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch) -> Result<()> {
    let Batch { view, changes, .. } = batch;
    // All aliases go first: an alias may move from one account to another.
    for id in &changes.accounts {
        pipeline.add(DELETE_ALIASES, vec![Box::new(stored(id.number()))]).await?;
        if !view.accounts.contains_key(id) {
            pipeline.add(DELETE, vec![Box::new(stored(id.number()))]).await?;
        }
    }
    let kept = changes.accounts.iter().filter_map(|id| view.accounts.get(id));
    pipeline.insert(&ACCOUNT, kept.map(account_row).collect()).await?;
    let aliases = view.account_aliases.iter().filter(|(_, id)| changes.accounts.contains(id));
    pipeline.insert(&ALIAS, aliases.map(|(alias, id)| alias_row(alias, *id)).collect()).await
}

fn account_row(account: &Account) -> Vec<Value<'_>> {
    let Account { id, changed, .. } = account;
    vec![Box::new(stored(id.number())), Box::new(stored(changed.0)), Box::new(record::from_account(account))]
}

fn alias_row(alias: &AccountAlias, id: AccountId) -> Vec<Value<'_>> {
    vec![Box::new(alias.name()), Box::new(alias.value()), Box::new(stored(id.number()))]
}
