//! `POST /api/1/contacts/bulk`: one body of API 1 per line, one answer per line.
//!
//! Lines are read while answers are written. If the client stops reading answers, the server stops reading lines, so the
//! memory of a request is bounded.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use hub::{Bearer, Scope};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::sleep;
use utoipa::ToSchema;

use super::contacts::{Accepted, BODY_BYTES_MAX, authorized, media_type, parse};
use super::error::{Error, Problem};
use crate::App;
use crate::request_body::{Failure, Pace};
use crate::shares::Holder;

/// The media type of both sides.
pub const LINES: &str = "application/x-ndjson";
/// Most lines in one transaction. Other writes wait for at most this many.
const LINES_AT_ONCE: usize = 500;
/// Most batches of answers that wait for the client.
const ANSWERS_AHEAD: usize = 2;
/// Attempts of a write while the store is not available, and the time between them.
const ATTEMPTS_MAX: usize = 10;
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// The result of a line.
#[derive(Serialize, ToSchema)]
#[schema(as = Line)]
pub struct LineResult {
    /// The number of the line, from 1.
    line: u64,
    /// The status that the line would get as a single request.
    code: u16,
    #[serde(flatten)]
    answer: Answer,
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Answer {
    Accepted(Accepted),
    Refused { errors: Vec<Problem> },
}

/// Report many contacts.
///
/// Each line is a body of the single request, and gets an answer line: `line`, `code`, and the response of that request.
/// Empty lines are skipped. Lines are stored as they arrive, in batches. Read the answers while you send, or send at most
/// 10,000 lines in a request.
#[utoipa::path(post, path = "/api/1/contacts/bulk", tag = "Contact API 1", operation_id = "report-contacts",
    request_body(content = String, content_type = "application/x-ndjson"),
    responses((status = 200, body = LineResult, content_type = "application/x-ndjson")),
    security(("login" = []), ("token" = ["contacts:write"])))]
pub async fn observe(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let (head, body) = request.into_parts();
    let bearer = authorized(&app, &head, Scope::ContactsWrite).await?;
    if !is_lines(&head.headers) {
        return Err(Error::WrongType(LINES));
    }
    let share = app.bulk.take(Holder::Company(bearer.company.id), 1)?;
    let (answers, receiver) = mpsc::channel(ANSWERS_AHEAD);
    tokio::spawn(async move {
        Bulk { app, bearer, answers, line: 0 }.run(body).await;
        drop(share);
    });
    let answers = stream::unfold(receiver, |mut receiver| async move {
        let piece: Bytes = receiver.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(piece), receiver))
    });
    // Stops proxies from buffering the answers.
    Ok(([(CONTENT_TYPE, LINES)], [("x-accel-buffering", "no")], Body::from_stream(answers)).into_response())
}

pub fn is_lines(headers: &HeaderMap) -> bool {
    let known = [LINES, "application/ndjson", "application/jsonl", "application/json-lines"];
    media_type(headers).is_some_and(|given| known.iter().any(|known| given.eq_ignore_ascii_case(known)))
}

/// A running bulk request.
struct Bulk {
    app: App,
    bearer: Bearer,
    answers: mpsc::Sender<Bytes>,
    /// The number of the last line that was read.
    line: u64,
}

/// A line of the body: its number, and its text unless it is too long.
type NumberedLine = (u64, Option<Vec<u8>>);

impl Bulk {
    /// Reads lines until the body ends or the client is gone.
    async fn run(mut self, mut body: Body) {
        let mut closing = self.app.closing.subscribe();
        let (mut lines, mut pace) = (Lines::default(), Pace::default());
        loop {
            let data = tokio::select! {
                data = pace.data(&mut body) => data,
                () = async { drop(closing.wait_for(|closing| *closing).await) } => {
                    let stopped = Problem::new("The server is stopping. Send this line and the lines after it again.");
                    self.end(StatusCode::SERVICE_UNAVAILABLE, vec![stopped]).await;
                    return;
                }
            };
            let data = match data {
                Ok(Some(data)) => data,
                Ok(None) => break,
                Err(failure) => {
                    let (code, problems) = Error::Body(failure).parts();
                    self.end(code, problems).await;
                    return;
                }
            };
            let ended = lines.add(&data);
            let has_ended_line = !ended.is_empty();
            if !self.take(ended).await {
                return;
            }
            // Lines may come as slowly as they are made, but not the bytes of a line. Waiting for the writer takes none of it.
            if has_ended_line {
                pace = Pace::default();
            }
        }
        let last = lines.rest();
        self.take(last).await;
    }

    /// Writes lines in batches. Returns false if the client is gone.
    async fn take(&mut self, lines: Vec<Option<Vec<u8>>>) -> bool {
        let mut batch: Vec<NumberedLine> = Vec::new();
        for line in lines {
            self.line += 1;
            if line.as_ref().is_some_and(|line| line.trim_ascii().is_empty()) {
                continue;
            }
            batch.push((self.line, line));
            if batch.len() == LINES_AT_ONCE && !self.write(std::mem::take(&mut batch)).await {
                return false;
            }
        }
        batch.is_empty() || self.write(batch).await
    }

    /// Writes lines in one transaction and answers them. Returns false if the client is gone.
    async fn write(&self, lines: Vec<NumberedLine>) -> bool {
        let mut refused = Vec::with_capacity(lines.len());
        let mut observations = Vec::with_capacity(lines.len());
        let mut ignored = Vec::with_capacity(lines.len());
        for (_, line) in &lines {
            let read = match line {
                Some(line) => parse(line, &self.bearer),
                None => Err(Error::Body(Failure::TooLarge)),
            };
            refused.push(match read {
                Ok((observation, unknown)) => {
                    observations.push(observation);
                    ignored.push(unknown);
                    None
                }
                Err(error) => Some(error),
            });
        }
        let mut attempts = 0;
        let outcomes = loop {
            match self.app.hub.observe_all(self.bearer.company.id, observations.clone()).await {
                // The client waits meanwhile.
                Err(error) if error.kind() == hub::Kind::Unavailable && attempts < ATTEMPTS_MAX => {
                    attempts += 1;
                    sleep(RETRY_AFTER).await;
                }
                outcomes => break outcomes,
            }
        };
        let (outcomes, failed) = match outcomes {
            Ok(outcomes) => (outcomes, None),
            // The batch is one transaction, so none of the lines was written.
            Err(error) => (Vec::new(), Some(Error::Hub(error).parts())),
        };
        let mut outcomes = outcomes.into_iter().zip(ignored);
        let mut text = Vec::new();
        for ((number, _), refused) in lines.into_iter().zip(refused) {
            let refused = refused.map(Error::parts);
            let (code, answer) = match refused.or_else(|| failed.clone()) {
                Some((code, errors)) => (code, Answer::Refused { errors }),
                None => match outcomes.next() {
                    Some((Ok(outcome), ignored)) => {
                        (StatusCode::ACCEPTED, Answer::Accepted(Accepted::new(&outcome, ignored)))
                    }
                    Some((Err(refused), _)) => {
                        let (code, errors) = Error::Hub(refused.into()).parts();
                        (code, Answer::Refused { errors })
                    }
                    None => continue,
                },
            };
            add(&mut text, &LineResult { line: number, code: code.as_u16(), answer });
        }
        self.answers.send(text.into()).await.is_ok()
    }

    /// Answers a body that breaks off, with the number of the line after the last one that was read.
    async fn end(self, code: StatusCode, errors: Vec<Problem>) {
        let answer = Answer::Refused { errors };
        let mut text = Vec::new();
        add(&mut text, &LineResult { line: self.line + 1, code: code.as_u16(), answer });
        // A client that is gone needs no answer.
        let _ = self.answers.send(text.into()).await;
    }
}

fn add(text: &mut Vec<u8>, line: &LineResult) {
    serde_json::to_writer(&mut *text, line).expect("texts and numbers can always be written as JSON");
    text.push(b'\n');
}

/// Splits the pieces of a body into lines.
#[derive(Default)]
struct Lines {
    /// The line that has not ended yet.
    current: Vec<u8>,
    /// Whether that line is already too long.
    is_too_long: bool,
}

impl Lines {
    /// Returns the lines that end in a piece, with `None` for a line that is too long.
    fn add(&mut self, data: &[u8]) -> Vec<Option<Vec<u8>>> {
        let mut lines = Vec::new();
        let mut pieces = data.split(|byte| *byte == b'\n').peekable();
        while let Some(piece) = pieces.next() {
            if self.current.len() + piece.len() > BODY_BYTES_MAX {
                self.is_too_long = true;
                self.current = Vec::new();
            }
            if !self.is_too_long {
                self.current.extend_from_slice(piece);
            }
            if pieces.peek().is_some() {
                lines.push(self.end());
            }
        }
        lines
    }

    /// Returns the last line, which may have no line end.
    fn rest(&mut self) -> Vec<Option<Vec<u8>>> {
        if self.current.is_empty() && !self.is_too_long { Vec::new() } else { vec![self.end()] }
    }

    fn end(&mut self) -> Option<Vec<u8>> {
        let line = std::mem::take(&mut self.current);
        (!std::mem::take(&mut self.is_too_long)).then_some(line)
    }
}
