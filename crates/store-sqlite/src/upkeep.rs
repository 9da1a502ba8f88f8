//! The background task that notices writes by other processes, and checkpoints the log when nobody writes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::locks::lock;
use crate::logins::Logins;
use crate::writer::Checkpoints;

/// The interval between two checks of the file.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);
/// The checks without a change after which the log is checkpointed: two seconds.
const IDLE_CHECKS: u32 = 4;

/// Runs until it is aborted.
pub(super) async fn run(logins: Arc<Mutex<Logins>>, written: watch::Sender<u64>, checkpoints: Option<Checkpoints>) {
    let mut version = None;
    let mut unchanged = 0_u32;
    loop {
        let found = lock(&logins).version();
        match found {
            Ok(now) if version != Some(now) => {
                version = Some(now);
                unchanged = 0;
                written.send_modify(|written| *written += 1);
            }
            Ok(_) => {
                unchanged = unchanged.saturating_add(1);
                if let (IDLE_CHECKS, Some(checkpoints)) = (unchanged, &checkpoints) {
                    checkpoints.ask();
                }
            }
            Err(error) => tracing::warn!(%error, "the version of the store cannot be read"),
        }
        sleep(CHECK_INTERVAL).await;
    }
}
