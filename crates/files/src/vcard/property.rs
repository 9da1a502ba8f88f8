//! A property of a card: its head, and its values as text.

use calcard::common::IanaString;
use calcard::vcard::{VCard, VCardEntry, VCardParameterName, VCardParameterValue, VCardValue};

use crate::Encoding;

/// Most bytes before the value.
const HEAD_BYTES_MAX: usize = 4 * 1024;

/// The head of a property: what precedes the value and says how to read it.
pub struct Head<'a> {
    name: &'a [u8],
    /// The parameters, without those of the encoding.
    rest: Vec<&'a [u8]>,
    pub value: &'a [u8],
    pub is_quoted_printable: bool,
    pub is_base64: bool,
    charset: Option<Encoding>,
    has_value: bool,
}

impl<'a> Head<'a> {
    /// Parses the head of a property.
    pub fn of(property: &'a [u8]) -> Head<'a> {
        let begin = &property[..property.len().min(HEAD_BYTES_MAX)];
        let mut marks = Vec::new();
        let (mut is_quoted, mut colon) = (false, None);
        for (at, byte) in begin.iter().enumerate() {
            match byte {
                b'"' => is_quoted = !is_quoted,
                b';' if !is_quoted => marks.push(at),
                b':' if !is_quoted => {
                    colon = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let end = colon.unwrap_or(begin.len());
        let name = &property[..marks.first().copied().unwrap_or(end)];
        let mut head = Head {
            name,
            rest: Vec::new(),
            value: colon.map_or(&[][..], |colon| &property[colon + 1..]),
            is_quoted_printable: false,
            is_base64: false,
            charset: None,
            has_value: colon.is_some(),
        };
        for (which, start) in marks.iter().enumerate() {
            head.parameter(&property[start + 1..marks.get(which + 1).copied().unwrap_or(end)]);
        }
        head
    }

    fn parameter(&mut self, parameter: &'a [u8]) {
        let at = parameter.iter().position(|byte| *byte == b'=');
        let (name, value) = at.map_or((&b""[..], parameter), |at| (&parameter[..at], &parameter[at + 1..]));
        let (name, value) = (name.trim_ascii(), value.trim_ascii());
        // Version 2.1 allows an encoding without the name of the parameter.
        if name.is_empty() || name.eq_ignore_ascii_case(b"ENCODING") {
            if value.eq_ignore_ascii_case(b"QUOTED-PRINTABLE") {
                self.is_quoted_printable = true;
                return;
            }
            if value.eq_ignore_ascii_case(b"BASE64") || !name.is_empty() && value.eq_ignore_ascii_case(b"B") {
                self.is_base64 = true;
                return;
            }
        }
        if name.eq_ignore_ascii_case(b"CHARSET") {
            self.charset = std::str::from_utf8(value).ok().and_then(|label| label.trim_matches('"').parse().ok());
            return;
        }
        self.rest.push(parameter);
    }

    /// The name, in upper case and without the group before it.
    pub fn name(&self) -> String {
        let name = self.name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
        String::from_utf8_lossy(name.trim_ascii()).to_ascii_uppercase()
    }

    pub fn is_photo(&self) -> bool {
        self.is_named(b"PHOTO")
    }

    /// The group of the property, in upper case: `ITEM1`. Empty if it has none.
    pub fn group(&self) -> String {
        let dot = self.name.iter().rposition(|byte| *byte == b'.');
        String::from_utf8_lossy(dot.map_or(b"", |dot| &self.name[..dot])).trim().to_ascii_uppercase()
    }

    /// Whether a card begins here.
    pub fn is_begin(&self) -> bool {
        self.is_named(b"BEGIN") && self.value.trim_ascii().eq_ignore_ascii_case(b"VCARD")
    }

    /// Whether a card ends here.
    pub fn is_end(&self) -> bool {
        self.is_named(b"END") && self.value.trim_ascii().eq_ignore_ascii_case(b"VCARD")
    }

    pub fn is_border(&self) -> bool {
        self.is_begin() || self.is_end()
    }

    fn is_named(&self, name: &[u8]) -> bool {
        let own = self.name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
        own.trim_ascii().eq_ignore_ascii_case(name)
    }

    /// Whether it has parameters other than those of the encoding.
    pub fn has_parameters(&self) -> bool {
        !self.rest.is_empty()
    }

    /// The whole property as text.
    pub fn decode(&self, property: &[u8], otherwise: Encoding) -> String {
        decoded(property, self.charset, self.charset.unwrap_or(otherwise))
    }

    /// Parses the property. None if it is not one.
    pub fn parse(&self, otherwise: Encoding) -> Option<Property> {
        if !self.has_value {
            return None;
        }
        let mut line = b"BEGIN:VCARD\nVERSION:4.0\n".to_vec();
        // A day is kept as it is written, however odd: the parser would drop one that it cannot read.
        let is_day = self.is_named(b"BDAY");
        line.extend_from_slice(if is_day { b"X-BDAY" } else { self.name });
        for parameter in self.rest.iter().filter(|_| !is_day) {
            line.push(b';');
            line.extend_from_slice(parameter);
        }
        // An unknown charset leaves the bytes as they are, which usually are UTF-8.
        let encoding = match (self.is_quoted_printable, self.is_base64) {
            (true, _) => &b";ENCODING=QUOTED-PRINTABLE;CHARSET=x-bytes"[..],
            (_, true) => b";ENCODING=BASE64",
            _ => b"",
        };
        line.extend_from_slice(encoding);
        line.push(b':');
        line.extend_from_slice(self.value);
        line.extend_from_slice(b"\nEND:VCARD\n");
        let charset = self.charset.unwrap_or(otherwise);
        let card = VCard::parse(decoded(&line, self.charset, charset)).ok()?;
        // The version precedes it.
        let entry = card.entries.into_iter().nth(1)?;
        Some(Property { entry, declared: self.charset, otherwise: charset })
    }
}

fn decoded(bytes: &[u8], declared: Option<Encoding>, otherwise: Encoding) -> String {
    const ESCAPE: u8 = 0x1b;
    // ISO-2022 is in ASCII, with escapes where it means something else.
    match declared {
        Some(declared) if bytes.contains(&ESCAPE) => declared.decode(bytes).into_owned(),
        _ => otherwise.decode_unless_utf8(bytes).into_owned(),
    }
}

/// A parsed property.
pub struct Property {
    entry: VCardEntry,
    declared: Option<Encoding>,
    /// The encoding of what is not UTF-8.
    otherwise: Encoding,
}

impl Property {
    /// Its values as text. Other values are left out.
    pub fn texts(&self) -> Vec<String> {
        self.entry.values.iter().map(|value| self.text(value)).collect()
    }

    fn text(&self, value: &VCardValue) -> String {
        let otherwise = self.otherwise;
        match value {
            VCardValue::Text(text) if self.declared.is_some() => decoded(text.as_bytes(), self.declared, otherwise),
            VCardValue::Text(text) => text.clone(),
            VCardValue::Component(parts) => parts.join(" "),
            VCardValue::Binary(data) => decoded(&data.data, self.declared, otherwise),
            VCardValue::Integer(number) => number.to_string(),
            VCardValue::Float(number) => number.to_string(),
            VCardValue::Boolean(truth) => truth.to_string(),
            _ => String::new(),
        }
    }

    /// Its values in one line, as those of an organization with its units and of an address.
    pub fn line(&self) -> String {
        let mut texts = self.texts();
        texts.retain(|text| !text.is_empty());
        let parts = || texts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
        match &texts[..] {
            [one] => one.clone(),
            _ => parts().collect::<Vec<_>>().join(", "),
        }
    }

    /// Its only value as text.
    pub fn value(&self) -> String {
        self.texts().into_iter().next().unwrap_or_default()
    }

    /// The bytes of its value. None if the value is a URL.
    pub fn bytes(self) -> Option<Vec<u8>> {
        match self.entry.values.into_iter().next()? {
            VCardValue::Binary(data) => Some(data.data),
            // The bytes happen to be text.
            VCardValue::Text(text) => Some(text.into_bytes()),
            _ => None,
        }
    }

    /// The values of a parameter, in lower case.
    pub fn parameter(&self, name: &str) -> Vec<String> {
        let named = self.entry.params.iter().filter(|parameter| is_named(&parameter.name, name));
        named.map(|parameter| parameter_text(&parameter.value).to_lowercase()).collect()
    }
}

fn is_named(parameter: &VCardParameterName, name: &str) -> bool {
    parameter.as_str().eq_ignore_ascii_case(name)
}

fn parameter_text(value: &VCardParameterValue) -> String {
    match value {
        VCardParameterValue::Text(text) => text.clone(),
        VCardParameterValue::Type(kind) => kind.as_str().to_owned(),
        _ => String::new(),
    }
}
