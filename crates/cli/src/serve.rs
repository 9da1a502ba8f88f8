//! `kith serve`: from an empty store to a server that can be talked to.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use contact::Region;
use hub::{Company, Hub, Password};
use server::App;
use store::Access;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::config::{ServeOptions, StoreOptions};
use crate::say::{Unheard, say};
use crate::{demo, system};

const FIRST_COMPANY: &str = "main";

pub async fn serve(store: &StoreOptions, options: ServeOptions) -> Result<ExitCode, Box<dyn Error>> {
    raise_connection_limit();
    let hub = Arc::new(system::open(store, Access::Serve).await?);
    let listener = TcpListener::bind(options.listen).await;
    let listener = listener.map_err(|error| format!("{} cannot be listened on: {error}.", options.listen))?;
    let address = listener.local_addr()?;
    let mail = match options.smtp {
        Some(smtp) => {
            let mail = TcpListener::bind(smtp).await;
            Some(mail.map_err(|error| format!("{smtp} cannot be listened on: {error}."))?)
        }
        None => None,
    };
    let url = options.public_url.clone().unwrap_or_else(|| format!("http://{}", reachable(address)));
    // From the first word on it can be asked to stop.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let made = first_company(&hub, options.demo).await?;
    if let Err(unheard) = welcome(store, &url, options.demo, made) {
        let lost = "the welcome is lost; a password that was in it is replaced with: kith company rotate NAME";
        tracing::warn!(error = %unheard, "{lost}");
    }
    let app = App::new(Arc::clone(&hub), options.public_url.as_deref());
    let (stopping, stopped) = watch::channel(false);
    let closing = app.clone();
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: taking no more requests, ending those that were taken");
        closing.close();
        stopping.send_replace(true);
    };
    tracing::info!(listen = %address, store = %store.address, "serving");
    let mail = async {
        let Some(mail) = mail else { return };
        if let Ok(address) = mail.local_addr() {
            tracing::info!(smtp = %address, "taking in mail");
        }
        let mut stopped = stopped;
        let stop = async {
            // Whoever would say that it stops is gone with the server.
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        server::serve_mail(mail, Arc::clone(&hub), &mail_name(options.public_url.as_deref()), stop).await;
    };
    tokio::join!(server::serve(listener, app.router(), stop), mail);
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

type CreatedItem = (Company, Password);

/// Makes the company that a new store begins with, unless it is there already.
async fn first_company(hub: &Hub, is_demo: bool) -> Result<Option<CreatedItem>, Box<dyn Error>> {
    if is_demo {
        return demo::fill(hub).await;
    }
    if !hub.companies().await?.is_empty() {
        return Ok(None);
    }
    Ok(Some(hub.add_company(FIRST_COMPANY.parse()?, Region::default()).await?))
}

/// Says what to paste.
fn welcome(store: &StoreOptions, url: &str, is_demo: bool, made: Option<CreatedItem>) -> Result<(), Unheard> {
    say(format_args!("Kith listens on {url} and keeps its contacts in {}.\n", store.address))?;
    match made {
        Some((company, password)) => {
            let (name, password) = (company.name, password.reveal());
            say("This login is new, and its password is shown only now:\n")?;
            say(format_args!("    company   {name}\n    password  {password}\n"))?;
            say(format_args!("Report a contact:\n\n    {}\n", tell_line(name.as_str(), password, url)))?;
            say(format_args!("See who is who:\n\n    curl --user {name}:{password} {url}/contacts\n"))?;
            say(format_args!("Or sign in to the app with that login:\n\n    {url}/app\n"))
        }
        None if is_demo => {
            say(format_args!("A lost password is replaced with: kith company rotate {}\n", demo::COMPANY))
        }
        None => say("Another company is added with: kith company add NAME\n"),
    }
}

fn tell_line(company: &str, password: &str, url: &str) -> String {
    let fields = r#"[{"source": "email", "handle": "bruce@wayne.inc"}, {"source": "twitter", "handle": "@Batman"}]"#;
    let body = format!(r#"{{"name": "Bruce Wayne", "fields": {fields}, "link": [{{"url": "https://wayne.inc"}}]}}"#);
    let header = "Content-Type: application/json";
    format!("curl --user {company}:{password} -H \"{header}\" --data '{body}' {url}/api/1/contacts")
}

/// What the server calls itself to other mail servers: the host of its address.
fn mail_name(public_url: Option<&str>) -> String {
    let host = public_url.and_then(|url| url.split_once("://")?.1.split(['/', ':']).next());
    host.filter(|host| !host.is_empty() && !host.starts_with('[')).unwrap_or("localhost").to_owned()
}

/// An address that can be pasted: one that means "all addresses" cannot be called.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// A connection is a file, and the usual soft limit of 1,024 files would be reached first.
fn raise_connection_limit() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(error = %error, "the number of connections could not be raised");
    }
}
