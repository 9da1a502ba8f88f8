//! The inbox: the conversations, latest message first, and the open one beside them.

use axum::extract::State;
use contact::{Channel, ChannelId, ChannelType, ConversationId, MessageId, Seq, Time};
use hub::{ConversationList, ConversationSummary, Thread, Written};
use maud::{Markup, html};
use serde::Deserialize;

use super::error::Error;
use super::layout::{self, Icon, NavItem, Page, icon};
use super::parts::{Path, Query};
use super::person::{display_name, sender_link, sender_monogram, sender_name};
use super::session::SignedIn;
use super::{cursor, format, message, person, settings};
use crate::App;

/// Conversations on a page.
const PAGE_SIZE: usize = 50;

#[derive(Deserialize)]
pub struct Params {
    /// The list continues after this conversation.
    after: Option<String>,
    /// The thread shows messages before this one.
    before: Option<String>,
    /// Show remote images.
    images: Option<String>,
}

pub async fn list(State(app): State<App>, Query(params): Query<Params>, by: SignedIn) -> Result<Markup, Error> {
    show(&app, &by, &params, None).await
}

pub async fn open(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(params): Query<Params>,
    by: SignedIn,
) -> Result<Markup, Error> {
    let not_found = || Error::NotFound("Conversation not found.");
    let id: ConversationId = id.parse().map_err(|_| not_found())?;
    // Read first, so that the page is notified of every later write.
    let seen = app.hub.head(by.company.id).await?;
    let summary = app.hub.conversation(by.company.id, id).await?.ok_or_else(not_found)?;
    let before: Option<MessageId> = params.before.as_deref().and_then(|before| before.parse().ok());
    let thread = app.hub.messages(by.company.id, id, before).await?;
    show(&app, &by, &params, Some((seen, summary, thread))).await
}

async fn show(
    app: &App,
    by: &SignedIn,
    params: &Params,
    open: Option<(Seq, ConversationSummary, Thread)>,
) -> Result<Markup, Error> {
    let seen = match &open {
        Some((seen, ..)) => *seen,
        None => app.hub.head(by.company.id).await?,
    };
    let after = cursor::parse(params.after.as_deref());
    let list = app.hub.conversations(by.company.id, None, false, after, PAGE_SIZE).await?;
    let channels = app.hub.channels(by.company.id).await?;
    let now = app.hub.now();
    let title = open
        .as_ref()
        .map_or("Inbox", |(_, summary, _)| sender_name(summary.contact.as_ref(), &summary.conversation.sender));
    let class = match &open {
        Some(_) => "split open",
        None if list.items.is_empty() => "split empty-split",
        None => "split",
    };
    let opened = open.as_ref().map(|(_, summary, _)| summary.conversation.id);
    let content = html! {
        section.side aria-labelledby="inbox-title" {
            div.side-head {
                @if open.is_some() { h2 #inbox-title { "Inbox" } } @else { h1 #inbox-title { "Inbox" } }
                (layout::search_form("/app/contacts", "Find a contact", ""))
            }
            (rows(&list, &channels, opened, now))
        }
        @match &open {
            Some((_, summary, thread)) => (conversation(summary, thread, &channels, params, now)),
            None if list.items.is_empty() => (empty_inbox(by, &channels)),
            None => section #idle.thread aria-label="Conversation" data-live="inbox" {
                div.empty.idle {
                    p { "Choose a conversation. " kbd { "j" } " and " kbd { "k" } " move, " kbd { "Enter" } " opens." }
                }
            },
        }
    };
    Ok(Page { nav: NavItem::Inbox, title, seen }.render(class, &content))
}

fn rows(list: &ConversationList, channels: &[Channel], opened: Option<ConversationId>, now: Time) -> Markup {
    let people: Vec<String> =
        list.items.iter().filter_map(|summary| Some(summary.contact.as_ref()?.id.to_string())).collect();
    let topics = format!("inbox {}", people.join(" "));
    html! {
        @if list.items.is_empty() {
            div #inbox data-live=(topics) data-announce="The inbox has changed." {
                p.more.nothing { "No conversations yet" }
            }
        } @else {
            ul #inbox.rows data-rows data-live=(topics) data-announce="The inbox has changed." {
                @for summary in &list.items { (row(summary, channels, opened == Some(summary.conversation.id), now)) }
            }
        }
        @if let Some(last) = list.items.last().filter(|_| list.next.is_some()) {
            @let query = cursor::query(last.conversation.changed, last.conversation.id);
            p.more { a href={ "/app/inbox" (query) } { "Earlier" } }
        }
    }
}

fn row(summary: &ConversationSummary, channels: &[Channel], is_open: bool, now: Time) -> Markup {
    let conversation = &summary.conversation;
    html! {
        li id={ "row-" (conversation.id) } {
            (sender_monogram(summary.contact.as_ref(), &conversation.sender))
            span.row-name { (sender_link(summary.contact.as_ref(), &conversation.sender)) }
            (format::time(conversation.changed_at, now))
            a.row-link href={ "/app/inbox/" (conversation.id) } aria-current=[is_open.then_some("page")] {
                bdi { (format::title(&conversation.subject, &conversation.snippet)) }
            }
            span.row-text {
                (via(channels, conversation.channel))
                @if !conversation.subject.trim().is_empty() { " · " bdi { (conversation.snippet) } }
            }
        }
    }
}

fn via(channels: &[Channel], id: ChannelId) -> &'static str {
    match channels.iter().find(|channel| channel.id == id).map(|channel| channel.kind) {
        Some(ChannelType::Email) => "e-mail",
        Some(ChannelType::Sms) => "text message",
        Some(ChannelType::Custom) | None => "custom",
    }
}

fn conversation(
    summary: &ConversationSummary,
    thread: &Thread,
    channels: &[Channel],
    params: &Params,
    now: Time,
) -> Markup {
    let (conversation, contact) = (&summary.conversation, summary.contact.as_ref());
    let name = sender_name(contact, &conversation.sender);
    let channel = channels.iter().find(|channel| channel.id == conversation.channel);
    let people: Vec<String> =
        thread.messages.iter().filter_map(|written| Some(written.contact.as_ref()?.id.to_string())).collect();
    let sender = thread.messages.last().map_or("", |last| sender_name(last.contact.as_ref(), &last.message.sender));
    html! {
        section.thread aria-labelledby="thread-title" {
            header #thread-head.thread-head
                data-live={ (conversation.id) @if let Some(contact) = contact { " " (contact.id) } }
                data-announce={ (name) " has changed." } {
                div.thread-in {
                    a.back.crumb href="/app/inbox" { (icon(Icon::Back)) "Inbox" }
                    h1 #thread-title {
                        @if let Some(contact) = contact {
                            a href={ "/app/contacts/" (contact.id) } data-card data-card-key { bdi { (display_name(contact)) } }
                        } @else {
                            bdi { (name) }
                        }
                    }
                    @match contact {
                        Some(contact) => (person::description(contact)),
                        None => p.about.nothing { "This contact was deleted" },
                    }
                    p.facts {
                        @if !conversation.subject.trim().is_empty() { b { bdi { (conversation.subject) } } " · " }
                        "from " bdi { (conversation.sender.text()) }
                        @if let Some(channel) = channel {
                            " · " (via(channels, channel.id)) " to " bdi { (channel.address.text()) }
                        }
                    }
                }
            }
            @if let Some(before) = thread.before {
                p.more { a href={ "?before=" (before) } { "Earlier messages" } }
            }
            ol #messages.messages data-live={ (conversation.id) " " (people.join(" ")) }
                data-announce={ "A new message from " (sender) "." } {
                @for written in &thread.messages { (one(written, params.images.is_some(), now)) }
            }
        }
    }
}

fn one(written: &Written, with_images: bool, now: Time) -> Markup {
    html! {
        li #(written.message.id).message {
            (sender_monogram(written.contact.as_ref(), &written.message.sender))
            div.message-head {
                h2 { (sender_link(written.contact.as_ref(), &written.message.sender)) }
                (format::moment(written.message.at, now))
            }
            div { (message::content(&written.message, with_images)) }
        }
    }
}

fn empty_inbox(by: &SignedIn, channels: &[Channel]) -> Markup {
    html! {
        section #idle.thread aria-labelledby="empty-title" data-live="inbox" {
            div.empty {
                h2 #empty-title { "No messages yet" }
                @if let Some(channel) = channels.first() {
                    p { "Messages to " bdi { (channel.address.text()) } " appear here at once." }
                } @else {
                    p { "Messages arrive through channels. Add one:" }
                    (layout::command(&settings::channel_command(by)))
                }
                p { "Contacts need no conversation. Add one with this line. Replace " code { "PASSWORD" } " with the company’s password." }
                (layout::command(&settings::report_command(by)))
            }
        }
    }
}
