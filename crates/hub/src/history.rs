//! The history of a contact, merges and splits with their previews.

use std::collections::BTreeSet;

use contact::{
    Attribute, Change, Command, CompanyId, Contact, ContactId, Entry, Handle, HandleKey, Missing, NotUsed, Origin,
    Outcome, Record, RecordId, Seq, Side, Text, View, leaving,
};

use crate::try_out::Trial;
use crate::why::standing;
use crate::{Error, Hub, PAGE_SIZE_MAX, Page};

/// The entries of a history that a card shows at once.
pub const HISTORY_MAX: usize = 50;

/// Most other contacts that an entry of a history names.
pub const OTHERS_MAX: usize = 10;

/// A journal entry, with what is needed to describe it in a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryItem {
    /// The entry.
    pub entry: Entry,
    /// For what joined or parted contacts: the other sides, by their own display names; at most [`OTHERS_MAX`].
    pub others: Vec<(ContactId, Text)>,
    /// For a merge: the handles that linked the two sides.
    pub because: Vec<Handle>,
    /// The records that the entry brought into the contact, if they can be split off.
    pub brought: Vec<RecordId>,
    /// The handles of an observation that do not link its record to the contact, and why.
    pub not_used: Vec<(HandleKey, NotUsed)>,
}

/// A page of a history, the newest entry first.
pub type History = Page<HistoryItem, Seq>;

/// The effect that a merge or a split would have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preview {
    /// The contacts as they are.
    pub now: Vec<Contact>,
    /// The contacts as they would be.
    pub then: Vec<Contact>,
}

impl Hub {
    /// The number of a company's last journal entry.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn head(&self, company: CompanyId) -> Result<Seq, Error> {
        Ok(self.store.head(company).await?)
    }

    /// The history of a contact: its journal entries, the newest first, or those before an entry. At most `size`, and at most
    /// [`PAGE_SIZE_MAX`].
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn history(
        &self,
        company: CompanyId,
        contact: ContactId,
        before: Option<Seq>,
        size: usize,
    ) -> Result<History, Error> {
        let size = size.min(PAGE_SIZE_MAX);
        if contact.company() != company {
            return Ok(Page::last(Vec::new()));
        }
        let entries = self.store.history(company, contact, before, size + 1).await?;
        let Page { items: entries, next } = Page::cut(entries, size, |last| last.seq);
        let named = entries.iter().flat_map(|entry| sides(&entry.change));
        let named: BTreeSet<ContactId> = named.chain([contact]).collect();
        let mut named: Vec<ContactId> = named.into_iter().collect();
        let mut view = self.store.view(company, &named, &Missing::default()).await?;
        // Whether a handle of another contact was kept apart is known from the other contact.
        let homes: Vec<ContactId> = entries.iter().flat_map(|entry| foreign_homes(&view, &entry.change)).collect();
        if homes.iter().any(|home| !view.records.contains_key(home)) {
            named.extend(homes);
            view = self.store.view(company, &named, &Missing::default()).await?;
        }
        let mut items = Vec::with_capacity(entries.len());
        for entry in entries {
            items.push(self.history_item(company, &view, contact, entry).await?);
        }
        Ok(Page { items, next })
    }

    async fn history_item(
        &self,
        company: CompanyId,
        view: &View,
        contact: ContactId,
        entry: Entry,
    ) -> Result<HistoryItem, Error> {
        let root = view.root(contact);
        let is_other = |id: &ContactId| view.root(*id) != root;
        let others = match &entry.change {
            Change::Merged { kept, .. } if is_other(kept) => vec![*kept],
            Change::Merged { joined, .. } => vec![*joined],
            Change::Split { records, .. } if records.iter().any(is_other) => roots(view, records),
            Change::Split { contact, .. } => vec![*contact],
            Change::KeptApart { one, other } => vec![if is_other(one) { *one } else { *other }],
            Change::Regrouped { before, .. } => before.iter().copied().filter(is_other).collect(),
            _ => Vec::new(),
        };
        let mut item = HistoryItem {
            others: others.into_iter().take(OTHERS_MAX).map(|id| (id, own_display_name(view, id, &entry))).collect(),
            because: Vec::new(),
            brought: brought(view, contact, &entry),
            not_used: not_used(view, &entry.change),
            entry,
        };
        if let Change::Merged { kept, joined, because: Some(because), .. } = item.entry.change {
            item.because = self.handles_that_join(company, view, because, [kept, joined]).await?;
        }
        Ok(item)
    }

    /// The handles of an observation that the two contacts which it joined already had.
    async fn handles_that_join(
        &self,
        company: CompanyId,
        view: &View,
        observation: Seq,
        sides: [ContactId; 2],
    ) -> Result<Vec<Handle>, Error> {
        let before = Seq(observation.0.saturating_sub(1));
        let entry = self.store.entries(company, before, 1).await?.into_iter().next();
        let Some(Change::Observed { handles, .. }) = entry.map(|entry| entry.change) else { return Ok(Vec::new()) };
        let homes: BTreeSet<ContactId> = sides.into_iter().flat_map(|side| family(view, side)).collect();
        let is_of = |key: &HandleKey| {
            let records = homes.iter().filter_map(|home| view.records.get(home));
            let mut known = records.flat_map(|record| record.facts.handles.iter());
            known.any(|fact| fact.value.key() == key && fact.seq < observation)
        };
        Ok(handles.into_iter().filter(|handle| is_of(handle.key())).collect())
    }

    /// Merges contacts.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if one of them is not found, or they are too many; [`Error::Store`] if the store does not accept
    /// it.
    pub async fn merge(
        &self,
        company: CompanyId,
        contacts: Vec<ContactId>,
        target: Option<ContactId>,
        by: Origin,
    ) -> Result<Outcome, Error> {
        self.perform(company, Command::Merge { contacts, target, by }).await
    }

    /// Splits records off a contact. The two sides stay apart from then on.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] unless they are some of its records, but not all; [`Error::Store`] if the store does not accept
    /// it.
    pub async fn split(
        &self,
        company: CompanyId,
        contact: ContactId,
        records: Vec<RecordId>,
        by: Origin,
    ) -> Result<Outcome, Error> {
        self.perform(company, Command::Split { contact, records, by }).await
    }

    /// The records that a journal entry brought into a contact, if they can be split off.
    ///
    /// # Errors
    ///
    /// [`Error::NothingToSplit`] if there are none; [`Error::Store`] if the store does not answer.
    pub async fn brought(&self, company: CompanyId, contact: ContactId, entry: Seq) -> Result<Vec<RecordId>, Error> {
        let view = self.store.view(company, &[contact], &Missing::default()).await?;
        let entries = self.store.entries(company, Seq(entry.0.saturating_sub(1)), 1).await?;
        let found = entries.first().filter(|found| found.seq == entry).map(|found| brought(&view, contact, found));
        found.filter(|records| !records.is_empty()).ok_or(Error::NothingToSplit(entry))
    }

    /// The records of a contact, the oldest first.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn records(&self, company: CompanyId, contact: ContactId) -> Result<Vec<Record>, Error> {
        let view = self.store.view(company, &[contact], &Missing::default()).await?;
        Ok(standing(&view, contact).into_iter().cloned().collect())
    }

    /// Keeps two contacts apart: they are different people.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if one of them is not found, or they are one contact; [`Error::Store`] if the store does not accept
    /// it.
    pub async fn keep_apart(&self, company: CompanyId, contacts: [ContactId; 2], by: Origin) -> Result<Outcome, Error> {
        self.perform(company, Command::KeepApart { contacts, by }).await
    }

    /// Previews a merge.
    ///
    /// # Errors
    ///
    /// As [`merge`](Hub::merge).
    pub async fn preview_merge(&self, company: CompanyId, contacts: Vec<ContactId>) -> Result<Preview, Error> {
        let merge = Command::Merge { contacts: contacts.clone(), target: None, by: Origin::Person };
        self.preview(company, &merge, &contacts).await
    }

    /// Previews a split.
    ///
    /// # Errors
    ///
    /// As [`split`](Hub::split).
    pub async fn preview_split(
        &self,
        company: CompanyId,
        contact: ContactId,
        records: Vec<RecordId>,
    ) -> Result<Preview, Error> {
        let split = Command::Split { contact, records, by: Origin::Person };
        self.preview(company, &split, &[contact]).await
    }

    /// What these contacts show, and would show after a command.
    async fn preview(&self, company: CompanyId, command: &Command, contacts: &[ContactId]) -> Result<Preview, Error> {
        let Trial { before, after, .. } = self.try_out(company, command, contacts).await?;
        let records: BTreeSet<RecordId> = contacts.iter().flat_map(|contact| before.parts(*contact)).collect();
        let shown = |view: &View| {
            let roots: BTreeSet<ContactId> = records.iter().filter_map(|record| view.root(*record)).collect();
            roots.into_iter().filter_map(|root| view.contact(root)).collect()
        };
        Ok(Preview { now: shown(&before), then: shown(&after) })
    }
}

/// The records that an entry brought into a contact, if they are not all of it.
fn brought(view: &View, contact: ContactId, entry: &Entry) -> Vec<RecordId> {
    let parts = view.parts(contact);
    let standing = |id: &RecordId| view.records.get(id).is_some_and(|record| !record.is_withdrawn);
    let mut records = match &entry.change {
        Change::Merged { records, .. } => records.clone(),
        Change::Observed { record, .. } if view.records.get(record).is_some_and(|known| known.first == entry.seq) => {
            vec![*record]
        }
        _ => Vec::new(),
    };
    records.retain(|id| parts.contains(id) && standing(id));
    let leaving = leaving(view, &records, entry.seq);
    if !leaving.is_empty() {
        return leaving;
    }
    // What came first can be split off from what came later, too.
    let stays = parts.iter().any(|id| standing(id) && !records.contains(id));
    if stays { records } else { Vec::new() }
}

/// The handles of an observation that do not link its record now, and why.
///
/// They were taken from it, identify nobody, or belong to a contact that is kept apart or has another name.
fn not_used(view: &View, change: &Change) -> Vec<(HandleKey, NotUsed)> {
    let Change::Observed { record, handles, taken, .. } = change else { return Vec::new() };
    let Some(record) = view.records.get(record) else { return Vec::new() };
    let reported = handles.iter().map(Handle::key);
    let reported = reported.filter(|key| record.facts.handles.iter().any(|known| known.value.key() == *key));
    let obstacle = |key: &HandleKey| {
        let home = foreign_home(view, record, key);
        let is_apart = |home| are_apart(&view.separations(record.contact), &view.separations(home));
        let foreign = home.map(|home| if is_apart(home) { NotUsed::KeptApart } else { NotUsed::NamesDiffer });
        view.claims.obstacle(key).or(foreign)
    };
    let taken = taken.iter().filter(|key| record.taken.contains(*key)).map(|key| (key.clone(), NotUsed::Taken));
    taken.chain(reported.filter_map(|key| Some((key.clone(), obstacle(key)?)))).collect()
}

/// The records of other contacts that the handles of an observation identify.
fn foreign_homes(view: &View, change: &Change) -> Vec<RecordId> {
    let Change::Observed { record, handles, .. } = change else { return Vec::new() };
    let Some(record) = view.records.get(record) else { return Vec::new() };
    handles.iter().filter_map(|handle| foreign_home(view, record, handle.key())).collect()
}

/// The record that reported a handle first, if the handle identifies another contact than that of this record.
fn foreign_home(view: &View, record: &Record, handle: &HandleKey) -> Option<RecordId> {
    if view.claims.obstacle(handle).is_some() {
        return None;
    }
    let home = view.claims.get(handle)?.home?;
    (view.root(home) != Some(record.contact)).then_some(home)
}

/// Whether a separation has two contacts on its sides.
fn are_apart(one: &[(Seq, Side)], other: &[(Seq, Side)]) -> bool {
    one.iter().any(|(entry, side)| other.iter().any(|(known, theirs)| known == entry && theirs != side))
}

/// The contacts of records, each once.
fn roots(view: &View, records: &[RecordId]) -> Vec<ContactId> {
    let roots: BTreeSet<ContactId> = records.iter().filter_map(|record| view.root(*record)).collect();
    roots.into_iter().collect()
}

/// The two sides of a merge, a split or a separation.
fn sides(change: &Change) -> Vec<ContactId> {
    match change {
        Change::Merged { kept, joined, records, .. } => records.iter().chain([kept, joined]).copied().collect(),
        Change::Split { contact, records } => std::iter::once(contact).chain(records).copied().collect(),
        Change::Regrouped { before, .. } => before.iter().copied().take(OTHERS_MAX + 1).collect(),
        Change::KeptApart { one, other } => vec![*one, *other],
        _ => Vec::new(),
    }
}

/// The display name of the other side of an entry, by the records that made it then.
fn own_display_name(view: &View, id: ContactId, entry: &Entry) -> Text {
    let records = match &entry.change {
        Change::Merged { joined, records, .. } if *joined == id => records.clone(),
        _ => vec![id],
    };
    let all = || records.iter().filter_map(|record| view.records.get(record)).map(|record| &record.facts);
    let names = all().map(|facts| facts.single.attributes[Attribute::Name].as_ref());
    let message_names = all().map(|facts| facts.single.message_name.as_ref());
    let mut given = names.chain(message_names).flatten().map(|name| name.value.clone());
    let first = || all().find_map(|facts| facts.handles.first());
    let handle = || first().map(|known| Text::from_stored(known.value.text().to_owned()));
    given.find(|name| !name.is_empty()).or_else(handle).unwrap_or_default()
}

/// A record, and all records of its contact.
fn family(view: &View, id: ContactId) -> Vec<ContactId> {
    std::iter::once(id).chain(view.parts(id)).collect()
}
