//! What is new, for whoever looks: one reader of the journal for each company, however many listen.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use contact::{Change, CompanyId, ContactId, ConversationId, Entry, Seq, SettingsEvent};
use store::Store;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::{Error, Hub};

/// Most news that a listener may be behind before it reads the journal itself.
const BEHIND_MAX: usize = 64;
/// Most entries that are read at once.
const ENTRIES_MAX: usize = 500;
/// How long news wait for more, so that a thousand changes are not a thousand news.
const GATHER: Duration = Duration::from_millis(10);
/// How long to leave a store alone that does not answer.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What some entries changed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ChangeNotice {
    /// The last of the entries.
    pub seq: Seq,
    /// The contacts, and those that they are part of.
    pub contacts: BTreeSet<ContactId>,
    /// The conversations that are new or have a new message.
    pub conversations: BTreeSet<ConversationId>,
    /// Whether what the company has set up, or an account, is other than before.
    pub settings: bool,
}

/// The news of a company, as they come.
pub struct Feed {
    store: Arc<dyn Store>,
    company: CompanyId,
    seen: Seq,
    /// Whether the journal may hold what nobody will tell this listener.
    is_behind: bool,
    news: broadcast::Receiver<ChangeNotice>,
}

impl Feed {
    /// The next news, once there are any.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer; they may be asked for again.
    pub async fn next(&mut self) -> Result<ChangeNotice, Error> {
        loop {
            if self.is_behind {
                let entries = self.store.entries(self.company, self.seen, ENTRIES_MAX).await?;
                if entries.is_empty() {
                    self.is_behind = false;
                }
                if let Some(last) = entries.last() {
                    let news = news(&*self.store, self.company, &entries).await?;
                    // Only now: whoever asks may stop waiting in between, and is told the same the next time.
                    self.seen = last.seq;
                    return Ok(news);
                }
            }
            match self.news.recv().await {
                Ok(news) if news.seq > self.seen => {
                    self.seen = news.seq;
                    return Ok(news);
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => self.is_behind = true,
                Err(RecvError::Closed) => {
                    return Err(store::Error::Unavailable("The news have ended.".into()).into());
                }
            }
        }
    }
}

/// Who reads the journals, for whoever listens.
#[derive(Default)]
pub(crate) struct Feeds(Arc<Mutex<HashMap<CompanyId, broadcast::Sender<ChangeNotice>>>>);

impl Hub {
    /// The news of a company after an entry, or from now on.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn feed(&self, company: CompanyId, after: Option<Seq>) -> Result<Feed, Error> {
        let head = self.store.head(company).await?;
        let news = self.feeds.listen(&self.store, company, head);
        // What was written since the head was read is told by the reader, which began no later.
        let seen = after.map_or(head, |after| after.min(head));
        Ok(Feed { store: Arc::clone(&self.store), company, seen, is_behind: true, news })
    }
}

impl Feeds {
    fn listen(&self, store: &Arc<dyn Store>, company: CompanyId, head: Seq) -> broadcast::Receiver<ChangeNotice> {
        let mut readers = lock(&self.0);
        if let Some(reader) = readers.get(&company) {
            return reader.subscribe();
        }
        let (tell, news) = broadcast::channel(BEHIND_MAX);
        readers.insert(company, tell.clone());
        tokio::spawn(read(Arc::clone(store), company, head, tell, Arc::clone(&self.0)));
        news
    }
}

/// Reads a company's journal for as long as anyone listens.
async fn read(
    store: Arc<dyn Store>,
    company: CompanyId,
    mut seen: Seq,
    tell: broadcast::Sender<ChangeNotice>,
    readers: Arc<Mutex<HashMap<CompanyId, broadcast::Sender<ChangeNotice>>>>,
) {
    let mut written = store.watch();
    loop {
        {
            let mut readers = lock(&readers);
            if tell.receiver_count() == 0 {
                readers.remove(&company);
                return;
            }
        }
        match tell_news(&*store, company, &mut seen, &tell).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "a journal cannot be read");
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
        if written.changed().await.is_err() {
            lock(&readers).remove(&company);
            return;
        }
        tokio::time::sleep(GATHER).await;
    }
}

/// Tells what is new, and whether there is more.
async fn tell_news(
    store: &dyn Store,
    company: CompanyId,
    seen: &mut Seq,
    tell: &broadcast::Sender<ChangeNotice>,
) -> Result<bool, Error> {
    let entries = store.entries(company, *seen, ENTRIES_MAX).await?;
    let Some(last) = entries.last() else { return Ok(false) };
    let news = news(store, company, &entries).await?;
    *seen = last.seq;
    // Whoever listened may just have gone.
    let _ = tell.send(news);
    Ok(entries.len() == ENTRIES_MAX)
}

async fn news(store: &dyn Store, company: CompanyId, entries: &[Entry]) -> Result<ChangeNotice, Error> {
    let mut news =
        ChangeNotice { seq: entries.last().map(|entry| entry.seq).unwrap_or_default(), ..ChangeNotice::default() };
    for entry in entries {
        match &entry.change {
            Change::Observed { home, .. } | Change::Noted { home, .. } => news.contacts.extend([*home]),
            Change::Merged { kept, joined, .. } => news.contacts.extend([*kept, *joined]),
            Change::Split { kept, parted, .. } => news.contacts.extend([*kept, *parted]),
            Change::KeptApart { one, other } => news.contacts.extend([*one, *other]),
            Change::Removed { contact, .. } | Change::Deleted { contact, .. } => news.contacts.extend([*contact]),
            // Nobody looks at a page that has to tell of every few rows.
            Change::Settings(SettingsEvent::ImportProgressed(_)) => {}
            Change::Settings(_) | Change::AccountSet { .. } | Change::AccountDeleted { .. } => news.settings = true,
            Change::Shared { handle, .. } => {
                let owner = store.owner(company, handle.clone()).await?;
                news.contacts.extend(owner.map(|owner| owner.id));
            }
            Change::Received { home, conversation, .. } => {
                news.contacts.insert(*home);
                news.conversations.insert(*conversation);
            }
        }
    }
    // Pages show a person under the id of what their contacts are part of now.
    let touched: Vec<ContactId> = news.contacts.iter().copied().collect();
    news.contacts.extend(store.people(company, &touched).await?.into_iter().map(|(_, contact)| contact.id));
    Ok(news)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
