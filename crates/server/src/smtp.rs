//! The SMTP server (RFC 5321), which receives mail to the addresses of companies.

mod data;
mod session;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use hub::Hub;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::Listener;
use crate::shares::{Holder, Limits, Shares};
use crate::tls::Tls;
use session::Session;

/// Most bytes of a message: 25 MiB.
pub const MESSAGE_BYTES_MAX: usize = 25 * 1024 * 1024;
/// Most connections at once, and of one address.
const MAIL_CONNECTIONS_MAX: u32 = 200;
const MAIL_CONNECTIONS_OF_ADDRESS: u32 = 20;
const CONNECTIONS: Limits = Limits {
    what: "mail connections",
    total: MAIL_CONNECTIONS_MAX,
    company: 0,
    address: MAIL_CONNECTIONS_OF_ADDRESS,
    reserve: 50,
    little: 2,
};
/// Most KiB of all messages that are still arriving, each in a temporary file, and of those from one address.
const MAIL_KIB: u32 = 512 * 1024;
const MAIL_OF_ADDRESS_KIB: u32 = 256 * 1024;
const ARRIVING: Limits = Limits {
    what: "KiB of arriving mail",
    total: MAIL_KIB,
    company: 0,
    address: MAIL_OF_ADDRESS_KIB,
    reserve: 64 * 1024,
    little: 1024,
};
/// How much memory a message takes while it is parsed and stored, in times its size.
const MEMORY_FACTOR: usize = 4;
/// Most memory of all messages that are parsed and stored: 200 MiB, in KiB. It has room for two of the largest.
const MEMORY_KIB: usize = 2 * MEMORY_FACTOR * MESSAGE_BYTES_MAX / 1024;
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
    connections: Shares,
    arriving: Shares,
    /// The KiB that are free for messages that are parsed and stored. Further messages wait in their files.
    memory: Semaphore,
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
        connections: Shares::new(CONNECTIONS),
        arriving: Shares::new(ARRIVING),
        memory: Semaphore::new(MEMORY_KIB),
        parsers: Semaphore::new(PARSERS_MAX),
    });
    let mut sessions = JoinSet::new();
    let (stopping, stopped) = watch::channel(false);
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // A panic in a session ends only that session.
            Some(_) = sessions.join_next() => continue,
            () = &mut stop => break,
        };
        let (stream, holder) = match accepted {
            Ok((stream, peer)) => (stream, Holder::client(Some(peer.ip()))),
            Err(error) => {
                tracing::warn!(error = %error, "no mail connection can be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let share = shared.connections.take(holder, 1);
        let session = Session::new(stream, holder, Arc::clone(&shared), stopped.clone());
        sessions.spawn(async move {
            let done = match share {
                Ok(_share) => session.run().await,
                Err(refused) => session.refuse(refused).await,
            };
            if let Err(error) = done {
                tracing::debug!(error = %error, "a mail connection broke off");
            }
        });
    }
    drop(listener);
    // Without connections there is no receiver.
    let _ = stopping.send(true);
    tokio::select! {
        () = async { while sessions.join_next().await.is_some() {} } => {}
        () = tokio::time::sleep(STOP_TIME_MAX) => tracing::warn!("some mail was not delivered in time"),
    }
}
