//! Conversations: who wrote what, and who that is now.

use std::collections::BTreeMap;

use contact::{
    Attachment, AttachmentId, CompanyId, Contact, ContactId, Conversation, ConversationId, HandleKey, MessageId,
    Received, Seq,
};
use store::{Order, SortBy, Store};

use crate::walk::{Walked, walk};
use crate::{Error, Hub, Listed, Mark, PAGE_SIZE_MAX};

/// Most conversations of a list.
pub const CONVERSATIONS_MAX: usize = 50;
/// Most messages of a conversation that are shown at once.
pub const MESSAGES_MAX: usize = 100;

/// A conversation, and the person who started it as they are now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConversationSummary {
    /// The conversation.
    pub conversation: Conversation,
    /// Who started it; none if they were deleted and nobody has their handle now.
    pub contact: Option<Contact>,
}

/// Some of the conversations of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConversationList {
    /// The conversations.
    pub talks: Vec<ConversationSummary>,
    /// Where the next of them begin; none after the last.
    pub next: Option<Seq>,
}

/// A message, and the person who wrote it as they are now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// The message.
    pub message: Received,
    /// Who wrote it; none if they were deleted and nobody has their handle now.
    pub contact: Option<Contact>,
}

/// Some of the messages of a conversation, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Thread {
    /// The messages.
    pub messages: Vec<Written>,
    /// Where those before them end; none if these begin the conversation.
    pub before: Option<MessageId>,
}

struct All<'a> {
    store: &'a dyn Store,
    company: CompanyId,
    of: Option<ContactId>,
}

impl Walked<Conversation> for All<'_> {
    async fn list(&self, order: Order, after: Option<(Seq, u64)>, limit: usize) -> Result<Vec<Conversation>, Error> {
        let after = after.map(|(changed, _)| changed);
        Ok(self.store.conversations(self.company, self.of, order.ascending, after, limit).await?)
    }

    async fn head(&self) -> Result<Seq, Error> {
        Ok(self.store.head(self.company).await?)
    }

    fn place(conversation: &Conversation) -> (Seq, u64) {
        (conversation.changed, 0)
    }
}

impl Hub {
    /// Conversations, the last message first: all of them, or those that one person started.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn conversations(
        &self,
        company: CompanyId,
        of: Option<ContactId>,
        after: Option<Seq>,
    ) -> Result<ConversationList, Error> {
        if of.is_some_and(|of| of.company() != company) {
            return Ok(ConversationList { talks: Vec::new(), next: None });
        }
        let mut found = self.store.conversations(company, of, false, after, CONVERSATIONS_MAX + 1).await?;
        let has_more = found.len() > CONVERSATIONS_MAX;
        found.truncate(CONVERSATIONS_MAX);
        let next = found.last().filter(|_| has_more).map(|last| last.changed);
        Ok(ConversationList { talks: self.talks(company, found).await?, next })
    }

    /// Conversations by their last messages, the latest first unless they are to ascend: at most `size` of them, and at most
    /// [`PAGE_SIZE_MAX`].
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn list_conversations(
        &self,
        company: CompanyId,
        of: Option<ContactId>,
        ascending: bool,
        mark: Option<Mark>,
        size: usize,
    ) -> Result<Listed<ConversationSummary>, Error> {
        let all = All { store: &*self.store, company, of };
        let order = Order { by: SortBy::Changed, ascending };
        let Listed { items, next } = walk(&all, order, mark, size.clamp(1, PAGE_SIZE_MAX)).await?;
        Ok(Listed { items: self.talks(company, items).await?, next })
    }

    /// Conversations with those who started them.
    pub(crate) async fn talks(
        &self,
        company: CompanyId,
        found: Vec<Conversation>,
    ) -> Result<Vec<ConversationSummary>, Error> {
        let homes = found.iter().map(|one| (one.home, one.sender.key().clone())).collect();
        let people = self.writers(company, homes).await?;
        let talk = |(conversation, contact)| ConversationSummary { conversation, contact };
        Ok(found.into_iter().zip(people).map(talk).collect())
    }

    /// Who wrote from some handles: the contact that it was then, or if that was deleted, who has the handle now.
    async fn writers(
        &self,
        company: CompanyId,
        homes: Vec<(ContactId, HandleKey)>,
    ) -> Result<Vec<Option<Contact>>, Error> {
        let mut ids: Vec<ContactId> = homes.iter().map(|(home, _)| *home).collect();
        ids.sort_unstable();
        ids.dedup();
        let people: BTreeMap<ContactId, Contact> = self.store.people(company, &ids).await?.into_iter().collect();
        let mut writers = Vec::with_capacity(homes.len());
        for (home, handle) in homes {
            writers.push(match people.get(&home) {
                Some(contact) => Some(contact.clone()),
                None => self.store.owner(company, handle).await?,
            });
        }
        Ok(writers)
    }

    /// A conversation.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn conversation(
        &self,
        company: CompanyId,
        id: ConversationId,
    ) -> Result<Option<ConversationSummary>, Error> {
        if id.company() != company {
            return Ok(None);
        }
        let Some(conversation) = self.store.conversation(company, id).await? else { return Ok(None) };
        Ok(self.talks(company, vec![conversation]).await?.pop())
    }

    /// The last messages of a conversation, or those before one of them.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn messages(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        before: Option<MessageId>,
    ) -> Result<Thread, Error> {
        if conversation.company() != company {
            return Ok(Thread { messages: Vec::new(), before: None });
        }
        let mut found = self.store.messages(company, conversation, before, MESSAGES_MAX + 1).await?;
        let has_more = found.len() > MESSAGES_MAX;
        if has_more {
            found.remove(0);
        }
        let before = found.first().filter(|_| has_more).map(|first| first.id);
        let homes = found.iter().map(|message| (message.home, message.sender.key().clone())).collect();
        let people = self.writers(company, homes).await?;
        let written = |(message, contact)| Written { message, contact };
        Ok(Thread { messages: found.into_iter().zip(people).map(written).collect(), before })
    }

    /// A message of a conversation.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn message(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        id: MessageId,
    ) -> Result<Option<Received>, Error> {
        if conversation.company() != company || id.company() != company {
            return Ok(None);
        }
        let after = MessageId::nth(company, id.count() + 1);
        let last = self.store.messages(company, conversation, Some(after), 1).await?.pop();
        Ok(last.filter(|message| message.id == id))
    }

    /// A message, whichever conversation it is part of, and the person who wrote it as they are now.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn message_by_id(&self, company: CompanyId, id: MessageId) -> Result<Option<Written>, Error> {
        if id.company() != company {
            return Ok(None);
        }
        let Some(message) = self.store.message(company, id).await? else { return Ok(None) };
        let writers = self.writers(company, vec![(message.home, message.sender.key().clone())]).await?;
        Ok(Some(Written { message, contact: writers.into_iter().next().flatten() }))
    }

    /// An attachment with its bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn attachment(&self, company: CompanyId, id: AttachmentId) -> Result<Option<Attachment>, Error> {
        if id.company() != company {
            return Ok(None);
        }
        Ok(self.store.attachment(company, id).await?)
    }
}
