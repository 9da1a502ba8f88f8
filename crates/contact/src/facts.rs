//! What was told about one contact, apart from all that was merged with it, and what several of them show as one.

use std::collections::{BTreeMap, BTreeSet};

use crate::claims::Claim;
use crate::custom::{CustomName, CustomValue, CustomValues};
use crate::entry::Side;
use crate::group::Group;
use crate::handle::{Handle, HandleKey};
use crate::id::ContactId;
use crate::link::Link;
use crate::picture::PictureInfo;
use crate::text::{Description, Name};
use crate::time::Seq;

/// A value, and the entry that set it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stamped<T> {
    /// The entry.
    pub seq: Seq,
    /// What it told.
    pub value: T,
}

impl<T> Stamped<T> {
    /// A value set by an entry.
    pub fn new(seq: Seq, value: T) -> Stamped<T> {
        Stamped { seq, value }
    }
}

/// What the entries at home in one contact told. The facts of several contacts fold into what they
/// show as one person, whatever the order they are taken in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// The last name told through an API, an import or by a person; perhaps the empty one.
    pub name: Option<Stamped<Name>>,
    /// The last name that came with an incoming message.
    pub message_name: Option<Stamped<Name>>,
    /// The last description; perhaps the empty one.
    pub description: Option<Stamped<Description>>,
    /// The handles at home here, in the order first told.
    pub handles: Vec<Stamped<Handle>>,
    /// Those of the handles that several people use.
    pub shared: BTreeSet<HandleKey>,
    /// The links told, in the order first told.
    pub links: Vec<Stamped<Link>>,
    /// The groups it was put into, in the order first told.
    pub groups: Vec<Stamped<Group>>,
    /// The last values of custom fields; none where one was taken away.
    pub custom: BTreeMap<CustomName, Stamped<Option<CustomValue>>>,
    /// The last picture; none if it was taken away.
    pub picture: Option<Stamped<Option<PictureInfo>>>,
}

impl Facts {
    /// The claims of the handles that are at home here, in whose home they are.
    pub fn claims(&self, home: ContactId) -> impl Iterator<Item = (&HandleKey, Claim)> {
        let keys = self.handles.iter().map(|told| told.value.key());
        keys.map(move |key| (key, Claim { home: Some(home), shared: self.shared.contains(key) }))
    }
}

/// Of what a person has one: the values that were told last, or that a merge has settled.
#[derive(Clone, Default)]
pub struct Singles {
    name: Option<Stamped<Name>>,
    message_name: Option<Stamped<Name>>,
    description: Option<Stamped<Description>>,
    custom: BTreeMap<CustomName, Stamped<Option<CustomValue>>>,
    picture: Option<Stamped<Option<PictureInfo>>>,
}

impl Singles {
    /// What one contact shows by itself.
    pub fn of(facts: &Facts) -> Singles {
        Singles {
            name: facts.name.clone(),
            message_name: facts.message_name.clone(),
            description: facts.description.clone(),
            custom: facts.custom.clone(),
            picture: facts.picture.clone(),
        }
    }

    /// What this side of a merge and the one that joined it show together.
    ///
    /// Where the merge settles what conflicts, what both had been told before it comes to this: the name of the contact
    /// that was kept, both descriptions, and of all else the value of the `newer_side` side, which was changed last. What was
    /// told after it counts as anywhere.
    pub fn join(&mut self, joined: Singles, merge: Seq, newer_side: Option<Side>) {
        let Some(newer_side) = newer_side else {
            self.name = latest(self.name.take(), joined.name);
            self.message_name = latest(self.message_name.take(), joined.message_name);
            self.description = latest(self.description.take(), joined.description);
            self.picture = latest(self.picture.take(), joined.picture);
            for (name, value) in joined.custom {
                let here = self.custom.remove(&name);
                self.custom.extend(latest(here, Some(value)).map(|value| (name, value)));
            }
            return;
        };
        let settling = Settling { merge, newer_side };
        self.name = settling.settle(self.name.take(), joined.name, |kept, joined| match (kept, joined) {
            (kept, joined) if kept.as_str().is_empty() => joined,
            (kept, _) => kept,
        });
        self.message_name = latest(self.message_name.take(), joined.message_name);
        self.description = settling.settle(self.description.take(), joined.description, Description::and);
        self.picture = settling.prefer(self.picture.take(), joined.picture);
        for (name, value) in joined.custom {
            let here = self.custom.remove(&name);
            self.custom.extend(settling.prefer(here, Some(value)).map(|value| (name, value)));
        }
    }

    /// The name. A message's name never replaces one that was told, but it may stand where one was taken away before.
    pub fn name(&self) -> Name {
        match (&self.name, &self.message_name) {
            (Some(told), Some(heard)) if told.value.as_str().is_empty() && heard.seq > told.seq => heard.value.clone(),
            (Some(told), _) => told.value.clone(),
            (None, Some(heard)) => heard.value.clone(),
            (None, None) => Name::default(),
        }
    }

    /// The description.
    pub fn description(&self) -> Description {
        self.description.as_ref().map(|told| told.value.clone()).unwrap_or_default()
    }

    /// The values of custom fields.
    pub fn custom(&self) -> CustomValues {
        self.custom.iter().filter_map(|(name, told)| Some((name.clone(), told.value.clone()?))).collect()
    }

    /// The picture.
    pub fn picture(&self) -> Option<PictureInfo> {
        self.picture.as_ref().and_then(|told| told.value)
    }
}

/// A merge that settles what conflicts.
#[derive(Clone, Copy)]
struct Settling {
    merge: Seq,
    newer_side: Side,
}

impl Settling {
    /// What two values that were told before the merge come to. One that was told after it stands.
    fn settle<T>(
        self,
        kept: Option<Stamped<T>>,
        joined: Option<Stamped<T>>,
        choose: impl FnOnce(T, T) -> T,
    ) -> Option<Stamped<T>> {
        match (kept, joined) {
            (Some(kept), Some(joined)) if kept.seq.max(joined.seq) < self.merge => {
                Some(Stamped::new(self.merge, choose(kept.value, joined.value)))
            }
            (kept, joined) => latest(kept, joined),
        }
    }

    /// The value of the newer_side side, or of the other if that has none.
    fn prefer<T>(
        self,
        kept: Option<Stamped<Option<T>>>,
        joined: Option<Stamped<Option<T>>>,
    ) -> Option<Stamped<Option<T>>> {
        self.settle(kept, joined, |kept, joined| match self.newer_side {
            Side::Kept => kept.or(joined),
            Side::Parted => joined.or(kept),
        })
    }
}

fn latest<T>(one: Option<Stamped<T>>, other: Option<Stamped<T>>) -> Option<Stamped<T>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if other.seq > one.seq { other } else { one }),
        (one, other) => one.or(other),
    }
}

/// The handles that a person shows, in the order first told.
pub fn handles<'a>(all: impl Iterator<Item = &'a Facts>) -> Vec<Handle> {
    first_told(all, |facts| &facts.handles)
}

/// The links that a person shows, in the order first told.
pub fn links<'a>(all: impl Iterator<Item = &'a Facts>) -> Vec<Link> {
    first_told(all, |facts| &facts.links)
}

/// The groups that a person is in, in the order first told.
pub fn groups<'a>(all: impl Iterator<Item = &'a Facts>) -> Vec<Group> {
    first_told(all, |facts| &facts.groups)
}

fn first_told<'a, T: 'a + Clone + PartialEq>(
    all: impl Iterator<Item = &'a Facts>,
    values: impl Fn(&'a Facts) -> &'a Vec<Stamped<T>>,
) -> Vec<T> {
    let mut stamped: Vec<&Stamped<T>> = all.flat_map(values).collect();
    // Values of one entry are at home in one contact and already in their order, which a stable sort keeps.
    stamped.sort_by_key(|stamped| stamped.seq);
    let mut shown: Vec<T> = Vec::with_capacity(stamped.len());
    for Stamped { value, .. } in stamped {
        if !shown.contains(value) {
            shown.push(value.clone());
        }
    }
    shown
}
