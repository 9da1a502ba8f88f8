//! Somebody who uses the app over HTTP: signs in, submits forms, and uploads files.

use std::io::Write as _;
use std::net::SocketAddr;
use std::slice;

use crate::harness::until;
use crate::http::{self, Answer, Login, ask};

const IMPORT: &str = "/app/settings/import";

/// Somebody with a session of the app.
pub struct User {
    address: SocketAddr,
    cookie: String,
    token: String,
}

impl User {
    pub fn sign_in(address: SocketAddr, login: &Login) -> User {
        let form = format!("company={}&password={}&next=", login.company, login.password);
        let signed_in = ask(address, "POST", "/app/sign-in", &[form_type()], &form).unwrap();
        let cookie = signed_in.header("set-cookie").unwrap().split(';').next().unwrap();
        let cookie = format!("Cookie: {cookie}");
        let page = ask(address, "GET", "/app/settings", slice::from_ref(&cookie), "").unwrap().body;
        let token = between(&page, "name=\"token\" value=\"", "\"").to_owned();
        User { address, cookie, token }
    }

    pub fn get(&self, path: &str) -> Answer {
        ask(self.address, "GET", path, slice::from_ref(&self.cookie), "").unwrap()
    }

    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields = [&[("token", self.token.as_str())], fields].concat();
        let form = fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        let form = form.collect::<Vec<_>>().join("&");
        ask(self.address, "POST", path, &[self.cookie.clone(), form_type()], &form).unwrap()
    }

    pub fn upload(&self, name: &str, content: &[u8], is_lenient: bool) -> Answer {
        let part = |of: &str| format!("--part\r\nContent-Disposition: form-data; {of}\r\n\r\n");
        let lenient = if is_lenient { format!("{}yes\r\n", part("name=\"lenient\"")) } else { String::new() };
        let (token, file) = (part("name=\"token\""), part(&format!("name=\"file\"; filename=\"{name}\"")));
        let body = format!("{token}{}\r\n{lenient}{file}", self.token);
        let body = [body.as_bytes(), content, b"\r\n--part--\r\n"].concat();
        let head = format!(
            "POST {IMPORT} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{}\r\n\
             Content-Type: multipart/form-data; boundary=part\r\nContent-Length: {}\r\n\r\n",
            self.cookie,
            body.len()
        );
        let mut stream = http::connect(self.address).unwrap();
        stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
        http::answer(&mut stream).unwrap()
    }

    /// Waits until a job ends, and returns its page; none if it failed.
    pub fn ended(&self, path: &str) -> Option<String> {
        let page = until(&format!("{path} ends"), || {
            let answer = self.get(path);
            assert_eq!(answer.status, 200, "{answer:?}");
            answer.header("refresh").is_none().then_some(answer.body)
        });
        (!page.contains("role=\"alert\"")).then_some(page)
    }
}

/// Where an answer leads; none if it refuses.
pub fn location(answer: &Answer) -> Option<String> {
    assert!([303, 422].contains(&answer.status), "{answer:?}");
    answer.header("location").map(str::to_owned)
}

pub fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("no {begin} in {text}"));
    rest.split_once(end).unwrap().0
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).into() } else { format!("%{byte:02X}") };
    text.bytes().map(byte).collect()
}

fn form_type() -> String {
    "Content-Type: application/x-www-form-urlencoded".into()
}
