//! Conversations, their messages and attachments.

use contact::{
    Attachment, AttachmentId, ChannelId, CompanyId, Conversation, ConversationId, MessageId, MessageRef, Received, Seq,
};
use store::{Batch, Content, record};
use tokio_postgres::Row;

use crate::codec::{self, AFTER_ALL, BEFORE_ALL, number, stored};
use crate::connect::Pool;
use crate::error::Result;
use crate::pipeline::{Insert, Pipeline, Value};

pub const BY_REFERENCE: &str = "SELECT found.*
     FROM unnest($2::bigint[], $3::text[]) AS requested (channel, reference), LATERAL (
         SELECT channel, reference, conversation, message FROM message_reference
         WHERE company = $1 AND channel = requested.channel AND reference = requested.reference OFFSET 0
     ) AS found";
pub const BY_ID: &str = "SELECT found.* FROM unnest($2::bigint[]) AS requested (id), LATERAL (
         SELECT conversation, home, changed, body FROM conversation
         WHERE company = $1 AND conversation = requested.id OFFSET 0
     ) AS found";
pub const ALL: &str =
    "SELECT conversation, home, changed, body FROM conversation WHERE company = $1 ORDER BY conversation";
pub const ALL_REFERENCES: &str = "SELECT channel, reference, conversation, message FROM message_reference
     WHERE company = $1 ORDER BY channel, reference COLLATE \"C\"";
pub const LATEST: &str = "SELECT conversation, home, changed, body FROM conversation
     WHERE company = $1 AND changed < $2 ORDER BY changed DESC LIMIT $3";
pub const LATEST_OF: &str = "SELECT latest.* FROM unnest($4::bigint[]) AS part (home), LATERAL (
         SELECT conversation, home, changed, body FROM conversation
         WHERE company = $1 AND home = part.home AND changed < $2 ORDER BY changed DESC LIMIT $3
     ) AS latest ORDER BY changed DESC LIMIT $3";
pub const EARLIEST: &str = "SELECT conversation, home, changed, body FROM conversation
     WHERE company = $1 AND changed > $2 ORDER BY changed LIMIT $3";
pub const EARLIEST_OF: &str = "SELECT earliest.* FROM unnest($4::bigint[]) AS part (home), LATERAL (
         SELECT conversation, home, changed, body FROM conversation
         WHERE company = $1 AND home = part.home AND changed > $2 ORDER BY changed LIMIT $3
     ) AS earliest ORDER BY changed LIMIT $3";
pub const MESSAGES: &str = "SELECT message, conversation, at, home, body FROM message
     WHERE company = $1 AND conversation = $2 AND message < $3 ORDER BY message DESC LIMIT $4";
pub const MESSAGE_BY_ID: &str = "SELECT message, conversation, at, home, body FROM message
     WHERE company = $1 AND message = $2";
pub const ATTACHMENT: &str = "SELECT name, media_type, content FROM attachment WHERE company = $1 AND attachment = $2";
pub const ADD_ATTACHMENT: &str =
    "INSERT INTO attachment (company, attachment, name, media_type, content) VALUES ($1, $2, $3, $4, $5)";

pub static CONVERSATION: Insert = Insert::new(
    "conversation (company, conversation, home, changed, body)",
    4,
    " ON CONFLICT (company, conversation) DO UPDATE SET changed = excluded.changed, body = excluded.body",
);
pub static REFERENCE: Insert = Insert::new(
    "message_reference (company, channel, reference, conversation, message)",
    4,
    " ON CONFLICT (company, channel, reference) DO UPDATE SET conversation = excluded.conversation,
          message = excluded.message",
);
pub static MESSAGE: Insert = Insert::new("message (company, conversation, message, at, home, body)", 5, "");

pub fn reference(row: &Row) -> Result<((ChannelId, String), MessageRef)> {
    let key = (record::channel_id(number(row, 0)?)?, row.try_get(1)?);
    let conversation = record::conversation_id(number(row, 2)?)?;
    Ok((key, MessageRef { conversation, message: record::message_id(number(row, 3)?)? }))
}

pub fn conversation(row: &Row) -> Result<Conversation> {
    Ok(record::to_conversation(number(row, 0)?, number(row, 1)?, number(row, 2)?, row.try_get(3)?)?)
}

fn received(row: &Row) -> Result<Received> {
    let [id, conversation, home] = [number(row, 0)?, number(row, 1)?, number(row, 3)?];
    Ok(record::to_received(id, conversation, row.try_get(2)?, home, row.try_get(4)?)?)
}

fn attachment(row: &Row) -> Result<Attachment> {
    let content: &[u8] = row.try_get(2)?;
    Ok(Attachment { name: row.try_get(0)?, media_type: row.try_get(1)?, content: content.into() })
}

/// At most `limit` conversations by their last messages; of the contacts `homes`, or of all.
pub async fn list(
    pool: &Pool,
    company: CompanyId,
    homes: Option<Vec<i64>>,
    ascending: bool,
    after: Option<Seq>,
    limit: usize,
) -> Result<Vec<Conversation>> {
    let start = if ascending { BEFORE_ALL } else { AFTER_ALL };
    let (company, after) = (codec::company(company), after.map_or(start, |after| stored(after.0)));
    let rows = if let Some(homes) = homes {
        let sql = if ascending { EARLIEST_OF } else { LATEST_OF };
        pool.query(sql, &[&company, &after, &codec::limit(limit), &homes]).await?
    } else {
        let sql = if ascending { EARLIEST } else { LATEST };
        pool.query(sql, &[&company, &after, &codec::limit(limit)]).await?
    };
    rows.iter().map(conversation).collect()
}

pub async fn by_id(pool: &Pool, company: CompanyId, id: ConversationId) -> Result<Option<Conversation>> {
    let ids = [stored(id.number())];
    pool.query(BY_ID, &[&codec::company(company), &ids.as_slice()]).await?.first().map(conversation).transpose()
}

/// The last `limit` messages of a conversation before `before`, in order.
pub async fn messages(
    pool: &Pool,
    company: CompanyId,
    conversation: ConversationId,
    before: Option<MessageId>,
    limit: usize,
) -> Result<Vec<Received>> {
    let before = before.map_or(AFTER_ALL, |before| stored(before.number()));
    let (company, conversation) = (codec::company(company), stored(conversation.number()));
    let rows = pool.query(MESSAGES, &[&company, &conversation, &before, &codec::limit(limit)]).await?;
    rows.iter().rev().map(received).collect()
}

pub async fn message_by_id(pool: &Pool, company: CompanyId, id: MessageId) -> Result<Option<Received>> {
    let rows = pool.query(MESSAGE_BY_ID, &[&codec::company(company), &stored(id.number())]).await?;
    rows.first().map(received).transpose()
}

pub async fn attachment_by_id(pool: &Pool, company: CompanyId, id: AttachmentId) -> Result<Option<Attachment>> {
    let rows = pool.query(ATTACHMENT, &[&codec::company(company), &stored(id.number())]).await?;
    rows.first().map(attachment).transpose()
}

/// Adds the statements that store the conversations and references that a batch changed, and its messages.
pub async fn append<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch) -> Result<()> {
    let Batch { view, changes, contents, .. } = batch;
    let conversations = changes.conversations.iter().filter_map(|id| view.conversations.get(id));
    pipeline.insert(&CONVERSATION, conversations.map(conversation_row).collect()).await?;
    let references = changes.references.iter().filter_map(|key| view.references.get_key_value(key));
    pipeline.insert(&REFERENCE, references.map(|(key, message)| reference_row(key, message)).collect()).await?;
    pipeline.insert(&MESSAGE, messages_of(contents).map(|(received, _)| message_row(received)).collect()).await?;
    for (received, attachments) in messages_of(contents) {
        for (info, file) in received.attachments.iter().zip(attachments) {
            let values: Vec<Value> = vec![
                Box::new(stored(info.id.number())),
                Box::new(info.name.as_str()),
                Box::new(info.media_type.as_str()),
                Box::new(&file.content[..]),
            ];
            pipeline.add(ADD_ATTACHMENT, values).await?;
        }
    }
    Ok(())
}

/// The messages among the contents of a batch, with their attachments.
fn messages_of(contents: &[Content]) -> impl Iterator<Item = (&Received, &[Attachment])> {
    contents.iter().filter_map(|content| match content {
        Content::Message { received, attachments } => Some((received, &attachments[..])),
        Content::Picture { .. } => None,
    })
}

fn conversation_row(conversation: &Conversation) -> Vec<Value<'_>> {
    let Conversation { id, home, changed, .. } = conversation;
    let body = record::from_conversation(conversation);
    vec![Box::new(stored(id.number())), Box::new(stored(home.number())), Box::new(stored(changed.0)), Box::new(body)]
}

fn reference_row<'a>((channel, reference): &'a (ChannelId, String), message: &MessageRef) -> Vec<Value<'a>> {
    vec![
        Box::new(stored(channel.number())),
        Box::new(reference.as_str()),
        Box::new(stored(message.conversation.number())),
        Box::new(stored(message.message.number())),
    ]
}

fn message_row(received: &Received) -> Vec<Value<'_>> {
    let Received { id, conversation, home, at, .. } = received;
    vec![
        Box::new(stored(conversation.number())),
        Box::new(stored(id.number())),
        Box::new(at.millis()),
        Box::new(stored(home.number())),
        Box::new(record::from_received(received)),
    ]
}
