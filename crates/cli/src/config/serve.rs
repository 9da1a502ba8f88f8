//! The options of `kith serve`. The comments are the help.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;
use ipnet::IpNet;

use super::values::{domain, interval, network, public_url};

#[derive(Args)]
pub struct ServeOptions {
    /// Address and port to listen on.
    #[arg(long, env = "KITH_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDR")]
    pub listen: SocketAddr,

    /// Address and port to receive e-mail on, by SMTP. Without it, no e-mail is received.
    #[arg(long, env = "KITH_SMTP", value_name = "ADDR")]
    pub smtp: Option<SocketAddr>,

    /// Public URL of this server, for links in responses. Without it, the host of the request.
    #[arg(long, env = "KITH_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub public_url: Option<String>,

    /// Address or network of a proxy whose X-Forwarded-For, -Proto and -Host headers count, such as 10.0.0.0/8; repeat it for
    /// several.
    #[arg(long = "trusted-proxy", env = "KITH_TRUSTED_PROXY", value_name = "CIDR", value_delimiter = ',',
        value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,

    /// Address and port for metrics in Prometheus's form, at /metrics. Without it, there are none.
    ///
    /// It needs no login, so keep it to the machine or to a private network.
    #[arg(long, env = "KITH_METRICS", value_name = "ADDR")]
    pub metrics: Option<SocketAddr>,

    /// Name companies in the metrics of journals.
    #[arg(long, env = "KITH_METRICS_COMPANIES", value_parser = BoolishValueParser::new())]
    pub metrics_companies: bool,

    /// Create a demo company `wayne` with a dozen contacts and their messages.
    #[arg(long, env = "KITH_DEMO", value_parser = BoolishValueParser::new())]
    pub demo: bool,

    #[command(flatten)]
    pub tls: TlsOptions,

    #[command(flatten)]
    pub backups: BackupOptions,
}

/// Where the server's certificate comes from. Without it, HTTP is not encrypted.
#[derive(Args)]
pub struct TlsOptions {
    /// File with the server's certificate and its chain, in PEM. A changed file is loaded within seconds, or on SIGHUP.
    #[arg(id = "tls_cert", long = "tls-cert", env = "KITH_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub certificate: Option<PathBuf>,

    /// File with the private key of the certificate, in PEM.
    #[arg(id = "tls_key", long = "tls-key", env = "KITH_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub key: Option<PathBuf>,

    /// Domain of the server, to get a certificate for it from Let's Encrypt; repeat it for several. The server must be reachable
    /// there on port 443.
    #[arg(id = "acme_domain", long = "acme-domain", env = "KITH_ACME_DOMAIN", value_name = "DOMAIN",
        value_delimiter = ',', value_parser = domain, conflicts_with = "tls_cert")]
    pub domains: Vec<String>,

    /// E-mail address to which the certificate authority writes about problems; repeat it for several.
    #[arg(
        id = "acme_contact",
        long = "acme-contact",
        env = "KITH_ACME_CONTACT",
        value_name = "MAIL",
        value_delimiter = ',',
        requires = "acme_domain"
    )]
    pub contacts: Vec<String>,

    /// Directory of another certificate authority (ACME, RFC 8555).
    #[arg(id = "acme_directory", long = "acme-directory", env = "KITH_ACME_DIRECTORY", value_name = "URL",
        default_value = server::LETS_ENCRYPT)]
    pub directory: String,

    /// Folder that keeps the certificate and the account. Without it, a folder beside the store.
    #[arg(id = "acme_dir", long = "acme-dir", env = "KITH_ACME_DIR", value_name = "FOLDER", requires = "acme_domain")]
    pub folder: Option<PathBuf>,
}

impl TlsOptions {
    /// Whether HTTP is not encrypted.
    pub fn is_off(&self) -> bool {
        self.certificate.is_none() && self.domains.is_empty()
    }
}

/// Backups that the server makes on its own.
#[derive(Args)]
pub struct BackupOptions {
    /// Folder for regular backups of the store's file. Without it, none are made.
    #[arg(id = "backup_dir", long = "backup-dir", env = "KITH_BACKUP_DIR", value_name = "FOLDER")]
    pub folder: Option<PathBuf>,

    /// Time from one backup to the next, such as 12h or 30m.
    #[arg(id = "backup_every", long = "backup-every", env = "KITH_BACKUP_EVERY", default_value = "24h",
        value_name = "TIME", value_parser = interval)]
    pub every: Duration,

    /// Most backups to keep. The oldest are deleted.
    #[arg(id = "backup_keep", long = "backup-keep", env = "KITH_BACKUP_KEEP", default_value = "7",
        value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    pub keep: u16,
}
