//! A server on an empty store, with a company, a manual clock and repeatable random bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};

use contact::{
    Attribute, Channel, ChannelType, Conversation, CustomName, CustomType, Handle, Origin, Received, Region, Source,
    Time,
};
use data_encoding::BASE64;
use hub::{Clock, Hub, Random, Scopes};
use serde_json::{Value, json};
use server::App;
use store::{Access, InMemory, Model, Store};
use store_postgres::{Limits, Postgres};
use store_sqlite::Sqlite;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::client::{Answer, Connection, Request};

/// The path of API 1.
pub const CONTACTS: &str = "/api/1/contacts";
/// The token that signs text messages.
pub const TOKEN: &str = "0123456789abcdef";
/// The time at which every test starts.
pub const START_MS: i64 = 1_700_000_000_123;

/// An empty store, with its temporary folder.
pub struct Fresh {
    store: Arc<dyn Store>,
    keep: Option<TempDir>,
}

pub async fn model() -> Fresh {
    Fresh { store: Arc::new(Model::default()), keep: None }
}

pub async fn sqlite() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("kith.db"), Access::Serve).unwrap();
    Fresh { store: Arc::new(store), keep: Some(folder) }
}

pub async fn postgres() -> Fresh {
    let url = cluster::fresh(cluster::shared()).await;
    let store = Postgres::open(&url, Access::Serve, Limits { connections: 4, ..Limits::default() }).await.unwrap();
    Fresh { store: Arc::new(store), keep: None }
}

/// A clock that only the test advances.
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        Time::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Bytes that differ within a run and repeat in the next one.
#[derive(Default)]
struct CountingRandom(AtomicU8);

impl Random for CountingRandom {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.0.fetch_add(37, Ordering::Relaxed));
    }
}

/// A company's name and password.
#[derive(Clone)]
pub struct Login {
    pub name: String,
    pub password: String,
}

impl Login {
    /// The value of its `Authorization` header.
    pub fn basic(&self) -> String {
        basic(&format!("{}:{}", self.name, self.password))
    }

    pub fn request(&self, method: &str, target: &str) -> Request {
        Request::new(method, target).with("Authorization", &self.basic())
    }

    /// Returns a request that reports a body through API 1.
    pub fn report_request(&self, body: impl Into<Vec<u8>>) -> Request {
        self.request("POST", CONTACTS).with("Content-Type", "application/json").body(body)
    }
}

/// The value of an `Authorization` header.
pub fn basic(credentials: &str) -> String {
    format!("Basic {}", BASE64.encode(credentials.as_bytes()))
}

/// A running server. By default, its requests use the login of the company `wayne`.
pub struct Server {
    pub address: SocketAddr,
    pub store: Arc<dyn Store>,
    pub clock: Arc<ManualClock>,
    pub wayne: Login,
    pub hub: Arc<Hub>,
    _keep: Option<TempDir>,
}

impl Server {
    pub async fn start(Fresh { store, keep }: Fresh) -> Server {
        let clock = Arc::new(ManualClock(START_MS.into()));
        let hub =
            Arc::new(Hub::new(store.clone(), Arc::new(InMemory), clock.clone(), Arc::new(CountingRandom::default())));
        let wayne = company(&hub, "wayne").await;
        let address = listen(App::new(hub.clone(), None)).await;
        Server { address, store, clock, wayne, hub, _keep: keep }
    }

    /// Starts another server with the same company, on another store or with another address.
    pub async fn beside(&self, store: Arc<dyn Store>, public_url: Option<&str>) -> Server {
        let hub = Arc::new(Hub::new(
            store.clone(),
            Arc::new(InMemory),
            self.clock.clone(),
            Arc::new(CountingRandom::default()),
        ));
        let address = listen(App::new(hub.clone(), public_url)).await;
        Server { address, store, clock: self.clock.clone(), wayne: self.wayne.clone(), hub, _keep: None }
    }

    /// Starts another server on the same store, behind proxies of these networks.
    pub async fn behind(&self, public_url: Option<&str>, proxies: &[&str]) -> Server {
        let proxies = proxies.iter().map(|network| network.parse().unwrap()).collect();
        let address = listen(App::new(self.hub.clone(), public_url).behind(proxies)).await;
        let (store, hub) = (self.store.clone(), self.hub.clone());
        Server { address, store, clock: self.clock.clone(), wayne: self.wayne.clone(), hub, _keep: None }
    }

    /// Returns the app of the hub, to serve it in another way.
    pub fn app(&self) -> App {
        App::new(self.hub.clone(), None)
    }

    /// Creates a token of the company `wayne` with these scopes, or with all if none are given.
    pub async fn token(&self, scopes: &[&str]) -> String {
        let id = self.hub.companies().await.unwrap().into_iter().find(|one| one.name.as_str() == "wayne").unwrap().id;
        let named = scopes.iter().map(|scope| scope.parse().unwrap()).collect();
        let scopes = if scopes.is_empty() { Scopes::all() } else { named };
        self.hub.add_token(id, "test", scopes).await.unwrap().1.reveal().to_owned()
    }

    /// Sends a JSON body with the login of the company.
    pub async fn send(&self, method: &str, target: &str, body: &Value) -> Answer {
        let request = self.wayne.request(method, target).with("Content-Type", "application/json");
        self.ask(request.body(body.to_string())).await
    }

    /// Creates a contact through API 2, and returns its id.
    pub async fn create(&self, body: &Value) -> String {
        self.send("POST", "/contacts", body).await.expect(201)["id"].as_str().unwrap().to_owned()
    }

    /// Waits until the search index of the company `wayne` is complete.
    pub async fn indexed(&self) {
        let id = self.hub.companies().await.unwrap().into_iter().find(|one| one.name.as_str() == "wayne").unwrap().id;
        while self.hub.index(id).await.unwrap().is_behind() {}
    }

    /// Adds a teammate to the company `wayne`, and returns the id.
    pub async fn teammate(&self, email: &str, name: &str) -> String {
        let id = self.hub.companies().await.unwrap().into_iter().find(|one| one.name.as_str() == "wayne").unwrap().id;
        let email = Handle::parse(Source::Email, email, Region::default()).unwrap();
        let name = Attribute::Name.parse(name).unwrap();
        self.hub.add_teammate(id, email, name, Origin::Person).await.unwrap().0.id.to_string()
    }

    /// Adds a custom field to the company `wayne`.
    pub async fn field(&self, target: &str, name: &str, kind: &str, choices: &[&str]) {
        let id = self.hub.companies().await.unwrap().into_iter().find(|one| one.name.as_str() == "wayne").unwrap().id;
        let kind = CustomType::parse(kind, choices.iter().map(ToString::to_string).collect()).unwrap();
        let name = CustomName::parse(name).unwrap();
        let target = target.parse().unwrap();
        self.hub.make_field(id, target, name, "What it is for".into(), kind, Origin::Person).await.unwrap();
    }

    /// Adds another company.
    pub async fn company(&self, name: &str) -> Login {
        company(&self.hub, name).await
    }

    /// Adds a channel to a company.
    pub async fn channel(&self, company: &str, kind: &str, address: &str) -> Channel {
        let companies = self.hub.companies().await.unwrap();
        let company = companies.iter().find(|other| other.name.as_str() == company).unwrap();
        let kind: ChannelType = kind.parse().unwrap();
        let address = Channel::address(kind, address, company.region).unwrap();
        let token = (kind == ChannelType::Sms).then(|| TOKEN.to_owned());
        self.hub.add_channel(company.id, kind, address, token).await.unwrap()
    }

    /// Returns the conversations of a channel's company, latest first, each with its messages in order.
    pub async fn threads(&self, channel: &Channel) -> Vec<(Conversation, Vec<Received>)> {
        let company = channel.id.company();
        let mut threads = Vec::new();
        for talk in self.hub.conversations(company, None, false, None, 50).await.unwrap().items {
            let thread = self.hub.messages(company, talk.conversation.id, None).await.unwrap();
            let messages = thread.messages.into_iter().map(|written| written.message).collect();
            threads.push((talk.conversation, messages));
        }
        threads
    }

    /// Returns the number of messages of each conversation, latest first.
    pub async fn lengths(&self, channel: &Channel) -> Vec<usize> {
        self.threads(channel).await.iter().map(|(_, messages)| messages.len()).collect()
    }

    pub async fn connect(&self) -> Connection {
        Connection::to(self.address).await
    }

    /// Sends a request over a new connection.
    pub async fn ask(&self, request: Request) -> Answer {
        self.connect().await.ask(&request.with("Host", &self.address.to_string())).await
    }

    pub async fn send_report(&self, body: &Value) -> Answer {
        self.ask(self.wayne.report_request(body.to_string())).await
    }

    /// Reports a body, which must be accepted, and returns the id of its contact.
    pub async fn report(&self, body: &Value) -> String {
        self.send_report(body).await.expect(202)["id"].as_str().unwrap().to_owned()
    }

    /// Returns the media type and the bytes of a response, which must be a success.
    pub async fn get_bytes(&self, target: &str) -> (String, Vec<u8>) {
        let request = self.wayne.request("GET", target).with("Host", &self.address.to_string());
        self.connect().await.ask_bytes(&request).await
    }

    pub async fn get(&self, target: &str) -> Answer {
        self.ask(self.wayne.request("GET", target)).await
    }

    /// Returns the contact of an id or an alias, which must exist.
    pub async fn contact(&self, id: &str) -> Value {
        self.get(&format!("/contacts/{id}")).await.expect(200)
    }

    /// Returns the contacts of the first page.
    pub async fn contacts(&self) -> Vec<Value> {
        let mut page = self.get("/contacts?limit=100").await.expect(200);
        serde_json::from_value(page["_results"].take()).unwrap()
    }
}

async fn company(hub: &Hub, name: &str) -> Login {
    let (company, password) = hub.add_company(name.parse().unwrap(), Region::default()).await.unwrap();
    Login { name: company.name.as_str().to_owned(), password: password.reveal().to_owned() }
}

async fn listen(app: App) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(server::serve(listener, app.router(), std::future::pending()));
    address
}

/// Returns the field of the n-th e-mail address.
pub fn email(n: usize) -> Value {
    json!({"source": "email", "handle": format!("h{n}@wayne.inc")})
}

/// Returns a body that reports a person with these e-mail addresses.
pub fn person(emails: impl IntoIterator<Item = usize>) -> Value {
    json!({"fields": emails.into_iter().map(email).collect::<Vec<_>>()})
}
