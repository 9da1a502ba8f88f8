//! A connection to a server, for one request after the other.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;
use url::form_urlencoded::byte_serialize;

/// A client with an `Authorization` header.
pub struct Asker {
    connection: RefCell<BufReader<TcpStream>>,
    port: u16,
    authorization: String,
}

impl Asker {
    /// A connection to the server on a port.
    pub fn new(port: u16, authorization: String) -> Asker {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("a server");
        stream.set_nodelay(true).expect("a setting");
        Asker { connection: RefCell::new(BufReader::new(stream)), port, authorization }
    }

    /// How many contacts a search finds, of at most 50.
    pub fn found(&self, text: &str) -> usize {
        let text: String = byte_serialize(text.as_bytes()).collect();
        let page = self.get(&format!("/contacts?limit=50&search={text}"));
        page["_results"].as_array().unwrap_or_else(|| panic!("contacts, not {page}")).len()
    }

    /// Reports a contact with an e-mail address.
    pub fn report(&self, email: &str) {
        let body = format!("{{\"name\":\"Single\",\"fields\":[{{\"source\":\"email\",\"handle\":\"{email}\"}}]}}");
        let answer = self.send("POST", "/api/1/contacts", &body);
        assert_eq!(answer["status"], "accepted", "{answer}");
    }

    /// Sends a GET request.
    pub fn get(&self, target: &str) -> Value {
        self.send("GET", target, "")
    }

    /// Sends a request with a JSON body, unless it is empty.
    pub fn send(&self, method: &str, target: &str, body: &str) -> Value {
        let mut connection = self.connection.borrow_mut();
        let (port, authorization, length) = (self.port, &self.authorization, body.len());
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {authorization}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        connection.get_mut().write_all(request.as_bytes()).expect("a request that is sent");
        let mut length = 0;
        loop {
            let mut line = String::new();
            connection.read_line(&mut line).expect("an answer");
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                length = value.trim().parse().expect("a length");
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        connection.read_exact(&mut body).expect("a body");
        serde_json::from_slice(&body).expect("JSON")
    }
}
