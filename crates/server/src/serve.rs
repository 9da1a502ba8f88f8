//! Accepts HTTP connections, limits their number and time, and shuts them down gracefully.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tower_service::Service;

use crate::shares::{Holder, Limits, Shares};

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
type Io = TokioIo<Pin<Box<TimeoutStream<TcpStream>>>>;

/// The network address of a client.
#[derive(Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Serves a router until `stop` resolves.
///
/// Then it accepts no more connections, and returns when all accepted requests are answered.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
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
            // It is closed anyway.
            let _ = stream.try_write(FULL);
            continue;
        };
        let connection = graceful.watch(connection(stream, peer, router.clone()));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = %error, "a connection broke off");
            }
            drop(share);
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(STOP_TIME_MAX) => tracing::warn!("some requests did not end in time"),
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
) -> http1::Connection<
    Io,
    impl hyper::service::Service<
        Request<Incoming>,
        Response = axum::response::Response,
        Error = std::convert::Infallible,
        Future: Send,
    >,
> {
    // Responses are small and complete, so waiting to fill a packet only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(error = %error, "a connection broke off");
    }
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(READER_TIME_MAX));
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        router.clone().call(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_header_size(HEAD_BYTES_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
}
