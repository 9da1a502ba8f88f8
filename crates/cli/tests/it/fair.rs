//! What one company takes that reads slowly and sends half, and another company that is served all the same; and the memory of
//! large mails.
//!
//! `KITH_SOAK` asks for the full crowds, and for times.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::channels::mail_address;
use crate::harness::{Place, Server, until};
use crate::http::{self, Client, Login};

/// Most time of 99 of 100 reads of the other company.
const P99_MAX: Duration = Duration::from_millis(50);
/// Most memory that the crowd may take.
const CROWD_KIB_MAX: u64 = 300 * 1024;
/// Most bytes of the log of a file that many read.
const LOG_BYTES_MAX: u64 = 64 << 20;
/// Most memory that a large mail may take: about four times its size, and what the server takes for its first requests.
const MAIL_KIB_MAX: u64 = 150 * 1024;
/// The size of each large mail, and how many come at once.
const MAIL_BYTES: usize = 24 << 20;
const MAILS: usize = 6;
/// Most memory that they may take.
const MAILS_KIB_MAX: u64 = 300 * 1024;

fn is_soak() -> bool {
    std::env::var_os("KITH_SOAK").is_some()
}

/// Fills a company with contacts whose export is larger than the system holds for a connection.
fn fill(client: &Client) {
    let line = |n: usize| {
        let fields = json!([{"source": "email", "handle": format!("n{n}@example.org")}]);
        json!({"description": "x".repeat(10_000), "fields": fields}).to_string() + "\n"
    };
    let body: String = (0..1_500).map(line).collect();
    let headers = [client.login.header(), "Content-Type: application/x-ndjson".into()];
    let mut stream = http::connect(client.address).unwrap();
    stream.write_all(http::request("POST", "/api/1/contacts/bulk", &headers, &body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer.matches("\"code\":202").count(), 1_500, "{}", &answer[..200]);
}

/// Connections that send this and then nothing, and read nothing.
fn crowd(address: SocketAddr, count: usize, bytes: &[u8]) -> Vec<TcpStream> {
    let one = |_| {
        let mut stream = http::connect(address).unwrap();
        // A server that refuses at once may have closed it.
        let _ = stream.write_all(bytes);
        stream
    };
    (0..count).map(one).collect()
}

fn half(head: &str, length: usize, sent: usize) -> Vec<u8> {
    let head = format!("{head}Host: kith\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), &vec![b' '; sent]].concat()
}

#[test]
fn a_company_that_stalls_keeps_no_other_waiting() {
    let (readers, senders, reads) = if is_soak() { (540, 540, 2_000) } else { (60, 60, 50) };
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let place = Place::new();
    let server = place.serve();
    let wayne = server.client();
    fill(&wayne);
    let acme = Client::new(server.address, Login::json(&place.says(&["company", "add", "acme", "--json"])));
    assert_eq!(acme.tell(&["ada@example.org"]).unwrap().status, 202);
    let before = server.process.memory_kib("VmRSS");

    let mut stalled = Vec::new();
    for format in ["csv", "jsonl", "vcard"] {
        let path = format!("/api/1/contacts/export?format={format}");
        let export = http::request("GET", &path, &[wayne.login.header()], "");
        stalled.extend(crowd(server.address, readers / 3, export.as_bytes()));
    }
    let report = format!("POST /api/1/contacts HTTP/1.1\r\n{}\r\n", wayne.headers().join("\r\n"));
    stalled.extend(crowd(server.address, senders / 2, &half(&report, 1 << 20, 500_000)));
    let form = "POST /app/sign-in HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    stalled.extend(crowd(server.address, senders / 2, &half(form, 8_000, 7_000)));

    let mut times: Vec<Duration> = (0..reads)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(acme.contacts().len(), 1);
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let p99 = times[reads * 99 / 100 - 1];
    let memory = server.process.memory_kib("VmHWM").saturating_sub(before);
    let log = std::fs::metadata(place.path("kith.db-wal")).map_or(0, |log| log.len());
    println!(
        "{} stalled connections of a company: p99 of another {p99:?}, {} MiB, log {} MiB",
        stalled.len(),
        memory / 1024,
        log >> 20
    );
    assert_eq!(acme.tell(&["grace@example.org"]).unwrap().status, 202);
    let probe = http::ask(server.address, "GET", "/readyz", &[], "").unwrap();
    assert_eq!(probe.status, 200);
    assert!(memory < CROWD_KIB_MAX, "{memory} KiB");
    assert!(log < LOG_BYTES_MAX, "{log} bytes");
    assert!(!is_soak() || p99 <= P99_MAX, "{p99:?}");
}

/// A mail client that has sent a message up to its last line.
fn large_mail(address: SocketAddr, n: usize) -> BufReader<TcpStream> {
    let mut stream = BufReader::new(http::connect(address).unwrap());
    let mut said = String::new();
    stream.read_line(&mut said).unwrap();
    for line in ["HELO x", "MAIL FROM:<a@b.example>", "RCPT TO:<support@wayne.example>", "DATA"] {
        stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
        stream.read_line(&mut said).unwrap();
    }
    assert!(said.contains("354"), "{said}");
    let head = format!(
        "From: a{n}@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHi\r\n--x\r\n\
         Content-Type: application/pdf; name=x.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    );
    stream.get_mut().write_all(head.as_bytes()).unwrap();
    let line = "QUJD".repeat(19) + "\r\n";
    stream.get_mut().write_all(line.repeat(MAIL_BYTES / line.len()).as_bytes()).unwrap();
    stream
}

fn receiver(place: &Place) -> Server {
    place.says(&["company", "add", "wayne"]);
    place.says(&["channel", "add", "wayne", "--type", "email", "--address", "support@wayne.example"]);
    Server::start(&mut place.kith(&["serve", "--listen", "127.0.0.1:0", "--smtp", "127.0.0.1:0"]))
}

#[test]
fn large_mails_take_little_memory() {
    let place = Place::new();
    let server = receiver(&place);
    let address = mail_address(&server);
    let before = server.process.memory_kib("VmRSS");
    let clients: Vec<_> = (0..MAILS).map(|n| thread::spawn(move || large_mail(address, n))).collect();
    let mut clients: Vec<_> = clients.into_iter().map(|client| client.join().unwrap()).collect();
    for client in &mut clients {
        client.get_mut().write_all(b"--x--\r\n.\r\n").unwrap();
    }
    for mut client in clients {
        let mut said = String::new();
        client.read_line(&mut said).unwrap();
        assert!(said.starts_with("250"), "{said}");
    }
    let memory = server.process.memory_kib("VmHWM").saturating_sub(before);
    println!("{MAILS} mails of {} MiB at once: {} MiB", MAIL_BYTES >> 20, memory / 1024);
    assert!(memory < MAILS_KIB_MAX, "{memory} KiB");
}

/// A text of many megabytes is cut before it is copied.
#[test]
fn a_large_text_takes_little_memory() {
    let place = Place::new();
    let server = receiver(&place);
    let address = mail_address(&server);
    let before = server.process.memory_kib("VmRSS");
    let mut stream = large_mail(address, 0);
    stream.get_mut().write_all(b"--x--\r\n.\r\n").unwrap();
    let mut said = String::new();
    stream.read_line(&mut said).unwrap();
    for kind in ["text/plain", "text/html"] {
        said.clear();
        let start = format!(
            "MAIL FROM:<a@b.example>\r\nRCPT TO:<support@wayne.example>\r\nDATA\r\n\
             From: a@b.example\r\nContent-Type: {kind}\r\n\r\n"
        );
        stream.get_mut().write_all(start.as_bytes()).unwrap();
        let line = "<div>More words than anybody reads, &amp; more</div>\r\n";
        stream.get_mut().write_all(line.repeat(MAIL_BYTES / line.len()).as_bytes()).unwrap();
        stream.get_mut().write_all(b".\r\n").unwrap();
        until("the mail is accepted", || {
            stream.read_line(&mut said).unwrap();
            said.contains("2.0.0 Message accepted").then_some(())
        });
    }
    let memory = server.process.memory_kib("VmHWM").saturating_sub(before);
    println!("a mail of {} MiB of text: {} MiB", MAIL_BYTES >> 20, memory / 1024);
    assert!(memory < MAIL_KIB_MAX, "{memory} KiB");
}
