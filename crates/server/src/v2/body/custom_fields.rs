//! The values of custom fields in response bodies.

use std::collections::BTreeMap;

use contact::{Contact, CustomValue, CustomValues, FieldTarget, Settings};
use serde_json::Value;

use crate::v2::attribute_fields::attribute_fields;

/// Returns the values whose custom fields still exist, by field name.
pub fn custom_fields(values: &CustomValues, target: FieldTarget, settings: &Settings) -> BTreeMap<String, Value> {
    let shown = values.iter().filter(|(name, _)| settings.field(target, name).is_some());
    shown.map(|(name, value)| (name.as_str().to_owned(), json(value))).collect()
}

/// Returns the same of a contact, with its attributes that are custom fields and have a value.
pub fn contact_fields(contact: &Contact, settings: &Settings) -> BTreeMap<String, Value> {
    let mut fields = custom_fields(&contact.custom, FieldTarget::Contact, settings);
    let given = attribute_fields(settings).filter(|attribute| !contact.attributes[*attribute].is_empty());
    fields.extend(given.map(|attribute| {
        (attribute.spec().label.to_owned(), Value::String(contact.attributes[attribute].as_str().to_owned()))
    }));
    fields
}

fn json(value: &CustomValue) -> Value {
    match value {
        CustomValue::Text(text) => Value::String(text.clone()),
        CustomValue::Bool(truth) => Value::Bool(*truth),
        CustomValue::Number(number) => serde_json::from_str(number).unwrap_or(Value::Null),
    }
}
