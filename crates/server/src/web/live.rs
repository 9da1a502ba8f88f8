//! Server-sent events that notify open pages of changes.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use contact::Seq;
use futures_util::stream;
use hub::{ChangeNotice, Feed, SessionToken};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::error::Error;
use super::parts::Query;
use super::session::{self, SignedIn};
use crate::App;
use crate::client::Client;

/// How often an idle stream sends a comment.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often a stream checks that its session has not ended, as by signing out in another tab.
const SESSION_CHECK: Duration = Duration::from_secs(1);
/// The first event, which sets how soon a browser reconnects.
const GREETING: &str = "retry: 1000\n\n";

#[derive(Deserialize)]
pub struct Params {
    /// The last journal entry that the page may show.
    after: Option<u64>,
}

/// One open page.
struct Stream {
    app: App,
    feed: Feed,
    token: SessionToken,
    closing: watch::Receiver<bool>,
    has_greeted: bool,
    session_check: Interval,
    /// When it last sent something.
    sent: Instant,
}

pub async fn events(
    State(app): State<App>,
    Query(params): Query<Params>,
    client: Client,
    headers: HeaderMap,
    by: SignedIn,
) -> Result<Response, Error> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let feed = app.hub.feed(by.company.id, last.or(params.after).map(Seq)).await?;
    let Some(token) = session::token(&headers, &client) else { return Err(Error::SignedOut(String::new())) };
    let closing = app.closing.subscribe();
    let mut session_check = interval_at(Instant::now() + SESSION_CHECK, SESSION_CHECK);
    session_check.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let stream = Stream { app, feed, token, closing, has_greeted: false, session_check, sent: Instant::now() };
    let events = stream::unfold(stream, |mut stream| async move {
        let event = stream.next().await?;
        Some((Ok::<_, std::convert::Infallible>(event), stream))
    });
    let kind = [(CONTENT_TYPE, "text/event-stream")];
    // Stops proxies from buffering the events.
    Ok((kind, [("x-accel-buffering", "no")], Body::from_stream(events)).into_response())
}

impl Stream {
    /// Returns what to send next; none at the end of the session or of the server.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.has_greeted {
            self.has_greeted = true;
            return Some(GREETING.into());
        }
        let next = self.wait().await;
        self.sent = Instant::now();
        next
    }

    async fn wait(&mut self) -> Option<Bytes> {
        loop {
            tokio::select! {
                notice = self.feed.next() => match notice {
                    Ok(notice) => return Some(event(&notice).into()),
                    Err(error) => {
                        tracing::warn!(%error, "an open page gets no change notices");
                        return None;
                    }
                },
                _ = self.closing.wait_for(|closing| *closing) => return None,
                _ = self.session_check.tick() => {}
            }
            // While the store does not answer, nobody can have signed out.
            if self.app.hub.session(&self.token).await.is_ok_and(|by| by.is_none()) {
                return None;
            }
            if self.sent.elapsed() >= HEARTBEAT {
                return Some(": still here\n\n".into());
            }
        }
    }
}

fn event(notice: &ChangeNotice) -> String {
    let contacts = notice.contacts.iter().map(ToString::to_string);
    let conversations = notice.conversations.iter().map(ToString::to_string);
    let lists = [
        (!notice.contacts.is_empty(), "contacts"),
        (!notice.conversations.is_empty(), "inbox"),
        (notice.settings, "directory"),
    ];
    let lists = lists.into_iter().filter(|(changed, _)| *changed).map(|(_, list)| list.to_owned());
    let topics: Vec<String> = contacts.chain(conversations).chain(lists).collect();
    format!("id: {}\nevent: change\ndata: {}\n\n", notice.seq, json!({ "topics": topics }))
}
