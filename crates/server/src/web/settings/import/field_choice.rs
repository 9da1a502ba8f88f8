//! The choice of a column's field, with the labels that the app uses everywhere.

use contact::{Attribute, Settings};
use files::Field;
use maud::{Markup, html};

use crate::web::format;

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

/// Returns the options of a `select` with all fields of a company.
pub fn options(settings: &Settings, chosen: &Field) -> Markup {
    let fields: Vec<Field> = Field::all(settings).collect();
    let option = |field: &Field| html! { option value=(field) selected[field == chosen] { (label(field)) } };
    html! {
        (option(&Field::Ignore))
        @for name in GROUPS {
            @let members: Vec<&Field> = fields.iter().filter(|field| group(field) == Some(name)).collect();
            @if !members.is_empty() {
                optgroup label=(name) { @for field in members { (option(field)) } }
            }
        }
    }
}
