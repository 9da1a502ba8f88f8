//! The claim buffer: claims that are in the journal but not yet in the table of handles.
//!
//! Handles come in random order, so writing each claim at once would write a page for each. The buffer collects claims
//! and flushes them in rounds, company by company and in the order of the table. Every commit writes the next few. Claims
//! that arrive meanwhile wait for the next round.
//!
//! All claims up to a company's `handles_flushed` entry are in the table. Opening the file replays the journal after it.

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

/// Most claims in the buffer, about 150 bytes each. So many that a page of the table gets several at once, even with the
/// handles of a million contacts.
pub const CLAIMS_WAITING_MAX: usize = 65_536;
/// Most entries of the journal that are replayed at once.
const REPLAY_MAX: u64 = 10_000;

/// With more unflushed entries of a company than this, its claims are flushed sooner. Bounds the replay when the file
/// is opened.
const UNFLUSHED_MAX: u64 = 100_000;
/// Fewest claims that a commit then flushes.
const FLUSH_MIN: usize = 256;

/// Handles of so many contacts can be read in the time of one failed lookup.
const READS_PER_MISS: u64 = 4;

/// The unflushed claims of all companies.
pub struct ClaimBuffer {
    /// Most claims to keep.
    max: usize,
    /// How many claims are waiting.
    waiting: usize,
    parts: BTreeMap<CompanyId, Part>,
    /// The company that the round flushes next; none between rounds.
    at: Option<CompanyId>,
}

/// The unflushed claims of one company.
struct Part {
    /// The last entry whose claims are in the buffer or in the table.
    head: Seq,
    /// The last entry whose claims are all in the table.
    flushed: Seq,
    /// The claims since the round reached the company.
    claims: Waiting,
    /// The claims before that, which the round flushes.
    flush_queue: FlushQueue,
    /// Recognizes most handles that are neither in the buffer nor in the table.
    filter: Option<Filter>,
    /// How many lookups in the table found nothing since there is no filter.
    misses: AtomicU64,
}

impl Part {
    /// An empty part, whose claims up to `flushed` are in the table.
    fn new(flushed: Seq) -> Part {
        Part {
            head: flushed,
            flushed,
            claims: Waiting::default(),
            flush_queue: FlushQueue::default(),
            filter: None,
            misses: AtomicU64::new(0),
        }
    }

    /// The claim of a handle, if it waits or was flushed in this round.
    fn known(&self, handle: &HandleKey) -> Option<Now> {
        self.claims.get(handle).copied().or_else(|| self.flush_queue.get(handle))
    }

    /// Adds a claim; false if it replaces a waiting one.
    fn put(&mut self, handle: HandleKey, now: Now) -> bool {
        if let Some(filter) = &mut self.filter {
            filter.insert(&handle);
        }
        self.filter.take_if(|filter| filter.is_full());
        self.claims.insert(handle, now).is_none()
    }

    /// How many claims are to be flushed.
    fn waiting(&self) -> usize {
        self.claims.len() + self.flush_queue.rest()
    }

    /// Whether the round has flushed this part, so that all waiting claims are newer.
    fn is_flushed(&self) -> bool {
        self.flush_queue.len() == 0
    }

    /// Moves the waiting claims to the flush queue, unless the round is flushing this part already.
    fn enter(&mut self) {
        if self.is_flushed() {
            // The next round is likely to have as many.
            let next = Waiting::with_capacity_and_hasher(self.claims.len(), RandomState::default());
            let claims = std::mem::replace(&mut self.claims, next);
            self.flush_queue = FlushQueue::of(claims, self.head);
        }
    }
}

/// The result of a commit for one company.
pub struct Committed {
    pub company: CompanyId,
    pub head: Seq,
    pub claims: Vec<(HandleKey, Now)>,
    /// Whether the commit added entries to the journal.
    pub is_changed: bool,
}

/// The claims to flush next.
pub struct Due {
    /// How many claims of each company to flush.
    counts: Vec<(CompanyId, usize)>,
    /// The companies whose claims are then all flushed up to an entry.
    flushed: Vec<(CompanyId, Seq)>,
    /// The company at which the round continues.
    at: Option<CompanyId>,
}

impl Due {
    /// How many claims to flush.
    fn count(&self) -> usize {
        self.counts.iter().map(|(_, count)| count).sum()
    }
}

/// What the buffer knows of a handle: its claim if that waits, as of the entry `head`.
pub struct Known {
    pub head: Option<Seq>,
    pub claim: Option<Now>,
}

impl ClaimBuffer {
    /// An empty buffer that keeps at most `max` claims.
    pub fn new(max: usize) -> ClaimBuffer {
        ClaimBuffer { max, waiting: 0, parts: BTreeMap::new(), at: None }
    }

    /// Lowers the most claims to keep. Returns whether there are more now.
    pub fn set_max(&mut self, max: usize) -> bool {
        self.max = self.max.min(max);
        self.waiting > self.max
    }

    /// Lowers the most claims to keep to `count` less than there are. Returns whether there are any.
    pub fn lower_max(&mut self, count: usize) -> bool {
        self.set_max(self.waiting.saturating_sub(count))
    }

    /// Whether a company is loaded.
    pub fn has(&self, company: CompanyId) -> bool {
        self.parts.contains_key(&company)
    }

    /// The last entry of a company whose claims are all in the table. None if the company is not loaded.
    pub fn flushed(&self, company: CompanyId) -> Option<Seq> {
        self.parts.get(&company).map(|part| part.flushed)
    }

    /// Whether the buffer has the claims of a company as of an entry.
    pub fn is_at(&self, company: CompanyId, head: Seq) -> bool {
        self.parts.get(&company).is_some_and(|part| part.head == head)
    }

    /// What the buffer knows of a handle.
    pub fn known(&self, company: CompanyId, handle: &HandleKey) -> Known {
        let part = self.parts.get(&company);
        Known { head: part.map(|part| part.head), claim: part.and_then(|part| part.known(handle)) }
    }

    /// Whether a handle is certainly neither in the buffer nor in the table.
    pub fn is_absent(&self, company: CompanyId, handle: &HandleKey) -> bool {
        let filter = self.parts.get(&company).and_then(|part| part.filter.as_ref());
        filter.is_some_and(|filter| filter.is_absent(handle))
    }

    /// Counts lookups in the table that found nothing.
    pub fn count_misses(&self, company: CompanyId, times: u64) {
        if let Some(part) = self.parts.get(&company) {
            part.misses.fetch_add(times, Ordering::Relaxed);
        }
    }

    /// Whether building a filter pays off, for a company with this many contacts.
    pub fn wants_filter(&self, company: CompanyId, contacts: u64) -> bool {
        let is_worth_it = |part: &Part| part.misses.load(Ordering::Relaxed) >= contacts / READS_PER_MISS;
        self.parts.get(&company).is_some_and(|part| part.filter.is_none() && is_worth_it(part))
    }

    /// Builds the filter of a company. The snapshot of the connection must be as new as the buffer.
    pub fn make_filter(&mut self, connection: &Connection, company: CompanyId) -> Result<()> {
        let Some(part) = self.parts.get_mut(&company) else { return Ok(()) };
        let waiting: Vec<&HandleKey> = part.claims.keys().chain(part.flush_queue.handles()).collect();
        part.filter = Some(Filter::of(connection, company, waiting.into_iter())?);
        part.misses = AtomicU64::new(0);
        Ok(())
    }

    /// The claims to flush when `coming` more arrive for some companies. They stay due until [`settle`](ClaimBuffer::settle).
    pub fn due(&mut self, coming: usize, companies: impl IntoIterator<Item = CompanyId>) -> Due {
        let mut due = Due { counts: Vec::new(), flushed: Vec::new(), at: self.at };
        let mut count = (self.waiting + coming).saturating_sub(self.max);
        let parts = companies.into_iter().filter_map(|company| self.parts.get_key_value(&company));
        for (company, part) in parts.filter(|(_, part)| part.head.0 - part.flushed.0 > UNFLUSHED_MAX) {
            if part.claims.is_empty() && part.is_flushed() {
                due.flushed.push((*company, part.head));
            } else {
                count = count.max(FLUSH_MIN);
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
        // The round ends. The next one begins with the next call, because the claims that are due now still wait.
        due.at = None;
        due
    }

    /// The due claims with their newest values, because another process may have flushed those already.
    fn next<'a>(&'a self, due: &'a Due) -> impl Iterator<Item = (CompanyId, &'a HandleKey, Now)> {
        let of_company = |(company, count): &'a (CompanyId, usize)| {
            let part = self.parts.get(company)?;
            let now = |claim: &Ordered| part.claims.get(&claim.handle).copied().unwrap_or(claim.now);
            Some(part.flush_queue.next(*count).iter().map(move |claim| (*company, &claim.handle, now(claim))))
        };
        due.counts.iter().filter_map(of_company).flatten()
    }

    /// Updates the buffer after a commit. Returns finished queues, which the caller frees.
    pub fn settle(&mut self, due: Due, commits: Vec<Committed>) -> Vec<FlushQueue> {
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
        for Committed { company, head, claims, .. } in commits {
            let Some(part) = self.parts.get_mut(&company) else { continue };
            part.head = head;
            part.claims.reserve(claims.len());
            for (handle, now) in claims {
                self.waiting += usize::from(part.put(handle, now));
            }
        }
        gone
    }

    /// Discards all claims. They can be replayed from the journals.
    pub fn forget(&mut self) {
        *self = ClaimBuffer::new(self.max);
    }

    /// Reads what other processes wrote to a company's journal, or all unflushed entries if the company is not loaded.
    pub fn catch_up(&mut self, connection: &Connection, company: CompanyId) -> Result<()> {
        let Some(ends) = journal::ends(connection, company)? else { return Ok(()) };
        let part = self.parts.entry(company).or_insert_with(|| Part::new(ends.flushed));
        if part.head < ends.flushed {
            // Another process has flushed all claims that wait here, and more: the table has them.
            self.waiting -= part.waiting();
            *part = Part::new(ends.flushed);
        }
        let mut head = part.head;
        if head < ends.head {
            // Another process may have added handles to the table that the replay does not report as changed.
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

    /// Catches up on every company with unflushed entries.
    pub fn catch_up_unflushed(&mut self, connection: &Connection) -> Result<()> {
        for company in journal::unflushed(connection)? {
            match self.catch_up(connection, company) {
                // The other companies can be served. Writes to this one return the error.
                Err(error) if error.is_damaged() => tracing::error!(%error, "a journal cannot be read"),
                done => done?,
            }
        }
        Ok(())
    }

    /// Catches up on every loaded company.
    pub fn catch_up_all(&mut self, connection: &Connection) -> Result<()> {
        let companies: Vec<CompanyId> = self.parts.keys().copied().collect();
        companies.into_iter().try_for_each(|company| self.catch_up(connection, company))
    }
}

/// The claim of a handle in the snapshot of a connection, given what the buffer knew before the snapshot.
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

/// The lag of the buffer behind a snapshot, in entries.
pub struct Behind(u64);

impl Behind {
    /// Whether the buffer should catch up, so that later reads need not replay as much.
    pub fn is_far(&self) -> bool {
        self.0 > REPLAY_MAX / 10
    }
}

/// The unflushed claims of a company in this snapshot.
pub fn unflushed(connection: &Connection, company: CompanyId) -> Result<BTreeMap<HandleKey, Now>> {
    let mut claim_buffer = ClaimBuffer::new(usize::MAX);
    claim_buffer.catch_up(connection, company)?;
    Ok(claim_buffer.parts.remove(&company).map(|part| part.claims.into_iter().collect()).unwrap_or_default())
}

/// The claims that some entries change, with their values afterwards.
///
/// The table may be ahead of the entries. The result is still right, because the last entry that changes a handle decides,
/// and it is among them.
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

/// Writes the due claims of the buffer to the table.
pub fn write(connection: &Connection, claim_buffer: &ClaimBuffer, due: &Due) -> Result<()> {
    let mut delete = connection.prepare_cached("DELETE FROM handle WHERE company = ?1 AND source = ?2 AND key = ?3")?;
    for (company, handle, now) in claim_buffer.next(due) {
        match now {
            Some(claim) => handles::put(connection, company.number(), handle, claim)?,
            None => {
                delete.execute(params![company.number(), handle.source().name(), handle.as_str()])?;
            }
        }
    }
    let mut set_flushed = connection
        .prepare_cached("UPDATE company SET handles_flushed = max(handles_flushed, ?2) WHERE company = ?1")?;
    for (company, flushed) in &due.flushed {
        set_flushed.execute(params![company.number(), flushed.0])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use contact::{Claim, ContactId};

    use super::*;

    fn company(number: u32) -> CompanyId {
        CompanyId::new(number).expect("a number")
    }

    fn committed(number: u32, head: u64, handles: usize) -> Committed {
        let company = company(number);
        let claim = Claim { home: Some(ContactId::nth(company, 1)), ..Claim::default() };
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

    /// Commits, and returns how many claims were written and which companies are flushed.
    fn commit(claim_buffer: &mut ClaimBuffer, committed: Committed) -> (usize, Vec<(CompanyId, Seq)>) {
        let due = claim_buffer.due(committed.claims.len(), [committed.company]);
        let flushed = (due.count(), due.flushed.clone());
        claim_buffer.settle(due, vec![committed]);
        flushed
    }

    #[test]
    fn a_company_is_flushed_up_to_the_entry_at_which_the_round_reached_it() {
        let mut claim_buffer = claim_buffer(10, &[1, 2]);
        assert_eq!(commit(&mut claim_buffer, committed(1, 1, 6)), (0, vec![]));
        assert_eq!(commit(&mut claim_buffer, committed(2, 1, 4)), (0, vec![]));
        // Four of the first company. Its new claims belong to the next round.
        assert_eq!(commit(&mut claim_buffer, committed(1, 2, 4)), (4, vec![]));
        // The remaining two of the first, the four of the second, and the round ends.
        assert_eq!(
            commit(&mut claim_buffer, committed(2, 2, 8)),
            (6, vec![(company(1), Seq(1)), (company(2), Seq(1))])
        );
        assert_eq!(
            commit(&mut claim_buffer, committed(1, 3, 10)),
            (12, vec![(company(1), Seq(2)), (company(2), Seq(2))])
        );
    }

    #[test]
    fn the_newest_value_of_a_claim_is_flushed() {
        let mut claim_buffer = claim_buffer(4, &[1]);
        commit(&mut claim_buffer, committed(1, 1, 6));
        assert_eq!(commit(&mut claim_buffer, committed(1, 2, 0)).0, 2);
        // Another process has removed these claims, and may have removed them from the table.
        let mut since = committed(1, 1, 6);
        since.claims.iter_mut().for_each(|(_, now)| *now = None);
        let none = Due { counts: Vec::new(), flushed: Vec::new(), at: claim_buffer.at };
        claim_buffer.settle(none, vec![since]);
        let due = claim_buffer.due(0, []);
        assert_eq!(claim_buffer.next(&due).map(|(.., now)| now).collect::<Vec<_>>(), [None; 4]);
    }

    #[test]
    fn claims_stay_due_until_they_are_settled() {
        let mut claim_buffer = claim_buffer(2, &[1]);
        commit(&mut claim_buffer, committed(1, 1, 6));
        assert_eq!(claim_buffer.due(0, []).count(), 4);
        assert_eq!(commit(&mut claim_buffer, committed(1, 2, 0)), (4, vec![]));
        assert_eq!(commit(&mut claim_buffer, committed(1, 3, 2)), (2, vec![(company(1), Seq(1))]));
        assert!(claim_buffer.set_max(1));
    }

    #[test]
    fn the_replay_when_the_file_is_opened_is_bounded() {
        let mut claim_buffer = claim_buffer(10_000, &[1]);
        assert_eq!(commit(&mut claim_buffer, committed(1, UNFLUSHED_MAX + 1, 0)), (0, vec![]));
        assert_eq!(
            commit(&mut claim_buffer, committed(1, UNFLUSHED_MAX + 2, 300)),
            (0, vec![(company(1), Seq(UNFLUSHED_MAX + 1))])
        );
        commit(&mut claim_buffer, committed(1, 2 * UNFLUSHED_MAX + 3, 0));
        assert_eq!(commit(&mut claim_buffer, committed(1, 2 * UNFLUSHED_MAX + 4, 0)), (FLUSH_MIN, vec![]));
        let flushed = vec![(company(1), Seq(2 * UNFLUSHED_MAX + 3))];
        assert_eq!(commit(&mut claim_buffer, committed(1, 2 * UNFLUSHED_MAX + 5, 0)), (300 - FLUSH_MIN, flushed));
    }
}
