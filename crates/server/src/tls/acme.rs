//! Certificates from a certificate authority, ordered and renewed while the server runs (RFC 8555).
//!
//! The authority connects to the server by TLS to see that the domain is its own (RFC 8737).

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::StreamExt as _;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_acme::caches::DirCache;
use rustls_acme::{AcmeConfig, EventOk};

use super::{CHALLENGE, HTTP, Tls};

/// The directory of Let's Encrypt.
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// What certificate is ordered where.
pub struct Order {
    /// The names of this server, at least one.
    pub domains: Vec<String>,
    /// Where the authority writes to about problems: e-mail addresses.
    pub contacts: Vec<String>,
    /// The URL of the authority's directory.
    pub directory: String,
    /// The folder that keeps the account and the certificate.
    pub folder: PathBuf,
}

impl Tls {
    /// TLS with a certificate from an authority. Until there is one, handshakes fail. Needs a Tokio runtime.
    ///
    /// # Errors
    ///
    /// A sentence, if the system has no certificates by which it would know the authority.
    pub fn ordered(order: Order) -> Result<Tls, String> {
        let Order { domains, contacts, directory, folder } = order;
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        if roots.add_parsable_certificates(found.certs).0 == 0 {
            return Err("The system has no root certificates. Install the package ca-certificates.".into());
        }
        let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let client = client.with_safe_default_protocol_versions().expect("the provider has all versions");
        let client = client.with_root_certificates(roots).with_no_client_auth();
        let config = AcmeConfig::new_with_client_config(domains, Arc::new(client));
        let config = config.contact(contacts.into_iter().map(|contact| format!("mailto:{contact}")));
        let mut state = config.directory(directory).cache(DirCache::new(folder)).state();
        let tls = Tls::new(state.resolver(), &[CHALLENGE, HTTP]);
        tokio::spawn(async move {
            while let Some(event) = state.next().await {
                match event {
                    Ok(EventOk::DeployedCachedCert) => tracing::info!("the stored certificate is used"),
                    Ok(EventOk::DeployedNewCert) => tracing::info!("there is a new certificate"),
                    Ok(EventOk::CertCacheStore | EventOk::AccountCacheStore) => {}
                    Err(error) => tracing::error!(%error, "no certificate was issued; it will be tried again"),
                }
            }
        });
        Ok(tls)
    }
}
