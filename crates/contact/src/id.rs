//! Ids and their text forms.

use std::fmt;
use std::str::FromStr;

use crate::invalid::Invalid;

const COMPANY_BITS: u32 = 24;

/// The number of a company: 24 bits, drawn at random when the company is created, never 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CompanyId(u32);

impl CompanyId {
    /// The company with this number; none unless it is 1 to 2²⁴ − 1.
    pub const fn new(number: u32) -> Option<CompanyId> {
        if number != 0 && number < 1 << COMPANY_BITS { Some(CompanyId(number)) } else { None }
    }

    /// The number in the store.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// Written `cmp_` and its number in base 36.
impl fmt::Display for CompanyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_id("cmp_", self.0.into(), f)
    }
}

/// The name of a company, which is also its login: 1 to 63 of `a–z 0–9 . _ -`, beginning with a letter or digit.
///
/// So it never contains a `:`, which ends the login in Basic credentials (RFC 7617, section 2).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CompanyName(String);

impl CompanyName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CompanyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CompanyName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<CompanyName, Invalid> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        if begins && text.len() <= 63 && text.chars().all(allowed) {
            Ok(CompanyName(text.to_owned()))
        } else {
            Err(Invalid::CompanyName)
        }
    }
}

/// Defines an id type: a prefix and a number in base 36.
///
/// The low 24 bits of the number hold the company, so that no two companies share an id. The bits above hold a count of
/// the company, so that the older of two ids is the lower one.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(u64);

        impl $name {
            /// The prefix of its text form.
            pub const PREFIX: &str = $prefix;

            /// The `n`th id of a company, counted from 1. At most 2³⁹ − 1, so that it fits a signed 64-bit column.
            pub fn nth(company: CompanyId, n: u64) -> $name {
                $name(n << COMPANY_BITS | u64::from(company.0))
            }

            /// The id with this number; none if the number is not an id.
            pub fn from_number(number: u64) -> Option<$name> {
                let id = $name(number);
                (i64::try_from(number).is_ok() && id.company().0 != 0 && id.count() != 0).then_some(id)
            }

            /// The number in the store.
            pub fn number(self) -> u64 {
                self.0
            }

            /// The company.
            pub fn company(self) -> CompanyId {
                CompanyId((self.0 & ((1 << COMPANY_BITS) - 1)) as u32)
            }

            /// Its number within the company, counted from 1 in the order of creation.
            pub fn count(self) -> u64 {
                self.0 >> COMPANY_BITS
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_id($prefix, self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<$name, Invalid> {
                read_id($prefix, text).and_then($name::from_number).ok_or(Invalid::Id($prefix))
            }
        }
    };
}

id!(
    /// A contact's id, written `crd_` and a number in base 36.
    ContactId,
    "crd_"
);
id!(
    /// A channel's id, written `cha_` and a number in base 36.
    ChannelId,
    "cha_"
);
id!(
    /// A conversation's id, written `cnv_` and a number in base 36.
    ConversationId,
    "cnv_"
);
id!(
    /// A message's id, written `msg_` and a number in base 36.
    MessageId,
    "msg_"
);
id!(
    /// An attachment's id, written `fil_` and a number in base 36.
    AttachmentId,
    "fil_"
);
id!(
    /// A contact list's id, written `grp_` and a number in base 36.
    ListId,
    "grp_"
);
id!(
    /// An account's id, written `acc_` and a number in base 36.
    AccountId,
    "acc_"
);
id!(
    /// A custom field's id, written `fld_` and a number in base 36.
    FieldId,
    "fld_"
);
id!(
    /// A teammate's id, written `tea_` and a number in base 36.
    TeammateId,
    "tea_"
);
id!(
    /// A team's id, written `tim_` and a number in base 36. A company has one team.
    TeamId,
    "tim_"
);
id!(
    /// An inbox's id, written `inb_` and a number in base 36. A company has one inbox.
    InboxId,
    "inb_"
);

/// Most attachments of a message.
pub const ATTACHMENTS_MAX: usize = 128;

impl AttachmentId {
    /// The `n`th attachment of a message, counted from 0; fewer than [`ATTACHMENTS_MAX`].
    pub fn of(message: MessageId, n: usize) -> AttachmentId {
        AttachmentId::nth(message.company(), message.count() * ATTACHMENTS_MAX as u64 + n as u64)
    }

    /// The message that it came with.
    pub fn message(self) -> MessageId {
        MessageId::nth(self.company(), self.count() / ATTACHMENTS_MAX as u64)
    }
}

fn write_id(prefix: &str, number: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut digits = [0u8; 13];
    let mut start = digits.len();
    let mut rest = number;
    loop {
        start -= 1;
        digits[start] = b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % 36) as usize];
        rest /= 36;
        if rest == 0 {
            break;
        }
    }
    let digits = std::str::from_utf8(&digits[start..]).unwrap_or_default();
    f.write_str(prefix)?;
    f.write_str(digits)
}

fn read_id(prefix: &str, text: &str) -> Option<u64> {
    let digits = text.strip_prefix(prefix)?;
    let plain = |c: char| c.is_ascii_digit() || c.is_ascii_lowercase();
    // One spelling an id.
    if digits.starts_with('0') || !digits.chars().all(plain) {
        return None;
    }
    u64::from_str_radix(digits, 36).ok()
}

/// Reads a prefix and so many digits of base 16, in their only spelling.
pub(crate) fn hexadecimal(text: &str, prefix: &str, digits: usize) -> Option<u64> {
    let given = text.strip_prefix(prefix)?;
    let plain = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    if given.len() != digits || !given.chars().all(plain) {
        return None;
    }
    u64::from_str_radix(given, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_as_written() {
        for (company, n) in [(1, 1), (0xff_ffff, 1), (77, 1_000_000), (0xff_ffff, (1 << 39) - 1)] {
            let id = ContactId::nth(CompanyId::new(company).unwrap(), n);
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!((id.company().number(), id.count()), (company, n));
        }
    }

    #[test]
    fn one_spelling_an_id() {
        for text in ["", "crd_", "crd_0", "crd_01a2b3c", "crd_1A2B3C", "crd_zzzzzzzzzzzzzzz", "cnv_5f5f5f5"] {
            assert_eq!(text.parse::<ContactId>(), Err(Invalid::Id("crd_")), "{text}");
        }
    }

    #[test]
    fn company_names_are_plain() {
        assert!("wayne.inc-2".parse::<CompanyName>().is_ok());
        for text in ["", "Wayne", "a:b", "-a", "a b", &"a".repeat(64)] {
            assert_eq!(text.parse::<CompanyName>(), Err(Invalid::CompanyName), "{text}");
        }
    }
}
