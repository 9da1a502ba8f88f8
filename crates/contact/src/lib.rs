//! Who is who: the pure rules that turn observations into contacts.
//!
//! The journal is the truth, and a [`View`] is what can be computed from it. [`decide`] computes the changes of a
//! [`Command`], and [`View::apply`] applies one journal entry. Nothing here does I/O, reads a clock or draws a random
//! number.
//!
//! The modules stand in layers: values on the ground, then entries and commands, facts and the view, the decisions, and
//! `decide` on top.
//!
//! ```
//! use contact::{Command, CompanyId, Handle, Observation, Origin, Region, Source, Time, View};
//!
//! let mut view = View::new(CompanyId::new(1).unwrap());
//! let region = Region::default();
//! let report = |view: &mut View, handles: &[(Source, &str)]| {
//!     let handles = handles
//!         .iter()
//!         .map(|(source, text)| Handle::parse(*source, text, region).unwrap())
//!         .collect();
//!     let command = Command::from(Observation { handles, ..Observation::from(Origin::Api(None)) });
//!     view.perform(&command, Time::from_millis(0)).unwrap().outcome
//! };
//! let bruce = report(&mut view, &[(Source::Email, "bruce@wayne.inc")]);
//! let batman = report(&mut view, &[(Source::Twitter, "@Batman")]);
//! let both = report(&mut view, &[(Source::Twitter, "batman"), (Source::Email, "Bruce@Wayne.inc")]);
//! assert_eq!(both.contact, bruce.contact);
//! assert_eq!(both.merged, [batman.contact.unwrap()]);
//! ```

mod account;
mod attribute;
mod card_property;
mod channel;
mod claims;
mod command;
mod custom;
mod decide;
mod decision;
mod entry;
mod evidence;
mod facts;
mod fold;
mod group;
mod grouping;
mod guards;
mod handle;
mod id;
mod import;
mod invalid;
mod link;
mod message;
mod missing;
mod names;
mod note;
mod observation;
mod origin;
mod picture;
mod placeholder;
mod record;
mod record_name;
mod settings;
mod shown;
mod side;
mod signature_key;
mod status;
mod text;
mod time;
mod undo;
mod update;
mod view;
mod why;

pub use account::{ACCOUNT_NAME_CHARS_MAX, DOMAIN_BYTES_MAX, DOMAINS_MAX, EXTERNAL_ID_CHARS_MAX};
pub use account::{Account, AccountAlias, AccountFacts, AccountUpdate, Domain, ExternalId};
pub use attribute::{Attribute, AttributeSpec, Attributes, DESCRIPTION_CHARS_MAX, MergeRule, NAME_CHARS_MAX};
pub use card_property::{CARD_PROPERTIES_MAX, CARD_PROPERTY_BYTES_MAX, CardProperty};
pub use channel::{Channel, ChannelType};
pub use claims::{Claim, Claims};
pub use command::Command;
pub use custom::{CHOICES_MAX, CUSTOM_FIELDS_MAX, CUSTOM_NAME_CHARS_MAX, CUSTOM_TEXT_CHARS_MAX};
pub use custom::{CustomField, CustomName, CustomType, CustomValue, CustomValues, FieldTarget, WrongValue};
pub use decide::{Performed, decide};
pub use decision::{Decision, MERGE_CONTACTS_MAX, Outcome, Refused, Undecided};
pub use entry::{Change, Entry, Released};
pub use facts::{Facts, SingleValues, Stamped};
pub use group::Group;
pub use guards::{CONTACT_HANDLES_MAX, Guards, SHARED_AFTER};
pub use handle::{HANDLE_BYTES_MAX, Handle, HandleKey, LABEL_CHARS_MAX, Region, Source, trim_invisible};
pub use id::{ATTACHMENTS_MAX, AttachmentId, ChannelId, CompanyId, CompanyName, ContactId, ConversationId, MessageId};
pub use id::{AccountId, FieldId, InboxId, ListId, TeamId, TeammateId};
pub use import::{IMPORTS_MAX, Import, ImportId};
pub use invalid::Invalid;
pub use link::{LINK_BYTES_MAX, Link};
pub use message::{Attachment, AttachmentInfo, Conversation, Message, MessageRef, Received};
pub use message::{REFERENCE_BYTES_MAX, REPLIES_TO_MAX, SNIPPET_CHARS_MAX, SUBJECT_CHARS_MAX};
pub use missing::Missing;
pub use note::{NOTE_CHARS_MAX, NOTES_MAX, NoteBody};
pub use observation::{HANDLES_MAX, LINKS_MAX, Observation};
pub use origin::{ImportRow, Origin, TokenId};
pub use picture::{PICTURE_BYTES_MAX, Picture, PictureInfo, PictureType};
pub use placeholder::is_placeholder;
pub use record::{Join, Record};
pub use record_name::{RECORD_ID_CHARS_MAX, RECORD_SYSTEM_CHARS_MAX, RecordId, RecordName, RecordRef};
pub use settings::{CreatedItem, List, ListName, Settings, SettingsChange, SettingsEvent, Teammate};
pub use settings::{LIST_NAME_CHARS_MAX, LISTS_MAX, TEAMMATES_MAX};
pub use shown::Contact;
pub use side::{Choice, Side};
pub use signature_key::SignatureKey;
pub use status::{HandleDecision, HandleStatus, NotUsed};
pub use text::Text;
pub use time::{Seq, Time};
pub use undo::leaving;
pub use update::Update;
pub use view::{Changes, View};
pub use why::{ChainLink, Chains, LinkReason};
