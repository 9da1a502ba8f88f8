//! Conversations, their messages, and what came with them.

use async_trait::async_trait;
use contact::{
    Attachment, AttachmentId, ChannelId, CompanyId, ContactId, Conversation, ConversationId, MessageId, MessageRef,
    Received, Seq,
};
use tokio_postgres::Row;

use super::Postgres;
use super::load::{BEFORE, BEYOND, company, limit, number, numbers, stored};
use super::rows::{Insert, Pipeline, Value};
use crate::batch::Batch;
use crate::{Content, Conversations, Error, record};

pub const MARKS: &str = "SELECT known.* FROM unnest($2::bigint[], $3::text[]) AS asked (channel, reference), LATERAL (
         SELECT channel, reference, conversation, message FROM reference
         WHERE company = $1 AND channel = asked.channel AND reference = asked.reference OFFSET 0
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

static CONVERSATION: Insert = Insert::new(
    "conversation (company, conversation, home, changed, body)",
    4,
    " ON CONFLICT (company, conversation) DO UPDATE SET changed = excluded.changed, body = excluded.body",
);
static MARK: Insert = Insert::new(
    "reference (company, channel, reference, conversation, message)",
    4,
    " ON CONFLICT (company, channel, reference) DO UPDATE SET conversation = excluded.conversation,
          message = excluded.message",
);
static MESSAGE: Insert = Insert::new("message (company, conversation, message, at, home, body)", 5, "");
pub const ATTACH: &str =
    "INSERT INTO attachment (company, attachment, name, media_type, content) VALUES ($1, $2, $3, $4, $5)";

/// What rows are written with.
pub fn inserts() -> [&'static Insert; 3] {
    [&CONVERSATION, &MARK, &MESSAGE]
}

/// Makes ready what writes the conversations and references that a batch has changed, and what its messages say.
pub async fn add<'a>(flight: &mut Pipeline<'a>, batch: &'a Batch) -> Result<(), Error> {
    let Batch { view, changes, contents, .. } = batch;
    let talks = changes.conversations.iter().filter_map(|id| view.conversations.get(id));
    flight.insert(&CONVERSATION, talks.map(talk).collect()).await?;
    let references = changes.references.iter().filter_map(|key| view.references.get_key_value(key));
    let reference = |((channel, reference), marked): (&'a (ChannelId, String), &MessageRef)| -> Vec<Value<'a>> {
        vec![
            Box::new(stored(channel.number())),
            Box::new(reference.as_str()),
            Box::new(stored(marked.conversation.number())),
            Box::new(stored(marked.message.number())),
        ]
    };
    flight.insert(&MARK, references.map(reference).collect()).await?;
    flight.insert(&MESSAGE, messages_of(contents).map(|(received, _)| message(received)).collect()).await?;
    for (received, attachments) in messages_of(contents) {
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

/// What messages say, and what came with them.
fn messages_of(contents: &[Content]) -> impl Iterator<Item = (&Received, &[Attachment])> {
    contents.iter().filter_map(|content| match content {
        Content::Message { received, attachments } => Some((received, &attachments[..])),
        Content::Picture { .. } => None,
    })
}

fn message(received: &Received) -> Vec<Value<'_>> {
    let Received { id, conversation, home, at, .. } = received;
    vec![
        Box::new(stored(conversation.number())),
        Box::new(stored(id.number())),
        Box::new(at.millis()),
        Box::new(stored(home.number())),
        Box::new(record::from_received(received)),
    ]
}

pub fn to_mark(row: &Row) -> Result<((ChannelId, String), MessageRef), Error> {
    let key = (record::channel_id(number(row, 0)?)?, row.try_get(1)?);
    let conversation = record::conversation_id(number(row, 2)?)?;
    Ok((key, MessageRef { conversation, message: record::message_id(number(row, 3)?)? }))
}

pub fn to_conversation(row: &Row) -> Result<Conversation, Error> {
    record::to_conversation(number(row, 0)?, number(row, 1)?, number(row, 2)?, row.try_get(3)?)
}

/// The message with these columns.
fn to_received(row: &Row) -> Result<Received, Error> {
    let [id, conversation, home] = [number(row, 0)?, number(row, 1)?, number(row, 3)?];
    record::to_received(id, conversation, row.try_get(2)?, home, row.try_get(4)?)
}

#[async_trait]
impl Conversations for Postgres {
    async fn conversations(
        &self,
        of: CompanyId,
        person: Option<ContactId>,
        ascending: bool,
        after: Option<Seq>,
        most: usize,
    ) -> Result<Vec<Conversation>, Error> {
        let first = if ascending { BEFORE } else { BEYOND };
        let after = after.map_or(first, |after| stored(after.0));
        let found = if let Some(person) = person {
            let homes = numbers(&self.whole(of, &[person]).await?.parts(person));
            let sql = if ascending { EARLIEST_OF } else { LATEST_OF };
            self.pool.query(sql, &[&company(of), &after, &limit(most), &homes]).await?
        } else {
            let sql = if ascending { EARLIEST } else { LATEST };
            self.pool.query(sql, &[&company(of), &after, &limit(most)]).await?
        };
        found.iter().map(to_conversation).collect()
    }

    async fn conversation(&self, of: CompanyId, id: ConversationId) -> Result<Option<Conversation>, Error> {
        let ids = [stored(id.number())];
        let found = self.pool.query(BY_ID, &[&company(of), &ids.as_slice()]).await?;
        found.first().map(to_conversation).transpose()
    }

    async fn messages(
        &self,
        of: CompanyId,
        conversation: ConversationId,
        before: Option<MessageId>,
        most: usize,
    ) -> Result<Vec<Received>, Error> {
        let before = before.map_or(BEYOND, |before| stored(before.number()));
        let conversation = stored(conversation.number());
        let found = self.pool.query(MESSAGES, &[&company(of), &conversation, &before, &limit(most)]).await?;
        found.iter().rev().map(to_received).collect()
    }

    async fn message(&self, of: CompanyId, id: MessageId) -> Result<Option<Received>, Error> {
        let found = self.pool.query(MESSAGE_BY_ID, &[&company(of), &stored(id.number())]).await?;
        found.first().map(to_received).transpose()
    }

    async fn attachment(&self, of: CompanyId, id: AttachmentId) -> Result<Option<Attachment>, Error> {
        let found = self.pool.query(ATTACHMENT, &[&company(of), &stored(id.number())]).await?;
        let attachment = |row: &Row| {
            let content: &[u8] = row.try_get(2)?;
            Ok(Attachment { name: row.try_get(0)?, media_type: row.try_get(1)?, content: content.into() })
        };
        found.first().map(attachment).transpose()
    }
}
