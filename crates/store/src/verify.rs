//! Verifies the views of a store: folds the journal and compares the result with the stored views.

use std::collections::BTreeSet;
use std::fmt;

use contact::{Changes, CompanyId, Group, HandleKey, RecordId, RecordName, Settings, View};

use crate::error::Error;
use crate::traits::{ScanItem, Store};

/// Most differences that are listed. Verification stops after these.
const DIFFERENCES_MAX: usize = 1_000;

/// A difference between the stored views and the folded journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Difference {
    /// The journal skips a number.
    Gap {
        /// The number that must come next.
        due: u64,
        /// The number that came instead.
        came: u64,
    },
    /// A contact differs.
    Contact(contact::ContactId),
    /// A conversation differs.
    Conversation(contact::ConversationId),
    /// An account differs.
    Account(contact::AccountId),
    /// The settings differ.
    Settings,
    /// The lists and accounts of a contact differ.
    Membership(contact::ContactId),
    /// The claim of a handle, or the records that report it, differ.
    Handle(HandleKey),
    /// The record with a name differs.
    Name(RecordName),
    /// The guards against false merges differ.
    Guards,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Gap { due, came } => write!(f, "journal: entry {due} is missing, {came} follows"),
            Difference::Conversation(id) => write!(f, "conversation {id}: differs from the journal"),
            Difference::Account(id) => write!(f, "account {id}: differs from the journal"),
            Difference::Settings => f.write_str("settings: differ from the journal"),
            Difference::Membership(id) => {
                write!(f, "contact {id}: its lists and accounts differ from the journal")
            }
            Difference::Contact(id) => write!(f, "contact {id}: differs from the journal"),
            Difference::Handle(key) => {
                write!(f, "{} handle {}: its owner or status differs from the journal", key.source(), key.as_str())
            }
            Difference::Name(name) => {
                write!(f, "record {} of {}: differs from the journal", name.id(), name.system())
            }
            Difference::Guards => f.write_str("guards: differ from the journal"),
        }
    }
}

/// Folds a company's journal and compares every stored view with the result.
///
/// # Errors
///
/// [`Error::Damaged`] if a record cannot be read, and the other errors of the store.
pub async fn verify(store: &dyn Store, company: CompanyId) -> Result<Vec<Difference>, Error> {
    let mut records = store.scan(company).await?;
    let mut differences = Vec::new();
    let mut folded = View::new(company);
    // The memberships according to the records, which are compared first.
    let mut memberships: BTreeSet<(Group, RecordId)> = BTreeSet::new();
    let mut has_settings = false;
    while let Some(record) = records.recv().await {
        match record? {
            ScanItem::Entry(entry) => {
                let due = folded.head.next();
                if entry.seq != due {
                    differences.push(Difference::Gap { due: due.0, came: entry.seq.0 });
                }
                folded.apply(&entry, &mut Changes::default());
            }
            // The journal is folded. Each compared record is removed from the fold, so the rest is missing in the store.
            ScanItem::Record(record) => {
                memberships.extend(record.facts.groups.iter().map(|group| (group.value, record.id)));
                if folded.records.remove(&record.id).as_ref() != Some(&record) {
                    differences.push(Difference::Contact(record.id));
                }
            }
            ScanItem::Name(name, id) => {
                if folded.names.remove(&name) != Some(id) {
                    differences.push(Difference::Name(name));
                }
            }
            ScanItem::Guards(guards) => {
                if folded.guards != guards {
                    differences.push(Difference::Guards);
                }
            }
            ScanItem::Reporter(handle, record) => {
                if !folded.claims.take_other(&handle, record) {
                    differences.push(Difference::Handle(handle));
                }
            }
            ScanItem::Membership(group, contact) => {
                if !memberships.remove(&(group, contact)) {
                    differences.push(Difference::Membership(contact));
                }
            }
            ScanItem::Account(account) => {
                if folded.accounts.remove(&account.id).as_ref() != Some(&account) {
                    differences.push(Difference::Account(account.id));
                }
            }
            ScanItem::Settings(settings) => {
                has_settings = true;
                if folded.settings != settings {
                    differences.push(Difference::Settings);
                }
            }
            ScanItem::Conversation(conversation) => {
                if folded.conversations.remove(&conversation.id).as_ref() != Some(&conversation) {
                    differences.push(Difference::Conversation(conversation.id));
                }
            }
            ScanItem::Claim(handle, claim) => {
                if folded.claims.take(&handle) != Some(claim) {
                    differences.push(Difference::Handle(handle));
                }
            }
        }
        if differences.len() >= DIFFERENCES_MAX {
            return Ok(differences);
        }
    }
    differences.extend(folded.records.into_keys().map(Difference::Contact));
    differences.extend(folded.names.into_keys().map(Difference::Name));
    let unreported = folded.claims.all_others().filter(|(_, others)| !others.is_empty());
    differences.extend(unreported.map(|(handle, _)| Difference::Handle(handle.clone())));
    differences.extend(folded.claims.into_iter().map(|(handle, _)| Difference::Handle(handle)));
    differences.extend(folded.conversations.into_keys().map(Difference::Conversation));
    differences.extend(folded.accounts.into_keys().map(Difference::Account));
    differences.extend(memberships.into_iter().map(|(_, contact)| Difference::Membership(contact)));
    if !has_settings && folded.settings != Settings::default() {
        differences.push(Difference::Settings);
    }
    differences.truncate(DIFFERENCES_MAX);
    Ok(differences)
}
