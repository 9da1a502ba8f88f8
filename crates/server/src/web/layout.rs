//! What is the same on every page.

use contact::Seq;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::form::TOKEN_FIELD;
use super::session::SignedIn;

/// Where in the app a page is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Inbox,
    Contacts,
    Accounts,
    Settings,
}

/// A page of somebody who is signed in.
pub struct Page<'a> {
    pub place: Place,
    pub title: &'a str,
    /// The last entry that it may show.
    pub seen: Seq,
}

impl Page<'_> {
    /// The whole document. `class` says how what is on it lies.
    pub fn show(&self, class: &str, content: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                (head(self.title))
                body.app data-seen=(self.seen) {
                    a.skip href="#main" { "Skip to the page" }
                    (self.rail())
                    main #main class=(class) tabindex="-1" { (content) }
                    p #announce.sr-only role="status" aria-live="polite" {}
                }
            }
        }
    }

    fn rail(&self) -> Markup {
        let places = [
            (Place::Inbox, "/app/inbox", "Inbox", Icon::Inbox),
            (Place::Contacts, "/app/contacts", "Contacts", Icon::ContactStream),
            (Place::Accounts, "/app/accounts", "Accounts", Icon::Building),
            (Place::Settings, "/app/settings", "Settings", Icon::Sliders),
        ];
        html! {
            nav.rail aria-label="Kith" {
                a.mark href="/app/inbox" aria-label="Kith" { (mark()) }
                ul {
                    @for (place, href, name, shape) in places {
                        li {
                            a href=(href) aria-current=[(place == self.place).then_some("page")] { (icon(shape)) (name) }
                        }
                    }
                }
            }
        }
    }
}

/// A document without the app around it: signing in, and what went wrong.
pub fn gate(title: &str, class: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body {
                main #main class=(class) { div.gate-in { div.mark { (mark()) } (content) } }
            }
        }
    }
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " · Kith" }
            link rel="stylesheet" href="/app/static/app.css";
            link rel="icon" href="data:,";
            script type="module" src="/app/static/app.js" {}
        }
    }
}

/// The field that shows a form to be of this session.
pub fn token(by: &SignedIn) -> Markup {
    html! { input type="hidden" name=(TOKEN_FIELD) value=(by.form_token); }
}

/// A link back to where one came from.
pub fn crumb(href: &str, name: &Markup) -> Markup {
    html! { a.crumb href=(href) { (icon(Icon::Back)) (name) } }
}

/// A search field whose form asks the page at `action`.
pub fn find(action: &str, label: &str, value: &str) -> Markup {
    html! {
        form.find role="search" action=(action) {
            (icon(Icon::Search))
            input type="search" name="q" value=(value) aria-label=(label) placeholder=(label) autocomplete="off"
                maxlength="200" data-search;
            kbd aria-hidden="true" { "/" }
        }
    }
}

/// A line to paste, with a button that copies it.
pub fn command(text: &str) -> Markup {
    copied(text, "command")
}

/// A text with a button that copies it.
pub fn copied(text: &str, what: &str) -> Markup {
    html! {
        div.command {
            pre tabindex="0" { (text) }
            button.copy type="button" data-copy=(text) aria-label={ "Copy the " (what) } { (icon(Icon::Copy)) "Copy" }
        }
    }
}

/// A button that asks once more before it does what cannot be taken back. `words` say what comes of it.
pub fn confirm(by: &SignedIn, action: &str, name: &str, of: &str, words: &str) -> Markup {
    html! {
        details.confirm {
            summary.button.small { (name) "…" span.sr-only { " " (of) } }
            form method="post" action=(action) {
                (token(by))
                p { (words) }
                button.danger { (name) span.sr-only { " " (of) } }
            }
        }
    }
}

/// A shape of one stroke, beside words.
#[derive(Clone, Copy)]
pub enum Icon {
    Inbox,
    ContactStream,
    Building,
    Sliders,
    Search,
    Copy,
    File,
    Out,
    Back,
    Cross,
}

pub fn icon(icon: Icon) -> Markup {
    let path = match icon {
        Icon::Inbox => r#"<path d="M3 11l2.5-6.5h9L17 11v4.5H3V11z"/><path d="M3 11h4l1 2h4l1-2h4"/>"#,
        Icon::ContactStream => {
            r#"<circle cx="7.5" cy="7" r="3"/><path d="M2 16.5c0-3 2.2-5 5.5-5s5.5 2 5.5 5"/><path d="M13 4.3a3 3 0 0 1 0 5.4M15 12c1.9.7 3 2.3 3 4.5"/>"#
        }
        Icon::Building => r#"<path d="M4 17V4h8v13M12 8h4v9M2.5 17h15"/><path d="M7 7.5h2M7 10.5h2M7 13.5h2"/>"#,
        Icon::Sliders => {
            r#"<path d="M3 6h8M15 6h2M3 14h2M9 14h8"/><circle cx="13" cy="6" r="2"/><circle cx="7" cy="14" r="2"/>"#
        }
        Icon::Search => r#"<circle cx="9" cy="9" r="5"/><path d="M13 13l4 4"/>"#,
        Icon::Copy => r#"<rect x="7" y="7" width="9" height="9" rx="2"/><path d="M4 13V6a2 2 0 0 1 2-2h7"/>"#,
        Icon::File => {
            r#"<path d="M11 3H6a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1V7l-4-4z"/><path d="M11 3v4h4"/>"#
        }
        Icon::Out => r#"<path d="M8 5H5v10h10v-3M11 4h5v5M16 4l-7 7"/>"#,
        Icon::Back => r#"<path d="M12 4l-6 6 6 6"/>"#,
        Icon::Cross => r#"<path d="M5 5l10 10M15 5L5 15"/>"#,
    };
    html! { svg viewBox="0 0 20 20" aria-hidden="true" { (PreEscaped(path)) } }
}

/// Two circles that become one.
fn mark() -> Markup {
    let circles = r#"<circle cx="12.5" cy="16" r="7.5"/><circle cx="19.5" cy="16" r="7.5"/>"#;
    html! { svg viewBox="0 0 32 32" aria-hidden="true" { (PreEscaped(circles)) } }
}
