//! Collects the best matches of a query, tier by tier.
//!
//! Each tier contains the better ones, so a store is queried from the widest tier to the best and stops at `limit`.
//! If a tier has fewer matches than `limit`, these are all, and no better tier needs a query.

use crate::query::Query;
use crate::tier::Tier;

/// Fewest matches requested of a tier: they often include enough of the better tiers.
const BATCH_MIN: usize = 64;

/// The best matches so far.
pub struct TopMatches<T> {
    limit: usize,
    /// The tiers not queried yet, the best first.
    tiers: &'static [Tier],
    /// The latest matches of the tier queried last, and of the better ones.
    latest: Vec<(Tier, T)>,
    found: Vec<(Tier, T)>,
}

impl<T: Copy> TopMatches<T> {
    /// Starts a collection of at most `limit` matches.
    pub fn of(query: &Query, limit: usize) -> TopMatches<T> {
        let tiers = if query.is_empty() { &[] } else { query.tiers() };
        TopMatches { limit, tiers, latest: Vec::new(), found: Vec::new() }
    }

    /// The tier to query next, and how many of its latest matches to read; none when enough are known.
    pub fn next_request(&mut self) -> Option<(Tier, usize)> {
        loop {
            let tier = *self.tiers.last()?;
            self.latest.retain(|(of, _)| *of <= tier);
            if self.latest.len() < self.limit {
                return Some((tier, self.limit.max(BATCH_MIN)));
            }
            self.pass(tier);
        }
    }

    /// Starts with the latest matches of all tiers that the store has read anyway.
    pub fn preload(&mut self, latest: Vec<(Tier, T)>) {
        self.latest = latest;
    }

    /// Adds the matches that [`next_request`](TopMatches::next_request) named; `is_exhausted` if the tier has no more.
    pub fn add(&mut self, latest: Vec<(Tier, T)>, is_exhausted: bool) {
        self.latest = latest;
        if is_exhausted {
            self.found.append(&mut self.latest);
            self.tiers = &[];
        } else if let Some(tier) = self.tiers.last() {
            self.pass(*tier);
        }
    }

    /// Keeps the matches of exactly this tier and goes on to the next better one.
    fn pass(&mut self, tier: Tier) {
        self.found.extend(self.latest.iter().filter(|(of, _)| *of == tier));
        self.tiers = &self.tiers[..self.tiers.len() - 1];
    }

    /// The matches, the best tier first, and within a tier the latest first.
    pub fn finish(mut self) -> Vec<T> {
        self.found.sort_by_key(|(tier, _)| *tier);
        self.found.into_iter().map(|(_, found)| found).take(self.limit).collect()
    }
}

#[cfg(test)]
mod tests {
    use contact::Region;

    use super::*;

    /// The matches found among contacts of these tiers, the latest first, and the tiers queried.
    fn best(all: &[Tier], limit: usize, seen: usize) -> (Vec<usize>, Vec<Tier>) {
        let query = Query::parse("bruce", Region::default()).unwrap();
        let latest = |tier: Tier, limit: usize| -> Vec<(Tier, usize)> {
            all.iter().enumerate().filter(|(_, of)| **of <= tier).map(|(n, of)| (*of, n)).take(limit).collect()
        };
        let (mut best, mut queried) = (TopMatches::of(&query, limit), Vec::new());
        best.preload(latest(Tier::Part, seen));
        while let Some((tier, few)) = best.next_request() {
            let found = latest(tier, few);
            let is_exhausted = found.len() < few;
            best.add(found, is_exhausted);
            queried.push(tier);
        }
        (best.finish(), queried)
    }

    #[test]
    fn the_result_equals_sorting_all_matches() {
        let all = [Tier::Part, Tier::Start, Tier::Part, Tier::Whole, Tier::Name, Tier::Part];
        for repeats in [1, 10, 100, 1_000] {
            // The rare ones come last, so the latest do not include them.
            let mut tiers = all[..3].repeat(repeats);
            tiers.extend(all);
            let mut sorted: Vec<usize> = (0..tiers.len()).collect();
            sorted.sort_by_key(|n| (tiers[*n], *n));
            for limit in [1, 2, 3, 50, 250, 5_000] {
                for seen in [0, 5, 1_000] {
                    let expected: Vec<usize> = sorted.iter().copied().take(limit).collect();
                    assert_eq!(best(&tiers, limit, seen).0, expected, "{repeats}, {limit}, {seen}");
                }
            }
        }
    }

    #[test]
    fn no_tier_is_queried_without_need() {
        assert_eq!(best(&[Tier::Part; 9], 5, 0).1, [Tier::Part], "fewer than the limit are all matches");
        assert_eq!(best(&[Tier::Whole; 900], 50, 0).1, [Tier::Part], "all matches are of the best tier");
        assert_eq!(best(&[Tier::Start; 900], 50, 0).1, [Tier::Part, Tier::Name], "no better tier matches");
        assert_eq!(best(&[Tier::Start; 900], 50, 100).1, [Tier::Name], "preloaded matches save a query");
        assert_eq!(TopMatches::<u8>::of(&Query::default(), 9).next_request(), None);
    }
}
