//! The history of a contact, merges and splits with their previews.

use std::collections::BTreeSet;

use contact::{
    Attribute, Change, Command, CompanyId, Contact, ContactId, Entry, Handle, HandleKey, Origin, Outcome, Seq, Text,
    View,
};

use crate::{Error, Hub, Page};

/// Most entries of a page of a history.
pub const HISTORY_MAX: usize = 50;

/// A journal entry, with what is needed to describe it in a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryItem {
    /// The entry.
    pub entry: Entry,
    /// For a merge, a split or a separation: the other side, by its own display name.
    pub other: Option<(ContactId, Text)>,
    /// For a merge: the handles that linked the two sides.
    pub because: Vec<Handle>,
    /// For a merge: whether it can be undone.
    pub can_undo: bool,
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

    /// The history of a contact: its journal entries, the newest first, or those before an entry.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn history(&self, company: CompanyId, contact: ContactId, before: Option<Seq>) -> Result<History, Error> {
        if contact.company() != company {
            return Ok(Page::last(Vec::new()));
        }
        let entries = self.store.history(company, contact, before, HISTORY_MAX + 1).await?;
        let Page { items: entries, next } = Page::cut(entries, HISTORY_MAX, |last| last.seq);
        let named = entries.iter().flat_map(|entry| sides(&entry.change));
        let named: Vec<ContactId> = named.chain([contact]).collect::<BTreeSet<_>>().into_iter().collect();
        let view = self.store.view(company, &named, None).await?;
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
        let mut item = HistoryItem { other: None, because: Vec::new(), can_undo: false, entry };
        match item.entry.change {
            Change::Merged { kept, joined, because, .. } => {
                let is_kept_side = view.root(contact) == view.root(kept);
                item.other = own_display_name(view, if is_kept_side { joined } else { kept });
                let merge = item.entry.seq;
                let is_this_merge = |merged: contact::MergedInto| merged.merge == merge;
                item.can_undo =
                    view.members.get(&joined).and_then(|member| member.merged_into).is_some_and(is_this_merge);
                if let Some(because) = because {
                    item.because = self.handles_that_join(company, view, because, [kept, joined]).await?;
                }
            }
            Change::Split { kept, parted, .. } => {
                let root = view.root(contact);
                let other = if view.root(kept) == root { parted } else { kept };
                item.other = own_display_name(view, other);
            }
            Change::KeptApart { one, other } => {
                let is_one = view.root(one) == view.root(contact);
                item.other = own_display_name(view, if is_one { other } else { one });
            }
            _ => {}
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
            let members = homes.iter().filter_map(|home| view.members.get(home));
            let mut known = members.flat_map(|member| member.facts.handles.iter());
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

    /// Splits a contact by undoing a merge. The two sides stay apart from then on.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if there is no merge to undo; [`Error::Store`] if the store does not accept it.
    pub async fn split(&self, company: CompanyId, merge: Seq, by: Origin) -> Result<Outcome, Error> {
        self.perform(company, Command::Split { merge, by }).await
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
        let view = self.store.view(company, &contacts, None).await?;
        preview(
            view,
            &Command::Merge { contacts: contacts.clone(), target: None, by: Origin::Person },
            &contacts,
            self.clock.now(),
        )
    }

    /// Previews a split.
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

/// The two sides of a merge, a split or a separation.
fn sides(change: &Change) -> Vec<ContactId> {
    match change {
        Change::Merged { kept, joined, .. } => vec![*kept, *joined],
        Change::Split { kept, parted, .. } => vec![*kept, *parted],
        Change::KeptApart { one, other } => vec![*one, *other],
        _ => Vec::new(),
    }
}

/// The display name of a contact by its own facts, without those of contacts merged into it.
fn own_display_name(view: &View, id: ContactId) -> Option<(ContactId, Text)> {
    let facts = &view.members.get(&id)?.facts;
    let named = facts.single.attributes[Attribute::Name].as_ref().or(facts.single.message_name.as_ref());
    let first = || facts.handles.first().map(|fact| Text::from_stored(fact.value.text().to_owned()));
    let name = named.map(|fact| fact.value.clone()).filter(|name| !name.as_str().is_empty());
    Some((id, name.or_else(first).unwrap_or_default()))
}

/// A contact, all its parts, and the contact that it is part of.
fn family(view: &View, id: ContactId) -> Vec<ContactId> {
    let parts = view.members.get(&id).map(|member| member.members.clone()).unwrap_or_default();
    let root = view.root(id).into_iter();
    std::iter::once(id).chain(parts).chain(root).collect()
}
