//! Notifications of writes between the servers of a store.
//!
//! A notification is sent after the commit, in a statement of its own: a `NOTIFY` within the transaction would make all
//! commits of the database wait for each other. If a server dies before it sends one, polling finds the write.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use contact::CompanyId;
use futures_util::StreamExt as _;
use futures_util::stream;
use store::record;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_postgres::AsyncMessage;

use crate::connect::{Address, Pool};
use crate::error::{Error, Result};

/// The channel of notifications.
const CHANNEL: &str = "kith";
/// The payload when companies, their logins or their channels have changed.
const COMPANIES: &str = "companies";
/// Most companies in a payload, which may have 8,000 bytes.
const COMPANIES_MAX: usize = 500;
/// How often the journals are polled, whatever notifications arrive.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// The pause before a broken connection is replaced.
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// The statement that notifies of changed logins, to run within the transaction that changes them.
pub const NOTIFY_COMPANIES: &str = "SELECT pg_notify('kith', 'companies')";

/// Marks the store as served while the connection lasts.
///
/// A shared advisory lock, whose key is "Kith" in ASCII and the object id of the store's own table.
const SERVE: &str = "SELECT pg_advisory_lock_shared(1265202280, 'kith'::regclass::oid::integer)";
/// Whether any connection holds that lock. The check takes no lock, so two checks do not see each other.
const IS_SERVED: &str = "SELECT EXISTS (SELECT FROM pg_locks
     WHERE locktype = 'advisory' AND classid = 1265202280 AND objid = 'kith'::regclass AND objsubid = 2 AND granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))";

/// Whether a server serves the store.
pub async fn is_served(pool: &Pool) -> Result<bool> {
    let rows = pool.query(IS_SERVED, &[]).await?;
    rows.first().map_or(Ok(false), |row| Ok(row.try_get(0)?))
}

/// Sends notifications of the writes of this process.
#[derive(Clone)]
pub struct Notifier {
    written: watch::Sender<u64>,
    send: mpsc::UnboundedSender<CompanyId>,
}

impl Notifier {
    /// A notifier that sends through `pool`, changes the counter `written`, and calls `own`.
    pub fn new(pool: Pool, written: watch::Sender<u64>, own: Option<Arc<dyn NotificationHandler>>) -> Notifier {
        let (send, companies) = mpsc::unbounded_channel();
        tokio::spawn(send_notifications(pool, companies, own));
        Notifier { written, send }
    }

    /// Notifies of new entries in a company's journal.
    pub fn notify(&self, company: CompanyId) {
        self.written.send_modify(|written| *written += 1);
        // The sending task ends with the runtime, and then nothing is left to notify.
        let _ = self.send.send(company);
    }
}

/// Handles notifications.
pub trait NotificationHandler: Send + Sync {
    /// The journals of these companies have new entries, written by this process or by another.
    fn written(&self, companies: &BTreeSet<CompanyId>, is_own: bool);
    /// Logins may have changed.
    fn companies_changed(&self);
}

/// Sends one notification after the other. Writes in between share the next one.
async fn send_notifications(
    pool: Pool,
    mut written: mpsc::UnboundedReceiver<CompanyId>,
    own: Option<Arc<dyn NotificationHandler>>,
) {
    let mut received = Vec::new();
    while written.recv_many(&mut received, COMPANIES_MAX).await > 0 {
        let companies: BTreeSet<CompanyId> = received.drain(..).collect();
        if let Some(own) = &own {
            own.written(&companies, true);
        }
        let payload: Vec<String> = companies.iter().map(|company| company.number().to_string()).collect();
        let payload = payload.join(" ");
        let sent = async {
            let connection = pool.get().await?;
            let notify = connection.prepare_cached("SELECT pg_notify($1, $2)").await?;
            Ok::<_, Error>(connection.execute(&notify, &[&CHANNEL, &payload]).await?)
        };
        if let Err(error) = sent.await {
            // The other servers poll every second.
            tracing::debug!(%error, "a notification was not sent");
        }
    }
}

/// Listens for notifications until the task is aborted.
pub fn listen(address: Address, written: watch::Sender<u64>, handler: Arc<dyn NotificationHandler>) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            if let Err(error) = listen_once(&address, &written, &*handler).await {
                tracing::debug!(%error, "the connection for notifications failed");
            }
            handler.companies_changed();
            written.send_modify(|written| *written += 1);
            sleep(RETRY_AFTER).await;
        }
    })
}

/// Listens on one connection until it breaks.
async fn listen_once(address: &Address, written: &watch::Sender<u64>, handler: &dyn NotificationHandler) -> Result<()> {
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
                // Earlier notifications were missed.
                handler.companies_changed();
                written.send_modify(|written| *written += 1);
                continue;
            }
            message = timeout_at(poll_at, messages.next()) => message,
        };
        match message {
            Ok(Some(Ok(AsyncMessage::Notification(notification)))) => {
                if notification.payload() == COMPANIES {
                    handler.companies_changed();
                } else {
                    let numbers = notification.payload().split(' ').filter_map(|number| number.parse().ok());
                    let companies = numbers.filter_map(|number| record::company_id(number).ok()).collect();
                    handler.written(&companies, false);
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
