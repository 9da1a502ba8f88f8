//! Creating, updating and deleting accounts.

use crate::account::{AccountFacts, AccountUpdate};
use crate::custom::FieldTarget;
use crate::decision::{Decision, Outcome, Refused};
use crate::entry::Change;
use crate::id::AccountId;
use crate::settings::CreatedItem;
use crate::view::View;

/// Creates an account.
pub fn create(view: &View, update: &AccountUpdate) -> Result<Decision, Refused> {
    let id = AccountId::nth(view.company, view.settings.accounts_made + 1);
    let facts = update.applied(&AccountFacts::default());
    check(view, id, &facts)?;
    let outcome = Outcome { created_item: Some(CreatedItem::Account(id)), ..Outcome::default() };
    Ok(Decision {
        changes: vec![Change::AccountSet { account: id, facts: Box::new(facts) }],
        outcome,
        ..Decision::default()
    })
}

/// Updates an account.
pub fn update(view: &View, id: AccountId, update: &AccountUpdate) -> Result<Decision, Refused> {
    let now = view.accounts.get(&id).ok_or(Refused::NoAccount(id))?;
    let facts = update.applied(&now.facts);
    let mut decision = Decision::default();
    if facts != now.facts {
        check(view, id, &facts)?;
        decision.changes.push(Change::AccountSet { account: id, facts: Box::new(facts) });
    }
    Ok(decision)
}

/// Deletes an account. Its contacts stay.
pub fn delete(view: &View, id: AccountId) -> Result<Decision, Refused> {
    view.accounts.get(&id).ok_or(Refused::NoAccount(id))?;
    Ok(Decision { changes: vec![Change::AccountDeleted { account: id }], ..Decision::default() })
}

fn check(view: &View, id: AccountId, facts: &AccountFacts) -> Result<(), Refused> {
    view.settings.check_values(FieldTarget::Account, &facts.custom)?;
    for alias in facts.aliases() {
        match view.account_aliases.get(&alias) {
            Some(other) if *other != id => return Err(Refused::AccountTaken(alias, *other)),
            _ => {}
        }
    }
    Ok(())
}
