//! The same router, sign-in and JSON parser as Kith, on a store that keeps nothing.

use std::sync::Arc;

use contact::{CompanyName, Region, Time};
use hub::{Clock, Hub, Random};
use server::App;
use store::InMemory;
use stub::Stub;
use tokio::net::TcpListener;

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

/// Serves until it is killed. Prints the password as `kith company add --json` does.
pub async fn serve(listen: &str) {
    let hub = Hub::new(Arc::new(Stub::accepting()), Arc::new(InMemory), Arc::new(Still), Arc::new(Still));
    let name: CompanyName = "main".parse().expect("a name");
    let (_, password) = hub.add_company(name, Region::default()).await.expect("a company");
    let listener = TcpListener::bind(listen).await.expect("a free port");
    println!("{}", serde_json::json!({"company": "main", "password": password.reveal()}));
    server::serve(listener, App::new(Arc::new(hub), None).router(), std::future::pending()).await;
}
