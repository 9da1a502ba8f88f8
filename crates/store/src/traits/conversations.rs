//! Reading conversations.

use async_trait::async_trait;
use contact::{Attachment, AttachmentId, CompanyId, ContactId, Conversation, ConversationId, MessageId, Received, Seq};

use crate::error::Error;

/// Reading conversations.
#[async_trait]
pub trait Conversations: Send + Sync {
    /// At most `limit` conversations by their last messages, the latest first unless they are to ascend; after the one whose
    /// last message has this entry. Of one person, or of all.
    async fn conversations(
        &self,
        company: CompanyId,
        of: Option<ContactId>,
        ascending: bool,
        after: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Conversation>, Error>;

    /// A conversation.
    async fn conversation(&self, company: CompanyId, id: ConversationId) -> Result<Option<Conversation>, Error>;

    /// The last `limit` messages of a conversation before `before`, in order.
    async fn messages(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<Received>, Error>;

    /// A message, whichever conversation it is part of.
    async fn message(&self, company: CompanyId, id: MessageId) -> Result<Option<Received>, Error>;

    /// An attachment with its bytes.
    async fn attachment(&self, company: CompanyId, id: AttachmentId) -> Result<Option<Attachment>, Error>;
}
