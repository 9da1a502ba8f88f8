//! E-mail (RFC 5322, with the parts of RFC 2045 to 2049).

use std::sync::Arc;

use contact::{
    ATTACHMENTS_MAX, Attachment, Channel, Handle, Message, REPLIES_TO_MAX, Region, SUBJECT_CHARS_MAX, Source, Text,
};
use data_encoding::HEXLOWER;
use mail_parser::decoders::html::text_to_html;
use mail_parser::{Address, HeaderName, HeaderValue, MessageParser, MessagePart, MimeHeaders, PartType};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::mime::{self, Bounded};
use super::{HTML_BYTES_MAX, READ_BYTES_MAX, beginning, file_name, html, line, media_type, name, reference, text};

const TOO_MANY_PARTS: &str = "[This message has too many parts to be shown. It is attached as it came.]";

/// No header has a usable sender address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("No usable sender address in From, Sender or MAIL FROM.")]
pub struct NoSender;

/// A parsed e-mail, independent of a channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Email {
    sender: Handle,
    name: Option<Text>,
    subject: String,
    text: String,
    html: Option<String>,
    attachments: Vec<Attachment>,
    uid: String,
    replies_to: Vec<String>,
    references: Vec<String>,
}

impl Email {
    /// Parses an e-mail. `return_path` is the address of its envelope, empty for mail that must not be answered.
    ///
    /// # Errors
    ///
    /// [`NoSender`] if it has no usable sender address.
    pub fn read(raw: &[u8], return_path: &str) -> Result<Email, NoSender> {
        let parser = MessageParser::default();
        let bounded = mime::bounded(raw);
        let parsed = match &bounded {
            Some(bounded) => parser.parse(&*bounded.raw),
            None => parser.parse_headers(head(raw)),
        };
        // The parser's methods need a first part, which some messages lack.
        let is_whole = bounded.is_some();
        let message = parsed.filter(|message| !message.parts.is_empty()).unwrap_or_else(|| headless(raw, is_whole));
        let (sender, name) = sender(&message, return_path).ok_or(NoSender)?;
        let (mut replies_to, mut references) =
            (replies_to(&message), message_ids(message.header(HeaderName::MessageId)));
        references.truncate(1);
        if is_automatic(&message, return_path) {
            // Automatic replies and floods of bounces are one conversation, not a thousand.
            let automatic = reference("auto", sender.key().as_str());
            replies_to.truncate(REPLIES_TO_MAX - 1);
            replies_to.extend(automatic.clone());
            references.extend(automatic);
        }
        let subject = message.header_values(HeaderName::Subject).find_map(HeaderValue::as_text).unwrap_or_default();
        let Body { text, html, attachments } = match &bounded {
            Some(bounded) => body(&message, bounded),
            None => whole(raw),
        };
        Ok(Email {
            sender,
            name,
            subject: line(subject, SUBJECT_CHARS_MAX),
            text,
            html,
            attachments,
            uid: HEXLOWER.encode(&Sha256::digest(raw)),
            replies_to,
            references,
        })
    }

    /// The message for one of its channels.
    pub fn message(&self, channel: &Channel) -> Message {
        let Email { sender, name, subject, text, html, attachments, uid, replies_to, references } = self.clone();
        let (channel, uid) = (channel.id, Some(uid));
        Message { channel, sender, name, subject, text, html, attachments, uid, replies_to, references }
    }
}

/// A message without headers: all of it is text.
fn headless(raw: &[u8], is_whole: bool) -> mail_parser::Message<'_> {
    let text = if is_whole { String::from_utf8_lossy(raw) } else { "".into() };
    let part = MessagePart { body: PartType::Text(text), ..MessagePart::default() };
    mail_parser::Message { parts: vec![part], text_body: vec![0], ..mail_parser::Message::default() }
}

/// The head of a message that is not parsed.
fn head(raw: &[u8]) -> &[u8] {
    const HEAD_BYTES_MAX: usize = 256 * 1024;
    &raw[..raw.len().min(HEAD_BYTES_MAX)]
}

/// The sender: the address in From, in Sender, or in the envelope.
fn sender(message: &mail_parser::Message, return_path: &str) -> Option<(Handle, Option<Text>)> {
    let email = |text: &str| Handle::parse(Source::Email, text, Region::default()).ok();
    let named = [HeaderName::From, HeaderName::Sender].into_iter().find_map(|header| {
        let addresses = message.header_values(header).filter_map(HeaderValue::as_address);
        addresses.flat_map(Address::iter).find_map(|found| {
            let handle = email(found.address()?)?;
            let name = found.name().and_then(|given| name(given, handle.text()));
            Some((handle, name))
        })
    });
    named.or_else(|| Some((email(return_path)?, None)))
}

/// The references of the messages that it replies to: the parent, then its thread, the latest first.
fn replies_to(message: &mail_parser::Message) -> Vec<String> {
    let mut references = message_ids(message.header(HeaderName::InReplyTo));
    references.extend(message_ids(message.header(HeaderName::References)).into_iter().rev());
    let mut distinct: Vec<String> = Vec::new();
    for reference in references {
        if !distinct.contains(&reference) {
            distinct.push(reference);
        }
        if distinct.len() == REPLIES_TO_MAX {
            break;
        }
    }
    distinct
}

fn message_ids(header: Option<&HeaderValue>) -> Vec<String> {
    let ids: Vec<&str> = match header {
        Some(HeaderValue::Text(id)) => vec![id],
        Some(HeaderValue::TextList(ids)) => ids.iter().map(AsRef::as_ref).collect(),
        _ => Vec::new(),
    };
    ids.into_iter().filter_map(|id| reference("id", id)).collect()
}

/// Whether no person wrote it (RFC 3834, section 5, and what was done before that).
fn is_automatic(message: &mail_parser::Message, return_path: &str) -> bool {
    let word = |header: &str| {
        let value = message.header_raw(header)?.split(';').next()?.trim();
        (!value.is_empty()).then(|| value.to_ascii_lowercase())
    };
    return_path.is_empty()
        || word("Auto-Submitted").is_some_and(|value| value != "no")
        || word("Precedence").is_some_and(|value| matches!(value.as_str(), "bulk" | "list" | "junk"))
}

struct Body {
    text: String,
    html: Option<String>,
    attachments: Vec<Attachment>,
}

/// A message that is not taken apart.
fn whole(raw: &[u8]) -> Body {
    let attachment =
        Attachment { name: "message.eml".into(), media_type: "message/rfc822".into(), content: raw.into() };
    Body { text: TOO_MANY_PARTS.into(), html: None, attachments: vec![attachment] }
}

fn body(message: &mail_parser::Message, bounded: &Bounded) -> Body {
    let part = |id: &u32| message.parts.get(*id as usize);
    let mut plain = String::new();
    for part in message.text_body.iter().filter_map(part) {
        let readable = match &part.body {
            PartType::Text(text) => String::from_utf8_lossy(&bounded.undo(beginning(text).0.as_bytes())).into_owned(),
            PartType::Html(markup) => html::readable(markup),
            _ => continue,
        };
        plain.push_str(if plain.is_empty() { "" } else { "\n\n" });
        plain.push_str(&readable);
        if plain.len() > READ_BYTES_MAX {
            break;
        }
    }
    let mut text = text(&plain);
    drop(plain);
    let shown: Vec<&PartType> = message.html_body.iter().filter_map(part).map(|part| &part.body).collect();
    let has_markup = shown.iter().any(|part| matches!(part, PartType::Html(_)));
    let markup = || {
        let mut markup = String::new();
        for part in &shown {
            match part {
                PartType::Html(given) => markup.push_str(beginning(given).0),
                PartType::Text(given) => markup.push_str(&text_to_html(beginning(given).0)),
                _ => {}
            }
            // It is not shown with its markup.
            if markup.len() > HTML_BYTES_MAX {
                return None;
            }
        }
        html::clean(&markup)
    };
    let html = has_markup.then(markup).flatten();
    let count = message.attachments.len();
    if count > ATTACHMENTS_MAX {
        let note = format!("\n\n[{} more attachments were left out.]", count - ATTACHMENTS_MAX);
        text.push_str(&note);
    }
    let parts = message.attachments.iter().filter_map(part).take(ATTACHMENTS_MAX).enumerate();
    let attachments = parts.map(|(n, part)| attachment(n, part, bounded)).collect();
    Body { text, html, attachments }
}

fn attachment(n: usize, part: &MessagePart, bounded: &Bounded) -> Attachment {
    let given = part.content_type().map(|given| {
        let (kind, subtype) = (mime::given_type(given.ctype()), given.subtype().unwrap_or_default());
        format!("{kind}/{}", mime::given_type(subtype))
    });
    let media_type = given.map_or_else(|| "text/plain".into(), |given| media_type(&given));
    let name = part.attachment_name().and_then(file_name).unwrap_or_else(|| {
        let ending = if media_type == "message/rfc822" { ".eml" } else { "" };
        format!("attachment-{}{ending}", n + 1)
    });
    Attachment { name, media_type, content: Arc::from(&*bounded.undo(part.contents())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Email {
        Email::read(raw.replace('\n', "\r\n").as_bytes(), "envelope@b.example").unwrap()
    }

    #[test]
    fn headers_are_decoded_and_kept_in_one_line() {
        let email = read(
            "From: =?utf-8?Q?Sel=C3=ADna_=0A_Kyle?= <Selina@Gotham.org>\n\
             Subject: =?iso-8859-1?Q?Caf=E9?=\n =?utf-8?B?4oCuZ25p?=\n\nMeow\n",
        );
        assert_eq!(email.sender.text(), "Selina@Gotham.org");
        assert_eq!(email.name.unwrap().as_str().replace("  ", " "), "Selína Kyle");
        assert_eq!(email.subject, "Cafégni");
        assert_eq!((email.text.as_str(), email.html, email.references.len()), ("Meow", None, 0));
    }

    #[test]
    fn the_sender_is_the_first_usable_address() {
        let sender = |headers: &str| read(&format!("{headers}\n\nHi\n")).sender.text().to_owned();
        assert_eq!(sender("From: a@b.example, c@d.example\nSender: e@f.example"), "a@b.example");
        assert_eq!(sender("From: nobody\nSender: e@f.example"), "e@f.example");
        assert_eq!(sender("From: Team: a@b.example;"), "a@b.example");
        assert_eq!(sender("From: <>\nSubject: x"), "envelope@b.example");
        assert_eq!(sender("X: y"), "envelope@b.example");
        assert_eq!(Email::read(b"From: nobody\r\n\r\nHi\r\n", ""), Err(NoSender));
        assert_eq!(Email::read(b"", ""), Err(NoSender));
        assert!(Email::read(b"", "a@b.example").is_ok());
    }

    #[test]
    fn a_thread_is_followed_from_its_end() {
        let email =
            read("From: a@b.example\nMessage-ID: <4@b>\nIn-Reply-To: <3@b>\nReferences: <1@b>\n <2@b> <3@b>\n\nHi\n");
        assert_eq!(email.replies_to, ["id:3@b", "id:2@b", "id:1@b"]);
        assert_eq!(email.references, ["id:4@b"]);
        let long = (0..500).fold(String::new(), |long, n| format!("{long} <{n}@b>\n"));
        let email = read(&format!("From: a@b.example\nMessage-ID: <{}@b>\nReferences:{long}\nHi\n", "x".repeat(2_000)));
        assert_eq!((email.replies_to.len(), email.replies_to[0].as_str()), (REPLIES_TO_MAX, "id:499@b"));
        assert_eq!(email.references.len(), 0);
    }

    #[test]
    fn automatic_mail_of_a_sender_is_one_conversation() {
        let references = |headers: &str, return_path: &str| {
            let raw = format!("From: A@b.example\r\n{headers}\r\n\r\nHi\r\n");
            Email::read(raw.as_bytes(), return_path).unwrap().references
        };
        for header in ["Auto-Submitted: auto-replied; a=b", "auto-submitted: auto-generated", "Precedence: Bulk"] {
            assert_eq!(references(header, "a@b.example"), ["auto:a@b.example"], "{header}");
        }
        assert_eq!(references("X: y", ""), ["auto:a@b.example"]);
        for header in ["Auto-Submitted: no", "Auto-Submitted:  NO ", "Precedence: first-class", "X: y"] {
            assert_eq!(references(header, "a@b.example"), [""; 0], "{header}");
        }
    }

    #[test]
    fn parts_become_text_markup_and_attachments() {
        let email = read(
            "From: a@b.example\nContent-Type: multipart/mixed; boundary=m\n\n\
             --m\nContent-Type: multipart/alternative; boundary=a\n\n\
             --a\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nCaf=E9\n\
             --a\nContent-Type: text/html\n\n<p>Caf&eacute;<script>x</script></p>\n--a--\n\
             --m\nContent-Type: application/pdf; name=\"a/b.pdf\"\nContent-Disposition: attachment\n\
             Content-Transfer-Encoding: base64\n\nJVBERg==\n\
             --m\nContent-Type: message/rfc822\n\nFrom: c@d.example\nContent-Type: message/rfc822\n\nX: y\n\nInside\n\
             --m--\n",
        );
        assert_eq!(email.text, "Café");
        assert_eq!(email.html.as_deref(), Some("<p>Café</p>"));
        let shown = |attachment: &Attachment| (attachment.name.clone(), attachment.media_type.clone());
        let shown: Vec<_> = email.attachments.iter().map(shown).collect();
        let pair = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
        assert_eq!(shown, [pair("b.pdf", "application/pdf"), pair("attachment-2.eml", "message/rfc822")]);
        assert_eq!(&*email.attachments[0].content, b"%PDF");
        let inside = String::from_utf8_lossy(&email.attachments[1].content);
        assert_eq!(inside.trim_end(), "From: c@d.example\r\nContent-Type: message/rfc822\r\n\r\nX: y\r\n\r\nInside");
    }

    #[test]
    fn a_message_that_cannot_be_parsed_is_attached_whole() {
        let nested = "Content-Type: multipart/mixed; boundary=a\n\n--a\n".repeat(10_000);
        let email = read(&format!("From: a@b.example\nSubject: Deep\n{nested}Hi\n"));
        assert_eq!((email.subject.as_str(), email.text.as_str()), ("Deep", TOO_MANY_PARTS));
        assert_eq!(email.attachments.len(), 1);
    }

    #[test]
    fn nested_messages_are_attachments() {
        let nested = "Content-Type: message/rfc822\n\n".repeat(100_000);
        let email = read(&format!("From: a@b.example\n{nested}Hi\n"));
        assert_eq!((email.attachments.len(), email.attachments[0].media_type.as_str()), (1, "message/rfc822"));
        let encoded = data_encoding::BASE64_MIME.encode(nested.as_bytes());
        let email = read(&format!(
            "From: a@b.example\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{encoded}"
        ));
        assert_eq!(email.attachments[0].content.len(), nested.len());
    }
}
