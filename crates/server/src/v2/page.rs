//! Lists in pages, followed by a cursor.

use contact::{ContactId, Seq};
use data_encoding::BASE64URL_NOPAD;
use hub::{Cursor, PAGE_SIZE_MAX};
use serde::Serialize;

use super::error::Error;

const PAGE_SIZE_DEFAULT: usize = 50;

/// Which page of a list is asked for.
pub struct Asked {
    pub limit: usize,
    pub after: Option<Cursor>,
}

impl Asked {
    /// Reads `limit` and `page_token` from a query; whatever else it has is not ours.
    pub fn from_query(query: &str) -> Result<Asked, Error> {
        let mut asked = Asked { limit: PAGE_SIZE_DEFAULT, after: None };
        for parameter in query.split('&') {
            match parameter.split_once('=') {
                Some(("limit", value)) => asked.limit = limit(value)?,
                Some(("page_token", value)) if !value.is_empty() => asked.after = Some(cursor(value)?),
                _ => {}
            }
        }
        Ok(asked)
    }
}

fn limit(value: &str) -> Result<usize, Error> {
    let limit = value.parse().ok().filter(|limit| (1..=PAGE_SIZE_MAX).contains(limit));
    limit.ok_or_else(|| Error::BadRequest(format!("limit must be a number from 1 to {PAGE_SIZE_MAX}.")))
}

fn cursor(token: &str) -> Result<Cursor, Error> {
    let cursor = || {
        let text = String::from_utf8(BASE64URL_NOPAD.decode(token.as_bytes()).ok()?).ok()?;
        let (seq, id) = text.split_once('.')?;
        // Nothing is stored with a number that a signed column cannot hold.
        let seq = seq.parse().ok().filter(|seq| i64::try_from(*seq).is_ok())?;
        Some((Seq(seq), ContactId::from_number(id.parse().ok()?)?))
    };
    cursor().ok_or_else(|| Error::BadRequest("page_token is not one that was given out.".into()))
}

fn token((seq, id): Cursor) -> String {
    BASE64URL_NOPAD.encode(format!("{seq}.{}", id.number()).as_bytes())
}

/// A page, as it is written.
#[derive(Serialize)]
pub struct Paged<T> {
    _pagination: Pagination,
    _links: Links,
    _results: Vec<T>,
}

#[derive(Serialize)]
struct Pagination {
    next: Option<String>,
}

#[derive(Serialize)]
struct Links {
    #[serde(rename = "self")]
    this: String,
}

impl<T> Paged<T> {
    /// A page of the list at `url`.
    pub fn new(url: String, asked: &Asked, next: Option<Cursor>, results: Vec<T>) -> Paged<T> {
        let next = next.map(|cursor| format!("{url}?limit={}&page_token={}", asked.limit, token(cursor)));
        Paged { _pagination: Pagination { next }, _links: Links { this: url }, _results: results }
    }
}
