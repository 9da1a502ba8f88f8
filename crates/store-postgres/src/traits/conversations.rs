//! Reading conversations and messages.

use async_trait::async_trait;
use contact::{Attachment, AttachmentId, CompanyId, ContactId, Conversation, ConversationId, MessageId, Received, Seq};
use store::{Conversations, Error};

use crate::postgres::Postgres;
use crate::{codec, contacts, conversations};

#[async_trait]
impl Conversations for Postgres {
    async fn conversations(
        &self,
        company: CompanyId,
        of: Option<ContactId>,
        ascending: bool,
        after: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Conversation>, Error> {
        let homes = match of {
            Some(of) => Some(codec::contacts(&contacts::records(&self.pool, company, of).await?.parts(of))),
            None => None,
        };
        Ok(conversations::list(&self.pool, company, homes, ascending, after, limit).await?)
    }

    async fn conversation(&self, company: CompanyId, id: ConversationId) -> Result<Option<Conversation>, Error> {
        Ok(conversations::by_id(&self.pool, company, id).await?)
    }

    async fn messages(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<Received>, Error> {
        Ok(conversations::messages(&self.pool, company, conversation, before, limit).await?)
    }

    async fn message(&self, company: CompanyId, id: MessageId) -> Result<Option<Received>, Error> {
        Ok(conversations::message_by_id(&self.pool, company, id).await?)
    }

    async fn attachment(&self, company: CompanyId, id: AttachmentId) -> Result<Option<Attachment>, Error> {
        Ok(conversations::attachment_by_id(&self.pool, company, id).await?)
    }
}
