//! Who is who: the pure rules that turn observations into contacts.
//!
//! The journal is the truth and a [`View`] is what can be computed from it. [`decide`] looks at a
//! view and says which journal entries a [`Command`] leads to; [`View::apply`] brings a view along by
//! one entry. Nothing here does I/O, reads a clock or draws a random number.
//!
//! ```
//! use contact::{Command, CompanyId, Handle, Observation, Origin, Region, Source, Time, View};
//!
//! let mut view = View::new(CompanyId::new(1).unwrap());
//! let region = Region::default();
//! let tell = |view: &mut View, handles: &[(Source, &str)]| {
//!     let handles = handles
//!         .iter()
//!         .map(|(source, text)| Handle::parse(*source, text, region).unwrap())
//!         .collect();
//!     let told = Command::from(Observation { handles, ..Observation::from(Origin::Api) });
//!     view.perform(&told, Time::from_millis(0)).unwrap().outcome
//! };
//! let bruce = tell(&mut view, &[(Source::Email, "bruce@wayne.inc")]);
//! let batman = tell(&mut view, &[(Source::Twitter, "@Batman")]);
//! let both = tell(&mut view, &[(Source::Twitter, "batman"), (Source::Email, "Bruce@Wayne.inc")]);
//! assert_eq!(both.contact, bruce.contact);
//! assert_eq!(both.merged, [batman.contact.unwrap()]);
//! ```

mod account;
mod apart;
mod channel;
mod claims;
mod command;
mod custom;
mod entry;
mod facts;
mod field;
mod fold;
mod handle;
mod id;
mod import;
mod matching;
mod merge;
mod message;
mod new_facts;
mod remove;
mod settings;
mod split;
mod update;
mod view;

pub use account::{ACCOUNT_NAME_CHARS_MAX, DOMAIN_BYTES_MAX, DOMAINS_MAX, EXTERNAL_ID_CHARS_MAX};
pub use account::{Account, AccountAlias, AccountFacts, AccountUpdate, Domain, ExternalId};
pub use channel::{Channel, ChannelType};
pub use claims::{Claim, Claims};
pub use command::{Command, Decision, Observation, Origin, Outcome, Refused, decide};
pub use command::{HANDLES_MAX, LINKS_MAX, MERGE_CONTACTS_MAX};
pub use custom::{CHOICES_MAX, CUSTOM_FIELDS_MAX, CUSTOM_NAME_CHARS_MAX, CUSTOM_TEXT_CHARS_MAX};
pub use custom::{CustomField, CustomName, CustomType, CustomValue, CustomValues, FieldTarget, WrongValue};
pub use entry::{Change, Entry, Seq, Time};
pub use facts::{Facts, Group, PictureInfo, Stamped};
pub use field::{DESCRIPTION_CHARS_MAX, Description, LINK_BYTES_MAX, Link, NAME_CHARS_MAX, Name};
pub use handle::{HANDLE_BYTES_MAX, Handle, HandleKey, Invalid, Region, Source};
pub use id::{ATTACHMENTS_MAX, AttachmentId, ChannelId, CompanyId, CompanyName, ContactId, ConversationId, MessageId};
pub use id::{AccountId, FieldId, InboxId, ListId, TeamId, TeammateId};
pub use import::{IMPORTS_MAX, Import, ImportId};
pub use message::{Attachment, AttachmentInfo, Conversation, Message, MessageRef, Received};
pub use message::{REFERENCE_BYTES_MAX, REPLIES_TO_MAX, SNIPPET_CHARS_MAX, SUBJECT_CHARS_MAX};
pub use settings::{CreatedItem, List, ListName, Settings, SettingsChange, SettingsEvent, Teammate};
pub use settings::{LIST_NAME_CHARS_MAX, LISTS_MAX, TEAMMATES_MAX};
pub use update::{NOTE_CHARS_MAX, NOTES_MAX, NoteBody, PICTURE_BYTES_MAX, Picture, PictureType, Update};
pub use view::{Changes, Contact, Member, MergedInto, Performed, Side, View};
