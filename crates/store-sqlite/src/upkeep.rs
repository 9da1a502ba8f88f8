//! What goes on beside reads and writes: what others write is noticed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::locks::lock;
use crate::logins::Logins;

/// How often the file is looked at for what another process has written.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Runs until it is aborted.
pub(super) async fn run(logins: Arc<Mutex<Logins>>, written: watch::Sender<u64>) {
    let mut version = None;
    loop {
        match lock(&logins).version() {
            Ok(now) if version != Some(now) => {
                version = Some(now);
                written.send_modify(|written| *written += 1);
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the store cannot be looked at"),
        }
        sleep(LOOK_EVERY).await;
    }
}
