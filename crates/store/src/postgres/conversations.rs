//! Conversations, their messages, and what came with them.

use contact::{
    Attachment, AttachmentId, ChannelId, CompanyId, ContactId, Conversation, ConversationId, Marked, MessageId,
    Received, Seq,
};
use tokio_postgres::Row;

use super::connect::Pool;
use super::load::{BEYOND, company, limit, number, numbers, stored};
use super::rows::{Flight, Insert, Value};
use crate::batch::Batch;
use crate::{Content, Error, record};

pub const MARKS: &str = "SELECT known.* FROM unnest($2::bigint[], $3::text[]) AS asked (channel, mark), LATERAL (
         SELECT channel, mark, conversation, message FROM mark
         WHERE company = $1 AND channel = asked.channel AND mark = asked.mark OFFSET 0
     ) AS known";
pub const BY_ID: &str = "SELECT known.* FROM unnest($2::bigint[]) AS asked (id), LATERAL (
         SELECT conversation, home, changed, body FROM conversation WHERE company = $1 AND conversation = asked.id OFFSET 0
     ) AS known";
pub const LATEST: &str = "SELECT conversation, home, changed, body FROM conversation
     WHERE company = $1 AND changed < $2 ORDER BY changed DESC LIMIT $3";
pub const LATEST_OF: &str = "SELECT latest.* FROM unnest($4::bigint[]) AS part (home), LATERAL (
         SELECT conversation, home, changed, body FROM conversation
         WHERE company = $1 AND home = part.home AND changed < $2 ORDER BY changed DESC LIMIT $3
     ) AS latest ORDER BY changed DESC LIMIT $3";
pub const MESSAGES: &str = "SELECT message, conversation, at, home, body FROM message
     WHERE company = $1 AND conversation = $2 AND message < $3 ORDER BY message DESC LIMIT $4";
pub const ATTACHMENT: &str = "SELECT name, media_type, content FROM attachment WHERE company = $1 AND attachment = $2";

static CONVERSATION: Insert = Insert::new(
    "conversation (company, conversation, home, changed, body)",
    4,
    " ON CONFLICT (company, conversation) DO UPDATE SET changed = excluded.changed, body = excluded.body",
);
static MARK: Insert = Insert::new(
    "mark (company, channel, mark, conversation, message)",
    4,
    " ON CONFLICT (company, channel, mark) DO UPDATE SET conversation = excluded.conversation,
          message = excluded.message",
);
static MESSAGE: Insert = Insert::new("message (company, conversation, message, at, home, body)", 5, "");
pub const ATTACH: &str =
    "INSERT INTO attachment (company, attachment, name, media_type, content) VALUES ($1, $2, $3, $4, $5)";

/// What rows are written with.
pub fn inserts() -> [&'static Insert; 3] {
    [&CONVERSATION, &MARK, &MESSAGE]
}

/// Makes ready what writes the conversations and marks that a batch has changed, and what its messages say.
pub async fn add<'a>(flight: &mut Flight<'a>, batch: &'a Batch) -> Result<(), Error> {
    let Batch { view, changes, contents } = batch;
    let talks = changes.conversations.iter().filter_map(|id| view.conversations.get(id));
    flight.insert(&CONVERSATION, talks.map(talk).collect()).await?;
    let marks = changes.marks.iter().filter_map(|key| view.marks.get_key_value(key));
    let mark = |((channel, mark), marked): (&'a (ChannelId, String), &Marked)| -> Vec<Value<'a>> {
        vec![
            Box::new(stored(channel.number())),
            Box::new(mark.as_str()),
            Box::new(stored(marked.conversation.number())),
            Box::new(stored(marked.message.number())),
        ]
    };
    flight.insert(&MARK, marks.map(mark).collect()).await?;
    flight.insert(&MESSAGE, contents.iter().map(message).collect()).await?;
    for Content { received, attachments } in contents {
        for (info, file) in received.attachments.iter().zip(attachments) {
            let values: Vec<Value> = vec![
                Box::new(stored(info.id.number())),
                Box::new(info.name.as_str()),
                Box::new(info.media_type.as_str()),
                Box::new(&file.content[..]),
            ];
            flight.add(ATTACH, values).await?;
        }
    }
    Ok(())
}

fn talk(conversation: &Conversation) -> Vec<Value<'_>> {
    let Conversation { id, home, changed, .. } = conversation;
    let body = record::from_conversation(conversation);
    vec![Box::new(stored(id.number())), Box::new(stored(home.number())), Box::new(stored(changed.0)), Box::new(body)]
}

fn message(content: &Content) -> Vec<Value<'_>> {
    let Received { id, conversation, home, at, .. } = &content.received;
    vec![
        Box::new(stored(conversation.number())),
        Box::new(stored(id.number())),
        Box::new(at.millis()),
        Box::new(stored(home.number())),
        Box::new(record::from_received(&content.received)),
    ]
}

pub fn to_mark(row: &Row) -> Result<((ChannelId, String), Marked), Error> {
    let key = (record::channel_id(number(row, 0)?)?, row.try_get(1)?);
    let conversation = record::conversation_id(number(row, 2)?)?;
    Ok((key, Marked { conversation, message: record::message_id(number(row, 3)?)? }))
}

pub fn to_conversation(row: &Row) -> Result<Conversation, Error> {
    record::to_conversation(number(row, 0)?, number(row, 1)?, number(row, 2)?, row.try_get(3)?)
}

/// A conversation.
pub async fn conversation(pool: &Pool, of: CompanyId, id: ConversationId) -> Result<Option<Conversation>, Error> {
    let ids = [stored(id.number())];
    let found = pool.query(BY_ID, &[&company(of), &ids.as_slice()]).await?;
    found.first().map(to_conversation).transpose()
}

/// Conversations, the last message first: all, or those at home in some contacts.
pub async fn latest(
    pool: &Pool,
    of: CompanyId,
    homes: Option<&[ContactId]>,
    after: Option<Seq>,
    most: usize,
) -> Result<Vec<Conversation>, Error> {
    let after = after.map_or(BEYOND, |after| stored(after.0));
    let found = match homes {
        None => pool.query(LATEST, &[&company(of), &after, &limit(most)]).await?,
        Some(homes) => pool.query(LATEST_OF, &[&company(of), &after, &limit(most), &numbers(homes)]).await?,
    };
    found.iter().map(to_conversation).collect()
}

/// The last messages of a conversation, in order.
pub async fn messages(
    pool: &Pool,
    of: CompanyId,
    conversation: ConversationId,
    before: Option<MessageId>,
    most: usize,
) -> Result<Vec<Received>, Error> {
    let before = before.map_or(BEYOND, |before| stored(before.number()));
    let conversation = stored(conversation.number());
    let found = pool.query(MESSAGES, &[&company(of), &conversation, &before, &limit(most)]).await?;
    let received = |row: &Row| {
        let [id, conversation, home] = [number(row, 0)?, number(row, 1)?, number(row, 3)?];
        record::to_received(id, conversation, row.try_get(2)?, home, row.try_get(4)?)
    };
    found.iter().rev().map(received).collect()
}

/// An attachment with its bytes.
pub async fn attachment(pool: &Pool, of: CompanyId, id: AttachmentId) -> Result<Option<Attachment>, Error> {
    let found = pool.query(ATTACHMENT, &[&company(of), &stored(id.number())]).await?;
    let attachment = |row: &Row| {
        let content: &[u8] = row.try_get(2)?;
        Ok(Attachment { name: row.try_get(0)?, media_type: row.try_get(1)?, content: content.into() })
    };
    found.first().map(attachment).transpose()
}
