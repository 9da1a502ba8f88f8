//! What a query looks for among conversations: words, and filters such as `from:selina@gotham.org`.

use contact::{Channel, Handle, HandleKey, InboxId, Source, Time};
use hub::{ConversationQuery, Parties};

use super::contacts;
use super::error::Error;
use super::page::time;
use super::request::ApiRequest;

/// Most words and filters of a query.
const PARTS_MAX: usize = 50;

/// What every conversation is.
const ALL_ARE: [&str; 4] = ["open", "unassigned", "unreplied", "waiting"];
/// What none is.
const NONE_IS: [&str; 4] = ["archived", "assigned", "snoozed", "trashed"];

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A part of a query: `filter:text`, or a text alone.
#[derive(Default)]
struct Part {
    filter: Option<String>,
    text: String,
}

/// The parts of a query. Blanks stand between them, but in quotes.
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
    // What nothing follows is no filter: "Re:".
    for part in parts.iter_mut().filter(|part| part.text.is_empty()) {
        part.text = part.filter.take().unwrap_or_default();
    }
    parts.retain(|part| !part.text.is_empty());
    parts
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

/// Reads a query; none if no conversation can be as it asks.
pub async fn read(request: &ApiRequest, query: &str) -> Result<Option<ConversationQuery>, Error> {
    let parts = parts(query);
    if parts.len() > PARTS_MAX {
        return Err(Error::BadRequest(format!("A query has at most {PARTS_MAX} words and filters.")));
    }
    let mut sought = ConversationQuery::default();
    let mut is_any = false;
    let mut can_be = true;
    for Part { filter, text } in parts {
        let Some(filter) = filter else {
            is_any |= sought.add_text(&text);
            continue;
        };
        is_any = true;
        match filter.as_str() {
            "is" if ALL_ARE.contains(&text.as_str()) => {}
            "is" if NONE_IS.contains(&text.as_str()) => can_be = false,
            "is" => {
                let known = [ALL_ARE, NONE_IS].concat().join(", ");
                return Err(Error::BadRequest(format!("is:{text} is not known; there is {known}.")));
            }
            "inbox" => can_be &= text.parse() == Ok(InboxId::nth(request.company.id, 1)),
            "contact" => match contacts::find(request, &text).await {
                Ok(contact) => can_be &= sought.of.replace(contact.id).is_none_or(|before| before == contact.id),
                Err(Error::NotFound(_)) => can_be = false,
                Err(error) => return Err(error),
            },
            "from" | "to" | "recipient" => {
                let keys = keys(request, &text);
                let among = sought.among.get_or_insert_default();
                if filter != "from" {
                    add_channels(request, among, &keys).await?;
                }
                if filter != "to" {
                    among.senders.extend(keys);
                }
            }
            "before" => until(&mut sought, time("before:", &text)?),
            "after" => since(&mut sought, Time::from_millis(time("after:", &text)?.millis() + 1)),
            "during" => {
                let day = time("during:", &text)?.millis().div_euclid(DAY_MS) * DAY_MS;
                since(&mut sought, Time::from_millis(day));
                until(&mut sought, Time::from_millis(day + DAY_MS));
            }
            _ => {
                let message = format!("There is no filter {filter}: here. Put it in quotes to look for it as a text.");
                return Err(Error::BadRequest(message));
            }
        }
    }
    if !is_any {
        return Err(Error::BadRequest("The query must have a word or a filter.".into()));
    }
    Ok(can_be.then_some(sought))
}

fn since(sought: &mut ConversationQuery, time: Time) {
    sought.since = sought.since.max(Some(time));
}

fn until(sought: &mut ConversationQuery, time: Time) {
    sought.until = Some(sought.until.map_or(time, |before| before.min(time)));
}

/// What a text is as a handle of each source.
fn keys(request: &ApiRequest, text: &str) -> Vec<HandleKey> {
    let handle = |source| Handle::parse(source, text, request.company.region).ok();
    Source::ALL.into_iter().filter_map(handle).map(|handle| handle.key().clone()).collect()
}

async fn add_channels(request: &ApiRequest, among: &mut Parties, keys: &[HandleKey]) -> Result<(), Error> {
    let channels: Vec<Channel> = request.app.hub.channels(request.company.id).await?;
    among.channels.extend(channels.iter().filter(|channel| keys.contains(channel.key())).map(|channel| channel.id));
    Ok(())
}
