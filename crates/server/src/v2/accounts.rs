//! `/accounts`: the organisations that contacts belong to.

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

use super::body::contact::ContactBody;
use super::body::custom_fields::custom_fields;
use super::contacts::custom_values;
use super::error::Error;
use super::lists::{self, ContactIds};
use super::page::{PageRequest, Paged, seconds};
use super::request::{ApiRequest, PathId};

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
    /// The values of custom fields, by field name.
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
    async fn all(request: &ApiRequest, accounts: &[Account]) -> Result<Vec<AccountBody>, Error> {
        let has_custom = accounts.iter().any(|account| !account.facts.custom.is_empty());
        let settings =
            if has_custom { request.app.hub.settings(request.company.id).await? } else { contact::Settings::default() };
        let body = |account: &Account| {
            let this = request.url(&format!("/accounts/{}", account.id));
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

    async fn one(request: &ApiRequest, account: Account) -> Result<Json<AccountBody>, Error> {
        let mut all = AccountBody::all(request, &[account]).await?;
        Ok(Json(all.remove(0)))
    }
}

/// The facts of an account. Missing ones stay unchanged; null clears a value.
#[derive(Deserialize, ToSchema)]
#[expect(clippy::option_option, reason = "missing, null and a text are three things")]
pub struct AccountFacts {
    #[schema(max_length = 500)]
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 10_000)]
    description: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    logo_url: Option<Option<String>>,
    /// All domains of the account.
    domains: Option<Vec<String>>,
    /// The id of the account in another system.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 500)]
    external_id: Option<Option<String>>,
    /// All values of custom fields.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    custom_fields: Option<BTreeMap<String, Value>>,
}

/// Distinguishes null from a missing value.
#[expect(clippy::option_option, reason = "missing, null and a text are three things")]
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl AccountFacts {
    async fn read(self, request: &ApiRequest) -> Result<AccountUpdate, Error> {
        let at = |field: &str, invalid: Invalid| Error::BadRequest(format!("{field}: {invalid}"));
        let long = |field: &str, text: &str, max: usize| {
            let is_fit = text.chars().count() <= max && !text.contains('\0');
            let message = format!("{field}: Must have at most {max} characters, and no NUL.");
            if is_fit { Ok(()) } else { Err(Error::BadRequest(message)) }
        };
        if let Some(name) = &self.name {
            long("name", name, ACCOUNT_NAME_CHARS_MAX)?;
        }
        if let Some(Some(description)) = &self.description {
            long("description", description, DESCRIPTION_CHARS_MAX)?;
        }
        // An empty text clears the value.
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
            return Err(Error::BadRequest(format!("domains: At most {DOMAINS_MAX} domains are allowed.")));
        }
        let custom = match self.custom_fields {
            Some(values) => Some(custom_values(request, FieldTarget::Account, values).await?),
            None => None,
        };
        Ok(AccountUpdate { name: self.name, description: self.description, logo_url, domains, external_id, custom })
    }
}

/// Returns the account of an id or an alias.
async fn find(request: &ApiRequest, id: &str) -> Result<Account, Error> {
    let hub = &request.app.hub;
    let alias = if let Some(domain) = id.strip_prefix("alt:domain:") {
        Domain::parse(domain).ok().map(AccountAlias::Domain)
    } else {
        id.strip_prefix("alt:ext_id:").and_then(|id| ExternalId::parse(id).ok()).map(AccountAlias::External)
    };
    let found = match (alias, id.parse::<AccountId>()) {
        (Some(alias), _) => hub.account_called(request.company.id, &alias).await?,
        (None, Ok(id)) => hub.account(request.company.id, id).await?,
        (None, Err(_)) => None,
    };
    found.ok_or_else(|| Error::NotFound("Account not found.".into()))
}

/// List accounts.
#[utoipa::path(get, path = "/accounts", tag = "Accounts", operation_id = "list-accounts",
    params(super::params::List, super::params::Sorted), responses((status = 200, body = Paged<AccountBody>)),
    security(("token" = ["accounts:read"]), ("login" = [])))]
pub async fn list(request: ApiRequest) -> Result<Json<Paged<AccountBody>>, Error> {
    request.require(Scope::AccountsRead)?;
    let list = PageRequest::read(&request, &SORTS)?;
    let found = request.app.hub.accounts(request.company.id, list.order, list.cursor, list.limit).await?;
    let bodies = AccountBody::all(&request, &found.items).await?;
    let shown = hub::Page { items: bodies, next: found.next };
    Ok(Json(Paged::new(request.url("/accounts"), &list, shown, |body| body)))
}

/// Create an account.
#[utoipa::path(post, path = "/accounts", tag = "Accounts", operation_id = "create-account",
    request_body = AccountFacts, responses((status = 201, body = AccountBody)),
    security(("token" = ["accounts:write"]), ("login" = [])))]
pub async fn create(mut request: ApiRequest) -> Result<(StatusCode, Json<AccountBody>), Error> {
    request.require(Scope::AccountsWrite)?;
    let given: AccountFacts = request.json().await?;
    if given.name.as_deref().is_none_or(|name| name.trim().is_empty()) {
        return Err(Error::BadRequest("name: An account needs a name.".into()));
    }
    let facts = given.read(&request).await?;
    let account = request.app.hub.make_account(request.company.id, facts, request.origin()).await?;
    Ok((StatusCode::CREATED, AccountBody::one(&request, account).await?))
}

/// Get an account.
#[utoipa::path(get, path = "/accounts/{account_id}", tag = "Accounts", operation_id = "get-account",
    params(super::params::AccountPath), responses((status = 200, body = AccountBody)),
    security(("token" = ["accounts:read"]), ("login" = [])))]
pub async fn get(PathId(id): PathId, request: ApiRequest) -> Result<Json<AccountBody>, Error> {
    request.require(Scope::AccountsRead)?;
    let account = find(&request, &id).await?;
    AccountBody::one(&request, account).await
}

/// Change an account. Missing values stay unchanged.
#[utoipa::path(patch, path = "/accounts/{account_id}", tag = "Accounts", operation_id = "update-account",
    params(super::params::AccountPath), request_body = AccountFacts,
    responses((status = 200, body = AccountBody)), security(("token" = ["accounts:write"]), ("login" = [])))]
pub async fn update(PathId(id): PathId, mut request: ApiRequest) -> Result<Json<AccountBody>, Error> {
    request.require(Scope::AccountsWrite)?;
    let id = find(&request, &id).await?.id;
    let given: AccountFacts = request.json().await?;
    if given.name.as_deref().is_some_and(|name| name.trim().is_empty()) {
        return Err(Error::BadRequest("name: An account needs a name.".into()));
    }
    let update = given.read(&request).await?;
    request.app.hub.update_account(request.company.id, id, update, request.origin()).await?;
    let account = find(&request, &id.to_string()).await?;
    AccountBody::one(&request, account).await
}

/// Delete an account. Its contacts stay.
#[utoipa::path(delete, path = "/accounts/{account_id}", tag = "Accounts", operation_id = "delete-account",
    params(super::params::AccountPath), responses((status = 204)),
    security(("token" = ["accounts:delete"]), ("login" = [])))]
pub async fn delete(PathId(id): PathId, request: ApiRequest) -> Result<StatusCode, Error> {
    request.require(Scope::AccountsDelete)?;
    let id = find(&request, &id).await?.id;
    request.app.hub.delete_account(request.company.id, id, request.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the contacts of an account, newest first.
#[utoipa::path(get, path = "/accounts/{account_id}/contacts", tag = "Accounts",
    operation_id = "list-account-contacts", params(super::params::AccountPath, super::params::List),
    responses((status = 200, body = Paged<ContactBody>)), security(("token" = ["accounts:read"]), ("login" = [])))]
pub async fn contacts(PathId(id): PathId, request: ApiRequest) -> Result<Json<Paged<ContactBody>>, Error> {
    request.require(Scope::AccountsRead)?;
    let id = find(&request, &id).await?.id;
    let page = PageRequest::read(&request, &[])?;
    lists::paged_members(&request, &format!("/accounts/{id}/contacts"), Group::Account(id), &page).await
}

/// Add contacts to an account.
#[utoipa::path(post, path = "/accounts/{account_id}/contacts", tag = "Accounts",
    operation_id = "add-contact-to-account", params(super::params::AccountPath), request_body = ContactIds,
    responses((status = 204)), security(("token" = ["accounts:write"]), ("login" = [])))]
pub async fn add(PathId(id): PathId, mut request: ApiRequest) -> Result<StatusCode, Error> {
    request.require(Scope::AccountsWrite)?;
    let id = find(&request, &id).await?.id;
    lists::change_members(&mut request, Group::Account(id), true).await
}

/// Remove at most 50 contacts from an account.
#[utoipa::path(delete, path = "/accounts/{account_id}/contacts", tag = "Accounts",
    operation_id = "remove-contact-from-account", params(super::params::AccountPath), request_body = ContactIds,
    responses((status = 204)), security(("token" = ["accounts:write"]), ("login" = [])))]
pub async fn remove(PathId(id): PathId, mut request: ApiRequest) -> Result<StatusCode, Error> {
    request.require(Scope::AccountsWrite)?;
    let id = find(&request, &id).await?.id;
    lists::change_members(&mut request, Group::Account(id), false).await
}
