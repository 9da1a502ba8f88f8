//! The region of a company's phone numbers.

use std::fmt;
use std::str::FromStr;

use rlibphonenumber::{PHONE_NUMBER_UTIL as PHONES, Region as PlanRegion};

use crate::invalid::Invalid;

/// The region that a number without a country code belongs to: an ISO 3166 code such as `US`, the default.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Region(pub(super) PlanRegion);

impl Default for Region {
    fn default() -> Region {
        Region(PlanRegion::US)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Region {
    type Err = Invalid;

    fn from_str(code: &str) -> Result<Region, Invalid> {
        let region = PlanRegion::from_code(code).map_err(|_| Invalid::Region)?;
        PHONES.get_country_code_for_region(region).map(|_| Region(region)).ok_or(Invalid::Region)
    }
}
