//! Making an account, and changing what is known of one. Only what was changed is told.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{
    ACCOUNT_NAME_CHARS_MAX, Account, AccountAlias, AccountFacts, AccountUpdate, Attribute, DESCRIPTION_CHARS_MAX,
    DOMAINS_MAX, Domain, EXTERNAL_ID_CHARS_MAX, ExternalId, FieldTarget, Invalid, LINK_BYTES_MAX, Link, Refused,
    Settings,
};
use maud::{Markup, html};

use super::find;
use crate::App;
use crate::web::custom;
use crate::web::error::{Error, refusal};
use crate::web::form::{Form, Reasons, Sent};
use crate::web::layout::{self, Page, Place};
use crate::web::names::{self, account_called};
use crate::web::session::SignedIn;

pub async fn new(State(app): State<App>, by: SignedIn) -> Result<Markup, Error> {
    show(&app, &by, None, None, &Reasons::default()).await
}

pub async fn page(State(app): State<App>, Path(id): Path<String>, by: SignedIn) -> Result<Markup, Error> {
    let account = find(&app, &by, &id).await?;
    show(&app, &by, Some(&account), None, &Reasons::default()).await
}

async fn show(
    app: &App,
    by: &SignedIn,
    account: Option<&Account>,
    sent: Option<&Form>,
    reasons: &Reasons,
) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let settings = app.hub.settings(by.company.id).await?;
    let nothing = AccountFacts::default();
    let facts = account.map_or(&nothing, |account| &account.facts);
    let back = account.map_or("/app/accounts".to_owned(), |account| format!("/app/accounts/{}", account.id));
    let action = account.map_or("/app/accounts/new".to_owned(), |account| format!("/app/accounts/{}/edit", account.id));
    let title = if account.is_some() { "Edit" } else { "New account" };
    let content = html! {
        (layout::crumb(&back, &html! { bdi { (account.map_or("Accounts", account_called)) } }))
        h1 { (title) @if let Some(account) = account { " " bdi { (account_called(account)) } } }
        form #edit.form method="post" action=(action) data-live=[account.map(|_| "directory")]
            data-said="This account has changed meanwhile." {
            (layout::token(by))
            (reasons.why("form"))
            (inputs(facts, sent, reasons))
            (custom::inputs(&settings, FieldTarget::Account, &facts.custom, sent, reasons))
            div.actions {
                button.primary { @if account.is_some() { "Save" } @else { "Make it" } }
                a.button href=(back) { @if account.is_some() { "Leave as it was" } @else { "Make none" } }
            }
        }
    };
    Ok(Page { place: Place::Accounts, title, seen }.show("page", &content))
}

fn inputs(facts: &AccountFacts, sent: Option<&Form>, reasons: &Reasons) -> Markup {
    let domains = facts.domains.iter().map(Domain::as_str).collect::<Vec<_>>().join("\n");
    let description = facts.description.clone().unwrap_or_default();
    let external = facts.external_id.as_ref().map_or("", ExternalId::as_str);
    let logo = facts.logo_url.as_ref().map_or("", Link::as_str);
    let now = [
        ("name", facts.name.as_str()),
        ("description", &description),
        ("domains", &domains),
        ("external", external),
        ("logo", logo),
    ];
    let value = |field: &str| {
        let now = now.iter().find(|(name, _)| *name == field).map_or("", |(_, now)| now);
        sent.map_or_else(|| now.to_owned(), |sent| sent.lines(field))
    };
    html! {
        @for (field, now) in now { input type="hidden" name={ (field) "-was" } value=(now); }
        div.field {
            label for="name" { "Name" }
            input #name name="name" value=(value("name")) maxlength=(ACCOUNT_NAME_CHARS_MAX) dir="auto" autocomplete="off"
                aria-invalid=[reasons.wrong("name")];
            (reasons.why("name"))
        }
        div.field {
            label for="description" { "Description" }
            textarea #description name="description" rows="2" maxlength=(DESCRIPTION_CHARS_MAX) dir="auto"
                aria-invalid=[reasons.wrong("description")] { "\n" (value("description")) }
            (reasons.why("description"))
        }
        div.field {
            label for="domains" { "Domains" }
            textarea #domains name="domains" rows="2" spellcheck="false" autocapitalize="none"
                aria-describedby="domains-hint" aria-invalid=[reasons.wrong("domains")] { "\n" (value("domains")) }
            small #domains-hint { "One a line, such as wayne.inc. No two accounts share one." }
            (reasons.why("domains"))
        }
        div.field {
            label for="external" { "External id" }
            input #external name="external" value=(value("external")) maxlength=(EXTERNAL_ID_CHARS_MAX) autocomplete="off"
                spellcheck="false" aria-describedby="external-hint" aria-invalid=[reasons.wrong("external")];
            small #external-hint { "What another system, such as a CRM, calls it by." }
            (reasons.why("external"))
        }
        div.field {
            label for="logo" { "Address of its logo" }
            input #logo name="logo" type="url" value=(value("logo")) maxlength=(LINK_BYTES_MAX) placeholder="https://"
                autocomplete="off" aria-invalid=[reasons.wrong("logo")];
            (reasons.why("logo"))
        }
    }
}

pub async fn make(State(app): State<App>, sent: Sent) -> Result<Response, Error> {
    let Sent { by, form } = sent;
    let settings = app.hub.settings(by.company.id).await?;
    let mut reasons = Reasons::default();
    let facts = read(&form, &settings, &AccountFacts::default(), &mut reasons);
    if facts == AccountUpdate::default() && reasons.is_empty() {
        reasons.add("name", html! { "An account needs at least a name." });
    }
    if reasons.is_empty() {
        match app.hub.make_account(by.company.id, facts, by.origin).await {
            Ok(account) => return Ok(Redirect::to(&format!("/app/accounts/{}", account.id)).into_response()),
            Err(error) => refused(&app, &by, error, &settings, &mut reasons).await?,
        }
    }
    let page = show(&app, &by, None, Some(&form), &reasons).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

pub async fn save(State(app): State<App>, Path(id): Path<String>, sent: Sent) -> Result<Response, Error> {
    let Sent { by, form } = sent;
    let account = find(&app, &by, &id).await?;
    let settings = app.hub.settings(by.company.id).await?;
    let mut reasons = Reasons::default();
    let update = read(&form, &settings, &account.facts, &mut reasons);
    if reasons.is_empty() {
        match app.hub.update_account(by.company.id, account.id, update, by.origin).await {
            Ok(()) => return Ok(Redirect::to(&format!("/app/accounts/{}", account.id)).into_response()),
            Err(error) => refused(&app, &by, error, &settings, &mut reasons).await?,
        }
    }
    let page = show(&app, &by, Some(&account), Some(&form), &reasons).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn read(form: &Form, settings: &Settings, now: &AccountFacts, reasons: &mut Reasons) -> AccountUpdate {
    let mut update = AccountUpdate::default();
    if form.is_changed("name", "name-was") {
        let name = reasons.take("name", Attribute::Name.parse(form.get("name")));
        update.name = name.map(|name| name.as_str().to_owned());
    }
    if form.is_changed("description", "description-was") {
        let text = reasons.take("description", Attribute::Description.parse(&form.lines("description")));
        update.description = text.map(|text| Some(text.as_str().to_owned()).filter(|text| !text.is_empty()));
    }
    if form.is_changed("domains", "domains-was") {
        update.domains = domains(&form.lines("domains"), reasons);
    }
    if form.is_changed("external", "external-was") {
        update.external_id = reasons.take("external", unless_empty(form.get("external"), ExternalId::parse));
    }
    if form.is_changed("logo", "logo-was") {
        update.logo_url = reasons.take("logo", unless_empty(form.get("logo"), Link::parse));
    }
    update.custom = custom::read(form, settings, FieldTarget::Account, &now.custom, reasons);
    update
}

fn unless_empty<T>(text: &str, parse: fn(&str) -> Result<T, Invalid>) -> Result<Option<T>, Invalid> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

fn domains(lines: &str, reasons: &mut Reasons) -> Option<Vec<Domain>> {
    let mut domains = Vec::new();
    for line in lines.split([' ', '\n', ',']).filter(|line| !line.is_empty()) {
        match Domain::parse(line) {
            Ok(domain) => domains.push(domain),
            Err(why) => {
                reasons.add("domains", html! { bdi { (line) } ": " (why) });
                return None;
            }
        }
    }
    if domains.len() > DOMAINS_MAX {
        reasons.add("domains", html! { "Must be at most " (DOMAINS_MAX) "." });
        return None;
    }
    Some(domains)
}

/// Notes why an account was not taken, beside what is to be changed.
async fn refused(
    app: &App,
    by: &SignedIn,
    error: hub::Error,
    settings: &Settings,
    reasons: &mut Reasons,
) -> Result<(), Error> {
    match error {
        hub::Error::Refused(Refused::WrongValue(wrong)) => {
            custom::refused(&wrong, settings, FieldTarget::Account, reasons);
        }
        hub::Error::Refused(Refused::AccountTaken(alias, other)) => {
            let field = if matches!(alias, AccountAlias::Domain(_)) { "domains" } else { "external" };
            let other = app.hub.account(by.company.id, other).await?;
            reasons.add(
                field,
                html! {
                    bdi { (alias.value()) } " is that of "
                    @match other { Some(other) => (names::account(&other)), None => "another account" } "."
                },
            );
        }
        error => reasons.add("form", html! { (refusal(error)?) }),
    }
    Ok(())
}
