//! What an observation tells about somebody besides their handles, and what of it is news.

use crate::custom::{CustomName, CustomValue};
use crate::entry::Change;
use crate::facts::Stamped;
use crate::group::Group;
use crate::handle::Handle;
use crate::id::{ContactId, TeammateId};
use crate::link::Link;
use crate::member::Member;
use crate::observation::Observation;
use crate::origin::Origin;
use crate::picture::Picture;
use crate::text::{Description, Name};
use crate::time::Seq;
use crate::view::View;

/// What is told about a contact besides its handles.
pub struct NewFacts<'a> {
    origin: Origin,
    name: Option<&'a Name>,
    description: Option<&'a Description>,
    links: &'a [Link],
    groups: &'a [Group],
    custom: Vec<&'a (CustomName, Option<CustomValue>)>,
    picture: Option<&'a Option<Picture>>,
    owner: Option<TeammateId>,
}

impl<'a> NewFacts<'a> {
    /// All that an observation tells.
    pub fn of(observation: &'a Observation) -> NewFacts<'a> {
        let Observation {
            origin,
            name,
            description,
            handles: _,
            links,
            groups,
            custom,
            picture,
            owner,
            only_fill_gaps: _,
        } = observation;
        NewFacts {
            origin: *origin,
            name: name.as_ref(),
            description: description.as_ref(),
            links,
            groups,
            custom: custom.iter().collect(),
            picture: picture.as_ref(),
            owner: *owner,
        }
    }

    /// What is left of it if it leaves alone what was told before of any of these.
    pub fn of_gaps(self, view: &View, owners: &[ContactId]) -> NewFacts<'a> {
        let facts = || owners.iter().flat_map(|owner| view.whole(*owner)).map(|member| &member.facts);
        let NewFacts { name, description, mut custom, picture, .. } = self;
        custom.retain(|(name, _)| facts().all(|facts| !facts.custom.contains_key(name)));
        NewFacts {
            name: name.filter(|_| facts().all(|facts| facts.name.is_none())),
            description: description.filter(|_| facts().all(|facts| facts.description.is_none())),
            custom,
            picture: picture.filter(|_| facts().all(|facts| facts.picture.is_none())),
            ..self
        }
    }

    /// The entry of it.
    pub fn observed(self, handles: Vec<&Handle>, home: ContactId, kept_apart: Option<Seq>) -> Change {
        Change::Observed {
            home,
            name: self.name.cloned(),
            description: self.description.cloned(),
            handles: handles.into_iter().cloned().collect(),
            links: self.links.to_vec(),
            groups: self.groups.to_vec(),
            custom: self.custom.into_iter().cloned().collect(),
            picture: self.picture.map(|picture| picture.as_ref().map(|picture| picture.kind)),
            owner: self.owner,
            kept_apart,
        }
    }

    /// Whether it tells anything that a contact does not show already, or would not show if any of its merges were split.
    pub fn changes_anything(&self, view: &View, home: ContactId) -> bool {
        let (Some(root), Some(member)) = (view.root(home), view.members.get(&home)) else { return true };
        let all = view.whole(root);
        let settled = settled(all.clone());
        let is_new_name = |name: &Name| match self.origin {
            Origin::Message => is_new_message_name(name, member, all.clone(), settled),
            Origin::Api | Origin::Import | Origin::Person | Origin::Teammate(_) => {
                is_new_name(name, member, all.clone(), settled)
            }
        };
        self.name.is_some_and(is_new_name)
            || self.description.is_some_and(|description| {
                let others = all.clone().filter_map(|other| other.facts.description.as_ref());
                is_new(description, member.facts.description.as_ref(), others, settled)
            })
            || self.links.iter().any(|link| member.facts.links.iter().all(|known| known.value != *link))
            || self.groups.iter().any(|group| member.facts.groups.iter().all(|known| known.value != *group))
            || self.custom.iter().any(|(name, value)| {
                let others = all.clone().filter_map(|other| other.facts.custom.get(name));
                is_new(value, member.facts.custom.get(name), others, settled)
            })
            || self.picture.is_some()
    }
}

/// The last merge in a person that settled what conflicted; before all entries if none did.
///
/// What it made of values that differ may be neither of them, or the older. Told again, either is news.
fn settled<'a>(all: impl Iterator<Item = &'a Member>) -> Seq {
    let settling = all.filter_map(|part| part.merged_into.filter(|into| into.newer_side.is_some()));
    settling.map(|into| into.merge).max().unwrap_or_default()
}

/// Whether a value is other than the last one told, here or later in any part of the same person.
fn is_new<'a, T: PartialEq + 'a>(
    value: &T,
    here: Option<&Stamped<T>>,
    mut everywhere: impl Iterator<Item = &'a Stamped<T>>,
    settled: Seq,
) -> bool {
    here.is_none_or(|here| {
        here.value != *value || everywhere.any(|other| other.seq.max(settled) > here.seq && other.value != *value)
    })
}

/// The same for a name: the empty one also takes away a name that came with a message since.
fn is_new_name<'a>(name: &Name, here: &Member, all: impl Iterator<Item = &'a Member> + Clone, settled: Seq) -> bool {
    let told = here.facts.name.as_ref();
    let came_since = |heard: &Stamped<Name>| told.is_some_and(|told| heard.seq.max(settled) > told.seq);
    is_new(name, told, all.clone().filter_map(|other| other.facts.name.as_ref()), settled)
        || name.as_str().is_empty() && all.filter_map(|other| other.facts.message_name.as_ref()).any(came_since)
}

/// The same for the name that comes with a message, which may have been taken away since.
fn is_new_message_name<'a>(
    name: &Name,
    here: &Member,
    all: impl Iterator<Item = &'a Member> + Clone,
    settled: Seq,
) -> bool {
    let heard = here.facts.message_name.as_ref();
    let taken_since = |told: &Stamped<Name>| {
        told.value.as_str().is_empty() && heard.is_some_and(|heard| told.seq.max(settled) > heard.seq)
    };
    is_new(name, heard, all.clone().filter_map(|other| other.facts.message_name.as_ref()), settled)
        || all.filter_map(|other| other.facts.name.as_ref()).any(taken_since)
}
