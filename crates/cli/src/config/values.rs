//! The values of options that are more than a text or a number, and what they must be.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use contact::{Invalid, Time, TokenId};
use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};

pub fn interval(text: &str) -> Result<Duration, String> {
    let interval = text.parse().ok().and_then(|interval: SignedDuration| interval.try_into().ok());
    let interval = interval.filter(|interval| *interval >= Duration::from_secs(1));
    interval.ok_or_else(|| "give a time of at least a second, such as 24h, 30m or 90s".to_owned())
}

/// How many different names make a handle shared. None: no number does.
#[derive(Clone, Copy)]
pub struct SharedAfter(pub Option<u32>);

impl FromStr for SharedAfter {
    type Err = contact::Invalid;

    fn from_str(text: &str) -> Result<SharedAfter, contact::Invalid> {
        contact::Guards::parse_shared_after(text).map(SharedAfter)
    }
}

/// A guard that is on or off.
#[derive(Clone, Copy)]
pub struct Switch(pub bool);

impl FromStr for Switch {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Switch, &'static str> {
        match text {
            "on" => Ok(Switch(true)),
            "off" => Ok(Switch(false)),
            _ => Err("Must be on or off"),
        }
    }
}

/// A limit of requests per minute. None: no limit.
#[derive(Clone, Copy)]
pub struct RateLimit(pub Option<u32>);

impl FromStr for RateLimit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<RateLimit, &'static str> {
        match text.parse() {
            _ if text == "off" => Ok(RateLimit(None)),
            Ok(limit @ 1..=1_000_000) => Ok(RateLimit(Some(limit))),
            _ => Err("Must be a number from 1 to 1000000, or off"),
        }
    }
}

/// A token, or the company's own login.
#[derive(Clone, Copy)]
pub enum Login {
    Token(TokenId),
    Company,
}

pub fn token(text: &str) -> Result<Login, String> {
    if text == "login" {
        return Ok(Login::Company);
    }
    text.parse().map(Login::Token).map_err(|invalid: Invalid| invalid.to_string())
}

pub fn time(text: &str) -> Result<Time, String> {
    let time: Result<Timestamp, _> = text.parse();
    let time = time.map_err(|_| "give a time with its zone, such as 2026-11-30T02:00:00Z".to_owned())?;
    Ok(Time::from_millis(time.as_millisecond()))
}

/// A domain that a certificate can be for.
pub fn domain(text: &str) -> Result<String, String> {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_domain = text.len() <= 253 && text.split('.').all(is_name) && text.parse::<IpAddr>().is_err();
    let domain = is_domain.then(|| text.to_ascii_lowercase());
    domain.ok_or_else(|| "give the name of a host, such as kith.example.org".to_owned())
}

/// A network, or a single address.
pub fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    let network = text.parse().or_else(|_| address());
    network.map_err(|_| "give an address or a network, such as 192.0.2.7 or 10.0.0.0/8".to_owned())
}

pub fn public_url(text: &str) -> Result<String, String> {
    match contact::Link::parse(text) {
        Ok(url) if !url.as_str().contains(['?', '#']) => Ok(url.as_str().to_owned()),
        Ok(_) => Err("must have no query and no fragment".into()),
        Err(invalid) => Err(invalid.to_string()),
    }
}
