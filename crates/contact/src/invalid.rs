//! Why a value is refused.

use thiserror::Error;

use crate::handle::Region;

/// Why a value is refused. The message is a sentence about the value, for its sender.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Invalid {
    /// The value is empty, or only space.
    #[error("Must not be empty.")]
    Empty,
    /// The value is longer than a limit.
    #[error("Must have at most {max} {unit}.")]
    TooLong {
        /// The limit.
        max: usize,
        /// The unit of the limit.
        unit: &'static str,
    },
    /// The value contains a NUL character.
    #[error("Must not contain a NUL character.")]
    Nul,
    /// Not an email address.
    #[error("Is not an e-mail address, such as bruce@wayne.inc.")]
    Email,
    /// An email address with typographic quotes.
    #[error("Contains curly quotes. Remove them.")]
    EmailQuotes,
    /// An email address whose local part is longer than its limit.
    #[error("Has more than 64 bytes before the @, the limit for e-mail addresses.")]
    EmailLocalPart,
    /// Not a phone number.
    #[error("Is not a phone number, such as +1 650 814 9999.")]
    Phone,
    /// A phone number with too many digits.
    #[error("Has more than 15 digits, the limit for phone numbers.")]
    PhoneDigits,
    /// A phone number with letters that are no vanity number.
    #[error("Contains letters that are not part of a phone number. Use digits, such as +1 650 814 9999.")]
    PhoneLetters,
    /// Two phone numbers.
    #[error("Contains two phone numbers. Use one value for each.")]
    PhoneTwo,
    /// A number that a spreadsheet shows without its last digits.
    #[error("Is rounded by a spreadsheet, its last digits are lost. Format the column as text.")]
    PhoneRounded,
    /// A number without its country code that is too short or too long for the region.
    #[error("Is too short or too long for a phone number of the region {0}. Begin with + and the country code.")]
    PhoneRegion(Region),
    /// Not a Twitter name.
    #[error("Is not a Twitter name: 1 to 15 letters, digits or underscores, such as @Batman.")]
    Twitter,
    /// An unknown source.
    #[error("Is not a known source.")]
    Source,
    /// Not a web address.
    #[error("Is not a link: a full http or https address, such as https://wayne.inc.")]
    Link,
    /// Not an id with this prefix.
    #[error("Is not an id that begins with {0}.")]
    Id(&'static str),
    /// Not what verifies signatures.
    #[error("Is not a signature key.")]
    SignatureKey,
    /// An unknown type of channel.
    #[error("Is not a type of channel: email, sms or custom.")]
    ChannelType,
    /// An unknown type of custom field.
    #[error("Is not a type of custom field: string, boolean, datetime, number, teammate, inbox or enum.")]
    CustomType,
    /// An enum without valid choices, or choices for another type.
    #[error("An enum needs 1 to 500 different choices; other types have none.")]
    Choices,
    /// Not a kind of object that has custom fields.
    #[error("Must be contact or account.")]
    FieldTarget,
    /// Not a property of a vCard that can be kept.
    #[error("Is not a property of a vCard, such as X-SKYPE:clark.kent.")]
    CardProperty,
    /// Not a domain.
    #[error("Is not a domain, such as wayne.inc.")]
    Domain,
    /// Not a picture of a supported type.
    #[error("Is not a PNG, JPEG, GIF or WebP picture.")]
    Picture,
    /// Not a valid name of a company.
    #[error("Must be 1 to 63 of a-z, 0-9, dot, hyphen and underscore, beginning with a letter or digit.")]
    CompanyName,
    /// Not the system of a record.
    #[error("Must be 1 to 64 of a-z, 0-9, hyphen, underscore and dot.")]
    RecordSystem,
    /// Not the id of a record in its system.
    #[error("Must have 1 to 200 characters, without control characters.")]
    RecordId,
    /// Not a number of names after which a handle is shared.
    #[error("Must be a number from 2 to 1000, or off.")]
    SharedAfter,
    /// Not a region with phone numbers.
    #[error("Is not a region with phone numbers, such as US or GB.")]
    Region,
}
