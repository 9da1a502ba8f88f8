//! A PostgreSQL for tests and measurements, in a temporary folder and on a free port. It ends with the process that started
//! it, however that ends.

mod programs;
mod tls;
mod watch;

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};

use programs::{finish, own, run_as_owner};
use tls::Proof;
use watch::Watch;

/// The timeout of every step. It is far longer than any step takes, so that only a hang fails.
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(20);
/// The variable with the URL of an existing cluster for tests, which may have several machines.
const INSTEAD: &str = "KITH_TEST_CITUS_URL";

/// The durability of a cluster.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// Commits survive a power cut.
    Durable,
    /// Commits survive a crash of the database, not of the machine. Much faster.
    Hasty,
}

/// A PostgreSQL that runs until it is dropped or the process ends.
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    care: Care,
    settings: Vec<String>,
    port: u16,
    is_killed: AtomicBool,
    // Last, because it ends the remaining processes.
    _watch: Watch,
}

/// The result of an attempt to start.
enum Attempt {
    Runs,
    /// Another process listens on the port.
    PortTaken,
    Failed,
}

impl Cluster {
    /// Creates and starts a cluster.
    pub fn start(care: Care) -> Cluster {
        Cluster::with(care, &[])
    }

    /// Creates and starts a cluster with more settings, such as `max_wal_size=4GB`.
    pub fn with(care: Care, settings: &[&str]) -> Cluster {
        let mut cluster = Cluster::made(care, settings);
        cluster.start_somewhere();
        cluster
    }

    /// A durable cluster, for tests of faults and measurements.
    pub fn durable() -> Cluster {
        Cluster::start(Care::Durable)
    }

    /// A cluster with TLS, as `localhost`, for clients that trust [`Cluster::ca_file`]. TLS is optional.
    pub fn with_tls() -> Cluster {
        let mut cluster = Cluster::made(Care::Hasty, &["ssl=on"]);
        let proof = Proof::make();
        fs::write(cluster.ca_file(), proof.authority).expect("a written file");
        // The default paths of PostgreSQL.
        cluster.put("server.crt", &proof.certificate);
        cluster.put("server.key", &proof.key);
        cluster.start_somewhere();
        cluster
    }

    fn made(care: Care, settings: &[&str]) -> Cluster {
        let programs = programs::find();
        // The watch knows who works in the folder by the name that the kernel calls it by. It starts before the folder is made, so
        // that none is left whenever this process is killed.
        let place = std::env::temp_dir().canonicalize().expect("a folder for temporary files");
        let named = tempfile::Builder::new().prefix("kith-postgres").make_in(place, |folder| {
            if folder.exists() {
                return Err(std::io::ErrorKind::AlreadyExists.into());
            }
            let watch = Watch::start(folder);
            fs::DirBuilder::new().mode(0o700).create(folder).map(|()| watch)
        });
        let (watch, folder) = named.and_then(|named| Ok(named.keep()?)).expect("a folder");
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let cluster =
            Cluster { folder, programs, care, settings, port: 0, is_killed: AtomicBool::new(false), _watch: watch };
        own(&cluster.folder);
        let mut initdb = cluster.run("initdb");
        initdb.args(["--auth=trust", "--no-sync", "--username=kith", "--encoding=UTF8", "--locale=C.UTF-8"]);
        finish(initdb.arg("--pgdata").arg(cluster.data()));
        cluster
    }

    fn start_somewhere(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.port = free_port();
            match self.try_start() {
                Attempt::Runs => return,
                Attempt::PortTaken if Instant::now() < deadline => {}
                Attempt::PortTaken | Attempt::Failed => panic!("PostgreSQL does not start: {}", self.log()),
            }
        }
    }

    /// The URL of its database.
    pub fn url(&self) -> String {
        format!("postgres://kith@127.0.0.1:{}/postgres", self.port)
    }

    /// Writes a file to its data folder, readable by it alone.
    pub fn put(&self, name: &str, content: &str) {
        let file = self.data().join(name);
        fs::write(&file, content).expect("a written file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a file of ours");
        own(&file);
    }

    /// The folder of its data.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The certificate of the authority that signed the certificate of a cluster with TLS, as PEM.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// Creates an empty schema in it, as [`fresh`] does.
    pub async fn fresh(&self) -> String {
        fresh(&self.url()).await
    }

    /// Stops it cleanly, which closes all connections.
    pub fn stop(&self) {
        finish(self.run("pg_ctl").args(["stop", "-m", "fast", "--pgdata"]).arg(self.data()));
    }

    /// Starts it again, on the same port.
    pub fn start_again(&self) {
        let deadline = Instant::now() + PATIENCE;
        while !matches!(self.try_start(), Attempt::Runs) {
            // An outgoing connection may have taken the port for a while.
            assert!(Instant::now() < deadline, "PostgreSQL does not start again: {}", self.log());
            sleep(PAUSE);
        }
        self.is_killed.store(false, Ordering::SeqCst);
    }

    /// Stops it cleanly and starts it again, on the same port.
    pub fn restart(&self) {
        self.stop();
        self.start_again();
    }

    /// Kills it, and waits until its worker processes have ended.
    pub fn kill(&self) {
        finish(Command::new("sh").args(["-c", "kill -KILL $1", "sh", &self.pid()]));
        let deadline = Instant::now() + PATIENCE;
        // Each worker runs until it notices, and PostgreSQL does not start while one runs.
        while self.is_anybody_at_work() {
            assert!(Instant::now() < deadline, "PostgreSQL survives a kill");
            sleep(PAUSE);
        }
        // In a container there may be nobody to bury the dead, and PostgreSQL takes any number that is known for one
        // that lives.
        fs::remove_file(self.data().join("postmaster.pid")).expect("its number");
        self.is_killed.store(true, Ordering::SeqCst);
    }

    /// Whether a process of PostgreSQL runs in the folder.
    fn is_anybody_at_work(&self) -> bool {
        let processes = fs::read_dir("/proc").expect("Linux").flatten().map(|entry| entry.path());
        let mut here = processes.filter(|it| fs::read_link(it.join("cwd")).is_ok_and(|cwd| cwd == self.data()));
        here.any(|it| fs::read_to_string(it.join("comm")).is_ok_and(|name| name == "postgres\n"))
    }

    /// Closes all connections.
    pub fn cut_connections(&self) {
        let cut = format!(
            "SELECT pg_terminate_backend(pid, {}) FROM pg_stat_activity WHERE pid <> pg_backend_pid()
             AND backend_type = 'client backend'",
            PATIENCE.as_millis()
        );
        finish(Command::new(self.programs.join("psql")).args(["--no-psqlrc", "-qAtc", &cut]).arg(self.url()));
    }

    /// The processor time that it has used, in seconds.
    pub fn cpu(&self) -> f64 {
        let pid = self.pid();
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let numbers = processes.filter_map(|process| process.file_name().to_str()?.parse::<u32>().ok());
        let parent = |process: &u32| stat(*process).get(1).is_some_and(|parent| *parent == pid);
        cpu(pid.parse().unwrap_or_default()) + numbers.filter(parent).map(cpu).sum::<f64>()
    }

    fn pid(&self) -> String {
        let file = fs::read_to_string(self.data().join("postmaster.pid")).expect("a running PostgreSQL");
        file.lines().next().expect("its number").to_owned()
    }

    /// Its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn try_start(&self) -> Attempt {
        // Its socket is in the folder of its data, whose name may be too long for one.
        let mut options = format!(
            "-p {} -c listen_addresses=localhost -c unix_socket_directories=. -c max_connections=400",
            self.port
        );
        if self.care == Care::Hasty {
            options += " -c fsync=off";
        }
        for setting in &self.settings {
            options.extend([" -c ", setting]);
        }
        let logged_before = self.log().len();
        let mut start = self.run("pg_ctl");
        start.arg("start").arg("--pgdata").arg(self.data());
        start.args(["-w", "-o", &options, "-l"]).arg(self.folder.join("log"));
        let is_started = start.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("pg_ctl").success();
        // It is content with one of the addresses of localhost, and at the other one there would be somebody else.
        let is_taken = self.log()[logged_before..].contains("Address already in use");
        match (is_started, is_taken) {
            (true, false) => Attempt::Runs,
            (true, true) => {
                self.stop();
                Attempt::PortTaken
            }
            (false, true) => Attempt::PortTaken,
            (false, false) => Attempt::Failed,
        }
    }

    /// A command of PostgreSQL in the folder, so that the watch knows it.
    fn run(&self, program: &str) -> Command {
        let mut command = run_as_owner(&self.programs.join(program));
        command.current_dir(&self.folder);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if *self.is_killed.get_mut() {
            // One that was killed could not give back the memory that it shared. It does when it starts again.
            let _ = self.try_start();
        }
    }
}

/// The cluster for the tests of this process, created on first use.
pub fn shared() -> &'static str {
    static SHARED: OnceLock<(Option<Cluster>, String)> = OnceLock::new();
    let (_, url) = SHARED.get_or_init(|| {
        if let Some(url) = instead() {
            return (None, url);
        }
        let cluster = Cluster::start(Care::Hasty);
        let url = cluster.url();
        (Some(cluster), url)
    });
    url
}

/// The URL of an existing cluster for tests, if there is one.
pub fn instead() -> Option<String> {
    std::env::var(INSTEAD).ok().filter(|url| !url.is_empty())
}

/// Creates an empty schema in a database, and returns its URL: an empty store.
///
/// # Panics
///
/// If the database does not answer.
pub async fn fresh(url: &str) -> String {
    let client = connect(url).await;
    let schema = format!("kith_test_{:016x}", getrandom::u64().expect("chance"));
    client.batch_execute(&format!("CREATE SCHEMA {schema}")).await.expect("a schema");
    let join = if url.contains('?') { '&' } else { '?' };
    format!("{url}{join}options=-csearch_path%3D{schema}")
}

/// Connects to a database.
///
/// # Panics
///
/// If the database does not answer.
pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a database that answers");
    tokio::spawn(connection);
    client
}

/// The processor time of a process and its ended children, in seconds (proc(5), `/proc/pid/stat`: ticks of a hundredth).
pub fn cpu(process: u32) -> f64 {
    let ticks = |field: &String| field.parse::<f64>().unwrap_or_default();
    stat(process).iter().skip(11).take(4).map(ticks).sum::<f64>() / 100.0
}

/// The fields of `/proc/pid/stat`, from the state on.
fn stat(process: u32) -> Vec<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    after_name.split_whitespace().map(str::to_owned).collect()
}

/// A free port.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("its number").port()
}
