//! Clients that guess, stall, flood or send nonsense, and other clients that must not be affected.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::browser::Browser;
use crate::client::{Connection, Request};
use crate::harness::{Login, Server, person};

/// Most time to wait for a condition.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection from an address of its own: all of 127.0.0.0/8 is this machine.
async fn connect_from(server: &Server, last: u8) -> Connection {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0))).unwrap();
    Connection::over(socket.connect(server.address).await.unwrap())
}

fn report_request(server: &Server, n: usize) -> Request {
    server.wayne.report_request(person([n]).to_string()).with("Host", "kith")
}

fn guess(name: &str) -> Request {
    let wrong = Login { name: name.into(), password: "wrong".into() };
    wrong.report_request(person([1]).to_string()).with("Host", "kith")
}

async fn guessing_is_slowed_down_but_the_company_is_not(server: Server) {
    let mut guesser = server.connect().await;
    let guess = guess("wayne");
    for _ in 0..20 {
        guesser.ask(&guess).await.errors(401);
    }
    let slowed = async |guesser: &mut Connection| {
        loop {
            let answer = guesser.ask(&guess).await;
            if answer.status != 401 {
                return answer;
            }
        }
    };
    let answer = tokio::time::timeout(PATIENCE, slowed(&mut guesser)).await.unwrap();
    assert_eq!(answer.errors(429).len(), 1);
    assert!((1..=2).contains(&answer.header("retry-after").unwrap().parse::<u64>().unwrap()), "{answer:?}");
    for n in 0..30 {
        guesser.ask(&guess).await;
        guesser.ask(&report_request(&server, n)).await.expect(202);
    }
    let reading = Request::new("GET", "/contacts").with("Host", "kith").with("Authorization", "Basic !");
    guesser.ask(&reading).await.message(429);
    connect_from(&server, 2).await.ask(&guess).await.errors(401);
}

async fn guessing_from_many_addresses_is_slowed_down(server: Server) {
    let mut tries = 0;
    let last = 'guessing: {
        for last in 2..=100 {
            let mut guesser = connect_from(&server, last).await;
            // Few enough that no single address is slowed down.
            for _ in 0..10 {
                if guesser.ask(&guess("wayne")).await.status == 429 {
                    break 'guessing last;
                }
                tries += 1;
            }
        }
        panic!("{tries} tries were let through");
    };
    assert!(tries >= 200, "{tries}");
    let mut same = connect_from(&server, last).await;
    same.ask(&guess("acme")).await.errors(401);
    same.ask(&report_request(&server, 1)).await.expect(202);
}

async fn a_body_that_stalls_times_out(server: Server) {
    let mut slow = server.connect().await;
    slow.write(&report_request(&server, 1).head("Content-Length: 1000")).await;
    for byte in b"{\"name\": " {
        slow.write(&[*byte]).await;
        server.ask(report_request(&server, 2)).await.expect(202);
    }
    // From here on time passes only when all tasks wait.
    tokio::time::pause();
    let start = Instant::now();
    for byte in b"\"Bruce" {
        slow.write(&[*byte]).await;
        // sleeps: a slow client pauses; the clock of the test stands still otherwise
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    slow.answer().await.errors(408);
    let waited = start.elapsed();
    assert!((Duration::from_secs(10)..Duration::from_secs(16)).contains(&waited), "{waited:?}");
}

async fn a_stalled_head_and_an_idle_connection_time_out(server: Server) {
    let mut stalled = server.connect().await;
    stalled.write(b"POST /api/1/contacts HTTP/1.1\r\nHost: k").await;
    let mut idle = server.connect().await;
    idle.ask(&report_request(&server, 1)).await.expect(202);
    let mut silent = server.connect().await;
    tokio::time::pause();
    let start = Instant::now();
    for connection in [&mut stalled, &mut idle, &mut silent] {
        assert!(tokio::time::timeout(Duration::from_secs(100), connection.ends()).await.unwrap());
    }
    assert!(start.elapsed() < Duration::from_secs(31), "{:?}", start.elapsed());
}

async fn a_client_that_reads_no_answer_is_disconnected(server: Server) {
    const ANSWERS: usize = 100;
    for n in 0..10 {
        let mut body = person([n]);
        body["description"] = "雪".repeat(10_000).into();
        server.report(&body).await;
    }
    let reading = server.wayne.request("GET", "/contacts").with("Host", "kith");
    let mut greedy = server.connect().await;
    let answer_bytes = greedy.ask(&reading).await.body.len();
    // More than the system holds for a connection, so that the server waits for its reader.
    greedy.write(&reading.bytes().repeat(ANSWERS)).await;
    tokio::time::pause();
    for _ in 0..200 {
        // sleeps: a database that prepares an answer needs real time, which does not pass on the clock of the test
        tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(5))).await.unwrap();
        // sleeps: the client does not read; the clock of the test stands still otherwise
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let drained = greedy.drain().await;
    assert!(drained < ANSWERS * answer_bytes, "all {drained} bytes were buffered for a client that did not read");
}

async fn five_hundred_idle_connections_block_no_request(server: Server) {
    // Both ends are open files of this process, and other tests have some too.
    rlimit::increase_nofile_limit(10_000).unwrap();
    let mut idle = Vec::new();
    for n in 0..500 {
        let mut connection = server.connect().await;
        match n % 4 {
            0 => connection.write(b"POST /api/1/con").await,
            1 => connection.write(&report_request(&server, n).head("Content-Length: 10")).await,
            2 => connection.write(&report_request(&server, n).head("Transfer-Encoding: chunked")).await,
            _ => {}
        }
        idle.push(connection);
    }
    server.ask(report_request(&server, 1)).await.expect(202);
    assert_eq!(server.contacts().await.len(), 1);
}

async fn requests_share_a_connection(server: Server) {
    let mut connection = server.connect().await;
    for n in 0..10 {
        connection.ask(&report_request(&server, n)).await.expect(202);
        connection.ask(&report_request(&server, n).body("no JSON")).await.errors(400);
        connection.ask(&report_request(&server, n).body("{}")).await.errors(422);
    }
    assert_eq!(server.contacts().await.len(), 10);
}

async fn pipelined_requests_are_answered_in_order(server: Server) {
    let mut connection = server.connect().await;
    let requests = [
        report_request(&server, 1),
        report_request(&server, 2).body("{}"),
        report_request(&server, 2),
        report_request(&server, 1),
    ];
    let mut bytes: Vec<u8> = requests.iter().flat_map(Request::bytes).collect();
    bytes.extend(server.wayne.request("GET", "/contacts?limit=1").with("Host", "kith").bytes());
    connection.write(&bytes).await;
    let first = connection.answer().await.expect(202);
    connection.answer().await.errors(422);
    let second = connection.answer().await.expect(202);
    assert_eq!(connection.answer().await.expect(202)["id"], first["id"]);
    assert_eq!(connection.answer().await.expect(200)["_results"][0]["id"], second["id"]);
}

async fn a_head_past_64_kib_is_refused(server: Server) {
    let reading = server.wayne.request("GET", "/contacts").with("Host", "kith").with("X-Wide", "");
    let wide = |bytes: usize| reading.clone().with("X-Wide", &"x".repeat(bytes - reading.bytes().len())).bytes();
    assert_eq!(server.connect().await.exchange_bare(&wide(64 * 1024)).await, 200);
    for bytes in [64 * 1024 + 1, 100 * 1024, 1024 * 1024] {
        assert_eq!(server.connect().await.exchange_bare(&wide(bytes)).await, 431, "{bytes} bytes");
    }
    let many = (0..200).fold(reading.clone(), |request, n| request.with(&format!("X-{n}"), "x"));
    assert_eq!(server.connect().await.exchange_bare(&many.bytes()).await, 431);
}

async fn requests_that_are_not_http_are_refused(server: Server) {
    for nonsense in ["\x16\x03\x01\x02\0\x01\0\x01", "GET\r\n\r\n", "Bruce Wayne\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"] {
        let mut connection = server.connect().await;
        assert_eq!(connection.exchange_bare(nonsense.as_bytes()).await, 400, "{nonsense:?}");
        assert!(connection.ends().await);
    }
    // Two lengths that differ are how requests are smuggled past others (RFC 9112, section 6.3).
    let body = person([1]).to_string();
    for framing in ["Content-Length: 1\r\nContent-Length: 100", "Transfer-Encoding: gzip", "Content-Length: -1"] {
        let mut bytes = report_request(&server, 1).head(framing);
        bytes.extend_from_slice(body.as_bytes());
        assert_eq!(server.connect().await.exchange_bare(&bytes).await, 400, "{framing}");
    }
    assert_eq!(server.contacts().await.len(), 0);
}

async fn an_unknown_route_is_a_404(server: Server) {
    for target in ["/api/1", "/api/1/contact", "/api/2/contacts", "/contacts/a/b/c", "/%FF", "/..%2f"] {
        server.get(target).await.message(404);
        server.ask(server.wayne.report_request("{}").target(target)).await.message(404);
    }
}

async fn health_needs_no_login(server: Server) {
    for (target, says) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = server.ask(Request::new("GET", target)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, says));
    }
}

async fn a_refusal_says_whether_the_connection_goes_on(server: Server) {
    let stranger = guess("nobody").body(vec![b' '; 300_000]);
    let unread = [
        (401, stranger.clone()),
        (404, stranger.clone().target("/nothing")),
        (405, stranger.clone().method("PATCH")),
        (415, report_request(&server, 1).with("Content-Type", "text/plain").body(vec![b' '; 300_000])),
        (413, report_request(&server, 1).body(vec![b' '; 2 * 1024 * 1024])),
        (400, stranger.clone().with("Host", "a b")),
        (403, stranger.clone().target("/app/sign-in").with("Origin", "https://evil.example")),
    ];
    for (status, request) in unread {
        let mut connection = server.connect().await;
        let answer = connection.ask(&request).await;
        assert_eq!((answer.status, answer.header("connection")), (status, Some("close")), "{answer:?}");
        assert!(tokio::time::timeout(PATIENCE, connection.ends()).await.unwrap(), "{status}");
    }
    // A short body is skipped, and the next request is answered.
    let mut connection = server.connect().await;
    for request in [guess("nobody"), guess("nobody").target("/nothing"), guess("nobody").method("PATCH")] {
        let answer = connection.ask(&request).await;
        assert!(answer.status >= 400 && answer.header("connection").is_none(), "{answer:?}");
    }
    connection.ask(&report_request(&server, 1)).await.expect(202);
    // Who asks first is not permitted to send what is not read.
    let head = guess("nobody").head("Expect: 100-continue\r\nContent-Length: 10");
    let mut connection = server.connect().await;
    let answer = connection.exchange(&head, true).await;
    assert_eq!((answer.status, answer.header("connection")), (401, Some("close")), "{answer:?}");
}

async fn errors_are_in_the_words_of_the_server(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    for (status, method, target) in [
        (404, "GET", "/app/contacts/%FF"),
        (404, "GET", "/app/files/%FF"),
        (404, "GET", "/app/inbox/%FF/%FF"),
        (404, "GET", "/app/static/%FF"),
        (404, "GET", "/app/static/nothing.css"),
        (400, "GET", "/app/live?after=soon"),
        (400, "GET", "/app/live?after=1&after=2"),
        (405, "POST", "/app/inbox"),
        (405, "DELETE", "/app/static/app.css"),
        (405, "POST", "/docs"),
        (405, "POST", "/"),
    ] {
        let answer = server.ask(browser.request(method, target).with("Host", "kith")).await;
        assert_eq!(answer.status, status, "{target}: {answer:?}");
        assert!(answer.body.starts_with("<!DOCTYPE html>") && answer.body.contains("<h1>"), "{target}: {answer:?}");
        assert_eq!(answer.header("allow").is_some(), status == 405, "{target}: {answer:?}");
    }
    server.get("/contacts/%FF/%FF").await.message(404);
    server.get("/contacts/%FF").await.message(404);
    server.ask(server.wayne.request("POST", "/openapi.json")).await.message(405);
    server.ask(server.wayne.request("DELETE", "/api/1/records/crm/%FF")).await.errors(422);
    for target in ["/healthz", "/readyz", "/channels/cha_1/twilio"] {
        let answer = server.ask(Request::new("DELETE", target)).await;
        let message = "DELETE is not allowed here. The Allow header lists the methods.\n";
        assert_eq!((answer.status, answer.body.as_str()), (405, message), "{target}");
    }
}

async fn a_clock_that_is_set_back_loses_nothing(server: Server) {
    const YEAR: i64 = 365 * 24 * 60 * 60 * 1_000;
    let browser = Browser::of(&server, &server.wayne).await;
    let first = server.report(&person([1])).await;
    let before = server.contact(&first).await["updated_at"].as_f64().unwrap();
    server.hub.set_rate_limit(&"wayne".parse().unwrap(), Some(100)).await.unwrap();
    for _ in 0..3 {
        server.clock.advance(-YEAR);
        let id = server.report(&person([2])).await;
        server.report(&person([3])).await;
        // Who asks for what has changed since the last time misses nothing.
        let changed = server.get(&format!("/contacts?q[updated_after]={}", before - 0.001)).await.expect(200);
        assert_eq!(changed["_results"].as_array().unwrap().len(), 3, "{changed}");
        assert!(server.contact(&id).await["updated_at"].as_f64().unwrap() >= before);
        for page in ["/app/inbox", "/app/contacts", &format!("/app/contacts/{id}"), "/app/settings"] {
            browser.page(page).await;
        }
        let used = server.get("/contacts").await;
        let number = |name: &str| used.header(name).unwrap().parse::<i64>().unwrap();
        assert!((90..100).contains(&number("x-ratelimit-remaining")), "{used:?}");
    }
    server.clock.advance(5 * YEAR);
    let ours = server.report(&person([4])).await;
    assert_eq!(server.contacts().await[0]["id"], ours);
    // Another server goes on from what is stored.
    server.clock.advance(-5 * YEAR);
    let beside = server.beside(server.store.clone(), None).await;
    let theirs = beside.report(&person([5])).await;
    assert_eq!(server.contacts().await[0]["id"], theirs);
}

async fn a_stopping_server_answers_accepted_requests(server: Server) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server::serve(listener, server.app().router(), async { stopped.await.unwrap() }));
    let mut silent = Connection::to(address).await;
    let mut idle = Connection::to(address).await;
    idle.ask(&report_request(&server, 1)).await.expect(202);
    let mut working = Connection::to(address).await;
    let (head, body) =
        (report_request(&server, 2).head("Expect: 100-continue\r\nContent-Length: "), person([2]).to_string());
    let head = String::from_utf8(head).unwrap().replace("Length: \r", &format!("Length: {}\r", body.len()));
    // The server sends 100 Continue when it handles the request.
    assert_eq!(working.exchange_bare(head.as_bytes()).await, 100);
    stop.send(()).unwrap();
    for connection in [&mut idle, &mut silent] {
        assert!(tokio::time::timeout(PATIENCE, connection.ends()).await.unwrap());
    }
    assert!(!serving.is_finished());
    working.write(body.as_bytes()).await;
    working.answer().await.expect(202);
    tokio::time::timeout(PATIENCE, serving).await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    assert_eq!(server.contacts().await.len(), 2);
}

on_each_store!(
    guessing_is_slowed_down_but_the_company_is_not,
    guessing_from_many_addresses_is_slowed_down,
    a_body_that_stalls_times_out,
    a_stalled_head_and_an_idle_connection_time_out,
    a_client_that_reads_no_answer_is_disconnected,
    five_hundred_idle_connections_block_no_request,
    requests_share_a_connection,
    pipelined_requests_are_answered_in_order,
    a_head_past_64_kib_is_refused,
    requests_that_are_not_http_are_refused,
    an_unknown_route_is_a_404,
    health_needs_no_login,
    a_refusal_says_whether_the_connection_goes_on,
    errors_are_in_the_words_of_the_server,
    a_clock_that_is_set_back_loses_nothing,
    a_stopping_server_answers_accepted_requests,
);
