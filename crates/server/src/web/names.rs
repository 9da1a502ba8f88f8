//! The names of teammates, lists and accounts, for cards and histories.

use std::collections::BTreeMap;

use contact::{Account, AccountId, Change, Entry, Group, List, ListId, Origin, Settings, Teammate, TeammateId};
use maud::{Markup, html};

use super::account;
use super::error::Error;
use super::session::SignedIn;
use crate::App;

/// The names of a company's teammates, lists and accounts, as far as the viewer may see them.
pub struct Names {
    pub settings: Settings,
    pub accounts: BTreeMap<AccountId, Account>,
    viewer: Option<TeammateId>,
}

impl Names {
    /// Loads the names for these groups and journal entries.
    pub async fn load(app: &App, by: &SignedIn, groups: &[Group], entries: &[&Entry]) -> Result<Names, Error> {
        let settings = app.hub.settings(by.company.id).await?;
        let mut accounts = BTreeMap::new();
        let of_entries = entries.iter().flat_map(|entry| groups_of(&entry.change));
        for group in groups.iter().chain(of_entries) {
            if let Group::Account(id) = group
                && !accounts.contains_key(id)
                && let Some(account) = app.hub.account(by.company.id, *id).await?
            {
                accounts.insert(*id, account);
            }
        }
        Ok(Names { settings, accounts, viewer: by.teammate.as_ref().map(|teammate| teammate.id) })
    }

    /// Returns a list, if it exists and the viewer may see it.
    pub fn list(&self, id: ListId) -> Option<&List> {
        self.settings.lists.get(&id).filter(|list| is_visible(list, self.viewer))
    }

    /// Returns the lists that the viewer may see, sorted by name.
    pub fn lists(&self) -> Vec<&List> {
        lists(&self.settings, self.viewer)
    }

    /// Returns the name of a teammate.
    pub fn teammate(&self, id: TeammateId) -> &str {
        self.settings.teammates.get(&id).map_or("a teammate", teammate_name)
    }

    /// Returns who reported or changed something, for the middle of a sentence.
    pub fn actor(&self, origin: Origin) -> Markup {
        match origin {
            Origin::Api(_) => html! { "the contact API" },
            Origin::Import(_) => html! { "an import" },
            Origin::Message => html! { "a message" },
            Origin::Person => html! { "a colleague" },
            Origin::Teammate(id) => html! { bdi { (self.teammate(id)) } },
        }
    }

    /// Returns the same, for the beginning of a sentence.
    pub fn actor_capitalized(&self, origin: Origin) -> Markup {
        match origin {
            Origin::Api(_) => html! { "The contact API" },
            Origin::Import(_) => html! { "An import" },
            Origin::Message => html! { "A message" },
            Origin::Person => html! { "A colleague" },
            Origin::Teammate(id) => html! { bdi { (self.teammate(id)) } },
        }
    }

    /// Returns a list or an account, for the middle of a sentence.
    pub fn group(&self, group: Group) -> Markup {
        match group {
            Group::List(id) => {
                let name = |list: &List| html! { "the list " bdi { (list.name.as_str()) } };
                self.list(id).map_or_else(|| html! { "a list" }, name)
            }
            Group::Account(id) => {
                let name = |one: &Account| html! { "the account " (account::link(one)) };
                self.accounts.get(&id).map_or_else(|| html! { "an account" }, name)
            }
        }
    }
}

/// Returns the lists that a viewer may see, sorted by name.
pub fn lists(settings: &Settings, viewer: Option<TeammateId>) -> Vec<&List> {
    let mut lists: Vec<&List> = settings.lists.values().filter(|list| is_visible(list, viewer)).collect();
    lists.sort_by_key(|list| list.name.as_str().to_lowercase());
    lists
}

fn is_visible(list: &List, viewer: Option<TeammateId>) -> bool {
    list.owner.is_none() || list.owner == viewer
}

/// Returns the name of a teammate, or else the e-mail address.
pub fn teammate_name(teammate: &Teammate) -> &str {
    let name = teammate.name.as_str().trim();
    if name.is_empty() { teammate.email.text() } else { name }
}

/// Returns the groups in a change.
fn groups_of(change: &Change) -> &[Group] {
    match change {
        Change::Observed { groups, .. } | Change::Removed { groups, .. } => groups,
        _ => &[],
    }
}
