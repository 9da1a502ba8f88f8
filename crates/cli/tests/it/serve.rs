//! `kith serve`: what it says at the start, what it sees while it runs, and how it ends.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Place, Process, Server, finish, signal, until};
use crate::http::{self, Client, Login};

/// How much a pipe holds (pipe(7), "Pipe capacity").
const PIPE_BYTES: usize = 64 * 1024;
const SIGTERM: u32 = 15;

#[track_caller]
fn companies(place: &Place) -> Vec<String> {
    let listed: Value = serde_json::from_str(&place.says(&["company", "list", "--json"])).unwrap();
    listed.as_array().unwrap().iter().map(|row| row["company"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_empty_store_gets_a_first_company() {
    let place = Place::new();
    let server = place.serve();
    let client = server.client();
    assert_eq!(client.login.company, "main");
    assert_eq!(client.contacts(), Vec::<Value>::new());
    assert!(server.out().contains("stores its contacts in kith.db"), "{}", server.out());
    // What is printed may end up in a log, so the password is in a file that only the operator can read.
    assert!(!server.out().contains(&client.login.password), "{}", server.out());
    let mode = fs::metadata(place.path("kith.db-login")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    server.stop("TERM");

    let again = place.serve();
    assert!(!again.out().contains("password"), "{}", again.out());
    assert_eq!(companies(&place), ["main"]);
    assert_eq!(Client::new(again.address, client.login).get("/contacts").status, 200);
}

#[test]
fn a_login_that_cannot_be_written_is_not_created() {
    for demo in [&[][..], &["--demo"]] {
        let place = Place::new();
        fs::write(place.path("kith.db-login"), "mine").unwrap();
        let done = place.run(&[&["serve", "--listen", "127.0.0.1:0"], demo].concat());
        assert!(done.code == Some(1) && done.err.contains("kith.db-login"), "{}{}", done.out, done.err);
        assert!(done.err.contains("kith company add NAME"), "{}", done.err);
        assert_eq!(fs::read_to_string(place.path("kith.db-login")).unwrap(), "mine");
        assert_eq!(companies(&place), [] as [String; 0]);
        fs::remove_file(place.path("kith.db-login")).unwrap();
        let server = Server::start(&mut place.kith(&[&["serve", "--listen", "127.0.0.1:0"], demo].concat()));
        server.client().contacts();
    }
}

#[test]
fn the_printed_lines_work_as_printed() {
    let place = Place::new();
    let server = place.serve();
    let out = server.out();
    let lines = out.lines().filter_map(|line| line.strip_prefix("    curl")).collect::<Vec<_>>();
    let [tell, see] = lines[..] else { panic!("{out}") };

    let told = finish(&mut place.shell(&format!("curl -sS{tell}")));
    let told: Value = serde_json::from_str(&told.out).unwrap_or_else(|_| panic!("{}{}", told.out, told.err));
    assert_eq!(told["status"], "accepted");
    let seen = finish(&mut place.shell(&format!("curl -sS{see}")));
    let seen: Value = serde_json::from_str(&seen.out).unwrap_or_else(|_| panic!("{}{}", seen.out, seen.err));
    let contact = &seen["_results"][0];
    assert_eq!((&contact["id"], &contact["name"]), (&told["id"], &json!("Bruce Wayne")));
}

#[test]
fn a_service_manager_opens_the_port_and_hears_of_the_state() {
    let place = Place::new();
    let manager = UnixDatagram::bind(place.path("manager")).unwrap();
    manager.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let state = || {
        let mut state = [0; 100];
        let length = manager.recv(&mut state).unwrap();
        String::from_utf8_lossy(&state[..length]).trim().to_owned()
    };
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap();
    // The first port of a service manager is file 3.
    let mut command = place.shell("exec 3<&0; LISTEN_PID=$$ LISTEN_FDS=1 exec kith serve");
    command.env("NOTIFY_SOCKET", place.path("manager")).stdin(OwnedFd::from(port));
    let server = Server::start(&mut command);
    assert_eq!(server.address, address, "not the default");
    assert_eq!(state(), "READY=1");
    assert_eq!(server.stop("TERM").code(), Some(0));
    assert_eq!(state(), "STOPPING=1");
}

#[test]
fn the_demo_is_a_dozen_people() {
    let place = Place::new();
    let demo = ["serve", "--demo", "--listen", "127.0.0.1:0"];
    let server = Server::start(&mut place.kith(&demo));
    let client = server.client();
    assert_eq!(client.login.company, "wayne");
    assert_eq!(client.contacts().len(), 13, "one of them may be there twice");
    let grayson = client.find("dick@wayne.inc").unwrap();
    assert_eq!(client.find("nightwing@bludhaven.example").unwrap(), grayson, "two that turned out to be one");
    server.stop("TERM");

    let again = Server::start(&mut place.kith(&demo));
    assert_eq!(Client::new(again.address, client.login).contacts().len(), 13);
    assert!(again.out().contains("kith company rotate wayne"), "{}", again.out());
    assert_eq!(companies(&place), ["wayne"]);
}

#[test]
fn options_may_come_from_the_environment() {
    let place = Place::new();
    let mut command = place.kith(&["serve"]);
    command.env("KITH_STORE", "other.db").env("KITH_LISTEN", "127.0.0.1:0").env("KITH_DEMO", "1");
    let server = Server::start(&mut command);
    assert_ne!(server.address.port(), 8080);
    assert_eq!(server.client().contacts().len(), 13);
    assert!(place.path("other.db").exists() && !place.path("kith.db").exists());
}

#[test]
fn an_address_that_means_all_is_printed_as_one_that_can_be_called() {
    let place = Place::new();
    let server = Server::start(&mut place.kith(&["serve", "--listen", "0.0.0.0:0"]));
    assert!(server.address.ip().is_loopback(), "{}", server.out());
}

#[test]
fn links_begin_with_the_public_url() {
    let place = Place::new();
    let mut command = place.kith(&["serve", "--listen", "127.0.0.1:0"]);
    let server = Server::start(command.args(["--public-url", "https://kith.example.org"]));
    let tell = server.out().lines().any(|line| line.ends_with(" https://kith.example.org/api/1/contacts"));
    assert!(tell, "{}", server.out());
    let list = server.client().get("/contacts").json();
    assert_eq!(list["_links"]["self"], "https://kith.example.org/contacts");
}

#[test]
fn a_replaced_password_counts_at_the_next_request() {
    let place = Place::new();
    let server = place.serve();
    let old = server.client();
    assert_eq!(old.tell(&["ada@example.org"]).unwrap().status, 202);
    let new = Login::json(&place.says(&["company", "rotate", "main", "--json"]));
    assert_eq!(old.tell(&["bob@example.org"]).unwrap().status, 401);
    let new = Client::new(server.address, new);
    assert_eq!(new.tell(&["bob@example.org"]).unwrap().status, 202);
}

#[test]
fn a_new_company_can_log_in_at_the_next_request() {
    let place = Place::new();
    let server = place.serve();
    // A name that was asked for in vain is not remembered as nobody's.
    let early = Client::new(server.address, Login { company: "wayne".into(), password: "guess".into() });
    assert_eq!(early.tell(&["ada@example.org"]).unwrap().status, 401);
    let login = Login::json(&place.says(&["company", "add", "wayne", "--json"]));
    assert_eq!(Client::new(server.address, login).tell(&["ada@example.org"]).unwrap().status, 202);
    assert_eq!(server.client().find("ada@example.org"), None, "companies are islands");
}

#[test]
fn commands_take_their_turn_beside_a_busy_server() {
    const COMMANDS: usize = 4;
    let place = Place::new();
    let server = place.serve();
    let client = server.client();
    let left = AtomicUsize::new(COMMANDS);
    thread::scope(|scope| {
        for n in 0..COMMANDS {
            let (place, left) = (&place, &left);
            scope.spawn(move || {
                let done = place.run(&["company", "add", &format!("wayne-{n}")]);
                left.fetch_sub(1, Ordering::Relaxed);
                assert_eq!(done.code, Some(0), "{}", done.err);
            });
        }
        for n in 0.. {
            assert_eq!(client.tell(&[&format!("n{n}@example.org")]).unwrap().status, 202);
            if left.load(Ordering::Relaxed) == 0 {
                break;
            }
        }
    });
    assert_eq!(companies(&place).len(), 1 + COMMANDS);
}

/// A request whose head the server has read, and whose body it waits for.
fn half_told(client: &Client, body: &str) -> TcpStream {
    let mut headers = client.headers();
    headers.push("Expect: 100-continue".into());
    let request = http::request("POST", "/api/1/contacts", &headers, body);
    let mut stream = http::connect(client.address).unwrap();
    stream.write_all(request.strip_suffix(body).unwrap().as_bytes()).unwrap();
    let expected = "HTTP/1.1 100 Continue\r\n\r\n";
    let mut interim = vec![0; expected.len()];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(String::from_utf8(interim).unwrap(), expected);
    stream
}

#[track_caller]
fn stops_well(name: &str) {
    let place = Place::new();
    let server = place.serve();
    let (client, address) = (server.client(), server.address);
    let body = r#"{"fields": [{"source": "email", "handle": "ada@example.org"}]}"#;
    let mut stream = half_told(&client, body);

    signal(server.id(), name);
    let is_refused = || TcpStream::connect(address).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused);
    until("new connections are refused", || is_refused().then_some(()));
    stream.write_all(body.as_bytes()).unwrap();
    assert_eq!(http::answer(&mut stream).unwrap().status, 202);
    drop(stream);

    assert_eq!(server.ended().code(), Some(0));
    TcpListener::bind(address).unwrap();
    let again = place.serve();
    assert!(Client::new(again.address, client.login).find("ada@example.org").is_some());
}

#[test]
fn asked_to_stop_it_answers_what_it_took_in() {
    stops_well("TERM");
}

#[test]
fn interrupted_it_answers_what_it_took_in() {
    stops_well("INT");
}

#[test]
fn connections_that_ask_nothing_do_not_hold_up_the_end() {
    let place = Place::new();
    let server = place.serve();
    let _silent = http::connect(server.address).unwrap();
    let mut between = http::connect(server.address).unwrap();
    between.write_all(b"GET /healthz HTTP/1.1\r\nHost: kith\r\n\r\n").unwrap();
    let mut status = [0; 12];
    between.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");

    signal(server.id(), "TERM");
    until("the server ends", || server.log().contains("stopped").then_some(()));
    assert!(!server.log().contains("did not end in time"), "{}", server.log());
    assert_eq!(server.ended().code(), Some(0));
}

/// Whoever starts a server may change their mind before it has said a word.
#[test]
fn asked_to_stop_at_the_start_it_ends_well() {
    // A full pipe holds the server up where it would say where it listens.
    let (mut read, mut full) = io::pipe().unwrap();
    full.write_all(&vec![b' '; PIPE_BYTES]).unwrap();
    let place = Place::new();
    let mut command = place.kith(&["serve", "--listen", "127.0.0.1:0"]);
    let mut process = Process::start(command.stdout(full).stderr(Stdio::null()));
    drop(command);
    let is_handled = |caught: &str| u64::from_str_radix(caught, 16).unwrap() & (1 << (SIGTERM - 1)) != 0;
    until("it is ready to be stopped", || is_handled(&process.status("SigCgt")).then_some(()));
    signal(process.id(), "TERM");
    let mut said = String::new();
    read.read_to_string(&mut said).unwrap();
    assert!(said.contains("Kith listens on"), "{said}");
    assert_eq!(process.wait().code(), Some(0));
}

#[test]
fn a_store_is_served_once() {
    let place = Place::new();
    let server = place.serve();
    let second = place.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.code, Some(1), "{}{}", second.out, second.err);
    let reason = format!("kith.db is served already, by process {}.", server.id());
    assert!(second.err.contains(&reason), "{}", second.err);
    assert_eq!(server.client().tell(&["ada@example.org"]).unwrap().status, 202, "the first one goes on");
}

#[test]
fn an_address_in_use_is_named() {
    let place = Place::new();
    let target = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = target.local_addr().unwrap().to_string();
    let done = place.run(&["serve", "--listen", &taken]);
    assert_eq!(done.code, Some(1), "{}{}", done.out, done.err);
    assert!(done.err.contains(&format!("Cannot listen on {taken}")), "{}", done.err);
    drop(target);
    // The first company is not created, because its login could not be shown.
    assert_eq!(place.serve().client().login.company, "main");
}
