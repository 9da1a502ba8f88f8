//! The names of teammates, lists and accounts, for cards and sentences.

use std::collections::BTreeMap;

use contact::{
    Account, AccountId, Change, CompanyId, Entry, Group, List, ListId, Origin, Settings, Teammate, TeammateId,
};

use super::{Piece, Sentence};
use crate::App;

/// The names of a company's teammates, lists and accounts, as far as the viewer may see them.
pub struct Names {
    pub settings: Settings,
    pub accounts: BTreeMap<AccountId, Account>,
    viewer: Option<TeammateId>,
}

impl Names {
    /// Loads the names for these groups and journal entries. A viewer who is no teammate sees no private list.
    pub async fn load(
        app: &App,
        company: CompanyId,
        viewer: Option<TeammateId>,
        groups: &[Group],
        entries: &[&Entry],
    ) -> Result<Names, hub::Error> {
        let settings = app.hub.settings(company).await?;
        let mut accounts = BTreeMap::new();
        let of_entries = entries.iter().flat_map(|entry| groups_of(&entry.change));
        for group in groups.iter().chain(of_entries) {
            if let Group::Account(id) = group
                && !accounts.contains_key(id)
                && let Some(account) = app.hub.account(company, *id).await?
            {
                accounts.insert(*id, account);
            }
        }
        Ok(Names { settings, accounts, viewer })
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
    pub fn actor(&self, origin: Origin) -> Piece {
        match origin {
            Origin::Api => Piece::Text("the contact API".into()),
            Origin::Import => Piece::Text("an import".into()),
            Origin::Message => Piece::Text("a message".into()),
            Origin::Person => Piece::Text("a colleague".into()),
            Origin::Teammate(id) => Piece::Given(self.teammate(id).to_owned()),
        }
    }

    /// Returns the same, for the beginning of a sentence.
    pub fn actor_capitalized(&self, origin: Origin) -> Piece {
        match origin {
            Origin::Api => Piece::Bold("The contact API".into()),
            Origin::Import => Piece::Bold("An import".into()),
            Origin::Message => Piece::Bold("A message".into()),
            Origin::Person => Piece::Bold("A colleague".into()),
            Origin::Teammate(id) => Piece::GivenBold(self.teammate(id).to_owned()),
        }
    }

    /// Returns a list or an account, for the middle of a sentence.
    pub fn group(&self, group: Group) -> Sentence {
        match group {
            Group::List(id) => match self.list(id) {
                Some(list) => Sentence::new().text("the list ").given(list.name.as_str()),
                None => Sentence::new().text("a list"),
            },
            Group::Account(id) => match self.accounts.get(&id) {
                Some(account) => {
                    Sentence::new().text("the account ").piece(Piece::Account(id, account_name(account).to_owned()))
                }
                None => Sentence::new().text("an account"),
            },
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

/// Returns the name of an account, or else its first domain or external id.
pub fn account_name(account: &Account) -> &str {
    let name = account.facts.name.trim();
    if !name.is_empty() {
        return name;
    }
    let domain = account.facts.domains.first().map(contact::Domain::as_str);
    let external = account.facts.external_id.as_ref().map(contact::ExternalId::as_str);
    domain.or(external).unwrap_or("No name yet")
}

/// Returns the groups in a change.
fn groups_of(change: &Change) -> &[Group] {
    match change {
        Change::Observed { groups, .. } | Change::Removed { groups, .. } => groups,
        _ => &[],
    }
}
