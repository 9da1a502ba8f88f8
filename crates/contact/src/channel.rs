//! Channels: the addresses of a company that receive messages.

use std::fmt;
use std::str::FromStr;

use crate::handle::{Handle, HandleKey, Region, Source};
use crate::id::ChannelId;
use crate::invalid::Invalid;
use crate::signature_key::SignatureKey;
use crate::time::Time;

/// The type of a channel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ChannelType {
    /// Email.
    Email,
    /// Text messages.
    Sms,
    /// Messages that a program of the company delivers.
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

    /// The source of its own address and of the addresses of its senders.
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

/// An address of a company that receives messages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// Its type.
    pub kind: ChannelType,
    /// Its address: an email address, a phone number, or a name that the company chose.
    pub address: Handle,
    /// What verifies the signatures of requests that deliver messages; none if they are not signed.
    pub signature_key: Option<SignatureKey>,
    /// When it was created.
    pub created_at: Time,
}

impl Channel {
    /// Parses the address of a channel of this type.
    ///
    /// # Errors
    ///
    /// [`Invalid`] says why the text is not an address.
    pub fn address(kind: ChannelType, text: &str, region: Region) -> Result<Handle, Invalid> {
        Handle::parse(kind.source(), text, region)
    }

    /// The key that identifies the channel within the company.
    pub fn key(&self) -> &HandleKey {
        self.address.key()
    }
}
