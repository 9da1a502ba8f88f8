//! Kith on a PostgreSQL database, as operators meet it: several servers, a store that moves, and a database that goes
//! away.
//!
//! `KITH_FAULTS` says how many faults there are.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use cluster::{Care, Cluster};
use serde_json::json;

use crate::harness::{Place, Server, finish, until};
use crate::http::{self, Client, Login};

const FAULTS_DEFAULT: usize = 30;
const WRITERS: usize = 4;
/// A switchboard.
const DESK: &str = "+16505550100";
/// How long the writers are at it before a fault, at most.
const CALM_MS_MAX: u64 = 150;

/// An empty database of the cluster that tests share.
pub fn fresh() -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(cluster::fresh(cluster::shared()))
}

fn serve(place: &Place, store: &str) -> Server {
    Server::start(&mut place.kith(&["serve", "--store", store, "--listen", "127.0.0.1:0", "--store-patience", "60"]))
}

fn add_company(place: &Place, store: &str) -> Login {
    Login::json(&place.says(&["company", "add", "wayne", "--json", "--store", store]))
}

#[test]
fn a_store_in_a_database_is_a_store() {
    let (place, store) = (Place::new(), fresh());
    let made = place.says(&["migrate", "--store", &store]);
    assert!(made.contains("is a new store, with schema 2."), "{made}");
    assert!(place.says(&["migrate", "--store", &store]).contains("has the newest schema, 2."));
    let server = serve(&place, &store);
    let shown = store.split('?').next().unwrap();
    assert!(server.out().contains(&format!("and stores its contacts in {shown}.")), "{}", server.out());
    let client = server.client();
    assert_eq!(client.tell(&["bruce@wayne.inc", "batman@gotham.org"]).unwrap().status, 202);
    assert!(client.find("batman@gotham.org").is_some());
    assert!(place.says(&["company", "list", "--store", &store]).starts_with("main"));
    assert_eq!(place.says(&["verify", "--store", &store]), "main: every view matches its journal.\n");
    // A password that another process replaced stops working.
    let new = Login::json(&place.says(&["company", "rotate", "main", "--json", "--store", &store]));
    until("the old password is refused", || (client.tell(&["x@y.example"]).unwrap().status == 401).then_some(()));
    let client = Client::new(server.address, new);
    assert_eq!(client.tell(&["x@y.example"]).unwrap().status, 202);
    assert_eq!(server.stop("TERM").code(), Some(0));
}

#[test]
fn what_is_wrong_with_an_address_is_said_without_its_password() {
    let place = Place::new();
    for (store, reason) in [
        ("postgres://kith:hunter2@127.0.0.1:1/kith", "refused"),
        ("postgres://kith:hunter2@127.0.0.1:1/kith?sslmode=maybe", "sslmode is maybe; it must be disable, prefer"),
        ("postgres://kith:hunter2@127.0.0.1:many/kith", "not that of a PostgreSQL database"),
        ("mysql://kith:hunter2@127.0.0.1/kith", "Kith cannot open a store at mysql://"),
    ] {
        let done = finish(place.kith(&["company", "list", "--store-patience", "0"]).env("KITH_STORE", store));
        assert_eq!(done.code, Some(1), "{store}");
        assert!(done.err.contains(reason) && !done.err.contains("hunter2"), "{}", done.err);
    }
    let help = finish(place.kith(&["serve", "--help"]).env("KITH_STORE", "postgres://kith:hunter2@db/kith"));
    assert!(help.out.contains("postgres://kith@db/kith") && !help.out.contains("hunter2"), "{}", help.out);
    let backup = place.run(&["backup", "x.db", "--store", &fresh()]);
    assert_eq!((backup.code, place.path("x.db").exists()), (Some(1), false));
    for wrong in [["--store-connections", "0"], ["--store-timeout", "soon"]] {
        assert_eq!(place.run(&["verify", wrong[0], wrong[1]]).code, Some(2));
    }
}

/// The demo goes from a file to a database and back, killed on its way.
#[test]
fn a_copy_that_was_killed_goes_on() {
    let (place, store) = (Place::new(), fresh());
    let server = Server::start(&mut place.kith(&["serve", "--demo", "--listen", "127.0.0.1:0"]));
    let client = server.client();
    for n in 0..300 {
        let (one, next) = (format!("n{n}@example.org"), format!("n{}@example.org", n / 2));
        assert_eq!(client.tell(&[&one, &next]).unwrap().status, 202);
    }
    for pause in [1, 10, 30, 60] {
        let mut copying = place.kith(&["copy", "kith.db", &store]).spawn().unwrap();
        // sleeps: the kill comes at different moments of the copy
        thread::sleep(Duration::from_millis(pause));
        copying.kill().unwrap();
        copying.wait().unwrap();
    }
    let said = place.says(&["copy", "kith.db", &store]);
    assert!(said.contains("Every view of both matches its journal."), "{said}");
    assert_eq!(place.says(&["copy", "kith.db", &store]).lines().next().unwrap().split(' ').nth(1), Some("0"));
    let there = serve(&place, &store);
    let moved = Client::new(there.address, client.login.clone());
    assert_eq!(moved.contacts(), client.contacts());
    place.says(&["copy", &store, "back.db"]);
    assert_eq!(place.says(&["verify", "--store", "back.db"]), place.says(&["verify", "--store", &store]));
    // A file that lives on is not copied over what lives on as well.
    assert_eq!(moved.tell(&["there@example.org"]).unwrap().status, 202);
    assert_eq!(client.tell(&["here@example.org"]).unwrap().status, 202);
    let refused = place.run(&["copy", "kith.db", &store]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("wayne cannot be copied: its journal in the target is different."), "{}", refused.err);
    assert_eq!(place.run(&["copy", "kith.db", "kith.db"]).code, Some(1));
}

/// The `n`th observation of a writer. The writers' `n`th ones meet in one handle, and every fourth joins two contacts that
/// were told of before.
fn observation(round: usize, writer: usize, n: usize) -> Vec<String> {
    let own = format!("own-{round}-{writer}-{n}@example.org");
    let meeting = |n: usize| format!("meeting-{round}-{n}@example.org");
    if n % 4 == 3 { vec![own, meeting(n - 1), meeting(n - 2)] } else { vec![own, meeting(n)] }
}

/// What writers have told, whatever went wrong meanwhile.
#[derive(Default)]
struct Told {
    acknowledged: Mutex<Vec<Vec<String>>>,
    /// Answers that said to come again.
    refused: AtomicUsize,
    /// Requests that were not answered.
    broken: AtomicUsize,
}

impl Told {
    /// Tells until it is over, at one server after the other.
    fn write(&self, servers: &Mutex<Vec<Client>>, round: usize, writer: usize, is_over: &AtomicBool) {
        for n in 0.. {
            if is_over.load(Ordering::Relaxed) {
                return;
            }
            let handles = observation(round, writer, n);
            let emails: Vec<&str> = handles.iter().map(String::as_str).collect();
            let client = {
                let servers = servers.lock().unwrap();
                servers[(writer + n) % servers.len()].clone()
            };
            match client.tell(&emails) {
                Ok(answer) if answer.status == 202 => self.acknowledged.lock().unwrap().push(handles),
                Ok(answer) => {
                    assert_eq!(answer.status, 503, "{answer:?}");
                    assert!(answer.header("retry-after").is_some(), "{answer:?}");
                    self.refused.fetch_add(1, Ordering::Relaxed);
                }
                Err(_) => {
                    self.broken.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    fn start(self: &Arc<Self>, servers: &Arc<Mutex<Vec<Client>>>, round: usize) -> Writers {
        let is_over = Arc::new(AtomicBool::new(false));
        let writer = |writer| {
            let (told, servers, is_over) = (Arc::clone(self), Arc::clone(servers), Arc::clone(&is_over));
            thread::spawn(move || told.write(&servers, round, writer, &is_over))
        };
        Writers { threads: (0..WRITERS).map(writer).collect(), is_over }
    }

    fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }
}

struct Writers {
    threads: Vec<JoinHandle<()>>,
    is_over: Arc<AtomicBool>,
}

impl Writers {
    fn end(self) {
        self.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
    }
}

/// How many observations are not found whole: by each of their handles, as one contact.
fn lost(client: &Client, observations: &[Vec<String>]) -> usize {
    let is_whole = |handles: &&Vec<String>| {
        let ids = handles.iter().map(|handle| Some(client.find(handle)?["id"].to_string()));
        ids.collect::<Option<BTreeSet<_>>>().is_some_and(|ids| ids.len() == 1)
    };
    observations.iter().filter(|handles| !is_whole(handles)).count()
}

/// Three servers, writers at each, observations that meet: the same groups as if one after the other had told them.
#[test]
fn three_servers_work_on_one_store() {
    let (place, store) = (Place::new(), fresh());
    let login = add_company(&place, &store);
    let servers: Vec<Server> = (0..3).map(|_| serve(&place, &store)).collect();
    let clients: Vec<Client> = servers.iter().map(|server| Client::new(server.address, login.clone())).collect();
    let (told, clients) = (Arc::new(Told::default()), Arc::new(Mutex::new(clients)));
    let writers = told.start(&clients, 0);
    until("something is told", || (told.count() > 400).then_some(()));
    writers.end();
    assert_eq!((told.refused.load(Ordering::Relaxed), told.broken.load(Ordering::Relaxed)), (0, 0));
    let acknowledged = told.acknowledged.lock().unwrap();
    for client in &*clients.lock().unwrap() {
        assert_eq!(lost(client, &acknowledged), 0);
    }
    assert_eq!(place.says(&["verify", "--store", &store]), "wayne: every view matches its journal.\n");
}

/// Records that change at one server while another decides about a handle that they all report: what is known in the end
/// counts, as if it had always been known.
#[test]
fn decisions_at_one_server_hold_for_reports_at_another() {
    const RECORDS: usize = 20;
    const ROUNDS: usize = 6;
    let (place, store) = (Place::new(), fresh());
    let login = add_company(&place, &store);
    let servers: Vec<Server> = (0..2).map(|_| serve(&place, &store)).collect();
    let client = |n: usize| Client::new(servers[n].address, login.clone());
    let report = |client: &Client, n: usize, round: usize| {
        let email = |name: &str| json!({"source": "email", "handle": format!("{name}{n}@example.org")});
        let fields = json!([email("own"), {"source": "phone", "handle": DESK}, email(&format!("of-round-{round}-"))]);
        let body = json!({"record": {"system": "crm", "id": n.to_string()}, "fields": fields});
        assert_eq!(client.post(&body.to_string()).unwrap().status, 202);
    };
    let decide = |client: &Client, status: &str| {
        let (path, body) = (format!("/handles/phone:{DESK}"), json!({"status": status}).to_string());
        let answer = http::ask(client.address, "PUT", &path, &client.headers(), &body).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    thread::scope(|scope| {
        for writer in 0..2 {
            scope.spawn(move || {
                for (round, n) in (0..ROUNDS).flat_map(|round| (0..RECORDS).map(move |n| (round, n))) {
                    if n % 2 == writer {
                        report(&client(writer), n, round);
                    }
                }
            });
        }
        scope.spawn(|| {
            for n in (0..RECORDS).cycle().take(RECORDS * 2) {
                let path = format!("/api/1/records/crm/{n}");
                let answer = http::ask(client(1).address, "DELETE", &path, &client(1).headers(), "").unwrap();
                assert!([202, 404].contains(&answer.status), "{answer:?}");
            }
        });
        scope.spawn(|| (0..ROUNDS).for_each(|n| decide(&client(0), ["shared", "personal"][n % 2])));
    });
    for n in 0..RECORDS {
        report(&client(n % 2), n, ROUNDS);
    }
    for (status, contacts) in [("shared", RECORDS), ("personal", 1), ("shared", RECORDS)] {
        decide(&client(0), status);
        let found = client(1).contacts();
        assert_eq!(found.len(), contacts, "{status}");
        let handles: usize = found.iter().map(|contact| contact["handles"].as_array().unwrap().len()).sum();
        assert_eq!(handles, RECORDS * 2 + contacts, "each has its own two, and the shared one: {found:?}");
    }
    assert_eq!(place.says(&["verify", "--store", &store]), "wayne: every view matches its journal.\n");
}

/// Who is signed in at one server is at another, and an open page there is told what is written here.
#[test]
fn a_page_of_one_server_hears_what_another_writes() {
    let (place, store) = (Place::new(), fresh());
    let login = add_company(&place, &store);
    let [writing, showing] = [(); 2].map(|()| serve(&place, &store));
    let form = format!("company={}&password={}&next=", login.company, login.password);
    let headers = ["Origin: http://localhost".into(), "Content-Type: application/x-www-form-urlencoded".into()];
    let signed_in = http::ask(writing.address, "POST", "/app/sign-in", &headers, &form).unwrap();
    let cookie = signed_in.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();

    let mut events = http::connect(showing.address).unwrap();
    let ask = http::request("GET", "/app/live", &[format!("Cookie: {cookie}")], "");
    events.write_all(ask.as_bytes()).unwrap();
    let mut events = BufReader::new(events).lines().map_while(Result::ok);
    assert_eq!(events.next().as_deref(), Some("HTTP/1.1 200 OK"), "the cookie of one server counts at the other");
    let told = Client::new(writing.address, login).tell(&["news@example.org"]).unwrap();
    let id = told.json()["id"].as_str().unwrap().to_owned();
    assert!(events.any(|line| line.starts_with("data:") && line.contains(&id)), "the page was told of {id}");
}

/// Whatever becomes of the database and of servers, nothing acknowledged is lost and nobody is doubled.
#[test]
fn nothing_acknowledged_is_lost_by_faults() {
    let faults = std::env::var("KITH_FAULTS").map_or(FAULTS_DEFAULT, |faults| faults.parse().unwrap());
    let (place, cluster) = (Place::new(), Cluster::start(Care::Durable));
    let store = cluster.url();
    let login = add_company(&place, &store);
    let mut servers: Vec<Option<Server>> = vec![Some(serve(&place, &store)), Some(serve(&place, &store))];
    let client_of = |server: &Option<Server>| Client::new(server.as_ref().unwrap().address, login.clone());
    let clients = Arc::new(Mutex::new(servers.iter().map(client_of).collect::<Vec<_>>()));
    let mut all: Vec<Vec<String>> = Vec::new();
    let (mut refused, mut longest) = (0, Duration::ZERO);
    for round in 0..faults {
        let told = Arc::new(Told::default());
        let writers = told.start(&clients, round);
        until("something is acknowledged", || (told.count() > 0).then_some(()));
        // sleeps: the fault comes at a random moment
        thread::sleep(Duration::from_millis(getrandom::u64().unwrap() % CALM_MS_MAX));
        match round % 4 {
            0 => {
                cluster.stop();
                is_away(&clients.lock().unwrap()[round / 4 % 2]);
                cluster.start_again();
            }
            1 => {
                cluster.kill();
                is_away(&clients.lock().unwrap()[round / 4 % 2]);
                cluster.start_again();
            }
            2 => cluster.cut_connections(),
            _ => {
                let n = round / 4 % 2;
                servers[n].take().unwrap().kill();
                servers[n] = Some(serve(&place, &store));
                clients.lock().unwrap()[n] = client_of(&servers[n]);
            }
        }
        let since = Instant::now();
        for client in clients.lock().unwrap().clone() {
            until("the server takes something in again", || {
                let answer = client.tell(&[&format!("again-{round}@example.org")]);
                (answer.ok()?.status == 202).then_some(())
            });
        }
        longest = longest.max(since.elapsed());
        writers.end();
        let acknowledged = std::mem::take(&mut *told.acknowledged.lock().unwrap());
        let client = clients.lock().unwrap()[0].clone();
        assert_eq!(lost(&client, &acknowledged), 0, "lost by fault {round}");
        refused += told.refused.load(Ordering::Relaxed);
        all.extend(acknowledged);
    }
    let client = clients.lock().unwrap()[0].clone();
    let lost = lost(&client, &all);
    let acknowledged = all.len();
    println!(
        "{faults} faults, {acknowledged} acknowledged, {lost} lost, {refused} refused with 503, back after {longest:?} at most"
    );
    assert_eq!(lost, 0);
    // That no contact is doubled is that no handle has two owners, and every view is the fold of the journal.
    assert_eq!(place.says(&["verify", "--store", &store]), "wayne: every view matches its journal.\n");
    assert!(refused > 0, "there was something to refuse");
}

/// While the database is away, whoever asks is told to come again.
fn is_away(client: &Client) {
    let answer = client.tell(&["away@example.org"]).unwrap();
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.header("retry-after").is_some_and(|wait| wait.parse::<u32>().is_ok()), "{answer:?}");
}
