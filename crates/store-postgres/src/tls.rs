//! Which servers a connection to a database trusts, by the `sslmode` of its address (PostgreSQL 15, section 34.19).

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Error, Result};

/// The stream of an encrypted connection.
pub type Stream = <MakeRustlsConnect as MakeTlsConnect<tokio_postgres::Socket>>::Stream;

/// Which servers are trusted. Without a file of root certificates, those of the system apply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trust {
    /// `disable`: any server, not encrypted.
    Plain,
    /// `prefer`: any server, encrypted if it can.
    Prefer,
    /// `require`: any server, encrypted.
    Any,
    /// `verify-ca`: a server with a signed certificate.
    Signed(Option<PathBuf>),
    /// `verify-full`: a server with a signed certificate for its host name.
    Named(Option<PathBuf>),
}

impl Trust {
    /// Splits the trust off a connection string, and returns the rest with it.
    pub fn split_from(url: &str) -> Result<(String, Trust)> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut roots, mut rest) = ("prefer", None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = value,
                Some(("sslrootcert", value)) => {
                    let path = percent_decoded(value);
                    roots = (path != "system").then(|| PathBuf::from(path));
                }
                _ => rest.push(pair),
            }
        }
        let trust = match (mode, roots) {
            ("disable", _) => Trust::Plain,
            ("prefer", _) => Trust::Prefer,
            // Like libpq: with a file of root certificates, `require` means `verify-ca`.
            ("require", None) => Trust::Any,
            ("require" | "verify-ca", roots) => Trust::Signed(roots),
            ("verify-full", roots) => Trust::Named(roots),
            (other, _) => {
                let modes = "disable, prefer, require, verify-ca or verify-full";
                return Err(Error::unusable(format!("sslmode is {other}; it must be {modes}.")));
            }
        };
        let url = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
        Ok((url, trust))
    }
}

fn percent_decoded(value: &str) -> String {
    percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned()
}

/// The TLS configuration of a connection.
pub fn config(trust: &Trust) -> Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::Plain | Trust::Prefer | Trust::Any => {
            Arc::new(Encrypted { provider: Arc::clone(&provider), roots: None })
        }
        Trust::Signed(file) => {
            let roots = Some(verifier(file.as_ref(), &provider)?);
            Arc::new(Encrypted { provider: Arc::clone(&provider), roots })
        }
        Trust::Named(file) => verifier(file.as_ref(), &provider)?,
    };
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| Error::unusable(format!("TLS cannot be set up: {error}.")))?;
    Ok(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// Verifies certificates and host names with the root certificates of a file, or of the system.
fn verifier(file: Option<&PathBuf>, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = file {
        let unusable = |error: &dyn std::fmt::Display| {
            Error::unusable(format!("{} holds no certificates that can be read: {error}.", file.display()))
        };
        for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unusable(&error))? {
            let certificate = certificate.map_err(|error| unusable(&error))?;
            roots.add(certificate).map_err(|error| unusable(&error))?;
        }
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
    verifier.map_err(|error| {
        Error::unusable(format!("No root certificate can verify the database's certificate: {error}."))
    })
}

/// Verifies no host name: with `roots` only the signature, without them nothing.
///
/// Without roots the certificate is not even parsed: many self-signed ones of databases could not be.
#[derive(Debug)]
struct Encrypted {
    provider: Arc<CryptoProvider>,
    roots: Option<Arc<WebPkiServerVerifier>>,
}

impl ServerCertVerifier for Encrypted {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(roots) = &self.roots else { return Ok(ServerCertVerified::assertion()) };
        match roots.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The chain is verified before the host name.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if self.roots.is_none() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if self.roots.is_none() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_is_parsed_from_an_address() {
        let split = |url: &str| Trust::split_from(url).expect("an address");
        let file = || Some(PathBuf::from("/etc/ca file.pem"));
        assert_eq!(split("postgres://h/d"), ("postgres://h/d".into(), Trust::Prefer));
        assert_eq!(split("postgres://h/d?sslmode=disable"), ("postgres://h/d".into(), Trust::Plain));
        assert_eq!(split("p://h?a=1&sslmode=require&b=2"), ("p://h?a=1&b=2".into(), Trust::Any));
        let with_file = "&sslrootcert=/etc/ca%20file.pem";
        assert_eq!(split(&format!("p://h?sslmode=require{with_file}")).1, Trust::Signed(file()));
        assert_eq!(split(&format!("p://h?sslmode=verify-ca{with_file}")).1, Trust::Signed(file()));
        assert_eq!(split(&format!("p://h?sslmode=verify-full{with_file}")).1, Trust::Named(file()));
        assert_eq!(split("p://h?sslmode=verify-full&sslrootcert=system").1, Trust::Named(None));
        assert!(Trust::split_from("p://h?sslmode=maybe").is_err());
    }
}
