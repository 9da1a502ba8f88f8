//! Reading what a decision or an answer needs.

use std::collections::BTreeSet;

use contact::{Change, Claim, CompanyId, ContactId, Entry, HandleKey, Member, Seq, Time, View};
use rusqlite::{Connection, OptionalExtension, Row, Statement, params};

use super::claim_buffer::{self, ClaimBuffer};
use super::{accounts, conversations, settings};
use crate::batch::{Batch, Needs};
use crate::record::MemberColumns;
use crate::{Error, ScanItem, record};

const CLAIM: &str = "SELECT home, shared FROM handle WHERE company = ?1 AND source = ?2 AND key = ?3";

/// Where a company's journal and its views end.
pub struct Ends {
    pub head: Seq,
    pub contacts_made: u64,
    pub conversations_made: u64,
    pub messages_made: u64,
    /// The last entry of which all claims are in the table of handles.
    pub folded: Seq,
}

/// Where a company's journal and its views end, if there is such a company.
pub fn ends(connection: &Connection, company: CompanyId) -> Result<Option<Ends>, Error> {
    let query = "SELECT entries, contacts_made, conversations_made, messages_made, handles_folded FROM company
         WHERE company = ?1";
    let ends = |row: &Row| {
        Ok(Ends {
            head: Seq(row.get(0)?),
            contacts_made: row.get(1)?,
            conversations_made: row.get(2)?,
            messages_made: row.get(3)?,
            folded: Seq(row.get(4)?),
        })
    };
    Ok(connection.prepare_cached(query)?.query_row([company.number()], ends).optional()?)
}

/// A company's view of which nothing is loaded yet.
pub fn nothing(company: CompanyId, ends: &Ends) -> View {
    View {
        head: ends.head,
        contacts_made: ends.contacts_made,
        conversations_made: ends.conversations_made,
        messages_made: ends.messages_made,
        ..View::new(company)
    }
}

/// The companies of which not all claims are in the table of handles.
pub fn unfolded(connection: &Connection) -> Result<Vec<CompanyId>, Error> {
    let mut statement = connection.prepare_cached("SELECT company FROM company WHERE entries > handles_folded")?;
    let companies = statement.query_map([], |row| row.get::<_, u32>(0))?;
    companies.map(|number| record::company_id(number?)).collect()
}

/// The columns of contacts, and which of them.
macro_rules! members {
    ($which:literal) => {
        concat!(
            "SELECT contact, changed, changed_at, merged_into, merge, owner, body FROM contact WHERE company = ?1 ",
            $which
        )
    };
}
const ALL_MEMBERS: &str = members!("ORDER BY contact");
const ONE_MEMBER: &str = members!("AND contact = ?2");
// Not compared with a parameter alone: on which values there are, SQLite would plan this anew for each.
const NEXT_MEMBERS: &str = members!("AND contact > ?2 + 0 ORDER BY contact LIMIT ?3");

/// Loads all that is needed and not loaded yet. The claim_buffer has the claims that are not in the table yet. What the batch has
/// taken away is still in the tables, and is not loaded again.
pub fn touched(
    connection: &Connection,
    claim_buffer: &ClaimBuffer,
    batch: &mut Batch,
    needs: &Needs,
) -> Result<(), Error> {
    let Batch { view, changes, .. } = batch;
    let is_gone = |view: &View, id: &ContactId| changes.members.contains(id) && !view.members.contains_key(id);
    let mut claims = connection.prepare_cached(CLAIM)?;
    let unknown = |handle: &&&HandleKey| view.claims.get(handle).is_none();
    let mut handles: Vec<&HandleKey> = needs.handles.iter().filter(unknown).copied().collect();
    // In the order of the table, so that neighbours are found on pages that were just read.
    handles.sort_unstable();
    handles.dedup();
    let mut in_vain = 0;
    for handle in handles {
        if view.claims.get(handle).is_some() || changes.claims.contains(handle) {
            continue;
        }
        if claim_buffer.is_absent(view.company, handle) {
            continue;
        }
        let waiting = claim_buffer.known(view.company, handle).claim;
        match waiting.map_or_else(|| find_claim(&mut claims, view.company, handle), Ok)? {
            Some(claim) => {
                view.claims.put(handle.clone(), claim);
                claim.home.map_or(Ok(()), |home| whole(connection, view, home))?;
            }
            None => in_vain += 1,
        }
    }
    claim_buffer.looked_in_vain(view.company, in_vain);
    for contact in &needs.contacts {
        if !is_gone(view, contact) {
            whole(connection, view, *contact)?;
        }
    }
    for merge in &needs.merges {
        let joined = joined_by(connection, view.company, *merge)?.filter(|joined| !is_gone(view, joined));
        joined.map_or(Ok(()), |joined| whole(connection, view, joined))?;
    }
    conversations::touched(connection, view, needs)?;
    if needs.settings && view.settings == contact::Settings::default() {
        view.settings = settings::settings(connection, view.company)?;
    }
    accounts::touched(connection, view, &changes.accounts, needs)
}

/// Loads the person that a contact is part of, with every part.
pub fn whole(connection: &Connection, view: &mut View, id: ContactId) -> Result<(), Error> {
    let mut outer = Some(id);
    let mut root = None;
    while let Some(id) = outer {
        load(connection, view, id)?;
        root = view.members.get(&id);
        outer = root.and_then(|member| member.merged_into).map(|merged| merged.contact);
    }
    let parts = root.map(|root| root.members.clone()).unwrap_or_default();
    parts.into_iter().try_for_each(|part| load(connection, view, part))
}

fn load(connection: &Connection, view: &mut View, id: ContactId) -> Result<(), Error> {
    if view.members.contains_key(&id) {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(ONE_MEMBER)?;
    let mut found = statement.query_and_then(params![view.company.number(), id.number()], member)?;
    if let Some(member) = found.next().transpose()? {
        enter(view, member);
    }
    Ok(())
}

/// Loads the people of so many contacts at most: the next that were made after one.
pub fn made_after(connection: &Connection, view: &mut View, last: ContactId, limit: u64) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(NEXT_MEMBERS)?;
    let mut of_others = Vec::new();
    for member in statement.query_and_then(params![view.company.number(), last.number(), limit], member)? {
        let member = member?;
        if !member.is_alone() {
            of_others.push(member.id);
        }
        enter(view, member);
    }
    of_others.into_iter().try_for_each(|id| whole(connection, view, id))
}

/// Takes in a contact that is loaded. Whoever tells of one handle of a person often tells of the others.
fn enter(view: &mut View, member: Member) {
    for (handle, claim) in member.facts.claims(member.id) {
        view.claims.put(handle.clone(), claim);
    }
    view.members.insert(member.id, member);
}

/// What the table knows of a handle.
pub fn claim(connection: &Connection, company: CompanyId, handle: &HandleKey) -> Result<Option<Claim>, Error> {
    find_claim(&mut *connection.prepare_cached(CLAIM)?, company, handle)
}

/// How many handles a company's table has.
pub fn handle_count(connection: &Connection, company: CompanyId) -> Result<usize, Error> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM handle WHERE company = ?1")?;
    Ok(statement.query_row([company.number()], |row| row.get(0))?)
}

/// Gives all handles in a company's table to `visit`.
pub fn handles(connection: &Connection, company: CompanyId, visit: &mut dyn FnMut(&HandleKey)) -> Result<(), Error> {
    let mut statement = connection.prepare_cached("SELECT source, key FROM handle WHERE company = ?1")?;
    let mut rows = statement.query([company.number()])?;
    while let Some(row) = rows.next()? {
        let (source, key): (String, String) = (row.get(0)?, row.get(1)?);
        visit(&HandleKey::from_stored(record::source(&source)?, &key));
    }
    Ok(())
}

fn find_claim(statement: &mut Statement, company: CompanyId, handle: &HandleKey) -> Result<Option<Claim>, Error> {
    let key = params![company.number(), handle.source().name(), handle.as_str()];
    let found = statement.query_row(key, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    found.map(|(home, shared)| to_claim(home, shared)).transpose()
}

/// The contact that a merge made part of another.
pub fn joined_by(connection: &Connection, company: CompanyId, merge: Seq) -> Result<Option<ContactId>, Error> {
    let mut statement = connection
        .prepare_cached("SELECT body ->> '$.change.merged.joined' FROM journal WHERE company = ?1 AND seq = ?2")?;
    // No entry has a number that the column cannot hold.
    let Ok(seq) = i64::try_from(merge.0) else { return Ok(None) };
    let joined = statement.query_row(params![company.number(), seq], |row| row.get::<_, Option<u64>>(0)).optional()?;
    joined.flatten().map(record::contact_id).transpose()
}

/// The entries after one, in order.
pub fn entries(connection: &Connection, company: CompanyId, after: Seq, limit: usize) -> Result<Vec<Entry>, Error> {
    let query = "SELECT seq, at, body FROM journal WHERE company = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    let mut statement = connection.prepare_cached(query)?;
    statement.query_and_then(params![company.number(), after.0, limit], entry)?.collect()
}

/// The entries about a person, the newest first.
pub fn history(
    connection: &Connection,
    company: CompanyId,
    contact: ContactId,
    before: Option<Seq>,
    limit: usize,
) -> Result<Vec<Entry>, Error> {
    let mut view = View::new(company);
    whole(connection, &mut view, contact)?;
    let before = before.map_or(i64::MAX as u64, |before| before.0);
    let mut seqs = BTreeSet::new();
    let mut later = connection.prepare_cached(
        "SELECT seq FROM history WHERE company = ?1 AND contact = ?2 AND seq < ?3 ORDER BY seq DESC LIMIT ?4",
    )?;
    for part in view.parts(contact) {
        seqs.extend(view.members.get(&part).map(|member| member.first.0).filter(|first| *first < before));
        for seq in later.query_map(params![company.number(), part.number(), before, limit], |row| row.get(0))? {
            seqs.insert(seq?);
        }
    }
    let mut one = connection.prepare_cached("SELECT seq, at, body FROM journal WHERE company = ?1 AND seq = ?2")?;
    let mut entries = Vec::new();
    for seq in seqs.into_iter().rev().take(limit) {
        entries.extend(one.query_and_then(params![company.number(), seq], entry)?.next().transpose()?);
    }
    Ok(entries)
}

/// Gives what some entries changed to `visit`: those after one, up to another.
pub fn changes(
    connection: &Connection,
    company: CompanyId,
    after: Seq,
    to: Seq,
    visit: &mut dyn FnMut(Change),
) -> Result<(), Error> {
    if after >= to {
        return Ok(());
    }
    let query = "SELECT seq, at, body FROM journal WHERE company = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq";
    let mut statement = connection.prepare_cached(query)?;
    for entry in statement.query_and_then(params![company.number(), after.0, to.0], entry)? {
        visit(entry?.change);
    }
    Ok(())
}

/// Gives all that is kept of a company to `visit`, until it has enough.
pub fn scan(connection: &Connection, company: CompanyId, visit: &mut dyn FnMut(ScanItem) -> bool) -> Result<(), Error> {
    let mut unfolded = claim_buffer::unfolded(connection, company)?;
    let mut entries = connection.prepare("SELECT seq, at, body FROM journal WHERE company = ?1 ORDER BY seq")?;
    for entry in entries.query_and_then([company.number()], entry)? {
        if !visit(ScanItem::Entry(entry?)) {
            return Ok(());
        }
    }
    for member in connection.prepare(ALL_MEMBERS)?.query_and_then([company.number()], member)? {
        if !visit(ScanItem::Member(member?)) {
            return Ok(());
        }
    }
    let query = "SELECT source, key, home, shared FROM handle WHERE company = ?1 ORDER BY source, key";
    let folded = |row: &Row| {
        let (source, key): (String, String) = (row.get(0)?, row.get(1)?);
        let handle = HandleKey::from_stored(record::source(&source)?, &key);
        Ok::<_, Error>((handle, to_claim(row.get(2)?, row.get(3)?)?))
    };
    for claim in connection.prepare(query)?.query_and_then([company.number()], folded)? {
        let (handle, claim) = claim?;
        let now = unfolded.remove(&handle).unwrap_or(Some(claim));
        if !now.is_none_or(|now| visit(ScanItem::Claim(handle, now))) {
            return Ok(());
        }
    }
    for (handle, now) in unfolded {
        if !now.is_none_or(|now| visit(ScanItem::Claim(handle, now))) {
            return Ok(());
        }
    }
    if !settings::scan(connection, company, visit)? || !accounts::scan(connection, company, visit)? {
        return Ok(());
    }
    conversations::scan(connection, company, &mut |conversation| visit(ScanItem::Conversation(conversation)))
}

pub fn entry(row: &Row) -> Result<Entry, Error> {
    let body = row.get_ref(2)?.as_str().map_err(|error| Error::Damaged(error.to_string()))?;
    record::to_entry(Seq(row.get(0)?), Time::from_millis(row.get(1)?), body)
}

fn member(row: &Row) -> Result<Member, Error> {
    let (merged_into, merge): (Option<u64>, Option<u64>) = (row.get(3)?, row.get(4)?);
    let columns = MemberColumns {
        id: row.get(0)?,
        changed: row.get(1)?,
        changed_at: row.get(2)?,
        merged_into: merged_into.zip(merge),
        owner: row.get(5)?,
    };
    record::to_member(columns, row.get_ref(6)?.as_str().map_err(|error| Error::Damaged(error.to_string()))?)
}

fn to_claim(home: Option<u64>, shared: bool) -> Result<Claim, Error> {
    Ok(Claim { home: home.map(record::contact_id).transpose()?, shared })
}
