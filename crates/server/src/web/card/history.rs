//! The history of a contact, in sentences that a person can check.

use contact::{Contact, Time};
use hub::History;
use maud::{Markup, html};

use crate::sentence::history::sentence;
use crate::sentence::names::Names;
use crate::web::{format, sentence as rendered};

/// Returns the history section of a card.
pub fn section(contact: &Contact, history: &History, names: &Names, now: Time) -> Markup {
    html! {
        section #card-history aria-labelledby="history-title" {
            h2 #history-title { "History" }
            @if !contact.others.is_empty() {
                p.more { a href={ "/app/contacts/" (contact.id) "/why" } { "Why one person?" } }
            }
            ol.history {
                @for item in &history.items {
                    li id={ "entry-" (item.entry.seq) } {
                        p { (rendered::markup(&sentence(item, names), now)) }
                        (format::moment(item.entry.at, now))
                        @if !item.brought.is_empty() {
                            a.button.small href={ "/app/contacts/" (contact.id) "/split/" (item.entry.seq) } {
                                "Split" span.sr-only { " off what this brought in" }
                            }
                        }
                    }
                }
            }
            @if let Some(before) = history.next {
                p.more { a href={ "/app/contacts/" (contact.id) "?before=" (before) } { "Earlier" } }
            }
        }
    }
}
