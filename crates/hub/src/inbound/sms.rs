//! Text messages.

use contact::{Channel, Handle, Invalid, Message, Region};

use super::{reference, text};

/// A text message, as the carrier delivers it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sms {
    /// The number of the sender.
    pub from: String,
    /// The text.
    pub body: String,
    /// The id of the carrier. Two deliveries with the same id are one message.
    pub id: String,
    /// The URLs of pictures that came with it.
    pub media: Vec<String>,
}

impl Sms {
    /// The message of a channel.
    ///
    /// # Errors
    ///
    /// [`Invalid`] if the sender's number is not valid.
    pub fn message(&self, channel: &Channel, region: Region) -> Result<Message, Invalid> {
        let sender = Handle::parse(channel.kind.source(), &self.from, region)?;
        let from: Vec<String> = reference("from", sender.key().as_str()).into_iter().collect();
        let lines: Vec<&str> = std::iter::once(&self.body).chain(&self.media).map(String::as_str).collect();
        Ok(Message {
            channel: channel.id,
            sender,
            name: None,
            subject: String::new(),
            text: text(lines.join("\n").trim_start()),
            html: None,
            attachments: Vec::new(),
            uid: reference("sid", &self.id),
            replies_to: from.clone(),
            references: from,
        })
    }
}

#[cfg(test)]
mod tests {
    use contact::{ChannelId, ChannelType, CompanyId, Source, Time};

    use super::*;

    #[test]
    fn one_number_is_one_conversation() {
        let region = Region::default();
        let channel = Channel {
            id: ChannelId::nth(CompanyId::new(1).unwrap(), 1),
            kind: ChannelType::Sms,
            address: Handle::parse(Source::Phone, "+1 650 555 0100", region).unwrap(),
            signature_key: None,
            created_at: Time::from_millis(0),
        };
        let sms = |from: &str| Sms { from: from.into(), body: "Hi".into(), id: "SM1".into(), media: Vec::new() };
        let message = sms("(650) 814-9999").message(&channel, region).unwrap();
        assert_eq!(message.replies_to, ["from:+16508149999"]);
        assert_eq!(message, sms("+16508149999").message(&channel, region).unwrap());
        assert!(sms("nobody").message(&channel, region).is_err());
    }
}
