//! A server on a fresh store, with a company, a clock that stands still and a chance that repeats itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};

use contact::{
    Channel, ChannelType, Conversation, CustomName, CustomType, Handle, Name, Origin, Received, Region, Source, Time,
};
use data_encoding::BASE64;
use hub::{Clock, Hub, Random, Scopes};
use serde_json::{Value, json};
use server::App;
use store::{Access, Limits, Model, Postgres, Sqlite, Store};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::client::{Answer, Connection, Request};

/// The path of API 1.
pub const CONTACTS: &str = "/api/1/contacts";
/// What signs text messages.
pub const TOKEN: &str = "0123456789abcdef";
/// When every test begins.
pub const START_MS: i64 = 1_700_000_000_123;

/// An empty store, and whatever must be kept while it is used.
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

/// A clock that is moved by hand.
pub struct Manual(AtomicI64);

impl Manual {
    pub fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

impl Clock for Manual {
    fn now(&self) -> Time {
        Time::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Bytes that differ from each other and are the same at every run.
#[derive(Default)]
struct Counting(AtomicU8);

impl Random for Counting {
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

    /// The telling of a body.
    pub fn telling(&self, body: impl Into<Vec<u8>>) -> Request {
        self.request("POST", CONTACTS).with("Content-Type", "application/json").body(body)
    }
}

/// The value of an `Authorization` header.
pub fn basic(credentials: &str) -> String {
    format!("Basic {}", BASE64.encode(credentials.as_bytes()))
}

/// A running server. Whoever asks through it without more is the company `wayne`.
pub struct Server {
    pub address: SocketAddr,
    pub store: Arc<dyn Store>,
    pub clock: Arc<Manual>,
    pub wayne: Login,
    pub hub: Arc<Hub>,
    _keep: Option<TempDir>,
}

impl Server {
    pub async fn start(Fresh { store, keep }: Fresh) -> Server {
        let clock = Arc::new(Manual(START_MS.into()));
        let hub = Arc::new(Hub::new(store.clone(), clock.clone(), Arc::new(Counting::default())));
        let wayne = company(&hub, "wayne").await;
        let address = listen(App::new(hub.clone(), None)).await;
        Server { address, store, clock, wayne, hub, _keep: keep }
    }

    /// Another server of the same company, on another store or under another address.
    pub async fn beside(&self, store: Arc<dyn Store>, public_url: Option<&str>) -> Server {
        let hub = Arc::new(Hub::new(store.clone(), self.clock.clone(), Arc::new(Counting::default())));
        let address = listen(App::new(hub.clone(), public_url)).await;
        Server { address, store, clock: self.clock.clone(), wayne: self.wayne.clone(), hub, _keep: None }
    }

    /// What serves the hub, to be served in some other way.
    pub fn app(&self) -> App {
        App::new(self.hub.clone(), None)
    }

    /// A token of the company `wayne` that may do these things; all, if none are named.
    pub async fn token(&self, scopes: &[&str]) -> String {
        let id = self.hub.companies().await.unwrap().into_iter().find(|one| one.name.as_str() == "wayne").unwrap().id;
        let named = scopes.iter().map(|scope| scope.parse().unwrap()).collect();
        let scopes = if scopes.is_empty() { Scopes::all() } else { named };
        self.hub.add_token(id, "test", scopes).await.unwrap().1.reveal().to_owned()
    }

    /// Sends a body in JSON with the company's login.
    pub async fn send(&self, method: &str, target: &str, body: &Value) -> Answer {
        let request = self.wayne.request(method, target).with("Content-Type", "application/json");
        self.ask(request.body(body.to_string())).await
    }

    /// Makes a contact by API 2, and says its id.
    pub async fn made(&self, body: &Value) -> String {
        self.send("POST", "/contacts", body).await.expect(201)["id"].as_str().unwrap().to_owned()
    }

    /// Waits until what was told to the company `wayne` is found.
    pub async fn indexed(&self) {
        let id = self.hub.companies().await.unwrap().into_iter().find(|one| one.name.as_str() == "wayne").unwrap().id;
        while self.hub.index(id).await.unwrap().is_behind() {}
    }

    /// A teammate of the company `wayne`.
    pub async fn teammate(&self, email: &str, name: &str) -> String {
        let id = self.hub.companies().await.unwrap().into_iter().find(|one| one.name.as_str() == "wayne").unwrap().id;
        let email = Handle::parse(Source::Email, email, Region::default()).unwrap();
        let name = Name::parse(name).unwrap();
        self.hub.add_teammate(id, email, name, Origin::Person).await.unwrap().0.id.to_string()
    }

    /// A custom field of the company `wayne`.
    pub async fn field(&self, target: &str, name: &str, kind: &str, choices: &[&str]) {
        let id = self.hub.companies().await.unwrap().into_iter().find(|one| one.name.as_str() == "wayne").unwrap().id;
        let kind = CustomType::parse(kind, choices.iter().map(ToString::to_string).collect()).unwrap();
        let name = CustomName::parse(name).unwrap();
        let target = target.parse().unwrap();
        self.hub.make_field(id, target, name, "What it is for".into(), kind, Origin::Person).await.unwrap();
    }

    /// Another company.
    pub async fn company(&self, name: &str) -> Login {
        company(&self.hub, name).await
    }

    /// A channel of a company.
    pub async fn channel(&self, company: &str, kind: &str, address: &str) -> Channel {
        let companies = self.hub.companies().await.unwrap();
        let company = companies.iter().find(|other| other.name.as_str() == company).unwrap();
        let kind: ChannelType = kind.parse().unwrap();
        let address = Channel::address(kind, address, company.region).unwrap();
        let token = (kind == ChannelType::Sms).then(|| TOKEN.to_owned());
        self.hub.add_channel(company.id, kind, address, token).await.unwrap()
    }

    /// The conversations of the company of a channel, the last first, each with its messages in order.
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

    /// How many messages each conversation has, the last first.
    pub async fn lengths(&self, channel: &Channel) -> Vec<usize> {
        self.threads(channel).await.iter().map(|(_, messages)| messages.len()).collect()
    }

    pub async fn connect(&self) -> Connection {
        Connection::to(self.address).await
    }

    /// Sends a request over a connection of its own.
    pub async fn ask(&self, request: Request) -> Answer {
        self.connect().await.ask(&request.with("Host", &self.address.to_string())).await
    }

    pub async fn tell(&self, body: &Value) -> Answer {
        self.ask(self.wayne.telling(body.to_string())).await
    }

    /// Tells what must be accepted, and says the contact's id.
    pub async fn told(&self, body: &Value) -> String {
        self.tell(body).await.expect(202)["id"].as_str().unwrap().to_owned()
    }

    /// The media type and the bytes of an answer that must be a success.
    pub async fn get_bytes(&self, target: &str) -> (String, Vec<u8>) {
        let request = self.wayne.request("GET", target).with("Host", &self.address.to_string());
        self.connect().await.ask_bytes(&request).await
    }

    pub async fn get(&self, target: &str) -> Answer {
        self.ask(self.wayne.request("GET", target)).await
    }

    /// The contact with an id or alias, which must be there.
    pub async fn contact(&self, id: &str) -> Value {
        self.get(&format!("/contacts/{id}")).await.expect(200)
    }

    /// All contacts of the first page.
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

/// A field of an e-mail address that differs from those of other numbers.
pub fn email(n: usize) -> Value {
    json!({"source": "email", "handle": format!("h{n}@wayne.inc")})
}

/// A person of whom these e-mail addresses are told.
pub fn person(emails: impl IntoIterator<Item = usize>) -> Value {
    json!({"fields": emails.into_iter().map(email).collect::<Vec<_>>()})
}
