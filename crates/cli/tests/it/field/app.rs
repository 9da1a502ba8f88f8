//! The same cases in the app: each file is uploaded, its columns are chosen, and it is checked and imported there.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::slice;

use super::{Case, check_all, texts};
use crate::harness::{Place, until};
use crate::http::{self, Answer, Login, ask};

const IMPORT: &str = "/app/settings/import";

#[test]
fn the_app_reads_files_of_the_world_as_they_are_meant() {
    let place = Place::new();
    let server = place.serve();
    check_all(|folder| Case::of(folder).run_in_app(&place, server.address));
}

/// What the arguments of the command are in the app.
#[derive(Default)]
struct Choices {
    is_lenient: bool,
    /// Columns and fields.
    map: Vec<(String, String)>,
}

impl Choices {
    /// None if the app has no such choice.
    fn of(arguments: &[String]) -> Option<Choices> {
        let mut choices = Choices::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--lenient" => choices.is_lenient = true,
                "--map" => {
                    let (column, field) = rest.next()?.rsplit_once('=')?;
                    choices.map.push((column.to_owned(), field.to_owned()));
                }
                _ => return None,
            }
        }
        Some(choices)
    }
}

impl Case {
    /// Says what is wrong in the app. Cases with options that the app does not have are passed over.
    fn run_in_app(mut self, place: &Place, address: SocketAddr) -> Option<String> {
        let choices = Choices::of(&texts(&self.script["args"]))?;
        let company = self.name.chars().filter(char::is_ascii_alphanumeric).take(30).collect::<String>();
        let login = Login::printed(&self.company(place, &company));
        let user = User::sign_in(address, &login);
        let mut is_refused_whole = false;
        for file in self.files.clone() {
            match user.import(&self.place, &file, &choices) {
                Some(refused) => self.refused += refused,
                None => is_refused_whole = true,
            }
        }
        if is_refused_whole != (self.expect("fails") == true) {
            self.wrong.push(format!("is refused whole: {is_refused_whole}"));
        }
        let exported = place.says(&["export", &company, "--format", "jsonl"]);
        self.people(&exported);
        self.verdict()
    }
}

/// Somebody with a session of the app.
struct User {
    address: SocketAddr,
    cookie: String,
    token: String,
}

impl User {
    fn sign_in(address: SocketAddr, login: &Login) -> User {
        let form = format!("company={}&password={}&next=", login.company, login.password);
        let signed_in = ask(address, "POST", "/app/sign-in", &[form_type()], &form).unwrap();
        let cookie = signed_in.header("set-cookie").unwrap().split(';').next().unwrap();
        let cookie = format!("Cookie: {cookie}");
        let page = ask(address, "GET", "/app/settings", slice::from_ref(&cookie), "").unwrap().body;
        let token = between(&page, "name=\"token\" value=\"", "\"").to_owned();
        User { address, cookie, token }
    }

    fn get(&self, path: &str) -> Answer {
        ask(self.address, "GET", path, slice::from_ref(&self.cookie), "").unwrap()
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields = [&[("token", self.token.as_str())], fields].concat();
        let form = fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        let form = form.collect::<Vec<_>>().join("&");
        ask(self.address, "POST", path, &[self.cookie.clone(), form_type()], &form).unwrap()
    }

    /// Imports a file, and returns how many rows were refused; none if the whole file was.
    fn import(&self, place: &Place, file: &str, choices: &Choices) -> Option<u64> {
        let uploaded = self.upload(file, &fs::read(place.path(file)).unwrap(), choices.is_lenient);
        let mut next = location(&uploaded)?;
        if next.starts_with("/app/settings/import/files/") {
            let page = self.get(&next).body;
            let chosen: Vec<(String, &str)> =
                choices.map.iter().map(|(column, field)| (input(&page, column), &**field)).collect();
            let mut fields = vec![("go", "check")];
            fields.extend(chosen.iter().map(|(column, field)| (column.as_str(), *field)));
            next = location(&self.post(&next, &fields))?;
        }
        self.ended(&next)?;
        let imported = location(&self.post(&format!("{next}/take"), &[])).unwrap();
        let page = self.ended(&imported).unwrap();
        Some(between(&page, "<dt>Refused</dt><dd>", "</dd>").replace(',', "").parse().unwrap())
    }

    fn upload(&self, name: &str, content: &[u8], is_lenient: bool) -> Answer {
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
    fn ended(&self, path: &str) -> Option<String> {
        let page = until(&format!("{path} ends"), || {
            let answer = self.get(path);
            assert_eq!(answer.status, 200, "{answer:?}");
            answer.header("refresh").is_none().then_some(answer.body)
        });
        (!page.contains("role=\"alert\"")).then_some(page)
    }
}

/// Where an answer leads; none if it refuses.
fn location(answer: &Answer) -> Option<String> {
    assert!([303, 422].contains(&answer.status), "{answer:?}");
    answer.header("location").map(str::to_owned)
}

/// The name of the choice for a column.
fn input(page: &str, column: &str) -> String {
    let escaped = column.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let (before, _) =
        page.split_once(&format!("<bdi>{escaped}</bdi>")).unwrap_or_else(|| panic!("no {column}: {page}"));
    between(before.rsplit_once("<label").unwrap().1, "for=\"", "\"").to_owned()
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
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
