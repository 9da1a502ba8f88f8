//! Why a value is refused.

use thiserror::Error;

/// Why a value cannot be taken. The text is a sentence for whoever sent it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Invalid {
    /// Nothing but space.
    #[error("Must not be empty.")]
    Empty,
    /// Past a limit.
    #[error("Must have at most {max} {unit}.")]
    TooLong {
        /// The limit.
        max: usize,
        /// What the limit counts.
        unit: &'static str,
    },
    /// A NUL character.
    #[error("Must not contain a NUL character.")]
    Nul,
    /// No e-mail address.
    #[error("Is not an e-mail address that mail can be sent to, such as bruce@wayne.inc.")]
    Email,
    /// An e-mail address with a local part past its limit.
    #[error("Has more than 64 bytes before the @, which mail does not deliver.")]
    EmailLocalPart,
    /// No telephone number.
    #[error("Is not a phone number, such as +1 650 814 9999.")]
    Phone,
    /// A telephone number with too many digits.
    #[error("Has more than 15 digits, which no phone number has.")]
    PhoneDigits,
    /// No Twitter name.
    #[error("Is not a Twitter name: 1 to 15 letters, digits or underscores, such as @Batman.")]
    Twitter,
    /// No such source.
    #[error("Is not a known source.")]
    Source,
    /// No web address.
    #[error("Is not a link: a whole http or https address, such as https://wayne.inc.")]
    Link,
    /// No id of the kind that begins like this.
    #[error("Is not an id that begins with {0}.")]
    Id(&'static str),
    /// No type of a channel.
    #[error("Is not a type of channel: email, sms or custom.")]
    ChannelType,
    /// No type of a custom field.
    #[error("Is not a type of custom field: string, boolean, datetime, number, teammate, inbox or enum.")]
    CustomType,
    /// No choices of an enum, or choices of another type.
    #[error("An enum needs 1 to 500 different choices, and no other type has any.")]
    Choices,
    /// Nothing that has custom fields.
    #[error("Must be contact or account.")]
    FieldTarget,
    /// No domain.
    #[error("Is not a domain, such as wayne.inc.")]
    Domain,
    /// No picture.
    #[error("Is not a PNG, JPEG, GIF or WebP picture.")]
    Picture,
    /// No name of a company.
    #[error("Must be 1 to 63 of a-z, 0-9, dot, hyphen and underscore, beginning with a letter or digit.")]
    CompanyName,
    /// No region that has phone numbers.
    #[error("Is not a region with phone numbers, such as US or GB.")]
    Region,
}
