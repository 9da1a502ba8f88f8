//! Whether a handle identifies anybody, and if not, why.

use crate::handle::HandleKey;
use crate::placeholder;

/// Whether a handle identifies anybody, by decisions and by evidence.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum HandleStatus {
    /// It does, unless it is a placeholder.
    #[default]
    Plain,
    /// Records of so many people report it that it is taken to be shared.
    SharedByEvidence,
    /// Somebody decided that several people share it.
    Shared,
    /// Somebody decided that it stands for nobody.
    Blocked,
    /// Somebody decided that it is one person's, whatever the list of placeholders or the evidence says.
    Personal,
}

impl HandleStatus {
    /// All of them, in the order of their stored numbers.
    pub const ALL: [HandleStatus; 5] = [
        HandleStatus::Plain,
        HandleStatus::SharedByEvidence,
        HandleStatus::Shared,
        HandleStatus::Blocked,
        HandleStatus::Personal,
    ];

    /// The name in APIs.
    pub fn name(self) -> &'static str {
        match self {
            HandleStatus::Plain => "plain",
            HandleStatus::SharedByEvidence => "shared_by_evidence",
            HandleStatus::Shared => "shared",
            HandleStatus::Blocked => "blocked",
            HandleStatus::Personal => "personal",
        }
    }

    /// Why a handle of this status identifies nobody; none if it identifies somebody.
    pub fn obstacle(self, handle: &HandleKey) -> Option<NotUsed> {
        match self {
            HandleStatus::Plain => placeholder::is_placeholder(handle).then_some(NotUsed::Placeholder),
            HandleStatus::SharedByEvidence => Some(NotUsed::SharedByEvidence),
            HandleStatus::Shared => Some(NotUsed::Shared),
            HandleStatus::Blocked => Some(NotUsed::Blocked),
            HandleStatus::Personal => None,
        }
    }
}

/// What somebody decides about a handle.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HandleDecision {
    /// Several people share it.
    Shared,
    /// It stands for nobody.
    Blocked,
    /// It is one person's, whatever the list of placeholders or the evidence says.
    Personal,
}

impl From<HandleDecision> for HandleStatus {
    fn from(decision: HandleDecision) -> HandleStatus {
        match decision {
            HandleDecision::Shared => HandleStatus::Shared,
            HandleDecision::Blocked => HandleStatus::Blocked,
            HandleDecision::Personal => HandleStatus::Personal,
        }
    }
}

/// Why a handle of an observation was not used to find its contact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NotUsed {
    /// It is a placeholder, such as `test@test.com`.
    Placeholder,
    /// Somebody blocked it.
    Blocked,
    /// Somebody decided that it is shared.
    Shared,
    /// Records of many people report it.
    SharedByEvidence,
    /// Somebody took it from the contact.
    Taken,
    /// It belongs to a contact that is kept apart from this one.
    KeptApart,
    /// It belongs to a contact with another name, and the company merges only contacts whose names agree.
    NamesDiffer,
}

impl NotUsed {
    /// The name in APIs.
    pub fn name(self) -> &'static str {
        match self {
            NotUsed::Placeholder => "placeholder",
            NotUsed::Blocked => "blocked",
            NotUsed::Shared => "shared",
            NotUsed::SharedByEvidence => "shared_by_evidence",
            NotUsed::Taken => "taken",
            NotUsed::KeptApart => "kept_apart",
            NotUsed::NamesDiffer => "names_differ",
        }
    }

    /// The reason, as the end of a sentence about the handle.
    pub fn reason(self) -> &'static str {
        match self {
            NotUsed::Placeholder => "a placeholder that stands for nobody",
            NotUsed::Blocked => "blocked",
            NotUsed::Shared => "shared by several people",
            NotUsed::SharedByEvidence => "reported for people with many different names",
            NotUsed::Taken => "taken from this contact by a decision",
            NotUsed::KeptApart => "a handle of a contact that is kept apart from this one",
            NotUsed::NamesDiffer => "a handle of a contact with another name",
        }
    }
}
