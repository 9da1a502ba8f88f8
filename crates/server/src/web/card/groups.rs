//! The sections of a contact card with its lists and accounts.

use contact::{ACCOUNT_NAME_CHARS_MAX, Contact, Group, LIST_NAME_CHARS_MAX};
use maud::{Markup, html};

use super::data::CardData;
use crate::web::account;
use crate::web::form::{self, FieldErrors};
use crate::web::layout::{Icon, icon};
use crate::web::session::SignedIn;

/// Returns the sections of a card with the lists and the accounts.
pub fn section(by: &SignedIn, contact: &Contact, data: &CardData, errors: &FieldErrors) -> Markup {
    let page = format!("/app/contacts/{}", contact.id);
    let lists = contact.groups.iter().filter_map(|group| match group {
        Group::List(id) => data.names.list(*id),
        Group::Account(_) => None,
    });
    let lists: Vec<_> = lists.collect();
    let accounts = contact.groups.iter().filter_map(|group| match group {
        Group::Account(id) => data.names.accounts.get(id),
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
            (add(by, &format!("{page}/lists"), ("list", "Add to a list", LIST_NAME_CHARS_MAX), errors))
            datalist #list-choices {
                @for list in data.names.lists() { @if !lists.contains(&list) { option value=(list.name.as_str()) {} } }
            }
        }
        section #card-accounts aria-labelledby="accounts-title" {
            h2 #accounts-title { "Accounts" }
            ul.chips {
                @for account in &accounts {
                    li.chip id={ "in-" (account.id) } {
                        (account::link(account))
                        (leave(by, &format!("{page}/accounts"), &account.id.to_string(), account::display_name(account)))
                    }
                }
            }
            (add(by, &format!("{page}/accounts"), ("account", "Add to an account", ACCOUNT_NAME_CHARS_MAX), errors))
            datalist #account-choices {
                @for account in &data.choices.0 {
                    @if !accounts.contains(&account) { option value=(account::display_name(account)) {} }
                }
            }
        }
    }
}

/// Returns a button that removes a contact from a list or an account.
fn leave(by: &SignedIn, action: &str, id: &str, name: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            (form::token(by))
            input type="hidden" name="leave" value=(id);
            button.quiet.icon aria-label={ "Remove from " (name) } title="Remove" { (icon(Icon::Cross)) }
        }
    }
}

fn add(by: &SignedIn, action: &str, (field, label, chars_max): (&str, &str, usize), errors: &FieldErrors) -> Markup {
    html! {
        form.add method="post" action=(action) {
            (form::token(by))
            input name=(field) list={ (field) "-choices" } aria-label=(label) placeholder=(label)
                maxlength=(chars_max) autocomplete="off" required aria-invalid=[errors.aria_invalid(field)];
            button { "Add" span.sr-only { " to the " (field) } }
        }
        (errors.show(field))
    }
}
