//! Attributes: an object with the keys of those that have a value.

use std::fmt;
use std::marker::PhantomData;

use contact::{Attribute, Attributes};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is stored of each attribute.
pub struct StoredAttributes<T>(pub Attributes<Option<T>>);

impl<T> StoredAttributes<T> {
    /// Stores each value that there is.
    pub fn of<'a, V>(attributes: &'a Attributes<Option<V>>, stored: impl Fn(&'a V) -> T) -> StoredAttributes<T> {
        StoredAttributes(Attributes::from_fn(|attribute| attributes[attribute].as_ref().map(&stored)))
    }

    /// Reads each value that was stored.
    pub fn read<V>(mut self, read: impl Fn(T) -> V) -> Attributes<Option<V>> {
        Attributes::from_fn(|attribute| self.0[attribute].take().map(&read))
    }

    pub fn is_empty(&self) -> bool {
        self.0.given().next().is_none()
    }
}

impl<T> Default for StoredAttributes<T> {
    fn default() -> Self {
        StoredAttributes(Attributes::from_fn(|_| None))
    }
}

impl<T: Serialize> Serialize for StoredAttributes<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.given().map(|(attribute, value)| (attribute.key(), value)))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for StoredAttributes<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Values(PhantomData))
    }
}

struct Values<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Values<T> {
    type Value = StoredAttributes<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of attributes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut stored = StoredAttributes::default();
        while let Some(StoredKey(attribute)) = map.next_key()? {
            stored.0[attribute] = Some(map.next_value()?);
        }
        Ok(stored)
    }
}

/// An attribute, by its key.
struct StoredKey(Attribute);

impl<'de> Deserialize<'de> for StoredKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Key)
    }
}

struct Key;

impl Visitor<'_> for Key {
    type Value = StoredKey;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the key of an attribute")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<StoredKey, E> {
        Attribute::from_key(key).map(StoredKey).ok_or_else(|| E::custom(format_args!("unknown attribute {key:?}")))
    }
}
