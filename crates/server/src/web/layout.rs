//! The frame of every page, and the parts that pages share.

use contact::Seq;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// An item of the navigation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum NavItem {
    Inbox,
    Contacts,
    Accounts,
    Settings,
}

/// A page with the navigation.
pub struct Page<'a> {
    pub nav: NavItem,
    pub title: &'a str,
    /// The last journal entry that the page may show.
    pub seen: Seq,
}

impl Page<'_> {
    /// Returns the whole document. `class` selects the layout of the content.
    pub fn render(&self, class: &str, content: &Markup) -> Markup {
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
        let items = [
            (NavItem::Inbox, "/app/inbox", "Inbox", Icon::Inbox),
            (NavItem::Contacts, "/app/contacts", "Contacts", Icon::People),
            (NavItem::Accounts, "/app/accounts", "Accounts", Icon::Building),
            (NavItem::Settings, "/app/settings", "Settings", Icon::Sliders),
        ];
        html! {
            nav.rail aria-label="Kith" {
                a.mark href="/app/inbox" aria-label="Kith" { (logo()) }
                ul {
                    @for (item, href, name, shape) in items {
                        li {
                            a href=(href) aria-current=[(item == self.nav).then_some("page")] { (icon(shape)) (name) }
                        }
                    }
                }
            }
        }
    }
}

/// Returns a document without the navigation: the sign-in page and error pages.
pub fn standalone(title: &str, class: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body {
                main #main class=(class) { div.gate-in { div.mark { (logo()) } (content) } }
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

/// Returns a link to the page above.
pub fn back_link(href: &str, name: &Markup) -> Markup {
    html! { a.crumb href=(href) { (icon(Icon::Back)) (name) } }
}

/// Returns a search field whose form opens `action`.
pub fn search_form(action: &str, label: &str, value: &str) -> Markup {
    html! {
        form.find role="search" action=(action) {
            (icon(Icon::Search))
            input type="search" name="q" value=(value) aria-label=(label) placeholder=(label) autocomplete="off"
                maxlength="200" data-search;
            kbd aria-hidden="true" { "/" }
        }
    }
}

/// Returns a command line with a button that copies it.
pub fn command(text: &str) -> Markup {
    copy_box(text, "command")
}

/// Returns a text with a button that copies it.
pub fn copy_box(text: &str, what: &str) -> Markup {
    html! {
        div.command {
            pre tabindex="0" { (text) }
            button.copy type="button" data-copy=(text) aria-label={ "Copy the " (what) } { (icon(Icon::Copy)) "Copy" }
        }
    }
}

/// An icon of one stroke width, shown beside a label.
#[derive(Clone, Copy)]
pub enum Icon {
    Inbox,
    People,
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
        Icon::People => {
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

/// The logo: two overlapping circles.
fn logo() -> Markup {
    let circles = r#"<circle cx="12.5" cy="16" r="7.5"/><circle cx="19.5" cy="16" r="7.5"/>"#;
    html! { svg viewBox="0 0 32 32" aria-hidden="true" { (PreEscaped(circles)) } }
}
