//! Adds a contact to lists and accounts, and removes it from them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{AccountAlias, AccountId, Contact, Domain, ExternalId, Group, ListId, ListName};
use maud::html;

use super::account;
use super::card;
use super::card::data::{Choices, Refused};
use super::error::{Error, refusal};
use super::form::{FieldErrors, SubmittedForm};
use super::parts::Path;
use super::person;
use super::session::SignedIn;
use crate::App;
use crate::sentence::names;

pub async fn lists(State(app): State<App>, Path(id): Path<String>, sent: SubmittedForm) -> Result<Response, Error> {
    let contact = person::find(&app, &sent.by, &id).await?;
    let (by, form) = (&sent.by, &sent.form);
    let company = by.company.id;
    if form.has("leave") {
        let not_found = || Error::NotFound("List not found.");
        let list: ListId = form.get("leave").parse().map_err(|_| not_found())?;
        let names = names::Names::load(&app, company, by.viewer(), &[], &[]).await?;
        names.list(list).ok_or_else(not_found)?;
        app.hub.group(company, Group::List(list), vec![contact.id], false, by.origin).await?;
        return Ok(back(&contact));
    }
    let mut errors = FieldErrors::default();
    let Some(name) = errors.check("list", ListName::parse(form.get("list"))) else {
        return refuse(&app, by, &contact, errors).await;
    };
    let own = by.viewer();
    let settings = app.hub.settings(company).await?;
    // The company's list with the name, or else the teammate's private list.
    let found = settings.list(None, &name).or_else(|| settings.list(Some(own?), &name)).map(|list| list.id);
    let list = match found {
        Some(list) => list,
        None => match app.hub.make_list(company, name, None, by.origin).await {
            Ok(list) => list.id,
            Err(error) => {
                errors.add("list", html! { (refusal(error)?) });
                return refuse(&app, by, &contact, errors).await;
            }
        },
    };
    app.hub.group(company, Group::List(list), vec![contact.id], true, by.origin).await?;
    Ok(back(&contact))
}

pub async fn accounts(State(app): State<App>, Path(id): Path<String>, sent: SubmittedForm) -> Result<Response, Error> {
    let contact = person::find(&app, &sent.by, &id).await?;
    let (by, form) = (&sent.by, &sent.form);
    let (account, inside) = if form.has("leave") {
        (account::find(&app, by, form.get("leave")).await?.id, false)
    } else if let Some(account) = find_account(&app, by, form.get("account")).await? {
        (account, true)
    } else {
        let mut errors = FieldErrors::default();
        let why = html! {
            "No account has this name, domain or external id. " a href="/app/accounts/new" { "Create one" } "."
        };
        errors.add("account", why);
        return refuse(&app, by, &contact, errors).await;
    };
    app.hub.group(by.company.id, Group::Account(account), vec![contact.id], inside, by.origin).await?;
    Ok(back(&contact))
}

/// Returns the account with a name, an id, a domain, or an external id.
async fn find_account(app: &App, by: &SignedIn, text: &str) -> Result<Option<AccountId>, Error> {
    let company = by.company.id;
    if let Some(account) = Choices::load(app, by).await?.by_name(text) {
        return Ok(Some(account.id));
    }
    if let Ok(id) = text.parse() {
        return Ok(app.hub.account(company, id).await?.map(|account| account.id));
    }
    let domain = Domain::parse(text).ok().map(AccountAlias::Domain);
    let external = ExternalId::parse(text).ok().map(AccountAlias::External);
    for alias in domain.into_iter().chain(external) {
        if let Some(account) = app.hub.account_called(company, &alias).await? {
            return Ok(Some(account.id));
        }
    }
    Ok(None)
}

async fn refuse(app: &App, by: &SignedIn, contact: &Contact, errors: FieldErrors) -> Result<Response, Error> {
    let refused = Refused { errors, text: String::new() };
    let page = card::show(app, by, &contact.id.to_string(), &card::Params::default(), &refused).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn back(contact: &Contact) -> Response {
    Redirect::to(&format!("/app/contacts/{}", contact.id)).into_response()
}
