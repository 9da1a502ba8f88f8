//! Change notices for listeners: one reader of the journal per company, however many listen.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use contact::{Change, CompanyId, ContactId, ConversationId, Entry, Seq, SettingsEvent};
use store::Store;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::{Error, Hub};

/// Most notices that a listener may be behind before it reads the journal itself.
const BEHIND_MAX: usize = 64;
/// Most entries that are read at once.
const ENTRIES_MAX: usize = 500;
/// How long to gather changes for one notice, so that a thousand changes are not a thousand notices.
const GATHER: Duration = Duration::from_millis(10);
/// How long to wait before reading again from a store that does not answer.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The changes of some journal entries.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ChangeNotice {
    /// The last of these entries.
    pub seq: Seq,
    /// The contacts that changed, and those that they are part of.
    pub contacts: BTreeSet<ContactId>,
    /// The conversations that are new or have a new message.
    pub conversations: BTreeSet<ConversationId>,
    /// Whether the settings or an account changed.
    pub settings: bool,
}

/// The change notices of a company, as changes are written.
pub struct Feed {
    store: Arc<dyn Store>,
    company: CompanyId,
    seen: Seq,
    /// Whether the journal may hold entries that the reader does not send to this listener.
    is_behind: bool,
    notices: broadcast::Receiver<ChangeNotice>,
}

impl Feed {
    /// Waits for the next notice.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer. The call may be repeated.
    pub async fn next(&mut self) -> Result<ChangeNotice, Error> {
        loop {
            if self.is_behind {
                let entries = self.store.entries(self.company, self.seen, ENTRIES_MAX).await?;
                if entries.is_empty() {
                    self.is_behind = false;
                }
                if let Some(last) = entries.last() {
                    let notice = notice(&*self.store, self.company, &entries).await?;
                    // Set last: the caller may cancel at the await above, and the next call has to return the same.
                    self.seen = last.seq;
                    return Ok(notice);
                }
            }
            match self.notices.recv().await {
                Ok(notice) if notice.seq > self.seen => {
                    self.seen = notice.seq;
                    return Ok(notice);
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => self.is_behind = true,
                Err(RecvError::Closed) => {
                    return Err(store::Error::Unavailable("The reader of the journal has stopped.".into()).into());
                }
            }
        }
    }
}

/// The readers of journals, by company.
#[derive(Default)]
pub(crate) struct Feeds(Arc<Mutex<HashMap<CompanyId, broadcast::Sender<ChangeNotice>>>>);

impl Hub {
    /// The change notices of a company after an entry, or from now on.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn feed(&self, company: CompanyId, after: Option<Seq>) -> Result<Feed, Error> {
        let head = self.store.head(company).await?;
        let notices = self.feeds.listen(&self.store, company, head);
        // The reader starts no later than at this head, so it sends all that was written since.
        let seen = after.map_or(head, |after| after.min(head));
        Ok(Feed { store: Arc::clone(&self.store), company, seen, is_behind: true, notices })
    }
}

impl Feeds {
    fn listen(&self, store: &Arc<dyn Store>, company: CompanyId, head: Seq) -> broadcast::Receiver<ChangeNotice> {
        let mut readers = lock(&self.0);
        if let Some(reader) = readers.get(&company) {
            return reader.subscribe();
        }
        let (send, notices) = broadcast::channel(BEHIND_MAX);
        readers.insert(company, send.clone());
        tokio::spawn(read(Arc::clone(store), company, head, send, Arc::clone(&self.0)));
        notices
    }
}

/// Reads a company's journal while it has listeners.
async fn read(
    store: Arc<dyn Store>,
    company: CompanyId,
    mut seen: Seq,
    send: broadcast::Sender<ChangeNotice>,
    readers: Arc<Mutex<HashMap<CompanyId, broadcast::Sender<ChangeNotice>>>>,
) {
    let mut written = store.watch();
    loop {
        {
            let mut readers = lock(&readers);
            if send.receiver_count() == 0 {
                readers.remove(&company);
                return;
            }
        }
        match send_notice(&*store, company, &mut seen, &send).await {
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

/// Sends the next notice. Returns whether there is more to read.
async fn send_notice(
    store: &dyn Store,
    company: CompanyId,
    seen: &mut Seq,
    send: &broadcast::Sender<ChangeNotice>,
) -> Result<bool, Error> {
    let entries = store.entries(company, *seen, ENTRIES_MAX).await?;
    let Some(last) = entries.last() else { return Ok(false) };
    let notice = notice(store, company, &entries).await?;
    *seen = last.seq;
    // The last listener may just have left.
    let _ = send.send(notice);
    Ok(entries.len() == ENTRIES_MAX)
}

async fn notice(store: &dyn Store, company: CompanyId, entries: &[Entry]) -> Result<ChangeNotice, Error> {
    let mut notice =
        ChangeNotice { seq: entries.last().map(|entry| entry.seq).unwrap_or_default(), ..ChangeNotice::default() };
    for entry in entries {
        notice.contacts.extend(entry.change.released().iter().filter_map(|released| released.next));
        match &entry.change {
            Change::Observed { record, contact, .. } => notice.contacts.extend([*record, *contact]),
            Change::Noted { home, .. } => notice.contacts.extend([*home]),
            Change::Withdrawn { record, contact, heir, .. } => {
                notice.contacts.extend([*record, *contact].into_iter().chain(*heir));
            }
            Change::Merged { kept, joined, .. } => notice.contacts.extend([*kept, *joined]),
            Change::Regrouped { contact, before, .. } => notice.contacts.extend(before.iter().chain([contact])),
            Change::Split { contact, records } => notice.contacts.extend(records.iter().chain([contact])),
            Change::KeptApart { one, other } => notice.contacts.extend([*one, *other]),
            Change::HandleMarked { contacts, .. } => notice.contacts.extend(contacts),
            Change::Removed { contact, .. } | Change::Deleted { contact, .. } => notice.contacts.extend([*contact]),
            // A page that changed with every few rows of an import would be of no use.
            Change::Settings(SettingsEvent::ImportProgressed(_)) => {}
            Change::Settings(_) | Change::AccountSet { .. } | Change::AccountDeleted { .. } => notice.settings = true,
            Change::Received { home, conversation, .. } => {
                notice.contacts.insert(*home);
                notice.conversations.insert(*conversation);
            }
        }
    }
    // Pages show a contact under the id that it has now.
    let touched: Vec<ContactId> = notice.contacts.iter().copied().collect();
    notice.contacts.extend(store.people(company, &touched).await?.into_iter().map(|(_, contact)| contact.id));
    Ok(notice)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
