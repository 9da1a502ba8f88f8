//! Possible duplicates: contacts that look like one person, though no handle joins them. Kith shows them and never merges them
//! on its own.

use contact::{CompanyId, Contact, Missing, View};
use search::duplicates::{DuplicatePair, DuplicateReason, Fingerprint};

use crate::{Error, Hub, Page};

/// Most pairs of a page.
pub const DUPLICATES_MAX: usize = 20;
/// Most pairs that are counted.
pub const DUPLICATES_COUNTED_MAX: usize = 99;
/// How many times a page reads on when all pairs that it read are out of date.
const READS_MAX: usize = 5;

/// Two contacts that are possible duplicates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Duplicate {
    /// Their ids.
    pub pair: DuplicatePair,
    /// The older contact, and the younger.
    pub contacts: [Contact; 2],
    /// Why they look alike. At least one reason.
    pub reasons: Vec<DuplicateReason>,
}

/// A page of possible duplicates.
pub type DuplicateList = Page<Duplicate, DuplicatePair>;

impl Hub {
    /// Possible duplicates, at most [`DUPLICATES_MAX`] pairs, the one with the latest contact first. Pairs that are kept apart are
    /// left out. A new pair may take some seconds to appear; a merge or "not the same" counts at once.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn duplicates(&self, company: CompanyId, after: Option<DuplicatePair>) -> Result<DuplicateList, Error> {
        let mut page = Page { items: Vec::new(), next: after };
        for _ in 0..READS_MAX {
            let wanted = DUPLICATES_MAX - page.items.len();
            // One more than the page holds shows whether there is a next page.
            let pairs = self.store.duplicates(company, page.next, wanted + 1).await?;
            let Page { items: pairs, next } = Page::cut(pairs, wanted, |pair| *pair);
            let ids: Vec<_> = pairs.iter().flat_map(|(younger, older)| [*younger, *older]).collect();
            let view = self.store.view(company, &ids, &Missing::default()).await?;
            page.items.extend(pairs.iter().filter_map(|pair| compare(&view, *pair)));
            page.next = next;
            if page.next.is_none() || page.items.len() == DUPLICATES_MAX {
                break;
            }
        }
        Ok(page)
    }

    /// The number of possible duplicates, or [`DUPLICATES_COUNTED_MAX`] + 1 if they are more. May be some seconds behind.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn duplicate_count(&self, company: CompanyId) -> Result<usize, Error> {
        Ok(self.store.duplicates(company, None, DUPLICATES_COUNTED_MAX + 1).await?.len())
    }
}

/// Compares two contacts as they are now. None if they do not look alike any more.
fn compare(view: &View, (younger, older): DuplicatePair) -> Option<Duplicate> {
    let reasons = Fingerprint::of(view, older)?.reasons(&Fingerprint::of(view, younger)?);
    let contacts = [view.contact(older)?, view.contact(younger)?];
    Some(Duplicate { pair: (younger, older), contacts, reasons }).filter(|duplicate| !duplicate.reasons.is_empty())
}
