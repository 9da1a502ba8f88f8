//! Whether what a store keeps is what its journal comes to.

use std::collections::BTreeSet;
use std::fmt;

use contact::{Changes, CompanyId, ContactId, Group, HandleKey, Settings, View};

use crate::error::Error;
use crate::traits::{ScanItem, Store};

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
    /// An account is not what the journal tells of it.
    Account(contact::AccountId),
    /// What the company has set up is not what the journal tells of it.
    Settings,
    /// A contact is not in the lists and accounts that the journal tells of.
    Membership(contact::ContactId),
    /// A handle does not have the owner, or the mark, that the journal gives it.
    Handle(HandleKey),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Gap { due, came } => write!(f, "journal: entry {due} is missing, {came} follows"),
            Difference::Conversation(id) => write!(f, "conversation {id}: is not what the journal tells of it"),
            Difference::Account(id) => write!(f, "account {id}: is not what the journal tells of it"),
            Difference::Settings => f.write_str("settings: is not what the journal tells of it"),
            Difference::Membership(id) => {
                write!(f, "contact {id}: is not in the lists and accounts that the journal tells of")
            }
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
    // Who is in what, taken from the members as they are compared.
    let mut memberships: BTreeSet<(Group, ContactId)> = BTreeSet::new();
    let mut is_directory_there = false;
    while let Some(record) = records.recv().await {
        match record? {
            ScanItem::Entry(entry) => {
                let due = folded.head.next();
                if entry.seq != due {
                    differences.push(Difference::Gap { due: due.0, came: entry.seq.0 });
                }
                folded.apply(&entry, &mut Changes::default());
            }
            // The journal is through: what is compared is taken out of the fold, what stays was missing.
            ScanItem::Member(member) => {
                memberships.extend(member.facts.groups.iter().map(|told| (told.value, member.id)));
                if folded.members.remove(&member.id).as_ref() != Some(&member) {
                    differences.push(Difference::Contact(member.id));
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
                is_directory_there = true;
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
    differences.extend(folded.members.into_keys().map(Difference::Contact));
    differences.extend(folded.claims.into_iter().map(|(handle, _)| Difference::Handle(handle)));
    differences.extend(folded.conversations.into_keys().map(Difference::Conversation));
    differences.extend(folded.accounts.into_keys().map(Difference::Account));
    differences.extend(memberships.into_iter().map(|(_, contact)| Difference::Membership(contact)));
    if !is_directory_there && folded.settings != Settings::default() {
        differences.push(Difference::Settings);
    }
    differences.truncate(DIFFERENCES_MAX);
    Ok(differences)
}
