//! What is asked of one contact by its id: making it, changing it, taking handles from it, deleting it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::new_facts::NewFacts;
use crate::{
    Change, Contact, ContactId, CustomName, CustomValue, CustomValues, Decision, Description, FieldTarget, Group,
    Handle, HandleKey, Invalid, Link, ListName, Name, Observation, Outcome, Refused, TeammateId, Time, View, custom,
    matching, settings,
};

/// Most characters of a note.
pub const NOTE_CHARS_MAX: usize = 10_000;
/// Most notes of a contact that are shown, the latest.
pub const NOTES_MAX: usize = 1_000;
/// Most bytes of a picture.
pub const PICTURE_BYTES_MAX: usize = 5 * 1024 * 1024;

/// A picture of a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picture {
    /// What kind of picture its bytes are.
    pub kind: PictureType,
    /// Its bytes.
    pub content: Arc<[u8]>,
}

/// A kind of picture that every browser shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PictureType {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
    /// WebP.
    WebP,
}

impl PictureType {
    /// All kinds.
    pub const ALL: [PictureType; 4] = [PictureType::Png, PictureType::Jpeg, PictureType::Gif, PictureType::WebP];

    /// Its media type (RFC 2046, section 4.2; RFC 9649, section 6.1).
    pub fn media_type(self) -> &'static str {
        match self {
            PictureType::Png => "image/png",
            PictureType::Jpeg => "image/jpeg",
            PictureType::Gif => "image/gif",
            PictureType::WebP => "image/webp",
        }
    }

    /// The kind with a media type.
    pub fn from_media_type(text: &str) -> Option<PictureType> {
        PictureType::ALL.into_iter().find(|kind| kind.media_type() == text)
    }

    /// The kind that bytes are of, by how they begin.
    fn of(content: &[u8]) -> Option<PictureType> {
        if content.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Some(PictureType::Png);
        }
        if content.starts_with(b"\xff\xd8\xff") {
            return Some(PictureType::Jpeg);
        }
        if content.starts_with(b"GIF87a") || content.starts_with(b"GIF89a") {
            return Some(PictureType::Gif);
        }
        (content.starts_with(b"RIFF") && content.get(8..12) == Some(b"WEBP")).then_some(PictureType::WebP)
    }
}

impl Picture {
    /// Takes a picture in.
    ///
    /// # Errors
    ///
    /// [`Invalid::TooLong`] past [`PICTURE_BYTES_MAX`]; [`Invalid::Picture`] if it is of no kind that is known.
    pub fn parse(content: Arc<[u8]>) -> Result<Picture, Invalid> {
        if content.len() > PICTURE_BYTES_MAX {
            return Err(Invalid::TooLong { max: PICTURE_BYTES_MAX, unit: "bytes" });
        }
        let kind = PictureType::of(&content).ok_or(Invalid::Picture)?;
        Ok(Picture { kind, content })
    }
}

/// What somebody wrote about a contact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoteBody(String);

impl NoteBody {
    /// A note as it was stored; it is not checked again.
    pub fn from_stored(text: String) -> NoteBody {
        NoteBody(text)
    }

    /// Takes a note as it is given.
    ///
    /// # Errors
    ///
    /// [`Invalid::Empty`], [`Invalid::TooLong`] past [`NOTE_CHARS_MAX`] characters, [`Invalid::Nul`].
    pub fn parse(text: &str) -> Result<NoteBody, Invalid> {
        if text.trim().is_empty() {
            return Err(Invalid::Empty);
        }
        crate::field::bounded(text, NOTE_CHARS_MAX).map(NoteBody)
    }

    /// The note as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is to be changed of a contact; what is none stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Update {
    /// The name.
    pub name: Option<Name>,
    /// The description.
    pub description: Option<Description>,
    /// All links.
    pub links: Option<Vec<Link>>,
    /// The names of all of the company's lists that it is on; those that are not there are made.
    pub lists: Option<Vec<ListName>>,
    /// All values of custom fields.
    pub custom: Option<CustomValues>,
    /// The picture; none, if that is none.
    pub picture: Option<Option<Picture>>,
}

/// Decides on a new contact, whose handles must be nobody's.
pub fn create(view: &View, observation: &Observation, lists: &[ListName], at: Time) -> Result<Decision, Refused> {
    let handles = matching::distinct(&observation.handles);
    if handles.is_empty() {
        return Err(Refused::NoHandle);
    }
    if let Some((handle, owner)) = handles.iter().find_map(|handle| Some((*handle, view.owner(handle.key())?))) {
        return Err(Refused::HandleTaken(handle.key().clone(), owner));
    }
    if let Some(owner) = observation.owner.filter(|owner| !view.settings.teammates.contains_key(owner)) {
        return Err(Refused::NoTeammate(owner));
    }
    let values = observation.custom.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
    custom::check(&view.settings, FieldTarget::Contact, &values.collect())?;
    let home = ContactId::nth(view.company, view.contacts_made + 1);
    let (mut changes, groups) = named_lists(view, lists, at)?;
    let observation = Observation { groups, ..observation.clone() };
    changes.push(NewFacts::of(&observation).observed(handles, home, None));
    Ok(Decision { changes, outcome: Outcome { contact: Some(home), created: true, ..Outcome::default() } })
}

/// The company's lists with these names, and what makes those that are not there.
fn named_lists(view: &View, names: &[ListName], at: Time) -> Result<(Vec<Change>, Vec<Group>), Refused> {
    let (mut changes, mut groups, mut new) = (Vec::new(), Vec::new(), BTreeSet::new());
    let mut seen = BTreeSet::new();
    for name in names.iter().filter(|name| seen.insert(*name)) {
        let (list, change) = settings::list(view, &mut new, None, name, at)?;
        changes.extend(change.map(Change::Settings));
        groups.push(Group::List(list));
    }
    Ok((changes, groups))
}

/// Decides on changing a contact: it is told of the contact as it is shown.
pub fn update(
    view: &View,
    contact: ContactId,
    update: &Update,
    observed: &Observation,
    at: Time,
) -> Result<Decision, Refused> {
    let shown = view.contact(contact).ok_or(Refused::NoContact(contact))?;
    let outcome = Outcome { contact: Some(shown.id), ..Outcome::default() };
    if let Some(values) = &update.custom {
        custom::check(&view.settings, FieldTarget::Contact, values)?;
    }
    let mut told = observed.clone();
    let changes_anything = |told: &Observation| NewFacts::of(told).changes_anything(view, shown.id);
    let alone = |told: Observation| Some(told).filter(changes_anything);
    if let Some(name) = &update.name {
        let only = Observation { name: Some(name.clone()), ..observed.clone() };
        told.name = (shown.name != *name || alone(only).is_some()).then(|| name.clone());
    }
    if let Some(description) = &update.description {
        let only = Observation { description: Some(description.clone()), ..observed.clone() };
        told.description = (shown.description != *description || alone(only).is_some()).then(|| description.clone());
    }
    let (mut changes, wanted) = match &update.lists {
        Some(lists) => named_lists(view, lists, at)?,
        None => (Vec::new(), Vec::new()),
    };
    told.groups = wanted.iter().filter(|group| !shown.groups.contains(group)).copied().collect();
    let links = update.links.as_deref().unwrap_or_default();
    let mut seen = BTreeSet::new();
    let is_new = |link: &&Link| !shown.links.contains(link) && seen.insert(link.as_str().to_owned());
    told.links = links.iter().filter(is_new).cloned().collect();
    told.custom = update.custom.as_ref().map(|values| changed_values(view, &shown.custom, values)).unwrap_or_default();
    told.picture = update.picture.clone().filter(|picture| picture.is_some() || shown.picture.is_some());
    if !told.is_empty() {
        changes.push(NewFacts::of(&told).observed(Vec::new(), shown.id, None));
    }
    let links = shown.links.iter().filter(|link| update.links.as_ref().is_some_and(|all| !all.contains(link)));
    let links: Vec<Link> = links.cloned().collect();
    let is_dropped = |group: &&Group| update.lists.is_some() && is_shared_list(view, group) && !wanted.contains(group);
    let groups: Vec<Group> = shown.groups.iter().filter(is_dropped).copied().collect();
    if !links.is_empty() || !groups.is_empty() {
        changes.push(Change::Removed { contact: shown.id, handles: Vec::new(), links, groups });
    }
    Ok(Decision { changes, outcome })
}

/// Whether a group is a list of the whole company.
fn is_shared_list(view: &View, group: &Group) -> bool {
    matches!(group, Group::List(list) if view.settings.lists.get(list).is_some_and(|list| list.owner.is_none()))
}

/// What has to be told so that custom fields have these values and no others.
///
/// Values of fields that were deleted are shown no more, and are left alone.
fn changed_values(view: &View, now: &CustomValues, then: &CustomValues) -> Vec<(CustomName, Option<CustomValue>)> {
    let is_field = |name: &&CustomName| view.settings.field(FieldTarget::Contact, name).is_some();
    let erased = now.keys().filter(|name| !then.contains_key(*name)).filter(is_field).map(|name| (name.clone(), None));
    let set = then.iter().filter(|(name, value)| now.get(*name) != Some(value));
    erased.chain(set.map(|(name, value)| (name.clone(), Some(value.clone())))).collect()
}

/// Decides on giving a handle to a contact, which nobody else may have.
pub fn add_handle(view: &View, contact: ContactId, handle: &Handle, told: &Observation) -> Result<Decision, Refused> {
    let root = view.root(contact).ok_or(Refused::NoContact(contact))?;
    let outcome = Outcome { contact: Some(root), ..Outcome::default() };
    match view.owner(handle.key()) {
        Some(owner) if owner == root => Ok(Decision { changes: Vec::new(), outcome }),
        Some(owner) => Err(Refused::HandleTaken(handle.key().clone(), owner)),
        None => Ok(Decision { changes: vec![NewFacts::of(told).observed(vec![handle], root, None)], outcome }),
    }
}

/// Decides on giving a link to a contact, beside those that it has.
pub fn add_link(view: &View, contact: ContactId, link: &Link, mut told: Observation) -> Result<Decision, Refused> {
    let shown = view.contact(contact).ok_or(Refused::NoContact(contact))?;
    let outcome = Outcome { contact: Some(shown.id), ..Outcome::default() };
    if shown.links.contains(link) {
        return Ok(Decision { changes: Vec::new(), outcome });
    }
    told.links.push(link.clone());
    Ok(Decision { changes: vec![NewFacts::of(&told).observed(Vec::new(), shown.id, None)], outcome })
}

/// Decides on taking a handle from a contact. The last one is only taken with the contact, if that is wanted.
pub fn remove_handle(view: &View, contact: ContactId, handle: &HandleKey, force: bool) -> Result<Decision, Refused> {
    let shown = view.contact(contact).ok_or(Refused::NoContact(contact))?;
    if view.owner(handle) != Some(shown.id) {
        return Err(Refused::NoHandleThere);
    }
    if shown.handles.len() > 1 {
        let removed =
            Change::Removed { contact: shown.id, handles: vec![handle.clone()], links: Vec::new(), groups: Vec::new() };
        let outcome = Outcome { contact: Some(shown.id), ..Outcome::default() };
        return Ok(Decision { changes: vec![removed], outcome });
    }
    if force { Ok(deleted(&shown)) } else { Err(Refused::LastHandle) }
}

/// Decides on deleting a person, with all the contacts that are part of them.
pub fn delete(view: &View, contact: ContactId) -> Result<Decision, Refused> {
    Ok(deleted(&view.contact(contact).ok_or(Refused::NoContact(contact))?))
}

fn deleted(shown: &Contact) -> Decision {
    let handles = shown.handles.iter().map(|handle| handle.key().clone()).collect();
    Decision { changes: vec![Change::Deleted { contact: shown.id, handles }], outcome: Outcome::default() }
}

/// Decides on a note.
pub fn note(view: &View, contact: ContactId, author: TeammateId, body: &NoteBody) -> Result<Decision, Refused> {
    let root = view.root(contact).ok_or(Refused::NoContact(contact))?;
    view.settings.teammates.get(&author).ok_or(Refused::NoTeammate(author))?;
    let outcome = Outcome { contact: Some(root), note: Some(view.head.next()), ..Outcome::default() };
    Ok(Decision { changes: vec![Change::Noted { home: root, author, body: body.clone() }], outcome })
}

/// Decides on putting contacts on a list or into an account.
pub fn join(view: &View, group: Group, contacts: &[ContactId], told: &Observation) -> Result<Decision, Refused> {
    let outside = roots(view, group, contacts)?.into_iter().filter(|shown| !shown.groups.contains(&group));
    let told = Observation { groups: vec![group], ..told.clone() };
    let changes = outside.map(|shown| NewFacts::of(&told).observed(Vec::new(), shown.id, None)).collect();
    Ok(Decision { changes, outcome: Outcome::default() })
}

/// Decides on taking contacts from a list or an account; those that are not there are passed over.
pub fn leave(view: &View, group: Group, contacts: &[ContactId]) -> Result<Decision, Refused> {
    let inside = roots(view, group, contacts)?.into_iter().filter(|shown| shown.groups.contains(&group));
    let removed = |shown: Contact| Change::Removed {
        contact: shown.id,
        handles: Vec::new(),
        links: Vec::new(),
        groups: vec![group],
    };
    Ok(Decision { changes: inside.map(removed).collect(), outcome: Outcome::default() })
}

/// The people that contacts are part of, each once, if the group is there.
fn roots(view: &View, group: Group, contacts: &[ContactId]) -> Result<Vec<Contact>, Refused> {
    match group {
        Group::List(list) => view.settings.lists.get(&list).map(drop).ok_or(Refused::NoList(list))?,
        Group::Account(account) => view.accounts.get(&account).map(drop).ok_or(Refused::NoAccount(account))?,
    }
    let mut people: Vec<Contact> = Vec::with_capacity(contacts.len());
    let mut seen = BTreeSet::new();
    for contact in contacts {
        let shown = view.contact(*contact).ok_or(Refused::NoContact(*contact))?;
        if seen.insert(shown.id) {
            people.push(shown);
        }
    }
    Ok(people)
}
