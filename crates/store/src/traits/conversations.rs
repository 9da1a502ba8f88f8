//! Reading conversations.

use async_trait::async_trait;
use contact::{Attachment, AttachmentId, CompanyId, ContactId, Conversation, ConversationId, MessageId, Received, Seq};

use crate::error::Error;

/// Reading conversations.
#[async_trait]
pub trait Conversations: Send + Sync {
    /// Returns at most `limit` conversations of one contact or of all, ordered by their last messages.
    ///
    /// The latest comes first unless `ascending`. `after` is the entry of the last message of the last conversation
    /// read.
    async fn conversations(
        &self,
        company: CompanyId,
        of: Option<ContactId>,
        ascending: bool,
        after: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Conversation>, Error>;

    /// Returns a conversation.
    async fn conversation(&self, company: CompanyId, id: ConversationId) -> Result<Option<Conversation>, Error>;

    /// Returns the last `limit` messages of a conversation before `before`, the oldest first.
    async fn messages(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<Received>, Error>;

    /// Returns a message.
    async fn message(&self, company: CompanyId, id: MessageId) -> Result<Option<Received>, Error>;

    /// Returns an attachment with its bytes.
    async fn attachment(&self, company: CompanyId, id: AttachmentId) -> Result<Option<Attachment>, Error>;
}
