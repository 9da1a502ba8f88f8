//! A sample of a company's contacts, to guess from how many are what is looked for, and which parts of it few have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use contact::{CompanyId, Seq};
use tokio_postgres::types::Type;

use super::Ways;
use crate::Error;
use crate::postgres::connect::Pool;
use crate::postgres::load::{company, stored};
use crate::postgres::lock;
use crate::search::{Query, Searched, Tier};

/// From how many places of the journal a sample is taken, as far from each other: those of one place may be alike.
const PLACES: i64 = 64;
/// Most contacts from each place.
const EACH: i64 = 32;
/// Most companies whose samples are kept at hand.
const AT_HAND_MAX: usize = 50;
/// One of so many of a sample is looked at to see how many have three letters.
const LOOKED_AT: usize = 2;
/// Most characters of a contact in a sample.
const CHARS_MAX: i64 = 500;
/// A contact is read from the table in the time in which so many are met in the index.
const READ: f64 = 250.0;

/// Some that were changed last by an entry of each part of the journal, of as many parts as are asked for.
pub const SAMPLE: &str = "SELECT them.words FROM generate_series(1, $3::bigint) AS part, LATERAL (
         SELECT left(words, $5::bigint::integer) AS words FROM search
         WHERE company = $1 AND changed > (part - 1) * $2::bigint / $3 AND changed <= part * $2 / $3
         ORDER BY changed, contact LIMIT $4::bigint
     ) AS them";

/// Samples of companies, until these have changed too much.
#[derive(Default)]
pub struct Samples {
    at_hand: Mutex<BTreeMap<CompanyId, Arc<Sample>>>,
}

impl Samples {
    /// The sample of a company. One that is not at hand is taken from what is read of the journal.
    pub async fn of(&self, pool: &Pool, id: CompanyId) -> Result<Arc<Sample>, Error> {
        if let Some(sample) = lock(&self.at_hand).get(&id) {
            return Ok(Arc::clone(sample));
        }
        let done = super::progress(pool, id).await?.done;
        let numbers = [company(id), stored(done.0), PLACES, EACH, CHARS_MAX];
        let rows = pool.query_anew(SAMPLE, &numbers.each_ref().map(|number| (number as _, Type::INT8))).await?;
        let texts = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        let sample = Arc::new(Sample { texts, done });
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

/// What is searched of some contacts of a company.
#[derive(Default)]
pub struct Sample {
    texts: Vec<String>,
    /// What of the journal was read when it was taken.
    done: Seq,
}

impl Sample {
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// How good those are that are what is looked for.
    pub fn tiers(&self, query: &Query) -> Vec<Tier> {
        self.texts.iter().filter_map(|text| query.tier_of(None, &Searched::from_stored(text))).collect()
    }

    /// What to ask the index for instead of some terms. It meets all contacts that have one of the three letters that it is asked for,
    /// also those that do not have the others, so it is asked for those that few have, and whoever is found is looked at afterwards.
    pub fn rarest<'a>(&self, terms: Vec<Ways<'a>>, tier: Tier) -> Vec<Ways<'a>> {
        let texts: Vec<Searched> =
            self.texts.iter().step_by(LOOKED_AT).map(|text| Searched::from_stored(text)).collect();
        let is_name = tier <= Tier::Name;
        let texts: Vec<&str> = texts.iter().map(|text| if is_name { text.name() } else { text.as_str() }).collect();
        let mut asked = BTreeSet::new();
        for ways in terms {
            let pieces =
                |way: &Vec<&'a str>| way.iter().flat_map(|part| pieces(part)).map(|piece| vec![vec![piece]]).collect();
            if let [way] = &ways[..] {
                asked.append(&mut pieces(way));
            } else {
                let fewest = |way| fewest(&texts, pieces(way)).into_iter().flatten().flatten().collect();
                asked.insert(ways.iter().map(fewest).collect());
            }
        }
        fewest(&texts, asked)
    }
}

/// Each three letters of a part, or all of a shorter one.
fn pieces(part: &str) -> impl Iterator<Item = &str> {
    let ends: Vec<usize> = part.char_indices().map(|(at, _)| at).chain([part.len()]).collect();
    let letters = (ends.len() - 1).min(3);
    (letters..ends.len()).map(move |end| &part[ends[end - letters]..ends[end]])
}

/// Those of some terms with which the least is met in the index and read afterwards, if all of them must be found.
fn fewest<'a>(texts: &[&str], terms: BTreeSet<Ways<'a>>) -> Vec<Ways<'a>> {
    let mut left: Vec<Asked> = terms.into_iter().map(|term| Asked::of(texts, term)).collect();
    let all = 1.0 + count(texts.iter().map(|_| true));
    let mut chosen = Asked { terms: Vec::new(), has: vec![true; texts.len()], met: 0.0, expected: all };
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

/// Terms that the index may be asked for, and what that leads to, in contacts of a sample.
struct Asked<'a> {
    terms: Vec<Ways<'a>>,
    /// Who of the sample has all of them.
    has: Vec<bool>,
    /// How many are met in the index.
    met: f64,
    /// How many have all of them if one has nothing to do with another. What nobody of the sample has, somebody else may have.
    expected: f64,
}

impl<'a> Asked<'a> {
    fn of(texts: &[&str], term: Ways<'a>) -> Asked<'a> {
        let many = |part: &str| 1.0 + count(texts.iter().map(|text| text.contains(part)));
        // Where a word begins is asked for with one letter and with two.
        let before =
            |part: &'a str| part.strip_prefix(' ').and_then(|start| Some(&part[..=start.chars().next()?.len_utf8()]));
        let parts = || term.iter().flatten();
        let met = parts().map(|part| many(part)).chain(parts().filter_map(|part| before(part)).map(many)).sum();
        let has: Vec<bool> =
            texts.iter().map(|text| term.iter().any(|way| way.iter().all(|part| text.contains(part)))).collect();
        let expected = 1.0 + count(has.iter().copied());
        Asked { terms: vec![term], has, met, expected }
    }

    /// With a term more, of so many contacts.
    fn with(&self, more: &Asked<'a>, all: f64) -> Asked<'a> {
        Asked {
            terms: self.terms.iter().chain(&more.terms).cloned().collect(),
            has: self.has.iter().zip(&more.has).map(|(one, other)| *one && *other).collect(),
            met: self.met + more.met,
            expected: self.expected * more.expected / all,
        }
    }

    /// What it costs, in contacts that are met in the index.
    fn cost(&self) -> f64 {
        let many = count(self.has.iter().copied());
        // The letters of one word have something to do with each other.
        self.met + READ * if many > 0.0 { many } else { self.expected.min(1.0).sqrt() }
    }
}

fn count(has: impl Iterator<Item = bool>) -> f64 {
    has.map(|has| f64::from(u8::from(has))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Sample {
        let text = |n: usize| {
            let name = if n.is_multiple_of(25) { "renee" } else { "paul" };
            let from = ["muller", "brown", "wilson"][n % 3];
            format!(" {name} {from} \n@ {from} {n} example org \n people {n} ")
        };
        Sample { texts: (1_000..2_000).map(text).collect(), done: Seq(1_000) }
    }

    #[test]
    fn a_sample_is_kept_until_a_fifth_of_the_journal_is_new() {
        let samples = Samples::default();
        let id = CompanyId::new(1).unwrap();
        let is_kept = |done| {
            lock(&samples.at_hand).insert(id, Arc::new(Sample { texts: Vec::new(), done: Seq(1_000) }));
            samples.forget_old(id, Seq(done));
            lock(&samples.at_hand).contains_key(&id)
        };
        assert!(is_kept(1_000) && is_kept(1_250));
        assert!(!is_kept(1_251), "it has grown");
        assert!(!is_kept(999), "it is read anew");
    }

    fn asked(part: &[&str], tier: Tier) -> Vec<String> {
        let terms = part.iter().map(|part| vec![vec![*part]]).collect();
        let asked = sample().rarest(terms, tier);
        asked.into_iter().map(|ways| ways.concat().concat()).collect()
    }

    #[test]
    fn an_index_is_asked_for_what_few_have() {
        assert_eq!(
            asked(&["people", "1234"], Tier::Part),
            ["234"],
            "all have the other, and who has these three has them all"
        );
        assert_eq!(asked(&["muller"], Tier::Part), ["ler"], "who has one has the others");
        assert_eq!(asked(&["muller", "rene"], Tier::Part), ["ene", "ull"], "three letters of each");
        assert_eq!(asked(&[" x"], Tier::Name), [" x"]);
        assert_eq!(asked(&["example"], Tier::Part).len(), 1, "something must be asked for");
    }
}
