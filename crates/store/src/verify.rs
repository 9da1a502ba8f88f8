//! Whether what a store keeps is what its journal comes to.

use std::fmt;

use contact::{Changes, CompanyId, HandleKey, View};

use crate::{Error, Record, Store};

/// Most differences that are listed; a store with more is as broken.
const DIFFERENCES_MAX: usize = 1_000;

/// A place where a view is not the fold of the journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Difference {
    /// The journal skips a number.
    Gap {
        /// The number that was due.
        due: u64,
        /// The number that came.
        came: u64,
    },
    /// A contact is not what the journal tells of it.
    Contact(contact::ContactId),
    /// A conversation is not what the journal tells of it.
    Conversation(contact::ConversationId),
    /// A handle does not have the owner, or the mark, that the journal gives it.
    Handle(HandleKey),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Gap { due, came } => write!(f, "journal: entry {due} is missing, {came} follows"),
            Difference::Conversation(id) => write!(f, "conversation {id}: is not what the journal tells of it"),
            Difference::Contact(id) => write!(f, "contact {id}: is not what the journal tells of it"),
            Difference::Handle(key) => {
                write!(f, "{} handle {}: is not whose the journal says", key.source(), key.as_str())
            }
        }
    }
}

/// Folds a company's journal anew and compares every view with what comes of it.
///
/// # Errors
///
/// [`Error::Damaged`] if a record cannot be read back, otherwise what keeps the store from answering.
pub async fn verify(store: &dyn Store, company: CompanyId) -> Result<Vec<Difference>, Error> {
    let mut records = store.scan(company).await?;
    let mut differences = Vec::new();
    let mut folded = View::new(company);
    while let Some(record) = records.recv().await {
        match record? {
            Record::Entry(entry) => {
                let due = folded.head.next();
                if entry.seq != due {
                    differences.push(Difference::Gap { due: due.0, came: entry.seq.0 });
                }
                folded.apply(&entry, &mut Changes::default());
            }
            // The journal is through: what is compared is taken out of the fold, what stays was missing.
            Record::Member(member) => {
                if folded.members.remove(&member.id).as_ref() != Some(&member) {
                    differences.push(Difference::Contact(member.id));
                }
            }
            Record::Conversation(conversation) => {
                if folded.conversations.remove(&conversation.id).as_ref() != Some(&conversation) {
                    differences.push(Difference::Conversation(conversation.id));
                }
            }
            Record::Claim(handle, claim) => {
                if folded.claims.take(&handle) != Some(claim) {
                    differences.push(Difference::Handle(handle));
                }
            }
        }
        if differences.len() >= DIFFERENCES_MAX {
            return Ok(differences);
        }
    }
    differences.extend(folded.members.into_keys().map(Difference::Contact));
    differences.extend(folded.claims.into_iter().map(|(handle, _)| Difference::Handle(handle)));
    differences.extend(folded.conversations.into_keys().map(Difference::Conversation));
    differences.truncate(DIFFERENCES_MAX);
    Ok(differences)
}
