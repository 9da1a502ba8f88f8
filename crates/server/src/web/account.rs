//! An account as parts of pages: its name and its link.

use contact::Account;
use maud::{Markup, html};

use super::error::Error;
use super::session::SignedIn;
use crate::App;
pub use crate::sentence::names::account_name as display_name;

/// Returns the account of an id in a URL.
///
/// # Errors
///
/// [`Error::NotFound`] if the company has no such account.
pub async fn find(app: &App, by: &SignedIn, id: &str) -> Result<Account, Error> {
    let not_found = || Error::NotFound("Account not found.");
    let id = id.parse().map_err(|_| not_found())?;
    app.hub.account(by.company.id, id).await?.ok_or_else(not_found)
}

/// Returns a link to an account.
pub fn link(account: &Account) -> Markup {
    html! { a href={ "/app/accounts/" (account.id) } { bdi { (display_name(account)) } } }
}
