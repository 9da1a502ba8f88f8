//! Why a person is one: what was told and when, what joined whom, and what a merge or a split would come to.

use std::collections::BTreeSet;

use contact::{
    Attribute, Change, Command, CompanyId, Contact, ContactId, Entry, Handle, HandleKey, Origin, Outcome, Seq, Text,
    View,
};

use crate::{Error, Hub};

/// Most entries of a history that are shown at once.
pub const HISTORY_MAX: usize = 50;

/// An entry, and what it takes to tell it in a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryItem {
    /// The entry.
    pub entry: Entry,
    /// Of a merge, a split or a rule: the other side, as it is called by itself.
    pub other: Option<(ContactId, Text)>,
    /// Of a merge: the handles that both sides had, or that the observation which showed it named.
    pub because: Vec<Handle>,
    /// Of a merge: whether it can be taken back.
    pub stands: bool,
}

/// Some of the entries about a person, the newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct History {
    /// The entries.
    pub told: Vec<HistoryItem>,
    /// Where those before them begin; none if these begin with the first.
    pub before: Option<Seq>,
}

/// What a merge or a split would come to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preview {
    /// The people as they are.
    pub now: Vec<Contact>,
    /// The people as they would be.
    pub then: Vec<Contact>,
}

impl Hub {
    /// The number of a company's last entry.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn head(&self, company: CompanyId) -> Result<Seq, Error> {
        Ok(self.store.head(company).await?)
    }

    /// The entries about a person, the newest first, or those before one of them.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn history(&self, company: CompanyId, contact: ContactId, before: Option<Seq>) -> Result<History, Error> {
        if contact.company() != company {
            return Ok(History { told: Vec::new(), before: None });
        }
        let mut entries = self.store.history(company, contact, before, HISTORY_MAX + 1).await?;
        let has_more = entries.len() > HISTORY_MAX;
        entries.truncate(HISTORY_MAX);
        let before = entries.last().filter(|_| has_more).map(|last| last.seq);
        let named = entries.iter().flat_map(|entry| sides(&entry.change));
        let named: Vec<ContactId> = named.chain([contact]).collect::<BTreeSet<_>>().into_iter().collect();
        let view = self.store.view(company, &named, None).await?;
        let mut told = Vec::with_capacity(entries.len());
        for entry in entries {
            told.push(self.told(company, &view, contact, entry).await?);
        }
        Ok(History { told, before })
    }

    async fn told(
        &self,
        company: CompanyId,
        view: &View,
        contact: ContactId,
        entry: Entry,
    ) -> Result<HistoryItem, Error> {
        let mut told = HistoryItem { other: None, because: Vec::new(), stands: false, entry };
        match told.entry.change {
            Change::Merged { kept, joined, because, .. } => {
                let is_kept_side = view.root(contact) == view.root(kept);
                told.other = called(view, if is_kept_side { joined } else { kept });
                let merge = told.entry.seq;
                let is_it = |merged: contact::MergedInto| merged.merge == merge;
                told.stands = view.members.get(&joined).and_then(|member| member.merged_into).is_some_and(is_it);
                if let Some(because) = because {
                    told.because = self.handles_that_join(company, view, because, [kept, joined]).await?;
                }
            }
            Change::Split { kept, parted, .. } => {
                let root = view.root(contact);
                let other = if view.root(kept) == root { parted } else { kept };
                told.other = called(view, other);
            }
            Change::KeptApart { one, other } => {
                let is_one = view.root(one) == view.root(contact);
                told.other = called(view, if is_one { other } else { one });
            }
            _ => {}
        }
        Ok(told)
    }

    /// The handles of an observation that were those of the two that it joined.
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
        let homes: BTreeSet<ContactId> = sides.into_iter().flat_map(|side| around(view, side)).collect();
        let is_of = |key: &HandleKey| {
            let members = homes.iter().filter_map(|home| view.members.get(home));
            let mut known = members.flat_map(|member| member.facts.handles.iter());
            known.any(|told| told.value.key() == key && told.seq < observation)
        };
        Ok(handles.into_iter().filter(|handle| is_of(handle.key())).collect())
    }

    /// Makes contacts one, because someone says that they are.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if one of them is not there, or they are too many; [`Error::Store`] if the store does not
    /// take it.
    pub async fn merge(
        &self,
        company: CompanyId,
        contacts: Vec<ContactId>,
        target: Option<ContactId>,
        by: Origin,
    ) -> Result<Outcome, Error> {
        self.perform(company, Command::Merge { contacts, target, by }).await
    }

    /// Takes a merge back. Its sides stay apart from then on.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it is no merge that stands; [`Error::Store`] if the store does not take it.
    pub async fn split(&self, company: CompanyId, merge: Seq, by: Origin) -> Result<Outcome, Error> {
        self.perform(company, Command::Split { merge, by }).await
    }

    /// Keeps two people apart, because someone says that they are not the same.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if one of them is not there, or they are one person; [`Error::Store`] if the store does not take it.
    pub async fn keep_apart(&self, company: CompanyId, contacts: [ContactId; 2], by: Origin) -> Result<Outcome, Error> {
        self.perform(company, Command::KeepApart { contacts, by }).await
    }

    /// What a merge would come to.
    ///
    /// # Errors
    ///
    /// As [`merge`](Hub::merge).
    pub async fn preview_merge(&self, company: CompanyId, contacts: Vec<ContactId>) -> Result<Preview, Error> {
        let view = self.store.view(company, &contacts, None).await?;
        preview(
            view,
            &Command::Merge { contacts: contacts.clone(), target: None, by: Origin::Person },
            &contacts,
            self.clock.now(),
        )
    }

    /// What a split would come to.
    ///
    /// # Errors
    ///
    /// As [`split`](Hub::split).
    pub async fn preview_split(&self, company: CompanyId, merge: Seq) -> Result<Preview, Error> {
        let view = self.store.view(company, &[], Some(merge)).await?;
        let is_it = |merged: contact::MergedInto| merged.merge == merge;
        let parted = view.members.values().find(|member| member.merged_into.is_some_and(is_it)).map(|member| member.id);
        let kept = parted.and_then(|parted| view.members.get(&parted)?.merged_into).map(|merged| merged.contact);
        let sides: Vec<ContactId> = kept.into_iter().chain(parted).collect();
        preview(view, &Command::Split { merge, by: Origin::Person }, &sides, self.clock.now())
    }
}

fn preview(mut view: View, command: &Command, contacts: &[ContactId], at: contact::Time) -> Result<Preview, Error> {
    let shown = |view: &View| {
        let roots: BTreeSet<ContactId> = contacts.iter().filter_map(|contact| view.root(*contact)).collect();
        roots.into_iter().filter_map(|root| view.contact(root)).collect()
    };
    let now = shown(&view);
    view.perform(command, at)?;
    Ok(Preview { now, then: shown(&view) })
}

/// The contacts that a change names as sides.
fn sides(change: &Change) -> Vec<ContactId> {
    match change {
        Change::Merged { kept, joined, .. } => vec![*kept, *joined],
        Change::Split { kept, parted, .. } => vec![*kept, *parted],
        Change::KeptApart { one, other } => vec![*one, *other],
        _ => Vec::new(),
    }
}

/// What a contact is called by itself, apart from what it is merged with.
fn called(view: &View, id: ContactId) -> Option<(ContactId, Text)> {
    let facts = &view.members.get(&id)?.facts;
    let told = facts.single.attributes[Attribute::Name].as_ref().or(facts.single.message_name.as_ref());
    let first = || facts.handles.first().map(|told| Text::from_stored(told.value.text().to_owned()));
    let name = told.map(|told| told.value.clone()).filter(|name| !name.as_str().is_empty());
    Some((id, name.or_else(first).unwrap_or_default()))
}

/// A contact and all that it is or was part of.
fn around(view: &View, id: ContactId) -> Vec<ContactId> {
    let parts = view.members.get(&id).map(|member| member.members.clone()).unwrap_or_default();
    let root = view.root(id).into_iter();
    std::iter::once(id).chain(parts).chain(root).collect()
}
