//! The world: the clock, chance, and the store's file.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use contact::Time;
use hub::{Clock, Hub, Random};
use store::{Access, Error, Sqlite};

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

/// A hub on the store at a path.
pub fn open(store: &Path, access: Access) -> Result<Hub, Error> {
    if let Some((scheme, _)) = store.to_str().and_then(|path| path.split_once("://")) {
        return Err(Error::Unusable(format!("A store at {scheme}:// is not one that this Kith knows; give a path.")));
    }
    let store = Arc::new(Sqlite::open(store, access)?);
    Ok(Hub::new(store, Arc::new(SystemClock), Arc::new(SystemRandom)))
}
