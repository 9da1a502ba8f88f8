//! Handles: the addresses of a person, and what makes two of them the same.

mod email;
mod phone;
mod social;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::invalid::Invalid;

pub use phone::Region;

/// Most bytes of a handle of any source, as it is given.
pub const HANDLE_BYTES_MAX: usize = 512;

/// Where a handle is an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Source {
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A name on Twitter (X).
    Twitter,
    /// An account on Facebook.
    Facebook,
    /// A user of Intercom.
    Intercom,
    /// A visitor of a Front chat widget.
    FrontChat,
    /// An address of a channel that a company made itself.
    Custom,
}

impl Source {
    /// All sources, in the order of their stored numbers.
    pub const ALL: [Source; 7] = [
        Source::Email,
        Source::Phone,
        Source::Twitter,
        Source::Facebook,
        Source::Intercom,
        Source::FrontChat,
        Source::Custom,
    ];

    /// The name that APIs, pages and the journal use.
    pub fn name(self) -> &'static str {
        match self {
            Source::Email => "email",
            Source::Phone => "phone",
            Source::Twitter => "twitter",
            Source::Facebook => "facebook",
            Source::Intercom => "intercom",
            Source::FrontChat => "front_chat",
            Source::Custom => "custom",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Source {
    type Err = Invalid;

    fn from_str(name: &str) -> Result<Source, Invalid> {
        Source::ALL.into_iter().find(|source| source.name() == name).ok_or(Invalid::Source)
    }
}

/// What is compared: two handles with the same key are the same handle.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HandleKey {
    source: Source,
    /// Shared: a key stands in many places at once.
    key: Arc<str>,
}

impl HandleKey {
    /// A key as it was stored; it is not checked again.
    pub fn from_stored(source: Source, key: &str) -> HandleKey {
        HandleKey { source, key: key.into() }
    }

    /// Where it is an address.
    pub fn source(&self) -> Source {
        self.source
    }

    /// The comparable form of the address.
    pub fn as_str(&self) -> &str {
        &self.key
    }
}

/// An address of a person: its key, and the text that is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Handle {
    key: HandleKey,
    text: Arc<str>,
}

impl Handle {
    /// Reads a handle of one source. A phone number without a country code is one of `region`.
    ///
    /// The text shown is the one given, without the space around it; of a phone number it is the
    /// cleaned number.
    ///
    /// # Errors
    ///
    /// [`Invalid::TooLong`] past [`HANDLE_BYTES_MAX`] bytes; otherwise what is wrong with an address of
    /// this source.
    pub fn parse(source: Source, text: &str, region: Region) -> Result<Handle, Invalid> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Invalid::Empty);
        }
        if text.len() > HANDLE_BYTES_MAX {
            return Err(Invalid::TooLong { max: HANDLE_BYTES_MAX, unit: "bytes" });
        }
        if text.contains('\0') {
            return Err(Invalid::Nul);
        }
        let key = match source {
            Source::Email => email::key(text)?,
            Source::Phone => phone::key(text, region)?,
            Source::Twitter => social::twitter_key(text)?,
            Source::Facebook | Source::Intercom | Source::FrontChat | Source::Custom => text.to_owned(),
        };
        let key = HandleKey::from_stored(source, &key);
        Ok(if source == Source::Phone { Handle::from(key) } else { Handle::from_stored(key, text) })
    }

    /// A handle as it was stored; it is not checked again. One whose text is its key is made [`from`](Handle::from) that.
    pub fn from_stored(key: HandleKey, text: &str) -> Handle {
        let text = if *text == *key.key { Arc::clone(&key.key) } else { text.into() };
        Handle { key, text }
    }

    /// What is compared.
    pub fn key(&self) -> &HandleKey {
        &self.key
    }

    /// What is shown.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl From<HandleKey> for Handle {
    /// The handle whose text is its key.
    fn from(key: HandleKey) -> Handle {
        Handle { text: Arc::clone(&key.key), key }
    }
}
