//! Lists: which part of one is asked for, and how it is written.

use contact::{AccountId, ContactId, ConversationId, MessageId, Seq, Time};
use data_encoding::BASE64URL_NOPAD;
use hub::{Cursor, Order, PAGE_SIZE_MAX, Page, SortBy};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use super::asked::Asked;
use super::error::Error;

const PAGE_SIZE_DEFAULT: usize = 50;

/// Which page of a list is asked for, in which order, and of what.
pub struct ListAsked<C> {
    pub limit: usize,
    pub cursor: Option<C>,
    pub order: Order,
    pub updated_after: Option<Time>,
    pub updated_before: Option<Time>,
    /// Words of a conversation's status; none if all are asked for.
    pub statuses: Option<Vec<String>>,
    /// What the next page has to be asked with again.
    kept: Vec<(String, String)>,
}

impl<C: PageToken> ListAsked<C> {
    /// Reads a query. `sorts` are the words that a list can be sorted by, the first by default; whatever else a query has is not
    /// ours.
    pub fn read(asked: &Asked, sorts: &[(&str, SortBy)]) -> Result<ListAsked<C>, Error> {
        let by = sorts.first().map_or(SortBy::Created, |(_, by)| *by);
        let mut list = ListAsked {
            limit: PAGE_SIZE_DEFAULT,
            cursor: None,
            order: Order { by, ascending: false },
            updated_after: None,
            updated_before: None,
            statuses: None,
            kept: Vec::new(),
        };
        for (name, value) in form_urlencoded::parse(asked.query().as_bytes()) {
            match &*name {
                "limit" => list.limit = limit(&value)?,
                "page_token" => {
                    list.cursor = if value.is_empty() { None } else { Some(cursor(&value)?) };
                    continue;
                }
                "sort_by" if !sorts.is_empty() => list.order.by = sort_by(&value, sorts)?,
                "sort_order" if !sorts.is_empty() => list.order.ascending = is_ascending(&value)?,
                "q[updated_after]" => list.updated_after = Some(time("q[updated_after]", &value)?),
                "q[updated_before]" => list.updated_before = Some(time("q[updated_before]", &value)?),
                "q[statuses]" | "q[statuses][]" => list.statuses.get_or_insert_default().push(value.to_string()),
                _ => {}
            }
            list.kept.push((name.into_owned(), value.into_owned()));
        }
        list.kept.retain(|(name, _)| name != "limit");
        Ok(list)
    }
}

fn limit(value: &str) -> Result<usize, Error> {
    let limit = value.parse().ok().filter(|limit| (1..=PAGE_SIZE_MAX).contains(limit));
    limit.ok_or_else(|| Error::BadRequest(format!("limit must be a number from 1 to {PAGE_SIZE_MAX}.")))
}

fn sort_by(value: &str, sorts: &[(&str, SortBy)]) -> Result<SortBy, Error> {
    let found = sorts.iter().find(|(name, _)| *name == value).map(|(_, by)| *by);
    let names = || sorts.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" or ");
    found.ok_or_else(|| Error::BadRequest(format!("sort_by must be {}.", names())))
}

fn is_ascending(value: &str) -> Result<bool, Error> {
    match value {
        "asc" => Ok(true),
        "desc" => Ok(false),
        _ => Err(Error::BadRequest("sort_order must be asc or desc.".into())),
    }
}

/// A moment: Unix seconds, with up to three decimals.
pub fn time(name: &str, value: &str) -> Result<Time, Error> {
    let seconds = value.parse::<f64>().ok().filter(|seconds| seconds.is_finite() && seconds.abs() < 1e12);
    #[expect(clippy::cast_possible_truncation, reason = "it was looked at")]
    let millis = seconds.map(|seconds| Time::from_millis((seconds * 1000.0).round() as i64));
    millis.ok_or_else(|| Error::BadRequest(format!("{name} must be a time in seconds since 1970.")))
}

/// A cursor that a page token can hold, as words with dots between them.
pub trait PageToken: Sized {
    fn text(&self) -> String;
    fn from_words(words: &[&str]) -> Option<Self>;
}

/// A list by id continues after an id.
macro_rules! token_of_id {
    ($($id:ty),*) => {
        $(impl PageToken for $id {
            fn text(&self) -> String {
                self.to_string()
            }

            fn from_words(words: &[&str]) -> Option<Self> {
                let [id] = words else { return None };
                id.parse().ok()
            }
        })*
    };
}

token_of_id!(AccountId, ContactId, ConversationId, MessageId);

impl<Id: PageToken> PageToken for Cursor<Id> {
    fn text(&self) -> String {
        match self {
            Cursor::Created(id) => format!("created.{}", id.text()),
            Cursor::Changed { changed, id, began: None } => format!("changed.{changed}.{}", id.text()),
            Cursor::Changed { changed, id, began: Some(began) } => format!("changed.{changed}.{}.{began}", id.text()),
            Cursor::ChangedSince { changed, id } => format!("since.{changed}.{}", id.text()),
        }
    }

    fn from_words(words: &[&str]) -> Option<Self> {
        // Journals have no entry with a number that a signed column cannot hold.
        let seq = |text: &str| text.parse().ok().filter(|number| i64::try_from(*number).is_ok()).map(Seq);
        let id = |text| Id::from_words(&[text]);
        Some(match *words {
            ["created", after] => Cursor::Created(id(after)?),
            ["changed", changed, after] => Cursor::Changed { changed: seq(changed)?, id: id(after)?, began: None },
            ["changed", changed, after, began] => {
                Cursor::Changed { changed: seq(changed)?, id: id(after)?, began: Some(seq(began)?) }
            }
            ["since", changed, after] => Cursor::ChangedSince { changed: seq(changed)?, id: id(after)? },
            _ => return None,
        })
    }
}

/// Parses a page token.
fn cursor<C: PageToken>(token: &str) -> Result<C, Error> {
    let text = BASE64URL_NOPAD.decode(token.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let cursor = text.and_then(|text| C::from_words(&text.split('.').collect::<Vec<_>>()));
    cursor.ok_or_else(|| Error::BadRequest("page_token is not one that was given out.".into()))
}

fn token(cursor: &impl PageToken) -> String {
    BASE64URL_NOPAD.encode(cursor.text().as_bytes())
}

/// A page of a list, as it is written.
#[derive(Serialize, ToSchema)]
pub struct Paged<T> {
    _pagination: Pagination,
    _links: SelfLink,
    _results: Vec<T>,
}

/// A page of what a search found, as it is written.
#[derive(Serialize, ToSchema)]
pub struct Counted<T> {
    #[serde(flatten)]
    page: Paged<T>,
    /// How many were found in all.
    _total: u64,
}

/// A list that comes whole, as it is written.
#[derive(Serialize, ToSchema)]
pub struct Whole<T> {
    _links: SelfLink,
    _results: Vec<T>,
}

#[derive(Serialize, ToSchema)]
struct Pagination {
    /// The address of the next page; null after the last.
    next: Option<String>,
}

/// Where what is written can be read.
#[derive(Serialize, ToSchema)]
pub struct SelfLink {
    #[serde(rename = "self")]
    this: String,
}

impl SelfLink {
    pub fn to(this: String) -> SelfLink {
        SelfLink { this }
    }
}

impl<T> Paged<T> {
    /// A page of the list at `url`.
    pub fn new<I, C: PageToken>(
        url: String,
        asked: &ListAsked<C>,
        page: Page<I, C>,
        show: impl FnMut(I) -> T,
    ) -> Paged<T> {
        let next = page.next.map(|cursor| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(&asked.kept).append_pair("limit", &asked.limit.to_string());
            format!("{url}?{}", query.append_pair("page_token", &token(&cursor)).finish())
        });
        let results = page.items.into_iter().map(show).collect();
        Paged { _pagination: Pagination { next }, _links: SelfLink::to(url), _results: results }
    }
}

impl<T> Counted<T> {
    /// A page of what was found.
    pub fn new(page: Paged<T>, total: u64) -> Counted<T> {
        Counted { page, _total: total }
    }
}

impl<T> Whole<T> {
    /// The list at `url`.
    pub fn new(url: String, results: Vec<T>) -> Whole<T> {
        Whole { _links: SelfLink::to(url), _results: results }
    }
}

/// Unix seconds with three decimals.
#[expect(clippy::cast_precision_loss, reason = "milliseconds are exact for 285,000 years")]
pub fn seconds(time: Time) -> f64 {
    time.millis() as f64 / 1000.0
}
