//! `kith serve`: running the server, from an empty store on.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use contact::Region;
use hub::{Company, Hub, Password};
use server::{App, Metrics};
use store::Access;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::config::{ServeOptions, StoreOptions};
use crate::say::{Unwritten, say};
use crate::{backups, demo, system};

const FIRST_COMPANY: &str = "main";

pub async fn serve(store: &StoreOptions, options: ServeOptions) -> Result<ExitCode, Box<dyn Error>> {
    raise_connection_limit();
    let backups = backups::Backups::new(&store.address, options.backups)?;
    let hub = Arc::new(system::open(store, Access::Serve).await?);
    let listener = TcpListener::bind(options.listen).await;
    let listener = listener.map_err(|error| format!("Cannot listen on {}: {error}.", options.listen))?;
    let address = listener.local_addr()?;
    let mail = match options.smtp {
        Some(smtp) => {
            let mail = TcpListener::bind(smtp).await;
            Some(mail.map_err(|error| format!("Cannot listen on {smtp}: {error}."))?)
        }
        None => None,
    };
    let metrics = match options.metrics {
        Some(metrics) => {
            let listener = TcpListener::bind(metrics).await;
            Some(listener.map_err(|error| format!("Cannot listen on {metrics}: {error}."))?)
        }
        None => None,
    };
    let url = options.public_url.clone().unwrap_or_else(|| format!("http://{}", reachable(address)));
    // Signals count from the first output on.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let created = first_company(&hub, options.demo).await?;
    if let Err(unwritten) = welcome(store, &url, options.demo, created) {
        let lost = "the welcome message is lost; generate a new password with: kith company rotate NAME";
        tracing::warn!(error = %unwritten, "{lost}");
    }
    let mut app = App::new(Arc::clone(&hub), options.public_url.as_deref());
    if let Some(listener) = metrics {
        if let Ok(address) = listener.local_addr() {
            tracing::info!(metrics = %address, "measuring");
        }
        let metrics = Arc::new(Metrics::new(Arc::clone(&hub), options.metrics_companies));
        app = app.measured(Arc::clone(&metrics));
        // It ends with the process, so that the last requests are measured too.
        tokio::spawn(server::serve(listener, metrics.router(), std::future::pending()));
    }
    let (stopping, stopped) = watch::channel(false);
    let closing = app.clone();
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: no new requests are accepted, running ones are finished");
        closing.close();
        stopping.send_replace(true);
    };
    tracing::info!(listen = %address, store = %store.address, "serving");
    let mail = async {
        let Some(mail) = mail else { return };
        if let Ok(address) = mail.local_addr() {
            tracing::info!(smtp = %address, "receiving mail");
        }
        let mut stopped = stopped;
        let stop = async {
            // If the sender is gone, the server has stopped.
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        server::serve_mail(mail, Arc::clone(&hub), &mail_name(options.public_url.as_deref()), stop).await;
    };
    if let Some(backups) = backups {
        // It ends with the process. What it has not finished is no backup.
        tokio::spawn(backups.run(Arc::clone(&hub)));
    }
    tokio::join!(server::serve(listener, app.router(), stop), mail);
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

type CreatedItem = (Company, Password);

/// Creates the first company of a new store, unless the store has one.
async fn first_company(hub: &Hub, is_demo: bool) -> Result<Option<CreatedItem>, Box<dyn Error>> {
    if is_demo {
        return demo::fill(hub).await;
    }
    if !hub.companies().await?.is_empty() {
        return Ok(None);
    }
    Ok(Some(hub.add_company(FIRST_COMPANY.parse()?, Region::default()).await?))
}

/// Prints the login and commands to try.
fn welcome(store: &StoreOptions, url: &str, is_demo: bool, created: Option<CreatedItem>) -> Result<(), Unwritten> {
    say(format_args!("Kith listens on {url} and stores its contacts in {}.\n", store.address))?;
    match created {
        Some((company, password)) => {
            let (name, password) = (company.name, password.reveal());
            say("This login is new. Its password is shown only this once:\n")?;
            say(format_args!("    company   {name}\n    password  {password}\n"))?;
            say(format_args!("Report a contact:\n\n    {}\n", report_command(name.as_str(), password, url)))?;
            say(format_args!("List the contacts:\n\n    curl --user {name}:{password} {url}/contacts\n"))?;
            say(format_args!("Or sign in to the app with that login:\n\n    {url}/app\n"))
        }
        None if is_demo => say(format_args!("Replace a lost password with: kith company rotate {}\n", demo::COMPANY)),
        None => say("Add another company with: kith company add NAME\n"),
    }
}

fn report_command(company: &str, password: &str, url: &str) -> String {
    let fields = r#"[{"source": "email", "handle": "bruce@wayne.inc"}, {"source": "twitter", "handle": "@Batman"}]"#;
    let body = format!(r#"{{"name": "Bruce Wayne", "fields": {fields}, "link": [{{"url": "https://wayne.inc"}}]}}"#);
    let header = "Content-Type: application/json";
    format!("curl --user {company}:{password} -H \"{header}\" --data '{body}' {url}/api/1/contacts")
}

/// The name of the server in SMTP: the host of its URL.
fn mail_name(public_url: Option<&str>) -> String {
    let host = public_url.and_then(|url| url.split_once("://")?.1.split(['/', ':']).next());
    host.filter(|host| !host.is_empty() && !host.starts_with('[')).unwrap_or("localhost").to_owned()
}

/// An address that a client can use. An unspecified address becomes the loopback address.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Raises the limit of open files. Each connection is one, and the usual soft limit is 1,024.
fn raise_connection_limit() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(error = %error, "the limit of open files could not be raised");
    }
}
