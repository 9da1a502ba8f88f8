//! What a contact shows: the facts of its records, together.

use std::collections::{HashMap, HashSet};

use crate::attribute::{Attribute, Attributes};
use crate::card_property::CardProperty;
use crate::custom::CustomValues;
use crate::facts::{self, Stamped};
use crate::group::Group;
use crate::grouping;
use crate::handle::Handle;
use crate::id::{ContactId, TeammateId};
use crate::link::Link;
use crate::picture::PictureInfo;
use crate::record::Record;
use crate::record_name::RecordId;
use crate::text::Text;
use crate::time::{Seq, Time};
use crate::view::View;

/// A contact: what its records show together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact {
    /// The id.
    pub id: ContactId,
    /// The attributes; empty where none is known.
    pub attributes: Attributes<Text>,
    /// The handles, in the order of their first report.
    pub handles: Vec<Handle>,
    /// The links, in the order of their first report.
    pub links: Vec<Link>,
    /// Properties of vCards that have no place of their own, in the order of their first report.
    pub properties: Vec<CardProperty>,
    /// Its lists and accounts, in the order in which it joined them. Some may have been deleted since.
    pub groups: Vec<Group>,
    /// Values of custom fields. Some fields may have been deleted since.
    pub custom: CustomValues,
    /// The picture, if any.
    pub picture: Option<PictureInfo>,
    /// The teammate who owns it, if it is private.
    pub owner: Option<TeammateId>,
    /// When it was created.
    pub created_at: Time,
    /// The last entry that changed it.
    pub changed: Seq,
    /// The time of that entry.
    pub changed_at: Time,
    /// Its other records, by id.
    pub others: Vec<RecordId>,
}

impl Contact {
    /// The name, empty if none is known.
    pub fn name(&self) -> &str {
        self.attributes[Attribute::Name].as_str()
    }

    /// The description, empty if there is none.
    pub fn description(&self) -> &str {
        self.attributes[Attribute::Description].as_str()
    }
}

impl View {
    /// The contact with an id, or the one that the record with this id is part of now; none if there is none.
    pub fn contact(&self, id: ContactId) -> Option<Contact> {
        let root = self.records.get(&self.root(id)?)?;
        let all = self.whole(root.id).map(|record| &record.facts);
        let singles = grouping::singles(self, root);
        Some(Contact {
            id: root.id,
            attributes: singles.attributes(),
            handles: self.shown_handles(root),
            links: facts::links(all.clone()),
            properties: facts::properties(all.clone()),
            groups: facts::groups(all),
            custom: singles.custom(),
            picture: singles.picture(),
            owner: root.owner,
            created_at: root.created_at,
            changed: root.changed,
            changed_at: root.changed_at,
            others: root.others.clone(),
        })
    }

    /// The handles that a contact shows: those that it owns, and the shared ones that its records report.
    fn shown_handles(&self, root: &Record) -> Vec<Handle> {
        let is_shown = |handle: &&Stamped<Handle>| self.shows(root, handle.value.key());
        let mut handles =
            facts::first_of_each(self.whole(root.id).flat_map(|record| &record.facts.handles).filter(is_shown));
        // Two forms of one handle are shown as the first was given, with the first label that was.
        let mut labels = HashMap::new();
        for handle in handles.iter().rev() {
            if let Some(label) = handle.label() {
                labels.insert(handle.key().clone(), label.clone());
            }
        }
        let mut seen = HashSet::new();
        handles.retain(|handle| seen.insert(handle.key().clone()));
        if !labels.is_empty() {
            let labelled = |handle: Handle| {
                let label = labels.get(handle.key()).cloned();
                handle.with_label(label)
            };
            handles = handles.into_iter().map(labelled).collect();
        }
        handles
    }
}
