//! What one company, or one address, takes of a shared limit, and the others who are served all the same.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use crate::browser::{Browser, FORM, between, sign_in};
use crate::client::{Connection, Request};
use crate::harness::{Login, Server, person};
use crate::mail::{Client, mail_of, plain};

const BULK: &str = "/api/1/contacts/bulk";
const EXPORT: &str = "/api/1/contacts/export?format=jsonl";
const LINES: &str = "application/x-ndjson";
/// Far more time than any step takes, so that only a hanging one times out.
const PATIENCE: Duration = Duration::from_mins(1);
const MEBIBYTE: usize = 1024 * 1024;

/// A connection from an address of its own: all of 127.0.0.0/8 is this machine.
async fn stream_from(address: SocketAddr, last: u8) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0))).unwrap();
    socket.connect(address).await.unwrap()
}

/// Sends bytes and reads the status line of the answer.
async fn begins(address: SocketAddr, bytes: &[u8]) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut line = [0; 12];
    timeout(PATIENCE, stream.read_exact(&mut line)).await.expect("an answer").unwrap();
    (stream, String::from_utf8(line.to_vec()).unwrap())
}

/// Fills a company with contacts whose export is larger than the system holds for a connection.
async fn many_contacts(server: &Server, login: &Login) {
    let line = |n: usize| {
        let mut body = person([n]);
        body["description"] = "雪".repeat(10_000).into();
        body.to_string() + "\n"
    };
    let body: String = (0..250).map(line).collect();
    let request = login.request("POST", BULK).with("Content-Type", LINES).with("Connection", "close").body(body);
    let (mut stream, status) = begins(server.address, &request.with("Host", "kith").bytes()).await;
    assert_eq!(status, "HTTP/1.1 200");
    timeout(PATIENCE, stream.read_to_end(&mut Vec::new())).await.unwrap().unwrap();
}

fn is_refused(answer: &crate::client::Answer, status: u16, limit: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.header("retry-after").is_some_and(|wait| wait.parse::<u64>().is_ok()), "{answer:?}");
    assert!(answer.body.contains(limit), "{answer:?}");
}

async fn exports_that_nobody_reads_hold_up_nobody(server: Server) {
    let acme = server.company("acme").await;
    let other = server.company("other").await;
    many_contacts(&server, &server.wayne).await;
    many_contacts(&server, &acme).await;
    many_contacts(&server, &other).await;
    let export = |login: &Login| login.request("GET", EXPORT).with("Host", "kith").bytes();
    let mut unread = Vec::new();
    for login in [&server.wayne, &server.wayne, &acme, &acme, &other] {
        let (stream, status) = begins(server.address, &export(login)).await;
        assert_eq!(status, "HTTP/1.1 200");
        unread.push(stream);
    }
    let third = server.ask(server.wayne.request("GET", EXPORT)).await;
    is_refused(&third, 429, "A company has at most 2 exports at once.");
    // As many transactions as the store has connections would stop this.
    for n in 0..20 {
        timeout(PATIENCE, server.report(&person([1_000 + n]))).await.unwrap();
        timeout(PATIENCE, server.get("/contacts")).await.unwrap().expect(200);
    }
    // A company that has none yet gets one, and reads all of it.
    let mut whole = Vec::new();
    let request = other.request("GET", EXPORT).with("Host", "kith").with("Connection", "close");
    let mut reader = TcpStream::connect(server.address).await.unwrap();
    reader.write_all(&request.bytes()).await.unwrap();
    timeout(PATIENCE, reader.read_to_end(&mut whole)).await.unwrap().unwrap();
    assert_eq!(String::from_utf8_lossy(&whole).matches("\"fields\"").count(), 250);
    // The others are snapshots from before the reports, and end with the last contact of then.
    let (mut first, mut buffer) = (Vec::new(), vec![0; MEBIBYTE]);
    let mut reader = unread.remove(0);
    while !first.ends_with(b"0\r\n\r\n") {
        let read = timeout(PATIENCE, reader.read(&mut buffer)).await.unwrap().unwrap();
        assert_ne!(read, 0, "the export broke off");
        first.extend_from_slice(&buffer[..read]);
    }
    assert_eq!(String::from_utf8_lossy(&first).matches("\"fields\"").count(), 250);
}

async fn an_export_that_is_not_read_ends(server: Server) {
    many_contacts(&server, &server.wayne).await;
    let request = server.wayne.request("GET", EXPORT).with("Host", "kith");
    let mut unread = Vec::new();
    for _ in 0..2 {
        unread.push(begins(server.address, &request.bytes()).await.0);
    }
    is_refused(&server.ask(server.wayne.request("GET", EXPORT)).await, 429, "2 exports");
    tokio::time::pause();
    // sleeps: the client does not read; the clock of the test stands still otherwise
    tokio::time::sleep(Duration::from_secs(35)).await;
    tokio::time::resume();
    let (_stream, status) = wait::until_async("the shares are given back", async || {
        let (stream, status) = begins(server.address, &request.bytes()).await;
        (status == "HTTP/1.1 200").then_some((stream, status))
    })
    .await;
    assert_eq!(status, "HTTP/1.1 200");
}

async fn bulk_requests_have_a_share_for_each_company(server: Server) {
    let head = |login: &Login| {
        login.request("POST", BULK).with("Host", "kith").with("Content-Type", LINES).head("Transfer-Encoding: chunked")
    };
    let acme = server.company("acme").await;
    let mut open = Vec::new();
    for _ in 0..16 {
        // The head of the response comes before any answer line.
        let (stream, status) = begins(server.address, &head(&server.wayne)).await;
        assert_eq!(status, "HTTP/1.1 200");
        open.push(stream);
    }
    let late = server.wayne.request("POST", BULK).with("Content-Type", LINES).body("{}");
    is_refused(&server.ask(late.clone()).await, 429, "A company has at most 16 bulk requests at once.");
    assert_eq!(begins(server.address, &head(&acme)).await.1, "HTTP/1.1 200");
    server.report(&person([1])).await;
    drop(open);
}

async fn a_line_that_trickles_ends_a_bulk_request(server: Server) {
    let head = server
        .wayne
        .request("POST", BULK)
        .with("Host", "kith")
        .with("Content-Type", LINES)
        .head("Transfer-Encoding: chunked");
    let (mut stream, _) = begins(server.address, &head).await;
    tokio::time::pause();
    let start = Instant::now();
    let (mut reading, mut writing) = stream.split();
    let trickle = async {
        // It ends when the server has closed the connection.
        while writing.write_all(b"1\r\n{\r\n").await.is_ok() {
            // sleeps: a slow client pauses; the clock of the test stands still otherwise
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        std::future::pending::<()>().await;
    };
    let mut text = String::new();
    let answer = async {
        let mut reading = BufReader::new(&mut reading);
        while !text.contains("408") {
            assert_ne!(reading.read_line(&mut text).await.unwrap(), 0, "{text}");
        }
    };
    tokio::select! { () = answer => {}, () = trickle => {} }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert!(text.contains("\"line\":1,\"code\":408"), "{text}");
}

async fn uploads_that_stall_hold_up_no_other_company(server: Server) {
    let acme = server.company("acme").await;
    let browser = Browser::of(&server, &server.wayne).await;
    let page = browser.page("/app/settings").await;
    let token = between(&page, "name=\"token\" value=\"", "\"").to_owned();
    let part = |of: &str| format!("--part\r\nContent-Disposition: form-data; {of}\r\n\r\n");
    let begun = format!("{}{token}\r\n{}Name\r\n", part("name=\"token\""), part("name=\"file\"; filename=\"x\""));
    let origin = format!("http://{}", server.address);
    let request =
        browser.request("POST", "/app/settings/import").with("Host", "kith").with("Sec-Fetch-Site", "same-origin");
    let request = request.with("Content-Type", "multipart/form-data; boundary=part").with("Origin", &origin);
    let mut stalled = Vec::new();
    for _ in 0..4 {
        let mut connection = server.connect().await;
        let head = request.head(&format!("Content-Length: {}", begun.len() + 1_000));
        connection.write(&[&head[..], begun.as_bytes()].concat()).await;
        stalled.push(connection);
    }
    let second = wait::until_async("an upload is refused", async || {
        let answer = browser.send_file("/app/settings/import", &[], ("file", b"Name\nBruce\n")).await;
        (answer.status == 429).then_some(answer)
    })
    .await;
    is_refused(&second, 429, "A company has at most 1 uploads at once.");
    let theirs = Browser::of(&server, &acme).await;
    let answer = theirs.send_file("/app/settings/import", &[], ("file", b"Name\nBruce\n")).await;
    assert_eq!(answer.status, 303, "{answer:?}");
}

async fn arriving_bodies_share_a_memory_budget(server: Server) {
    let acme = server.company("acme").await;
    let report = |login: &Login, n| login.report_request(person([n]).to_string()).with("Host", "kith");
    let mut stalled = report(&server.wayne, 1).head("Content-Length: 1048576");
    stalled.resize(stalled.len() + MEBIBYTE - 1, b' ');
    let in_pieces = report(&server.wayne, 2).chunked(10);
    let mut flood = Vec::new();
    let refused = loop {
        assert!(flood.len() < 1_000, "1,000 MiB were taken");
        let mut connection = server.connect().await;
        connection.write(&stalled).await;
        flood.push(connection);
        if flood.len() < 32 {
            continue;
        }
        let answer = server.connect().await.exchange(&in_pieces, true).await;
        if answer.status != 202 {
            break answer;
        }
    };
    assert_eq!(refused.errors(429).len(), 1);
    is_refused(&refused, 429, "A company has at most 32768 KiB of arriving bodies at once.");
    server.connect().await.exchange(&report(&acme, 3).chunked(10), true).await.expect(202);
    server.ask(report(&server.wayne, 4)).await.expect(202);
    drop(flood);
    wait::until_async("the memory is given back", async || {
        (server.connect().await.exchange(&in_pieces, true).await.status == 202).then_some(())
    })
    .await;
}

async fn half_sent_forms_without_credentials_take_little(server: Server) {
    let form = |bytes: usize| {
        let request = Request::new("POST", "/app/sign-in").with("Content-Type", FORM).with("Host", "kith");
        request.head(&format!("Content-Length: {bytes}"))
    };
    let mut large = server.connect().await;
    let answer = large.exchange(&form(8 * 1024 + 1), true).await;
    assert_eq!(answer.status, 413, "{answer:?}");
    let mut half = form(8 * 1024);
    half.resize(half.len() + 8 * 1024 - 1, b'a');
    let mut open = Vec::new();
    for _ in 0..200 {
        let mut connection = Connection::over(stream_from(server.address, 9).await);
        connection.write(&half).await;
        open.push(connection);
    }
    // The share of the address is used up, so each of the others is refused at once.
    let refused = timeout(PATIENCE, open.last_mut().unwrap().answer()).await.unwrap();
    is_refused(&refused, 429, "An address has at most 256 KiB of arriving bodies at once.");
    let mut body = server.wayne.report_request(person([1]).to_string() + &" ".repeat(500_000)).with("Host", "kith");
    server.connect().await.exchange(&body.chunked(10_000), true).await.expect(202);
    body = sign_in(&server, &server.wayne, "").with("Host", &server.address.to_string());
    let answer = server.connect().await.exchange(&body.chunked(10), true).await;
    assert_eq!(answer.status, 303, "{answer:?}");
}

async fn a_large_body_that_trickles_times_out(server: Server) {
    let form = server.wayne.request("POST", "/contacts").with("Host", "kith");
    let form = form.with("Content-Type", "multipart/form-data; boundary=x");
    let mut slow = server.connect().await;
    slow.write(&form.head("Content-Length: 20000000")).await;
    // The server reads the body by the time it has answered others.
    for n in 0..9 {
        server.report(&person([n])).await;
    }
    tokio::time::pause();
    let start = Instant::now();
    for _ in 0..16 {
        slow.write(&[b'-'; 1024]).await;
        // sleeps: a slow client pauses; the clock of the test stands still otherwise
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    slow.answer().await.message(408);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

async fn a_slow_but_steady_body_is_read(server: Server) {
    let body = person([1]).to_string() + &" ".repeat(500_000);
    let mut steady = server.connect().await;
    let request = server.wayne.report_request("").with("Host", "kith");
    steady.write(&request.head(&format!("Content-Length: {}", body.len()))).await;
    for n in 0..9 {
        server.report(&person([n])).await;
    }
    tokio::time::pause();
    let (body, last) = body.as_bytes().split_at(body.len() - 1);
    for piece in body.chunks(10_000) {
        steady.write(piece).await;
        // sleeps: a slow client pauses; the clock of the test stands still otherwise
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    tokio::time::resume();
    steady.write(last).await;
    steady.answer().await.expect(202);
}

async fn mail_connections_of_one_address_hold_up_no_other(server: Server) {
    server.channel("wayne", "email", "support@wayne.example").await;
    let address = mail_of(&server).await;
    let mut crowd = Vec::new();
    for _ in 0..20 {
        crowd.push(Client::over(stream_from(address, 9).await).await);
    }
    let mut refused = BufReader::new(stream_from(address, 9).await);
    let mut text = String::new();
    timeout(PATIENCE, refused.read_line(&mut text)).await.unwrap().unwrap();
    assert_eq!(text, "421 4.7.0 An address has at most 20 mail connections at once. Try again when one has ended.\r\n");
    assert_eq!(timeout(PATIENCE, refused.read_line(&mut text)).await.unwrap().unwrap(), 0);
    let mut other = Client::greeted(address).await;
    let answer = other.send("a@b.example", &["support@wayne.example"], &plain("From: a@b.example")).await;
    assert_eq!(answer.0, 250);
}

async fn idle_mail_connections_end_soon_when_few_are_left(server: Server) {
    let address = mail_of(&server).await;
    let mut crowd = Vec::new();
    for n in 0..150_u8 {
        crowd.push(Client::over(stream_from(address, 10 + n / 20).await).await);
    }
    // The last ones are for addresses that have few.
    let mut late = Client::over(stream_from(address, 200).await).await;
    assert_eq!(late.ask("NOOP").await.0, 250);
    let mut refused = BufReader::new(stream_from(address, 10 + 149 / 20).await);
    let mut text = String::new();
    timeout(PATIENCE, refused.read_line(&mut text)).await.unwrap().unwrap();
    assert!(text.starts_with("421 4.7.0 The server is busy"), "{text}");
    tokio::time::pause();
    let start = Instant::now();
    assert_eq!(crowd[0].answer().await, (421, "4.4.2 The connection was idle for too long.\n".into()));
    assert!(start.elapsed() < Duration::from_secs(25), "{:?}", start.elapsed());
}

async fn a_snapshot_of_many_megabytes_leaves_room_for_others(server: Server) {
    let lines: String = (0..500)
        .map(|n| {
            let mut body = person([n]);
            body["record"] = json!({"system": "crm", "id": n.to_string()});
            body.to_string() + &" ".repeat(80_000) + "\n"
        })
        .collect();
    assert!(lines.len() > 36 * MEBIBYTE);
    let put = server.wayne.request("PUT", "/api/1/records/crm").with("Host", "kith").with("Content-Type", LINES);
    let mut stalled = server.connect().await;
    stalled.write(&put.head(&format!("Content-Length: {}", lines.len()))).await;
    stalled.write(&lines.as_bytes()[..lines.len() - 1]).await;
    let second = wait::until_async("the first one has its share", async || {
        let answer = server.connect().await.exchange(&put.clone().body("").bytes(), true).await;
        (answer.status == 429).then_some(answer)
    })
    .await;
    is_refused(&second, 429, "A company has at most 1 snapshots at once.");
    server.report(&person([9_999])).await;
    stalled.write(b"\n").await;
    let answer = timeout(PATIENCE, stalled.answer()).await.unwrap().expect(200);
    assert_eq!((&answer["records"], &answer["changed"]), (&json!(500), &json!(500)));
}

on_each_store!(
    exports_that_nobody_reads_hold_up_nobody,
    an_export_that_is_not_read_ends,
    bulk_requests_have_a_share_for_each_company,
    a_line_that_trickles_ends_a_bulk_request,
    uploads_that_stall_hold_up_no_other_company,
    arriving_bodies_share_a_memory_budget,
    half_sent_forms_without_credentials_take_little,
    a_large_body_that_trickles_times_out,
    a_slow_but_steady_body_is_read,
    mail_connections_of_one_address_hold_up_no_other,
    idle_mail_connections_end_soon_when_few_are_left,
    a_snapshot_of_many_megabytes_leaves_room_for_others,
);
