//! Verifies the views of a store: appends its journal to an empty store, and compares the views of the two.

use std::cmp::Ordering;
use std::fmt;

use contact::{AccountId, CompanyId, ContactId, ConversationId, HandleKey, RecordName, Seq};

use crate::copy_company::add_company;
use crate::error::Error;
use crate::journal_record::JournalRecord;
use crate::scan_item::ScanItem;
use crate::scratch::Scratch;
use crate::traits::{ScanItems, Store};

/// Most differences that are listed. Verification stops after these.
const DIFFERENCES_MAX: usize = 1_000;
/// Entries that are appended at once.
const ENTRIES_AT_ONCE: usize = 5_000;

/// A difference between the stored views and the journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Difference {
    /// The journal skips a number. What follows is not compared.
    Gap {
        /// The number that must come next.
        due: u64,
        /// The number that came instead.
        came: u64,
    },
    /// A contact differs.
    Contact(ContactId),
    /// A conversation differs.
    Conversation(ConversationId),
    /// An account differs.
    Account(AccountId),
    /// The settings differ.
    Settings,
    /// The lists and accounts of a contact differ.
    Membership(ContactId),
    /// The history of a contact differs, or its notes.
    History(ContactId, Seq),
    /// The claim of a handle, or the records that report it, differ.
    Handle(HandleKey),
    /// The record with a name differs.
    Name(RecordName),
    /// A reference by which messages name another differs.
    Reference(String),
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
            Difference::History(id, entry) => {
                write!(f, "contact {id}: its history differs from the journal at entry {entry}")
            }
            Difference::Contact(id) => write!(f, "contact {id}: differs from the journal"),
            Difference::Handle(key) => {
                write!(f, "{} handle {}: its owner or status differs from the journal", key.source(), key.as_str())
            }
            Difference::Name(name) => {
                write!(f, "record {} of {}: differs from the journal", name.id(), name.system())
            }
            Difference::Reference(reference) => write!(f, "message reference {reference}: differs from the journal"),
            Difference::Guards => f.write_str("guards: differ from the journal"),
        }
    }
}

impl Difference {
    /// The difference of an item; none for an entry.
    fn of(item: ScanItem) -> Option<Difference> {
        Some(match item {
            ScanItem::Entry(_) => return None,
            ScanItem::Record(record) => Difference::Contact(record.id),
            ScanItem::Name(name, _) => Difference::Name(name),
            ScanItem::Claim(handle, _) | ScanItem::Reporter(handle, _) => Difference::Handle(handle),
            ScanItem::History(record, entry) | ScanItem::Note(record, entry) => Difference::History(record, entry),
            ScanItem::Membership(_, record) => Difference::Membership(record),
            ScanItem::Guards(_) => Difference::Guards,
            ScanItem::Account(account) => Difference::Account(account.id),
            ScanItem::Settings(_) => Difference::Settings,
            ScanItem::Conversation(conversation) => Difference::Conversation(conversation.id),
            ScanItem::Reference(_, reference, _) => Difference::Reference(reference),
        })
    }
}

/// Compares every stored view of a company with those that its journal gives in a scratch store.
///
/// Both stores are read in one order, so the memory used does not depend on the size of the company.
///
/// # Errors
///
/// [`Error::NoCompany`] if the company does not exist, [`Error::Damaged`] if a record cannot be read, and the other errors of
/// both stores.
pub async fn verify(store: &dyn Store, scratch: &dyn Scratch, company: CompanyId) -> Result<Vec<Difference>, Error> {
    let reference = scratch.empty().await?;
    add_company(&*reference, &store.company_by_id(company).await?.ok_or(Error::NoCompany)?).await?;
    let mut stored = Items::new(store.scan(company).await?);
    if let Some(gap) = append_journal(&mut stored, &*reference, company).await? {
        return Ok(vec![gap]);
    }
    let mut derived = Items::new(reference.scan(company).await?);
    while let Some(ScanItem::Entry(_)) = derived.peek().await? {
        derived.next().await?;
    }
    let mut differences = Vec::new();
    while differences.len() < DIFFERENCES_MAX {
        let order = match (stored.peek().await?, derived.peek().await?) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => one.position().cmp(&other.position()),
        };
        let one = if order.is_le() { stored.next().await? } else { None };
        let other = if order.is_ge() { derived.next().await? } else { None };
        if one != other {
            let found = one.or(other).and_then(Difference::of);
            differences.extend(found.filter(|found| differences.last() != Some(found)));
        }
    }
    Ok(differences)
}

/// Appends the entries of a scan to an empty store. Returns the first gap.
async fn append_journal(
    items: &mut Items,
    reference: &dyn Store,
    company: CompanyId,
) -> Result<Option<Difference>, Error> {
    let (mut records, mut last) = (Vec::with_capacity(ENTRIES_AT_ONCE), Seq(0));
    while let Some(ScanItem::Entry(_)) = items.peek().await? {
        let Some(ScanItem::Entry(entry)) = items.next().await? else { break };
        if entry.seq != last.next() {
            return Ok(Some(Difference::Gap { due: last.next().0, came: entry.seq.0 }));
        }
        last = entry.seq;
        // Views do not depend on pictures and the texts of messages.
        records.push(JournalRecord { entry, content: None });
        if records.len() == ENTRIES_AT_ONCE {
            let full = std::mem::replace(&mut records, Vec::with_capacity(ENTRIES_AT_ONCE));
            reference.restore(company, full).await?;
        }
    }
    if !records.is_empty() {
        reference.restore(company, records).await?;
    }
    Ok(None)
}

/// The items of a scan, one ahead.
struct Items {
    items: ScanItems,
    ahead: Option<ScanItem>,
}

impl Items {
    fn new(items: ScanItems) -> Items {
        Items { items, ahead: None }
    }

    async fn peek(&mut self) -> Result<Option<&ScanItem>, Error> {
        if self.ahead.is_none() {
            self.ahead = self.items.recv().await.transpose()?;
        }
        Ok(self.ahead.as_ref())
    }

    async fn next(&mut self) -> Result<Option<ScanItem>, Error> {
        self.peek().await?;
        Ok(self.ahead.take())
    }
}
