//! Attributes: the single-valued texts of a contact. Storage, APIs, forms, search and files follow this one list.

use std::array;
use std::ops::{Index, IndexMut};

use crate::invalid::Invalid;
use crate::text::Text;

/// Most characters of a name.
pub const NAME_CHARS_MAX: usize = 500;
/// Most characters of a description.
pub const DESCRIPTION_CHARS_MAX: usize = 10_000;
/// Most characters of the other attributes, but for addresses.
pub const FACT_CHARS_MAX: usize = 500;
/// Most characters of the addresses of a person.
pub const ADDRESS_CHARS_MAX: usize = 2_000;

/// A text that a contact has once. The latest report wins; an empty text clears it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Attribute {
    /// The name of the person.
    Name,
    /// What the company writes about the person.
    Description,
    /// The organization that the person works for.
    Organization,
    /// What the person does there.
    JobTitle,
    /// What others call the person.
    Nickname,
    /// The day of birth, as its source writes it; best as `1980-02-03`, or `--02-03` without the year (RFC 6350, section 4.3.1).
    Birthday,
    /// Postal addresses, each on a line of its own.
    Address,
}

/// The properties of an attribute.
#[derive(Debug)]
pub struct AttributeSpec {
    /// The key in request bodies, exports, forms and stored records.
    pub key: &'static str,
    /// The label on pages.
    pub label: &'static str,
    /// Most characters of a value.
    pub chars_max: usize,
    /// Whether a value may have several lines.
    pub is_multiline: bool,
    /// Which value a merge by a person keeps.
    pub merge_rule: MergeRule,
}

/// Which of two values stays when a person merges two contacts. An empty value never replaces one that is not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MergeRule {
    /// The value of the contact that is kept.
    Kept,
    /// Both values, each on lines of its own.
    Both,
    /// The value of the contact that changed last.
    Newer,
}

impl Attribute {
    /// All attributes, in the order in which they are shown and written.
    pub const ALL: [Attribute; 7] = [
        Attribute::Name,
        Attribute::Description,
        Attribute::Organization,
        Attribute::JobTitle,
        Attribute::Nickname,
        Attribute::Birthday,
        Attribute::Address,
    ];

    /// The properties of this attribute.
    pub const fn spec(self) -> &'static AttributeSpec {
        match self {
            Attribute::Name => &AttributeSpec {
                key: "name",
                label: "Name",
                chars_max: NAME_CHARS_MAX,
                is_multiline: false,
                merge_rule: MergeRule::Kept,
            },
            Attribute::Description => &AttributeSpec {
                key: "description",
                label: "Description",
                chars_max: DESCRIPTION_CHARS_MAX,
                is_multiline: true,
                merge_rule: MergeRule::Both,
            },
            Attribute::Organization => const { &line("organization", "Organization") },
            Attribute::JobTitle => const { &line("job_title", "Job title") },
            Attribute::Nickname => const { &line("nickname", "Nickname") },
            Attribute::Birthday => const { &line("birthday", "Birthday") },
            Attribute::Address => &AttributeSpec {
                key: "address",
                label: "Address",
                chars_max: ADDRESS_CHARS_MAX,
                is_multiline: true,
                merge_rule: MergeRule::Both,
            },
        }
    }

    /// The key in request bodies, exports, forms and stored records.
    pub const fn key(self) -> &'static str {
        self.spec().key
    }

    /// The attribute with a key.
    pub fn from_key(key: &str) -> Option<Attribute> {
        Attribute::ALL.into_iter().find(|attribute| attribute.key() == key)
    }

    /// Checks a value.
    ///
    /// # Errors
    ///
    /// [`Invalid::TooLong`] past [`AttributeSpec::chars_max`] characters; [`Invalid::Nul`] if it contains a NUL.
    pub fn parse(self, text: &str) -> Result<Text, Invalid> {
        Text::parse(text, self.spec().chars_max)
    }
}

/// An attribute of one line.
const fn line(key: &'static str, label: &'static str) -> AttributeSpec {
    AttributeSpec { key, label, chars_max: FACT_CHARS_MAX, is_multiline: false, merge_rule: MergeRule::Kept }
}

/// One value for each attribute.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Attributes<T>([T; Attribute::ALL.len()]);

impl<T> Attributes<T> {
    /// Computes the value of each attribute.
    pub fn from_fn(mut value: impl FnMut(Attribute) -> T) -> Attributes<T> {
        Attributes(Attribute::ALL.map(&mut value))
    }

    /// The attributes with their values.
    pub fn iter(&self) -> impl Iterator<Item = (Attribute, &T)> + Clone {
        Attribute::ALL.into_iter().zip(&self.0)
    }
}

impl<T> Attributes<Option<T>> {
    /// The attributes that have a value.
    pub fn given(&self) -> impl Iterator<Item = (Attribute, &T)> + Clone {
        self.iter().filter_map(|(attribute, value)| Some((attribute, value.as_ref()?)))
    }

    /// These values, and one more.
    #[must_use]
    pub fn with(mut self, attribute: Attribute, value: T) -> Attributes<Option<T>> {
        self[attribute] = Some(value);
        self
    }
}

impl<T> Index<Attribute> for Attributes<T> {
    type Output = T;

    fn index(&self, attribute: Attribute) -> &T {
        &self.0[attribute as usize]
    }
}

impl<T> IndexMut<Attribute> for Attributes<T> {
    fn index_mut(&mut self, attribute: Attribute) -> &mut T {
        &mut self.0[attribute as usize]
    }
}

impl<T> IntoIterator for Attributes<T> {
    type Item = (Attribute, T);
    type IntoIter = std::iter::Zip<
        array::IntoIter<Attribute, { Attribute::ALL.len() }>,
        array::IntoIter<T, { Attribute::ALL.len() }>,
    >;

    fn into_iter(self) -> Self::IntoIter {
        Attribute::ALL.into_iter().zip(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attribute_has_its_own_place_and_key() {
        for (n, attribute) in Attribute::ALL.into_iter().enumerate() {
            assert_eq!(attribute as usize, n);
            assert_eq!(Attribute::from_key(attribute.key()), Some(attribute));
        }
    }

    #[test]
    fn limits_count_characters() {
        assert!(Attribute::Name.parse(&"é".repeat(NAME_CHARS_MAX)).is_ok());
        assert!(Attribute::Name.parse(&"é".repeat(NAME_CHARS_MAX + 1)).is_err());
        assert_eq!(Attribute::Name.parse("Bruce\0Wayne"), Err(Invalid::Nul));
    }
}
