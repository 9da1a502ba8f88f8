//! The records that one import or one token alone reported, among the entries of a journal.

use contact::{Change, CompanyId, Entry, RecordId};

use super::joined_by::JoinedBy;

/// Who reported to each record. Memory: three bits for each record of the company.
pub struct Reporters {
    of: JoinedBy,
    company: CompanyId,
    own: Bits,
    others: Bits,
    withdrawn: Bits,
}

impl Reporters {
    pub fn new(of: JoinedBy, company: CompanyId) -> Reporters {
        Reporters { of, company, own: Bits::default(), others: Bits::default(), withdrawn: Bits::default() }
    }

    /// Notes who reported what an entry has.
    pub fn add(&mut self, entry: &Entry) {
        match &entry.change {
            Change::Observed { record, .. } if self.of.is_of(entry) => self.own.set(record.count()),
            _ => self.add_later(entry),
        }
    }

    /// Notes the same of an entry that came after the undo began. Whoever reports again in the meantime is another.
    pub fn add_later(&mut self, entry: &Entry) {
        match &entry.change {
            // The message of a sender and the note of a teammate stay with their record.
            Change::Observed { record: home, .. } | Change::Received { home, .. } | Change::Noted { home, .. } => {
                self.others.set(home.count());
            }
            // Its id never stands for a record again.
            Change::Withdrawn { record, .. } => self.withdrawn.set(record.count()),
            _ => {}
        }
    }

    /// The next records after one that were reported and not withdrawn, at most `most`. Others may have reported to them, too.
    pub fn next(&self, after: Option<RecordId>, most: usize) -> Vec<RecordId> {
        let is_wanted = |count: &u64| self.own.has(*count) && !self.withdrawn.has(*count);
        let counts = after.map_or(0, RecordId::count) + 1..self.own.end();
        counts.filter(is_wanted).take(most).map(|count| RecordId::nth(self.company, count)).collect()
    }

    /// Whether others reported to a record.
    pub fn has_others(&self, record: RecordId) -> bool {
        self.others.has(record.count())
    }

    /// Whether a record is withdrawn, or is to be.
    pub fn is_alone(&self, record: RecordId) -> bool {
        let count = record.count();
        self.withdrawn.has(count) || self.own.has(count) && !self.others.has(count)
    }
}

/// A set of small numbers.
#[derive(Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn set(&mut self, number: u64) {
        let (word, bit) = Bits::place(number);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= bit;
    }

    fn has(&self, number: u64) -> bool {
        let (word, bit) = Bits::place(number);
        self.0.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// A number that is larger than all of them.
    fn end(&self) -> u64 {
        self.0.len() as u64 * u64::from(u64::BITS)
    }

    fn place(number: u64) -> (usize, u64) {
        let word = usize::try_from(number / u64::from(u64::BITS)).unwrap_or(usize::MAX - 1);
        (word, 1 << (number % u64::from(u64::BITS)))
    }
}

#[cfg(test)]
mod tests {
    use contact::ImportId;

    use super::*;

    #[test]
    fn records_are_found_in_order_with_their_reporters() {
        let company = CompanyId::new(7).unwrap();
        let mut reporters = Reporters::new(JoinedBy::Import(ImportId(1)), company);
        for count in [3, 64, 200, 201] {
            reporters.own.set(count);
        }
        reporters.others.set(64);
        reporters.withdrawn.set(200);
        let record = |count| RecordId::nth(company, count);
        assert_eq!(reporters.next(None, 2), [record(3), record(64)]);
        assert_eq!(reporters.next(Some(record(64)), 2), [record(201)]);
        assert!(reporters.next(Some(record(201)), 2).is_empty());
        assert!(reporters.has_others(record(64)) && !reporters.has_others(record(3)));
        assert!(reporters.is_alone(record(200)) && !reporters.is_alone(record(64)));
    }
}
