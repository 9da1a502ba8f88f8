//! Gathering the best of what is found, from the last tier to the best one.
//!
//! Whoever is in a tier is in all that are worse. So the latest of a tier and of those that are better, as many as are asked for, are enough
//! to fill what the better ones leave; and where there are fewer, these are all, and no better tier needs to be looked for.

use super::{Query, Tier};

/// How many of a tier are looked for at least: they often show enough of the better ones too.
const FEW: usize = 64;

/// The best of what was found so far.
pub struct Best<T> {
    most: usize,
    /// The tiers that are still to be looked for, the best first.
    tiers: &'static [Tier],
    /// The latest of a tier that was looked for and of those that are better.
    latest: Vec<(Tier, T)>,
    found: Vec<(Tier, T)>,
}

impl<T: Copy> Best<T> {
    /// Nothing yet, of so many at most.
    pub fn of(query: &Query, most: usize) -> Best<T> {
        let tiers = if query.is_empty() { &[] } else { query.tiers() };
        Best { most, tiers, latest: Vec::new(), found: Vec::new() }
    }

    /// The tier to look for next, and how many to look for of it and of those that are better, the latest first.
    pub fn wants(&mut self) -> Option<(Tier, usize)> {
        loop {
            let tier = *self.tiers.last()?;
            self.latest.retain(|(of, _)| *of <= tier);
            if self.latest.len() < self.most {
                return Some((tier, self.most.max(FEW)));
            }
            self.pass(tier);
        }
    }

    /// Takes in the latest of all tiers that are still to be looked for, as far as somebody has looked anyway.
    pub fn see(&mut self, latest: Vec<(Tier, T)>) {
        self.latest = latest;
    }

    /// Takes in what was wanted, perhaps all that there is.
    pub fn take_in(&mut self, latest: Vec<(Tier, T)>, are_all: bool) {
        self.latest = latest;
        if are_all {
            self.found.append(&mut self.latest);
            self.tiers = &[];
        } else if let Some(tier) = self.tiers.last() {
            self.pass(*tier);
        }
    }

    fn pass(&mut self, tier: Tier) {
        self.found.extend(self.latest.iter().filter(|(of, _)| *of == tier));
        self.tiers = &self.tiers[..self.tiers.len() - 1];
    }

    /// The best, and within a tier the latest, first.
    pub fn end(mut self) -> Vec<T> {
        self.found.sort_by_key(|(tier, _)| *tier);
        self.found.into_iter().map(|(_, found)| found).take(self.most).collect()
    }
}

#[cfg(test)]
mod tests {
    use contact::Region;

    use super::*;

    /// Who would be found of some with these tiers, the latest first, and which tiers are looked for.
    fn best(all: &[Tier], most: usize, seen: usize) -> (Vec<usize>, Vec<Tier>) {
        let query = Query::parse("bruce", Region::default()).unwrap();
        let latest = |tier: Tier, most: usize| -> Vec<(Tier, usize)> {
            all.iter().enumerate().filter(|(_, of)| **of <= tier).map(|(n, of)| (*of, n)).take(most).collect()
        };
        let (mut best, mut asked) = (Best::of(&query, most), Vec::new());
        best.see(latest(Tier::Part, seen));
        while let Some((tier, few)) = best.wants() {
            let found = latest(tier, few);
            let are_all = found.len() < few;
            best.take_in(found, are_all);
            asked.push(tier);
        }
        (best.end(), asked)
    }

    #[test]
    fn it_is_what_sorting_all_comes_to() {
        let all = [Tier::Part, Tier::Start, Tier::Part, Tier::Whole, Tier::Name, Tier::Part];
        for repeats in [1, 10, 100, 1_000] {
            // Rare ones come last, so they are not among the latest.
            let mut tiers = all[..3].repeat(repeats);
            tiers.extend(all);
            let mut sorted: Vec<usize> = (0..tiers.len()).collect();
            sorted.sort_by_key(|n| (tiers[*n], *n));
            for most in [1, 2, 3, 50, 250, 5_000] {
                for seen in [0, 5, 1_000] {
                    let expected: Vec<usize> = sorted.iter().copied().take(most).collect();
                    assert_eq!(best(&tiers, most, seen).0, expected, "{repeats}, {most}, {seen}");
                }
            }
        }
    }

    #[test]
    fn no_tier_is_looked_for_in_vain() {
        assert_eq!(best(&[Tier::Part; 9], 5, 0).1, [Tier::Part], "few are all");
        assert_eq!(best(&[Tier::Whole; 900], 50, 0).1, [Tier::Part], "all of them are as good as can be");
        assert_eq!(best(&[Tier::Start; 900], 50, 0).1, [Tier::Part, Tier::Name], "nobody is better");
        assert_eq!(best(&[Tier::Start; 900], 50, 100).1, [Tier::Name], "what is seen anyway");
        assert_eq!(Best::<u8>::of(&Query::default(), 9).wants(), None);
    }
}
