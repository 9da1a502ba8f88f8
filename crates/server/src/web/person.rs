//! A contact as parts of pages: its name, its monogram, and its summary.

use contact::{Contact, ContactId, Handle};
use maud::{Markup, html};

use super::error::Error;
use super::session::SignedIn;
use crate::App;

const HUES: u64 = 12;

/// Returns the contact of an id in a URL.
///
/// # Errors
///
/// [`Error::NotFound`] if the company has no such contact.
pub async fn find(app: &App, by: &SignedIn, id: &str) -> Result<Contact, Error> {
    let not_found = || Error::NotFound("Contact not found.");
    let id: ContactId = id.parse().map_err(|_| not_found())?;
    app.hub.contact(by.company.id, id).await?.ok_or_else(not_found)
}

/// Returns the name of a contact, or else its first handle.
pub fn display_name(contact: &Contact) -> &str {
    let name = contact.name().trim();
    if !name.is_empty() {
        return name;
    }
    contact.handles.first().map_or("No name yet", Handle::text)
}

/// Returns the name of a message's sender. A deleted sender has only the handle.
pub fn sender_name<'a>(contact: Option<&'a Contact>, handle: &'a Handle) -> &'a str {
    contact.map_or(handle.text(), display_name)
}

/// Returns up to two letters for a monogram.
pub fn initials(name: &str) -> String {
    let words: Vec<char> =
        name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric())).collect();
    let letters = words.first().into_iter().chain(words.get(1..).and_then(<[char]>::last));
    letters.flat_map(|c| c.to_uppercase()).collect()
}

/// Returns the CSS class of a colour. The same contact or account has the same colour everywhere.
pub fn hue(count: u64) -> String {
    format!("hue-{}", count * 5 % HUES)
}

/// Returns a link to a contact's card.
pub fn link(contact: &Contact) -> Markup {
    html! { a href={ "/app/contacts/" (contact.id) } data-card { bdi { (display_name(contact)) } } }
}

/// Returns a link to the card of a message's sender, or the handle of a deleted one.
pub fn sender_link(contact: Option<&Contact>, handle: &Handle) -> Markup {
    html! { @match contact { Some(contact) => (link(contact)), None => bdi { (handle.text()) } } }
}

/// Returns a monogram. Screen readers skip it, because the name is beside it.
pub fn monogram(contact: &Contact) -> Markup {
    monogram_for(display_name(contact), contact.id.count())
}

/// Returns the monogram of a name. `count` is the number in the id, which picks the colour.
pub fn monogram_for(name: &str, count: u64) -> Markup {
    html! { span class={ "monogram " (hue(count)) } aria-hidden="true" { (initials(name)) } }
}

/// Returns the monogram of a message's sender. A deleted sender has no colour.
pub fn sender_monogram(contact: Option<&Contact>, handle: &Handle) -> Markup {
    html! {
        @match contact {
            Some(contact) => (monogram(contact)),
            None => span.monogram.gone aria-hidden="true" { (initials(handle.text())) },
        }
    }
}

/// Returns a contact's picture, or a large monogram, for the head of a card.
pub fn portrait(contact: &Contact) -> Markup {
    html! {
        @if let Some(picture) = contact.picture {
            img.portrait src={ "/app/contacts/" (contact.id) "/picture?entry=" (picture.entry) } alt="" width="56"
                height="56";
        } @else {
            span class={ "monogram large " (hue(contact.id.count())) } aria-hidden="true" { (initials(display_name(contact))) }
        }
    }
}

/// Returns the description of a contact.
pub fn description(contact: &Contact) -> Markup {
    let text = contact.description();
    html! {
        @if text.trim().is_empty() { p.about.nothing { "No description" } } @else { p.about dir="auto" { (text) } }
    }
}

/// Returns the summary of a contact, to compare it with others. `id_prefix` makes its element id unique on the page.
pub fn summary(contact: &Contact, id_prefix: &str) -> Markup {
    summary_titled(contact, &format!("{id_prefix}-{}", contact.id), &html! { bdi { (display_name(contact)) } })
}

/// Returns the summary of a contact under a title, which may be a link.
pub fn summary_titled(contact: &Contact, id: &str, title: &Markup) -> Markup {
    html! {
        article.person aria-labelledby=(id) {
            div.person-head {
                (monogram(contact))
                div {
                    h3 #(id) { (title) }
                    @if !contact.description().trim().is_empty() {
                        p.muted dir="auto" { (contact.description()) }
                    }
                }
            }
            ul {
                @for handle in &contact.handles { li { bdi { (handle.text()) } } }
                @for link in &contact.links { li { bdi { (link.as_str()) } } }
            }
            p.small.muted { (contact.id) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_the_first_and_the_last() {
        for (name, letters) in
            [("Bruce Wayne", "BW"), ("Ada", "A"), ("Jean-Luc van der Berg", "JB"), ("😀", ""), ("", "")]
        {
            assert_eq!(initials(name), letters);
        }
    }
}
