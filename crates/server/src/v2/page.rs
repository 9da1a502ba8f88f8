//! Pages of lists: their parameters, and their response bodies.

use contact::{AccountId, ContactId, ConversationId, HandleKey, MessageId, Seq, Time};
use data_encoding::BASE64URL_NOPAD;
use hub::{Cursor, Order, PAGE_SIZE_MAX, Page, SortBy};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use super::error::Error;
use super::request::ApiRequest;

const PAGE_SIZE_DEFAULT: usize = 50;

/// The parameters of a list: page, order and filters.
pub struct PageRequest<C> {
    pub limit: usize,
    pub cursor: Option<C>,
    pub order: Order,
    pub updated_after: Option<Time>,
    pub updated_before: Option<Time>,
    /// The statuses of conversations, or none for all.
    pub statuses: Option<Vec<String>>,
    /// The parameters that the URL of the next page repeats.
    kept: Vec<(String, String)>,
}

impl<C: PageToken> PageRequest<C> {
    /// Parses a query. `sorts` are the values of `sort_by`, the first one the default. Unknown parameters are ignored.
    pub fn read(request: &ApiRequest, sorts: &[(&str, SortBy)]) -> Result<PageRequest<C>, Error> {
        let by = sorts.first().map_or(SortBy::Created, |(_, by)| *by);
        let mut list = PageRequest {
            limit: PAGE_SIZE_DEFAULT,
            cursor: None,
            order: Order { by, ascending: false },
            updated_after: None,
            updated_before: None,
            statuses: None,
            kept: Vec::new(),
        };
        for (name, value) in form_urlencoded::parse(request.query().as_bytes()) {
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

/// Parses a time: Unix seconds, with up to three decimals.
pub fn time(name: &str, value: &str) -> Result<Time, Error> {
    from_seconds(name, value.parse().unwrap_or(f64::NAN))
}

/// Reads a time from Unix seconds.
pub fn from_seconds(name: &str, seconds: f64) -> Result<Time, Error> {
    if !seconds.is_finite() || seconds.abs() >= 1e12 {
        return Err(Error::BadRequest(format!("{name} must be a time in seconds since 1970.")));
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    let millis = (seconds * 1000.0).round() as i64;
    Ok(Time::from_millis(millis))
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

/// A history continues before an entry.
impl PageToken for Seq {
    fn text(&self) -> String {
        self.to_string()
    }

    fn from_words(words: &[&str]) -> Option<Self> {
        let [number] = words else { return None };
        seq(number)
    }
}

/// A list of handles continues after one. Handles have any characters, also dots.
impl PageToken for HandleKey {
    fn text(&self) -> String {
        format!("{}.{}", self.source().name(), BASE64URL_NOPAD.encode(self.as_str().as_bytes()))
    }

    fn from_words(words: &[&str]) -> Option<Self> {
        let [source, key] = words else { return None };
        let key = String::from_utf8(BASE64URL_NOPAD.decode(key.as_bytes()).ok()?).ok()?;
        // A store refuses a text with a NUL.
        let is_key = !key.contains('\0');
        is_key.then_some(HandleKey::from_stored(source.parse().ok()?, &key))
    }
}

/// Parses the number of a journal entry. Journals have none that a signed column cannot hold.
fn seq(text: &str) -> Option<Seq> {
    text.parse().ok().filter(|number| i64::try_from(*number).is_ok()).map(Seq)
}

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
    cursor.ok_or_else(|| Error::BadRequest("page_token is invalid. Use the one in _pagination.next.".into()))
}

fn token(cursor: &impl PageToken) -> String {
    BASE64URL_NOPAD.encode(cursor.text().as_bytes())
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub struct Paged<T> {
    _pagination: Pagination,
    _links: SelfLink,
    _results: Vec<T>,
}

/// A page of search results.
#[derive(Serialize, ToSchema)]
pub struct Counted<T> {
    #[serde(flatten)]
    page: Paged<T>,
    /// The number of all results.
    _total: u64,
}

/// A complete list.
#[derive(Serialize, ToSchema)]
pub struct Whole<T> {
    _links: SelfLink,
    _results: Vec<T>,
}

#[derive(Serialize, ToSchema)]
struct Pagination {
    /// The URL of the next page, or null on the last one.
    next: Option<String>,
}

/// The URL of the resource.
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
    /// Returns a page of the list at `url`.
    pub fn new<I, C: PageToken>(
        url: String,
        request: &PageRequest<C>,
        page: Page<I, C>,
        show: impl FnMut(I) -> T,
    ) -> Paged<T> {
        let next = page.next.map(|cursor| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(&request.kept).append_pair("limit", &request.limit.to_string());
            format!("{url}?{}", query.append_pair("page_token", &token(&cursor)).finish())
        });
        let results = page.items.into_iter().map(show).collect();
        Paged { _pagination: Pagination { next }, _links: SelfLink::to(url), _results: results }
    }
}

impl<T> Counted<T> {
    /// Returns a page of search results.
    pub fn new(page: Paged<T>, total: u64) -> Counted<T> {
        Counted { page, _total: total }
    }
}

impl<T> Whole<T> {
    /// Returns the list at `url`.
    pub fn new(url: String, results: Vec<T>) -> Whole<T> {
        Whole { _links: SelfLink::to(url), _results: results }
    }
}

/// Returns a time as Unix seconds with three decimals.
#[expect(clippy::cast_precision_loss, reason = "milliseconds are exact for 285,000 years")]
pub fn seconds(time: Time) -> f64 {
    time.millis() as f64 / 1000.0
}
