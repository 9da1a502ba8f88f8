//! The door for e-mail: SMTP (RFC 5321), for mail servers that pass on what is sent to a company's addresses.

mod data;
mod session;

use std::sync::Arc;
use std::time::Duration;

use hub::Hub;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use session::Session;

/// Most bytes of a message: 25 MiB.
pub const MESSAGE_BYTES_MAX: usize = 25 * 1024 * 1024;
/// Most connections at once. The next ones wait to be taken in.
const CONNECTIONS_MAX: u32 = 100;
/// Most memory that messages on their way in take together: 256 MiB, in KiB.
const BUDGET_KIB: usize = 256 * 1024;
/// Most messages that are taken apart at once, so that the heaviest leave time for everything else.
const READERS_MAX: usize = 2;
/// How long connections may take to end once the server stops.
const STOP_TIME_MAX: Duration = Duration::from_secs(20);
/// How long to wait when the system has no more connections to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What all connections share.
struct Shared {
    hub: Arc<Hub>,
    /// What this server calls itself.
    name: String,
    budget: Semaphore,
    readers: Semaphore,
}

/// Takes e-mail in until `stop` resolves; then takes no more connections and ends when the messages that are being
/// delivered are on disk. `name` is what the server calls itself, such as `kith.example.org`.
pub async fn serve_mail(listener: TcpListener, hub: Arc<Hub>, name: &str, stop: impl Future<Output = ()>) {
    let shared = Arc::new(Shared {
        hub,
        name: name.to_owned(),
        budget: Semaphore::new(BUDGET_KIB),
        readers: Semaphore::new(READERS_MAX),
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
                tracing::warn!(error = %error, "no connection for mail can be taken in");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let session = Session::new(stream, Arc::clone(&shared), stopped.clone());
        tokio::spawn(async move {
            if let Err(error) = session.run().await {
                tracing::debug!(error = %error, "a connection for mail broke off");
            }
            drop(permit);
        });
    }
    drop(listener);
    // Nobody listens any more if there are no connections.
    let _ = stopping.send(true);
    tokio::select! {
        _ = free.acquire_many(CONNECTIONS_MAX) => {}
        () = tokio::time::sleep(STOP_TIME_MAX) => tracing::warn!("some mail was not delivered in time"),
    }
}
