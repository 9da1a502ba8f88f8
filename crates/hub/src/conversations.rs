//! Conversations and their messages, with the contacts who wrote them.

use std::collections::BTreeMap;

use contact::{
    Attachment, AttachmentId, CompanyId, Contact, ContactId, Conversation, ConversationId, HandleKey, MessageId,
    Received, Seq,
};
use store::Store;

use crate::walk::{LAST_COUNT, Listing, walk};
use crate::{Cursor, Error, Hub, Order, Page, SortBy};

/// Most messages of a conversation that are shown at once.
pub const MESSAGES_MAX: usize = 100;

/// A conversation, and the contact who started it, as it is now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConversationSummary {
    /// The conversation.
    pub conversation: Conversation,
    /// The contact who started it. None if it was deleted and no other contact has its handle.
    pub contact: Option<Contact>,
}

/// A page of conversations.
pub type ConversationList = Page<ConversationSummary, Cursor<ConversationId>>;

/// A message, and the contact who wrote it, as it is now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// The message.
    pub message: Received,
    /// The contact who wrote it. None if it was deleted and no other contact has its handle.
    pub contact: Option<Contact>,
}

/// A page of the messages of a conversation, the oldest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Thread {
    /// The messages.
    pub messages: Vec<Written>,
    /// The cursor of the page of earlier messages. None if this page has the first message.
    pub before: Option<MessageId>,
}

struct ConversationListing<'a> {
    store: &'a dyn Store,
    company: CompanyId,
    of: Option<ContactId>,
}

impl Listing for ConversationListing<'_> {
    type Item = Conversation;
    type Id = ConversationId;

    async fn read(
        &self,
        order: Order,
        after: Option<(Seq, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>, Error> {
        let after = after.map(|(changed, _)| changed);
        Ok(self.store.conversations(self.company, self.of, order.ascending, after, limit).await?)
    }

    async fn head(&self) -> Result<Seq, Error> {
        Ok(self.store.head(self.company).await?)
    }

    fn position(conversation: &Conversation) -> (Seq, ConversationId) {
        (conversation.changed, conversation.id)
    }

    fn last_id(&self) -> ConversationId {
        ConversationId::nth(self.company, LAST_COUNT)
    }
}

impl Hub {
    /// Lists conversations by their last messages: at most `size`, and at most [`PAGE_SIZE_MAX`](crate::PAGE_SIZE_MAX). All of
    /// them, or those that one contact started.
    ///
    /// # Errors
    ///
    /// [`Error::CursorOrder`] if the cursor is of a list in another order; [`Error::Store`] if the store does not answer.
    pub async fn conversations(
        &self,
        company: CompanyId,
        of: Option<ContactId>,
        ascending: bool,
        cursor: Option<Cursor<ConversationId>>,
        size: usize,
    ) -> Result<ConversationList, Error> {
        if of.is_some_and(|of| of.company() != company) {
            return Ok(Page::last(Vec::new()));
        }
        let listing = ConversationListing { store: &*self.store, company, of };
        let Page { items, next } = walk(&listing, Order { by: SortBy::Changed, ascending }, cursor, size).await?;
        Ok(Page { items: self.summaries(company, items).await?, next })
    }

    /// Looks up who started conversations.
    pub(crate) async fn summaries(
        &self,
        company: CompanyId,
        conversations: Vec<Conversation>,
    ) -> Result<Vec<ConversationSummary>, Error> {
        let homes = conversations.iter().map(|one| (one.home, one.sender.key().clone())).collect();
        let contacts = self.writers(company, homes).await?;
        let summary = |(conversation, contact)| ConversationSummary { conversation, contact };
        Ok(conversations.into_iter().zip(contacts).map(summary).collect())
    }

    /// The contacts who wrote from some handles: each as it was identified then, or if deleted, the one that has the handle now.
    async fn writers(
        &self,
        company: CompanyId,
        homes: Vec<(ContactId, HandleKey)>,
    ) -> Result<Vec<Option<Contact>>, Error> {
        let mut ids: Vec<ContactId> = homes.iter().map(|(home, _)| *home).collect();
        ids.sort_unstable();
        ids.dedup();
        let contacts: BTreeMap<ContactId, Contact> = self.store.people(company, &ids).await?.into_iter().collect();
        let mut writers = Vec::with_capacity(homes.len());
        for (home, handle) in homes {
            writers.push(match contacts.get(&home) {
                Some(contact) => Some(contact.clone()),
                None => self.store.owner(company, handle).await?,
            });
        }
        Ok(writers)
    }

    /// The conversation with an id.
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
        Ok(self.summaries(company, vec![conversation]).await?.pop())
    }

    /// The last messages of a conversation, or the last ones before a message.
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
        let contacts = self.writers(company, homes).await?;
        let written = |(message, contact)| Written { message, contact };
        Ok(Thread { messages: found.into_iter().zip(contacts).map(written).collect(), before })
    }

    /// The message with an id, if it is part of a conversation.
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

    /// The message with an id, in any conversation, and the contact who wrote it.
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
