//! Parses conversation searches: words, and filters such as `from:selina@gotham.org`.

use contact::{Channel, Handle, HandleKey, InboxId, Source, Time};
use hub::{ConversationQuery, Parties};

use super::contacts;
use super::error::Error;
use super::page::time;
use super::request::ApiRequest;

/// Most words and filters in a query.
const PARTS_MAX: usize = 50;

/// The values of `is:` that match every conversation.
const MATCH_ALL: [&str; 4] = ["open", "unassigned", "unreplied", "waiting"];
/// The values of `is:` that match none.
const MATCH_NONE: [&str; 4] = ["archived", "assigned", "snoozed", "trashed"];

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A part of a query: `filter:text`, or a text alone.
#[derive(Default)]
struct Part {
    filter: Option<String>,
    text: String,
}

/// Splits a query at blanks outside quotes.
fn parts(query: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut part = Part::default();
    let mut is_quoted = false;
    for c in query.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            ':' if !is_quoted && part.filter.is_none() && is_name(&part.text) => {
                part.filter = Some(std::mem::take(&mut part.text));
            }
            c if c.is_whitespace() && !is_quoted => parts.push(std::mem::take(&mut part)),
            c => part.text.push(c),
        }
    }
    parts.push(part);
    // A filter without a value is a word: "Re:".
    for part in parts.iter_mut().filter(|part| part.text.is_empty()) {
        part.text = part.filter.take().unwrap_or_default();
    }
    parts.retain(|part| !part.text.is_empty());
    parts
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

/// Parses a query. Returns `None` if it can match no conversation.
pub async fn read(request: &ApiRequest, query: &str) -> Result<Option<ConversationQuery>, Error> {
    let parts = parts(query);
    if parts.len() > PARTS_MAX {
        return Err(Error::BadRequest(format!("A query has at most {PARTS_MAX} words and filters.")));
    }
    let mut search = ConversationQuery::default();
    let mut has_part = false;
    let mut can_match = true;
    for Part { filter, text } in parts {
        let Some(filter) = filter else {
            has_part |= search.add_text(&text);
            continue;
        };
        has_part = true;
        match filter.as_str() {
            "is" if MATCH_ALL.contains(&text.as_str()) => {}
            "is" if MATCH_NONE.contains(&text.as_str()) => can_match = false,
            "is" => {
                let known = [MATCH_ALL, MATCH_NONE].concat().join(", ");
                return Err(Error::BadRequest(format!("is:{text} is unknown. Use one of {known}.")));
            }
            "inbox" => can_match &= text.parse() == Ok(InboxId::nth(request.company.id, 1)),
            "contact" => match contacts::find(request, &text).await {
                Ok(contact) => can_match &= search.of.replace(contact.id).is_none_or(|before| before == contact.id),
                Err(Error::NotFound(_)) => can_match = false,
                Err(error) => return Err(error),
            },
            "from" | "to" | "recipient" => {
                let keys = keys(request, &text);
                let parties = search.among.get_or_insert_default();
                if filter != "from" {
                    add_channels(request, parties, &keys).await?;
                }
                if filter != "to" {
                    parties.senders.extend(keys);
                }
            }
            "before" => until(&mut search, time("before:", &text)?),
            "after" => since(&mut search, Time::from_millis(time("after:", &text)?.millis() + 1)),
            "during" => {
                let day = time("during:", &text)?.millis().div_euclid(DAY_MS) * DAY_MS;
                since(&mut search, Time::from_millis(day));
                until(&mut search, Time::from_millis(day + DAY_MS));
            }
            _ => {
                let message = format!("The filter {filter}: is unknown. Put it in quotes to search for it as text.");
                return Err(Error::BadRequest(message));
            }
        }
    }
    if !has_part {
        return Err(Error::BadRequest("The query must have a word or a filter.".into()));
    }
    Ok(can_match.then_some(search))
}

fn since(search: &mut ConversationQuery, time: Time) {
    search.since = search.since.max(Some(time));
}

fn until(search: &mut ConversationQuery, time: Time) {
    search.until = Some(search.until.map_or(time, |before| before.min(time)));
}

/// Returns a text as a handle of each source that accepts it.
fn keys(request: &ApiRequest, text: &str) -> Vec<HandleKey> {
    let handle = |source| Handle::parse(source, text, request.company.region).ok();
    Source::ALL.into_iter().filter_map(handle).map(|handle| handle.key().clone()).collect()
}

async fn add_channels(request: &ApiRequest, parties: &mut Parties, keys: &[HandleKey]) -> Result<(), Error> {
    let channels: Vec<Channel> = request.app.hub.channels(request.company.id).await?;
    parties.channels.extend(channels.iter().filter(|channel| keys.contains(channel.key())).map(|channel| channel.id));
    Ok(())
}
