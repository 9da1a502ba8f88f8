//! Reads a multipart form as JSON: `handles[0][source]` is the source of the first handle.

use axum::body::{Body, Bytes};
use multer::Multipart;
use serde_json::{Map, Value};

use super::error::Error;

/// Most fields of a form.
const FIELDS_MAX: usize = 2_000;
/// Most levels of nesting in a field name.
const DEPTH_MAX: usize = 4;
/// Most files of a form.
const FILES_MAX: usize = contact::ATTACHMENTS_MAX;

/// A file of a form.
pub struct File {
    pub name: String,
    pub media_type: String,
    pub content: Bytes,
}

/// Reads a form: its fields as JSON, and its files named `file` or `file[…]`. Other files are skipped.
pub async fn read(body: Bytes, boundary: String, file: &str) -> Result<(Value, Vec<File>), Error> {
    let broken = |error: multer::Error| Error::BadRequest(format!("The form cannot be read: {error}."));
    let mut form = Multipart::new(Body::from(body).into_data_stream(), boundary);
    let (mut root, mut files, mut count) = (Value::Object(Map::new()), Vec::new(), 0);
    while let Some(field) = form.next_field().await.map_err(broken)? {
        count += 1;
        if count > FIELDS_MAX {
            return Err(Error::BadRequest(format!("A form has at most {FIELDS_MAX} fields.")));
        }
        let name = field.name().unwrap_or_default().to_owned();
        let path = path(&name);
        if path.first().is_some_and(|first| *first == file) {
            if files.len() == FILES_MAX {
                return Err(Error::BadRequest(format!("A form has at most {FILES_MAX} files.")));
            }
            let media_type = field.content_type().map(ToString::to_string).unwrap_or_default();
            let file_name = field.file_name().unwrap_or_default().to_owned();
            files.push(File { name: file_name, media_type, content: field.bytes().await.map_err(broken)? });
        } else if field.file_name().is_none() && path.len() <= DEPTH_MAX {
            let value = field.bytes().await.map_err(broken)?;
            let text = String::from_utf8(value.into());
            let text = text.map_err(|_| Error::BadRequest(format!("{name} must be UTF-8.")))?;
            put(&mut root, &path, text);
        }
    }
    Ok((lists(root), files))
}

/// Splits a field name into its parts: `a[0][b]` has three.
fn path(name: &str) -> Vec<&str> {
    let (first, rest) = name.split_once('[').unwrap_or((name, ""));
    let rest = rest.strip_suffix(']').unwrap_or(rest);
    let inner = if rest.is_empty() && !name.contains('[') { None } else { Some(rest.split("][")) };
    std::iter::once(first).chain(inner.into_iter().flatten()).collect()
}

fn put(target: &mut Value, path: &[&str], text: String) {
    let Value::Object(fields) = target else { return };
    match path {
        [] => {}
        [name] => {
            // `links[]` twice is two items.
            let name = if name.is_empty() { fields.len().to_string() } else { (*name).to_owned() };
            fields.insert(name, Value::String(text));
        }
        [name, rest @ ..] => {
            let name = if name.is_empty() { fields.len().to_string() } else { (*name).to_owned() };
            let inner = fields.entry(name).or_insert_with(|| Value::Object(Map::new()));
            put(inner, rest, text);
        }
    }
}

/// Turns objects with the keys 0, 1, 2, … into lists.
fn lists(value: Value) -> Value {
    let Value::Object(fields) = value else { return value };
    let mut fields: Vec<(String, Value)> = fields.into_iter().map(|(name, value)| (name, lists(value))).collect();
    let number = |name: &String| name.parse::<usize>().ok();
    if !fields.is_empty() && fields.iter().all(|(name, _)| number(name).is_some()) {
        fields.sort_by_key(|(name, _)| number(name));
        return Value::Array(fields.into_iter().map(|(_, value)| value).collect());
    }
    Value::Object(fields.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_names_split_into_parts() {
        assert_eq!(path("body"), ["body"]);
        assert_eq!(path("handles[0][source]"), ["handles", "0", "source"]);
        assert_eq!(path("custom_fields[Job title]"), ["custom_fields", "Job title"]);
        assert_eq!(path("links[]"), ["links", ""]);
    }

    #[test]
    fn fields_become_json() {
        let mut root = Value::Object(Map::new());
        for (name, text) in [
            ("name", "Ada"),
            ("handles[1][handle]", "b"),
            ("handles[0][handle]", "a"),
            ("links[]", "x"),
            ("links[]", "y"),
            ("custom_fields[a b]", "7"),
        ] {
            put(&mut root, &path(name), text.into());
        }
        let expected = serde_json::json!({
            "name": "Ada",
            "handles": [{"handle": "a"}, {"handle": "b"}],
            "links": ["x", "y"],
            "custom_fields": {"a b": "7"},
        });
        assert_eq!(lists(root), expected);
    }
}
