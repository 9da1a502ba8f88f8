//! The background task that notices writes by other processes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::locks::lock;
use crate::logins::Logins;

/// The interval between two checks of the file.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);

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
            Err(error) => tracing::warn!(%error, "the version of the store cannot be read"),
        }
        sleep(CHECK_INTERVAL).await;
    }
}
