//! Channels: the addresses of a company that people write to.

use std::fmt;
use std::str::FromStr;

use crate::handle::{Handle, HandleKey, Region, Source};
use crate::id::ChannelId;
use crate::invalid::Invalid;
use crate::time::Time;

/// What comes in through a channel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ChannelType {
    /// E-mail.
    Email,
    /// Text messages.
    Sms,
    /// What a program of the company's own passes on.
    Custom,
}

impl ChannelType {
    /// The name that APIs, pages and the command line use.
    pub fn name(self) -> &'static str {
        match self {
            ChannelType::Email => "email",
            ChannelType::Sms => "sms",
            ChannelType::Custom => "custom",
        }
    }

    /// What the addresses of its senders are, and its own.
    pub fn source(self) -> Source {
        match self {
            ChannelType::Email => Source::Email,
            ChannelType::Sms => Source::Phone,
            ChannelType::Custom => Source::Custom,
        }
    }
}

impl fmt::Display for ChannelType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ChannelType {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<ChannelType, Invalid> {
        let all = [ChannelType::Email, ChannelType::Sms, ChannelType::Custom];
        all.into_iter().find(|kind| kind.name() == text).ok_or(Invalid::ChannelType)
    }
}

/// An address that people write to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// What comes in through it.
    pub kind: ChannelType,
    /// Its address: an e-mail address, a telephone number, or a name of the company's choice.
    pub address: Handle,
    /// What signs the requests of whoever delivers its messages, if they are signed. A secret, but one that both
    /// sides must know.
    pub token: Option<String>,
    /// When it was made.
    pub created_at: Time,
}

impl Channel {
    /// Reads the address of a channel of this type.
    ///
    /// # Errors
    ///
    /// [`Invalid`] says why it is none.
    pub fn address(kind: ChannelType, text: &str, region: Region) -> Result<Handle, Invalid> {
        Handle::parse(kind.source(), text, region)
    }

    /// What tells it from the company's other channels.
    pub fn key(&self) -> &HandleKey {
        self.address.key()
    }
}
