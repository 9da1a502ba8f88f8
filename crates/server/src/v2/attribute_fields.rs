//! Attributes as custom fields of contacts, which is where clients of Front look for an organization or a birthday.

use std::collections::BTreeMap;

use contact::{Attribute, Attributes, CompanyId, Contact, CustomName, FieldId, FieldTarget, Settings, Text};
use serde_json::Value;

use super::error::Error;

/// The ids of attributes are those after this one. A company's own fields are counted from 1.
const IDS_AFTER: u64 = 1 << 38;

/// Whether an attribute is a custom field here. The others have keys of their own.
pub fn is_field(attribute: Attribute) -> bool {
    !matches!(attribute, Attribute::Name | Attribute::Description)
}

/// The attributes that are custom fields of a company. A field of its own with the same name hides one.
pub fn attribute_fields(settings: &Settings) -> impl Iterator<Item = Attribute> {
    let is_hidden = |attribute: Attribute| {
        let name = CustomName::from_stored(attribute.spec().label.to_owned());
        settings.field(FieldTarget::Contact, &name).is_some()
    };
    Attribute::ALL.into_iter().filter(move |attribute| is_field(*attribute) && !is_hidden(*attribute))
}

/// The id of an attribute as a custom field. It never changes.
pub fn field_id(company: CompanyId, attribute: Attribute) -> FieldId {
    FieldId::nth(company, IDS_AFTER + attribute as u64)
}

/// Takes the values of attributes out of those of custom fields. `contact` is the one that they replace those of, if it
/// exists: attributes that it has and that are not named are cleared.
///
/// # Errors
///
/// [`Error::BadRequest`] if a value is no text, or too long.
pub fn take_attributes(
    values: &mut BTreeMap<String, Value>,
    settings: &Settings,
    contact: Option<&Contact>,
) -> Result<Attributes<Option<Text>>, Error> {
    let mut taken = Attributes::default();
    for attribute in attribute_fields(settings) {
        let label = attribute.spec().label;
        // Space around the name of a custom field is no part of it.
        let name = values.keys().find(|name| name.trim() == label).cloned();
        let text = match name.and_then(|name| values.remove(&name)) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text,
            Some(_) => return Err(Error::BadRequest(format!("custom_fields: {label} must be a string."))),
        };
        let has_value = |contact: &Contact| !contact.attributes[attribute].is_empty();
        if !text.is_empty() || contact.is_some_and(has_value) {
            let text = attribute.parse(&text);
            taken[attribute] =
                Some(text.map_err(|invalid| Error::BadRequest(format!("custom_fields.{label}: {invalid}")))?);
        }
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_never_change() {
        let company = CompanyId::new(7).expect("a number");
        let settings = Settings::default();
        let ids = attribute_fields(&settings).map(|attribute| field_id(company, attribute).to_string());
        assert_eq!(
            ids.collect::<Vec<_>>(),
            ["fld_z1ci99k36ayv", "fld_z1ci99kd5wcn", "fld_z1ci99kn5hqf", "fld_z1ci99kx5347", "fld_z1ci99l74ohz"]
        );
    }
}
