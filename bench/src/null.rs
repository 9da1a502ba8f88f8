//! The same router, sign-in and reading of JSON as Kith, on a store that keeps nothing.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use contact::{Command, CompanyId, CompanyName, Contact, ContactId, HandleKey, Outcome, Region, Time};
use hub::{Clock, Hub, Random};
use server::App;
use store::{Added, Company, Cursor, Error, Outcomes, Records, SecretHash, Store};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};

/// Knows one company, and answers every write at once.
#[derive(Default)]
struct Null {
    company: Mutex<Option<Company>>,
}

#[async_trait]
impl Store for Null {
    async fn add_company(&self, company: Company) -> Result<Added, Error> {
        *self.company.lock().await = Some(company);
        Ok(Added::Done)
    }

    async fn company(&self, _name: &CompanyName) -> Result<Option<Company>, Error> {
        Ok(self.company.lock().await.clone())
    }

    async fn companies(&self) -> Result<Vec<Company>, Error> {
        Ok(Vec::new())
    }

    async fn set_secret(&self, _company: CompanyId, _secret: SecretHash) -> Result<bool, Error> {
        Ok(false)
    }

    async fn write(&self, company: CompanyId, _at: Time, commands: Vec<Command>) -> Result<Outcomes, Error> {
        let outcome = Outcome { contact: Some(ContactId::nth(company, 1)), ..Outcome::default() };
        Ok(commands.iter().map(|_| Ok(outcome.clone())).collect())
    }

    async fn contact(&self, _company: CompanyId, _id: ContactId) -> Result<Option<Contact>, Error> {
        Ok(None)
    }

    async fn owner(&self, _company: CompanyId, _handle: HandleKey) -> Result<Option<Contact>, Error> {
        Ok(None)
    }

    async fn contacts(
        &self,
        _company: CompanyId,
        _after: Option<Cursor>,
        _limit: usize,
    ) -> Result<Vec<Contact>, Error> {
        Ok(Vec::new())
    }

    async fn scan(&self, _company: CompanyId) -> Result<Records, Error> {
        Ok(mpsc::channel(1).1)
    }

    async fn backup(&self, _file: &Path) -> Result<(), Error> {
        Ok(())
    }

    async fn ready(&self) -> Result<(), Error> {
        Ok(())
    }
}

struct Still;

impl Clock for Still {
    fn now(&self) -> Time {
        Time::from_millis(0)
    }
}

impl Random for Still {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// Serves until it is killed. Prints its password in the words of `kith company add --json`.
pub async fn serve(listen: &str) {
    let hub = Hub::new(Arc::new(Null::default()), Arc::new(Still), Arc::new(Still));
    let name: CompanyName = "main".parse().expect("a name");
    let (_, password) = hub.add_company(name, Region::default()).await.expect("it takes everything");
    let listener = TcpListener::bind(listen).await.expect("a free port");
    println!("{}", serde_json::json!({"company": "main", "password": password.reveal()}));
    server::serve(listener, App::new(Arc::new(hub), None).router(), std::future::pending()).await;
}
