//! Fair shares of what all callers need: memory, slots, connections.
//!
//! Each shared limit of the server is a [`Shares`]. One company, or one address without credentials, can take at most its
//! share. The last part of the whole is a reserve for those who have little of it, so that nobody can shut the others out.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use axum::http::{HeaderValue, StatusCode};
use contact::CompanyId;

/// Seconds after which a caller should try again whose own share is used up.
const RETRY_AFTER_S: u64 = 1;
/// Seconds after which a caller should try again when the server is full.
const RETRY_WHEN_FULL_S: u64 = 5;

/// Who takes a share: a company after its credentials were checked, before that the address of the client.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Holder {
    Company(CompanyId),
    Address(IpAddr),
}

impl Holder {
    /// Returns the holder of what a client without credentials takes. All clients without an address are one holder.
    pub fn client(address: Option<IpAddr>) -> Holder {
        Holder::Address(address.map_or(Ipv4Addr::UNSPECIFIED.into(), network))
    }
}

/// Returns what one client controls: an IPv4 address, or the upper half of an IPv6 address (RFC 4291, section 2.5.4).
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

/// What there is of something, and how it is shared.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// What is shared, in the plural: `exports`.
    pub what: &'static str,
    /// All of it.
    pub total: u32,
    /// Most that one company has at once.
    pub company: u32,
    /// Most that one address has at once.
    pub address: u32,
    /// How much of the total is kept for holders of little.
    pub reserve: u32,
    /// Most that a holder of little has.
    pub little: u32,
}

/// Something that many share.
#[derive(Clone)]
pub struct Shares(Arc<Pool>);

struct Pool {
    limits: Limits,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: u32,
    by: HashMap<Holder, u32>,
}

/// All shares of this process, for its metrics.
static ALL: Mutex<Vec<Weak<Pool>>> = Mutex::new(Vec::new());

/// How much is taken of all shares of this process: what is shared, what is taken, and the whole.
pub fn in_use() -> Vec<(&'static str, u32, u32)> {
    let all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    all.iter().filter_map(Weak::upgrade).map(|pool| (pool.limits.what, pool.taken().all, pool.limits.total)).collect()
}

impl Shares {
    /// Creates shares of which nothing is taken.
    pub fn new(limits: Limits) -> Shares {
        let pool = Arc::new(Pool { limits, taken: Mutex::default() });
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|pool| pool.strong_count() > 0);
        all.push(Arc::downgrade(&pool));
        Shares(pool)
    }

    /// Takes an amount for a holder. It returns when the share is dropped.
    ///
    /// # Errors
    ///
    /// [`Refused`] if the holder's share or the whole is used up.
    pub fn take(&self, holder: Holder, amount: u32) -> Result<Share, Refused> {
        let mut share = Share { pool: Arc::clone(&self.0), holder, amount: 0 };
        share.grow_to(amount)?;
        Ok(share)
    }

    /// How much is taken now.
    pub fn taken(&self) -> u32 {
        self.0.taken().all
    }

    /// Whether less than the reserve is left.
    pub fn is_short(&self) -> bool {
        let limits = self.0.limits;
        self.taken() >= limits.total - limits.reserve
    }
}

impl Pool {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, holder: Holder, amount: u32) -> Result<(), Refused> {
        let Limits { what, total, company, address, reserve, little } = self.limits;
        let mut taken = self.taken();
        let after = taken.by.get(&holder).copied().unwrap_or_default().saturating_add(amount);
        let refused = |by| Err(Refused { what, by });
        match holder {
            Holder::Company(_) if after > company => return refused(By::Company(company)),
            Holder::Address(_) if after > address => return refused(By::Address(address)),
            _ => {}
        }
        let open = if after > little { total - reserve } else { total };
        match taken.all.checked_add(amount).filter(|all| *all <= open) {
            Some(all) => taken.all = all,
            None => return refused(By::Server(total)),
        }
        taken.by.insert(holder, after);
        Ok(())
    }

    fn give_back(&self, holder: Holder, amount: u32) {
        let mut taken = self.taken();
        taken.all -= amount;
        if let Some(held) = taken.by.get_mut(&holder) {
            *held -= amount;
            if *held == 0 {
                taken.by.remove(&holder);
            }
        }
    }
}

/// What a holder has taken.
pub struct Share {
    pool: Arc<Pool>,
    holder: Holder,
    amount: u32,
}

impl Share {
    /// Takes more, up to an amount.
    ///
    /// # Errors
    ///
    /// [`Refused`] as for [`Shares::take`]. What was taken before stays.
    pub fn grow_to(&mut self, amount: u32) -> Result<(), Refused> {
        let more = amount.saturating_sub(self.amount);
        if more > 0 {
            self.pool.take(self.holder, more)?;
            self.amount += more;
        }
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.amount > 0 {
            self.pool.give_back(self.holder, self.amount);
        }
    }
}

/// A share that cannot be had at the moment. The text is a sentence for the caller that names the limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused {
    what: &'static str,
    by: By,
}

/// The limit that is reached, with its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    Company(u32),
    Address(u32),
    Server(u32),
}

impl Refused {
    /// Whether the caller's own share is used up. Otherwise the server is full.
    pub fn is_own(self) -> bool {
        !matches!(self.by, By::Server(_))
    }

    /// The status of the response: 429 if the caller's own share is used up, 503 if the server is full.
    pub fn status(self) -> StatusCode {
        if self.is_own() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::SERVICE_UNAVAILABLE }
    }

    /// The value of the header `Retry-After`.
    pub fn retry_after(self) -> HeaderValue {
        let seconds = if self.is_own() { RETRY_AFTER_S } else { RETRY_WHEN_FULL_S };
        seconds.into()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refused { what, by } = self;
        match by {
            By::Company(share) => {
                write!(f, "A company has at most {share} {what} at once. Try again when one has ended.")
            }
            By::Address(share) => {
                write!(f, "An address has at most {share} {what} at once. Try again when one has ended.")
            }
            By::Server(total) => write!(f, "The server is busy: it has at most {total} {what} at once. Try again."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { what: "exports", total: 10, company: 6, address: 4, reserve: 3, little: 1 };

    fn client(last: u8) -> Holder {
        Holder::client(Some(Ipv4Addr::new(192, 0, 2, last).into()))
    }

    fn texts(refused: Result<Share, Refused>) -> (u16, String) {
        let refused = refused.err().expect("it is refused");
        (refused.status().as_u16(), refused.to_string())
    }

    #[test]
    fn a_holder_has_at_most_its_share() {
        let shares = Shares::new(LIMITS);
        let company = Holder::Company(CompanyId::new(1).unwrap());
        let mut share = shares.take(company, 5).unwrap();
        let why = "A company has at most 6 exports at once. Try again when one has ended.";
        assert_eq!(texts(shares.take(company, 2)), (429, why.into()));
        share.grow_to(6).unwrap();
        assert!(share.grow_to(7).is_err());
        drop(share);
        assert_eq!(shares.taken(), 0);
        let _four = shares.take(client(1), 4).unwrap();
        let why = "An address has at most 4 exports at once. Try again when one has ended.";
        assert_eq!(texts(shares.take(client(1), 1)), (429, why.into()));
    }

    #[test]
    fn the_reserve_is_for_those_who_have_little() {
        let shares = Shares::new(LIMITS);
        let _first = shares.take(client(1), 4).unwrap();
        let _second = shares.take(client(2), 3).unwrap();
        assert!(shares.is_short());
        let why = "The server is busy: it has at most 10 exports at once. Try again.";
        assert_eq!(texts(shares.take(client(2), 1)), (503, why.into()));
        assert_eq!(texts(shares.take(client(3), 2)), (503, why.into()));
        let _little: Vec<Share> = (4..7).map(|last| shares.take(client(last), 1).unwrap()).collect();
        assert_eq!(texts(shares.take(client(7), 1)), (503, why.into()));
    }

    #[test]
    fn an_ipv6_network_is_one_holder() {
        let holder = |address: &str| Holder::client(Some(address.parse().unwrap()));
        assert_eq!(holder("2001:db8:0:1::1"), holder("2001:db8:0:1:ffff::2"));
        assert_ne!(holder("2001:db8:0:1::1"), holder("2001:db8:0:2::1"));
        assert_eq!(holder("::ffff:192.0.2.1"), holder("192.0.2.1"));
    }
}
