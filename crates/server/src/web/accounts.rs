//! The list of accounts, and the page of an account.

pub mod edit;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{Account, Contact, ContactId, FieldTarget, Group, Settings, Time};
use hub::{Cursor, Order};
use maud::{Markup, html};
use serde::Deserialize;

use super::error::Error;
use super::form::{self, SubmittedForm};
use super::layout::{self, Icon, NavItem, Page, icon};
use super::parts::{Path, Query};
use super::person;
use super::session::SignedIn;
use super::{account, custom, format, rows};
use crate::App;

const PAGE_SIZE: usize = 50;

#[derive(Deserialize)]
pub struct Params {
    /// The list continues after this id.
    after: Option<String>,
}

pub async fn list(State(app): State<App>, Query(params): Query<Params>, by: SignedIn) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let after = params.after.and_then(|after| after.parse().ok()).map(Cursor::Created);
    let page = app.hub.accounts(by.company.id, Order::NEWEST, after, PAGE_SIZE).await?;
    let last = page.items.last().filter(|_| page.next.is_some());
    let now = app.hub.now();
    let content = html! {
        div.people-head {
            h1 { "Accounts" }
            a.button href="/app/accounts/new" { "New account" }
        }
        div #results data-live="directory" data-announce="Accounts have changed." {
            @if page.items.is_empty() {
                p.nothing { "None yet. An account is an organisation that contacts belong to, such as a customer." }
            } @else {
                ul.rows.people data-rows { @for account in &page.items { (row(account, now)) } }
            }
            @if let Some(last) = last { p.more { a href={ "?after=" (last.id) } { "More" } } }
        }
    };
    Ok(Page { nav: NavItem::Accounts, title: "Accounts", seen }.render("page wide", &content))
}

fn row(account: &Account, now: Time) -> Markup {
    let facts = &account.facts;
    html! {
        li id={ "row-" (account.id) } {
            (person::monogram_for(account::display_name(account), account.id.count()))
            a.row-link.row-name href={ "/app/accounts/" (account.id) } { bdi { (account::display_name(account)) } }
            @if let Some(description) = facts.description.as_deref().filter(|text| !text.trim().is_empty()) {
                span.row-about { bdi { (description.chars().take(rows::ABOUT_CHARS_SHOWN).collect::<String>()) } }
            }
            @if let Some((first, more)) = facts.domains.split_first() {
                span.row-text {
                    bdi { (first.as_str()) } @if !more.is_empty() { ", " (more.len()) " more" }
                }
            }
            (format::time(account.changed_at, now))
        }
    }
}

pub async fn page(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(params): Query<Params>,
    by: SignedIn,
) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let account = account::find(&app, &by, &id).await?;
    let settings = app.hub.settings(by.company.id).await?;
    let members = rows::members(&app, &by, Group::Account(account.id), params.after.as_deref()).await?;
    let now = app.hub.now();
    let topics = std::iter::once("settings contacts".to_owned());
    let topics = topics.chain(members.0.iter().map(|contact| contact.id.to_string())).collect::<Vec<_>>().join(" ");
    let content = html! {
        (layout::back_link("/app/accounts", &html! { "Accounts" }))
        article #account.card data-live=(topics) data-announce={ (account::display_name(&account)) " has changed." } {
            (head(&account))
            (facts(&account, &settings, now))
            (people(&members, now))
        }
        section aria-labelledby="delete-title" {
            h2 #delete-title.sr-only { "Delete this account" }
            (form::confirm(&by, &format!("/app/accounts/{}/delete", account.id), "Delete", "this account",
                "Its contacts stay. The account itself cannot be restored."))
        }
    };
    Ok(Page { nav: NavItem::Accounts, title: account::display_name(&account), seen }.render("page", &content))
}

fn head(account: &Account) -> Markup {
    html! {
        header #account-head.card-head {
            span class={ "monogram large " (person::hue(account.id.count())) } aria-hidden="true" {
                (person::initials(account::display_name(account)))
            }
            h1 { bdi { (account::display_name(account)) } }
            @match account.facts.description.as_deref().filter(|text| !text.trim().is_empty()) {
                Some(text) => p dir="auto" { (text) },
                None => p.nothing { "No description" },
            }
            div.actions { a.button href={ "/app/accounts/" (account.id) "/edit" } { "Edit" } }
        }
    }
}

fn facts(account: &Account, settings: &Settings, now: Time) -> Markup {
    let facts = &account.facts;
    html! {
        section #account-facts aria-labelledby="facts-title" {
            h2 #facts-title { "Facts" }
            dl.given {
                dt { "Domains" }
                dd {
                    @if facts.domains.is_empty() { span.nothing { "None" } }
                    @for (n, domain) in facts.domains.iter().enumerate() {
                        @if n > 0 { ", " } bdi { (domain.as_str()) }
                    }
                }
                @if let Some(id) = &facts.external_id { dt { "External id" } dd { bdi { (id.as_str()) } } }
                @if let Some(logo) = &facts.logo_url {
                    dt { "Logo" }
                    dd.out {
                        a href=(logo.as_str()) target="_blank" rel="noopener noreferrer" {
                            bdi { (logo.as_str()) } (icon(Icon::Out)) span.sr-only { " (opens in a new tab)" }
                        }
                    }
                }
                dt { "Id" } dd { code { (account.id) } }
                dt { "Created" } dd { (format::time(account.created_at, now)) }
            }
        }
        (custom::section(&facts.custom, settings, FieldTarget::Account, now))
    }
}

fn people((contacts, next): &(Vec<Contact>, Option<ContactId>), now: Time) -> Markup {
    html! {
        section #account-people aria-labelledby="people-title" {
            h2 #people-title { "Contacts" }
            @if contacts.is_empty() { p.nothing { "None yet. Add contacts to it on their cards." } }
            @else { (rows::rows(contacts, None, now)) }
            @if let Some(next) = next { p.more { a href={ "?after=" (next) } { "More" } } }
        }
    }
}

pub async fn delete(State(app): State<App>, Path(id): Path<String>, sent: SubmittedForm) -> Result<Response, Error> {
    let account = account::find(&app, &sent.by, &id).await?;
    app.hub.delete_account(sent.by.company.id, account.id, sent.by.origin).await?;
    Ok(Redirect::to("/app/accounts").into_response())
}
