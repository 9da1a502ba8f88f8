//! Certificates: from files that change, and from a certificate authority. Clients are curl and Python.

use std::fs;
use std::net::TcpListener;
use std::process::Stdio;

use rcgen::{CertifiedKey, generate_simple_self_signed};

use crate::harness::{Done, Place, Process, Server, finish, signal, until};

/// Writes a new certificate for `localhost` and its key.
fn certify(place: &Place, certificate: &str, key: &str) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(place.path(certificate), cert.pem()).unwrap();
    fs::write(place.path(key), signing_key.serialize_pem()).unwrap();
}

fn serve(place: &Place) -> Server {
    let options =
        ["serve", "--listen", "127.0.0.1:0", "--smtp", "127.0.0.1:0", "--tls-cert", "a.pem", "--tls-key", "a.key"];
    Server::start_encrypted(&mut place.kith(&options))
}

/// Asks the server over TLS, if it has this certificate.
fn ask(place: &Place, server: &Server, certificate: &str, path: &str) -> Done {
    let url = format!("https://localhost:{}{path}", server.address.port());
    finish(place.command("curl").args([
        "--disable",
        "--silent",
        "--show-error",
        "--include",
        "--cacert",
        certificate,
        &url,
    ]))
}

#[test]
fn https_is_served_with_a_certificate_from_files() {
    let place = Place::new();
    certify(&place, "a.pem", "a.key");
    let server = serve(&place);
    assert!(server.out().starts_with("Kith listens on https://127.0.0.1:"), "{}", server.out());
    // Connections that never begin a handshake are in nobody's way.
    let silent: Vec<_> = (0..50).map(|_| std::net::TcpStream::connect(server.address).unwrap()).collect();
    let page = ask(&place, &server, "a.pem", "/app/sign-in");
    assert_eq!(page.code, Some(0), "{}", page.err);
    assert!(
        page.out.starts_with("HTTP/1.1 200") && page.out.contains("strict-transport-security: max-age="),
        "{}",
        page.out
    );
    drop(silent);

    // A new pair is used by the next connection. One that does not fit changes nothing.
    certify(&place, "b.pem", "b.key");
    fs::copy(place.path("b.pem"), place.path("a.pem")).unwrap();
    fs::copy(place.path("a.pem"), place.path("old.pem")).unwrap();
    signal(server.id(), "HUP");
    until("the bad pair is reported", || server.log().contains("a.key is not the key of a.pem.").then_some(()));
    fs::copy(place.path("b.key"), place.path("a.key")).unwrap();
    until("the new certificate is used", || (ask(&place, &server, "b.pem", "/healthz").code == Some(0)).then_some(()));
    assert!(server.log().contains("the certificate has changed"), "{}", server.log());
    assert_eq!(server.stop("TERM").code(), Some(0));
}

#[test]
fn a_certificate_that_cannot_be_used_is_named() {
    let place = Place::new();
    certify(&place, "a.pem", "a.key");
    certify(&place, "b.pem", "b.key");
    fs::write(place.path("empty.pem"), "nothing\n").unwrap();
    for (certificate, key, reason) in [
        ("missing.pem", "a.key", "missing.pem cannot be read"),
        ("a.pem", "missing.key", "missing.key cannot be read"),
        ("empty.pem", "a.key", "empty.pem has no certificate in PEM"),
        ("a.pem", "a.pem", "a.pem has no private key in PEM"),
        ("a.pem", "b.key", "b.key is not the key of a.pem"),
    ] {
        let done = place.run(&["serve", "--listen", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key]);
        assert!(done.code == Some(1) && done.err.contains(reason), "{reason}: {}{}", done.out, done.err);
        assert_eq!(done.out, "");
    }
    for (options, reason) in [
        (&["--tls-cert", "a.pem"][..], "--tls-key"),
        (&["--tls-key", "a.key"], "--tls-cert"),
        (&["--acme-domain", "192.0.2.1"], "name of a host"),
        (&["--acme-domain", "*.example.org"], "name of a host"),
        (&["--acme-domain", "a.example", "--tls-cert", "a.pem", "--tls-key", "a.key"], "cannot be used with"),
        (&["--trusted-proxy", "10.0.0.0/40"], "such as 192.0.2.7 or 10.0.0.0/8"),
    ] {
        let done = place.run(&[&["serve"], options].concat());
        assert!(done.code == Some(2) && done.err.contains(reason), "{options:?}: {}", done.err);
    }
}

#[test]
fn a_server_that_offers_plain_http_to_the_network_says_so() {
    let place = Place::new();
    certify(&place, "a.pem", "a.key");
    let warns = |options: &[&str]| {
        let server = Server::start_encrypted(&mut place.kith(&[&["serve"], options].concat()));
        server.log().contains("cross the network unencrypted; use --tls-cert")
    };
    assert!(warns(&["--listen", "0.0.0.0:0"]));
    assert!(!warns(&["--listen", "127.0.0.1:0"]));
    assert!(!warns(&["--listen", "0.0.0.0:0", "--trusted-proxy", "192.0.2.7"]));
    assert!(!warns(&["--listen", "0.0.0.0:0", "--tls-cert", "a.pem", "--tls-key", "a.key"]));
}

/// Sends a message by STARTTLS, and tries to smuggle a command in before the handshake.
const PYTHON: &str = r#"
import smtplib, socket, ssl, sys
port, certificate = int(sys.argv[1]), sys.argv[2]
context = ssl.create_default_context(cafile=certificate)
with smtplib.SMTP("localhost", port) as smtp:
    smtp.ehlo()
    assert smtp.has_extn("starttls")
    smtp.mail("a@b.example")
    smtp.starttls(context=context)
    code, text = smtp.docmd("MAIL FROM:<a@b.example>")
    assert code == 503, (code, text)
    smtp.ehlo()
    assert not smtp.has_extn("starttls")
    assert smtp.docmd("STARTTLS")[0] == 503
    smtp.sendmail("selina@gotham.org", "support@wayne.example", "From: selina@gotham.org\r\nSubject: TLS\r\n\r\nHello")
plain = socket.create_connection(("localhost", port))
plain.recv(1000)
plain.sendall(b"EHLO x\r\n")
plain.recv(1000)
plain.sendall(b"STARTTLS\r\nNOOP\r\n")
assert plain.recv(1000).startswith(b"220 ")
secure = context.wrap_socket(plain, server_hostname="localhost")
secure.sendall(b"MAIL FROM:<a@b.example>\r\n")
answer = secure.recv(1000)
assert answer.startswith(b"503 "), answer
print("fine")
"#;

#[test]
fn mail_is_received_by_starttls() {
    let place = Place::new();
    certify(&place, "a.pem", "a.key");
    place.says(&["company", "add", "wayne"]);
    place.says(&["channel", "add", "wayne", "--type", "email", "--address", "support@wayne.example"]);
    let server = serve(&place);
    let port = until("the server receives mail", || {
        let log = server.log();
        Some(log.split("receiving mail smtp=127.0.0.1:").nth(1)?.split_whitespace().next()?.to_owned())
    });
    let done = finish(place.command("python3").args(["-c", PYTHON, &port, "a.pem"]));
    assert_eq!((done.code, done.out.as_str()), (Some(0), "fine\n"), "{}", done.err);
    assert!(place.says(&["find", "wayne", "selina"]).contains("selina@gotham.org"));
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_certificate_authority_issues_a_certificate() {
    let place = Place::new();
    certify(&place, "authority.pem", "authority.key");
    let [directory, management, port] = [free_port(), free_port(), free_port()];
    let config = format!(
        r#"{{"pebble": {{"listenAddress": "127.0.0.1:{directory}", "managementListenAddress": "127.0.0.1:{management}",
        "certificate": "authority.pem", "privateKey": "authority.key", "httpPort": 1, "tlsPort": {port}}}}}"#
    );
    fs::write(place.path("pebble.json"), config).unwrap();
    let mut pebble = place.command("pebble");
    pebble.args(["-config", "pebble.json", "-strict"]).env("PEBBLE_VA_NOSLEEP", "1").env("PEBBLE_WFE_NONCEREJECT", "0");
    let _pebble = Process::start(pebble.stdout(Stdio::null()).stderr(Stdio::null()));
    until("the authority listens", || std::net::TcpStream::connect(("127.0.0.1", directory)).ok());
    let (listen, url) = (format!("127.0.0.1:{port}"), format!("https://localhost:{directory}/dir"));
    let options = [
        "serve",
        "--listen",
        &listen,
        "--acme-domain",
        "localhost",
        "--acme-contact",
        "ops@example.org",
        "--acme-directory",
        &url,
    ];
    let start = || Server::start_encrypted(place.kith(&options).env("SSL_CERT_FILE", place.path("authority.pem")));
    let server = start();
    until("there is a certificate", || server.log().contains("there is a new certificate").then_some(()));
    let roots = format!("https://localhost:{management}/roots/0");
    let root = finish(place.command("curl").args([
        "--disable",
        "--silent",
        "--show-error",
        "--cacert",
        "authority.pem",
        &roots,
    ]));
    fs::write(place.path("root.pem"), &root.out).unwrap();
    let healthy = ask(&place, &server, "root.pem", "/healthz");
    assert!(healthy.code == Some(0) && healthy.out.ends_with("ok\n"), "{}{}", healthy.err, server.log());
    assert!(server.out().starts_with(&format!("Kith listens on https://localhost:{port} ")), "{}", server.out());
    assert_eq!(server.stop("TERM").code(), Some(0));
    // Later starts use the same certificate, which only the operator can read.
    let server = start();
    until("the stored certificate is used", || server.log().contains("the stored certificate is used").then_some(()));
    assert_eq!(ask(&place, &server, "root.pem", "/healthz").code, Some(0));
    let mode = finish(&mut place.shell("stat --format %a kith.db-acme kith.db-acme/* | sort -u"));
    assert_eq!(mode.out, "600\n700\n");
}
