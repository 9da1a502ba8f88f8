//! The certificate of the server: from files that are watched, or from a certificate authority.

use std::error::Error;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;
use std::time::Duration;

use server::{CertificateFiles, Order, Tls};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use crate::address::StoreAddress;
use crate::config::TlsOptions;

/// How often the files are looked at.
const RELOAD_EVERY: Duration = Duration::from_secs(3);

/// Returns the TLS of the options, if there is any, and keeps its certificate up to date.
pub fn tls(options: TlsOptions, store: &StoreAddress) -> Result<Option<Tls>, Box<dyn Error>> {
    let TlsOptions { certificate, key, domains, contacts, directory, folder } = options;
    if let (Some(certificate), Some(key)) = (certificate, key) {
        let files = Arc::new(CertificateFiles::load(&certificate, &key)?);
        watch(Arc::clone(&files))?;
        return Ok(Some(Tls::with_files(files)));
    }
    if domains.is_empty() {
        return Ok(None);
    }
    let folder = folder.unwrap_or_else(|| store.beside("acme"));
    let created = fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    created.map_err(|error| format!("{} cannot be created: {error}.", folder.display()))?;
    Ok(Some(Tls::ordered(Order { domains, contacts, directory, folder })?))
}

/// Loads the files again when they change, or on SIGHUP, until the process ends.
fn watch(files: Arc<CertificateFiles>) -> std::io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = hangup.recv() => {}
                () = sleep(RELOAD_EVERY) => {}
            }
            match files.reload() {
                Ok(false) => {}
                Ok(true) => tracing::info!("the certificate has changed"),
                Err(error) => tracing::error!(%error, "the old certificate stays, because the new one cannot be used"),
            }
        }
    });
    Ok(())
}
