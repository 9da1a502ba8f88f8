//! The values of custom fields in response bodies.

use std::collections::BTreeMap;

use contact::{CustomValue, CustomValues, FieldTarget, Settings};
use serde_json::Value;

/// Returns the values whose custom fields still exist, by field name.
pub fn custom_fields(values: &CustomValues, target: FieldTarget, settings: &Settings) -> BTreeMap<String, Value> {
    let shown = values.iter().filter(|(name, _)| settings.field(target, name).is_some());
    shown.map(|(name, value)| (name.as_str().to_owned(), json(value))).collect()
}

fn json(value: &CustomValue) -> Value {
    match value {
        CustomValue::Text(text) => Value::String(text.clone()),
        CustomValue::Bool(truth) => Value::Bool(*truth),
        CustomValue::Number(number) => serde_json::from_str(number).unwrap_or(Value::Null),
    }
}
