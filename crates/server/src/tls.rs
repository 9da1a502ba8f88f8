//! TLS: which certificate the server shows, and handshakes with a time limit.

mod acme;
mod files;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::ResolvesServerCert;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub use acme::{LETS_ENCRYPT, Order};
pub use files::CertificateFiles;

/// Most time for a handshake.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// The protocols that the server speaks over TLS (RFC 7301).
const HTTP: &[u8] = b"http/1.1";
/// The protocol of the challenges of a certificate authority (RFC 8737).
const CHALLENGE: &[u8] = b"acme-tls/1";

/// TLS with a certificate that may be replaced while the server runs.
#[derive(Clone)]
pub struct Tls {
    http: Arc<ServerConfig>,
    /// Mail clients name other protocols or none.
    mail: Arc<ServerConfig>,
}

impl Tls {
    /// TLS with the certificate of files.
    pub fn with_files(files: Arc<CertificateFiles>) -> Tls {
        Tls::new(files, &[HTTP])
    }

    fn new(certificates: Arc<dyn ResolvesServerCert>, protocols: &[&[u8]]) -> Tls {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().expect("the provider has all versions");
        let mail = config.with_no_client_auth().with_cert_resolver(certificates);
        let mut http = mail.clone();
        http.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Tls { http: Arc::new(http), mail: Arc::new(mail) }
    }

    /// Encrypts a connection for HTTP. None if it was only a challenge of a certificate authority.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<Option<TlsStream<TcpStream>>> {
        let mut stream = handshake(&self.http, stream).await?;
        if stream.get_ref().1.alpn_protocol() == Some(CHALLENGE) {
            stream.shutdown().await?;
            return Ok(None);
        }
        Ok(Some(stream))
    }

    /// Encrypts a connection for mail.
    pub(crate) async fn accept_mail(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        handshake(&self.mail, stream).await
    }
}

async fn handshake(config: &Arc<ServerConfig>, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    timeout(HANDSHAKE_TIME_MAX, TlsAcceptor::from(Arc::clone(config)).accept(stream)).await?
}
