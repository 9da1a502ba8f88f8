//! Reading conversations and messages.

use async_trait::async_trait;
use contact::{
    Attachment, AttachmentId, CompanyId, ContactId, Conversation, ConversationId, MessageId, Received, Seq, View,
};
use rusqlite::{OptionalExtension, Row, params};
use store::{Conversations, Error};

use crate::contacts;
use crate::conversations::{MESSAGE, conversation, listed, to_received};
use crate::error;
use crate::sqlite::Sqlite;

#[async_trait]
impl Conversations for Sqlite {
    async fn conversations(
        &self,
        company: CompanyId,
        of: Option<ContactId>,
        ascending: bool,
        after: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Conversation>, Error> {
        self.read(move |connection| {
            let Some(of) = of else { return listed(connection, company, None, ascending, after, limit) };
            let mut view = View::new(company);
            contacts::load_contact(connection, &mut view, of)?;
            listed(connection, company, Some(&view.parts(of)), ascending, after, limit)
        })
        .await
    }

    async fn conversation(&self, company: CompanyId, id: ConversationId) -> Result<Option<Conversation>, Error> {
        self.trusted(self.read(move |connection| conversation(connection, company, id)).await?)
    }

    async fn messages(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<Received>, Error> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{MESSAGE} WHERE company = ?1 AND conversation = ?2 AND message < ?3 ORDER BY message DESC LIMIT ?4"
            ))?;
            let before = before.map_or(i64::MAX as u64, MessageId::number);
            let key = params![company.number(), conversation.number(), before, limit];
            let mut messages: Vec<Received> =
                statement.query_and_then(key, to_received)?.collect::<error::Result<_>>()?;
            messages.reverse();
            Ok(messages)
        })
        .await
    }

    async fn message(&self, company: CompanyId, id: MessageId) -> Result<Option<Received>, Error> {
        let found = self
            .read(move |connection| {
                let mut statement =
                    connection.prepare_cached(&format!("{MESSAGE} WHERE company = ?1 AND message = ?2"))?;
                statement.query_and_then(params![company.number(), id.number()], to_received)?.next().transpose()
            })
            .await?;
        self.trusted(found)
    }

    async fn attachment(&self, company: CompanyId, id: AttachmentId) -> Result<Option<Attachment>, Error> {
        let found = self
            .read(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT name, media_type, content FROM attachment WHERE company = ?1 AND attachment = ?2",
                )?;
                let attachment = |row: &Row| {
                    let content: Vec<u8> = row.get(2)?;
                    Ok(Attachment { name: row.get(0)?, media_type: row.get(1)?, content: content.into() })
                };
                Ok(statement.query_row(params![company.number(), id.number()], attachment).optional()?)
            })
            .await?;
        self.trusted(found)
    }
}
