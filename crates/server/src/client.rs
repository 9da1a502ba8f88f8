//! Who sends a request, and by which address of this server, also behind a proxy.
//!
//! This is the only reader of `Host` and of the headers that proxies add.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::{FromRequestParts, Request};
use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Version};
use ipnet::IpNet;

use crate::serve::Peer;

/// What a request says of its sender and of this server.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The network address of the client, not that of a trusted proxy.
    pub ip: Option<IpAddr>,
    /// Whether the client speaks to this server, or to its proxy, over TLS.
    pub is_secure: bool,
    /// The host that the client asked for, with its port.
    pub host: String,
    /// What links to this server begin with, without a slash at the end.
    pub base_url: String,
    /// Whether a page of this server sent the request, as far as a browser says so. Other clients say nothing.
    pub is_same_origin: bool,
}

impl Client {
    /// Returns what [`Site::client`] has found in a request.
    pub fn of(request: &Parts) -> Client {
        request.extensions.get().cloned().unwrap_or_default()
    }
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(request: &mut Parts, _: &S) -> Result<Client, Infallible> {
        Ok(Client::of(request))
    }
}

/// How clients reach this server: its public URL, and its proxies.
#[derive(Default)]
pub struct Site {
    /// The base of absolute links, without a slash at the end.
    url: Option<String>,
    /// The networks whose `X-Forwarded-…` headers count.
    proxies: Vec<IpNet>,
}

impl Site {
    pub fn new(url: Option<&str>) -> Site {
        Site { url: url.map(|url| url.trim_end_matches('/').to_owned()), proxies: Vec::new() }
    }

    pub fn behind(self, proxies: Vec<IpNet>) -> Site {
        Site { proxies, ..self }
    }

    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    fn trusts(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.proxies.iter().any(|network| network.contains(&ip))
    }

    /// The host of the public URL, with its port.
    fn host(&self) -> Option<&str> {
        self.url()?.split_once("://")?.1.split('/').next()
    }

    /// Returns what is known of the sender of a request.
    ///
    /// # Errors
    ///
    /// The text of a `400` if the request does not say which host it is for (RFC 9112, section 3.2).
    pub fn client(&self, request: &Request) -> Result<Client, &'static str> {
        let host = host(request)?;
        let peer = request.extensions().get::<Peer>().copied();
        let forwarded = Forwarded::of(request.headers()).filter(|_| peer.is_some_and(|peer| self.trusts(peer.ip())));
        let ip = match &forwarded {
            Some(forwarded) => peer.map(|peer| forwarded.client(peer.ip(), |ip| self.trusts(ip))),
            None => peer.map(Peer::ip),
        };
        let is_secure = forwarded.as_ref().and_then(Forwarded::is_secure);
        let is_secure = is_secure.unwrap_or_else(|| {
            let is_public = self.url().is_some_and(|url| url.starts_with("https:"));
            is_public || peer.is_some_and(|peer| peer.is_encrypted)
        });
        let host = forwarded.as_ref().and_then(Forwarded::host).map_or(host, |host| host.to_string());
        let base_url = match self.url() {
            Some(url) => url.to_owned(),
            None => format!("{}://{host}", if is_secure { "https" } else { "http" }),
        };
        let is_same_origin = self.is_same_origin(request.headers(), &host);
        Ok(Client { ip, is_secure, host, base_url, is_same_origin })
    }

    /// Whether a host is one of this server. Without a public URL, every host is.
    pub fn knows(&self, host: &str) -> bool {
        let Some(public) = self.host() else { return true };
        let name = |host: &str| {
            let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
            name.map_or(host, |(name, _)| name).trim_end_matches('.').to_ascii_lowercase()
        };
        let host = name(host);
        let is_literal = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        is_literal || host == "localhost" || host == name(public)
    }

    fn is_same_origin(&self, headers: &HeaderMap, host: &str) -> bool {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("null"));
        if let Some(site) = text("sec-fetch-site") {
            return site == "same-origin" || site == "none";
        }
        let Some(origin) = text(ORIGIN.as_str()) else { return true };
        let from = origin.split_once("://").map(|(_, from)| from);
        from.is_some_and(|from| from == host || Some(from) == self.host())
    }
}

/// The headers that a proxy adds. A value that is not valid counts as missing.
struct Forwarded<'a>(&'a HeaderMap);

impl<'a> Forwarded<'a> {
    fn of(headers: &'a HeaderMap) -> Option<Forwarded<'a>> {
        let names = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"];
        names.iter().any(|name| headers.contains_key(*name)).then_some(Forwarded(headers))
    }

    /// The values of a header, the last first: each proxy adds its own at the end.
    fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let lines: Vec<&str> = self.0.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect();
        lines.into_iter().rev().flat_map(|line| line.rsplit(',')).map(str::trim)
    }

    /// The address of the client: the last one that is no trusted proxy.
    fn client(&self, peer: IpAddr, is_trusted: impl Fn(IpAddr) -> bool) -> IpAddr {
        let mut client = peer;
        for value in self.values("x-forwarded-for") {
            // What stands before something that is no address may be made up.
            let Some(ip) = address(value) else { break };
            client = ip;
            if !is_trusted(ip) {
                break;
            }
        }
        client
    }

    fn is_secure(&self) -> Option<bool> {
        match self.values("x-forwarded-proto").next()? {
            scheme if scheme.eq_ignore_ascii_case("https") => Some(true),
            scheme if scheme.eq_ignore_ascii_case("http") => Some(false),
            _ => None,
        }
    }

    fn host(&self) -> Option<Authority> {
        authority(self.values("x-forwarded-host").next()?)
    }
}

/// Parses an address, which some proxies write with a port.
fn address(text: &str) -> Option<IpAddr> {
    let without_port = || text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse().ok().or_else(without_port).or_else(bracketed).map(|ip: IpAddr| ip.to_canonical())
}

/// Parses a host with an optional port. It has no user.
fn authority(text: &str) -> Option<Authority> {
    let authority: Authority = text.parse().ok()?;
    let has_port = authority.port().is_some() || !text.ends_with(':');
    let is_valid = has_port && !authority.host().is_empty() && !text.contains(['@', '%', ',']);
    let port = authority.as_str()[authority.host().len()..].strip_prefix(':');
    let has_valid_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
    (is_valid && has_valid_port).then_some(authority)
}

/// The host that a request is for: of its target, or of its only `Host`.
fn host(request: &Request) -> Result<String, &'static str> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let (host, is_single) = (hosts.next(), hosts.next().is_none());
    if !is_single {
        return Err("The request has several Host headers. Send one.");
    }
    let host = match host {
        Some(host) => {
            let host = host.to_str().ok().and_then(authority);
            Some(host.ok_or("The Host header is not valid. Send a host name or an address, perhaps with a port.")?)
        }
        None => None,
    };
    match request.uri().authority().or(host.as_ref()) {
        Some(host) => Ok(host.to_string()),
        None if request.version() == Version::HTTP_10 => Ok("localhost".into()),
        None => Err("The request has no Host header."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_or_addresses_with_an_optional_port() {
        for right in ["kith", "kith.example.org:8080", "127.0.0.1", "[::1]:80", "[::1]", "kith_db:1"] {
            assert!(authority(right).is_some(), "{right}");
        }
        for wrong in ["", " ", "a b", "a/b", "a@b", ":80", "a:", "a:b", "a:70000", "a,b", "<a>", "a%20b", "::1"] {
            assert!(authority(wrong).is_none(), "{wrong}");
        }
    }
}
