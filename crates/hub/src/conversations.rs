//! Conversations: who wrote what, and who that is now.

use contact::{
    Attachment, AttachmentId, CompanyId, Contact, ContactId, Conversation, ConversationId, MessageId, Received, Seq,
};

use crate::{Error, Hub};

/// Most conversations of a list.
pub const CONVERSATIONS_MAX: usize = 50;
/// Most messages of a conversation that are shown at once.
pub const MESSAGES_MAX: usize = 100;

/// A conversation, and the person who started it as they are now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Talk {
    /// The conversation.
    pub conversation: Conversation,
    /// Who started it.
    pub contact: Contact,
}

/// Some of the conversations of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Talks {
    /// The conversations.
    pub talks: Vec<Talk>,
    /// Where the next of them begin; none after the last.
    pub next: Option<Seq>,
}

/// A message, and the person who wrote it as they are now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// The message.
    pub message: Received,
    /// Who wrote it.
    pub contact: Contact,
}

/// Some of the messages of a conversation, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Thread {
    /// The messages.
    pub messages: Vec<Written>,
    /// Where those before them end; none if these begin the conversation.
    pub before: Option<MessageId>,
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
    ) -> Result<Talks, Error> {
        if of.is_some_and(|of| of.company() != company) {
            return Ok(Talks { talks: Vec::new(), next: None });
        }
        let mut found = self.store.conversations(company, of, after, CONVERSATIONS_MAX + 1).await?;
        let has_more = found.len() > CONVERSATIONS_MAX;
        found.truncate(CONVERSATIONS_MAX);
        let next = found.last().filter(|_| has_more).map(|last| last.changed);
        let homes: Vec<ContactId> = found.iter().map(|conversation| conversation.home).collect();
        let mut people = self.store.people(company, &homes).await?.into_iter();
        // People come in the order asked; one that is not there is left out, and its conversation with it.
        let mut person = people.next();
        let mut talks = Vec::with_capacity(found.len());
        for conversation in found {
            if let Some((_, contact)) = person.take_if(|(home, _)| *home == conversation.home) {
                talks.push(Talk { conversation, contact });
                person = people.next();
            }
        }
        Ok(Talks { talks, next })
    }

    /// A conversation.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn conversation(&self, company: CompanyId, id: ConversationId) -> Result<Option<Talk>, Error> {
        if id.company() != company {
            return Ok(None);
        }
        let Some(conversation) = self.store.conversation(company, id).await? else { return Ok(None) };
        let contact = self.store.contact(company, conversation.home).await?;
        Ok(contact.map(|contact| Talk { conversation, contact }))
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
        let mut homes: Vec<ContactId> = found.iter().map(|message| message.home).collect();
        homes.sort_unstable();
        homes.dedup();
        let people = self.store.people(company, &homes).await?;
        let written = |message: Received| {
            let (_, contact) = people.iter().find(|(home, _)| *home == message.home)?;
            Some(Written { message, contact: contact.clone() })
        };
        Ok(Thread { messages: found.into_iter().filter_map(written).collect(), before })
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
