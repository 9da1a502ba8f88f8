//! Creates and edits accounts. Saves only the fields that were changed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{
    ACCOUNT_NAME_CHARS_MAX, Account, AccountAlias, AccountFacts, AccountUpdate, Attribute, DESCRIPTION_CHARS_MAX,
    DOMAINS_MAX, Domain, EXTERNAL_ID_CHARS_MAX, ExternalId, FieldTarget, Invalid, LINK_BYTES_MAX, Link, Refused,
    Settings,
};
use maud::{Markup, html};

use crate::App;
use crate::web::account::{self, find};
use crate::web::custom;
use crate::web::error::{Error, refusal};
use crate::web::form::{self, FieldErrors, Form, SubmittedForm};
use crate::web::layout::{self, NavItem, Page};
use crate::web::parts::Path;
use crate::web::session::SignedIn;

pub async fn new(State(app): State<App>, by: SignedIn) -> Result<Markup, Error> {
    show(&app, &by, None, None, &FieldErrors::default()).await
}

pub async fn page(State(app): State<App>, Path(id): Path<String>, by: SignedIn) -> Result<Markup, Error> {
    let account = find(&app, &by, &id).await?;
    show(&app, &by, Some(&account), None, &FieldErrors::default()).await
}

async fn show(
    app: &App,
    by: &SignedIn,
    account: Option<&Account>,
    sent: Option<&Form>,
    errors: &FieldErrors,
) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let settings = app.hub.settings(by.company.id).await?;
    let nothing = AccountFacts::default();
    let facts = account.map_or(&nothing, |account| &account.facts);
    let back = account.map_or("/app/accounts".to_owned(), |account| format!("/app/accounts/{}", account.id));
    let action = account.map_or("/app/accounts/new".to_owned(), |account| format!("/app/accounts/{}/edit", account.id));
    let title = if account.is_some() { "Edit" } else { "New account" };
    let content = html! {
        (layout::back_link(&back, &html! { bdi { (account.map_or("Accounts", account::display_name)) } }))
        h1 { (title) @if let Some(account) = account { " " bdi { (account::display_name(account)) } } }
        form #edit.form method="post" action=(action) data-live=[account.map(|_| "directory")]
            data-announce="This account has changed meanwhile." {
            (form::token(by))
            (errors.show("form"))
            (inputs(facts, sent, errors))
            (custom::inputs(&settings, FieldTarget::Account, &facts.custom, sent, errors))
            div.actions {
                button.primary { @if account.is_some() { "Save" } @else { "Create" } }
                a.button href=(back) { "Cancel" }
            }
        }
    };
    Ok(Page { nav: NavItem::Accounts, title, seen }.render("page", &content))
}

fn inputs(facts: &AccountFacts, sent: Option<&Form>, errors: &FieldErrors) -> Markup {
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
                aria-invalid=[errors.aria_invalid("name")];
            (errors.show("name"))
        }
        div.field {
            label for="description" { "Description" }
            textarea #description name="description" rows="2" maxlength=(DESCRIPTION_CHARS_MAX) dir="auto"
                aria-invalid=[errors.aria_invalid("description")] { "\n" (value("description")) }
            (errors.show("description"))
        }
        div.field {
            label for="domains" { "Domains" }
            textarea #domains name="domains" rows="2" spellcheck="false" autocapitalize="none"
                aria-describedby="domains-hint" aria-invalid=[errors.aria_invalid("domains")] { "\n" (value("domains")) }
            small #domains-hint { "One per line, such as wayne.inc. A domain belongs to one account." }
            (errors.show("domains"))
        }
        div.field {
            label for="external" { "External id" }
            input #external name="external" value=(value("external")) maxlength=(EXTERNAL_ID_CHARS_MAX) autocomplete="off"
                spellcheck="false" aria-describedby="external-hint" aria-invalid=[errors.aria_invalid("external")];
            small #external-hint { "Its id in another system, such as a CRM." }
            (errors.show("external"))
        }
        div.field {
            label for="logo" { "Logo URL" }
            input #logo name="logo" type="url" value=(value("logo")) maxlength=(LINK_BYTES_MAX) placeholder="https://"
                autocomplete="off" aria-invalid=[errors.aria_invalid("logo")];
            (errors.show("logo"))
        }
    }
}

pub async fn create(State(app): State<App>, sent: SubmittedForm) -> Result<Response, Error> {
    let SubmittedForm { by, form } = sent;
    let settings = app.hub.settings(by.company.id).await?;
    let mut errors = FieldErrors::default();
    let facts = read(&form, &settings, &AccountFacts::default(), &mut errors);
    if facts == AccountUpdate::default() && errors.is_empty() {
        errors.add("name", html! { "Enter at least a name." });
    }
    if errors.is_empty() {
        match app.hub.make_account(by.company.id, facts, by.origin).await {
            Ok(account) => return Ok(Redirect::to(&format!("/app/accounts/{}", account.id)).into_response()),
            Err(error) => refused(&app, &by, error, &settings, &mut errors).await?,
        }
    }
    let page = show(&app, &by, None, Some(&form), &errors).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

pub async fn save(State(app): State<App>, Path(id): Path<String>, sent: SubmittedForm) -> Result<Response, Error> {
    let SubmittedForm { by, form } = sent;
    let account = find(&app, &by, &id).await?;
    let settings = app.hub.settings(by.company.id).await?;
    let mut errors = FieldErrors::default();
    let update = read(&form, &settings, &account.facts, &mut errors);
    if errors.is_empty() {
        match app.hub.update_account(by.company.id, account.id, update, by.origin).await {
            Ok(()) => return Ok(Redirect::to(&format!("/app/accounts/{}", account.id)).into_response()),
            Err(error) => refused(&app, &by, error, &settings, &mut errors).await?,
        }
    }
    let page = show(&app, &by, Some(&account), Some(&form), &errors).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn read(form: &Form, settings: &Settings, now: &AccountFacts, errors: &mut FieldErrors) -> AccountUpdate {
    let mut update = AccountUpdate::default();
    if form.is_changed("name", "name-was") {
        let name = errors.check("name", Attribute::Name.parse(form.get("name")));
        update.name = name.map(|name| name.as_str().to_owned());
    }
    if form.is_changed("description", "description-was") {
        let text = errors.check("description", Attribute::Description.parse(&form.lines("description")));
        update.description = text.map(|text| Some(text.as_str().to_owned()).filter(|text| !text.is_empty()));
    }
    if form.is_changed("domains", "domains-was") {
        update.domains = domains(&form.lines("domains"), errors);
    }
    if form.is_changed("external", "external-was") {
        update.external_id = errors.check("external", unless_empty(form.get("external"), ExternalId::parse));
    }
    if form.is_changed("logo", "logo-was") {
        update.logo_url = errors.check("logo", unless_empty(form.get("logo"), Link::parse));
    }
    update.custom = custom::read(form, settings, FieldTarget::Account, &now.custom, errors);
    update
}

fn unless_empty<T>(text: &str, parse: fn(&str) -> Result<T, Invalid>) -> Result<Option<T>, Invalid> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

fn domains(lines: &str, errors: &mut FieldErrors) -> Option<Vec<Domain>> {
    let mut domains = Vec::new();
    for line in lines.split([' ', '\n', ',']).filter(|line| !line.is_empty()) {
        match Domain::parse(line) {
            Ok(domain) => domains.push(domain),
            Err(why) => {
                errors.add("domains", html! { bdi { (line) } ": " (why) });
                return None;
            }
        }
    }
    if domains.len() > DOMAINS_MAX {
        errors.add("domains", html! { "Enter at most " (DOMAINS_MAX) " domains." });
        return None;
    }
    Some(domains)
}

/// Adds why an account was refused to the errors of its field.
async fn refused(
    app: &App,
    by: &SignedIn,
    error: hub::Error,
    settings: &Settings,
    errors: &mut FieldErrors,
) -> Result<(), Error> {
    match error {
        hub::Error::Refused(Refused::WrongValue(wrong)) => {
            custom::refused(&wrong, settings, FieldTarget::Account, errors);
        }
        hub::Error::Refused(Refused::AccountTaken(alias, other)) => {
            let field = if matches!(alias, AccountAlias::Domain(_)) { "domains" } else { "external" };
            let other = app.hub.account(by.company.id, other).await?;
            errors.add(
                field,
                html! {
                    bdi { (alias.value()) } " already belongs to "
                    @match other { Some(other) => (account::link(&other)), None => "another account" } "."
                },
            );
        }
        error => errors.add("form", html! { (refusal(error)?) }),
    }
    Ok(())
}
