//! The columns of a table, recognized by the names that products give them.

use contact::{Attribute, CustomField, CustomName, FieldTarget, Settings, Source};

use super::cell::{Kind, unquote};
use crate::field::CUSTOM_PREFIX;
use crate::label::usual_label;
use crate::words::{Meaning, meanings};
use crate::{Error, Field, Options};

/// A column of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its name in the file.
    pub name: String,
    /// Its field, if it has one.
    pub field: Option<Field>,
    /// Whether it has the record ids. It may have a field as well, such as an e-mail address by which a CRM knows its people.
    pub has_ids: bool,
    /// Whether it has the labels of handles in another column.
    pub has_labels: bool,
}

impl Column {
    /// Whether its cells are not read.
    pub fn is_ignored(&self) -> bool {
        self.field.is_none() && !self.has_ids && !self.has_labels
    }
}

/// The target of the cells of a column.
#[derive(Clone, Debug)]
pub enum Target {
    Attribute(Attribute),
    Part(usize),
    Several(Kind),
    /// Handles, with the label that the column's name says; blank if it says none.
    Handles {
        source: Source,
        label: &'static str,
    },
    /// Handles. The cell of another column has their label.
    Labelled {
        source: Source,
        label: usize,
    },
    /// Labels of Google Contacts, some of which are not lists.
    Labels,
    Custom(Box<CustomField>),
    Nothing,
}

/// The number of parts of a name: first, middle and last.
pub const NAME_PARTS: usize = 3;

/// Recognizes the columns with these names, and the targets of their cells. One of them must have handles.
pub fn recognize<'a>(
    names: impl Iterator<Item = &'a str>,
    options: &Options,
) -> Result<(Vec<Column>, Vec<Target>), Error> {
    let (columns, targets) = recognize_any(names, options)?;
    check_handles(&columns, &targets)?;
    Ok((columns, targets))
}

/// The same, also if no column is known to have handles.
pub fn recognize_any<'a>(
    names: impl Iterator<Item = &'a str>,
    options: &Options,
) -> Result<(Vec<Column>, Vec<Target>), Error> {
    let names: Vec<_> = names.map(|cell| unquote(cell).unwrap_or_default()).collect();
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    let id_column = id_column(&names, options)?;
    let mut is_used = vec![false; options.map.len()];
    let mut columns = Vec::new();
    for (which, name) in names.into_iter().enumerate() {
        let mapped = options.map.iter().position(|(mapped, _)| mapped == name || fold(mapped) == fold(name));
        let field = match mapped {
            Some(which) => {
                is_used[which] = true;
                Some(options.map[which].1.clone()).filter(|field| *field != Field::Ignore)
            }
            None => field(name, &options.settings),
        };
        columns.push(Column { name: name.to_owned(), field, has_ids: id_column == Some(which), has_labels: false });
    }
    if let Some(which) = is_used.iter().position(|used| !used) {
        return Err(Error::NoColumn { name: options.map[which].0.clone(), columns: names_of(&columns) });
    }
    let targets = targets(&mut columns, &options.settings);
    Ok((columns, targets))
}

/// The targets of the cells of columns. Notes which columns have labels.
pub fn targets(columns: &mut [Column], settings: &Settings) -> Vec<Target> {
    let mut targets =
        columns.iter().map(|column| target(&column.name, column.field.as_ref(), settings)).collect::<Vec<_>>();
    find_labels(columns, &mut targets);
    targets
}

/// Checks that a column has handles, without which every row would be refused.
pub fn check_handles(columns: &[Column], targets: &[Target]) -> Result<(), Error> {
    let has_handles = |target| matches!(target, &Target::Handles { .. } | Target::Labelled { .. });
    if columns.is_empty() || targets.iter().any(has_handles) {
        return Ok(());
    }
    Err(Error::NoHandles(names_of(columns)))
}

pub fn names_of(columns: &[Column]) -> Vec<String> {
    columns.iter().map(|column| column.name.clone()).collect()
}

/// Gives each column of handles the column of their labels, which has the same number: `Phone 1 - Label`.
fn find_labels(columns: &mut [Column], targets: &mut [Target]) {
    for label in 0..columns.len() {
        let column = &columns[label];
        let Some(source) = labelled_source(column) else { continue };
        let mut is_used = false;
        for (target, handles) in targets.iter_mut().zip(columns.iter()) {
            if matches!(target, Target::Handles { source: known, .. } if *known == source)
                && number(&handles.name) == number(&column.name)
            {
                *target = Target::Labelled { source, label };
                is_used = true;
            }
        }
        columns[label].has_labels = is_used;
    }
}

/// The source of the handles whose labels a column has, if it has labels.
fn labelled_source(column: &Column) -> Option<Source> {
    match meanings(&column.name).as_deref() {
        _ if column.field.is_some() => None,
        Some([Meaning::Phone, Meaning::Label]) => Some(Source::Phone),
        Some([Meaning::Email, Meaning::Label]) => Some(Source::Email),
        _ => None,
    }
}

/// The digits of a name.
fn number(name: &str) -> String {
    name.chars().filter(char::is_ascii_digit).collect()
}

/// The column with the record ids, if the options name one: that with exactly this name, or else the only one whose name
/// is as good as the same.
fn id_column(names: &[&str], options: &Options) -> Result<Option<usize>, Error> {
    let Some(naming) = &options.record else { return Ok(None) };
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let Some(wanted) = &naming.id else { return Err(Error::NoRecordIds(owned(names))) };
    let found =
        |is_it: &dyn Fn(&str) -> bool| (0..names.len()).filter(|which| is_it(names[*which])).collect::<Vec<_>>();
    let mut candidates = found(&|name| name == wanted);
    if candidates.is_empty() {
        candidates = found(&|name| fold(name) == fold(wanted));
    }
    match candidates[..] {
        [one] => Ok(Some(one)),
        [] => Err(Error::NoColumn { name: wanted.clone(), columns: owned(names) }),
        _ => {
            let columns: Vec<&str> = candidates.into_iter().map(|which| names[which]).collect();
            Err(Error::SeveralColumns { name: wanted.clone(), columns: owned(&columns) })
        }
    }
}

fn target(name: &str, field: Option<&Field>, settings: &Settings) -> Target {
    match field {
        None | Some(Field::Ignore) => Target::Nothing,
        Some(Field::Attribute(attribute)) => Target::Attribute(*attribute),
        Some(Field::FirstName) => Target::Part(0),
        Some(Field::MiddleName) => Target::Part(1),
        Some(Field::LastName) => Target::Part(2),
        Some(Field::Handle(source)) => {
            Target::Handles { source: *source, label: usual_label(name).unwrap_or_default() }
        }
        Some(Field::Link) => Target::Several(Kind::Link),
        Some(Field::List) if matches!(fold(name).as_str(), "labels" | "groupmembership") => Target::Labels,
        Some(Field::List) => Target::Several(Kind::List),
        Some(Field::Custom(name)) => match settings.field(FieldTarget::Contact, name) {
            Some(field) => Target::Custom(Box::new(field.clone())),
            None => Target::Nothing,
        },
    }
}

/// The fields that every written table has, with the names of their columns.
pub fn written() -> impl Iterator<Item = (&'static str, Field)> {
    let attributes = Attribute::ALL.into_iter().map(|attribute| (attribute.key(), Field::Attribute(attribute)));
    attributes.chain(OTHERS)
}

const OTHERS: [(&str, Field); 9] = [
    ("email", Field::Handle(Source::Email)),
    ("phone", Field::Handle(Source::Phone)),
    ("twitter", Field::Handle(Source::Twitter)),
    ("facebook", Field::Handle(Source::Facebook)),
    ("intercom", Field::Handle(Source::Intercom)),
    ("front_chat", Field::Handle(Source::FrontChat)),
    ("custom", Field::Handle(Source::Custom)),
    ("link", Field::Link),
    ("lists", Field::List),
];

/// The field that a column's name says. A custom field's own name goes before what other products call their columns.
pub fn field(name: &str, settings: &Settings) -> Option<Field> {
    let custom = |name: &str| {
        let name = CustomName::parse(name).ok()?;
        settings.field(FieldTarget::Contact, &name).map(|_| Field::Custom(name))
    };
    let written = || written().find(|(written, _)| *written == name).map(|(_, field)| field);
    let named = |name: &str| name.strip_prefix(CUSTOM_PREFIX).and_then(|name| custom(name.trim_start()));
    let usual = usual(name);
    let handle = usual.clone().filter(|field| matches!(field, Field::Handle(_)));
    let alike = || {
        let fields = settings.fields.values().filter(|field| field.target == FieldTarget::Contact);
        let mut alike = fields.filter(|field| fold(field.name.as_str()) == fold(name));
        alike.next().map(|field| Field::Custom(field.name.clone()))
    };
    written().or_else(|| named(name)).or_else(|| custom(name)).or(handle).or_else(alike).or(usual)
}

/// The name of the column of a custom field: its own name, unless that means another field.
pub fn of_custom(name: &CustomName, settings: &Settings) -> String {
    let is_itself = field(name.as_str(), settings) == Some(Field::Custom(name.clone()));
    if is_itself { name.as_str().to_owned() } else { format!("{CUSTOM_PREFIX} {name}") }
}

/// A name without case, spaces and punctuation, in which products differ.
fn fold(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The field of a column by the words of its name, in files of other products.
///
/// Only e-mail addresses, phone numbers and Twitter names are recognized as handles. What else identifies somebody, and whose
/// phone a fax or an assistant's is, cannot be known from a name: a wrong guess would merge strangers.
fn usual(name: &str) -> Option<Field> {
    let field = match meanings(name)?[..] {
        [Meaning::Email] | [Meaning::Email, Meaning::Address] | [Meaning::Address, Meaning::Email] => {
            Field::Handle(Source::Email)
        }
        [Meaning::Phone] => Field::Handle(Source::Phone),
        [Meaning::Twitter] => Field::Handle(Source::Twitter),
        [Meaning::Link] | [Meaning::Link, Meaning::Address] => Field::Link,
        [Meaning::List] => Field::List,
        // Google's lists.
        [Meaning::Label] if fold(name) == "labels" || fold(name) == "label" => Field::List,
        [Meaning::Description] => Field::Attribute(Attribute::Description),
        [Meaning::Organization] | [Meaning::Organization, Meaning::Name] => Field::Attribute(Attribute::Organization),
        [Meaning::JobTitle] => Field::Attribute(Attribute::JobTitle),
        [Meaning::Nickname] => Field::Attribute(Attribute::Nickname),
        [Meaning::Birthday] => Field::Attribute(Attribute::Birthday),
        [Meaning::Address] => Field::Attribute(Attribute::Address),
        [single] => {
            let field = match single {
                Meaning::Name => Field::Attribute(Attribute::Name),
                Meaning::FirstName => Field::FirstName,
                Meaning::MiddleName => Field::MiddleName,
                Meaning::LastName => Field::LastName,
                _ => return None,
            };
            // A number counts values of which a person has several; of a name there is one.
            return (!name.contains(|c: char| c.is_ascii_digit())).then_some(field);
        }
        _ => return None,
    };
    Some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Option<&Field>) {
        assert_eq!(field(name, &Settings::default()).as_ref(), expected, "{name}");
    }

    #[test]
    fn columns_have_their_usual_names() {
        let (email, phone) = (Field::Handle(Source::Email), Field::Handle(Source::Phone));
        for name in
            ["E-mail 1 - Value", "E-mail Address", "E-mail 2 Address", "EMAIL", "email2", "Additional email addresses"]
        {
            check(name, Some(&email));
        }
        for name in ["Phone 1 - Value", "Mobile Phone", "Business Phone 2", "MobilePhone", "Phone Number", "phone3"] {
            check(name, Some(&phone));
        }
        check("first_name", Some(&Field::FirstName));
        check("contactList2", Some(&Field::List));
        check("Website 1 - Value", Some(&Field::Link));
        check("front_chat", Some(&Field::Handle(Source::FrontChat)));
        for name in [
            "E-mail 1 - Label",
            "E-mail Display Name",
            "Phone 1 - Type",
            "Company Main Phone",
            "Assistant's Phone",
            "Business Fax",
            "Account Name",
            "Title",
            "Name 2",
            "",
        ] {
            check(name, None);
        }
    }
}
