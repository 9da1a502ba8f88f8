//! The inbox: conversations, the last message first, and the thread of one beside them.

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use contact::{Channel, ChannelId, ChannelType, ConversationId, MessageId, Seq, Time};
use hub::{ConversationList, ConversationSummary, Thread, Written};
use maud::{Markup, html};
use serde::Deserialize;

use super::error::Error;
use super::layout::{self, Icon, Page, Place, icon};
use super::session::SignedIn;
use super::words::{self, called, sender, sender_called, sender_monogram};
use super::{cursor, message, settings};
use crate::App;

const PAGE_SIZE: usize = 50;

#[derive(Deserialize)]
pub struct Asked {
    /// The list goes on after this conversation.
    after: Option<String>,
    /// The thread goes back from this message.
    before: Option<String>,
    /// Show remote images.
    images: Option<String>,
}

pub async fn list(
    State(app): State<App>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    by: SignedIn,
) -> Result<Markup, Error> {
    show(&app, &headers, &by, &asked, None).await
}

pub async fn open(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    by: SignedIn,
) -> Result<Markup, Error> {
    let gone = || Error::NotFound("There is no such conversation.");
    let id: ConversationId = id.parse().map_err(|_| gone())?;
    // Before anything is read: what is written from now on is news.
    let seen = app.hub.head(by.company.id).await?;
    let talk = app.hub.conversation(by.company.id, id).await?.ok_or_else(gone)?;
    let before: Option<MessageId> = asked.before.as_deref().and_then(|before| before.parse().ok());
    let thread = app.hub.messages(by.company.id, id, before).await?;
    show(&app, &headers, &by, &asked, Some((seen, talk, thread))).await
}

async fn show(
    app: &App,
    headers: &HeaderMap,
    by: &SignedIn,
    asked: &Asked,
    open: Option<(Seq, ConversationSummary, Thread)>,
) -> Result<Markup, Error> {
    let seen = match &open {
        Some((seen, ..)) => *seen,
        None => app.hub.head(by.company.id).await?,
    };
    let after = cursor::parse(asked.after.as_deref());
    let talks = app.hub.conversations(by.company.id, None, false, after, PAGE_SIZE).await?;
    let channels = app.hub.channels(by.company.id).await?;
    let now = app.hub.now();
    let title =
        open.as_ref().map_or("Inbox", |(_, talk, _)| sender_called(talk.contact.as_ref(), &talk.conversation.sender));
    let class = match &open {
        Some(_) => "split open",
        None if talks.items.is_empty() => "split empty-split",
        None => "split",
    };
    let opened = open.as_ref().map(|(_, talk, _)| talk.conversation.id);
    let content = html! {
        section.side aria-labelledby="inbox-title" {
            div.side-head {
                @if open.is_some() { h2 #inbox-title { "Inbox" } } @else { h1 #inbox-title { "Inbox" } }
                (layout::find("/app/contacts", "Find a person", ""))
            }
            (rows(&talks, &channels, opened, now))
        }
        @match &open {
            Some((_, talk, thread)) => (conversation(talk, thread, &channels, asked, now)),
            None if talks.items.is_empty() => (nothing_yet(app, headers, by, &channels)),
            None => section #idle.thread aria-label="Conversation" data-live="inbox" {
                div.empty.idle {
                    p { "Choose a conversation. " kbd { "j" } " and " kbd { "k" } " move, " kbd { "Enter" } " opens." }
                }
            },
        }
    };
    Ok(Page { place: Place::Inbox, title, seen }.show(class, &content))
}

fn rows(talks: &ConversationList, channels: &[Channel], opened: Option<ConversationId>, now: Time) -> Markup {
    let people: Vec<String> =
        talks.items.iter().filter_map(|talk| Some(talk.contact.as_ref()?.id.to_string())).collect();
    let topics = format!("inbox {}", people.join(" "));
    html! {
        @if talks.items.is_empty() {
            div #inbox data-live=(topics) data-said="The inbox has changed." {
                p.more.nothing { "No conversations yet" }
            }
        } @else {
            ul #inbox.rows data-rows data-live=(topics) data-said="The inbox has changed." {
                @for talk in &talks.items { (row(talk, channels, opened == Some(talk.conversation.id), now)) }
            }
        }
        @if let Some(last) = talks.items.last().filter(|_| talks.next.is_some()) {
            @let query = cursor::query(last.conversation.changed, last.conversation.id);
            p.more { a href={ "/app/inbox" (query) } { "Earlier" } }
        }
    }
}

fn row(talk: &ConversationSummary, channels: &[Channel], is_open: bool, now: Time) -> Markup {
    let conversation = &talk.conversation;
    html! {
        li id={ "row-" (conversation.id) } {
            (sender_monogram(talk.contact.as_ref(), &conversation.sender))
            span.row-name { (sender(talk.contact.as_ref(), &conversation.sender)) }
            (words::time(conversation.changed_at, now))
            a.row-link href={ "/app/inbox/" (conversation.id) } aria-current=[is_open.then_some("page")] {
                bdi { (title(&conversation.subject, &conversation.snippet)) }
            }
            span.row-text {
                (via(channels, conversation.channel))
                @if !conversation.subject.trim().is_empty() { " · " bdi { (conversation.snippet) } }
            }
        }
    }
}

/// What a conversation or message is called: its subject, or how it begins.
pub fn title<'a>(subject: &'a str, snippet: &'a str) -> &'a str {
    [subject, snippet].into_iter().find(|text| !text.trim().is_empty()).unwrap_or("No words")
}

fn via(channels: &[Channel], id: ChannelId) -> &'static str {
    match channels.iter().find(|channel| channel.id == id).map(|channel| channel.kind) {
        Some(ChannelType::Email) => "e-mail",
        Some(ChannelType::Sms) => "text message",
        Some(ChannelType::Custom) | None => "custom",
    }
}

fn conversation(talk: &ConversationSummary, thread: &Thread, channels: &[Channel], asked: &Asked, now: Time) -> Markup {
    let (conversation, contact) = (&talk.conversation, talk.contact.as_ref());
    let name = sender_called(contact, &conversation.sender);
    let channel = channels.iter().find(|channel| channel.id == conversation.channel);
    let people: Vec<String> =
        thread.messages.iter().filter_map(|written| Some(written.contact.as_ref()?.id.to_string())).collect();
    let said = thread.messages.last().map_or("", |last| sender_called(last.contact.as_ref(), &last.message.sender));
    html! {
        section.thread aria-labelledby="thread-title" {
            header #thread-head.thread-head
                data-live={ (conversation.id) @if let Some(contact) = contact { " " (contact.id) } }
                data-said={ (name) " has changed." } {
                div.thread-in {
                    a.back.crumb href="/app/inbox" { (icon(Icon::Back)) "Inbox" }
                    h1 #thread-title {
                        @if let Some(contact) = contact {
                            a href={ "/app/contacts/" (contact.id) } data-card data-card-key { bdi { (called(contact)) } }
                        } @else {
                            bdi { (name) }
                        }
                    }
                    @match contact {
                        Some(contact) => (words::description(contact)),
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
                data-said={ "A new message from " (said) "." } {
                @for written in &thread.messages { (one(written, asked.images.is_some(), now)) }
            }
        }
    }
}

fn one(written: &Written, with_images: bool, now: Time) -> Markup {
    html! {
        li #(written.message.id).message {
            (sender_monogram(written.contact.as_ref(), &written.message.sender))
            div.message-head {
                h2 { (sender(written.contact.as_ref(), &written.message.sender)) }
                (words::moment(written.message.at, now))
            }
            div { (message::content(&written.message, with_images)) }
        }
    }
}

fn nothing_yet(app: &App, headers: &HeaderMap, by: &SignedIn, channels: &[Channel]) -> Markup {
    html! {
        section #idle.thread aria-labelledby="empty-title" data-live="inbox" {
            div.empty {
                h2 #empty-title { "Nobody has written yet" }
                @if let Some(channel) = channels.first() {
                    p { "What people write to " bdi { (channel.address.text()) } " appears here at once." }
                } @else {
                    p { "Conversations come in through channels, and there is none yet. Make one:" }
                    (layout::command(&settings::channel_line(by)))
                }
                p { "Contacts need no conversation. Tell of somebody; " code { "PASSWORD" } " is the one you signed in with:" }
                (layout::command(&settings::curl(app, headers, by)))
            }
        }
    }
}
