//! Server-sent events: what changed, for pages that are open.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use contact::Seq;
use futures_util::stream;
use hub::{ChangeNotice, Feed, SessionToken};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::timeout;

use super::error::Error;
use super::session::{self, SignedIn};
use crate::App;

/// How often an idle stream says that it is there, and looks whether its session still is.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How soon a browser comes back after a stream has ended.
const HELLO: &str = "retry: 1000\n\n";

#[derive(Deserialize)]
pub struct Asked {
    /// The last entry that the page may show.
    after: Option<u64>,
}

/// One open page.
struct Stream {
    app: App,
    feed: Feed,
    token: SessionToken,
    closing: watch::Receiver<bool>,
    said_hello: bool,
}

pub async fn events(
    State(app): State<App>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    by: SignedIn,
) -> Result<Response, Error> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let feed = app.hub.feed(by.company.id, last.or(asked.after).map(Seq)).await?;
    let Some(token) = session::token(&headers) else { return Err(Error::SignedOut(String::new())) };
    let closing = app.closing.subscribe();
    let stream = Stream { app, feed, token, closing, said_hello: false };
    let events = stream::unfold(stream, |mut stream| async move {
        let event = stream.next().await?;
        Some((Ok::<_, std::convert::Infallible>(event), stream))
    });
    let kind = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store")];
    // A proxy that gathers what it passes on would hold every event back.
    Ok((kind, [("x-accel-buffering", "no")], Body::from_stream(events)).into_response())
}

impl Stream {
    async fn next(&mut self) -> Option<Bytes> {
        if !self.said_hello {
            self.said_hello = true;
            return Some(HELLO.into());
        }
        let news = tokio::select! {
            news = timeout(HEARTBEAT, self.feed.next()) => news,
            _ = self.closing.wait_for(|closing| *closing) => return None,
        };
        match news {
            Ok(Ok(news)) => Some(event(&news).into()),
            Ok(Err(error)) => {
                tracing::warn!(%error, "an open page hears no news");
                None
            }
            Err(_) => {
                let is_signed_in = self.app.hub.session(&self.token).await.is_ok_and(|by| by.is_some());
                is_signed_in.then(|| ": still here\n\n".into())
            }
        }
    }
}

fn event(news: &ChangeNotice) -> String {
    let contacts = news.contacts.iter().map(ToString::to_string);
    let conversations = news.conversations.iter().map(ToString::to_string);
    let lists = [
        (!news.contacts.is_empty(), "contacts"),
        (!news.conversations.is_empty(), "inbox"),
        (news.settings, "directory"),
    ];
    let lists = lists.into_iter().filter(|(changed, _)| *changed).map(|(_, list)| list.to_owned());
    let topics: Vec<String> = contacts.chain(conversations).chain(lists).collect();
    format!("id: {}\nevent: change\ndata: {}\n\n", news.seq, json!({ "topics": topics }))
}
