//! A browser without scripts, and a mailbox that writes to the company.

use contact::{Channel, ChannelType, CompanyName, Message, Outcome, Region};

use crate::client::{Answer, Request};
use crate::harness::{Login, Server};

pub const FORM: &str = "application/x-www-form-urlencoded";

/// A browser without scripts. It has a cookie, and submits the forms of pages that it opened.
pub struct Browser<'a> {
    server: &'a Server,
    cookie: String,
}

pub fn encode(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

pub fn sign_in(server: &Server, login: &Login, next: &str) -> Request {
    let fields = [("company", login.name.as_str()), ("password", &login.password), ("next", next)];
    let request = Request::new("POST", "/app/sign-in").with("Content-Type", FORM).body(encode(&fields));
    request.with("Origin", &format!("http://{}", server.address))
}

/// Returns the same request for a teammate of the company `wayne`.
pub fn sign_in_as(server: &Server, email: &str, password: &str) -> Request {
    let fields = [("company", server.wayne.name.as_str()), ("email", email), ("password", password)];
    let request = Request::new("POST", "/app/sign-in").with("Content-Type", FORM).body(encode(&fields));
    request.with("Origin", &format!("http://{}", server.address))
}

impl Browser<'_> {
    pub async fn of<'a>(server: &'a Server, login: &Login) -> Browser<'a> {
        Browser::signed_in(server, sign_in(server, login, "")).await
    }

    /// Adds a teammate to `wayne`, and returns their browser.
    pub async fn of_teammate<'a>(server: &'a Server, name: &str, email: &str) -> Browser<'a> {
        let company = Browser::of(server, &server.wayne).await;
        let made = company.send("/app/settings/teammates", &[("name", name), ("email", email)]).await;
        assert_eq!(made.status, 200, "{made:?}");
        Browser::signed_in(server, sign_in_as(server, email, between(&made.body, "data-copy=\"", "\""))).await
    }

    async fn signed_in(server: &Server, request: Request) -> Browser<'_> {
        let answer = server.ask(request).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/app/inbox")), "{answer:?}");
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        Browser { server, cookie }
    }

    pub fn request(&self, method: &str, target: &str) -> Request {
        Request::new(method, target).with("Cookie", &self.cookie)
    }

    pub async fn ask(&self, target: &str) -> Answer {
        self.server.ask(self.request("GET", target)).await
    }

    pub async fn page(&self, target: &str) -> String {
        let answer = self.ask(target).await;
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        answer.body
    }

    /// Submits a form from the page with the same address.
    pub async fn send(&self, target: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.page("/app/settings").await;
        let token = between(&page, "name=\"token\" value=\"", "\"");
        let mut all = vec![("token", token)];
        all.extend_from_slice(fields);
        let origin = format!("http://{}", self.server.address);
        let request = self.request("POST", target).with("Content-Type", FORM).with("Origin", &origin);
        self.server.ask(request.body(encode(&all))).await
    }

    /// Submits a multipart form with a file in one of its fields.
    pub async fn send_file(&self, target: &str, fields: &[(&str, &str)], file: (&str, &[u8])) -> Answer {
        let page = self.page("/app/settings").await;
        let mut all = vec![("token", between(&page, "name=\"token\" value=\"", "\""))];
        all.extend_from_slice(fields);
        let part = |of: String| format!("--part\r\nContent-Disposition: form-data; {of}\r\n\r\n");
        let mut body: Vec<u8> = Vec::new();
        for (name, value) in all {
            body.extend(format!("{}{value}\r\n", part(format!("name=\"{name}\""))).bytes());
        }
        let (name, content) = file;
        body.extend(part(format!("name=\"{name}\"; filename=\"x\"")).bytes());
        body.extend(content);
        body.extend(b"\r\n--part--\r\n");
        let origin = format!("http://{}", self.server.address);
        let request = self.request("POST", target).with("Content-Type", "multipart/form-data; boundary=part");
        self.server.ask(request.with("Origin", &origin).body(body)).await
    }
}

#[track_caller]
pub fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("no {begin} in {text}"));
    rest.split_once(end).unwrap().0
}

/// A channel of the company `wayne`, to write to.
pub struct Mailbox {
    company: hub::Company,
    channel: Channel,
}

impl Mailbox {
    pub async fn of(server: &Server) -> Mailbox {
        let name: CompanyName = "wayne".parse().unwrap();
        let companies = server.hub.companies().await.unwrap();
        let company = companies.into_iter().find(|company| company.name == name).unwrap();
        let address = Channel::address(ChannelType::Email, "support@wayne.inc", Region::default()).unwrap();
        let channel = server.hub.add_channel(company.id, ChannelType::Email, address, None).await.unwrap();
        Mailbox { company, channel }
    }

    pub fn message(&self, from: &str, subject: &str, text: &str) -> Message {
        let sender = Channel::address(ChannelType::Email, from, Region::default()).unwrap();
        let reference = format!("from:{}", sender.key().as_str());
        Message {
            channel: self.channel.id,
            sender,
            name: None,
            subject: subject.into(),
            text: text.into(),
            html: None,
            attachments: Vec::new(),
            uid: None,
            replies_to: vec![reference.clone()],
            references: vec![reference],
        }
    }

    pub async fn take(&self, server: &Server, message: Message) -> Outcome {
        server.hub.receive(self.company.id, message).await.unwrap()
    }

    /// Receives a message, and returns the address of its conversation.
    pub async fn wrote(&self, server: &Server, from: &str, subject: &str, text: &str) -> String {
        let outcome = self.take(server, self.message(from, subject, text)).await;
        format!("/app/inbox/{}", outcome.message.unwrap().conversation)
    }
}
