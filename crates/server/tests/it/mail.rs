//! E-mail over a raw connection, from well-behaved and hostile mail servers.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use contact::Channel;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::harness::Server;

const SUPPORT: &str = "support@wayne.example";
/// Far more time than any step takes, so that only a hanging one times out.
const PATIENCE: Duration = Duration::from_mins(1);

/// A mail client.
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    async fn to(address: SocketAddr) -> Client {
        Client::over(TcpStream::connect(address).await.unwrap()).await
    }

    pub async fn over(stream: TcpStream) -> Client {
        let mut client = Client { stream: BufReader::new(stream) };
        assert_eq!(client.answer().await.0, 220);
        client
    }

    pub async fn greeted(address: SocketAddr) -> Client {
        let mut client = Client::to(address).await;
        assert_eq!(client.ask("EHLO mx.example").await.0, 250);
        client
    }

    /// Reads the next reply: its code and its lines.
    pub async fn answer(&mut self) -> (u16, String) {
        let mut text = String::new();
        loop {
            let mut line = String::new();
            timeout(PATIENCE, self.stream.read_line(&mut line)).await.unwrap().unwrap();
            assert!(line.ends_with("\r\n"), "the connection ended after {text:?}{line:?}");
            text.push_str(&line[4..]);
            if line.as_bytes()[3] == b' ' {
                return (line[..3].parse().unwrap(), text.replace("\r\n", "\n"));
            }
        }
    }

    async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    pub async fn ask(&mut self, line: &str) -> (u16, String) {
        self.write(format!("{line}\r\n")).await;
        self.answer().await
    }

    /// Sends a message to recipients that accept it, and returns the reply to its end.
    pub async fn send(&mut self, from: &str, to: &[&str], raw: &[u8]) -> (u16, String) {
        assert_eq!(self.ask(&format!("MAIL FROM:<{from}>")).await.0, 250);
        for to in to {
            assert_eq!(self.ask(&format!("RCPT TO:<{to}>")).await.0, 250);
        }
        assert_eq!(self.ask("DATA").await.0, 354);
        self.write(raw).await;
        self.write("\r\n.\r\n").await;
        self.answer().await
    }
}

pub async fn mail_of(server: &Server) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let hub = server.hub.clone();
    tokio::spawn(async move { server::serve_mail(listener, hub, "kith.example", std::future::pending()).await });
    address
}

/// Adds a mail channel, and connects a client.
async fn post(server: &Server) -> (Channel, Client) {
    let channel = server.channel("wayne", "email", SUPPORT).await;
    (channel, Client::greeted(mail_of(server).await).await)
}

pub fn plain(headers: &str) -> Vec<u8> {
    format!("{headers}\r\n\r\nHello\r\n").into_bytes()
}

async fn a_message_is_on_disk_when_it_is_accepted(server: Server) {
    let (channel, mut client) = post(&server).await;
    let raw = "From: Selina Kyle <selina@gotham.org>\r\nSubject: Ring\r\n\r\nHello\r\n..dots\r\n.. .\r\n";
    let answer = client.send("selina@gotham.org", &[SUPPORT], raw.as_bytes()).await;
    assert_eq!(answer, (250, "2.0.0 Message accepted.\n".into()));
    let (conversation, messages) = server.threads(&channel).await.remove(0);
    assert_eq!((conversation.subject.as_str(), messages[0].text.as_str()), ("Ring", "Hello\n.dots\n. ."));
    assert_eq!(server.contact("alt:email:selina@gotham.org").await["name"], "Selina Kyle");
    assert_eq!(client.ask("QUIT").await.0, 221);
}

async fn multipart_mail_and_other_charsets_are_read(server: Server) {
    let (channel, mut client) = post(&server).await;
    let raw = "From: =?utf-8?B?U2Vsw61uYQ==?= <selina@gotham.org>\r\nSubject: =?iso-8859-1?Q?Caf=E9?=\r\n\
        Content-Type: multipart/mixed; boundary=x\r\n\r\n\
        --x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hi</p><script>a</script><img src=https://t/p>\r\n\
        --x\r\nContent-Type: text/csv; name*=utf-8''%C3%A9.csv\r\nContent-Disposition: attachment\r\n\r\na,b\r\n--x--\r\n";
    assert_eq!(client.send("selina@gotham.org", &[SUPPORT], raw.as_bytes()).await.0, 250);
    let message = server.threads(&channel).await.remove(0).1.remove(0);
    assert_eq!((message.subject.as_str(), message.text.as_str()), ("Café", "Hi"));
    assert_eq!(message.html.unwrap(), "<p>Hi</p><img data-src=\"https://t/p\">");
    assert_eq!(
        (message.attachments[0].name.as_str(), message.attachments[0].media_type.as_str()),
        ("é.csv", "text/csv")
    );
    assert_eq!(server.contact("alt:email:selina@gotham.org").await["name"], "Selína");
}

async fn replies_join_their_thread_and_are_stored_once(server: Server) {
    let (channel, mut client) = post(&server).await;
    let first = plain("From: a@b.example\r\nMessage-ID: <1@b.example>");
    let second = plain("From: c@d.example\r\nMessage-ID: <2@d.example>\r\nIn-Reply-To: <1@b.example>");
    let third = plain("From: a@b.example\r\nReferences: <0@x> <1@b.example> <2@d.example> <lost@x>");
    let other = plain("From: a@b.example\r\nMessage-ID: <9@b.example>");
    for raw in [&first, &first, &second, &third, &other, &second] {
        assert_eq!(client.send("a@b.example", &[SUPPORT], raw).await.0, 250);
    }
    assert_eq!(server.lengths(&channel).await, [1, 3]);
}

async fn each_recipient_gets_it_in_its_own_company(server: Server) {
    let (channel, mut client) = post(&server).await;
    server.company("acme").await;
    let acme = server.channel("acme", "email", "hello@acme.example").await;
    let to = [SUPPORT, "HELLO@acme.example", "Support@Wayne.Example"];
    assert_eq!(client.send("a@b.example", &to, &plain("From: a@b.example")).await.0, 250);
    assert_eq!((server.lengths(&channel).await, server.lengths(&acme).await), (vec![1], vec![1]));
}

async fn smtp_commands_need_their_order(server: Server) {
    let channel = server.channel("wayne", "email", SUPPORT).await;
    let mut client = Client::to(mail_of(&server).await).await;
    assert_eq!(client.ask("MAIL FROM:<a@b.example>").await.0, 503);
    let (code, hello) = client.ask("EHLO [192.0.2.1]").await;
    assert!(code == 250 && hello.contains("SIZE 26214400\n") && hello.contains("8BITMIME\n"), "{hello}");
    for (line, code) in [
        ("RCPT TO:<support@wayne.example>", 503),
        ("DATA", 503),
        ("MAIL FROM:a@b.example", 501),
        ("MAIL FROM:<a@b.example> SIZE=26214401", 552),
        ("MAIL FROM:<a@b.example> SIZE=x", 501),
        ("MAIL FROM:<a@b.example> SIZE=26214400 BODY=8BITMIME", 250),
        ("MAIL FROM:<a@b.example>", 503),
        ("RCPT TO:<nobody@wayne.example>", 550),
        ("RCPT TO:<support@@wayne.example>", 501),
        ("DATA", 554),
        ("RCPT TO:<support@wayne.example>", 250),
        ("RSET", 250),
        ("DATA", 503),
        ("STARTTLS", 502),
        ("VRFY support", 252),
        ("NOOP", 250),
        ("POST / HTTP/1.1", 500),
        ("mail from:<>", 250),
        ("rcpt to:<SUPPORT@wayne.example>", 250),
    ] {
        assert_eq!(client.ask(line).await.0, code, "{line}");
    }
    // All in one write, as PIPELINING allows.
    client.write("DATA\r\n").await;
    assert_eq!(client.answer().await.0, 354);
    client.write("From: a@b.example\r\n\r\nHi\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<x@y.example>\r\nQUIT\r\n").await;
    for code in [250, 250, 550, 221] {
        assert_eq!(client.answer().await.0, code);
    }
    assert_eq!(server.lengths(&channel).await, [1]);
}

async fn a_message_that_is_too_long_is_refused_and_the_connection_stays(server: Server) {
    let (channel, mut client) = post(&server).await;
    let huge = [plain("From: a@b.example"), b"x\r\n".repeat(9_000_000)].concat();
    assert_eq!(client.send("a@b.example", &[SUPPORT], &huge).await.0, 552);
    assert_eq!(client.ask(&format!("NOOP {}", "x".repeat(100_000))).await.0, 500);
    assert_eq!(client.ask("MAIL FROM:<a@b.example>").await.0, 250);
    for n in 0..101 {
        let expected = if n < 100 { 250 } else { 452 };
        assert_eq!(client.ask("RCPT TO:<support@wayne.example>").await.0, expected);
    }
    assert_eq!(client.ask("RSET").await.0, 250);
    assert_eq!(client.send("a@b.example", &[SUPPORT], &plain("From: a@b.example")).await.0, 250);
    for _ in 0..20 {
        assert_eq!(client.ask("nonsense").await.0 / 100, 5);
    }
    assert_eq!(server.lengths(&channel).await, [1]);
}

async fn automatic_mail_of_a_sender_is_one_conversation(server: Server) {
    let (channel, mut client) = post(&server).await;
    let flood = (0..50).map(|n| {
        let header = ["Auto-Submitted: auto-replied", "Precedence: bulk", "X-N: y"][n % 3];
        plain(&format!("From: MAILER-DAEMON@b.example\r\nMessage-ID: <{n}@b.example>\r\n{header}\r\nSubject: {n}"))
    });
    for raw in flood {
        assert_eq!(client.send("", &[SUPPORT], &raw).await.0, 250);
    }
    assert_eq!(server.lengths(&channel).await, [50]);
    let other = plain("From: robot@b.example\r\nAuto-Submitted: auto-generated");
    assert_eq!(client.send("robot@b.example", &[SUPPORT], &other).await.0, 250);
    assert_eq!(server.lengths(&channel).await, [1, 50]);
}

async fn a_name_from_mail_never_replaces_a_reported_one(server: Server) {
    let (_, mut client) = post(&server).await;
    server.report(&json!({"name": "Selina Kyle", "fields": [{"source": "email", "handle": "s@b.example"}]})).await;
    assert_eq!(client.send("s@b.example", &[SUPPORT], &plain("From: Catwoman <s@b.example>")).await.0, 250);
    assert_eq!(server.contact("alt:email:s@b.example").await["name"], "Selina Kyle");
}

/// Hostile input, and the first digit of the reply.
fn hostile() -> Vec<(&'static str, Vec<u8>, u16)> {
    let from = "From: a@b.example\r\n";
    let with = |rest: &str| format!("{from}{rest}").into_bytes();
    let multipart = "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n";
    let inner = "Content-Type: message/rfc822\r\n\r\n";
    let base64 = "Content-Transfer-Encoding: base64\r\n\r\n";
    vec![
        ("an empty message", Vec::new(), 2),
        ("nothing but line ends", b"\r\n\r\n\r\n".to_vec(), 2),
        ("no headers", b"just text".to_vec(), 2),
        ("headers that never end", with("Subject: a"), 2),
        ("an unterminated multipart", with(multipart), 2),
        ("a multipart without a boundary", with("Content-Type: multipart/mixed\r\n\r\nx"), 2),
        ("10,000 nested multiparts", with(&multipart.repeat(10_000)), 2),
        (
            "10,000 nested multiparts of their own",
            {
                let nested = |n| format!("Content-Type: multipart/mixed; boundary=x{n}\r\n\r\n--x{n}\r\n");
                with(&(0..10_000).map(nested).collect::<String>())
            },
            2,
        ),
        ("10,000 parts", with(&format!("{multipart}{}", "\r\na\r\n--x\r\n".repeat(9_990))), 2),
        ("200,000 messages in messages", with(&inner.repeat(200_000)), 2),
        ("a header of 1 MB", with(&format!("Subject: {}\r\n\r\nx", "a".repeat(1_000_000))), 2),
        ("100,000 headers", with(&format!("{}\r\nx", "X: y\r\n".repeat(100_000))), 2),
        ("encoded words without end", with(&format!("Subject: {}\r\n\r\nx", "=?utf-8?Q?a".repeat(50_000))), 2),
        ("NULs", with("Subject: a\0b\r\nX\0: y\r\n\r\na\0b"), 2),
        ("a bare LF that would end it", with("\r\na\n.\nMAIL FROM:<evil@b.example>\nb\r\n"), 2),
        ("LF, dot, CRLF", with("\r\na\n.\r\nMAIL FROM:<evil@b.example>\r\nb"), 2),
        ("CR, dot, CR", with("\r\na\r.\rQUIT\r"), 2),
        (
            "markup in headers",
            with("Subject: <script>alert(1)</script>\r\nFrom: \"<img src=x>\" <c@d.example>\r\n\r\nx"),
            2,
        ),
        (
            "markup without end",
            with(&format!("Content-Type: text/html\r\n\r\n{}", "<div><b><a href=x>".repeat(50_000))),
            2,
        ),
        ("an unknown charset", with("Content-Type: text/plain; charset=\"\u{202e}x-nope\"\r\n\r\n\u{e9}"), 2),
        ("bytes of no charset", [with("\r\n"), vec![0xff, 0xfe, 0xc3, 0x28, 0x80]].concat(), 2),
        (
            "UTF-7 and UTF-16",
            with(&format!("Content-Type: text/html; charset=utf-7\r\n{base64}K0FEdy1zY3JpcHQrQUQ0-")),
            2,
        ),
        ("broken base64", with(&format!("Content-Type: image/png\r\n{base64}====%%%%\r\nA")), 2),
        ("broken quoted-printable", with("Content-Transfer-Encoding: quoted-printable\r\n\r\n=\r\n=ZZ=3"), 2),
        ("a name that turns around", "From: \u{202e}moc <a@b.example>\r\n\r\nx".as_bytes().to_vec(), 2),
        ("huge References", with(&format!("References:{}\r\n\r\nx", " <a@b.example>".repeat(60_000))), 2),
        ("a huge message id", with(&format!("Message-ID: <{}>\r\n\r\nx", "a".repeat(100_000))), 2),
        ("200,000 addresses", with(&format!("To:{}\r\n\r\nx", " a@b.example,".repeat(200_000))), 2),
        ("a header in a header", with("Subject: =?utf-8?Q?a=0D=0ABcc:_x@y.example?=\r\n\r\nx"), 2),
        (
            "a boundary of its own kind",
            with(&format!(
                "Content-Type: multipart/mixed; boundary=\"{}\"\r\n\r\n{}",
                "-".repeat(1_000),
                "-".repeat(1_000_000)
            )),
            2,
        ),
        ("a file with folders", with("Content-Type: a/b; name=\"../../x\\\0\"\r\n\r\nx"), 2),
    ]
}

async fn hostile_mail_does_not_stop_the_server(server: Server) {
    let (channel, mut client) = post(&server).await;
    for (what, raw, expected) in hostile() {
        let answer = client.send("a@b.example", &[SUPPORT], &raw).await;
        assert_eq!(answer.0 / 100, expected, "{what}: {answer:?}");
    }
    assert_eq!(client.send("", &[SUPPORT], b"From: nobody\r\n\r\nx").await.0, 554);
    // The server still works, and no message was smuggled in.
    assert_eq!(client.send("a@b.example", &[SUPPORT], &plain("From: last@b.example")).await.0, 250);
    let company = channel.id.company();
    let talks = server.hub.conversations(company, None, false, None, 50).await.unwrap().items;
    assert!(talks.iter().all(|talk| talk.conversation.sender.text() != "evil@b.example"));
    let shown = |text: &str| !text.contains(|c: char| c.is_control() || c == '\u{202e}');
    assert!(
        talks.iter().all(|talk| shown(&talk.conversation.subject)
            && talk.contact.as_ref().is_some_and(|one| shown(one.name())))
    );
    assert_eq!(talks[0].conversation.sender.text(), "last@b.example");
}

async fn connections_that_send_nonsense_are_closed(server: Server) {
    let address = mail_of(&server).await;
    for junk in [&b"\x16\x03\x01\x02\0\x01\0\r\n"[..], &[0; 10_000], "\u{202e}\r\n".as_bytes(), b"\n\n\n\r\n"] {
        let mut client = Client::to(address).await;
        // It may close the connection before it has read everything.
        let _ = client.stream.write_all(&junk.repeat(50)).await;
        let _ = client.stream.shutdown().await;
    }
    Client::greeted(address).await;
}

async fn a_stopping_server_finishes_a_message(server: Server) {
    let channel = server.channel("wayne", "email", SUPPORT).await;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let (address, hub) = (listener.local_addr().unwrap(), server.hub.clone());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        let stop = async {
            let _ = stopped.await;
        };
        server::serve_mail(listener, hub, "kith.example", stop).await;
    });
    let mut idle = Client::greeted(address).await;
    let mut busy = Client::greeted(address).await;
    busy.ask("MAIL FROM:<a@b.example>").await;
    busy.ask("RCPT TO:<support@wayne.example>").await;
    assert_eq!(busy.ask("DATA").await, (354, "Go ahead. End with a dot on a line of its own.\n".into()));
    stop.send(()).unwrap();
    assert_eq!(idle.answer().await.0, 421);
    busy.write("From: a@b.example\r\n\r\nHi\r\n.\r\n").await;
    assert_eq!(busy.answer().await.0, 250);
    assert_eq!(busy.answer().await.0, 421);
    timeout(PATIENCE, serving).await.unwrap().unwrap();
    assert_eq!(server.lengths(&channel).await, [1]);
}

const PYTHON: &str = r#"
import smtplib, sys
from email.message import EmailMessage
message = EmailMessage()
message["From"] = "Sel\u00edna <selina@gotham.org>"
message["To"] = "support@wayne.example"
message["Subject"] = "Caf\u00e9"
message.set_content("Hello\n.\n..\nfrom Python \u2713")
message.add_alternative("<p>Hello</p>", subtype="html")
message.add_attachment(bytes(range(256)), maintype="application", subtype="octet-stream", filename="\u00e9.bin")
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as smtp:
    smtp.send_message(message)
"#;

async fn a_real_mail_client_can_deliver(server: Server) {
    let channel = server.channel("wayne", "email", SUPPORT).await;
    let port = mail_of(&server).await.port().to_string();
    let python = tokio::task::spawn_blocking(move || {
        std::process::Command::new("python3").args(["-c", PYTHON, &port]).stderr(Stdio::piped()).output()
    });
    let Ok(done) = python.await.unwrap() else {
        println!("skipped: there is no python3");
        return;
    };
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let message = server.threads(&channel).await.remove(0).1.remove(0);
    assert_eq!((message.subject.as_str(), message.text.as_str()), ("Café", "Hello\n.\n..\nfrom Python ✓"));
    assert_eq!(message.html.as_deref(), Some("<p>Hello</p>"));
    let file = server.hub.attachment(channel.id.company(), message.attachments[0].id).await.unwrap().unwrap();
    assert_eq!((file.name.as_str(), &*file.content), ("é.bin", &(0..=255).collect::<Vec<u8>>()[..]));
}

on_each_store!(
    a_message_is_on_disk_when_it_is_accepted,
    multipart_mail_and_other_charsets_are_read,
    replies_join_their_thread_and_are_stored_once,
    each_recipient_gets_it_in_its_own_company,
    smtp_commands_need_their_order,
    a_message_that_is_too_long_is_refused_and_the_connection_stays,
    automatic_mail_of_a_sender_is_one_conversation,
    a_name_from_mail_never_replaces_a_reported_one,
    hostile_mail_does_not_stop_the_server,
    connections_that_send_nonsense_are_closed,
    a_stopping_server_finishes_a_message,
    a_real_mail_client_can_deliver,
);
