//! Copies a whole store into another, of the same or another kind.
//!
//! The journal is copied entry by entry, and the target derives its views from it. An interrupted copy resumes where it
//! stopped.

use contact::{Channel, CompanyName, Seq};

use crate::copy_company::{ENTRIES_MAX, Progress, Step, add_company, copy_journal, differs, with_contents};
use crate::error::Error;
use crate::scratch::Scratch;
use crate::traits::{AddedChannel, Company, NewChannel, Store};
use crate::verify::{Difference, verify};

/// The result of copying a company.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Copied {
    /// The company.
    pub company: CompanyName,
    /// How many entries its journal has.
    pub entries: u64,
    /// How many of them this run copied; the others were there already.
    pub copied: u64,
    /// Where the views of the source differ from its journal.
    pub wrong_before: Vec<Difference>,
    /// Where the views of the copy differ from its journal.
    pub wrong_after: Vec<Difference>,
}

/// Copies every company of `from`, with its channels, tokens, journal and messages, to `to`, and compares the two.
///
/// Sign-ins are not copied. `from` may be in use. Entries written after the copy has reached the end of a company's
/// journal are not copied. `scratch` makes the stores that the views are compared with.
///
/// # Errors
///
/// [`Error::Unusable`] if `to` has data that `from` does not have, and the errors of either store.
pub async fn copy(
    from: &dyn Store,
    to: &dyn Store,
    scratch: &dyn Scratch,
    progress: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Result<Vec<Copied>, Error> {
    let companies = from.companies().await?;
    for other in to.companies().await? {
        if companies.iter().all(|company| (company.id, &company.name) != (other.id, &other.name)) {
            return Err(Error::Unusable(format!(
                "The target has a company that the source does not have: {}. Copy to an empty store.",
                other.name
            )));
        }
    }
    let mut all = Vec::with_capacity(companies.len());
    for company in companies {
        add_company(to, &company).await?;
        copy_channels(from, to, &company).await?;
        copy_secrets(from, to, &company).await?;
        let (before, after) = copy_journal(from, to, &company, progress).await?;
        compare(from, to, &company, after, progress).await?;
        let name = &company.name;
        progress(Progress { company: name, step: Step::Verifying, done: after, of: after });
        all.push(Copied {
            entries: after.0,
            copied: after.0 - before.0,
            wrong_before: verify(from, scratch, company.id).await?,
            wrong_after: verify(to, scratch, company.id).await?,
            company: company.name,
        });
    }
    Ok(all)
}

/// Adds the channels that are missing in `to`.
async fn copy_channels(from: &dyn Store, to: &dyn Store, company: &Company) -> Result<(), Error> {
    let existing = to.channels(company.id).await?;
    for channel in from.channels(company.id).await? {
        if existing.contains(&channel) {
            continue;
        }
        let Channel { kind, address, signature_key, created_at, .. } = channel.clone();
        match to.add_channel(company.id, NewChannel { kind, address, signature_key, created_at }).await? {
            AddedChannel::Done(added) if added == channel => {}
            _ => return Err(differs(company, "its channels in the target are different")),
        }
    }
    Ok(())
}

/// Makes the tokens and the teammates' passwords in `to` equal to those in `from`. Revoked ones are removed.
async fn copy_secrets(from: &dyn Store, to: &dyn Store, company: &Company) -> Result<(), Error> {
    let (expected, existing) = (from.tokens(company.id).await?, to.tokens(company.id).await?);
    for token in existing.iter().filter(|token| !expected.contains(token)) {
        to.remove_token(company.id, token.hash).await?;
    }
    for token in expected.into_iter().filter(|token| !existing.contains(token)) {
        to.add_token(company.id, token).await?;
    }
    let (expected, existing) = (from.teammate_secrets(company.id).await?, to.teammate_secrets(company.id).await?);
    for (teammate, _) in existing.iter().filter(|(teammate, _)| expected.iter().all(|(other, _)| other != teammate)) {
        to.set_teammate_secret(company.id, *teammate, None).await?;
    }
    for (teammate, secret) in expected.iter().filter(|one| !existing.contains(one)) {
        to.set_teammate_secret(company.id, *teammate, Some(*secret)).await?;
    }
    Ok(())
}

/// Compares two journals and the contents of their messages up to an entry.
async fn compare(
    from: &dyn Store,
    to: &dyn Store,
    company: &Company,
    of: Seq,
    progress: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Result<(), Error> {
    let mut done = Seq(0);
    while done < of {
        progress(Progress { company: &company.name, step: Step::Comparing, done, of });
        let most = ENTRIES_MAX.min(usize::try_from(of.0 - done.0).unwrap_or(ENTRIES_MAX));
        let one = from.entries(company.id, done, most).await?;
        let other = to.entries(company.id, done, most).await?;
        let Some(last) = one.last().map(|entry| entry.seq).filter(|_| one == other) else {
            return Err(differs(company, "its journal in the target is different"));
        };
        if with_contents(from, company.id, one).await? != with_contents(to, company.id, other).await? {
            return Err(differs(company, "its messages in the target are different"));
        }
        done = last;
    }
    Ok(())
}
