//! Claims that the journal tells and the table of handles does not hold yet.
//!
//! Handles come in no order, so a claim that is written at once costs a page of its own. Here claims wait for others
//! that belong to the same page: a round goes through them, company by company and in the order of the table, and every commit
//! writes the next few. What is told of a company meanwhile waits for the next round. A company's `handles_flushed` is the
//! last entry of which all claims are in the table. What comes after it in the journal tells the rest, to whoever opens
//! the file.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Included, Unbounded};
use std::sync::atomic::{AtomicU64, Ordering};

use contact::{Claims, CompanyId, HandleKey, Seq};
use foldhash::fast::RandomState;
use rusqlite::{Connection, params};

use crate::error::Result;
use crate::filter::Filter;
use crate::flush_queue::{FlushQueue, Now, Ordered, Waiting};
use crate::{handles, journal};

/// Most claims of handles that wait in memory, about 150 bytes each. With so many, a page of the table gets several at
/// once even among the handles of a million people.
pub const CLAIMS_WAITING_MAX: usize = 65_536;
/// Most entries of the journal that are replayed at once.
const REPLAY_MAX: u64 = 10_000;

/// Most entries of a company that are not flushed before its claims are written sooner: what whoever opens the file has
/// to replay.
const UNFLUSHED_MAX: u64 = 100_000;
/// How many claims a commit writes then.
const HURRIED: usize = 256;

/// So many contacts' handles are read while one is looked for.
const READ_PER_LOOK: u64 = 4;

/// The claims that wait, of all companies.
pub struct ClaimBuffer {
    /// More than so many do not wait.
    max: usize,
    waiting: usize,
    parts: BTreeMap<CompanyId, Part>,
    /// The company whose claims the round is writing or writes next; none if a new round has to begin.
    at: Option<CompanyId>,
}

/// The claims of one company that wait.
struct Part {
    /// The last entry whose claims are here or in the table.
    head: Seq,
    /// The last entry whose claims are all in the table.
    flushed: Seq,
    /// Those told since the round came to the company.
    claims: Waiting,
    /// Those told before, which the round writes.
    flush_queue: FlushQueue,
    /// What tells of handles that they are neither here nor in the table.
    filter: Option<Filter>,
    /// How many handles were looked for in vain since there is no filter.
    in_vain: AtomicU64,
}

impl Part {
    /// A part of which all claims are in the table up to an entry.
    fn new(flushed: Seq) -> Part {
        Part {
            head: flushed,
            flushed,
            claims: Waiting::default(),
            flush_queue: FlushQueue::default(),
            filter: None,
            in_vain: AtomicU64::new(0),
        }
    }

    /// What the claim of a handle is, if it waits or has been written in this round.
    fn known(&self, handle: &HandleKey) -> Option<Now> {
        self.claims.get(handle).copied().or_else(|| self.flush_queue.get(handle))
    }

    fn put(&mut self, handle: HandleKey, now: Now) -> bool {
        if let Some(filter) = &mut self.filter {
            filter.insert(&handle);
        }
        self.filter.take_if(|filter| filter.is_full());
        self.claims.insert(handle, now).is_none()
    }

    /// Whether all that waits is told since the round was here.
    fn has_left(&self) -> bool {
        self.flush_queue.len() == 0
    }

    /// The round comes to what waits here, unless it is here already.
    fn enter(&mut self) {
        if self.has_left() {
            // As many are likely to come again.
            let next = Waiting::with_capacity_and_hasher(self.claims.len(), RandomState::default());
            let claims = std::mem::replace(&mut self.claims, next);
            self.flush_queue = FlushQueue::of(claims, self.head);
        }
    }
}

/// What a commit told.
pub struct Committed {
    pub company: CompanyId,
    pub head: Seq,
    pub claims: Vec<(HandleKey, Now)>,
    /// Whether the journal has gained anything by it.
    pub is_changed: bool,
}

/// What is to be written next.
pub struct Due {
    /// How many claims of each company.
    counts: Vec<(CompanyId, usize)>,
    flushed: Vec<(CompanyId, Seq)>,
    /// Where the round goes on.
    at: Option<CompanyId>,
}

impl Due {
    /// How many claims.
    fn count(&self) -> usize {
        self.counts.iter().map(|(_, count)| count).sum()
    }
}

/// What the claim_buffer knows of a handle: as of an entry, and only if the claim waits.
pub struct Known {
    pub head: Option<Seq>,
    pub claim: Option<Now>,
}

impl ClaimBuffer {
    pub fn new(max: usize) -> ClaimBuffer {
        ClaimBuffer { max, waiting: 0, parts: BTreeMap::new(), at: None }
    }

    /// Lets no more than so many wait from now on, and says whether there are more.
    pub fn hold(&mut self, max: usize) -> bool {
        self.max = self.max.min(max);
        self.waiting > self.max
    }

    pub fn has(&self, company: CompanyId) -> bool {
        self.parts.contains_key(&company)
    }

    /// Whether it knows a company's claims as of an entry.
    pub fn is_at(&self, company: CompanyId, head: Seq) -> bool {
        self.parts.get(&company).is_some_and(|part| part.head == head)
    }

    pub fn known(&self, company: CompanyId, handle: &HandleKey) -> Known {
        let part = self.parts.get(&company);
        Known { head: part.map(|part| part.head), claim: part.and_then(|part| part.known(handle)) }
    }

    /// Whether a handle certainly neither waits here nor is in the table.
    pub fn is_absent(&self, company: CompanyId, handle: &HandleKey) -> bool {
        let filter = self.parts.get(&company).and_then(|part| part.filter.as_ref());
        filter.is_some_and(|filter| filter.is_absent(handle))
    }

    /// Takes note that handles were looked for in the table in vain.
    pub fn looked_in_vain(&self, company: CompanyId, times: u64) {
        if let Some(part) = self.parts.get(&company) {
            part.in_vain.fetch_add(times, Ordering::Relaxed);
        }
    }

    /// Whether a filter is worth what it takes to make it, for a company that has so many contacts.
    pub fn wants_filter(&self, company: CompanyId, contacts: u64) -> bool {
        let is_worth_it = |part: &Part| part.in_vain.load(Ordering::Relaxed) >= contacts / READ_PER_LOOK;
        self.parts.get(&company).is_some_and(|part| part.filter.is_none() && is_worth_it(part))
    }

    /// Makes a filter, of the table as a connection reads it, which must be that of all that is known here.
    pub fn make_filter(&mut self, connection: &Connection, company: CompanyId) -> Result<()> {
        let Some(part) = self.parts.get_mut(&company) else { return Ok(()) };
        let waiting: Vec<&HandleKey> = part.claims.keys().chain(part.flush_queue.handles()).collect();
        part.filter = Some(Filter::of(connection, company, waiting.into_iter())?);
        part.in_vain = AtomicU64::new(0);
        Ok(())
    }

    /// What is to be written, now that so many claims of some companies come. Until it is settled it stays due.
    pub fn due(&mut self, coming: usize, companies: impl IntoIterator<Item = CompanyId>) -> Due {
        let mut due = Due { counts: Vec::new(), flushed: Vec::new(), at: self.at };
        let mut count = (self.waiting + coming).saturating_sub(self.max);
        let parts = companies.into_iter().filter_map(|company| self.parts.get_key_value(&company));
        for (company, part) in parts.filter(|(_, part)| part.head.0 - part.flushed.0 > UNFLUSHED_MAX) {
            if part.claims.is_empty() && part.has_left() {
                due.flushed.push((*company, part.head));
            } else {
                count = count.max(HURRIED);
            }
        }
        let from = self.at.map_or(Unbounded, Included);
        for (company, part) in self.parts.range_mut((from, Unbounded)) {
            due.at = Some(*company);
            if count == 0 {
                return due;
            }
            part.enter();
            let rest = part.flush_queue.rest();
            due.counts.push((*company, count.min(rest)));
            if count < rest {
                return due;
            }
            count -= rest;
            if part.flush_queue.since() > part.flushed {
                due.flushed.push((*company, part.flush_queue.since()));
            }
        }
        // The round is over. The next one begins with what is due next: what is due now still waits.
        due.at = None;
        due
    }

    /// The claims that are due, as they are now. What was told of one since the round came to it may be in the table already, if
    /// others have written it.
    fn next<'a>(&'a self, due: &'a Due) -> impl Iterator<Item = (CompanyId, &'a HandleKey, Now)> {
        let of_company = |(company, count): &'a (CompanyId, usize)| {
            let part = self.parts.get(company)?;
            let now = |claim: &Ordered| part.claims.get(&claim.handle).copied().unwrap_or(claim.now);
            Some(part.flush_queue.next(*count).iter().map(move |claim| (*company, &claim.handle, now(claim))))
        };
        due.counts.iter().filter_map(of_company).flatten()
    }

    /// Takes note of what a commit has written and told, and gives back what is not needed any more.
    pub fn settle(&mut self, due: Due, told: Vec<Committed>) -> Vec<FlushQueue> {
        let mut gone = Vec::new();
        self.waiting -= due.count();
        for (company, count) in due.counts {
            if let Some(part) = self.parts.get_mut(&company)
                && part.flush_queue.wrote(count)
            {
                gone.push(std::mem::take(&mut part.flush_queue));
            }
        }
        for (company, flushed) in due.flushed {
            self.parts.entry(company).and_modify(|part| part.flushed = flushed);
        }
        self.at = due.at;
        for Committed { company, head, claims, .. } in told {
            let Some(part) = self.parts.get_mut(&company) else { continue };
            part.head = head;
            part.claims.reserve(claims.len());
            for (handle, now) in claims {
                self.waiting += usize::from(part.put(handle, now));
            }
        }
        gone
    }

    /// Forgets all claims, which the journals tell again.
    pub fn forget(&mut self) {
        *self = ClaimBuffer::new(self.max);
    }

    /// Learns what others have written to a company's journal, or all that is not flushed if the company is new here.
    pub fn catch_up(&mut self, connection: &Connection, company: CompanyId) -> Result<()> {
        let Some(ends) = journal::ends(connection, company)? else { return Ok(()) };
        let part = self.parts.entry(company).or_insert_with(|| Part::new(ends.flushed));
        let mut head = part.head;
        if head < ends.head {
            // Others may have written claims to the table that are told here as no news.
            part.filter = None;
        }
        while head < ends.head {
            let to = Seq(ends.head.0.min(head.0 + REPLAY_MAX));
            let claims = replay(connection, company, head, to, |handle| self.known(company, handle).claim)?;
            let none = Due { counts: Vec::new(), flushed: Vec::new(), at: self.at };
            self.settle(none, vec![Committed { company, head: to, claims, is_changed: false }]);
            head = to;
        }
        Ok(())
    }

    /// The same for every company of which anything is not flushed.
    pub fn catch_up_unflushed(&mut self, connection: &Connection) -> Result<()> {
        for company in journal::unflushed(connection)? {
            match self.catch_up(connection, company) {
                // The others can be served, and whoever writes to this one is told.
                Err(error) if error.is_damaged() => tracing::error!(%error, "a journal cannot be read"),
                done => done?,
            }
        }
        Ok(())
    }

    /// The same for every company that is here.
    pub fn catch_up_all(&mut self, connection: &Connection) -> Result<()> {
        let companies: Vec<CompanyId> = self.parts.keys().copied().collect();
        companies.into_iter().try_for_each(|company| self.catch_up(connection, company))
    }
}

/// A handle's claim in the snapshot that a connection reads, with what the claim_buffer knew before.
pub fn claim(connection: &Connection, company: CompanyId, handle: &HandleKey, known: &Known) -> Result<(Now, Behind)> {
    let Some(ends) = journal::ends(connection, company)? else { return Ok((None, Behind(0))) };
    let mut claims = Claims::default();
    let base = known.claim.map_or_else(|| handles::claim(connection, company, handle), Ok)?;
    if let Some(claim) = base {
        claims.put(handle.clone(), claim);
    }
    let from = known.head.unwrap_or(ends.flushed);
    journal::changes(connection, company, from, ends.head, &mut |change| {
        if change.handles().any(|named| named == handle) {
            claims.apply(&change);
        }
    })?;
    Ok((claims.get(handle), Behind(ends.head.0.saturating_sub(from.0))))
}

/// By how many entries the claim_buffer was behind a snapshot.
pub struct Behind(u64);

impl Behind {
    /// So far that the next who asks should not have to read all that again.
    pub fn is_far(&self) -> bool {
        self.0 > REPLAY_MAX / 10
    }
}

/// The claims of a company that its table does not hold, as far as the journal goes in this snapshot.
pub fn unflushed(connection: &Connection, company: CompanyId) -> Result<BTreeMap<HandleKey, Now>> {
    let mut claim_buffer = ClaimBuffer::new(usize::MAX);
    claim_buffer.catch_up(connection, company)?;
    Ok(claim_buffer.parts.remove(&company).map(|part| part.claims.into_iter().collect()).unwrap_or_default())
}

/// The claims that some entries change, with what they come to. The table may be ahead of the entries: what is decided
/// in the end is decided by the last entry that gives a handle or takes it, and that one is among them.
fn replay(
    connection: &Connection,
    company: CompanyId,
    from: Seq,
    to: Seq,
    known: impl Fn(&HandleKey) -> Option<Now>,
) -> Result<Vec<(HandleKey, Now)>> {
    let mut changes = Vec::new();
    journal::changes(connection, company, from, to, &mut |change| changes.push(change))?;
    let handles: BTreeSet<&HandleKey> = changes.iter().flat_map(contact::Change::handles).collect();
    let mut before = Claims::default();
    for handle in &handles {
        let claim = known(handle).map_or_else(|| handles::claim(connection, company, handle), Ok)?;
        if let Some(claim) = claim {
            before.put((*handle).clone(), claim);
        }
    }
    let mut after = before.clone();
    for change in &changes {
        after.apply(change);
    }
    let moved = handles.iter().filter(|handle| before.get(handle) != after.get(handle));
    Ok(moved.map(|handle| ((*handle).clone(), after.get(handle))).collect())
}

/// Writes what is due of a claim_buffer.
pub fn write(connection: &Connection, claim_buffer: &ClaimBuffer, due: &Due) -> Result<()> {
    let mut put = connection.prepare_cached(
        "INSERT INTO handle (company, source, key, home, shared) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET home = excluded.home, shared = excluded.shared",
    )?;
    let mut delete = connection.prepare_cached("DELETE FROM handle WHERE company = ?1 AND source = ?2 AND key = ?3")?;
    for (company, handle, now) in claim_buffer.next(due) {
        let (company, source, key) = (company.number(), handle.source().name(), handle.as_str());
        match now {
            Some(claim) => {
                put.execute(params![company, source, key, claim.home.map(contact::ContactId::number), claim.shared])?
            }
            None => delete.execute(params![company, source, key])?,
        };
    }
    let mut fold = connection
        .prepare_cached("UPDATE company SET handles_flushed = max(handles_flushed, ?2) WHERE company = ?1")?;
    for (company, flushed) in &due.flushed {
        fold.execute(params![company.number(), flushed.0])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use contact::ContactId;

    use super::*;

    fn company(number: u32) -> CompanyId {
        CompanyId::new(number).expect("a number")
    }

    fn told(number: u32, head: u64, handles: usize) -> Committed {
        let company = company(number);
        let claim = Claim { home: Some(ContactId::nth(company, 1)), shared: false };
        let handle = |n| HandleKey::from_stored(contact::Source::Email, &format!("{head}.{n}@example.org"));
        Committed {
            company,
            head: Seq(head),
            claims: (0..handles).map(|n| (handle(n), Some(claim))).collect(),
            is_changed: true,
        }
    }

    fn claim_buffer(max: usize, companies: &[u32]) -> ClaimBuffer {
        let mut claim_buffer = ClaimBuffer::new(max);
        claim_buffer.parts.extend(companies.iter().map(|number| (company(*number), Part::new(Seq(0)))));
        claim_buffer
    }

    /// Tells, and returns how many claims were written and what was flushed.
    fn tell(claim_buffer: &mut ClaimBuffer, told: Committed) -> (usize, Vec<(CompanyId, Seq)>) {
        let told = vec![told];
        let due = claim_buffer.due(told[0].claims.len(), [told[0].company]);
        let seen = (due.count(), due.flushed.clone());
        claim_buffer.settle(due, told);
        seen
    }

    #[test]
    fn a_company_is_folded_up_to_where_its_journal_ended_when_the_round_came_to_it() {
        let mut claim_buffer = claim_buffer(10, &[1, 2]);
        assert_eq!(tell(&mut claim_buffer, told(1, 1, 6)), (0, vec![]));
        assert_eq!(tell(&mut claim_buffer, told(2, 1, 4)), (0, vec![]));
        // Four of the first company; what is told of it now is not among those that this round began with.
        assert_eq!(tell(&mut claim_buffer, told(1, 2, 4)), (4, vec![]));
        // The two that are left of the first, the four of the second, and the round is over.
        assert_eq!(tell(&mut claim_buffer, told(2, 2, 8)), (6, vec![(company(1), Seq(1)), (company(2), Seq(1))]));
        assert_eq!(tell(&mut claim_buffer, told(1, 3, 10)), (12, vec![(company(1), Seq(2)), (company(2), Seq(2))]));
    }

    #[test]
    fn what_was_told_since_is_written_and_nothing_older() {
        let mut claim_buffer = claim_buffer(4, &[1]);
        tell(&mut claim_buffer, told(1, 1, 6));
        assert_eq!(tell(&mut claim_buffer, told(1, 2, 0)).0, 2);
        // Another process has told that nobody has these any more, and may have taken them out of the table.
        let mut since = told(1, 1, 6);
        since.claims.iter_mut().for_each(|(_, now)| *now = None);
        let none = Due { counts: Vec::new(), flushed: Vec::new(), at: claim_buffer.at };
        claim_buffer.settle(none, vec![since]);
        let due = claim_buffer.due(0, []);
        assert_eq!(claim_buffer.next(&due).map(|(.., now)| now).collect::<Vec<_>>(), [None; 4]);
    }

    #[test]
    fn a_round_that_was_never_settled_begins_anew() {
        let mut claim_buffer = claim_buffer(2, &[1]);
        tell(&mut claim_buffer, told(1, 1, 6));
        assert_eq!(claim_buffer.due(0, []).count(), 4);
        assert_eq!(tell(&mut claim_buffer, told(1, 2, 0)), (4, vec![]));
        assert_eq!(tell(&mut claim_buffer, told(1, 3, 2)), (2, vec![(company(1), Seq(1))]));
        assert!(claim_buffer.hold(1));
    }

    #[test]
    fn who_opens_the_file_never_has_much_to_replay() {
        let mut claim_buffer = claim_buffer(10_000, &[1]);
        assert_eq!(tell(&mut claim_buffer, told(1, UNFLUSHED_MAX + 1, 0)), (0, vec![]));
        assert_eq!(
            tell(&mut claim_buffer, told(1, UNFLUSHED_MAX + 2, 300)),
            (0, vec![(company(1), Seq(UNFLUSHED_MAX + 1))])
        );
        tell(&mut claim_buffer, told(1, 2 * UNFLUSHED_MAX + 3, 0));
        assert_eq!(tell(&mut claim_buffer, told(1, 2 * UNFLUSHED_MAX + 4, 0)), (HURRIED, vec![]));
        let flushed = vec![(company(1), Seq(2 * UNFLUSHED_MAX + 3))];
        assert_eq!(tell(&mut claim_buffer, told(1, 2 * UNFLUSHED_MAX + 5, 0)), (300 - HURRIED, flushed));
    }
}
