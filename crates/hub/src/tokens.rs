//! Tokens for programs, and the scopes of each.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use contact::{CompanyId, CompanyName, Origin, Time, TokenId};
use store::SecretHash;
use tokio::time::Instant;

use crate::access::Password;
use crate::{Company, Error, Hub};

/// Most characters of a token's name.
pub const TOKEN_NAME_CHARS_MAX: usize = 200;
/// Most tokens of a company.
pub const TOKENS_MAX: usize = 1_000;
/// How long a token stays in the cache. A token that another process revokes works for this long.
const CACHE_TIME: Duration = Duration::from_secs(1);
/// Most tokens in the cache.
const CACHE_MAX: usize = 10_000;
/// The prefix of every token, by which a leaked one is recognized.
const PREFIX: &str = "kith_";

/// A permission of a token. The names are those of Front's Core API.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// Read contacts, their notes and lists.
    ContactsRead,
    /// Change contacts, their notes and lists.
    ContactsWrite,
    /// Delete contacts and lists.
    ContactsDelete,
    /// Read conversations.
    ConversationsRead,
    /// Read messages.
    MessagesRead,
    /// Import messages.
    MessagesWrite,
    /// Read channels.
    ChannelsRead,
    /// Change channels.
    ChannelsWrite,
    /// Read inboxes.
    InboxesRead,
    /// Read accounts.
    AccountsRead,
    /// Change accounts.
    AccountsWrite,
    /// Delete accounts.
    AccountsDelete,
    /// Read custom fields.
    CustomFieldsRead,
    /// Read teammates.
    TeammatesRead,
    /// Read teams.
    TeamsRead,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Scope; 15] = [
        Scope::ContactsRead,
        Scope::ContactsWrite,
        Scope::ContactsDelete,
        Scope::ConversationsRead,
        Scope::MessagesRead,
        Scope::MessagesWrite,
        Scope::ChannelsRead,
        Scope::ChannelsWrite,
        Scope::InboxesRead,
        Scope::AccountsRead,
        Scope::AccountsWrite,
        Scope::AccountsDelete,
        Scope::CustomFieldsRead,
        Scope::TeammatesRead,
        Scope::TeamsRead,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Scope::ContactsRead => "contacts:read",
            Scope::ContactsWrite => "contacts:write",
            Scope::ContactsDelete => "contacts:delete",
            Scope::ConversationsRead => "conversations:read",
            Scope::MessagesRead => "messages:read",
            Scope::MessagesWrite => "messages:write",
            Scope::ChannelsRead => "channels:read",
            Scope::ChannelsWrite => "channels:write",
            Scope::InboxesRead => "inboxes:read",
            Scope::AccountsRead => "accounts:read",
            Scope::AccountsWrite => "accounts:write",
            Scope::AccountsDelete => "accounts:delete",
            Scope::CustomFieldsRead => "custom_fields:read",
            Scope::TeammatesRead => "teammates:read",
            Scope::TeamsRead => "teams:read",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name is not that of a scope.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a scope. Use one of: {all}.", all = Scope::ALL.map(Scope::name).join(", "))]
pub struct NoScope(String);

impl FromStr for Scope {
    type Err = NoScope;

    fn from_str(name: &str) -> Result<Scope, NoScope> {
        Scope::ALL.into_iter().find(|scope| scope.name() == name).ok_or_else(|| NoScope(name.to_owned()))
    }
}

/// The scopes of a token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// All scopes.
    pub fn all() -> Scopes {
        Scopes(Scope::ALL.into())
    }

    /// Whether a scope is one of these.
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// The scopes, one by one.
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }

    fn stored(&self) -> String {
        self.iter().map(Scope::name).collect::<Vec<_>>().join(" ")
    }

    /// Parses stored scopes. Unknown ones are left out.
    fn from_stored(text: &str) -> Scopes {
        Scopes(text.split(' ').filter_map(|name| name.parse().ok()).collect())
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Scopes {
        Scopes(scopes.into_iter().collect())
    }
}

/// A token without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenInfo {
    /// Its id.
    pub id: TokenId,
    /// Its name.
    pub name: String,
    /// Its scopes.
    pub scopes: Scopes,
    /// When it was created.
    pub created_at: Time,
}

impl TokenInfo {
    fn of(token: store::Token) -> TokenInfo {
        let scopes = Scopes::from_stored(&token.scopes);
        TokenInfo { id: id(token.hash), name: token.name, scopes, created_at: token.created_at }
    }
}

fn id(hash: SecretHash) -> TokenId {
    TokenId(hash.0[..6].iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// A program that was authenticated: the bearer of a token, or of the company's own login.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// The company.
    pub company: Company,
    /// The id of the token; none for the company's own login.
    pub token: Option<TokenId>,
    /// The scopes of the token, or all with the company's own login.
    pub scopes: Scopes,
}

impl Bearer {
    /// The origin of what the bearer reports and changes.
    pub fn origin(&self) -> Origin {
        Origin::Api(self.token)
    }
}

/// The cache of tokens that were looked up recently.
#[derive(Default)]
pub(crate) struct TokenCache(Mutex<HashMap<SecretHash, (Instant, Bearer)>>);

impl TokenCache {
    fn get(&self, hash: SecretHash) -> Option<Bearer> {
        let cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cache.get(&hash).filter(|(until, _)| *until > Instant::now()).map(|(_, bearer)| bearer.clone())
    }

    fn put(&self, hash: SecretHash, bearer: Bearer) {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= CACHE_MAX {
            cache.clear();
        }
        cache.insert(hash, (Instant::now() + CACHE_TIME, bearer));
    }

    /// Empties the cache, because tokens may have changed.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Hub {
    /// Creates a token. The secret is returned once and only its hash is stored.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyTokens`], [`Error::TokenName`]; [`Error::Store`] if the store does not accept it.
    pub async fn add_token(
        &self,
        company: CompanyId,
        name: &str,
        scopes: Scopes,
    ) -> Result<(TokenInfo, Password), Error> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > TOKEN_NAME_CHARS_MAX || name.contains(char::is_control) {
            return Err(Error::TokenName);
        }
        if self.store.tokens(company).await?.len() >= TOKENS_MAX {
            return Err(Error::TooManyTokens);
        }
        let text = Password::from(format!("{PREFIX}{:x}_{}", company.number(), self.password().reveal()));
        let (hash, created_at) = (text.hash(), self.now());
        let token = store::Token { hash, name: name.to_owned(), scopes: scopes.stored(), created_at };
        self.store.add_token(company, token.clone()).await?;
        Ok((TokenInfo::of(token), text))
    }

    /// All tokens of a company, the oldest first.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn tokens(&self, company: CompanyId) -> Result<Vec<TokenInfo>, Error> {
        Ok(self.store.tokens(company).await?.into_iter().map(TokenInfo::of).collect())
    }

    /// Revokes the token with an id, or all tokens with a name. Returns false if there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not accept it.
    pub async fn revoke_token(&self, company: CompanyId, id_or_name: &str) -> Result<bool, Error> {
        let tokens = self.store.tokens(company).await?;
        let by_id: Vec<_> = tokens.iter().filter(|token| id(token.hash).to_string() == id_or_name).collect();
        let chosen =
            if by_id.is_empty() { tokens.iter().filter(|token| token.name == id_or_name).collect() } else { by_id };
        for token in &chosen {
            self.store.remove_token(company, token.hash).await?;
        }
        self.tokens.clear();
        Ok(!chosen.is_empty())
    }

    /// The bearer of a token, if the token is valid.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn bearer(&self, token: &str) -> Result<Option<Bearer>, Error> {
        let hash = Password::from(token.to_owned()).hash();
        if let Some(bearer) = self.tokens.get(hash) {
            return Ok(Some(bearer));
        }
        let company = token.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_'));
        let company = company.and_then(|(company, _)| u32::from_str_radix(company, 16).ok()).and_then(CompanyId::new);
        let Some(company) = company else { return Ok(None) };
        // The lookup compares a hash of 160 random bits, so its duration reveals nothing.
        let Some(found) = self.store.token(company, hash).await? else { return Ok(None) };
        let Some(company) = self.company_by_id(company).await? else { return Ok(None) };
        let bearer = Bearer { company, token: Some(id(hash)), scopes: Scopes::from_stored(&found.scopes) };
        self.tokens.put(hash, bearer.clone());
        Ok(Some(bearer))
    }

    /// Sets how many requests a company's programs may make per minute. None: no limit.
    ///
    /// # Errors
    ///
    /// [`Error::NoCompany`] if there is no company with this name; [`Error::Store`] if the store does not accept it.
    pub async fn set_rate_limit(&self, name: &CompanyName, limit: Option<u32>) -> Result<(), Error> {
        let no_company = || Error::NoCompany(name.clone());
        let company = self.store.company(name).await?.ok_or_else(no_company)?;
        let is_set = self.store.set_rate_limit(company.id, limit).await?;
        self.tokens.clear();
        if is_set { Ok(()) } else { Err(no_company()) }
    }
}
