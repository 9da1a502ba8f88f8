//! JSON Lines: a body of API 1 per line; or a JSON array of them.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use contact::{
    Attributes, CardProperty, CustomName, CustomType, FieldTarget, Handle, ListName, Picture, Settings, Text,
};
use data_encoding::BASE64;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::elements::Elements;
use crate::encoding::Input;
use crate::format::is_array;
use crate::lines::Lines;
use crate::row::ReadRow;
use crate::{Encoding, Options, Person, Problem, ROW_BYTES_MAX, body, custom};

/// Most values of a line, counting those in lists and objects. Each takes some dozens of bytes while it is read.
const VALUES_MAX: usize = 10_000;
/// A line with no more bytes than this cannot have too many values.
const FEW_BYTES: usize = VALUES_MAX;

/// A reader of JSON Lines.
pub struct Bodies<'a> {
    source: Source<'a>,
    line: Vec<u8>,
    options: Options,
}

enum Source<'a> {
    Lines(Lines<Box<dyn Read + Send + 'a>>),
    Array(Elements<Box<dyn Read + Send + 'a>>),
}

impl<'a> Bodies<'a> {
    pub fn open(input: Input<'a>, options: &Options) -> Bodies<'a> {
        let source = if is_array(&String::from_utf8_lossy(&input.first)) {
            Source::Array(Elements::new(input.reader, ROW_BYTES_MAX))
        } else {
            Source::Lines(Lines::new(input.reader, &input.first, ROW_BYTES_MAX))
        };
        Bodies { source, line: Vec::new(), options: options.clone() }
    }

    /// The next line or element that is not blank, with the number of its line.
    pub fn next(&mut self) -> io::Result<Option<(u64, ReadRow)>> {
        let Some((number, value)) = self.value()? else { return Ok(None) };
        let read = match value {
            Ok(value) => body::read_line(value, &self.options),
            Err(problem) => ReadRow::unreadable(problem),
        };
        Ok(Some((number, read)))
    }

    /// The custom fields that the company does not have, with the types of their first values.
    pub fn unknown_fields(mut self) -> io::Result<Vec<(CustomName, CustomType)>> {
        let mut found = BTreeMap::new();
        while let Some((_, value)) = self.value()? {
            let Ok(Value::Object(mut body)) = value else { continue };
            let Some(Value::Object(fields)) = body.remove("custom_fields") else { continue };
            for (name, value) in fields {
                let kind = match value {
                    Value::Bool(_) => CustomType::Boolean,
                    Value::Number(_) => CustomType::Number,
                    Value::String(_) => CustomType::String,
                    Value::Null | Value::Array(_) | Value::Object(_) => continue,
                };
                let Ok(name) = CustomName::parse(&name) else { continue };
                if self.options.settings.field(FieldTarget::Contact, &name).is_none() {
                    found.entry(name).or_insert(kind);
                }
            }
        }
        Ok(found.into_iter().collect())
    }

    /// The next line or element that is not blank, as JSON, with the number of its line.
    fn value(&mut self) -> io::Result<Option<(u64, Result<Value, Problem>)>> {
        loop {
            let found = match &mut self.source {
                Source::Lines(lines) => lines.next(&mut self.line)?.map(|line| (line.number, line.is_cut)),
                Source::Array(elements) => elements.next(&mut self.line)?.map(|it| (it.line, it.is_cut)),
            };
            let Some((number, is_cut)) = found else { return Ok(None) };
            if self.line.trim_ascii().is_empty() && !is_cut {
                continue;
            }
            let value = if is_cut {
                Err(Problem::of_row(&self.line, format!("Must have at most {ROW_BYTES_MAX} bytes.")))
            } else {
                parse(&self.line, number)
            };
            return Ok(Some((number, value)));
        }
    }
}

fn parse(line: &[u8], number: u64) -> Result<Value, Problem> {
    if line.len() > FEW_BYTES && values(line) > VALUES_MAX {
        return Err(Problem::of_row(line, format!("Must have at most {VALUES_MAX} values.")));
    }
    let text = Encoding::WINDOWS_1252.decode_unless_utf8(line);
    // Each line or element is parsed as a text of its own.
    let not_json = |error: serde_json::Error| {
        let (inner, message) = (error.line() as u64, error.to_string());
        let place = format!(" at line {inner} column ");
        let shown =
            if inner > 1 { format!(" at line {} column ", number + inner - 1) } else { " at column ".to_owned() };
        format!("Is not JSON: {}.", message.replace(&place, &shown))
    };
    serde_json::from_str::<Value>(&text).map_err(|error| Problem::of_row(line, not_json(error)))
}

/// The approximate number of values of a line: the separators and openings outside strings.
fn values(line: &[u8]) -> usize {
    let (mut count, mut is_string, mut is_escaped) = (0, false, false);
    for byte in line {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'"' => is_string = !is_string,
            b',' | b'[' | b'{' if !is_string => count += 1,
            _ => {}
        }
    }
    count
}

/// A writer of JSON Lines.
pub struct BodyWriter<W: Write> {
    output: W,
    settings: Settings,
}

impl<W: Write> BodyWriter<W> {
    pub fn new(output: W, settings: &Settings) -> BodyWriter<W> {
        BodyWriter { output, settings: settings.clone() }
    }

    pub fn write(&mut self, person: &Person) -> io::Result<()> {
        serde_json::to_writer(&mut self.output, &Body::of(person, &self.settings))?;
        self.output.write_all(b"\n")
    }

    pub fn finish(mut self) -> io::Result<W> {
        self.output.flush()?;
        Ok(self.output)
    }
}

/// A body of API 1, with the keys that only files have.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    attributes: AttributesBody<'a>,
    fields: Vec<FieldBody<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    link: Vec<LinkBody<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lists: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vcard_properties: Vec<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    custom_fields: BTreeMap<&'a str, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<PictureBody>,
}

/// The attributes that are not empty, by their keys.
struct AttributesBody<'a>(&'a Attributes<Text>);

impl Serialize for AttributesBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let known = self.0.iter().filter(|(_, text)| !text.is_empty());
        serializer.collect_map(known.map(|(attribute, text)| (attribute.key(), text.as_str())))
    }
}

#[derive(Serialize)]
struct FieldBody<'a> {
    source: &'static str,
    handle: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
}

#[derive(Serialize)]
struct LinkBody<'a> {
    url: &'a str,
}

#[derive(Serialize)]
struct PictureBody {
    r#type: &'static str,
    content: String,
}

impl<'a> Body<'a> {
    fn of(person: &'a Person, settings: &Settings) -> Body<'a> {
        let custom = person.custom.iter().filter(|(name, _)| settings.field(FieldTarget::Contact, name).is_some());
        Body {
            attributes: AttributesBody(&person.attributes),
            fields: person.handles.iter().map(FieldBody::of).collect(),
            link: person.links.iter().map(|link| LinkBody { url: link.as_str() }).collect(),
            lists: person.lists.iter().map(ListName::as_str).collect(),
            vcard_properties: person.properties.iter().map(CardProperty::as_str).collect(),
            custom_fields: custom.map(|(name, value)| (name.as_str(), custom::to_json(value))).collect(),
            picture: person.picture.as_ref().map(PictureBody::of),
        }
    }
}

impl FieldBody<'_> {
    fn of(handle: &Handle) -> FieldBody<'_> {
        let label = handle.label().map(Text::as_str);
        FieldBody { source: handle.key().source().name(), handle: handle.text(), label }
    }
}

impl PictureBody {
    fn of(picture: &Picture) -> PictureBody {
        PictureBody { r#type: picture.kind.media_type(), content: BASE64.encode(&picture.content) }
    }
}
