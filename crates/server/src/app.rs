//! What every request shares: the hub, and the limits of this server.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use hub::Hub;
use ipnet::IpNet;
use tokio::sync::watch;

use crate::client::Site;
use crate::exports::Exports;
use crate::imports::Imports;
use crate::jobs::Jobs;
use crate::metrics::Metrics;
use crate::rate_limit::RateLimits;
use crate::regroups::Regroups;
use crate::request_body::{BodyReader, Failure};
use crate::shares::{Holder, Limits, Shares};
use crate::throttle::Throttle;
use crate::undos::Undoing;

/// Most requests to the bulk endpoint at once, and of one company. Each holds a line and some answers.
const BULK_REQUESTS_MAX: u32 = 64;
const BULK_REQUESTS_OF_COMPANY: u32 = 16;
const BULK: Limits = Limits {
    what: "bulk requests",
    total: BULK_REQUESTS_MAX,
    company: BULK_REQUESTS_OF_COMPANY,
    address: 0,
    reserve: 8,
    little: 1,
};
/// Most snapshots of a system's records at once. A company has one. Each holds all its records in memory.
const SNAPSHOTS_MAX: u32 = 2;
const SNAPSHOTS: Limits =
    Limits { what: "snapshots", total: SNAPSHOTS_MAX, company: 1, address: 0, reserve: 0, little: 0 };

/// What every request handler needs.
#[derive(Clone)]
pub struct App {
    pub(crate) hub: Arc<Hub>,
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) bodies: Arc<BodyReader>,
    /// How clients reach this server.
    pub(crate) site: Arc<Site>,
    /// The bulk requests that run.
    pub(crate) bulk: Shares,
    /// The snapshots that arrive or are stored.
    pub(crate) snapshots: Shares,
    /// The exports that are downloaded.
    pub(crate) exports: Exports,
    /// The imports started in the app.
    pub(crate) imports: Arc<Imports>,
    /// The jobs that take back what an import or a token did.
    pub(crate) undos: Arc<Jobs<Undoing>>,
    /// The latest grouping of each company's contacts by new guards.
    pub(crate) regroups: Arc<Regroups>,
    /// How many requests each company made in this minute.
    pub(crate) rate_limits: Arc<RateLimits>,
    /// What is measured; none without an address for it.
    pub(crate) metrics: Option<Arc<Metrics>>,
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
            bulk: Shares::new(BULK),
            snapshots: Shares::new(SNAPSHOTS),
            exports: Exports::default(),
            imports: Arc::default(),
            undos: Arc::new(Jobs::new("jobs that take back joins")),
            regroups: Arc::default(),
            rate_limits: Arc::default(),
            site: Arc::new(Site::new(public_url)),
            metrics: None,
            closing: watch::Sender::new(false),
        }
    }

    /// Trusts the proxies of these networks: their `X-Forwarded-For`, `-Proto` and `-Host` count, and nobody else's.
    #[must_use]
    pub fn behind(self, proxies: Vec<IpNet>) -> App {
        let site = Site::new(self.site.url()).behind(proxies);
        App { site: Arc::new(site), ..self }
    }

    /// Returns the app with metrics of its requests.
    #[must_use]
    pub fn measured(self, metrics: Arc<Metrics>) -> App {
        App { metrics: Some(metrics), ..self }
    }

    /// Ends streams that have no end of their own, such as the event streams of open pages.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Reads a request body of at most `bytes_max` bytes.
    pub(crate) async fn read(&self, holder: Holder, body: Body, bytes_max: usize) -> Result<Bytes, Failure> {
        self.bodies.read(holder, body, bytes_max).await
    }
}
