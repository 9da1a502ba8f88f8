//! NewFacts the other servers of a store what was written, and hearing it from them.
//!
//! A note is sent after the commit, in a statement of its own: a `NOTIFY` within the transaction would make all that
//! commit, of whatever company, wait for each other. If a server dies before it has sent one, the poll finds out.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use contact::CompanyId;
use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_postgres::AsyncMessage;

use super::connect::{Address, Pool};
use crate::{Error, record};

/// What notes are sent on.
const CHANNEL: &str = "kith";
/// What is said when companies, their logins or their channels have changed.
const COMPANIES: &str = "companies";
/// Most companies in a note, which may have 8,000 bytes.
const NOTE_MAX: usize = 500;
/// How often readers look, whatever they have heard.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// How long to leave a database alone that cannot be listened to.
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// Statement that says that logins have changed, for within a transaction that changes them.
pub const TELL_COMPANIES: &str = "SELECT pg_notify('kith', 'companies')";

/// Shows that the store is served, for as long as the connection lasts: a lock that any number may have, "Kith" in ASCII
/// and the number that the database has given to the store's own table.
const SERVE: &str = "SELECT pg_advisory_lock_shared(1265202280, 'kith'::regclass::oid::integer)";
/// Whether anybody shows it. Looking takes no lock, so those who look do not see each other.
const IS_SERVED: &str = "SELECT EXISTS (SELECT FROM pg_locks
     WHERE locktype = 'advisory' AND classid = 1265202280 AND objid = 'kith'::regclass AND objsubid = 2 AND granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))";

/// Whether a server listens.
pub async fn is_served(pool: &Pool) -> Result<bool, Error> {
    let row = pool.query(IS_SERVED, &[]).await?;
    row.first().map_or(Ok(false), |row| Ok(row.try_get(0)?))
}

/// Takes note of what was written by this process.
#[derive(Clone)]
pub struct Notifier {
    written: watch::Sender<u64>,
    send: mpsc::UnboundedSender<CompanyId>,
}

impl Notifier {
    /// Notifier that are sent through `pool`, and shown to whoever listens to `written`.
    pub fn new(pool: Pool, written: watch::Sender<u64>, own: Option<Arc<dyn NotificationHandler>>) -> Notifier {
        let (send, notes) = mpsc::unbounded_channel();
        tokio::spawn(send_notes(pool, notes, own));
        Notifier { written, send }
    }

    /// A company's journal has become longer.
    pub fn tell(&self, company: CompanyId) {
        self.written.send_modify(|written| *written += 1);
        // The task that sends goes with the runtime, and then there is nobody to tell.
        let _ = self.send.send(company);
    }
}

/// Who wants to know what was written.
pub trait NotificationHandler: Send + Sync {
    /// These companies' journals have become longer, by this process or by another.
    fn written(&self, companies: &BTreeSet<CompanyId>, is_own: bool);
    /// Logins may have changed.
    fn companies(&self);
}

/// Sends notes one after the other; what comes in between goes into the next.
async fn send_notes(
    pool: Pool,
    mut notes: mpsc::UnboundedReceiver<CompanyId>,
    own: Option<Arc<dyn NotificationHandler>>,
) {
    let mut some = Vec::new();
    while notes.recv_many(&mut some, NOTE_MAX).await > 0 {
        let companies: BTreeSet<CompanyId> = some.drain(..).collect();
        if let Some(own) = &own {
            own.written(&companies, true);
        }
        let note: Vec<String> = companies.iter().map(|company| company.number().to_string()).collect();
        let note = note.join(" ");
        let sent = async {
            let connection = pool.get().await?;
            let notify = connection.prepare_cached("SELECT pg_notify($1, $2)").await?;
            Ok::<_, Error>(connection.execute(&notify, &[&CHANNEL, &note]).await?)
        };
        if let Err(error) = sent.await {
            // The others look for themselves every second.
            tracing::debug!(%error, "what was written could not be told");
        }
    }
}

/// Listens until it is aborted.
pub fn listen(address: Address, written: watch::Sender<u64>, heard: Arc<dyn NotificationHandler>) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            if let Err(error) = hear(&address, &written, &*heard).await {
                tracing::debug!(%error, "the database cannot be listened to");
            }
            heard.companies();
            written.send_modify(|written| *written += 1);
            sleep(RETRY_AFTER).await;
        }
    })
}

/// Listens on a connection until that breaks.
async fn hear(address: &Address, written: &watch::Sender<u64>, heard: &dyn NotificationHandler) -> Result<(), Error> {
    let (client, mut connection) = address.connect().await?;
    let mut messages = Box::pin(stream::poll_fn(move |context| connection.poll_message(context)));
    let listen = format!("{SERVE}; LISTEN {CHANNEL}");
    let mut listening = std::pin::pin!(client.batch_execute(&listen));
    let mut is_listening = false;
    let mut poll_at = Instant::now() + POLL_EVERY;
    loop {
        let message = tokio::select! {
            done = &mut listening, if !is_listening => {
                done?;
                is_listening = true;
                // What was told before this was not heard.
                heard.companies();
                written.send_modify(|written| *written += 1);
                continue;
            }
            message = timeout_at(poll_at, messages.next()) => message,
        };
        match message {
            Ok(Some(Ok(AsyncMessage::Notification(note)))) => {
                if note.payload() == COMPANIES {
                    heard.companies();
                } else {
                    let numbers = note.payload().split(' ').filter_map(|number| number.parse().ok());
                    let companies = numbers.filter_map(|number| record::company_id(number).ok()).collect();
                    heard.written(&companies, false);
                }
                written.send_modify(|written| *written += 1);
            }
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(error))) => return Err(error.into()),
            Ok(None) => return Ok(()),
            Err(_) => {
                poll_at = Instant::now() + POLL_EVERY;
                written.send_modify(|written| *written += 1);
            }
        }
    }
}
