//! `kith serve`: running the server, from an empty store on.

use std::error::Error;
use std::io::{IsTerminal, stdout};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use contact::Region;
use hub::{Company, Hub, Password};
use server::{App, Listener, Metrics};
use store::Access;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::address::StoreAddress;
use crate::config::{ServeOptions, StoreOptions, TlsOptions};
use crate::login_file::LoginFile;
use crate::say::{Unwritten, say};
use crate::{backups, certificate, demo, system, systemd};

const FIRST_COMPANY: &str = "main";

pub async fn serve(store: &StoreOptions, options: ServeOptions) -> Result<ExitCode, Box<dyn Error>> {
    raise_connection_limit();
    let backups = backups::Backups::new(&store.address, options.backups)?;
    let hub = Arc::new(system::open(store, Access::Serve).await?);
    let mut ports = systemd::Ports::take();
    let listener = ports.listen(0, options.listen)?;
    let address = listener.local_addr()?;
    let mail = match options.smtp {
        Some(smtp) => Some(ports.listen(1, smtp)?),
        None => None,
    };
    let metrics = match options.metrics {
        Some(metrics) => {
            let listener = TcpListener::bind(metrics).await;
            Some(listener.map_err(|error| format!("Cannot listen on {metrics}: {error}."))?)
        }
        None => None,
    };
    let url = options.public_url.clone().unwrap_or_else(|| own_url(&options.tls, address));
    if options.tls.is_off() && options.trusted_proxies.is_empty() && !address.ip().is_loopback() {
        tracing::warn!(
            "passwords and contacts cross the network unencrypted; use --tls-cert and --tls-key, or --acme-domain, or name a proxy \
             that terminates TLS with --trusted-proxy"
        );
    }
    let tls = certificate::tls(options.tls, &store.address)?;
    // Signals count from the first output on.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let created = first_company(&hub, &store.address, &url, options.demo).await?;
    if let Err(unwritten) = welcome(store, &url, options.demo, created.as_ref()) {
        let lost = match created.map(|created| created.login) {
            Some(Login::File(file)) => format!("the login of the new company is in {}", file.display()),
            _ => "generate a new password with: kith company rotate NAME".to_owned(),
        };
        tracing::warn!(error = %unwritten, "the welcome message is lost; {lost}");
    }
    let mut app = App::new(Arc::clone(&hub), options.public_url.as_deref()).behind(options.trusted_proxies);
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
        systemd::stopping();
        closing.close();
        stopping.send_replace(true);
    };
    tracing::info!(listen = %address, store = %store.address, "serving");
    systemd::ready();
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
        let mail = Listener::from(mail).with_tls(tls.clone());
        server::serve_mail(mail, Arc::clone(&hub), &mail_name(options.public_url.as_deref()), stop).await;
    };
    if let Some(backups) = backups {
        // It ends with the process. What it has not finished is no backup.
        tokio::spawn(backups.run(Arc::clone(&hub)));
    }
    let listener = Listener::from(listener).with_tls(tls.clone());
    tokio::join!(server::serve(listener, app.router(), stop), mail);
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// The first company of a store, and where its password is.
struct Created {
    company: Company,
    login: Login,
}

enum Login {
    /// Shown on the terminal.
    Shown(Password),
    /// In a file, because the output goes elsewhere.
    File(PathBuf),
}

/// Creates the first company of a new store, unless the store has one.
async fn first_company(
    hub: &Hub,
    store: &StoreAddress,
    url: &str,
    is_demo: bool,
) -> Result<Option<Created>, Box<dyn Error>> {
    let companies = hub.companies().await?;
    // The demo is added to any store that does not have it.
    if companies.iter().any(|company| !is_demo || company.name.as_str() == demo::COMPANY) {
        return Ok(None);
    }
    let file = if stdout().is_terminal() { None } else { Some(LoginFile::create(store)?) };
    let created = if is_demo {
        demo::fill(hub).await?
    } else {
        Some(hub.add_company(FIRST_COMPANY.parse()?, Region::default()).await?)
    };
    let Some((company, password)) = created else { return Ok(None) };
    let login = match file {
        Some(file) => Login::File(file.write(url, &company.name, &password)?),
        None => Login::Shown(password),
    };
    Ok(Some(Created { company, login }))
}

/// Prints the login, or where it is, and commands to try.
fn welcome(store: &StoreOptions, url: &str, is_demo: bool, created: Option<&Created>) -> Result<(), Unwritten> {
    say(format_args!("Kith listens on {url} and stores its contacts in {}.\n", store.address))?;
    let Some(Created { company, login }) = created else {
        return if is_demo {
            say(format_args!("Replace a lost password with: kith company rotate {}\n", demo::COMPANY))
        } else {
            say("Add another company with: kith company add NAME\n")
        };
    };
    let name = &company.name;
    let option = match login {
        Login::Shown(password) => {
            let password = password.reveal();
            say("This login is new. Its password is shown only this once:\n")?;
            say(format_args!("    company   {name}\n    password  {password}\n"))?;
            format!("--user {name}:{password}")
        }
        Login::File(file) => {
            say(format_args!(
                "The company {name} is new. Its login is in a file that only you can read: {}\n",
                file.display()
            ))?;
            format!("--netrc-file {}", quoted(&file.display().to_string()))
        }
    };
    say(format_args!("Report a contact:\n\n    {}\n", report_command(&option, url)))?;
    say(format_args!("List the contacts:\n\n    curl {option} {url}/contacts\n"))?;
    say(format_args!("Or sign in to the app with that login:\n\n    {url}/app\n"))
}

/// A word of a shell's command line.
fn quoted(text: &str) -> String {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte));
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

fn report_command(option: &str, url: &str) -> String {
    let fields = r#"[{"source": "email", "handle": "bruce@wayne.inc"}, {"source": "twitter", "handle": "@Batman"}]"#;
    let body = format!(r#"{{"name": "Bruce Wayne", "fields": {fields}, "link": [{{"url": "https://wayne.inc"}}]}}"#);
    let header = "Content-Type: application/json";
    format!("curl {option} -H \"{header}\" --data '{body}' {url}/api/1/contacts")
}

/// The URL of the server, if no other is given: its domain, or its address.
fn own_url(tls: &TlsOptions, address: SocketAddr) -> String {
    let scheme = if tls.is_off() { "http" } else { "https" };
    match (tls.domains.first(), address.port()) {
        (Some(domain), 443) => format!("https://{domain}"),
        (Some(domain), port) => format!("https://{domain}:{port}"),
        (None, _) => format!("{scheme}://{}", reachable(address)),
    }
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
