//! A certificate and its key from files, which are read again when they change.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::crypto::ring;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// A certificate with its chain, and its private key, in PEM files.
#[derive(Debug)]
pub struct CertificateFiles {
    certificate: PathBuf,
    key: PathBuf,
    loaded: Mutex<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    pair: Arc<CertifiedKey>,
    stamps: [Stamp; 2],
}

/// What changes when a file does: its number, size, and time of change with its nanoseconds. None if it cannot be read.
type Stamp = Option<(u64, u64, i64, i64)>;

impl CertificateFiles {
    /// Loads a certificate and its key.
    ///
    /// # Errors
    ///
    /// A sentence that names the file and what is wrong with it.
    pub fn load(certificate: &Path, key: &Path) -> Result<CertificateFiles, String> {
        let stamps = [stamp(certificate), stamp(key)];
        let loaded = Mutex::new(Loaded { pair: Arc::new(pair(certificate, key)?), stamps });
        Ok(CertificateFiles { certificate: certificate.to_owned(), key: key.to_owned(), loaded })
    }

    /// Loads the files again if they have changed. Returns whether the server shows another certificate now.
    ///
    /// # Errors
    ///
    /// As [`load`](CertificateFiles::load), once for each change. The server keeps the old certificate.
    pub fn reload(&self) -> Result<bool, String> {
        let stamps = [stamp(&self.certificate), stamp(&self.key)];
        if self.loaded().stamps == stamps {
            return Ok(false);
        }
        let pair = pair(&self.certificate, &self.key);
        let mut loaded = self.loaded();
        loaded.stamps = stamps;
        loaded.pair = Arc::new(pair?);
        Ok(true)
    }

    fn loaded(&self) -> MutexGuard<'_, Loaded> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesServerCert for CertificateFiles {
    fn resolve(&self, _: ClientHello) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.loaded().pair))
    }
}

fn stamp(file: &Path) -> Stamp {
    let metadata = fs::metadata(file).ok()?;
    Some((metadata.ino(), metadata.size(), metadata.mtime(), metadata.mtime_nsec()))
}

fn pair(certificate: &Path, key: &Path) -> Result<CertifiedKey, String> {
    let failed = |file: &Path, error: PemError, kind: &str| match error {
        PemError::Io(error) => format!("{} cannot be read: {error}.", file.display()),
        _ => format!("{} has no {kind} in PEM.", file.display()),
    };
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| failed(certificate, error, "certificate"))?;
    if chain.is_empty() {
        return Err(failed(certificate, PemError::NoItemsFound, "certificate"));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key, error, "private key"))?;
    CertifiedKey::from_der(chain, secret, &ring::default_provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            format!("{} is not the key of {}.", key.display(), certificate.display())
        }
        error => format!("{} or {} cannot be used: {error}.", certificate.display(), key.display()),
    })
}
