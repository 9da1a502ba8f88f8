//! The choice of a column's field, with the labels that the app uses everywhere.

use contact::{Attribute, CustomName, FieldTarget, Settings};
use files::{Column, Field, UnknownField};
use maud::{Markup, html};

use crate::web::format;

/// The value of the choice of a new custom field with the name of the column.
const NEW: &str = "new";
/// The groups of the choice, in order.
const GROUPS: [&str; 4] = ["Name", "Handles", "About the person", "Custom fields"];

/// Returns the label of a field.
pub fn label(field: &Field) -> &str {
    match field {
        Field::Attribute(attribute) => attribute.spec().label,
        Field::FirstName => "First name",
        Field::MiddleName => "Middle name",
        Field::LastName => "Last name",
        Field::Handle(source) => format::source(*source),
        Field::Link => "Link",
        Field::List => "List",
        Field::Custom(name) => name.as_str(),
        Field::Ignore => "Leave out",
    }
}

fn group(field: &Field) -> Option<&'static str> {
    let which = match field {
        Field::Attribute(Attribute::Name) | Field::FirstName | Field::MiddleName | Field::LastName => 0,
        Field::Handle(_) => 1,
        Field::Attribute(_) | Field::Link | Field::List => 2,
        Field::Custom(_) => 3,
        Field::Ignore => return None,
    };
    Some(GROUPS[which])
}

/// The custom field that a column could have, if the company has none of its name.
fn new_field(column: &Column, settings: &Settings) -> Option<Field> {
    let name = CustomName::parse(&column.name).ok()?;
    settings.field(FieldTarget::Contact, &name).is_none().then_some(Field::Custom(name))
}

/// Parses the choice for a column.
pub fn parse(choice: &str, column: &Column, settings: &Settings) -> Result<Field, UnknownField> {
    match new_field(column, settings).filter(|_| choice == NEW) {
        Some(field) => Ok(field),
        None => Field::parse(choice, settings),
    }
}

/// Returns the options of a `select` with all fields of a company, and a new one for the column.
pub fn options(settings: &Settings, column: &Column, chosen: &Field) -> Markup {
    let fields: Vec<Field> = Field::all(settings).collect();
    let new = new_field(column, settings);
    let option = |field: &Field| html! { option value=(field) selected[field == chosen] { (label(field)) } };
    html! {
        (option(&Field::Ignore))
        @if let Some(new) = &new { option value=(NEW) selected[new == chosen] { "New custom field" } }
        @for name in GROUPS {
            @let members: Vec<&Field> = fields.iter().filter(|field| group(field) == Some(name)).collect();
            @if !members.is_empty() {
                optgroup label=(name) { @for field in members { (option(field)) } }
            }
        }
    }
}
