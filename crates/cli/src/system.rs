//! The world: the clock, chance, and the store's file.

use std::sync::Arc;
use std::time::SystemTime;

use contact::Time;
use hub::{Clock, Hub, Random};
use store::{Access, Error};

use crate::config::StoreOptions;

struct SystemClock;

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

/// A hub on a store.
pub async fn open(store: &StoreOptions, access: Access) -> Result<Hub, Error> {
    let store = store.place.open(access, store.limits()).await?;
    Ok(Hub::new(store, Arc::new(SystemClock), Arc::new(SystemRandom)))
}
