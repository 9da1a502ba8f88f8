//! Samples of contacts, to estimate the matches of a search and to choose the cheapest tokens to look up.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use contact::{CompanyId, Seq};
use tokio_postgres::types::Type;

use super::index::progress;
use super::span::SALT;
use crate::codec::company;
use crate::connect::Pool;
use crate::error::Result;
use crate::locks::lock;

/// The approximate number of positions in the journal from which contacts are sampled.
const POSITIONS: i64 = 64;
/// Most contacts sampled at each position.
const CONTACTS_EACH: i64 = 16;
/// Most samples in the cache.
const SAMPLES_MAX: usize = 50;
/// The cost of reading a contact from the table, relative to that of an index entry.
const ROW_COST: f64 = 150.0;

/// The statement that reads the tokens of some contacts of each span, in proportion to its size.
pub fn statement() -> String {
    let end = |order: &str| {
        format!("(SELECT changed FROM search WHERE company = $1 AND search.span = spans.span ORDER BY {order} LIMIT 1)")
    };
    let (first, last) = (end("changed, contact"), end("changed DESC, contact DESC"));
    format!(
        "SELECT ARRAY(SELECT token # salt FROM unnest(tokens) AS token) FROM (
             SELECT span, {SALT} AS salt, {first} AS first, {last} AS last,
                 ceil($2::bigint * contacts / sum(contacts) OVER ())::bigint AS positions
             FROM search_span AS spans WHERE company = $1 AND contacts > 0
         ) AS spans, LATERAL (
             SELECT position, position + (last - first) / positions AS next
             FROM generate_series(first, last, (last - first) / positions + 1) AS position
         ) AS positions, LATERAL (
             SELECT tokens FROM search
             WHERE company = $1 AND search.span = spans.span AND changed BETWEEN position AND next
             ORDER BY changed, contact LIMIT $3::bigint
         ) AS contacts"
    )
}

/// A cache of the samples of companies.
#[derive(Default)]
pub struct Samples {
    cache: Mutex<BTreeMap<CompanyId, Arc<Sample>>>,
}

impl Samples {
    /// The sample of a company, from the cache or the database.
    pub async fn of(&self, pool: &Pool, id: CompanyId) -> Result<Arc<Sample>> {
        if let Some(sample) = lock(&self.cache).get(&id) {
            return Ok(Arc::clone(sample));
        }
        let done = progress(pool, id).await?.done;
        let parameters =
            [(&company(id) as _, Type::INT8), (&POSITIONS as _, Type::INT8), (&CONTACTS_EACH as _, Type::INT8)];
        let rows = pool.query_unprepared(&statement(), &parameters).await?;
        let contacts = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<Vec<i32>>, _>>()?;
        let sample = Arc::new(Sample::new(&contacts, done));
        let mut cache = lock(&self.cache);
        if cache.len() >= SAMPLES_MAX {
            cache.clear();
        }
        cache.insert(id, Arc::clone(&sample));
        Ok(sample)
    }

    /// Removes a sample from before the last fifth of the journal, or from before the index was rebuilt.
    pub fn remove_outdated(&self, id: CompanyId, done: Seq) {
        let is_old = |sample: &Arc<Sample>| done < sample.done || done.0 - done.0 / 5 > sample.done.0;
        let mut cache = lock(&self.cache);
        if cache.get(&id).is_some_and(is_old) {
            cache.remove(&id);
        }
    }
}

/// Alternatives, each a set of tokens that a contact must have.
pub type Alternatives = Vec<Vec<i32>>;

/// Which contacts of a sample have which tokens.
#[derive(Default)]
pub struct Sample {
    /// The contacts of each token that more than one has.
    has: HashMap<i32, ContactSet>,
    all: ContactSet,
    /// The last entry that the index covered.
    done: Seq,
}

impl Sample {
    fn new(contacts: &[Vec<i32>], done: Seq) -> Sample {
        let mut has: HashMap<i32, ContactSet> = HashMap::new();
        for (n, tokens) in contacts.iter().enumerate() {
            for token in tokens {
                has.entry(*token).or_insert_with(|| ContactSet::empty(contacts.len())).add(n);
            }
        }
        has.retain(|_, contacts| contacts.count() > 1);
        has.shrink_to_fit();
        let mut all = ContactSet::empty(contacts.len());
        (0..contacts.len()).for_each(|n| all.add(n));
        Sample { has, all, done }
    }

    /// Estimates how many of so many contacts have an alternative of each term.
    pub fn estimate(&self, contacts: usize, terms: &[Alternatives]) -> usize {
        let all = terms
            .iter()
            .map(|alternatives| self.selection(alternatives.clone()).has)
            .reduce(|all, contacts| all.and(&contacts));
        all.map_or(0, |matches| matches.count() * contacts / self.all.count().max(1))
    }

    /// The cheapest terms to look up instead of all, which finds all contacts that match and perhaps others.
    ///
    /// Drops tokens whose index scan costs more than the row reads they save.
    pub fn cheapest(&self, terms: Vec<Alternatives>) -> Vec<Alternatives> {
        let mut left = Vec::new();
        // A token that counts twice would look rarer than it is.
        let mut known = BTreeSet::new();
        for mut alternatives in terms {
            if let [tokens] = &mut alternatives[..] {
                let tokens = tokens.drain(..).filter(|token| known.insert(*token));
                left.extend(tokens.map(|token| self.selection(vec![vec![token]])));
            } else {
                left.push(self.selection(self.cheapest_of_each(alternatives)));
            }
        }
        let all = 1.0 + self.all.size();
        let mut chosen = Selection { terms: Vec::new(), has: self.all.clone(), entries: 0.0, expected: all };
        let mut least = f64::INFINITY;
        loop {
            let more = left.iter().enumerate().map(|(n, term)| (n, chosen.with(term, all)));
            let best = more.min_by(|(_, one), (_, other)| one.cost().total_cmp(&other.cost()));
            let Some((n, best)) = best.filter(|(_, best)| best.cost() < least) else { return chosen.terms };
            least = best.cost();
            chosen = best;
            left.swap_remove(n);
        }
    }

    /// The cheapest tokens of each alternative.
    pub fn cheapest_of_each(&self, alternatives: Alternatives) -> Alternatives {
        let cheapest = |tokens: Vec<i32>| {
            let tokens = tokens.into_iter().map(|token| vec![vec![token]]).collect();
            self.cheapest(tokens).into_iter().flatten().flatten().collect()
        };
        alternatives.into_iter().map(cheapest).collect()
    }

    fn selection(&self, alternatives: Alternatives) -> Selection {
        let none = ContactSet(vec![0; self.all.0.len()]);
        let of = |token: &i32| self.has.get(token).unwrap_or(&none);
        let tokens =
            |tokens: &Vec<i32>| tokens.iter().fold(self.all.clone(), |contacts, token| contacts.and(of(token)));
        let has = alternatives.iter().map(tokens).fold(none.clone(), |any, contacts| any.or(&contacts));
        let entries = alternatives.iter().flatten().map(|token| 1.0 + of(token).size()).sum();
        let expected = 1.0 + has.size();
        Selection { terms: vec![alternatives], has, entries, expected }
    }
}

/// Terms to look up in the index, and the costs in contacts of the sample.
struct Selection {
    terms: Vec<Alternatives>,
    /// The contacts that have all of them.
    has: ContactSet,
    /// The index entries to scan.
    entries: f64,
    /// The expected number of contacts that have all of them, if the terms are independent.
    expected: f64,
}

impl Selection {
    /// The selection with one more term. `all` is the size of the sample.
    fn with(&self, more: &Selection, all: f64) -> Selection {
        Selection {
            terms: self.terms.iter().chain(&more.terms).cloned().collect(),
            has: self.has.and(&more.has),
            entries: self.entries + more.entries,
            expected: self.expected * more.expected / all,
        }
    }

    /// The cost, in index entries.
    fn cost(&self) -> f64 {
        let rows = self.has.size();
        // If few contacts of the sample match, it does not tell how many others do. The square root allows for tokens of
        // one word, which are not independent.
        self.entries + ROW_COST * (rows + self.expected.min(1.0).sqrt())
    }
}

/// A set of contacts of a sample: a bit for each.
#[derive(Clone, Default)]
struct ContactSet(Vec<u64>);

impl ContactSet {
    fn empty(of: usize) -> ContactSet {
        ContactSet(vec![0; of.div_ceil(64)])
    }

    fn add(&mut self, n: usize) {
        self.0[n / 64] |= 1 << (n % 64);
    }

    fn and(&self, other: &ContactSet) -> ContactSet {
        ContactSet(self.0.iter().zip(&other.0).map(|(one, other)| one & other).collect())
    }

    fn or(&self, other: &ContactSet) -> ContactSet {
        ContactSet(self.0.iter().zip(&other.0).map(|(one, other)| one | other).collect())
    }

    fn count(&self) -> usize {
        self.0.iter().map(|bits| bits.count_ones() as usize).sum()
    }

    /// The count as a float, for costs.
    fn size(&self) -> f64 {
        f64::from(self.0.iter().map(|bits| bits.count_ones()).sum::<u32>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thousand contacts: all have 1, one in ten 2 and 3, one in eight 4, and one in two hundred 5; two of them have 2 and 4.
    fn sample() -> Sample {
        let tokens = |n: usize| {
            let has = |token: i32, is: bool| is.then_some(token);
            let is_tenth = n.is_multiple_of(10);
            let all =
                [has(1, true), has(2, is_tenth), has(3, is_tenth), has(4, n % 8 == 1 || n < 20), has(5, n % 200 == 7)];
            all.into_iter().flatten().collect()
        };
        Sample::new(&(0..1_000).map(tokens).collect::<Vec<_>>(), Seq(1_000))
    }

    #[test]
    fn a_sample_is_kept_until_a_fifth_of_the_journal_is_new() {
        let samples = Samples::default();
        let id = CompanyId::new(1).unwrap();
        let is_kept = |done| {
            lock(&samples.cache).insert(id, Arc::new(sample()));
            samples.remove_outdated(id, Seq(done));
            lock(&samples.cache).contains_key(&id)
        };
        assert!(is_kept(1_000) && is_kept(1_250));
        assert!(!is_kept(1_251), "it has grown");
        assert!(!is_kept(999), "the index was rebuilt");
    }

    #[test]
    fn the_rarest_tokens_are_looked_up() {
        let cheapest = |tokens: &[i32]| {
            let mut chosen =
                sample().cheapest(vec![vec![tokens.to_vec()]]).into_iter().flatten().flatten().collect::<Vec<_>>();
            chosen.sort_unstable();
            chosen
        };
        assert_eq!(cheapest(&[1, 5]), [5], "all have the other");
        assert_eq!(cheapest(&[2, 3]).len(), 1, "the same contacts have both");
        assert_eq!(cheapest(&[2, 3, 4]).len(), 2, "few have both");
        assert!(cheapest(&[2, 3, 4]).contains(&4));
        assert_eq!(cheapest(&[1, 99]), [99], "no contact of the sample has it");
        assert_eq!(cheapest(&[1]), [1], "at least one token is looked up");
        assert_eq!(cheapest(&[5, 5]), [5], "once");
        assert_eq!(cheapest(&[]), [0; 0]);
        let either = vec![vec![1, 5], vec![2, 4]];
        assert_eq!(sample().cheapest(vec![either]), [[vec![5], vec![2, 4]]], "of each alternative");
        assert_eq!(sample().cheapest_of_each(vec![vec![1], vec![5, 1]]), [[1], [5]]);
    }

    #[test]
    fn a_sample_estimates_the_number_of_matches() {
        let of = |terms: &[Alternatives]| sample().estimate(10_000, terms);
        assert_eq!(of(&[vec![vec![1]]]), 10_000);
        assert_eq!(of(&[vec![vec![2]], vec![vec![3]]]), 1_000);
        assert_eq!(of(&[vec![vec![2], vec![5]]]), 1_050);
        assert_eq!(of(&[vec![vec![2]], vec![vec![4]]]), 20);
        assert_eq!(of(&[vec![vec![99]]]), 0);
        assert_eq!(of(&[]), 0);
        assert_eq!(Sample::default().estimate(10_000, &[vec![vec![1]]]), 0);
        assert_eq!(Sample::default().cheapest(vec![vec![vec![1, 2]]]).len(), 1);
    }
}
