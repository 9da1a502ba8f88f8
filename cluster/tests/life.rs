//! How a cluster lives, is hurt, and ends.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;
use std::{env, fs};

use cluster::{Care, Cluster};
use tokio_postgres::Client;

/// The URL of a cluster of this process's own, whatever `cluster::shared` is told to use. In a static, so never dropped.
fn own() -> &'static str {
    static OWN: OnceLock<(Cluster, String)> = OnceLock::new();
    let (_, url) = OWN.get_or_init(|| {
        let cluster = Cluster::start(Care::Hasty);
        let url = cluster.url();
        (cluster, url)
    });
    url
}

/// Makes a cluster, which blocks, from where that is not allowed to.
async fn made(make: impl FnOnce() -> Cluster + Send + 'static) -> Cluster {
    tokio::task::spawn_blocking(make).await.unwrap()
}

/// Does to a cluster what blocks.
async fn with(cluster: Cluster, act: impl FnOnce(&Cluster) + Send + 'static) -> Cluster {
    made(move || {
        act(&cluster);
        cluster
    })
    .await
}

async fn one(client: &Client, statement: &str) -> String {
    client.query_one(statement, &[]).await.unwrap().get(0)
}

/// Everything that works in a folder, as the kernel sees it.
fn at_work_in(folder: &Path) -> usize {
    let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path().join("cwd"));
    processes.filter(|cwd| fs::read_link(cwd).is_ok_and(|cwd| cwd.starts_with(folder))).count()
}

#[tokio::test]
async fn two_that_are_fresh_are_islands() {
    let (left, right) = (cluster::fresh(own()).await, cluster::fresh(own()).await);
    assert_ne!(left, right);
    for url in [&left, &right] {
        let client = cluster::connect(url).await;
        client.batch_execute("CREATE TABLE island (name text)").await.unwrap();
        client.execute("INSERT INTO island VALUES (current_schema)", &[]).await.unwrap();
        assert_eq!(client.query("SELECT name FROM island", &[]).await.unwrap().len(), 1);
        assert!(one(&client, "SELECT current_schema::text").await.starts_with("kith_test_"));
    }
}

#[test]
fn many_at_once_get_one_each() {
    let fresh = || tokio::runtime::Runtime::new().unwrap().block_on(cluster::fresh(own()));
    let urls: BTreeSet<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(fresh)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(urls.len(), 16);
}

#[test]
fn the_shared_one_is_always_the_same() {
    let urls: BTreeSet<&str> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(cluster::shared)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(urls.len(), 1);
}

#[tokio::test]
async fn it_is_set_up_as_it_says() {
    let cases = [(Care::Hasty, "off"), (Care::Durable, "on")];
    for (care, fsync) in cases {
        let cluster = made(move || Cluster::with(care, &["max_wal_size=4GB"])).await;
        let client = cluster::connect(&cluster.url()).await;
        let settings = [
            ("fsync", fsync),
            ("synchronous_commit", "on"),
            ("max_connections", "400"),
            ("max_wal_size", "4GB"),
            ("server_encoding", "UTF8"),
            ("ssl", "off"),
        ];
        for (name, value) in settings {
            assert_eq!(one(&client, &format!("SHOW {name}")).await, value, "{name}");
        }
        // Nobody else's folder of sockets is touched.
        assert!(
            fs::read_dir(cluster.data())
                .unwrap()
                .flatten()
                .any(|it| { it.file_name().to_string_lossy().starts_with(".s.PGSQL.") })
        );
    }
}

#[tokio::test]
async fn what_is_committed_survives_a_restart_and_a_kill() {
    let cluster = made(Cluster::durable).await;
    let url = cluster.fresh().await;
    let before = cluster.url();
    let client = cluster::connect(&url).await;
    client.batch_execute("CREATE TABLE told (what text)").await.unwrap();
    client.batch_execute("INSERT INTO told VALUES ('before the restart')").await.unwrap();

    let cluster = with(cluster, Cluster::restart).await;
    assert!(client.batch_execute("SELECT").await.is_err(), "a connection survived a restart");
    let client = cluster::connect(&url).await;
    client.batch_execute("INSERT INTO told VALUES ('before the kill')").await.unwrap();

    let cluster = with(cluster, |cluster| {
        cluster.kill();
        assert_eq!(at_work_in(&cluster.data()), 0);
        cluster.start_again();
    })
    .await;
    assert!(client.batch_execute("SELECT").await.is_err(), "a connection survived a kill");
    let client = cluster::connect(&url).await;
    assert_eq!(one(&client, "SELECT string_agg(what, ', ') FROM told").await, "before the restart, before the kill");

    let cluster = with(cluster, |cluster| {
        cluster.stop();
        assert_eq!(at_work_in(&cluster.data()), 0);
        cluster.start_again();
    })
    .await;
    assert_eq!(cluster.url(), before);
}

#[tokio::test]
async fn a_kill_waits_for_those_who_have_not_noticed() {
    let cluster = made(|| Cluster::start(Care::Hasty)).await;
    let client = cluster::connect(&cluster.url()).await;
    // This never looks whether anybody is still there.
    let statement = "DO $$ DECLARE until timestamptz := clock_timestamp() + interval '1 s';
         BEGIN WHILE clock_timestamp() < until LOOP END LOOP; END $$";
    let busy = tokio::spawn(async move { client.batch_execute(statement).await });
    let other = cluster::connect(&cluster.url()).await;
    let busy_ones = "SELECT count(*)::text FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %'";
    wait::until_async("the statement runs", async || (one(&other, busy_ones).await == "1").then_some(())).await;
    with(cluster, |cluster| {
        cluster.kill();
        assert_eq!(at_work_in(&cluster.data()), 0);
        cluster.start_again();
    })
    .await;
    let _ = busy.await.unwrap();
}

#[test]
fn it_waits_for_its_port() {
    let cluster = Cluster::start(Care::Hasty);
    cluster.stop();
    let port: u16 = cluster.url().trim_end_matches("/postgres").rsplit(':').next().unwrap().parse().unwrap();
    // Only one of the addresses of localhost is taken: PostgreSQL itself would be content with the other one.
    let another = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    std::thread::scope(|scope| {
        let starting = scope.spawn(|| cluster.start_again());
        let is_refused = || cluster.log().contains("Address already in use").then_some(());
        wait::until("the log names the port that is in use", is_refused);
        drop(another);
        starting.join().unwrap();
    });
    tokio::runtime::Runtime::new().unwrap().block_on(cluster.fresh());
}

#[tokio::test]
async fn connections_are_cut() {
    let cluster = made(|| Cluster::start(Care::Hasty)).await;
    let client = cluster::connect(&cluster.url()).await;
    let busy = tokio::spawn(async move { client.batch_execute("SELECT pg_sleep(600)").await });
    let idle = cluster::connect(&cluster.url()).await;
    idle.batch_execute("SELECT").await.unwrap();
    let cluster = with(cluster, Cluster::cut_connections).await;
    assert!(busy.await.unwrap().is_err());
    assert!(idle.batch_execute("SELECT").await.is_err());
    // The next one is welcome.
    cluster::connect(&cluster.url()).await.batch_execute("SELECT").await.unwrap();
}

#[test]
fn with_tls_it_proves_who_it_is() {
    let cluster = Cluster::with_tls();
    let ask = |url: String, options: &str| {
        let psql = newest_psql();
        let asked = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        let url = format!("{url}?{options}&sslrootcert={}", cluster.ca_file().display());
        // Whom somebody at home trusts is no matter.
        let mut command = Command::new(psql);
        let output = command.args(["--no-psqlrc", "-qAtc", asked, &url]).env("HOME", cluster.data()).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
    };
    let by_name = cluster.url().replace("127.0.0.1", "localhost");
    assert_eq!(ask(by_name.clone(), "sslmode=verify-full").as_deref(), Some("t"));
    assert_eq!(ask(by_name, "sslmode=disable").as_deref(), Some("f"));
    // It has a certificate for its name alone.
    assert_eq!(ask(cluster.url(), "sslmode=verify-full"), None);
    // Another's word for it is none.
    let other = Cluster::with_tls();
    let by_name = other.url().replace("127.0.0.1", "localhost");
    assert_eq!(ask(by_name, "sslmode=verify-full"), None);
}

/// The psql of the newest PostgreSQL, or the one on the path.
fn newest_psql() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let programs = versions.map(|entry| entry.path().join("bin/psql")).filter(|psql| psql.exists());
    programs.max().unwrap_or_else(|| "psql".into())
}

#[test]
fn it_ends_when_it_is_dropped() {
    let cluster = Cluster::start(Care::Hasty);
    let folder = cluster.data().parent().unwrap().to_owned();
    assert!(at_work_in(&folder) > 0);
    drop(cluster);
    assert!(!folder.exists());
    assert_eq!(at_work_in(&folder), 0);
}

#[test]
fn it_ends_when_it_is_dropped_after_a_kill() {
    let cluster = Cluster::start(Care::Hasty);
    let folder = cluster.data().parent().unwrap().to_owned();
    // The last number of the seventh line is that of the memory it shares.
    let pid_file = fs::read_to_string(cluster.data().join("postmaster.pid")).unwrap();
    let shared = pid_file.lines().nth(6).unwrap().split_whitespace().last().unwrap().to_owned();
    let is_shared = || {
        let segments = fs::read_to_string("/proc/sysvipc/shm").unwrap();
        segments.lines().any(|segment| segment.split_whitespace().nth(1) == Some(&shared))
    };
    assert!(is_shared());
    cluster.kill();
    assert!(is_shared(), "nobody gave it back");
    drop(cluster);
    assert!(!folder.exists());
    assert!(!is_shared(), "what was killed stays in memory");
}

/// What is set for a process that is to be killed.
const VICTIM: &str = "KITH_CLUSTER_VICTIM";

/// Not a test: what the tests below kill, this very program.
#[test]
fn victim() {
    if env::var_os(VICTIM).is_some() {
        println!("\nabout to start");
        println!("\nat {}", own());
        // It is killed while it waits.
        let _ = std::io::stdin().read_line(&mut String::new());
    }
}

/// Another process in a process group of its own, which has a cluster somewhere in the folder.
fn victim_in(folder: &Path) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["victim", "--exact", "--nocapture"]).env(VICTIM, "1").env("TMPDIR", folder).process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

/// A folder that those whom PostgreSQL runs as may enter.
fn open_folder() -> tempfile::TempDir {
    let all = fs::Permissions::from_mode(0o777);
    tempfile::Builder::new().prefix("kith-victim").permissions(all).tempdir().unwrap()
}

fn until_empty(folder: &Path) {
    let is_empty = || (fs::read_dir(folder).unwrap().count() == 0 && at_work_in(folder) == 0).then_some(());
    wait::until("the folder is empty and nothing runs in it", is_empty);
}

#[test]
fn it_ends_when_its_process_is_killed() {
    // The process alone, and everything in its group, as Ctrl-C and those who stop a run that takes too long do.
    for (signal, is_group) in [("KILL", false), ("KILL", true), ("INT", true), ("TERM", true)] {
        let folder = open_folder();
        let mut victim = victim_in(folder.path());
        let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.starts_with("at postgres://")));
        assert!(at_work_in(folder.path()) > 0);
        let target = format!("{}{}", if is_group { "-" } else { "" }, victim.id());
        let killed = Command::new("kill").args(["-s", signal, "--", &target]).status().unwrap();
        assert!(killed.success());
        victim.wait().unwrap();
        until_empty(folder.path());
    }
}

#[test]
fn it_ends_when_its_process_is_killed_while_it_is_made() {
    for millis in [0, 20, 100, 300, 600, 900, 1200] {
        let folder = open_folder();
        let mut victim = victim_in(folder.path());
        let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.starts_with("about to start")));
        // sleeps: the kill comes at a moment between the first step and the last; which one does not matter
        sleep(Duration::from_millis(millis));
        victim.kill().unwrap();
        victim.wait().unwrap();
        until_empty(folder.path());
    }
}
