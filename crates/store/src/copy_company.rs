//! Copies the journal of one company into another store, which derives its views from it.

use contact::{Change, CompanyId, CompanyName, Entry, Seq};

use crate::error::Error;
use crate::journal_record::{Content, JournalRecord};
use crate::traits::{Added, Company, Store};

/// Most entries that are copied in one transaction.
pub(crate) const ENTRIES_MAX: usize = 1_000;

/// The progress of a copy.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The company that is being copied.
    pub company: &'a CompanyName,
    /// The current step of its copy.
    pub step: Step,
    /// The last entry that this step has done.
    pub done: Seq,
    /// The last entry of the journal.
    pub of: Seq,
}

/// A step of a copy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Copying the entries.
    Copying,
    /// Comparing the two journals.
    Comparing,
    /// Comparing the views of both stores with their journals.
    Verifying,
}

/// Copies one company with its journal, but without its channels, tokens and sign-ins, to a scratch store.
///
/// # Errors
///
/// [`Error::NoCompany`] if `from` does not have the company, and the errors of either store.
pub async fn copy_company(from: &dyn Store, to: &dyn Store, company: CompanyId) -> Result<(), Error> {
    let company = from.company_by_id(company).await?.ok_or(Error::NoCompany)?;
    add_company(to, &company).await?;
    copy_journal(from, to, &company, &mut |_| {}).await?;
    Ok(())
}

/// Adds a company to `to`, or updates its secret and rate limit there.
pub(crate) async fn add_company(to: &dyn Store, company: &Company) -> Result<(), Error> {
    if let Some(existing) = to.company_by_id(company.id).await? {
        if existing.secret != company.secret {
            to.set_secret(company.id, company.secret).await?;
        }
        if existing.rate_limit != company.rate_limit {
            to.set_rate_limit(company.id, company.rate_limit).await?;
        }
        return Ok(());
    }
    match to.add_company(company.clone()).await? {
        Added::Done => Ok(()),
        Added::NameTaken | Added::NumberTaken => {
            Err(differs(company, "another company in the target has its name or number"))
        }
    }
}

/// Copies the missing entries of a journal. Returns its last entry before and after.
pub(crate) async fn copy_journal(
    from: &dyn Store,
    to: &dyn Store,
    company: &Company,
    progress: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Result<(Seq, Seq), Error> {
    let before = to.head(company.id).await?;
    let mut done = before;
    if let Some(last) = before.0.checked_sub(1) {
        // A resumed copy must continue the same journal.
        let last = Seq(last);
        if from.entries(company.id, last, 1).await? != to.entries(company.id, last, 1).await? {
            return Err(differs(company, "its journal in the target is different"));
        }
    }
    loop {
        let of = from.head(company.id).await?;
        progress(Progress { company: &company.name, step: Step::Copying, done, of });
        let entries = from.entries(company.id, done, ENTRIES_MAX).await?;
        let Some(last) = entries.last().map(|entry| entry.seq) else { return Ok((before, done)) };
        let records = with_contents(from, company.id, entries).await?;
        to.restore(company.id, records).await?;
        done = last;
    }
}

/// Reads the contents of entries.
pub(crate) async fn with_contents(
    store: &dyn Store,
    company: CompanyId,
    entries: Vec<Entry>,
) -> Result<Vec<JournalRecord>, Error> {
    let mut records = Vec::with_capacity(entries.len());
    for entry in entries {
        let content = content(store, company, &entry).await?;
        records.push(JournalRecord { entry, content });
    }
    Ok(records)
}

/// Reads the message or picture that an entry brought.
async fn content(store: &dyn Store, company: CompanyId, entry: &Entry) -> Result<Option<Content>, Error> {
    let missing = |what: String| Error::Damaged(format!("{what} is missing"));
    match entry.change {
        Change::Received { message, .. } => {
            let found = store.message(company, message).await?;
            let received = found.ok_or_else(|| missing(format!("message {message}")))?;
            let mut attachments = Vec::with_capacity(received.attachments.len());
            for info in &received.attachments {
                let found = store.attachment(company, info.id).await?;
                attachments.push(found.ok_or_else(|| missing(format!("attachment {}", info.id)))?);
            }
            Ok(Some(Content::Message { received, attachments }))
        }
        Change::Observed { picture: Some(Some(_)), .. } => {
            let picture = store.picture(company, entry.seq).await?;
            let picture = picture.ok_or_else(|| missing(format!("the picture of entry {}", entry.seq)))?;
            Ok(Some(Content::Picture { entry: entry.seq, picture }))
        }
        _ => Ok(None),
    }
}

/// The error of a company that `to` has with other data.
pub(crate) fn differs(company: &Company, how: &str) -> Error {
    Error::Unusable(format!("{} cannot be copied: {how}.", company.name))
}
