//! A sample of a company's contacts, to guess how many are what is looked for, and by which tokens they are found with the least work.

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

/// In how many places of the journal contacts are taken into a sample, about, and how many in each.
const PLACES: i64 = 64;
const OF_A_PLACE: i64 = 16;
/// Most companies whose samples are kept at hand.
const AT_HAND_MAX: usize = 50;
/// A contact is read from the table in the time in which so many are met in the index.
const READ: f64 = 150.0;

/// The tokens of some contacts of each span: of more if it has more.
pub fn statement() -> String {
    let end = |order: &str| {
        format!("(SELECT changed FROM search WHERE company = $1 AND search.span = spans.span ORDER BY {order} LIMIT 1)")
    };
    let (first, last) = (end("changed, contact"), end("changed DESC, contact DESC"));
    format!(
        "SELECT ARRAY(SELECT token # salt FROM unnest(tokens) AS token) FROM (
             SELECT span, {SALT} AS salt, {first} AS first, {last} AS last,
                 ceil($2::bigint * contacts / sum(contacts) OVER ())::bigint AS places
             FROM search_span AS spans WHERE company = $1 AND contacts > 0
         ) AS spans, LATERAL (
             SELECT place, place + (last - first) / places AS next FROM generate_series(first, last, (last - first) / places + 1) AS place
         ) AS places, LATERAL (
             SELECT tokens FROM search
             WHERE company = $1 AND search.span = spans.span AND changed BETWEEN place AND next
             ORDER BY changed, contact LIMIT $3::bigint
         ) AS those"
    )
}

/// Samples of companies, until these have changed too much.
#[derive(Default)]
pub struct Samples {
    at_hand: Mutex<BTreeMap<CompanyId, Arc<Sample>>>,
}

impl Samples {
    /// The sample of a company, taken now if it is not at hand.
    pub async fn of(&self, pool: &Pool, id: CompanyId) -> Result<Arc<Sample>> {
        if let Some(sample) = lock(&self.at_hand).get(&id) {
            return Ok(Arc::clone(sample));
        }
        let done = progress(pool, id).await?.done;
        let parameters = [(&company(id) as _, Type::INT8), (&PLACES as _, Type::INT8), (&OF_A_PLACE as _, Type::INT8)];
        let rows = pool.query_unprepared(&statement(), &parameters).await?;
        let contacts = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<Vec<i32>>, _>>()?;
        let sample = Arc::new(Sample::new(&contacts, done));
        let mut at_hand = lock(&self.at_hand);
        if at_hand.len() >= AT_HAND_MAX {
            at_hand.clear();
        }
        at_hand.insert(id, Arc::clone(&sample));
        Ok(sample)
    }

    /// Forgets a sample that was taken when the journal was shorter by a fifth, or before all was read anew.
    pub fn forget_old(&self, id: CompanyId, done: Seq) {
        let is_old = |sample: &Arc<Sample>| done < sample.done || done.0 - done.0 / 5 > sample.done.0;
        let mut at_hand = lock(&self.at_hand);
        if at_hand.get(&id).is_some_and(is_old) {
            at_hand.remove(&id);
        }
    }
}

/// Alternatives, each with the tokens that it needs.
pub type Ways = Vec<Vec<i32>>;

/// Who of a sample has which tokens.
#[derive(Default)]
pub struct Sample {
    /// Those of each token that more than one has.
    has: HashMap<i32, Those>,
    all: Those,
    /// What of the journal was read when it was taken.
    done: Seq,
}

impl Sample {
    fn new(contacts: &[Vec<i32>], done: Seq) -> Sample {
        let mut has: HashMap<i32, Those> = HashMap::new();
        for (n, tokens) in contacts.iter().enumerate() {
            for token in tokens {
                has.entry(*token).or_insert_with(|| Those::none(contacts.len())).add(n);
            }
        }
        has.retain(|_, those| those.count() > 1);
        has.shrink_to_fit();
        let mut all = Those::none(contacts.len());
        (0..contacts.len()).for_each(|n| all.add(n));
        Sample { has, all, done }
    }

    /// How many of so many contacts have one of the ways of each term, about.
    pub fn of(&self, contacts: usize, terms: &[Ways]) -> usize {
        let all = terms.iter().map(|ways| self.chosen(ways.clone()).has).reduce(|all, those| all.and(&those));
        all.map_or(0, |those| those.count() * contacts / self.all.count().max(1))
    }

    /// What to ask the index for instead of some terms, all of which must be found. It meets all contacts that have one of the tokens,
    /// also those that do not have the others, so those are left out with which more is met than is read less.
    pub fn fewest(&self, terms: Vec<Ways>) -> Vec<Ways> {
        let mut left = Vec::new();
        // One that is there twice would look as rare as two.
        let mut known = BTreeSet::new();
        for mut ways in terms {
            if let [way] = &mut ways[..] {
                let tokens = way.drain(..).filter(|token| known.insert(*token));
                left.extend(tokens.map(|token| self.chosen(vec![vec![token]])));
            } else {
                left.push(self.chosen(self.fewest_of_each(ways)));
            }
        }
        let all = 1.0 + self.all.met();
        let mut chosen = Chosen { terms: Vec::new(), has: self.all.clone(), met: 0.0, expected: all };
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

    /// The same, of each way.
    pub fn fewest_of_each(&self, ways: Ways) -> Ways {
        let fewest = |way: Vec<i32>| {
            let tokens = way.into_iter().map(|token| vec![vec![token]]).collect();
            self.fewest(tokens).into_iter().flatten().flatten().collect()
        };
        ways.into_iter().map(fewest).collect()
    }

    fn chosen(&self, ways: Ways) -> Chosen {
        let none = Those(vec![0; self.all.0.len()]);
        let of = |token: &i32| self.has.get(token).unwrap_or(&none);
        let way = |way: &Vec<i32>| way.iter().fold(self.all.clone(), |those, token| those.and(of(token)));
        let has = ways.iter().map(way).fold(none.clone(), |any, those| any.or(&those));
        let met = ways.iter().flatten().map(|token| 1.0 + of(token).met()).sum();
        let expected = 1.0 + has.met();
        Chosen { terms: vec![ways], has, met, expected }
    }
}

/// Terms that the index may be asked for, and what that leads to, in contacts of a sample.
struct Chosen {
    terms: Vec<Ways>,
    /// Who has all of them.
    has: Those,
    /// How many are met in the index.
    met: f64,
    /// How many have all of them if one has nothing to do with another. What nobody of the sample has, somebody else may have.
    expected: f64,
}

impl Chosen {
    /// With a term more, of so many contacts.
    fn with(&self, more: &Chosen, all: f64) -> Chosen {
        Chosen {
            terms: self.terms.iter().chain(&more.terms).cloned().collect(),
            has: self.has.and(&more.has),
            met: self.met + more.met,
            expected: self.expected * more.expected / all,
        }
    }

    /// What it costs, in contacts that are met in the index.
    fn cost(&self) -> f64 {
        let many = self.has.met();
        // If few of the sample have all, it cannot tell how many others do; and the tokens of one word have something to do with each other.
        self.met + READ * (many + self.expected.min(1.0).sqrt())
    }
}

/// Some contacts of a sample: a bit for each.
#[derive(Clone, Default)]
struct Those(Vec<u64>);

impl Those {
    fn none(of: usize) -> Those {
        Those(vec![0; of.div_ceil(64)])
    }

    fn add(&mut self, n: usize) {
        self.0[n / 64] |= 1 << (n % 64);
    }

    fn and(&self, other: &Those) -> Those {
        Those(self.0.iter().zip(&other.0).map(|(one, other)| one & other).collect())
    }

    fn or(&self, other: &Those) -> Those {
        Those(self.0.iter().zip(&other.0).map(|(one, other)| one | other).collect())
    }

    fn count(&self) -> usize {
        self.0.iter().map(|bits| bits.count_ones() as usize).sum()
    }

    /// The same, to be compared.
    fn met(&self) -> f64 {
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
            lock(&samples.at_hand).insert(id, Arc::new(sample()));
            samples.forget_old(id, Seq(done));
            lock(&samples.at_hand).contains_key(&id)
        };
        assert!(is_kept(1_000) && is_kept(1_250));
        assert!(!is_kept(1_251), "it has grown");
        assert!(!is_kept(999), "it is read anew");
    }

    #[test]
    fn an_index_is_asked_for_what_few_have() {
        let fewest = |tokens: &[i32]| {
            let mut asked =
                sample().fewest(vec![vec![tokens.to_vec()]]).into_iter().flatten().flatten().collect::<Vec<_>>();
            asked.sort_unstable();
            asked
        };
        assert_eq!(fewest(&[1, 5]), [5], "all have the other");
        assert_eq!(fewest(&[2, 3]).len(), 1, "who has one has the other");
        assert_eq!(fewest(&[2, 3, 4]).len(), 2, "few have both");
        assert!(fewest(&[2, 3, 4]).contains(&4));
        assert_eq!(fewest(&[1, 99]), [99], "nobody of the sample has it");
        assert_eq!(fewest(&[1]), [1], "something must be asked for");
        assert_eq!(fewest(&[5, 5]), [5], "once");
        assert_eq!(fewest(&[]), [0; 0]);
        let either = vec![vec![1, 5], vec![2, 4]];
        assert_eq!(sample().fewest(vec![either]), [[vec![5], vec![2, 4]]], "of each way");
        assert_eq!(sample().fewest_of_each(vec![vec![1], vec![5, 1]]), [[1], [5]]);
    }

    #[test]
    fn a_sample_tells_how_many_there_are() {
        let of = |terms: &[Ways]| sample().of(10_000, terms);
        assert_eq!(of(&[vec![vec![1]]]), 10_000);
        assert_eq!(of(&[vec![vec![2]], vec![vec![3]]]), 1_000);
        assert_eq!(of(&[vec![vec![2], vec![5]]]), 1_050);
        assert_eq!(of(&[vec![vec![2]], vec![vec![4]]]), 20);
        assert_eq!(of(&[vec![vec![99]]]), 0);
        assert_eq!(of(&[]), 0);
        assert_eq!(Sample::default().of(10_000, &[vec![vec![1]]]), 0);
        assert_eq!(Sample::default().fewest(vec![vec![vec![1, 2]]]).len(), 1);
    }
}
