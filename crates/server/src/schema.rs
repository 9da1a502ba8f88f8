//! Schemas that are built from lists in the code.

use contact::Attribute;
use utoipa::openapi::schema::{Schema, SchemaType, Type};
use utoipa::openapi::{ObjectBuilder, RefOr};

/// The schema of an object that has these properties too.
pub fn with_properties(mut schema: RefOr<Schema>, more: RefOr<Schema>) -> RefOr<Schema> {
    if let (RefOr::T(Schema::Object(schema)), RefOr::T(Schema::Object(more))) = (&mut schema, more) {
        schema.properties.extend(more.properties);
    }
    schema
}

/// The schema of an object with the attributes of a contact, each of which may be left out or null.
pub fn attributes() -> RefOr<Schema> {
    let text = |attribute: Attribute| {
        let types = SchemaType::from_iter([Type::String, Type::Null]);
        ObjectBuilder::new().schema_type(types).max_length(Some(attribute.spec().chars_max))
    };
    let add = |object: ObjectBuilder, attribute: Attribute| object.property(attribute.key(), text(attribute));
    RefOr::T(Schema::Object(Attribute::ALL.into_iter().fold(ObjectBuilder::new(), add).build()))
}
