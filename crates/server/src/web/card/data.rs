//! What a contact card shows besides the contact.

use std::collections::BTreeMap;

use contact::{Account, HandleKey, NotUsed, Time};
use hub::{ConversationList, History, Note, Order};

use crate::App;
use crate::sentence::names::Names;
use crate::web::account;
use crate::web::error::Error;
use crate::web::form::FieldErrors;
use crate::web::session::SignedIn;

/// What a card shows besides the contact.
pub struct CardData {
    pub conversations: ConversationList,
    pub history: History,
    pub shared: BTreeMap<HandleKey, NotUsed>,
    pub notes: Vec<Note>,
    pub names: Names,
    /// The accounts to choose from.
    pub choices: Choices,
    pub now: Time,
}

/// Why a form of the card was refused, and the text that was in it.
#[derive(Default)]
pub struct Refused {
    pub errors: FieldErrors,
    pub text: String,
}

/// Accounts that are suggested while typing.
const ACCOUNTS_SUGGESTED: usize = 100;

/// The accounts that are suggested: the newest.
pub struct Choices(pub Vec<Account>);

impl Choices {
    /// Loads the newest accounts of a company.
    pub async fn load(app: &App, by: &SignedIn) -> Result<Choices, Error> {
        Ok(Choices(app.hub.accounts(by.company.id, Order::NEWEST, None, ACCOUNTS_SUGGESTED).await?.items))
    }

    /// Returns the account with a name, unless several have it.
    pub fn by_name(&self, name: &str) -> Option<&Account> {
        let mut found = self.0.iter().filter(|account| account::display_name(account).eq_ignore_ascii_case(name));
        found.next().filter(|_| found.next().is_none())
    }
}
