//! What a journal entry did to a contact, in a sentence that a person can check.

use contact::{Change, Entry, Group, Handle, HandleKey, HandleStatus, Link, NotUsed, Released};
use hub::{HistoryItem, OTHERS_MAX};

use super::names::Names;
use super::{Piece, Sentence, values, words};

/// Handles that were not used and that a sentence names.
const NOT_USED_SHOWN: usize = 10;

/// Returns the sentence of a journal entry.
pub fn sentence(item: &HistoryItem, names: &Names) -> Sentence {
    let origin = item.entry.origin;
    let by = || names.actor_capitalized(origin);
    match &item.entry.change {
        Change::Observed { kept_apart: Some(_), handles, .. } => Sentence::new()
            .bold("Kept apart")
            .text(": ")
            .all(names.actor(origin))
            .text(" reported ")
            .all(listed(handles))
            .text(", which would have merged contacts that are kept apart."),
        Change::Observed { .. } => observed(&item.entry, names).all(not_used(&item.not_used)),
        Change::Withdrawn { .. } => by().text(" withdrew a record. What it reported counts as never reported."),
        Change::Merged { because: None, .. } => {
            became_one(item).text(", merged by ").all(names.actor(origin)).text(".")
        }
        Change::Merged { .. } if item.because.is_empty() => {
            became_one(item).text(", because they were reported together.")
        }
        Change::Merged { .. } => became_one(item).text(", because both use ").all(listed(&item.because)).text("."),
        Change::Regrouped { before, .. } if before.len() > 1 => {
            Sentence::new().bold("Brought together").text(": what is known of them shows one person.")
        }
        Change::Regrouped { .. } if item.others.is_empty() => {
            Sentence::new().bold("Changed").text(" by what became known of its handles and records.")
        }
        Change::Regrouped { .. } => Sentence::new().bold("Came apart").text(" from ").all(others(item)).text("."),
        Change::Split { .. } => by().text(" split off ").all(others(item)).text(". They stay apart."),
        Change::KeptApart { .. } => {
            by().text(" marked this and ").all(others(item)).text(" as not the same. They stay apart.")
        }
        Change::HandleMarked { handle, status, .. } => marked(handle, *status),
        Change::Removed { released, links, groups, .. } if released.is_empty() && links.is_empty() => {
            by().text(" removed them from ").all(grouped(groups, names)).text(".")
        }
        Change::Removed { released, links, groups, .. } => {
            by().text(" removed: ").all(removed(released, links, groups, names)).text(".")
        }
        Change::Deleted { .. } => by().text(" deleted this contact."),
        Change::Noted { author, .. } => {
            Sentence::new().piece(Piece::GivenBold(names.teammate(*author).to_owned())).text(" wrote a note.")
        }
        Change::Received { conversation, subject, snippet, .. } => {
            let title = words::title(subject, snippet).to_owned();
            // The beginning of a message often ends its own sentence.
            let end = if title.trim_end().ends_with(['.', '?', '!', '…']) { "" } else { "." };
            Sentence::new().bold("Wrote").text(": ").piece(Piece::Conversation(*conversation, title)).text(end)
        }
        // No contact has these entries.
        Change::Settings(_) | Change::AccountSet { .. } | Change::AccountDeleted { .. } => {
            by().text(" changed the company’s settings.")
        }
    }
}

fn became_one(item: &HistoryItem) -> Sentence {
    Sentence::new().bold("Became one").text(" with ").all(others(item))
}

/// Returns what an observation reported, with commas between the values.
fn observed(entry: &Entry, names: &Names) -> Sentence {
    let Change::Observed { groups, .. } = &entry.change else { return Sentence::new() };
    let by = names.actor_capitalized(entry.origin);
    let mut parts = reported(&entry.change, names);
    if parts.is_empty() && !groups.is_empty() {
        return by.text(" added them to ").all(grouped(groups, names)).text(".");
    }
    parts.extend(groups.iter().map(|group| names.group(*group)));
    by.text(" reported: ").between_commas(parts).text(".")
}

/// Returns the values that an observation reported, except groups.
fn reported(change: &Change, names: &Names) -> Vec<Sentence> {
    let Change::Observed { attributes, handles, links, properties, custom, picture, owner, .. } = change else {
        return Vec::new();
    };
    let part = |what: Piece, value: &str| match value {
        "" => Sentence::new().text("no ").piece(what),
        value => Sentence::new().piece(what).text(" ").given(value),
    };
    let text = |text: &str| Piece::Text(text.to_owned());
    let mut parts: Vec<Sentence> = Vec::new();
    let given = attributes.given();
    parts.extend(given.map(|(one, value)| part(text(&one.spec().label.to_lowercase()), value.as_str())));
    parts.extend(handles.iter().map(|one| part(text(words::source_in_sentence(one.key().source())), one.text())));
    parts.extend(links.iter().map(|link| part(text("link"), link.as_str())));
    parts.extend(properties.iter().map(|one| part(Piece::Given(one.name()), one.value())));
    for (name, value) in custom {
        let value = value.as_ref().map(|value| values::display(&names.settings, name, value)).unwrap_or_default();
        parts.push(part(Piece::Given(name.as_str().to_owned()), &value));
    }
    let picture = picture.map(|picture| if picture.is_some() { "a picture" } else { "no picture" });
    parts.extend(picture.map(|picture| Sentence::new().text(picture)));
    parts.extend(owner.map(|owner| Sentence::new().text("private to ").given(names.teammate(owner))));
    parts
}

/// Returns which handles do not say who it is, and why.
fn not_used(not_used: &[(HandleKey, NotUsed)]) -> Sentence {
    if not_used.is_empty() {
        return Sentence::new();
    }
    let reason =
        |(handle, why): &(HandleKey, NotUsed)| Sentence::new().handle(handle).text(format!(" ({})", why.reason()));
    let shown = not_used.iter().take(NOT_USED_SHOWN).map(reason);
    let more = not_used.len().saturating_sub(NOT_USED_SHOWN);
    let more = (more > 0).then(|| Sentence::new().text(format!("{more} more")));
    Sentence::new().text(" Not used: ").between_commas(shown.chain(more)).text(".")
}

fn grouped(groups: &[Group], names: &Names) -> Sentence {
    Sentence::new().between_commas(groups.iter().map(|group| names.group(*group)))
}

fn listed(handles: &[Handle]) -> Sentence {
    handles.iter().enumerate().fold(Sentence::new(), |sentence, (n, handle)| {
        let between = match n {
            0 => "",
            n if n + 1 == handles.len() => " and ",
            _ => ", ",
        };
        let sentence = if between.is_empty() { sentence } else { sentence.text(between) };
        sentence.given(handle.text())
    })
}

/// Returns whether a handle identifies anybody from then on.
fn marked(handle: &HandleKey, status: HandleStatus) -> Sentence {
    let (what, then) = match status {
        HandleStatus::Shared => ("Shared", " is used by several people, and never merges contacts."),
        HandleStatus::SharedByEvidence => ("Taken to be shared", " was reported for people with many different names."),
        HandleStatus::Plain => ("No longer taken to be shared", " is reported for few people now."),
        HandleStatus::Blocked => ("Blocked", " stands for nobody."),
        HandleStatus::Personal => ("Not shared", " belongs to one person."),
    };
    Sentence::new().bold(what).text(": ").handle(handle).text(then)
}

fn removed(released: &[Released], links: &[Link], groups: &[Group], names: &Names) -> Sentence {
    let handles = released.iter().map(|released| Sentence::new().handle(&released.handle));
    let links = links.iter().map(|link| Sentence::new().text("link ").given(link.as_str()));
    let groups = groups.iter().map(|group| names.group(*group));
    Sentence::new().between_commas(handles.chain(links).chain(groups))
}

/// Returns the other contacts of a merge or a split, by the names they had on their own.
fn others(item: &HistoryItem) -> Sentence {
    if item.others.is_empty() {
        return Sentence::new().text("another contact");
    }
    let links =
        item.others.iter().map(|(id, name)| Sentence::new().piece(Piece::Contact(*id, name.as_str().to_owned())));
    let others = Sentence::new().between_commas(links);
    if item.others.len() == OTHERS_MAX { others.text(" and perhaps others") } else { others }
}
