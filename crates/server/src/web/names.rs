//! What the ids in a history and on a card are called: teammates, lists, accounts.

use std::collections::BTreeMap;

use contact::{Account, AccountId, Change, Entry, Group, List, ListId, Origin, Settings, TeammateId};
use maud::{Markup, html};

use super::error::Error;
use super::session::SignedIn;
use super::words;
use crate::App;

/// Names of what a company has set up, as far as whoever looks may see it.
pub struct Names {
    pub settings: Settings,
    pub accounts: BTreeMap<AccountId, Account>,
    viewer: Option<TeammateId>,
}

impl Names {
    /// The names of all that these groups and entries name.
    pub async fn load(app: &App, by: &SignedIn, groups: &[Group], entries: &[&Entry]) -> Result<Names, Error> {
        let settings = app.hub.settings(by.company.id).await?;
        let mut accounts = BTreeMap::new();
        let told = entries.iter().flat_map(|entry| named(&entry.change));
        for group in groups.iter().chain(told) {
            if let Group::Account(id) = group
                && !accounts.contains_key(id)
                && let Some(account) = app.hub.account(by.company.id, *id).await?
            {
                accounts.insert(*id, account);
            }
        }
        Ok(Names { settings, accounts, viewer: by.teammate.as_ref().map(|teammate| teammate.id) })
    }

    /// A list, if it is there and the company's or the viewer's own.
    pub fn list(&self, id: ListId) -> Option<&List> {
        self.settings.lists.get(&id).filter(|list| is_seen(list, self.viewer))
    }

    /// The lists that the viewer may see, by name.
    pub fn lists(&self) -> Vec<&List> {
        lists(&self.settings, self.viewer)
    }

    /// What a teammate is called.
    pub fn teammate(&self, id: TeammateId) -> &str {
        self.settings.teammates.get(&id).map_or("a teammate", words::teammate)
    }

    /// Who told something, in the midst of a sentence.
    pub fn who(&self, origin: Origin) -> Markup {
        match origin {
            Origin::Api => html! { "the contact API" },
            Origin::Import => html! { "an import" },
            Origin::Message => html! { "a message" },
            Origin::Person => html! { "somebody here" },
            Origin::Teammate(id) => html! { bdi { (self.teammate(id)) } },
        }
    }

    /// The same, to begin a sentence.
    pub fn begin(&self, origin: Origin) -> Markup {
        match origin {
            Origin::Api => html! { "The contact API" },
            Origin::Import => html! { "An import" },
            Origin::Message => html! { "A message" },
            Origin::Person => html! { "Somebody here" },
            Origin::Teammate(id) => html! { bdi { (self.teammate(id)) } },
        }
    }

    /// A list or an account, in the midst of a sentence.
    pub fn group(&self, group: Group) -> Markup {
        match group {
            Group::List(id) => {
                let name = |list: &List| html! { "the list " bdi { (list.name.as_str()) } };
                self.list(id).map_or_else(|| html! { "a list" }, name)
            }
            Group::Account(id) => {
                let name = |one: &Account| html! { "the account " (account(one)) };
                self.accounts.get(&id).map_or_else(|| html! { "an account" }, name)
            }
        }
    }
}

/// The lists that somebody may see, by name.
pub fn lists(settings: &Settings, viewer: Option<TeammateId>) -> Vec<&List> {
    let mut lists: Vec<&List> = settings.lists.values().filter(|list| is_seen(list, viewer)).collect();
    lists.sort_by_key(|list| list.name.as_str().to_lowercase());
    lists
}

fn is_seen(list: &List, viewer: Option<TeammateId>) -> bool {
    list.owner.is_none() || list.owner == viewer
}

/// A link to an account, by what it is called.
pub fn account(account: &Account) -> Markup {
    html! { a href={ "/app/accounts/" (account.id) } { bdi { (account_called(account)) } } }
}

/// What an account is called: its name, else what else names it.
pub fn account_called(account: &Account) -> &str {
    let name = account.facts.name.trim();
    if !name.is_empty() {
        return name;
    }
    let domain = account.facts.domains.first().map(contact::Domain::as_str);
    let external = account.facts.external_id.as_ref().map(contact::ExternalId::as_str);
    domain.or(external).unwrap_or("No name yet")
}

/// The groups that a change names.
fn named(change: &Change) -> &[Group] {
    match change {
        Change::Observed { groups, .. } | Change::Removed { groups, .. } => groups,
        _ => &[],
    }
}
