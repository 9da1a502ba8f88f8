//! The settings pages, their tabs, and the command lines that they show.

pub mod company;
pub mod fields;
pub mod guards;
pub mod handles;
pub mod import;
pub mod lists;
pub mod teammates;
pub mod tokens;

use axum::http::HeaderValue;
use contact::Seq;
use maud::{Markup, html};

use super::layout::{NavItem, Page};
use super::session::SignedIn;

/// Seconds until a page reloads while what it shows runs.
const RELOAD_AFTER: HeaderValue = HeaderValue::from_static("1");

/// A tab of the settings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Company,
    Teammates,
    Tokens,
    Lists,
    Fields,
    Handles,
    Import,
}

impl Tab {
    const ALL: [Tab; 7] =
        [Tab::Company, Tab::Teammates, Tab::Tokens, Tab::Lists, Tab::Fields, Tab::Handles, Tab::Import];

    fn name(self) -> &'static str {
        match self {
            Tab::Company => "Company",
            Tab::Teammates => "Teammates",
            Tab::Tokens => "Tokens",
            Tab::Lists => "Lists",
            Tab::Fields => "Custom fields",
            Tab::Handles => "Shared handles",
            Tab::Import => "Import and export",
        }
    }

    fn page(self) -> &'static str {
        match self {
            Tab::Company => "/app/settings",
            Tab::Teammates => "/app/settings/teammates",
            Tab::Tokens => "/app/settings/tokens",
            Tab::Lists => "/app/settings/lists",
            Tab::Fields => "/app/settings/fields",
            Tab::Handles => "/app/settings/handles",
            Tab::Import => "/app/settings/import",
        }
    }

    /// Returns the whole page.
    fn show(self, seen: Seq, content: &Markup) -> Markup {
        let content = html! {
            h1 { "Settings" }
            nav.tabs aria-label="Settings" {
                ul {
                    @for tab in Tab::ALL {
                        li { a href=(tab.page()) aria-current=[(tab == self).then_some("page")] { (tab.name()) } }
                    }
                }
            }
            (content)
        };
        let title = if self == Tab::Company { "Settings" } else { self.name() };
        Page { nav: NavItem::Settings, title, seen }.render("page", &content)
    }
}

/// Returns a table, with a cell for each of `heads` in each row.
///
/// On small screens rows become blocks, so each cell repeats its head. Explicit roles keep it a table for screen readers.
fn table<const N: usize>(
    name: &str,
    heads: [&str; N],
    rows: impl IntoIterator<Item = (String, [Markup; N])>,
) -> Markup {
    html! {
        div.table tabindex="0" role="group" aria-label={ "Table of " (name) } {
            table role="table" {
                thead role="rowgroup" {
                    tr role="row" { @for head in heads { th role="columnheader" scope="col" { (head) } } }
                }
                tbody role="rowgroup" {
                    @for (id, cells) in rows {
                        tr id=(id) role="row" {
                            @for (head, cell) in heads.iter().zip(cells) { td role="cell" data-head=(head) { (cell) } }
                        }
                    }
                }
            }
        }
    }
}

/// Returns the command line that adds a channel.
pub fn channel_command(by: &SignedIn) -> String {
    format!("kith channel add {} --type email --address support@example.org", by.company.name)
}

/// Returns the command line that reports a contact. The password is not stored, so a placeholder stands for it.
pub fn report_command(by: &SignedIn) -> String {
    let fields = r#"[{"source": "email", "handle": "bruce@wayne.inc"}]"#;
    let body = format!(r#"{{"name": "Bruce Wayne", "description": "CEO / Wayne.inc", "fields": {fields}}}"#);
    let url = &by.base_url;
    format!(
        "curl --user {}:PASSWORD -H \"Content-Type: application/json\" \\\n  --data '{body}' \\\n  {url}/api/1/contacts",
        by.company.name
    )
}

/// Returns a number with commas between thousands.
fn with_commas(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
