//! What every request shares: the hub, and the limits of this server.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use hub::Hub;
use ipnet::IpNet;
use tokio::sync::{Semaphore, watch};

use crate::client::Site;
use crate::imports::Imports;
use crate::jobs::Jobs;
use crate::rate_limit::RateLimits;
use crate::regroups::Regroups;
use crate::request_body::{BodyReader, Failure};
use crate::throttle::Throttle;
use crate::undos::Undoing;

/// Most requests to the bulk endpoint at once. Each holds a line and some answers.
const BULK_REQUESTS_MAX: usize = 64;

/// What every request handler needs.
#[derive(Clone)]
pub struct App {
    pub(crate) hub: Arc<Hub>,
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) bodies: Arc<BodyReader>,
    /// How clients reach this server.
    pub(crate) site: Arc<Site>,
    /// One permit for each bulk request that may still start.
    pub(crate) bulk_permits: Arc<Semaphore>,
    /// The imports started in the app.
    pub(crate) imports: Arc<Imports>,
    /// The jobs that take back joins.
    pub(crate) undos: Arc<Jobs<Undoing>>,
    /// The latest grouping of each company's contacts by new guards.
    pub(crate) regroups: Arc<Regroups>,
    /// How many requests each company made in this minute.
    pub(crate) rate_limits: Arc<RateLimits>,
    /// Becomes true when the server stops, so that streams without an end stop too.
    pub(crate) closing: watch::Sender<bool>,
}

impl App {
    /// Creates the app of a hub. `public_url` is its address from outside, such as `https://kith.example.org`.
    pub fn new(hub: Arc<Hub>, public_url: Option<&str>) -> App {
        App {
            hub,
            throttle: Arc::new(Throttle::default()),
            bodies: Arc::default(),
            bulk_permits: Arc::new(Semaphore::new(BULK_REQUESTS_MAX)),
            imports: Arc::default(),
            undos: Arc::default(),
            regroups: Arc::default(),
            rate_limits: Arc::default(),
            site: Arc::new(Site::new(public_url)),
            closing: watch::Sender::new(false),
        }
    }

    /// Trusts the proxies of these networks: their `X-Forwarded-For`, `-Proto` and `-Host` count, and nobody else's.
    #[must_use]
    pub fn behind(self, proxies: Vec<IpNet>) -> App {
        let site = Site::new(self.site.url()).behind(proxies);
        App { site: Arc::new(site), ..self }
    }

    /// Ends streams that have no end of their own, such as the event streams of open pages.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Reads a request body of at most `bytes_max` bytes.
    pub(crate) async fn read(&self, body: Body, bytes_max: usize) -> Result<Bytes, Failure> {
        self.bodies.read(body, bytes_max).await
    }
}
