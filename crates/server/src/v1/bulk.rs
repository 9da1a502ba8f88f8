//! `POST /api/1/contacts/bulk`: one body of API 1 a line, one answer a line.
//!
//! Lines are read while answers are written. Whoever does not read the answers is not read from either, so nothing piles up
//! here however much is sent.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http_body_util::BodyExt as _;
use hub::{Company, Scope};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use utoipa::ToSchema;

use super::contacts::{Accepted, BODY_BYTES_MAX, media_type, told};
use super::error::{Error, Problem};
use crate::App;
use crate::request_body::Failure;

/// The media type of both sides.
const LINES: &str = "application/x-ndjson";
/// Most lines that are written at once; other writes wait for no more than these.
const LINES_AT_ONCE: usize = 500;
/// Most answers, in pieces of as many lines as were written at once, that wait to be read.
const ANSWERS_AHEAD: usize = 2;
/// How long nothing may arrive.
const IDLE_TIME_MAX: Duration = Duration::from_secs(30);
/// How often a write is tried that the store does not take at the moment, and how long is waited between.
const TRIES_MAX: usize = 10;
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// What became of a line.
#[derive(Serialize, ToSchema)]
#[schema(as = Line)]
pub struct Answered {
    /// Which line: the first is 1.
    line: u64,
    /// The status that the same body has as a request of its own.
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

/// Tell of many people.
///
/// Each line is a body as of the same request without `bulk`, and is answered with a line: `line`, `code`, and what that
/// request answers. Empty lines are passed over. Lines are taken in as they come, many at once; read the answers while you
/// send, or send no more than 10,000 lines a request.
#[utoipa::path(post, path = "/api/1/contacts/bulk", tag = "Contact API 1", operation_id = "tell-many",
    request_body(content = String, content_type = "application/x-ndjson"),
    responses((status = 200, body = Answered, content_type = "application/x-ndjson")),
    security(("login" = []), ("token" = ["contacts:write"])))]
pub async fn observe(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let (head, body) = request.into_parts();
    let (company, scopes) = app.bearer(&head).await?;
    if !scopes.has(Scope::ContactsWrite) {
        return Err(Error::Forbidden(Scope::ContactsWrite));
    }
    if !is_lines(&head.headers) {
        return Err(Error::WrongType(LINES));
    }
    let room = Arc::clone(&app.bulk_permits).try_acquire_owned().map_err(|_| Error::Body(Failure::Busy))?;
    let (answers, read) = mpsc::channel(ANSWERS_AHEAD);
    tokio::spawn(async move {
        Bulk { app, company, answers, line: 0 }.run(body).await;
        drop(room);
    });
    let answers = stream::unfold(read, |mut read| async move {
        let piece: Bytes = read.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(piece), read))
    });
    // A proxy that gathers what it passes on would hold the answers back.
    Ok(([(CONTENT_TYPE, LINES)], [("x-accel-buffering", "no")], Body::from_stream(answers)).into_response())
}

fn is_lines(headers: &HeaderMap) -> bool {
    let known = [LINES, "application/ndjson", "application/jsonl", "application/json-lines"];
    media_type(headers).is_some_and(|given| known.iter().any(|known| given.eq_ignore_ascii_case(known)))
}

/// A request that is being answered.
struct Bulk {
    app: App,
    company: Company,
    answers: mpsc::Sender<Bytes>,
    /// The last line that was taken out of the body.
    line: u64,
}

/// A line of the body: its number, and its text unless it is too long.
type Taken = (u64, Option<Vec<u8>>);

impl Bulk {
    /// Takes in lines until the body ends or nobody reads the answers.
    async fn run(mut self, mut body: Body) {
        let mut closing = self.app.closing.subscribe();
        let mut lines = Lines::default();
        loop {
            let frame = tokio::select! {
                frame = timeout(IDLE_TIME_MAX, body.frame()) => frame,
                () = async { drop(closing.wait_for(|closing| *closing).await) } => {
                    let stopped = Problem::says("The server is being stopped. Send this line and those after it again.");
                    self.end(StatusCode::SERVICE_UNAVAILABLE, stopped).await;
                    return;
                }
            };
            let data = match frame {
                Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
                Ok(None) => break,
                Ok(Some(Err(_))) => {
                    self.end(StatusCode::BAD_REQUEST, Problem::says("The body broke off.")).await;
                    return;
                }
                Err(_) => {
                    self.end(StatusCode::REQUEST_TIMEOUT, Problem::says("The body did not arrive in time.")).await;
                    return;
                }
            };
            if !self.take(lines.add(&data)).await {
                return;
            }
        }
        let last = lines.rest();
        self.take(last).await;
    }

    /// Takes lines in, and says whether their answers are wanted.
    async fn take(&mut self, lines: Vec<Option<Vec<u8>>>) -> bool {
        let mut batch: Vec<Taken> = Vec::new();
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

    /// Writes lines at once and answers them.
    async fn write(&self, lines: Vec<Taken>) -> bool {
        let mut refused = Vec::with_capacity(lines.len());
        let mut observations = Vec::with_capacity(lines.len());
        let mut ignored = Vec::with_capacity(lines.len());
        for (_, line) in &lines {
            let read = match line {
                Some(line) => told(line, self.company.region),
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
        let mut tries = 0;
        let outcomes = loop {
            match self.app.hub.observe_all(self.company.id, observations.clone()).await {
                // Whoever sends waits meanwhile.
                Err(error) if error.kind() == hub::Kind::Unavailable && tries < TRIES_MAX => {
                    tries += 1;
                    sleep(TRY_AGAIN_AFTER).await;
                }
                outcomes => break outcomes,
            }
        };
        let (outcomes, failed) = match outcomes {
            Ok(outcomes) => (outcomes, None),
            // All of them were written, or none.
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
            add(&mut text, &Answered { line: number, code: code.as_u16(), answer });
        }
        self.answers.send(text.into()).await.is_ok()
    }

    /// The last answer of a body that does not end as it should: of the line after the last that was taken in.
    async fn end(self, code: StatusCode, problem: Problem) {
        let answer = Answer::Refused { errors: vec![problem] };
        let mut text = Vec::new();
        add(&mut text, &Answered { line: self.line + 1, code: code.as_u16(), answer });
        // Whoever is gone needs no answer.
        let _ = self.answers.send(text.into()).await;
    }
}

fn add(text: &mut Vec<u8>, line: &Answered) {
    serde_json::to_writer(&mut *text, line).expect("texts and numbers can always be written as JSON");
    text.push(b'\n');
}

/// Lines out of pieces of a body.
#[derive(Default)]
struct Lines {
    /// What was read of the last line.
    begun: Vec<u8>,
    /// Whether that line is too long already.
    is_too_long: bool,
}

impl Lines {
    /// The lines that a piece ends; none in place of one that is too long.
    fn add(&mut self, data: &[u8]) -> Vec<Option<Vec<u8>>> {
        let mut lines = Vec::new();
        let mut pieces = data.split(|byte| *byte == b'\n').peekable();
        while let Some(piece) = pieces.next() {
            if self.begun.len() + piece.len() > BODY_BYTES_MAX {
                self.is_too_long = true;
                self.begun = Vec::new();
            }
            if !self.is_too_long {
                self.begun.extend_from_slice(piece);
            }
            if pieces.peek().is_some() {
                lines.push(self.end());
            }
        }
        lines
    }

    /// The last line, which need not be ended.
    fn rest(&mut self) -> Vec<Option<Vec<u8>>> {
        if self.begun.is_empty() && !self.is_too_long { Vec::new() } else { vec![self.end()] }
    }

    fn end(&mut self) -> Option<Vec<u8>> {
        let line = std::mem::take(&mut self.begun);
        (!std::mem::take(&mut self.is_too_long)).then_some(line)
    }
}
