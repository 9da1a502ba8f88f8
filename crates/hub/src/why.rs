//! Why records are one contact: chains of links, with when and from where each came.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use contact::{
    ChainLink, Chains, CompanyId, ContactId, HandleKey, LinkReason, Missing, Origin, Record, RecordId, Refused, Seq,
    Time, View,
};

use crate::{Error, Hub};

/// Most records of a contact that [`Hub::explained_records`] returns.
pub const RECORDS_EXPLAINED_MAX: usize = 50;

/// When something was reported or decided, and by whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Provenance {
    /// When.
    pub at: Time,
    /// By whom.
    pub by: Origin,
}

/// A link of a chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExplainedLink {
    /// The link.
    pub link: ChainLink,
    /// When it was made, and by whom.
    pub made: Provenance,
    /// For a link by a handle: the reports of both records.
    pub reports: Option<[Provenance; 2]>,
}

/// Why two records are one contact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Why {
    /// The contact.
    pub contact: ContactId,
    /// The first record.
    pub from: RecordId,
    /// The other record.
    pub to: RecordId,
    /// The links that lead from one to the other; none if they are the same.
    pub links: Vec<ExplainedLink>,
    /// All records of the chain.
    pub records: BTreeMap<RecordId, Record>,
}

/// A record of a contact, and why it is part of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExplainedRecord {
    /// The record.
    pub record: Record,
    /// Its first report.
    pub made: Provenance,
    /// The links that lead from the contact's first record to this one.
    pub links: Vec<ExplainedLink>,
}

/// The records of a contact, the oldest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExplainedRecords {
    /// At most [`RECORDS_EXPLAINED_MAX`] of them.
    pub listed: Vec<ExplainedRecord>,
    /// How many more there are.
    pub more: usize,
    /// All records that chains lead through.
    pub records: BTreeMap<RecordId, Record>,
}

impl Hub {
    /// The shortest chain of links between two records.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if one of them is not found; [`Error::NotOnePerson`] if they are not one contact now;
    /// [`Error::Store`] if the store does not answer.
    pub async fn why(&self, company: CompanyId, from: RecordId, to: RecordId) -> Result<Why, Error> {
        let view = self.view_of(company, &[from, to]).await?;
        let contact = view.root(from).ok_or(Refused::NoContact(from))?;
        view.root(to).ok_or(Refused::NoContact(to))?;
        let chain = view.chains(from).to(to).ok_or(Error::NotOnePerson([from, to]))?;
        self.explain(&view, contact, [from, to], chain).await
    }

    /// The shortest chain of links between records of a contact that report two handles.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the contact is not found; [`Error::NoHandleOf`] if none of its records reports a handle;
    /// [`Error::Store`] if the store does not answer.
    pub async fn why_handles(
        &self,
        company: CompanyId,
        contact: ContactId,
        handles: [&HandleKey; 2],
    ) -> Result<Why, Error> {
        let view = self.view_of(company, &[contact]).await?;
        let root = view.root(contact).ok_or(Refused::NoContact(contact))?;
        let reporters = |handle: &HandleKey| {
            let reports = |record: &&Record| record.facts.handles.iter().any(|known| known.value.key() == handle);
            let records = standing(&view, root);
            let found: Vec<RecordId> = records.into_iter().filter(reports).map(|record| record.id).collect();
            if found.is_empty() { Err(Error::NoHandleOf { handle: handle.clone(), contact: root }) } else { Ok(found) }
        };
        let [first, second] = [reporters(handles[0])?, reporters(handles[1])?];
        let chains = view.chains(first[0]);
        let chain = |to: &RecordId| Some((chains.to(*to)?, *to));
        let shortest = second.iter().filter_map(chain).min_by_key(|(chain, _)| chain.len());
        let (mut chain, to) = shortest.ok_or(Error::NotOnePerson([first[0], second[0]]))?;
        // The chain begins with the last record that reports the first handle.
        let passed = chain.iter().rposition(|link| first.contains(&link.to)).map_or(0, |last| last + 1);
        let from = if passed == 0 { first[0] } else { chain[passed - 1].to };
        self.explain(&view, root, [from, to], chain.split_off(passed)).await
    }

    async fn explain(
        &self,
        view: &View,
        contact: ContactId,
        [from, to]: [RecordId; 2],
        chain: Vec<ChainLink>,
    ) -> Result<Why, Error> {
        let known = self.provenances(view.company, chain.iter().flat_map(entries).collect()).await?;
        let records = chain.iter().map(|link| link.to).chain([from]);
        let records = records.filter_map(|id| Some((id, view.records.get(&id)?.clone()))).collect();
        Ok(Why { contact, from, to, links: explained(chain, &known)?, records })
    }

    /// The records of a contact, each with the chain of links from the first one.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the contact is not found; [`Error::Store`] if the store does not answer.
    pub async fn explained_records(&self, company: CompanyId, contact: ContactId) -> Result<ExplainedRecords, Error> {
        let view = self.view_of(company, &[contact]).await?;
        let root = view.root(contact).ok_or(Refused::NoContact(contact))?;
        let all = standing(&view, root);
        let more = all.len().saturating_sub(RECORDS_EXPLAINED_MAX);
        let chains: Option<Chains> = all.first().map(|first| view.chains(first.id));
        let chain = |record: &Record| chains.as_ref().and_then(|chains| chains.to(record.id)).unwrap_or_default();
        let listed: Vec<(&Record, Vec<ChainLink>)> =
            all.into_iter().take(RECORDS_EXPLAINED_MAX).map(|record| (record, chain(record))).collect();
        let firsts = listed.iter().map(|(record, _)| record.first);
        let known = listed.iter().flat_map(|(_, chain)| chain.iter().flat_map(entries)).chain(firsts).collect();
        let known = self.provenances(company, known).await?;
        let records = listed.iter().flat_map(|(record, chain)| chain.iter().map(|link| link.to).chain([record.id]));
        let records = records.filter_map(|id| Some((id, view.records.get(&id)?.clone()))).collect();
        let explain = |(record, chain): (&Record, Vec<ChainLink>)| {
            let (record, made) = (record.clone(), provenance(&known, record.first)?);
            Ok(ExplainedRecord { record, made, links: explained(chain, &known)? })
        };
        let listed = listed.into_iter().map(explain).collect::<Result<_, Error>>()?;
        Ok(ExplainedRecords { listed, more, records })
    }

    async fn view_of(&self, company: CompanyId, contacts: &[ContactId]) -> Result<View, Error> {
        // Ids hold their company, so another company is answered without a read.
        if let Some(foreign) = contacts.iter().find(|id| id.company() != company) {
            return Err(Refused::NoContact(*foreign).into());
        }
        Ok(self.store.view(company, contacts, &Missing::default()).await?)
    }

    /// When and from where journal entries came.
    async fn provenances(&self, company: CompanyId, entries: BTreeSet<Seq>) -> Result<HashMap<Seq, Provenance>, Error> {
        let mut known = HashMap::with_capacity(entries.len());
        for seq in entries {
            let found = self.store.entries(company, Seq(seq.0.saturating_sub(1)), 1).await?;
            let found = found.first().filter(|entry| entry.seq == seq);
            known.extend(found.map(|entry| (seq, Provenance { at: entry.at, by: entry.origin })));
        }
        Ok(known)
    }
}

/// The records of a contact that are not withdrawn, the oldest first.
pub(crate) fn standing(view: &View, contact: ContactId) -> Vec<&Record> {
    let records = view.parts(contact).into_iter().filter_map(|id| view.records.get(&id));
    let mut records: Vec<&Record> = records.filter(|record| !record.is_withdrawn).collect();
    records.sort_by_key(|record| (record.first, record.id));
    records
}

/// The journal entries that a link names.
fn entries(link: &ChainLink) -> Vec<Seq> {
    match &link.because {
        LinkReason::Handle { reports, .. } => reports.to_vec(),
        LinkReason::Merge | LinkReason::Added | LinkReason::Withdrawn => vec![link.entry],
    }
}

fn explained(chain: Vec<ChainLink>, known: &HashMap<Seq, Provenance>) -> Result<Vec<ExplainedLink>, Error> {
    let explain = |link: ChainLink| {
        let reports = match &link.because {
            LinkReason::Handle { reports: [one, other], .. } => {
                Some([provenance(known, *one)?, provenance(known, *other)?])
            }
            LinkReason::Merge | LinkReason::Added | LinkReason::Withdrawn => None,
        };
        Ok(ExplainedLink { made: provenance(known, link.entry)?, reports, link })
    };
    chain.into_iter().map(explain).collect()
}

fn provenance(known: &HashMap<Seq, Provenance>, entry: Seq) -> Result<Provenance, Error> {
    let missing = || store::Error::Damaged(format!("journal entry {entry} is missing"));
    Ok(*known.get(&entry).ok_or_else(missing)?)
}
