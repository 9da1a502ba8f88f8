//! A fresh store with one company and one channel, its server, and a browser that looks at it.

use browser::{Browser, Look};
use serde_json::{Value, json};

use crate::harness::{Place, Server};
use crate::http::{Client, Login, ask};

/// Where people write to.
const SUPPORT: &str = "support@wayne.example";

pub struct Stage {
    pub browser: Browser,
    pub login: Login,
    api: Client,
    // In this order: the server ends before its folder goes.
    server: Server,
    _place: Place,
}

impl Stage {
    /// Everything, with somebody signed in at the inbox.
    pub async fn new() -> Stage {
        Stage::with(Look::WIDE).await
    }

    pub async fn with(look: Look) -> Stage {
        let stage = Stage::signed_out(look).await;
        stage.sign_in().await;
        stage
    }

    pub async fn signed_out(look: Look) -> Stage {
        let place = Place::new();
        let login = Login::json(&place.says(&["company", "add", "wayne", "--json"]));
        place.says(&["channel", "add", "wayne", "--type", "email", "--address", SUPPORT]);
        let server = place.serve();
        let api = Client::new(server.address, login.clone());
        Stage { browser: Browser::start(look).await, login, api, server, _place: place }
    }

    pub async fn sign_in(&self) {
        self.goto("/app/sign-in").await;
        self.fill_in(&self.login.password).await;
        self.browser.until_there("#inbox").await;
    }

    /// Fills in the form for signing in, and sends it.
    pub async fn fill_in(&self, password: &str) {
        self.browser.set("#company", &self.login.company).await;
        self.browser.set("#password", password).await;
        self.browser.click("button.primary").await;
    }

    /// Adds a teammate, and goes on as them.
    pub async fn sign_in_as(&self, name: &str, email: &str) {
        let browser = &self.browser;
        self.goto("/app/settings/teammates").await;
        browser.set("#name", name).await;
        browser.set("#email", email).await;
        browser.click("#add button.primary").await;
        browser.until_there("#made button[data-copy]").await;
        let password = browser.attribute("#made button", "data-copy").await.unwrap();
        self.goto("/app/settings").await;
        browser.click("form[action='/app/sign-out'] button").await;
        browser.until_there("#password").await;
        browser.set("#email", email).await;
        self.fill_in(&password).await;
        browser.until_there("#inbox").await;
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    pub async fn goto(&self, path: &str) {
        self.browser.goto(&self.url(path)).await;
    }

    /// Tells something of somebody, and returns the contact's id.
    #[track_caller]
    pub fn tell(&self, told: &Value) -> String {
        let answer = self.api.post(&told.to_string()).unwrap();
        assert_eq!(answer.status, 202, "{answer:?}");
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// Somebody writes a message that begins a conversation, and the page of the conversation is returned.
    #[track_caller]
    pub fn wrote(&self, from: &str, name: &str, subject: &str, body: &str) -> String {
        self.brought(from, name, subject, body, "markdown")
    }

    /// The same with a body of markup.
    #[track_caller]
    pub fn wrote_html(&self, from: &str, name: &str, subject: &str, body: &str) -> String {
        self.brought(from, name, subject, body, "html")
    }

    #[track_caller]
    fn brought(&self, from: &str, name: &str, subject: &str, body: &str, format: &str) -> String {
        // A subject begins a conversation, and goes on with it: as much of it as may name one.
        let subject_in_short: String = subject.chars().filter(|c| !c.is_control()).take(100).collect();
        let message = json!({
            "sender": {"handle": from, "name": name}, "subject": subject, "body": body, "body_format": format,
            "metadata": {"thread_ref": format!("{from} {subject_in_short}")},
        });
        let target = format!("/channels/alt:address:{SUPPORT}/incoming_messages");
        let address = self.server.address;
        let answer = ask(address, "POST", &target, &self.api.headers(), &message.to_string()).unwrap();
        assert_eq!(answer.status, 202, "{answer:?}");
        self.latest()
    }

    /// The page of the conversation that changed last, read as any program with the session might.
    #[track_caller]
    fn latest(&self) -> String {
        let form = format!("company={}&password={}&next=", self.login.company, self.login.password);
        let kind = ["Content-Type: application/x-www-form-urlencoded".to_owned()];
        let signed_in = ask(self.server.address, "POST", "/app/sign-in", &kind, &form).unwrap();
        let cookie = signed_in.header("set-cookie").unwrap().split(';').next().unwrap();
        let headers = [format!("Cookie: {cookie}")];
        let inbox = ask(self.server.address, "GET", "/app/inbox", &headers, "").unwrap();
        let id = inbox.body.split_once("href=\"/app/inbox/").unwrap().1.split('"').next().unwrap();
        format!("/app/inbox/{id}")
    }

    /// The last look: no page has complained in the console.
    pub async fn end(self) {
        assert_eq!(self.browser.errors().await, Vec::<String>::new());
        self.browser.end().await;
    }
}
