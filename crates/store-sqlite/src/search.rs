//! Finding contacts in the index: by the rarest of the tokens that they must have, the latest change first.

mod file;
mod follow;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use contact::{CompanyId, Contact, Seq, View};
use rusqlite::{Connection, Row, params};

use search::tokens::{self, TokenQuery, TokenSet};
use search::{Query, SearchableText, Tier, TopMatches};
use store::{Found, IndexProgress, record};

use crate::error::{Error, Result};
use crate::locks::lock;
use crate::{contacts, journal};
use file::{Progress, Stage};
pub use follow::{Follower, Reader};

/// Most contacts that are looked at for one tier. That so many have all tokens and are not what is looked for is rare.
const LOOKED_AT_MAX: usize = 5_000;
/// How many contacts with a token are looked at, from a place on, to learn how rare it is there.
const PROBE: u32 = 64;
/// More tokens of a word are asked for if they are rarer than this.
const RARE: f64 = 0.1;
/// So many of them are asked for at least: those who have one may have come at the same time, and be more than expected.
const TOKENS_MIN: usize = 3;
/// They are asked for until only so many contacts are expected to have all of them, which are compared with the word.
const ENOUGH: f64 = 100.0;
/// What more contacts than this have is not asked for, if something else is.
const EVERYWHERE: f64 = 0.5;

/// The places of those who have some tokens, the latest change first.
const PLACES: &str = "SELECT rowid FROM token WHERE token MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid LIMIT ?4";

/// The index of a store, to be searched.
pub struct Index {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Index {
    /// The index beside the store in a file.
    pub fn beside(store: &Path) -> Index {
        Index { file: file::of(store), idle: Mutex::new(Vec::new()) }
    }

    /// At most `limit` of the contacts that are what is looked for.
    pub fn find(&self, store: &Connection, company: CompanyId, query: &Query, limit: usize) -> Result<Found> {
        let of = journal::ends(store, company)?.map(|ends| ends.head).unwrap_or_default();
        let idle = lock(&self.idle).pop();
        let Some(index) = idle.map_or_else(|| file::read(&self.file), |idle| Ok(Some(idle)))? else {
            return Ok(Found { contacts: Vec::new(), is_complete: of == Seq(0) });
        };
        // Kept ready, as the connections of the store are. One on which a read fails is closed.
        index.prepare_cached("BEGIN")?.execute([])?;
        let progress = file::progress(&index, company)?;
        let indexed =
            |progress: Progress| IndexProgress { done: progress.seq, of, is_built: progress.stage == Stage::Complete };
        let is_complete = progress.map_or(of == Seq(0), |progress| indexed(progress).is_complete());
        let contacts = Search::new(store, &index, company, query, limit)?.run()?;
        index.prepare_cached("ROLLBACK")?.execute([])?;
        lock(&self.idle).push(index);
        Ok(Found { contacts, is_complete })
    }
}

struct Search<'a> {
    store: &'a Connection,
    index: &'a Connection,
    company: CompanyId,
    query: &'a Query,
    limit: usize,
    /// The first and the last place that are taken.
    places: (u64, u64),
    /// How many contacts there are, about.
    count: f64,
    /// How many of the contacts have a token.
    shares: HashMap<String, f64>,
    /// How well those who were looked at are what is looked for.
    looked_at: HashMap<u64, Option<Tier>>,
}

impl<'a> Search<'a> {
    fn new(
        store: &'a Connection,
        index: &'a Connection,
        company: CompanyId,
        query: &'a Query,
        limit: usize,
    ) -> Result<Search<'a>> {
        let places = file::taken(index, company)?;
        let (shares, looked_at) = (HashMap::new(), HashMap::new());
        Ok(Search {
            store,
            index,
            company,
            query,
            limit,
            places,
            count: halved(places.1 - places.0),
            shares,
            looked_at,
        })
    }

    fn run(mut self) -> Result<Vec<Contact>> {
        let mut best = TopMatches::of(self.query, self.limit);
        while let Some((tier, most)) = best.next_request() {
            let (latest, are_all) = self.latest(tier, most)?;
            best.add(latest, are_all);
        }
        self.people(best.finish())
    }

    /// The people in some places, as they are now: the index may be behind.
    fn people(&self, found: Vec<u64>) -> Result<Vec<Contact>> {
        let mut at = self.index.prepare_cached("SELECT contact FROM place WHERE place = ?1")?;
        let mut people: Vec<(Tier, Contact)> = Vec::new();
        for place in found {
            let id = record::contact_id(at.query_row([place], |row| row.get(0))?)?;
            let mut view = View::new(self.company);
            contacts::whole(self.store, &mut view, id)?;
            // What it is part of by now is in the index soon.
            let person = view.contact(id).filter(|person| person.id == id);
            people.extend(person.and_then(|person| Some((self.query.tier(&person)?, person))));
        }
        people.sort_by(|(one, a), (other, b)| one.cmp(other).then(b.changed.cmp(&a.changed)).then(b.id.cmp(&a.id)));
        Ok(people.into_iter().map(|(_, person)| person).collect())
    }

    /// The latest of those who are in a tier or a better one, at most so many, and whether these are all.
    fn latest(&mut self, tier: Tier, most: usize) -> Result<(Vec<(Tier, u64)>, bool)> {
        let Some(expression) = self.expression(tokens::token_query(self.query, tier))? else {
            return Ok((Vec::new(), true));
        };
        let mut statement = self.index.prepare_cached(PLACES)?;
        let mut rows = statement.query(params![expression, self.places.0, self.places.1, LOOKED_AT_MAX])?;
        let (mut found, mut looked_at) = (Vec::new(), 0);
        while found.len() < most
            && let Some(row) = rows.next()?
        {
            let place = row.get(0)?;
            looked_at += 1;
            found.extend(self.look_at(place)?.filter(|of| *of <= tier).map(|of| (of, place)));
        }
        let are_all = found.len() < most && looked_at < LOOKED_AT_MAX;
        Ok((found, are_all))
    }

    /// How well who is in a place is what is looked for.
    fn look_at(&mut self, place: u64) -> Result<Option<Tier>> {
        if let Some(tier) = self.looked_at.get(&place) {
            return Ok(*tier);
        }
        let mut at = self.index.prepare_cached("SELECT owner, words FROM place WHERE place = ?1")?;
        let tier = |row: &Row| {
            let owner: Option<u64> = row.get(0)?;
            let owner = owner.map(record::teammate_id).transpose()?;
            let words = row.get_ref(1)?.as_str().map_err(|error| Error::damaged(error))?;
            Ok::<_, Error>(self.query.tier_of(owner, &SearchableText::from_stored(words)))
        };
        let found = at.query_and_then([place], tier)?.next().transpose()?.flatten();
        self.looked_at.insert(place, found);
        Ok(found)
    }

    /// What finds those who have all that is wanted; none if nobody has.
    fn expression(&mut self, wanted: TokenQuery) -> Result<Option<String>> {
        let mut terms = Vec::new();
        for alternatives in wanted.terms {
            terms.push(self.any(alternatives)?);
        }
        let rarest = terms.iter().map(|term| term.as_ref().map_or(0.0, |(share, _)| *share)).fold(1.0, f64::min);
        let asked = |(share, _): &(f64, String)| *share <= EVERYWHERE || *share <= rarest;
        let all: Option<Vec<(f64, String)>> = terms.into_iter().collect();
        let all = all.map(|all| {
            let expressions: Vec<String> = all.into_iter().filter(asked).map(|(_, expression)| expression).collect();
            expressions.join(" AND ")
        });
        let or = self.any(wanted.or)?.map(|(_, expression)| expression);
        let alternatives: Vec<String> = all.into_iter().chain(or).map(|one| format!("({one})")).collect();
        Ok((!alternatives.is_empty()).then(|| alternatives.join(" OR ")))
    }

    /// What finds those who have one of some alternatives, and how many have.
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

    /// What finds those who have the rarest of some tokens, and how many have.
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
        let mut asked: Vec<String> = Vec::new();
        for (share, token) in shares {
            if !asked.is_empty() && share > RARE || asked.len() >= TOKENS_MIN && left < ENOUGH {
                break;
            }
            left *= share;
            // A token is letters, digits and what stands for spaces, so there is nothing in it to escape.
            asked.push(format!("\"{token}\""));
        }
        Ok(Some((rarest, asked.join(" AND "))))
    }

    /// How many of the contacts have a token, from 0 to 1. What few have is counted, and what many have is an estimate: the middle
    /// one of three, since those who came at the same time may be unlike all others, as what another system told.
    fn share(&mut self, token: &str) -> Result<f64> {
        if let Some(share) = self.shares.get(token) {
            return Ok(*share);
        }
        let (first, last) = self.places;
        let third = (last - first) / 3;
        let (count, mut share) = self.share_from(token, first)?;
        if count == PROBE {
            let mut shares = [share, self.share_from(token, first + third)?.1, self.share_from(token, last - third)?.1];
            shares.sort_by(f64::total_cmp);
            share = shares[1].max(f64::from(PROBE) / self.count);
        }
        self.shares.insert(token.to_owned(), share);
        Ok(share)
    }

    /// How many contacts have a token from a place on, some at most; and how many of all are so many.
    fn share_from(&self, token: &str, first: u64) -> Result<(u32, f64)> {
        let (_, last) = self.places;
        let query = format!("SELECT count(*), max(rowid) FROM ({PLACES})");
        let mut statement = self.index.prepare_cached(&query)?;
        let asked = params![format!("\"{token}\""), first, last, PROBE];
        let (count, to): (u32, Option<u64>) = statement.query_row(asked, |row| Ok((row.get(0)?, row.get(1)?)))?;
        let to = to.filter(|_| count == PROBE).unwrap_or(last);
        Ok((count, f64::min(f64::from(count) / halved(to - first), 1.0)))
    }
}

/// How many contacts so many places may hold.
#[expect(clippy::cast_precision_loss, reason = "it is an estimate")]
fn halved(places: u64) -> f64 {
    (places / 2 + 1) as f64
}

#[cfg(test)]
mod tests {
    use contact::{ContactId, Region};

    use super::*;
    use file::Put;

    /// What the tokens of a text are taken for, where contacts of these names came one after the other.
    #[track_caller]
    fn check(names: &[(u64, &'static str)], text: &str, expected: std::ops::RangeInclusive<f64>) {
        let folder = tempfile::tempdir().unwrap();
        let index = file::write(&file::of(&folder.path().join("kith.db"))).unwrap();
        let company = CompanyId::new(7).unwrap();
        let all = names.iter().flat_map(|(count, name)| (0..*count).map(move |_| *name));
        let put = |(n, name): (u64, &'static str)| Put {
            contact: ContactId::nth(company, n),
            changed: Seq(n),
            owner: None,
            words: SearchableText::from_stored(name),
        };
        file::put_in(&index, company, (1..).zip(all).map(put).collect()).unwrap();
        let query = Query::parse(text, Region::default()).unwrap();
        let mut search = Search::new(&index, &index, company, &query, 50).unwrap();
        let shares = tokens::token_query(&query, Tier::Part).terms.into_iter().flatten().flatten();
        for token in shares {
            let share = search.share(&token).unwrap();
            assert!(expected.contains(&share), "{token}: {share}");
        }
    }

    #[test]
    fn how_rare_a_token_is_does_not_depend_on_who_came_last() {
        let (many, others) = ("\n people \n", "\n friend \n");
        check(&[(1_000, many), (300, others)], "people", 0.9..=1.0);
        check(&[(700, others), (300, many)], "people", 0.06..=0.3);
        check(&[(900, others), (70, many)], "people", 0.06..=0.2);
        check(&[(300, others), (70, many), (600, others)], "people", 0.06..=0.2);
        check(&[(900, others), (3, many), (97, others)], "people", 0.0029..=0.0031);
        check(&[(100, others)], "people", 0.0..=0.0);
    }
}
