//! Contacts as rows of a list.

use contact::{Contact, ContactId, Group, Time};
use hub::Query;
use maud::{Markup, html};

use super::error::Error;
use super::person::{display_name, monogram};
use super::session::SignedIn;
use super::{format, highlight};
use crate::App;

/// Contacts on a page.
pub const PAGE_SIZE: usize = 50;
/// Characters of a description in a row.
pub const ABOUT_CHARS_SHOWN: usize = 300;

/// Returns a page of the contacts in a list or an account, and the contact after which the next page starts.
pub async fn members(
    app: &App,
    by: &SignedIn,
    group: Group,
    after: Option<&str>,
) -> Result<(Vec<Contact>, Option<ContactId>), Error> {
    let after: Option<ContactId> = after.and_then(|after| after.parse().ok());
    let page = app.hub.members(by.company.id, group, after, PAGE_SIZE).await?;
    Ok((page.items, page.next))
}

/// Returns contacts as rows, with the matches of a search highlighted.
pub fn rows(contacts: &[Contact], query: Option<&Query>, now: Time) -> Markup {
    html! { ul.rows.people data-rows { @for contact in contacts { (row(contact, query, now)) } } }
}

fn row(contact: &Contact, query: Option<&Query>, now: Time) -> Markup {
    let page = format!("/app/contacts/{}", contact.id);
    html! {
        li id={ "row-" (contact.id) } {
            (monogram(contact))
            a.row-link.row-name href=(page) data-card { bdi { (highlight::highlighted(display_name(contact), query)) } }
            (about(contact, query))
            (format::time(contact.changed_at, now))
        }
    }
}

/// Returns what a row shows of a contact besides its name.
pub fn about(contact: &Contact, query: Option<&Query>) -> Markup {
    let description = highlight::excerpt(contact.description(), query, ABOUT_CHARS_SHOWN);
    let more = contact.handles.len().saturating_sub(1);
    html! {
        @if !description.trim().is_empty() { span.row-about { bdi { (highlight::highlighted(&description, query)) } } }
        @if let Some(handle) = highlight::handle(contact, query) {
            span.row-text {
                bdi { (highlight::highlighted(handle.text(), query)) } @if more > 0 { ", " (more) " more" }
            }
        }
        (highlight::link_line(contact, query))
    }
}
