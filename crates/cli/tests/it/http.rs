//! A client that asks one thing a connection, and takes no answer for whole that is not.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use data_encoding::BASE64;
use serde_json::{Value, json};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.into_iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

pub fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The text of a request, after which the connection is to be closed.
pub fn request(method: &str, path: &str, headers: &[String], body: &str) -> String {
    let headers: String = headers.iter().flat_map(|header| [header, "\r\n"]).collect();
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

/// Reads an answer to its end.
pub fn answer(stream: &mut TcpStream) -> io::Result<Answer> {
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let broken = || io::Error::new(io::ErrorKind::UnexpectedEof, format!("not a whole answer: {text:?}"));
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(broken)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(broken)?;
    let answer = Answer { status, head: head.to_owned(), body: body.to_owned() };
    let is_whole = status == 204 || answer.header("content-length") == Some(&answer.body.len().to_string());
    if is_whole { Ok(answer) } else { Err(broken()) }
}

pub fn ask(address: SocketAddr, method: &str, path: &str, headers: &[String], body: &str) -> io::Result<Answer> {
    let mut stream = connect(address)?;
    stream.write_all(request(method, path, headers, body).as_bytes())?;
    answer(&mut stream)
}

/// A company's name and password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Login {
    pub company: String,
    pub password: String,
}

impl Login {
    /// The login in what a command or server says to people.
    #[track_caller]
    pub fn printed(text: &str) -> Login {
        let word_after = |label: &str| {
            let mut values = text.lines().filter_map(|line| line.trim().strip_prefix(label));
            values.next().unwrap_or_else(|| panic!("no {label}in {text:?}")).trim().to_owned()
        };
        Login { company: word_after("company "), password: word_after("password ") }
    }

    /// The login in a file in the form of netrc.
    #[track_caller]
    pub fn netrc(text: &str) -> Login {
        let words: Vec<&str> = text.split_whitespace().collect();
        let ["machine", _, "login", company, "password", password] = words[..] else { panic!("{text:?}") };
        Login { company: company.into(), password: password.into() }
    }

    /// The login in what a command says to programs.
    pub fn json(text: &str) -> Login {
        let value: Value = serde_json::from_str(text).unwrap();
        let text = |key: &str| value[key].as_str().unwrap().to_owned();
        Login { company: text("company"), password: text("password") }
    }

    pub fn header(&self) -> String {
        let Login { company, password } = self;
        format!("Authorization: Basic {}", BASE64.encode(format!("{company}:{password}").as_bytes()))
    }
}

/// Whoever uses one company's login at one server.
#[derive(Clone)]
pub struct Client {
    pub address: SocketAddr,
    pub login: Login,
}

impl Client {
    pub fn new(address: SocketAddr, login: Login) -> Client {
        Client { address, login }
    }

    /// The headers of a request that tells something.
    pub fn headers(&self) -> Vec<String> {
        vec![self.login.header(), "Content-Type: application/json".into()]
    }

    /// Posts a body. An error means that no whole answer came.
    pub fn post(&self, body: &str) -> io::Result<Answer> {
        ask(self.address, "POST", "/api/1/contacts", &self.headers(), body)
    }

    /// Tells that email addresses are one person's.
    pub fn tell(&self, emails: &[&str]) -> io::Result<Answer> {
        let field = |email: &&str| json!({"source": "email", "handle": email});
        self.post(&json!({"fields": emails.iter().map(field).collect::<Value>()}).to_string())
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        ask(self.address, "GET", path, &[self.login.header()], "").unwrap()
    }

    /// The contact that owns an email address, if one does.
    #[track_caller]
    pub fn find(&self, email: &str) -> Option<Value> {
        let answer = self.get(&format!("/contacts/alt:email:{email}"));
        match answer.status {
            200 => Some(answer.json()),
            404 => None,
            _ => panic!("{answer:?}"),
        }
    }

    /// The first page of contacts.
    #[track_caller]
    pub fn contacts(&self) -> Vec<Value> {
        let answer = self.get("/contacts?limit=100");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["_results"].as_array().unwrap().clone()
    }
}
