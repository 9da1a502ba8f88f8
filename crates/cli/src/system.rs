//! The clock, the random numbers and the store of this process.

use std::sync::Arc;
use std::time::SystemTime;

use contact::Time;
use hub::{Clock, Hub, Random};
use store::{Access, Error};
use store_sqlite::TemporaryFiles;

use crate::config::StoreOptions;

pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Time::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("a system without random numbers keeps no secret");
    }
}

/// Opens a hub on the store.
pub async fn open(store: &StoreOptions, access: Access) -> Result<Hub, Error> {
    let store = store.address.open(access, store.limits()).await?;
    Ok(Hub::new(store, Arc::new(TemporaryFiles), Arc::new(SystemClock), Arc::new(SystemRandom)))
}
