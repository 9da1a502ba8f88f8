//! Looking for conversations: what is asked of each, and how all of them are gone through.
//!
//! There is no index of conversations. A search reads all of the company's, or those of one person, some at a time.

use std::collections::BTreeSet;

use contact::{ChannelId, CompanyId, ContactId, Conversation, HandleKey, Seq, Time};
use search::words;
use store::{Order, SortBy, Store};

use crate::walk::{Walked, walk};
use crate::{ConversationSummary, Error, Hub, Listed, Mark, PAGE_SIZE_MAX};

/// How many conversations a search reads at once.
const READ_AT_ONCE: usize = 500;

/// What a conversation must be like to be found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConversationQuery {
    /// Each is found, in the words of the subject, of how the last message begins, or of the sender's handle.
    texts: Vec<Vec<String>>,
    /// The person who started it.
    pub of: Option<ContactId>,
    /// Who wrote or was written to: one of these.
    pub among: Option<Parties>,
    /// Its last message came in then or later.
    pub since: Option<Time>,
    /// Its last message came in earlier.
    pub until: Option<Time>,
}

/// The two ends of a conversation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Parties {
    /// Handles that people write from.
    pub senders: BTreeSet<HandleKey>,
    /// Where they write to.
    pub channels: BTreeSet<ChannelId>,
}

impl ConversationQuery {
    /// Looks for a text as well: its words, one after the other, of which the last may be the beginning of a longer one. Says
    /// whether it has any.
    pub fn add_text(&mut self, text: &str) -> bool {
        let words = words(text);
        let is_any = !words.is_empty();
        self.texts.extend(is_any.then_some(words));
        is_any
    }

    fn takes(&self, conversation: &Conversation) -> bool {
        let Conversation { sender, channel, subject, snippet, changed_at, .. } = conversation;
        let is_among = |parties: &Parties| parties.senders.contains(sender.key()) || parties.channels.contains(channel);
        let is_then =
            self.since.is_none_or(|since| *changed_at >= since) && self.until.is_none_or(|until| *changed_at < until);
        if !is_then || !self.among.as_ref().is_none_or(is_among) {
            return false;
        }
        if self.texts.is_empty() {
            return true;
        }
        let said = [subject, snippet, sender.text()].map(words);
        self.texts.iter().all(|text| said.iter().any(|words| says(words, text)))
    }
}

/// Whether words hold a text.
fn says(words: &[String], text: &[String]) -> bool {
    let Some((last, before)) = text.split_last() else { return true };
    words.windows(text.len()).any(|some| {
        some.iter().zip(before).all(|(word, wanted)| word == wanted)
            && some.last().is_some_and(|word| word.starts_with(last.as_str()))
    })
}

struct Found<'a> {
    store: &'a dyn Store,
    company: CompanyId,
    sought: &'a ConversationQuery,
}

impl Found<'_> {
    /// Shows what is found, by the last message, until `visit` has enough.
    async fn each(
        &self,
        ascending: bool,
        mut after: Option<Seq>,
        mut visit: impl FnMut(Conversation) -> bool,
    ) -> Result<(), Error> {
        loop {
            let (company, of) = (self.company, self.sought.of);
            let some = self.store.conversations(company, of, ascending, after, READ_AT_ONCE).await?;
            let is_end = some.len() < READ_AT_ONCE;
            after = some.last().map(|last| last.changed);
            for conversation in some {
                if self.sought.takes(&conversation) && !visit(conversation) {
                    return Ok(());
                }
            }
            if is_end {
                return Ok(());
            }
        }
    }
}

impl Walked<Conversation> for Found<'_> {
    async fn list(&self, order: Order, after: Option<(Seq, u64)>, limit: usize) -> Result<Vec<Conversation>, Error> {
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

    fn place(conversation: &Conversation) -> (Seq, u64) {
        (conversation.changed, 0)
    }
}

impl Hub {
    /// How many conversations are like this, and some of them, the last message first: at most `size`, and at most
    /// [`PAGE_SIZE_MAX`].
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn search_conversations(
        &self,
        company: CompanyId,
        sought: &ConversationQuery,
        mark: Option<Mark>,
        size: usize,
    ) -> Result<(u64, Listed<ConversationSummary>), Error> {
        let found = Found { store: &*self.store, company, sought };
        let mut total = 0;
        let count = |_| {
            total += 1;
            true
        };
        found.each(false, None, count).await?;
        let order = Order { by: SortBy::Changed, ascending: false };
        let Listed { items, next } = walk(&found, order, mark, size.clamp(1, PAGE_SIZE_MAX)).await?;
        Ok((total, Listed { items: self.talks(company, items).await?, next }))
    }
}
