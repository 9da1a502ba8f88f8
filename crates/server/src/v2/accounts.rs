//! `/accounts`: the organisations that contacts are of.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use contact::{
    ACCOUNT_NAME_CHARS_MAX, Account, AccountAlias, AccountId, AccountUpdate, DESCRIPTION_CHARS_MAX, DOMAINS_MAX,
    Domain, ExternalId, FieldTarget, Group, Invalid, Link,
};
use hub::{Scope, SortBy};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::asked::{Asked, Named, ORIGIN};
use super::contact_body::{ContactBody, custom_fields};
use super::contacts::custom_values;
use super::error::Error;
use super::lists::{self, ContactIds};
use super::page::{ListAsked, Paged, seconds};

const SORTS: [(&str, SortBy); 2] = [("created_at", SortBy::Created), ("updated_at", SortBy::Changed)];

#[derive(Serialize, ToSchema)]
pub struct AccountBody {
    _links: AccountLinks,
    /// `acc_` and a number in base 36.
    id: String,
    name: String,
    logo_url: Option<String>,
    description: Option<String>,
    domains: Vec<String>,
    external_id: Option<String>,
    /// Values of custom fields, by the names of the fields.
    #[schema(value_type = BTreeMap<String, Value>)]
    custom_fields: BTreeMap<String, Value>,
    /// Unix seconds, with three decimals.
    created_at: f64,
    /// Unix seconds, with three decimals.
    updated_at: f64,
}

#[derive(Serialize, ToSchema)]
struct AccountLinks {
    #[serde(rename = "self")]
    this: String,
    related: AccountRelated,
}

#[derive(Serialize, ToSchema)]
struct AccountRelated {
    contacts: String,
}

impl AccountBody {
    async fn all(asked: &Asked, accounts: &[Account]) -> Result<Vec<AccountBody>, Error> {
        let has_custom = accounts.iter().any(|account| !account.facts.custom.is_empty());
        let settings =
            if has_custom { asked.app.hub.settings(asked.company.id).await? } else { contact::Settings::default() };
        let body = |account: &Account| {
            let this = asked.url(&format!("/accounts/{}", account.id));
            let facts = &account.facts;
            AccountBody {
                _links: AccountLinks { related: AccountRelated { contacts: format!("{this}/contacts") }, this },
                id: account.id.to_string(),
                name: facts.name.clone(),
                logo_url: facts.logo_url.as_ref().map(|link| link.as_str().to_owned()),
                description: facts.description.clone(),
                domains: facts.domains.iter().map(|domain| domain.as_str().to_owned()).collect(),
                external_id: facts.external_id.as_ref().map(|id| id.as_str().to_owned()),
                custom_fields: custom_fields(&facts.custom, FieldTarget::Account, &settings),
                created_at: seconds(account.created_at),
                updated_at: seconds(account.changed_at),
            }
        };
        Ok(accounts.iter().map(body).collect())
    }

    async fn one(asked: &Asked, account: Account) -> Result<Json<AccountBody>, Error> {
        let mut all = AccountBody::all(asked, &[account]).await?;
        Ok(Json(all.remove(0)))
    }
}

/// What can be said of an account. What is missing stays as it is; null is nothing.
#[derive(Deserialize, ToSchema)]
#[expect(clippy::option_option, reason = "missing, null and a text are three things")]
pub struct AccountFactsGiven {
    #[schema(max_length = 500)]
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 10_000)]
    description: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    logo_url: Option<Option<String>>,
    /// All domains.
    domains: Option<Vec<String>>,
    /// The id that another system has for it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 500)]
    external_id: Option<Option<String>>,
    /// All values of custom fields.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    custom_fields: Option<BTreeMap<String, Value>>,
}

/// Tells what is null from what is missing.
#[expect(clippy::option_option, reason = "missing, null and a text are three things")]
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl AccountFactsGiven {
    async fn read(self, asked: &Asked) -> Result<AccountUpdate, Error> {
        let at = |place: &str, invalid: Invalid| Error::BadRequest(format!("{place}: {invalid}"));
        let long = |place: &str, text: &str, max: usize| {
            let is_fit = text.chars().count() <= max && !text.contains('\0');
            let message = format!("{place}: Must have at most {max} characters, none a NUL.");
            if is_fit { Ok(()) } else { Err(Error::BadRequest(message)) }
        };
        if let Some(name) = &self.name {
            long("name", name, ACCOUNT_NAME_CHARS_MAX)?;
        }
        if let Some(Some(description)) = &self.description {
            long("description", description, DESCRIPTION_CHARS_MAX)?;
        }
        // An empty text is as good as none.
        let logo_url = self.logo_url.map(|url| url.filter(|url| !url.is_empty()).map(|url| Link::parse(&url)));
        let logo_url = logo_url.map(Option::transpose).transpose().map_err(|invalid| at("logo_url", invalid))?;
        let external_id = self.external_id.map(|id| id.filter(|id| !id.is_empty()).map(|id| ExternalId::parse(&id)));
        let external_id = external_id.map(Option::transpose).transpose();
        let external_id = external_id.map_err(|invalid| at("external_id", invalid))?;
        let domain = |(n, domain): (usize, &String)| {
            Domain::parse(domain).map_err(|invalid| at(&format!("domains[{n}]"), invalid))
        };
        let domains = self.domains.map(|all| all.iter().enumerate().map(domain).collect::<Result<Vec<_>, _>>());
        let domains = domains.transpose()?;
        if domains.as_ref().is_some_and(|domains| domains.len() > DOMAINS_MAX) {
            return Err(Error::BadRequest(format!("domains: At most {DOMAINS_MAX} may be given.")));
        }
        let custom = match self.custom_fields {
            Some(values) => Some(custom_values(asked, FieldTarget::Account, values).await?),
            None => None,
        };
        Ok(AccountUpdate { name: self.name, description: self.description, logo_url, domains, external_id, custom })
    }
}

/// The account that an id or an alias names.
async fn find(asked: &Asked, id: &str) -> Result<Account, Error> {
    let hub = &asked.app.hub;
    let alias = if let Some(domain) = id.strip_prefix("alt:domain:") {
        Domain::parse(domain).ok().map(AccountAlias::Domain)
    } else {
        id.strip_prefix("alt:ext_id:").and_then(|id| ExternalId::parse(id).ok()).map(AccountAlias::External)
    };
    let found = match (alias, id.parse::<AccountId>()) {
        (Some(alias), _) => hub.account_called(asked.company.id, &alias).await?,
        (None, Ok(id)) => hub.account(asked.company.id, id).await?,
        (None, Err(_)) => None,
    };
    found.ok_or_else(|| Error::NotFound("There is no such account.".into()))
}

/// All accounts.
#[utoipa::path(get, path = "/accounts", tag = "Accounts", operation_id = "list-accounts",
    params(super::params::List, super::params::Sorted), responses((status = 200, body = Paged<AccountBody>)),
    security(("token" = ["accounts:read"]), ("login" = [])))]
pub async fn list(asked: Asked) -> Result<Json<Paged<AccountBody>>, Error> {
    asked.may(Scope::AccountsRead)?;
    let list = ListAsked::read(&asked, &SORTS)?;
    let found = asked.app.hub.accounts(asked.company.id, list.order, list.cursor, list.limit).await?;
    let bodies = AccountBody::all(&asked, &found.items).await?;
    let shown = hub::Page { items: bodies, next: found.next };
    Ok(Json(Paged::new(asked.url("/accounts"), &list, shown, |body| body)))
}

/// Make an account.
#[utoipa::path(post, path = "/accounts", tag = "Accounts", operation_id = "create-account",
    request_body = AccountFactsGiven, responses((status = 201, body = AccountBody)),
    security(("token" = ["accounts:write"]), ("login" = [])))]
pub async fn create(mut asked: Asked) -> Result<(StatusCode, Json<AccountBody>), Error> {
    asked.may(Scope::AccountsWrite)?;
    let given: AccountFactsGiven = asked.json().await?;
    if given.name.as_deref().is_none_or(|name| name.trim().is_empty()) {
        return Err(Error::BadRequest("name: An account needs a name.".into()));
    }
    let facts = given.read(&asked).await?;
    let account = asked.app.hub.make_account(asked.company.id, facts, ORIGIN).await?;
    Ok((StatusCode::CREATED, AccountBody::one(&asked, account).await?))
}

/// An account.
#[utoipa::path(get, path = "/accounts/{account_id}", tag = "Accounts", operation_id = "get-account",
    params(super::params::AccountPath), responses((status = 200, body = AccountBody)),
    security(("token" = ["accounts:read"]), ("login" = [])))]
pub async fn get(Named(id): Named, asked: Asked) -> Result<Json<AccountBody>, Error> {
    asked.may(Scope::AccountsRead)?;
    let account = find(&asked, &id).await?;
    AccountBody::one(&asked, account).await
}

/// Change an account. Only what is given changes.
#[utoipa::path(patch, path = "/accounts/{account_id}", tag = "Accounts", operation_id = "update-account",
    params(super::params::AccountPath), request_body = AccountFactsGiven,
    responses((status = 200, body = AccountBody)), security(("token" = ["accounts:write"]), ("login" = [])))]
pub async fn update(Named(id): Named, mut asked: Asked) -> Result<Json<AccountBody>, Error> {
    asked.may(Scope::AccountsWrite)?;
    let id = find(&asked, &id).await?.id;
    let given: AccountFactsGiven = asked.json().await?;
    if given.name.as_deref().is_some_and(|name| name.trim().is_empty()) {
        return Err(Error::BadRequest("name: An account needs a name.".into()));
    }
    let update = given.read(&asked).await?;
    asked.app.hub.update_account(asked.company.id, id, update, ORIGIN).await?;
    let account = find(&asked, &id.to_string()).await?;
    AccountBody::one(&asked, account).await
}

/// Delete an account. Its contacts stay.
#[utoipa::path(delete, path = "/accounts/{account_id}", tag = "Accounts", operation_id = "delete-account",
    params(super::params::AccountPath), responses((status = 204)),
    security(("token" = ["accounts:delete"]), ("login" = [])))]
pub async fn delete(Named(id): Named, asked: Asked) -> Result<StatusCode, Error> {
    asked.may(Scope::AccountsDelete)?;
    let id = find(&asked, &id).await?.id;
    asked.app.hub.delete_account(asked.company.id, id, ORIGIN).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The contacts of an account, the last made first.
#[utoipa::path(get, path = "/accounts/{account_id}/contacts", tag = "Accounts",
    operation_id = "list-account-contacts", params(super::params::AccountPath, super::params::List),
    responses((status = 200, body = Paged<ContactBody>)), security(("token" = ["accounts:read"]), ("login" = [])))]
pub async fn contacts(Named(id): Named, asked: Asked) -> Result<Json<Paged<ContactBody>>, Error> {
    asked.may(Scope::AccountsRead)?;
    let id = find(&asked, &id).await?.id;
    let page = ListAsked::read(&asked, &[])?;
    lists::paged_members(&asked, &format!("/accounts/{id}/contacts"), Group::Account(id), &page).await
}

/// Put contacts into an account.
#[utoipa::path(post, path = "/accounts/{account_id}/contacts", tag = "Accounts",
    operation_id = "add-contact-to-account", params(super::params::AccountPath), request_body = ContactIds,
    responses((status = 204)), security(("token" = ["accounts:write"]), ("login" = [])))]
pub async fn add(Named(id): Named, mut asked: Asked) -> Result<StatusCode, Error> {
    asked.may(Scope::AccountsWrite)?;
    let id = find(&asked, &id).await?.id;
    lists::change_members(&mut asked, Group::Account(id), true).await
}

/// Take contacts from an account, at most 50 at once.
#[utoipa::path(delete, path = "/accounts/{account_id}/contacts", tag = "Accounts",
    operation_id = "remove-contact-from-account", params(super::params::AccountPath), request_body = ContactIds,
    responses((status = 204)), security(("token" = ["accounts:write"]), ("login" = [])))]
pub async fn remove(Named(id): Named, mut asked: Asked) -> Result<StatusCode, Error> {
    asked.may(Scope::AccountsWrite)?;
    let id = find(&asked, &id).await?.id;
    lists::change_members(&mut asked, Group::Account(id), false).await
}
