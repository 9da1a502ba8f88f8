//! Pictures of contacts.

use std::sync::Arc;

use crate::invalid::Invalid;
use crate::time::{Seq, Time};

/// Most bytes of a picture.
pub const PICTURE_BYTES_MAX: usize = 5 * 1024 * 1024;

/// A picture of a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picture {
    /// The type.
    pub kind: PictureType,
    /// The bytes.
    pub content: Arc<[u8]>,
}

/// A type of picture that every browser shows.
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
    /// All types.
    pub const ALL: [PictureType; 4] = [PictureType::Png, PictureType::Jpeg, PictureType::Gif, PictureType::WebP];

    /// The media type (RFC 2046, section 4.2; RFC 9649, section 6.1).
    pub fn media_type(self) -> &'static str {
        match self {
            PictureType::Png => "image/png",
            PictureType::Jpeg => "image/jpeg",
            PictureType::Gif => "image/gif",
            PictureType::WebP => "image/webp",
        }
    }

    /// The type with a media type.
    pub fn from_media_type(text: &str) -> Option<PictureType> {
        PictureType::ALL.into_iter().find(|kind| kind.media_type() == text)
    }

    /// The type of these bytes, by their first bytes.
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
    /// Parses a picture.
    ///
    /// # Errors
    ///
    /// [`Invalid::TooLong`] past [`PICTURE_BYTES_MAX`]; [`Invalid::Picture`] if the type is unknown.
    pub fn parse(content: Arc<[u8]>) -> Result<Picture, Invalid> {
        if content.len() > PICTURE_BYTES_MAX {
            return Err(Invalid::TooLong { max: PICTURE_BYTES_MAX, unit: "bytes" });
        }
        let kind = PictureType::of(&content).ok_or(Invalid::Picture)?;
        Ok(Picture { kind, content })
    }
}

/// A picture of a person, without its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PictureInfo {
    /// The entry that set it.
    pub entry: Seq,
    /// The type.
    pub kind: PictureType,
    /// The time of that entry.
    pub at: Time,
}
