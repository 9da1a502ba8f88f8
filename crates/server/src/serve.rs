//! Accepts HTTP connections, limits their number and time, and shuts them down gracefully.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tower_service::Service;

use crate::shares::{Holder, Limits, Shares};
use crate::tls::Tls;

/// Most connections at once.
const CONNECTIONS_MAX: u32 = 20_000;
/// One address may be a proxy with all clients behind it, so it has no smaller share. But the last are for others.
const CONNECTIONS: Limits = Limits {
    what: "connections",
    total: CONNECTIONS_MAX,
    company: 0,
    address: CONNECTIONS_MAX,
    reserve: 1_000,
    little: 16,
};
/// The answer to a connection beyond them.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 36\r\n\
    Content-Type: text/plain\r\n\r\nThe server has too many clients now.";
/// Most time for the head of a request, and most idle time of a connection.
const HEAD_TIME_MAX: Duration = Duration::from_secs(30);
/// Most time that a client may read nothing of a pending response.
const READER_TIME_MAX: Duration = Duration::from_secs(30);
/// Most bytes of the head of a request.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Most time for accepted requests to end after the server stops.
const STOP_TIME_MAX: Duration = Duration::from_secs(20);
/// How long to wait when the system cannot open more connections.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A connection that closes when its client reads nothing for too long.
type Io<S> = TokioIo<Pin<Box<TimeoutStream<S>>>>;

/// Where connections arrive, and whether they are encrypted.
pub struct Listener {
    pub(crate) tcp: TcpListener,
    pub(crate) tls: Option<Tls>,
}

impl Listener {
    /// Offers TLS: HTTP speaks nothing else, and mail begins it with STARTTLS.
    #[must_use]
    pub fn with_tls(self, tls: Option<Tls>) -> Listener {
        Listener { tls, ..self }
    }
}

impl From<TcpListener> for Listener {
    fn from(tcp: TcpListener) -> Listener {
        Listener { tcp, tls: None }
    }
}

/// The other end of a connection: a client, or a proxy.
#[derive(Clone, Copy)]
pub struct Peer {
    pub address: SocketAddr,
    /// Whether the connection is encrypted.
    pub is_encrypted: bool,
}

impl Peer {
    pub fn ip(self) -> IpAddr {
        self.address.ip().to_canonical()
    }
}

/// Serves a router until `stop` resolves.
///
/// Then it accepts no more connections, and returns when all accepted requests are answered.
pub async fn serve(listener: impl Into<Listener>, router: Router, stop: impl Future<Output = ()>) {
    let Listener { tcp: listener, tls } = listener.into();
    let graceful = GracefulShutdown::new();
    let stopping = watch::Sender::new(false);
    let connections = Shares::new(CONNECTIONS);
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            // The client closed the connection before it was accepted.
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => continue,
            Err(error) => {
                tracing::warn!(error = %error, "no connection can be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Ok(share) = connections.take(Holder::client(Some(peer.ip())), 1) else {
            if tls.is_none() {
                // It is closed anyway.
                let _ = stream.try_write(FULL);
            }
            continue;
        };
        // Responses are small and complete, so waiting to fill a packet only delays them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(error = %error, "a connection broke off");
        }
        let (router, tls, watcher) = (router.clone(), tls.clone(), graceful.watcher());
        let mut stopped = stopping.subscribe();
        tokio::spawn(async move {
            // A connection takes little memory until its client sends something.
            let mut first = [0];
            let is_begun = tokio::select! {
                biased;
                begun = timeout(HEAD_TIME_MAX, stream.peek(&mut first)) => matches!(begun, Ok(Ok(1))),
                _ = stopped.wait_for(|stopped| *stopped) => false,
            };
            if is_begun {
                Box::pin(answer(stream, peer, tls, router, watcher)).await;
            }
            drop(share);
        });
    }
    drop(listener);
    stopping.send_replace(true);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(STOP_TIME_MAX) => tracing::warn!("some requests did not end in time"),
    }
}

/// Answers the requests of a connection, after a handshake with TLS.
async fn answer(stream: TcpStream, peer: SocketAddr, tls: Option<Tls>, router: Router, watcher: Watcher) {
    let peer = Peer { address: peer, is_encrypted: tls.is_some() };
    let answered = match tls {
        None => watcher.watch(connection(stream, peer, router)).await,
        Some(tls) => match tls.accept(stream).await {
            Ok(Some(stream)) => watcher.watch(connection(stream, peer, router)).await,
            Ok(None) => Ok(()),
            Err(error) => {
                tracing::debug!(%error, "a TLS handshake failed");
                Ok(())
            }
        },
    };
    if let Err(error) = answered {
        tracing::debug!(error = %error, "a connection broke off");
    }
}

fn connection<S: AsyncRead + AsyncWrite + Send + 'static>(
    stream: S,
    peer: Peer,
    router: Router,
) -> http1::Connection<
    Io<S>,
    impl hyper::service::Service<
        Request<Incoming>,
        Response = axum::response::Response,
        Error = std::convert::Infallible,
        Future: Send,
    >,
> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(READER_TIME_MAX));
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        router.clone().call(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_header_size(HEAD_BYTES_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
}
