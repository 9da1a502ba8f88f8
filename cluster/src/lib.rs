//! A PostgreSQL of one's own, for tests and measurements: in a temporary folder, on a free port, whatever else runs on
//! the machine. It ends with the process that started it, however that ends.

use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

/// How long anything here may take. Far more than it does, so that only what hangs is given up.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);
/// The oldest PostgreSQL that Kith works on.
const VERSION_MIN: u32 = 15;
/// Where a cluster is that tests are to run on instead of one of their own. It may be spread over machines.
const INSTEAD: &str = "KITH_TEST_CITUS_URL";

/// Ends the database when its input does, which is when the process that started it is gone.
const WATCH: &str = r#"
    cat > /dev/null
    exec 2> /dev/null
    kill -QUIT $(head -n 1 "$1/data/postmaster.pid") && sleep 0.5
    rm -rf "$1"
"#;

/// How much a cluster cares for what it was told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// What is committed survives a power cut.
    Durable,
    /// What is committed survives the end of the database, not that of the machine. Much faster.
    Hasty,
}

/// A PostgreSQL that runs until it is dropped or this process ends.
pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    care: Care,
    settings: Vec<String>,
    port: u16,
    _watch: Child,
}

impl Cluster {
    /// Makes a cluster and starts it.
    pub fn start(care: Care) -> Cluster {
        Cluster::with(care, &[])
    }

    /// The same, with more settings, such as `max_wal_size=4GB`.
    pub fn with(care: Care, settings: &[&str]) -> Cluster {
        let folder = tempfile::Builder::new().prefix("kith-postgres").tempdir().expect("a folder");
        let programs = programs();
        own(folder.path());
        let data = folder.path().join("data");
        let mut initdb = run_as_owner(&programs.join("initdb"));
        initdb.args(["--auth=trust", "--no-sync", "--username=kith", "--encoding=UTF8", "--locale=C.UTF-8"]);
        finish(initdb.arg("--pgdata").arg(&data));
        let watch = Command::new("sh").args(["-c", WATCH, "sh"]).arg(folder.path()).stdin(Stdio::piped()).spawn();
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut cluster =
            Cluster { folder, programs, care, settings, port: 0, _watch: watch.expect("sh, which every machine has") };
        let deadline = Instant::now() + PATIENCE;
        loop {
            cluster.port = free_port();
            if cluster.try_start() {
                return cluster;
            }
            // Another has taken the port in between.
            assert!(Instant::now() < deadline, "PostgreSQL does not start: {}", cluster.log());
        }
    }

    /// The address of its database.
    pub fn url(&self) -> String {
        format!("postgres://kith@127.0.0.1:{}/postgres", self.port)
    }

    /// Puts a file among its data, readable by it alone.
    pub fn put(&self, name: &str, content: &str) {
        let file = self.data().join(name);
        fs::write(&file, content).expect("a written file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a file of ours");
        own(&file);
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Ends it in good order, so that all who are connected are cut off.
    pub fn stop(&self) {
        finish(self.control("stop").args(["-m", "fast"]));
    }

    /// Starts it again, on the same port.
    pub fn start_again(&self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.try_start() {
            // Those who worked for one that was killed may not have noticed yet.
            assert!(Instant::now() < deadline, "PostgreSQL does not start again: {}", self.log());
            sleep(PAUSE);
        }
    }

    /// Kills it in the middle of whatever it does.
    pub fn kill(&self) {
        let pid = self.pid();
        finish(Command::new("sh").args(["-c", "kill -KILL $1", "sh", &pid]));
        let deadline = Instant::now() + PATIENCE;
        while Path::new("/proc").join(&pid).join("cwd").exists() {
            assert!(Instant::now() < deadline, "PostgreSQL survives a kill");
            sleep(PAUSE);
        }
    }

    /// Cuts off all who are connected.
    pub fn cut_connections(&self) {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()
             AND backend_type = 'client backend'";
        finish(Command::new(self.programs.join("psql")).args(["--no-psqlrc", "-qAtc", cut]).arg(self.url()));
    }

    /// The seconds of processor time that it has had.
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

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn try_start(&self) -> bool {
        let mut options = format!(
            "-p {} -c listen_addresses=localhost -c unix_socket_directories='' -c max_connections=400",
            self.port
        );
        if self.care == Care::Hasty {
            options += " -c fsync=off";
        }
        for setting in &self.settings {
            options.extend([" -c ", setting]);
        }
        let mut start = self.control("start");
        start.args(["-w", "-o", &options, "-l"]).arg(self.folder.path().join("log"));
        start.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("pg_ctl").success()
    }

    fn control(&self, what: &str) -> Command {
        let mut control = run_as_owner(&self.programs.join("pg_ctl"));
        control.arg(what).arg("--pgdata").arg(self.data());
        control
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stopped =
            self.control("stop").args(["-m", "immediate"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        // One that was stopped before is as good.
        drop(stopped);
    }
}

/// The cluster of this process's tests: made when it is first asked for.
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

/// The cluster that tests are to run on instead of one of their own, if there is one.
pub fn instead() -> Option<String> {
    std::env::var(INSTEAD).ok().filter(|url| !url.is_empty())
}

/// Makes an empty schema in the database at an address, and returns the address of that: an empty store.
///
/// # Panics
///
/// If the database does not answer.
pub async fn fresh(url: &str) -> String {
    static EXTENSIONS: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
    let client = connect(url).await;
    // In a schema that outlives the one of a test.
    let create =
        "CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public; CREATE EXTENSION IF NOT EXISTS btree_gin SCHEMA public";
    EXTENSIONS
        .get_or_init(async || client.batch_execute(create).await.expect("PostgreSQL's own collection of extensions"))
        .await;
    let schema = format!("kith_test_{:016x}", getrandom::u64().expect("chance"));
    client.batch_execute(&format!("CREATE SCHEMA {schema}")).await.expect("a schema");
    let join = if url.contains('?') { '&' } else { '?' };
    format!("{url}{join}options=-csearch_path%3D{schema},public")
}

/// Connects to the database at an address.
///
/// # Panics
///
/// If it does not answer.
pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a database that answers");
    tokio::spawn(connection);
    client
}

/// The seconds of processor time that a process has had, with those of its children that have ended (proc(5),
/// `/proc/pid/stat`: ticks of a hundredth).
pub fn cpu(process: u32) -> f64 {
    let ticks = |field: &String| field.parse::<f64>().unwrap_or_default();
    stat(process).iter().skip(11).take(4).map(ticks).sum::<f64>() / 100.0
}

/// What the system says of a process, from its state on.
fn stat(process: u32) -> Vec<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    after_name.split_whitespace().map(str::to_owned).collect()
}

/// Where PostgreSQL's programs are: the newest of those that Debian has installed, or those on the path.
fn programs() -> PathBuf {
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let mut versions: Vec<(u32, PathBuf)> =
        installed.filter_map(|entry| Some((version(&entry.path())?, entry.path().join("bin")))).collect();
    versions.retain(|(version, programs)| *version >= VERSION_MIN && programs.join("initdb").exists());
    if let Some((_, programs)) = versions.into_iter().max() {
        return programs;
    }
    let asked = Command::new("pg_config").arg("--bindir").output();
    let programs = asked.ok().map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let programs = programs.filter(|programs| programs.join("initdb").exists());
    programs.expect("PostgreSQL 15 or later, such as Debian's package postgresql, which `make test` installs")
}

fn is_root() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| status.contains("\nUid:\t0\t"))
}

/// PostgreSQL refuses to run as root, so for root it runs as the user that its package has made.
fn run_as_owner(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
    command
}

fn own(path: &Path) {
    if is_root() {
        finish(Command::new("chown").arg("postgres:postgres").arg(path));
    }
}

/// A port that was free just now.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("its number").port()
}

fn finish(command: &mut Command) {
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) if error.kind() == ErrorKind::NotFound => panic!("{command:?} is not there"),
        Err(error) => panic!("{command:?}: {error}"),
    }
}
