//! What was told about one contact, apart from all that was merged with it.

use std::collections::BTreeSet;

use crate::{Claim, ContactId, Description, Handle, HandleKey, Link, Name, Seq};

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
}

impl Facts {
    /// The claims of the handles that are at home here, in whose home they are.
    pub fn claims(&self, home: ContactId) -> impl Iterator<Item = (&HandleKey, Claim)> {
        let keys = self.handles.iter().map(|told| told.value.key());
        keys.map(move |key| (key, Claim { home: Some(home), shared: self.shared.contains(key) }))
    }
}

/// The name that a person shows. A message's name never replaces one that was told, but it may stand
/// where one was taken away before.
pub fn name<'a>(all: impl Iterator<Item = &'a Facts> + Clone) -> Name {
    let told = latest(all.clone(), |facts| facts.name.as_ref());
    let heard = latest(all, |facts| facts.message_name.as_ref());
    match (told, heard) {
        (Some(told), Some(heard)) if told.value.as_str().is_empty() && heard.seq > told.seq => heard.value.clone(),
        (Some(told), _) => told.value.clone(),
        (None, Some(heard)) => heard.value.clone(),
        (None, None) => Name::default(),
    }
}

/// The description that a person shows.
pub fn description<'a>(all: impl Iterator<Item = &'a Facts>) -> Description {
    latest(all, |facts| facts.description.as_ref()).map(|told| told.value.clone()).unwrap_or_default()
}

/// The handles that a person shows, in the order first told.
pub fn handles<'a>(all: impl Iterator<Item = &'a Facts>) -> Vec<Handle> {
    first_told(all, |facts| &facts.handles)
}

/// The links that a person shows, in the order first told.
pub fn links<'a>(all: impl Iterator<Item = &'a Facts>) -> Vec<Link> {
    first_told(all, |facts| &facts.links)
}

fn latest<'a, T: 'a>(
    all: impl Iterator<Item = &'a Facts>,
    value: impl Fn(&'a Facts) -> Option<&'a Stamped<T>>,
) -> Option<&'a Stamped<T>> {
    all.filter_map(value).max_by_key(|stamped| stamped.seq)
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
