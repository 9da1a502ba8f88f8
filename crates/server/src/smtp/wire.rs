//! The bytes of a mail connection, encrypted or not.

use std::io::{self, ErrorKind};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::tls::Tls;

/// A connection to a mail client.
pub enum Wire {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
    /// The handshake failed.
    Broken,
}

impl Wire {
    /// Whether it is encrypted.
    pub fn is_encrypted(&self) -> bool {
        matches!(self, Wire::Encrypted(_))
    }

    /// Encrypts a plain connection.
    pub async fn encrypt(&mut self, tls: &Tls) -> io::Result<()> {
        let Wire::Plain(stream) = std::mem::replace(self, Wire::Broken) else {
            return Err(ErrorKind::InvalidInput.into());
        };
        *self = Wire::Encrypted(Box::new(tls.accept_mail(stream).await?));
        Ok(())
    }

    /// Reads more bytes. Returns how many, 0 at the end.
    pub async fn read(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Wire::Plain(stream) => stream.read_buf(buffer).await,
            Wire::Encrypted(stream) => stream.read_buf(buffer).await,
            Wire::Broken => Ok(0),
        }
    }

    /// Writes bytes, and sends them.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Wire::Plain(stream) => stream.write_all(bytes).await,
            Wire::Encrypted(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
            Wire::Broken => Err(ErrorKind::BrokenPipe.into()),
        }
    }
}
