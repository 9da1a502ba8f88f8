//! Notes about contacts.

use crate::invalid::Invalid;
use crate::text::bounded;

/// Most characters of a note.
pub const NOTE_CHARS_MAX: usize = 10_000;
/// Most notes of a contact that are shown: the latest.
pub const NOTES_MAX: usize = 1_000;
/// The text of a note.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoteBody(String);

impl NoteBody {
    /// A text from the store, without a check.
    pub fn from_stored(text: String) -> NoteBody {
        NoteBody(text)
    }

    /// Parses the text of a note.
    ///
    /// # Errors
    ///
    /// [`Invalid::Empty`], [`Invalid::TooLong`] past [`NOTE_CHARS_MAX`] characters, [`Invalid::Nul`].
    pub fn parse(text: &str) -> Result<NoteBody, Invalid> {
        if text.trim().is_empty() {
            return Err(Invalid::Empty);
        }
        bounded(text, NOTE_CHARS_MAX).map(NoteBody)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
