//! The rows of conversations, messages and attachments.

use contact::{
    Attachment, Changes, ChannelId, CompanyId, ContactId, Conversation, ConversationId, MessageRef, Received, Seq, View,
};
use rusqlite::{Connection, Row, params};

use store::{Content, Needs, record};

use crate::error::Result;

/// Loads the needed conversations, and those of the needed message references.
pub fn load_needed(connection: &Connection, view: &mut View, needs: &Needs) -> Result<()> {
    for key in &needs.references {
        if view.references.contains_key(key) {
            continue;
        }
        let Some(found) = find_reference(connection, view.company, key)? else { continue };
        view.references.insert(key.clone(), found);
        load(connection, view, found.conversation)?;
    }
    needs.conversations.iter().try_for_each(|id| load(connection, view, *id))
}

/// Loads a conversation unless it is loaded.
fn load(connection: &Connection, view: &mut View, id: ConversationId) -> Result<()> {
    if !view.conversations.contains_key(&id)
        && let Some(conversation) = conversation(connection, view.company, id)?
    {
        view.conversations.insert(id, conversation);
    }
    Ok(())
}

/// The message of a reference.
fn find_reference(
    connection: &Connection,
    company: CompanyId,
    (channel, reference): &(ChannelId, String),
) -> Result<Option<MessageRef>> {
    let mut statement = connection.prepare_cached(
        "SELECT conversation, message FROM message_reference WHERE company = ?1 AND channel = ?2 AND reference = ?3",
    )?;
    let key = params![company.number(), channel.number(), reference];
    statement.query_and_then(key, to_message_ref)?.next().transpose()
}

pub fn to_message_ref(row: &Row) -> Result<MessageRef> {
    let conversation = record::conversation_id(row.get("conversation")?)?;
    Ok(MessageRef { conversation, message: record::message_id(row.get("message")?)? })
}

/// Writes the conversations that a batch changed, and the messages that it received.
pub fn store(connection: &Connection, view: &View, changes: &Changes, contents: &[Content]) -> Result<()> {
    let company = view.company.number();
    let mut put = connection.prepare_cached(
        "INSERT INTO conversation (company, conversation, home, changed, body) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET changed = excluded.changed, body = excluded.body",
    )?;
    for conversation in changes.conversations.iter().filter_map(|id| view.conversations.get(id)) {
        let body = record::from_conversation(conversation);
        let Conversation { id, home, changed, .. } = conversation;
        put.execute(params![company, id.number(), home.number(), changed.0, body])?;
    }
    let mut put = connection.prepare_cached(
        "INSERT INTO message_reference (company, channel, reference, conversation, message) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET conversation = excluded.conversation, message = excluded.message",
    )?;
    for (key, message_ref) in changes.references.iter().filter_map(|key| view.references.get_key_value(key)) {
        let (channel, reference) = key;
        put.execute(params![
            company,
            channel.number(),
            reference,
            message_ref.conversation.number(),
            message_ref.message.number()
        ])?;
    }
    for content in contents {
        if let Content::Message { received, attachments } = content {
            insert(connection, received, attachments)?;
        }
    }
    Ok(())
}

/// Writes a message with its attachments.
fn insert(connection: &Connection, received: &Received, attachments: &[Attachment]) -> Result<()> {
    let company = received.id.company().number();
    let mut put = connection.prepare_cached(
        "INSERT INTO message (company, conversation, message, at, home, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let Received { id, conversation, home, at, .. } = received;
    let body = record::from_received(received);
    put.execute(params![company, conversation.number(), id.number(), at.millis(), home.number(), body])?;
    let mut put = connection.prepare_cached(
        "INSERT INTO attachment (company, attachment, name, media_type, content) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (info, attachment) in received.attachments.iter().zip(attachments) {
        put.execute(params![company, info.id.number(), info.name, info.media_type, &attachment.content[..]])?;
    }
    Ok(())
}

/// The columns that [`to_conversation`] reads.
const CONVERSATION: &str = "SELECT conversation, home, changed, body FROM conversation";

pub fn to_conversation(row: &Row) -> Result<Conversation> {
    let body: String = row.get(3)?;
    Ok(record::to_conversation(row.get(0)?, row.get(1)?, row.get(2)?, &body)?)
}

/// The conversation with an id.
pub fn conversation(connection: &Connection, company: CompanyId, id: ConversationId) -> Result<Option<Conversation>> {
    let query = format!("{CONVERSATION} WHERE company = ?1 AND conversation = ?2");
    let mut statement = connection.prepare_cached(&query)?;
    statement.query_and_then(params![company.number(), id.number()], to_conversation)?.next().transpose()
}

/// Conversations ordered by their last messages: all, or those with one of the contacts `homes`.
pub fn listed(
    connection: &Connection,
    company: CompanyId,
    homes: Option<&[ContactId]>,
    ascending: bool,
    after: Option<Seq>,
    limit: usize,
) -> Result<Vec<Conversation>> {
    let (follows, order, start) = if ascending { (">", "ASC", 0) } else { ("<", "DESC", i64::MAX as u64) };
    let after = after.map_or(start, |after| after.0);
    let Some(homes) = homes else {
        let query =
            format!("{CONVERSATION} WHERE company = ?1 AND changed {follows} ?2 ORDER BY changed {order} LIMIT ?3");
        let mut statement = connection.prepare_cached(&query)?;
        return statement.query_and_then(params![company.number(), after, limit], to_conversation)?.collect();
    };
    let query = format!(
        "{CONVERSATION} WHERE company = ?1 AND home = ?2 AND changed {follows} ?3 ORDER BY changed {order} LIMIT ?4"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let mut found = Vec::new();
    for home in homes {
        let of_home =
            statement.query_and_then(params![company.number(), home.number(), after, limit], to_conversation)?;
        found.extend(of_home.collect::<Result<Vec<_>, _>>()?);
    }
    found.sort_by_key(|conversation| std::cmp::Reverse(conversation.changed));
    if ascending {
        found.reverse();
    }
    found.truncate(limit);
    Ok(found)
}

/// The columns that [`to_received`] reads.
pub const MESSAGE: &str = "SELECT message, conversation, at, home, body FROM message";

/// Parses a row of [`MESSAGE`].
pub fn to_received(row: &Row) -> Result<Received> {
    let body: String = row.get(4)?;
    Ok(record::to_received(row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, &body)?)
}
