//! Searching conversations.
//!
//! Conversations have no index. A search reads all conversations of the company, or of one contact, in batches.

use std::collections::BTreeSet;

use contact::{ChannelId, CompanyId, ContactId, Conversation, ConversationId, HandleKey, Seq, Time};
use search::words;
use store::Store;

use crate::walk::{LAST_COUNT, Listing, walk};
use crate::{ConversationList, Cursor, Error, Hub, Order, Page};

/// Conversations that a search reads at once.
const BATCH_SIZE: usize = 500;

/// The conditions of a search. A conversation matches if it meets all of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConversationQuery {
    /// Each text must occur in the subject, the beginning of the last message, or the sender's handle.
    texts: Vec<Vec<String>>,
    /// The contact who started it.
    pub of: Option<ContactId>,
    /// It is from or to one of these.
    pub among: Option<Parties>,
    /// Its last message came in at this time or later.
    pub since: Option<Time>,
    /// Its last message came in before this time.
    pub until: Option<Time>,
}

/// Senders and recipients of conversations.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Parties {
    /// Handles that contacts write from.
    pub senders: BTreeSet<HandleKey>,
    /// Channels that they write to.
    pub channels: BTreeSet<ChannelId>,
}

impl ConversationQuery {
    /// Adds a text: its words must follow each other, and the last may be the beginning of a longer word. Returns whether the
    /// text has any words.
    pub fn add_text(&mut self, text: &str) -> bool {
        let words = words(text);
        let is_any = !words.is_empty();
        self.texts.extend(is_any.then_some(words));
        is_any
    }

    fn matches(&self, conversation: &Conversation) -> bool {
        let Conversation { sender, channel, subject, snippet, changed_at, .. } = conversation;
        let is_among = |parties: &Parties| parties.senders.contains(sender.key()) || parties.channels.contains(channel);
        let is_in_time =
            self.since.is_none_or(|since| *changed_at >= since) && self.until.is_none_or(|until| *changed_at < until);
        if !is_in_time || !self.among.as_ref().is_none_or(is_among) {
            return false;
        }
        if self.texts.is_empty() {
            return true;
        }
        let texts = [subject, snippet, sender.text()].map(words);
        self.texts.iter().all(|text| texts.iter().any(|words| contains(words, text)))
    }
}

/// Whether words contain a text.
fn contains(words: &[String], text: &[String]) -> bool {
    let Some((last, before)) = text.split_last() else { return true };
    words.windows(text.len()).any(|some| {
        some.iter().zip(before).all(|(word, wanted)| word == wanted)
            && some.last().is_some_and(|word| word.starts_with(last.as_str()))
    })
}

struct MatchListing<'a> {
    store: &'a dyn Store,
    company: CompanyId,
    query: &'a ConversationQuery,
}

impl MatchListing<'_> {
    /// Visits the matches by their last messages, until `visit` returns false.
    async fn each(
        &self,
        ascending: bool,
        mut after: Option<Seq>,
        mut visit: impl FnMut(Conversation) -> bool,
    ) -> Result<(), Error> {
        loop {
            let (company, of) = (self.company, self.query.of);
            let batch = self.store.conversations(company, of, ascending, after, BATCH_SIZE).await?;
            let is_end = batch.len() < BATCH_SIZE;
            after = batch.last().map(|last| last.changed);
            for conversation in batch {
                if self.query.matches(&conversation) && !visit(conversation) {
                    return Ok(());
                }
            }
            if is_end {
                return Ok(());
            }
        }
    }
}

impl Listing for MatchListing<'_> {
    type Item = Conversation;
    type Id = ConversationId;

    async fn read(
        &self,
        order: Order,
        after: Option<(Seq, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>, Error> {
        let mut found = Vec::new();
        let take = |conversation| {
            found.push(conversation);
            found.len() < limit
        };
        self.each(order.ascending, after.map(|(changed, _)| changed), take).await?;
        Ok(found)
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
    /// Counts the conversations that match, and lists them, the last message first: at most `size`, and at most
    /// [`PAGE_SIZE_MAX`](crate::PAGE_SIZE_MAX).
    ///
    /// # Errors
    ///
    /// [`Error::CursorOrder`] if the cursor is of a list in another order; [`Error::Store`] if the store does not answer.
    pub async fn search_conversations(
        &self,
        company: CompanyId,
        query: &ConversationQuery,
        cursor: Option<Cursor<ConversationId>>,
        size: usize,
    ) -> Result<(u64, ConversationList), Error> {
        let matches = MatchListing { store: &*self.store, company, query };
        let mut total = 0;
        let count = |_| {
            total += 1;
            true
        };
        matches.each(false, None, count).await?;
        let Page { items, next } = walk(&matches, Order::LATEST_CHANGE, cursor, size).await?;
        Ok((total, Page { items: self.summaries(company, items).await?, next }))
    }
}
