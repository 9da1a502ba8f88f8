//! What a service manager gives to a service and hears from it: open ports, readiness and the end. Without one, nothing.
//!
//! The protocols are systemd's (`sd_listen_fds(3)`, `sd_notify(3)`).

use std::error::Error;
use std::io;
use std::net::SocketAddr;

use listenfd::ListenFd;
use sd_notify::NotifyState;
use tokio::net::{TcpListener, TcpSocket};

/// Most connections that wait to be accepted. The kernel has a limit of its own (listen(2)). Beyond it, a client waits for a second.
const BACKLOG: u32 = 4_096;

/// The ports that the service manager opened for this process.
pub struct Ports(ListenFd);

impl Ports {
    /// Takes the ports, so that no other process takes them for its own.
    pub fn take() -> Ports {
        Ports(ListenFd::from_env())
    }

    /// Returns the port at `index`. Without one, opens `address`.
    pub fn listen(&mut self, index: usize, address: SocketAddr) -> Result<TcpListener, Box<dyn Error>> {
        let given = self.0.take_tcp_listener(index);
        if let Some(given) =
            given.map_err(|error| format!("Socket {index} of the service manager is unusable: {error}."))?
        {
            given.set_nonblocking(true)?;
            return Ok(TcpListener::from_std(given)?);
        }
        Ok(listen(address).map_err(|error| format!("Cannot listen on {address}: {error}."))?)
    }
}

/// Opens a port with room for many clients that come at once, as after a restart.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A port whose last connections are still ending can be opened again.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Tells the service manager that requests are answered.
pub fn ready() {
    notify(NotifyState::Ready);
}

/// Tells the service manager that the server ends after its running requests.
pub fn stopping() {
    notify(NotifyState::Stopping);
}

fn notify(state: NotifyState) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager did not get the state of the server");
    }
}
