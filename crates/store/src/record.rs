//! The JSON form of journal entries, records, conversations and settings in a store.

mod account;
mod attribute;
mod contact_record;
mod conversation;
mod entry;
mod settings;
mod values;

pub use account::{from_account, to_account};
pub use contact_record::{RecordColumns, from_record, to_record};
pub use conversation::{from_conversation, from_received, to_conversation, to_received};
pub use entry::{from_entry, note, to_entry};
pub use settings::{from_settings, to_settings};
pub use values::{
    account_id, channel_id, company_id, contact_id, conversation_id, from_group, from_handle_status, list_id,
    message_id, source, teammate_id, to_group, to_handle_status, to_picture_type, to_signature_key,
};
