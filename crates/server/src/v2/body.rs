//! The response bodies of API 2 that more than one endpoint returns.

pub mod contact;
pub mod conversation;
pub mod custom_fields;
pub mod handle;
pub mod inbox;
pub mod list;
pub mod message;
pub mod origin;
pub mod recipient;
pub mod teammate;
