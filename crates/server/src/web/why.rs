//! Why a contact is one person: its records, and the links that hold them together.

use axum::extract::State;
use contact::{Record, Time};
use hub::{ExplainedRecord, ExplainedRecords};
use maud::{Markup, html};

use super::error::Error;
use super::layout::{self, NavItem, Page};
use super::parts::Path;
use super::person::{self, display_name};
use super::session::SignedIn;
use super::{format, sentence};
use crate::App;
use crate::sentence::names::Names;
use crate::sentence::why;

pub async fn page(State(app): State<App>, Path(id): Path<String>, by: SignedIn) -> Result<Markup, Error> {
    let company = by.company.id;
    let seen = app.hub.head(company).await?;
    let contact = person::find(&app, &by, &id).await?;
    let records = app.hub.explained_records(company, contact.id).await?;
    let names = Names::load(&app, company, by.viewer(), &[], &[]).await?;
    let page = format!("/app/contacts/{}", contact.id);
    let topics = std::iter::once(contact.id).chain(contact.others.iter().copied()).map(|id| id.to_string());
    let content = html! {
        (layout::back_link(&page, &html! { bdi { (display_name(&contact)) } }))
        h1 { "Why one person?" }
        @if records.listed.len() < 2 {
            p { bdi { (display_name(&contact)) } " has one record: one source reports everything that is known." }
        } @else {
            p {
                "Kith takes the records of " bdi { (display_name(&contact)) } " to be one person, because links hold them \
                together: a handle that two of them report, or a decision."
            }
        }
        div #records data-live=(topics.collect::<Vec<_>>().join(" ")) data-announce="The records have changed." {
            @for (n, one) in records.listed.iter().enumerate() {
                (record(&page, n, one, &records, &names, app.hub.now()))
            }
            @if records.more > 0 {
                p.muted { "And " (records.more) " newer records. API 2 lists them all." }
            }
        }
    };
    Ok(Page { nav: NavItem::Contacts, title: "Why one person?", seen }.render("page", &content))
}

/// Returns the section of a record: what it reports, and its links to the first one.
fn record(
    page: &str,
    n: usize,
    explained: &ExplainedRecord,
    all: &ExplainedRecords,
    names: &Names,
    now: Time,
) -> Markup {
    let ExplainedRecord { record, made, links } = explained;
    let id = record.id.to_string();
    let title = why::title(record);
    let title = html! { @if title.is_empty() { "A record without handles" } @else { bdi { (title) } } };
    let source = names.actor(made.by).text(", ").moment(made.at);
    html! {
        section.record #(id) aria-labelledby={ (id) "-title" } {
            div.record-head {
                h2 id={ (id) "-title" } { (title) }
                @if all.listed.len() > 1 {
                    a.button.small href={ (page) "/split/" (id) } { "Split" span.sr-only { " off " (title) } }
                }
            }
            dl.given {
                dt { "First report" } dd { (sentence::markup(&source, now)) }
                (reported(record))
                dt { "Record" } dd { code { (id) } }
            }
            @if n > 0 {
                ol.chain aria-label="Links to the first record" {
                    @for link in links { li { (sentence::markup(&why::sentence(link, &all.records, names), now)) } }
                }
            }
        }
    }
}

/// Returns what a record reports, as rows of a list.
fn reported(record: &Record) -> Markup {
    html! {
        @if record.name.as_ref().is_some_and(contact::RecordName::is_given) && !why::name(record).is_empty() {
            dt { "Name" } dd { bdi { (why::name(record)) } }
        }
        @for known in &record.facts.handles {
            dt { (format::source(known.value.key().source())) } dd { bdi { (known.value.text()) } }
        }
        @for property in &record.facts.properties {
            dt { bdi { (property.value.name()) } } dd { bdi { (property.value.value()) } }
        }
        @for link in &record.facts.links { dt { "Link" } dd { bdi { (link.value.as_str()) } } }
    }
}
