//! The SMTP server (RFC 5321), which receives mail to the addresses of companies.

mod data;
mod session;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use hub::Hub;
use tokio::sync::{Semaphore, watch};

use crate::Listener;
use crate::tls::Tls;
use session::Session;

/// Most bytes of a message: 25 MiB.
pub const MESSAGE_BYTES_MAX: usize = 25 * 1024 * 1024;
/// Most connections at once. Further ones wait to be accepted.
const CONNECTIONS_MAX: u32 = 100;
/// Most memory of all messages that are still arriving: 256 MiB, in KiB.
const BUDGET_KIB: usize = 256 * 1024;
/// Most messages that are parsed at once, so that large ones leave CPU time for other work.
const PARSERS_MAX: usize = 2;
/// Most time for connections to end after the server stops.
const STOP_TIME_MAX: Duration = Duration::from_secs(20);
/// How long to wait when the system cannot open more connections.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What all connections share.
struct Shared {
    hub: Arc<Hub>,
    /// What STARTTLS begins.
    tls: Option<Tls>,
    /// The host name of this server.
    name: String,
    budget: Semaphore,
    parsers: Semaphore,
}

/// Receives e-mail until `stop` resolves. `name` is the host name of the server, such as `kith.example.org`.
///
/// Then it accepts no more connections, and returns when the messages in delivery are on disk.
pub async fn serve_mail(listener: impl Into<Listener>, hub: Arc<Hub>, name: &str, stop: impl Future<Output = ()>) {
    let Listener { tcp: listener, tls } = listener.into();
    let shared = Arc::new(Shared {
        hub,
        tls,
        name: name.to_owned(),
        budget: Semaphore::new(BUDGET_KIB),
        parsers: Semaphore::new(PARSERS_MAX),
    });
    let free = Arc::new(Semaphore::new(CONNECTIONS_MAX as usize));
    let (stopping, stopped) = watch::channel(false);
    let mut stop = std::pin::pin!(stop);
    loop {
        let accept = async {
            let permit = Arc::clone(&free).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            accepted = accept => accepted,
            () = &mut stop => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(error = %error, "no mail connection can be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let session = Session::new(stream, Arc::clone(&shared), stopped.clone());
        tokio::spawn(async move {
            if let Err(error) = session.run().await {
                tracing::debug!(error = %error, "a mail connection broke off");
            }
            drop(permit);
        });
    }
    drop(listener);
    // Without connections there is no receiver.
    let _ = stopping.send(true);
    tokio::select! {
        _ = free.acquire_many(CONNECTIONS_MAX) => {}
        () = tokio::time::sleep(STOP_TIME_MAX) => tracing::warn!("some mail was not delivered in time"),
    }
}
