//! The names of teammates, lists, accounts, tokens and imports, for cards and sentences.

use std::collections::BTreeMap;

use contact::{
    Account, AccountId, Change, CompanyId, Entry, Group, List, ListId, Origin, Settings, Teammate, TeammateId, TokenId,
};

use super::{Piece, Sentence};
use crate::App;

/// The names of a company's teammates, lists, accounts, tokens and imports, as far as the viewer may see them.
pub struct Names {
    pub settings: Settings,
    pub accounts: BTreeMap<AccountId, Account>,
    tokens: BTreeMap<TokenId, String>,
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
        let tokens = app.hub.tokens(company).await?.into_iter().map(|token| (token.id, token.name)).collect();
        Ok(Names { settings, accounts, tokens, viewer })
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
    pub fn actor(&self, origin: Origin) -> Sentence {
        self.named_actor(origin, ["the contact API", "the token ", "an import", "line ", "a message", "a colleague"])
    }

    /// Returns the same, for the beginning of a sentence.
    pub fn actor_capitalized(&self, origin: Origin) -> Sentence {
        let words = ["The contact API", "The token ", "An import", "Line ", "A message", "A colleague"];
        let bold = |piece: &Piece| match piece {
            Piece::Text(text) => Piece::Bold(text.clone()),
            Piece::Given(text) => Piece::GivenBold(text.clone()),
            other => other.clone(),
        };
        self.named_actor(origin, words).pieces().iter().map(bold).fold(Sentence::new(), Sentence::piece)
    }

    fn named_actor(&self, origin: Origin, [api, token, import, line, message, person]: [&str; 6]) -> Sentence {
        let sentence = Sentence::new();
        match origin {
            Origin::Api(None) => sentence.text(api),
            Origin::Api(Some(id)) => {
                let name = self.tokens.get(&id).cloned();
                sentence.text(token).given(name.unwrap_or_else(|| id.to_string()))
            }
            Origin::Import(None) => sentence.text(import),
            Origin::Import(Some(row)) => {
                let name = self.settings.imports.get(&row.import).map(|import| import.name.clone());
                let name = name.unwrap_or_else(|| row.import.to_string());
                sentence.text(format!("{line}{} of ", row.line)).given(name)
            }
            Origin::Message => sentence.text(message),
            Origin::Person => sentence.text(person),
            Origin::Teammate(id) => sentence.given(self.teammate(id)),
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
