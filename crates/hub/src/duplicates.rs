//! Contacts that may be one person though they share no handle. They are shown, and never merged by themselves.

use contact::{CompanyId, Contact, View};
use search::duplicates::{DuplicatePair, DuplicateReason, Fingerprint};

use crate::{Error, Hub};

/// Most pairs of a page.
pub const DUPLICATES_MAX: usize = 20;
/// Most pairs that are counted.
pub const DUPLICATES_COUNTED_MAX: usize = 99;
/// How often a page looks for more where all that it found look alike no longer.
const LOOKS_MAX: usize = 5;

/// Two people who look alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Duplicate {
    /// Which two.
    pub pair: DuplicatePair,
    /// The one that was made first, and the other.
    pub contacts: [Contact; 2],
    /// Why; at least one reason.
    pub reasons: Vec<DuplicateReason>,
}

/// Some of the people who look alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DuplicateList {
    /// The pairs, those made of the latest contacts first.
    pub alike: Vec<Duplicate>,
    /// The pair that the next page begins after; none after the last.
    pub next: Option<DuplicatePair>,
}

impl Hub {
    /// At most [`DUPLICATES_MAX`] pairs of people who look alike, are not kept apart and share no handle. A pair that appears may
    /// be some seconds behind; one that is merged or kept apart is gone at once.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn duplicates(&self, company: CompanyId, after: Option<DuplicatePair>) -> Result<DuplicateList, Error> {
        let mut alikes = DuplicateList { alike: Vec::new(), next: after };
        for _ in 0..LOOKS_MAX {
            let wanted = DUPLICATES_MAX - alikes.alike.len();
            // One more than is shown tells whether there is a next page.
            let mut found = self.store.duplicates(company, alikes.next, wanted + 1).await?;
            let has_more = found.len() > wanted;
            found.truncate(wanted);
            let ids: Vec<_> = found.iter().flat_map(|(younger, older)| [*younger, *older]).collect();
            let view = self.store.view(company, &ids, None).await?;
            alikes.alike.extend(found.iter().filter_map(|pair| compared(&view, *pair)));
            alikes.next = found.last().copied().filter(|_| has_more);
            if alikes.next.is_none() || alikes.alike.len() == DUPLICATES_MAX {
                break;
            }
        }
        Ok(alikes)
    }

    /// How many pairs of people look alike, if they are no more than [`DUPLICATES_COUNTED_MAX`]; otherwise one more than that.
    /// May be some seconds behind.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn duplicate_count(&self, company: CompanyId) -> Result<usize, Error> {
        Ok(self.store.duplicates(company, None, DUPLICATES_COUNTED_MAX + 1).await?.len())
    }
}

/// Two people, if they look alike now.
fn compared(view: &View, (younger, older): DuplicatePair) -> Option<Duplicate> {
    let reasons = Fingerprint::of(view, older)?.reasons(&Fingerprint::of(view, younger)?);
    let contacts = [view.contact(older)?, view.contact(younger)?];
    Some(Duplicate { pair: (younger, older), contacts, reasons }).filter(|alike| !alike.reasons.is_empty())
}
