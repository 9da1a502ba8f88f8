//! The lists and accounts of a contact: shown on its card, where it is also added to them and taken from them.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{
    ACCOUNT_NAME_CHARS_MAX, Account, AccountAlias, AccountId, Contact, Domain, ExternalId, Group, LIST_NAME_CHARS_MAX,
    ListId, ListName,
};
use hub::Order;
use maud::{Markup, html};

use super::card::{self, Around, Refused};
use super::error::{Error, refusal};
use super::form::{Reasons, Sent};
use super::layout::{self, Icon, icon};
use super::names::{self, account_called};
use super::session::SignedIn;
use crate::App;

/// Accounts that are proposed while one types.
const ACCOUNTS_PROPOSED: usize = 100;

/// The accounts that are proposed: the last made.
pub struct Choices(Vec<Account>);

impl Choices {
    pub async fn load(app: &App, by: &SignedIn) -> Result<Choices, Error> {
        Ok(Choices(app.hub.accounts(by.company.id, Order::NEWEST, None, ACCOUNTS_PROPOSED).await?.items))
    }

    /// The account of a name, if no other of these has it.
    fn called(&self, name: &str) -> Option<&Account> {
        let mut found = self.0.iter().filter(|account| account_called(account).eq_ignore_ascii_case(name));
        found.next().filter(|_| found.next().is_none())
    }
}

/// The sections of a card with the lists and the accounts.
pub fn section(by: &SignedIn, contact: &Contact, around: &Around, reasons: &Reasons) -> Markup {
    let page = format!("/app/contacts/{}", contact.id);
    let lists = contact.groups.iter().filter_map(|group| match group {
        Group::List(id) => around.names.list(*id),
        Group::Account(_) => None,
    });
    let lists: Vec<_> = lists.collect();
    let accounts = contact.groups.iter().filter_map(|group| match group {
        Group::Account(id) => around.names.accounts.get(id),
        Group::List(_) => None,
    });
    let accounts: Vec<_> = accounts.collect();
    html! {
        section #card-lists aria-labelledby="lists-title" {
            h2 #lists-title { "Lists" }
            ul.chips {
                @for list in &lists {
                    @let name = list.name.as_str();
                    li.chip id={ "on-" (list.id) } {
                        a href={ "/app/contacts?list=" (list.id) } { bdi { (name) } }
                        (leave(by, &format!("{page}/lists"), &list.id.to_string(), name))
                    }
                }
            }
            (add(by, &format!("{page}/lists"), ("list", "Add to a list", LIST_NAME_CHARS_MAX), reasons))
            datalist #list-choices {
                @for list in around.names.lists() { @if !lists.contains(&list) { option value=(list.name.as_str()) {} } }
            }
        }
        section #card-accounts aria-labelledby="accounts-title" {
            h2 #accounts-title { "Accounts" }
            ul.chips {
                @for account in &accounts {
                    li.chip id={ "in-" (account.id) } {
                        (names::account(account))
                        (leave(by, &format!("{page}/accounts"), &account.id.to_string(), account_called(account)))
                    }
                }
            }
            (add(by, &format!("{page}/accounts"), ("account", "Add to an account", ACCOUNT_NAME_CHARS_MAX), reasons))
            datalist #account-choices {
                @for account in &around.choices.0 {
                    @if !accounts.contains(&account) { option value=(account_called(account)) {} }
                }
            }
        }
    }
}

/// A button that takes a contact from a list or an account.
fn leave(by: &SignedIn, action: &str, id: &str, name: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            (layout::token(by))
            input type="hidden" name="leave" value=(id);
            button.quiet.icon aria-label={ "Take from " (name) } title="Take away" { (icon(Icon::Cross)) }
        }
    }
}

fn add(by: &SignedIn, action: &str, (field, label, chars_max): (&str, &str, usize), reasons: &Reasons) -> Markup {
    html! {
        form.add method="post" action=(action) {
            (layout::token(by))
            input name=(field) list={ (field) "-choices" } aria-label=(label) placeholder=(label)
                maxlength=(chars_max) autocomplete="off" required aria-invalid=[reasons.wrong(field)];
            button { "Add" span.sr-only { " to the " (field) } }
        }
        (reasons.why(field))
    }
}

pub async fn lists(State(app): State<App>, Path(id): Path<String>, sent: Sent) -> Result<Response, Error> {
    let contact = card::find(&app, &sent.by, &id).await?;
    let (by, form) = (&sent.by, &sent.form);
    let company = by.company.id;
    if form.has("leave") {
        let gone = || Error::NotFound("There is no such list.");
        let list: ListId = form.get("leave").parse().map_err(|_| gone())?;
        let names = names::Names::load(&app, by, &[], &[]).await?;
        names.list(list).ok_or_else(gone)?;
        app.hub.group(company, Group::List(list), vec![contact.id], false, by.origin).await?;
        return Ok(back(&contact));
    }
    let mut reasons = Reasons::default();
    let Some(name) = reasons.take("list", ListName::parse(form.get("list"))) else {
        return refuse(&app, by, &contact, reasons).await;
    };
    let own = by.teammate.as_ref().map(|teammate| teammate.id);
    let settings = app.hub.settings(company).await?;
    // The company's list of that name, or else one's own.
    let found = settings.list(None, &name).or_else(|| settings.list(Some(own?), &name)).map(|list| list.id);
    let list = match found {
        Some(list) => list,
        None => match app.hub.make_list(company, name, None, by.origin).await {
            Ok(list) => list.id,
            Err(error) => {
                reasons.add("list", html! { (refusal(error)?) });
                return refuse(&app, by, &contact, reasons).await;
            }
        },
    };
    app.hub.group(company, Group::List(list), vec![contact.id], true, by.origin).await?;
    Ok(back(&contact))
}

pub async fn accounts(State(app): State<App>, Path(id): Path<String>, sent: Sent) -> Result<Response, Error> {
    let contact = card::find(&app, &sent.by, &id).await?;
    let (by, form) = (&sent.by, &sent.form);
    let (account, inside) = if form.has("leave") {
        (super::accounts::find(&app, by, form.get("leave")).await?.id, false)
    } else if let Some(account) = named(&app, by, form.get("account")).await? {
        (account, true)
    } else {
        let mut reasons = Reasons::default();
        let why = html! {
            "There is no account of this name, domain or external id. " a href="/app/accounts/new" { "Make one" } "."
        };
        reasons.add("account", why);
        return refuse(&app, by, &contact, reasons).await;
    };
    app.hub.group(by.company.id, Group::Account(account), vec![contact.id], inside, by.origin).await?;
    Ok(back(&contact))
}

/// The account that somebody means: by its id, a domain, the id that another system has for it, or its name.
async fn named(app: &App, by: &SignedIn, text: &str) -> Result<Option<AccountId>, Error> {
    let company = by.company.id;
    if let Some(account) = Choices::load(app, by).await?.called(text) {
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

async fn refuse(app: &App, by: &SignedIn, contact: &Contact, reasons: Reasons) -> Result<Response, Error> {
    let refused = Refused { reasons, text: String::new() };
    let page = card::show(app, by, &contact.id.to_string(), &card::Asked::default(), &refused).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn back(contact: &Contact) -> Response {
    Redirect::to(&format!("/app/contacts/{}", contact.id)).into_response()
}
