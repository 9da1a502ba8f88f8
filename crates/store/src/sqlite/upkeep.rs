//! What goes on beside reads and writes: the search index is brought along, and what others write is noticed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;

use super::companies::Logins;
use super::writer::WriterHandle;
use super::{lock, search};

/// How often the file is looked at for what another process has written.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long the index leaves the thread that writes to others when they wait for it.
const YIELD: Duration = Duration::from_millis(100);

/// How long to leave a store alone that takes nothing.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Runs until it is aborted, or the writer is gone.
pub(super) async fn run(logins: Arc<Mutex<Logins>>, writer: WriterHandle, written: watch::Sender<u64>) {
    let mut watch = written.subscribe();
    let mut version = None;
    loop {
        match lock(&logins).version() {
            Ok(now) if version != Some(now) => {
                version = Some(now);
                written.send_modify(|written| *written += 1);
                watch.mark_unchanged();
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the store cannot be looked at"),
        }
        loop {
            match writer.run(search::catch_up).await {
                None => return,
                Some(Ok(true)) if writer.is_busy() => tokio::time::sleep(YIELD).await,
                Some(Ok(true)) => {}
                Some(Ok(false)) => break,
                Some(Err(error)) => {
                    tracing::warn!(%error, "the search index is not up to date");
                    tokio::time::sleep(RETRY_AFTER).await;
                    break;
                }
            }
        }
        // It does not matter which of the two it was.
        let _ = tokio::time::timeout(LOOK_EVERY, watch.changed()).await;
    }
}
