//! Searches the index: scans the rarest of the required tokens, the latest change first.

mod file;
mod follow;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use contact::{CompanyId, Contact, Seq, View};
use rusqlite::{Connection, Row, params};

use search::tokens::{self, TokenQuery, TokenSet};
use search::{Query, SearchableText, Tier, TopMatches};
use store::{Found, IndexProgress, record};

use crate::damage::Damage;
use crate::error::{Error, Result};
use crate::locks::lock;
use crate::{contacts, journal};
use file::{Progress, Stage};
pub use follow::{Follower, Reader};

/// Most contacts checked for one tier. It is rare that so many have all tokens and do not match.
const CHECKED_MAX: usize = 5_000;
/// Contacts with a token counted from a slot on, to estimate how rare it is there.
const SAMPLE: u32 = 64;
/// More tokens of a word are queried if they are rarer than this.
const RARE: f64 = 0.1;
/// Fewest tokens queried. Contacts with a token may be clustered, so more than expected may have all of fewer tokens.
const TOKENS_MIN: usize = 3;
/// Tokens are added until no more contacts than this are expected to have all of them.
const ENOUGH: f64 = 100.0;
/// A term that matches more contacts than this is not queried if another term is.
const EVERYWHERE: f64 = 0.5;

/// The slots of the contacts that match a token expression, the latest change first.
const SLOTS: &str = "SELECT rowid FROM token WHERE token MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid LIMIT ?4";

/// The search index of a store, for reading.
pub struct Index {
    file: PathBuf,
    /// The damage of the store, whose contacts are read for what is found.
    damage: Arc<Damage>,
    idle: Mutex<Vec<Connection>>,
}

impl Index {
    /// The index of the store in a file.
    pub fn of(store: &Path, damage: Arc<Damage>) -> Index {
        Index { file: file::of(store), damage, idle: Mutex::new(Vec::new()) }
    }

    /// Returns the last entry that the index of a company covers.
    pub fn position(&self, company: CompanyId) -> Result<Seq> {
        let Some(index) = file::read(&self.file)? else { return Ok(Seq(0)) };
        Ok(file::progress(&index, company)?.map_or(Seq(0), |progress| progress.seq))
    }

    /// Returns at most `limit` contacts that match a query.
    pub fn find(&self, store: &Connection, company: CompanyId, query: &Query, limit: usize) -> Result<Found> {
        let of = journal::ends(store, company)
            .inspect_err(|error| self.damage.note(error))?
            .map(|ends| ends.head)
            .unwrap_or_default();
        let idle = lock(&self.idle).pop();
        let Some(index) = idle.map_or_else(|| file::read(&self.file), |idle| Ok(Some(idle)))? else {
            return Ok(Found { contacts: Vec::new(), is_complete: of == Seq(0) });
        };
        // Reused, as the connections of the store are. A connection on which a read fails is closed.
        index.prepare_cached("BEGIN")?.execute([])?;
        let progress = file::progress(&index, company)?;
        let indexed =
            |progress: Progress| IndexProgress { done: progress.seq, of, is_built: progress.stage == Stage::Complete };
        let is_complete = progress.map_or(of == Seq(0), |progress| indexed(progress).is_complete());
        let contacts = Search::new((store, &self.damage), &index, company, query, limit)?.run()?;
        index.prepare_cached("ROLLBACK")?.execute([])?;
        lock(&self.idle).push(index);
        Ok(Found { contacts, is_complete })
    }
}

/// One search of a company's index.
struct Search<'a> {
    store: &'a Connection,
    damage: &'a Damage,
    index: &'a Connection,
    company: CompanyId,
    query: &'a Query,
    limit: usize,
    /// The first and the last used slot.
    slots: (u64, u64),
    /// Estimated number of contacts.
    count: f64,
    /// The share of contacts that have a token, from 0 to 1.
    shares: HashMap<String, f64>,
    /// The tiers of the contacts checked so far, by slot.
    checked: HashMap<u64, Option<Tier>>,
}

impl<'a> Search<'a> {
    fn new(
        (store, damage): (&'a Connection, &'a Damage),
        index: &'a Connection,
        company: CompanyId,
        query: &'a Query,
        limit: usize,
    ) -> Result<Search<'a>> {
        let slots = file::used_slots(index, company)?;
        let (shares, checked) = (HashMap::new(), HashMap::new());
        Ok(Search {
            store,
            damage,
            index,
            company,
            query,
            limit,
            slots,
            count: halved(slots.1 - slots.0),
            shares,
            checked,
        })
    }

    /// Runs the search.
    fn run(mut self) -> Result<Vec<Contact>> {
        let mut top = TopMatches::of(self.query, self.limit);
        while let Some((tier, most)) = top.next_request() {
            let (latest, is_exhausted) = self.latest(tier, most)?;
            top.add(latest, is_exhausted);
        }
        self.contacts(top.finish())
    }

    /// The contacts in some slots in their current state, because the index may lag.
    fn contacts(&self, found: Vec<u64>) -> Result<Vec<Contact>> {
        let mut select = self.index.prepare_cached("SELECT contact FROM indexed WHERE slot = ?1")?;
        let mut matches: Vec<(Tier, Contact)> = Vec::new();
        for slot in found {
            let id = record::contact_id(select.query_row([slot], |row| row.get(0))?)?;
            let mut view = View::new(self.company);
            contacts::load_contact(self.store, &mut view, id).inspect_err(|error| self.damage.note(error))?;
            // If it was merged meanwhile, the index will soon have the contact that it is merged into.
            let contact = view.contact(id).filter(|contact| contact.id == id);
            matches.extend(contact.and_then(|contact| Some((self.query.tier(&contact)?, contact))));
        }
        matches.sort_by(|(one, a), (other, b)| one.cmp(other).then(b.changed.cmp(&a.changed)).then(b.id.cmp(&a.id)));
        Ok(matches.into_iter().map(|(_, contact)| contact).collect())
    }

    /// The latest contacts in a tier or a better one, at most `most`, and whether these are all.
    fn latest(&mut self, tier: Tier, most: usize) -> Result<(Vec<(Tier, u64)>, bool)> {
        let Some(expression) = self.expression(tokens::token_query(self.query, tier))? else {
            return Ok((Vec::new(), true));
        };
        let mut statement = self.index.prepare_cached(SLOTS)?;
        let mut rows = statement.query(params![expression, self.slots.0, self.slots.1, CHECKED_MAX])?;
        let (mut found, mut count) = (Vec::new(), 0);
        while found.len() < most
            && let Some(row) = rows.next()?
        {
            let slot = row.get(0)?;
            count += 1;
            found.extend(self.check(slot)?.filter(|own| *own <= tier).map(|own| (own, slot)));
        }
        let is_exhausted = found.len() < most && count < CHECKED_MAX;
        Ok((found, is_exhausted))
    }

    /// The tier of the contact in a slot; none if it does not match.
    fn check(&mut self, slot: u64) -> Result<Option<Tier>> {
        if let Some(tier) = self.checked.get(&slot) {
            return Ok(*tier);
        }
        let mut select = self.index.prepare_cached("SELECT owner, words FROM indexed WHERE slot = ?1")?;
        let tier = |row: &Row| {
            let owner: Option<u64> = row.get(0)?;
            let owner = owner.map(record::teammate_id).transpose()?;
            let words = row.get_ref(1)?.as_str().map_err(Error::damaged)?;
            Ok::<_, Error>(self.query.tier_of(owner, &SearchableText::from_stored(words)))
        };
        let found = select.query_and_then([slot], tier)?.next().transpose()?.flatten();
        self.checked.insert(slot, found);
        Ok(found)
    }

    /// The FTS5 expression of a token query; none if no contact can match.
    fn expression(&mut self, query: TokenQuery) -> Result<Option<String>> {
        let mut terms = Vec::new();
        for alternatives in query.terms {
            terms.push(self.any(alternatives)?);
        }
        let rarest = terms.iter().map(|term| term.as_ref().map_or(0.0, |(share, _)| *share)).fold(1.0, f64::min);
        let is_queried = |(share, _): &(f64, String)| *share <= EVERYWHERE || *share <= rarest;
        let all: Option<Vec<(f64, String)>> = terms.into_iter().collect();
        let all = all.map(|all| {
            let expressions: Vec<String> =
                all.into_iter().filter(is_queried).map(|(_, expression)| expression).collect();
            expressions.join(" AND ")
        });
        let or = self.any(query.or)?.map(|(_, expression)| expression);
        let alternatives: Vec<String> = all.into_iter().chain(or).map(|one| format!("({one})")).collect();
        Ok((!alternatives.is_empty()).then(|| alternatives.join(" OR ")))
    }

    /// The expression of any of some alternatives, and the share of contacts that it matches.
    fn any(&mut self, alternatives: Vec<TokenSet>) -> Result<Option<(f64, String)>> {
        let mut share = 0.0;
        let mut any = Vec::new();
        for all in alternatives {
            if let Some((rarest, expression)) = self.all(all)? {
                share += rarest;
                any.push(format!("({expression})"));
            }
        }
        Ok((!any.is_empty()).then(|| (f64::min(share, 1.0), format!("({})", any.join(" OR ")))))
    }

    /// The expression of the rarest of some tokens, and the share of contacts that have the rarest one.
    fn all(&mut self, tokens: TokenSet) -> Result<Option<(f64, String)>> {
        let mut shares = Vec::with_capacity(tokens.len());
        for token in tokens {
            match self.share(&token)? {
                0.0 => return Ok(None),
                share => shares.push((share, token)),
            }
        }
        shares.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        shares.dedup();
        let Some((rarest, _)) = shares.first() else { return Ok(None) };
        let rarest = *rarest;
        let mut left = self.count;
        let mut queried: Vec<String> = Vec::new();
        for (share, token) in shares {
            if !queried.is_empty() && share > RARE || queried.len() >= TOKENS_MIN && left < ENOUGH {
                break;
            }
            left *= share;
            // A token has no quotes, so nothing needs escaping.
            queried.push(format!("\"{token}\""));
        }
        Ok(Some((rarest, queried.join(" AND "))))
    }

    /// The share of contacts that have a token, from 0 to 1.
    ///
    /// A rare token is counted. For a frequent one this is the median of three samples, because contacts imported together
    /// may differ from all others.
    fn share(&mut self, token: &str) -> Result<f64> {
        if let Some(share) = self.shares.get(token) {
            return Ok(*share);
        }
        let (first, last) = self.slots;
        let third = (last - first) / 3;
        let (count, mut share) = self.share_from(token, first)?;
        if count == SAMPLE {
            let mut shares = [share, self.share_from(token, first + third)?.1, self.share_from(token, last - third)?.1];
            shares.sort_by(f64::total_cmp);
            share = shares[1].max(f64::from(SAMPLE) / self.count);
        }
        self.shares.insert(token.to_owned(), share);
        Ok(share)
    }

    /// How many contacts have a token from a slot on, at most [`SAMPLE`], and the share that this suggests.
    fn share_from(&self, token: &str, first: u64) -> Result<(u32, f64)> {
        let (_, last) = self.slots;
        let query = format!("SELECT count(*), max(rowid) FROM ({SLOTS})");
        let mut statement = self.index.prepare_cached(&query)?;
        let range = params![format!("\"{token}\""), first, last, SAMPLE];
        let (count, to): (u32, Option<u64>) = statement.query_row(range, |row| Ok((row.get(0)?, row.get(1)?)))?;
        let to = to.filter(|_| count == SAMPLE).unwrap_or(last);
        Ok((count, f64::min(f64::from(count) / halved(to - first), 1.0)))
    }
}

/// How many contacts a range of slots holds at most: half of them, because each entry has two slots.
#[expect(clippy::cast_precision_loss, reason = "it is an estimate")]
fn halved(slots: u64) -> f64 {
    (slots / 2 + 1) as f64
}

#[cfg(test)]
mod tests {
    use contact::{ContactId, Region};

    use super::*;
    use file::IndexedContact;

    /// Checks the estimated shares of a text's tokens, among contacts added with these names in this order.
    #[track_caller]
    fn check(names: &[(u64, &'static str)], text: &str, expected: std::ops::RangeInclusive<f64>) {
        let folder = tempfile::tempdir().unwrap();
        let index = file::write(&file::of(&folder.path().join("kith.db"))).unwrap();
        let company = CompanyId::new(7).unwrap();
        let all = names.iter().flat_map(|(count, name)| (0..*count).map(move |_| *name));
        let contact = |(n, name): (u64, &'static str)| IndexedContact {
            contact: ContactId::nth(company, n),
            changed: Seq(n),
            owner: None,
            words: SearchableText::from_stored(name),
        };
        file::insert(&index, company, (1..).zip(all).map(contact).collect()).unwrap();
        let query = Query::parse(text, Region::default()).unwrap();
        let damage = Damage::default();
        let mut search = Search::new((&index, &damage), &index, company, &query, 50).unwrap();
        let shares = tokens::token_query(&query, Tier::Part).terms.into_iter().flatten().flatten();
        for token in shares {
            let share = search.share(&token).unwrap();
            assert!(expected.contains(&share), "{token}: {share}");
        }
    }

    #[test]
    fn the_share_of_a_token_does_not_depend_on_the_latest_contacts() {
        let (many, others) = ("\n lead \n", "\n friend \n");
        check(&[(1_000, many), (300, others)], "lead", 0.9..=1.0);
        check(&[(700, others), (300, many)], "lead", 0.06..=0.3);
        check(&[(900, others), (70, many)], "lead", 0.06..=0.2);
        check(&[(300, others), (70, many), (600, others)], "lead", 0.06..=0.2);
        check(&[(900, others), (3, many), (97, others)], "lead", 0.0029..=0.0031);
        check(&[(100, others)], "lead", 0.0..=0.0);
    }
}
