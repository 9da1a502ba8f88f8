//! A cache of the logins of companies.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use contact::CompanyName;
use store::Company;
use tokio::time::Instant;

use crate::companies;
use crate::connect::Pool;
use crate::error::Result;
use crate::locks::lock;

/// Most logins in the cache.
const LOGINS_MAX: usize = 10_000;
/// How long a login stays in the cache, in case a notification of a change is lost.
const LOGIN_TIME: Duration = Duration::from_secs(1);

/// The logins of companies, cached for a second.
#[derive(Default)]
pub struct Logins {
    /// By name, also names that no company has: a wrong name is answered as fast as a right one.
    cache: Mutex<HashMap<CompanyName, (Instant, Option<Company>)>>,
}

impl Logins {
    /// Empties the cache.
    pub fn clear(&self) {
        lock(&self.cache).clear();
    }

    /// The company with a name, if there is one. Only a process that is notified of changes may use the cache.
    pub async fn find(&self, pool: &Pool, name: &CompanyName, may_use_cache: bool) -> Result<Option<Company>> {
        let now = Instant::now();
        if may_use_cache
            && let Some((until, found)) = lock(&self.cache).get(name)
            && *until > now
        {
            return Ok(found.clone());
        }
        let found = companies::by_name(pool, name).await?;
        let mut cache = lock(&self.cache);
        if cache.len() >= LOGINS_MAX {
            cache.clear();
        }
        cache.insert(name.clone(), (now + LOGIN_TIME, found.clone()));
        Ok(found)
    }
}
