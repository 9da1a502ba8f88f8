//! A Chromium for tests, measurements and screenshots. It ends when it is dropped.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use data_encoding::BASE64;
pub use fantoccini;
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The timeout of every step. It is far longer than any step takes, so that only a hang fails.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(10);
/// Arguments of Chromium: without a screen, as root, in a container, and without connections of its own.
const FLAGS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--hide-scrollbars",
    "--lang=en",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// How a page is displayed.
#[derive(Clone, Copy)]
pub struct Look {
    /// In CSS pixels, as is the height.
    pub width: u32,
    /// In CSS pixels.
    pub height: u32,
    /// Whether the dark color scheme is preferred.
    pub is_dark: bool,
    /// Whether pages may run scripts.
    pub has_scripts: bool,
}

impl Look {
    /// A desktop.
    pub const WIDE: Look = Look { width: 1440, height: 900, is_dark: false, has_scripts: true };
    /// A phone.
    pub const NARROW: Look = Look { width: 390, height: 844, is_dark: false, has_scripts: true };
}

/// A chromedriver with all processes that it starts.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        // Its Chromium is in its process group and would outlive it.
        let kill = format!("kill -KILL -{}", self.0.id());
        let _ = Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status();
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How often a driver is started before giving up. It takes a port that it has found free, at both addresses of this machine, and
/// another program may have taken it at one of them meanwhile; then it ends.
const STARTS_MAX: usize = 5;

impl Driver {
    fn start() -> (Driver, u16) {
        let started = (0..STARTS_MAX).find_map(|_| Driver::try_start());
        started.expect("chromedriver says where it listens")
    }

    fn try_start() -> Option<(Driver, u16)> {
        let mut command = Command::new(installed("chromedriver"));
        command.arg("--port=0").process_group(0).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = Driver(command.spawn().expect("chromedriver starts"));
        let lines = BufReader::new(driver.0.stdout.take().expect("its output")).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok());
        Some((driver, port?))
    }
}

/// The path of a command.
fn installed(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("{name} is missing: `make test` installs it"))
}

/// A Chromium with its own profile.
pub struct Browser {
    /// The client, for what has no method here.
    pub client: Client,
    look: Look,
    // In this order: the processes end before their folder goes.
    _driver: Driver,
    _profile: TempDir,
}

impl Browser {
    /// Starts a browser with this display.
    pub async fn start(look: Look) -> Browser {
        let profile = tempfile::tempdir().expect("a folder");
        let (driver, port) = Driver::start();
        let mut flags: Vec<String> = FLAGS.iter().map(ToString::to_string).collect();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        flags.push(format!("--window-size={},{}", look.width, look.height));
        let scripts = if look.has_scripts { 1 } else { 2 };
        let capabilities = json!({
            "goog:chromeOptions": {
                "binary": installed("chromium"),
                "args": flags,
                "prefs": {"profile.managed_default_content_settings.javascript": scripts},
            },
            "goog:loggingPrefs": {"browser": "ALL"},
            // A dialog stays, so that a test sees it.
            "unhandledPromptBehavior": "ignore",
        });
        let Value::Object(capabilities) = capabilities else { unreachable!("it is an object") };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(capabilities).connect(&format!("http://127.0.0.1:{port}")).await;
        let browser = Browser { client: client.expect("a browser"), look, _driver: driver, _profile: profile };
        browser.adjust().await;
        browser
    }

    /// Makes the window that is in front as wide and as dark as it is to be.
    async fn adjust(&self) {
        let Look { width, height, is_dark, .. } = self.look;
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.cdp("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = if is_dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.cdp("Emulation.setEmulatedMedia", media).await;
        // A window behind another one still counts as looked at.
        self.cdp("Emulation.setFocusEmulationEnabled", json!({"enabled": true})).await;
    }

    /// Changes the display.
    pub async fn look(&mut self, look: Look) {
        self.look = look;
        self.adjust().await;
    }

    /// Opens another window and switches to it.
    pub async fn open_window(&self) {
        let window = self.client.new_window(false).await.expect("a window").handle;
        self.client.switch_to_window(window).await.expect("a window");
        self.adjust().await;
    }

    /// Goes to a page and waits until it is loaded.
    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Runs a function's body in the page and returns what it returns.
    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Runs a function's body whose last argument is called with what is to be returned.
    pub async fn run_async(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute_async(script, arguments).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Waits until an expression is true in the page.
    pub async fn until(&self, expression: &str) {
        let deadline = Instant::now() + PATIENCE;
        let script = format!("return Boolean({expression})");
        // While a page gives way to the next one there may be none to ask.
        while !matches!(self.client.execute(&script, vec![]).await, Ok(Value::Bool(true))) {
            if Instant::now() > deadline {
                let seen = self.client.execute("return location + ' ' + document.body.innerText", vec![]).await;
                panic!("not within {PATIENCE:?}: {expression}, but {seen:?}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until exactly this text is in the first element of a selector.
    pub async fn until_text(&self, css: &str, text: &str) {
        let (css, text) = (json!(css), json!(text));
        self.until(&format!("document.querySelector({css})?.textContent.trim() === {text}")).await;
    }

    /// Whether a selector matches an element now.
    pub async fn has(&self, css: &str) -> bool {
        !self.client.find_all(Locator::Css(css)).await.expect("a page").is_empty()
    }

    /// The text of the first element of a selector.
    pub async fn text(&self, css: &str) -> String {
        self.element(css).await.text().await.expect("its text")
    }

    /// An attribute of the first element of a selector.
    pub async fn attribute(&self, css: &str, name: &str) -> Option<String> {
        self.element(css).await.attr(name).await.expect("an attribute")
    }

    /// Clicks on the first element of a selector.
    pub async fn click(&self, css: &str) {
        let element = self.element(css).await;
        // What is just in sight may be under something that is fixed to an edge, as no person would click on it.
        let itself = serde_json::to_value(&element).expect("an element");
        let middle = self.client.execute("arguments[0].scrollIntoView({ block: 'center' })", vec![itself]);
        middle.await.unwrap_or_else(|error| panic!("{css}: {error}"));
        element.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Waits until a selector has an element, in pages with and without scripts.
    pub async fn until_there(&self, css: &str) {
        self.element(css).await;
    }

    /// Gives a field another value.
    pub async fn set(&self, css: &str, value: &str) {
        let field = self.element(css).await;
        field.clear().await.unwrap_or_else(|error| panic!("{css}: {error}"));
        field.send_keys(value).await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Closes the browser. Dropping it ends it as well.
    pub async fn end(self) {
        self.client.clone().close().await.expect("a browser that closes");
    }

    /// Types into the first element of a selector.
    pub async fn type_into(&self, css: &str, text: &str) {
        self.element(css).await.send_keys(text).await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Presses a key wherever the focus is.
    pub async fn press(&self, key: char) {
        let press = KeyActions::new("keyboard".into());
        let press = press.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key });
        self.client.perform_actions(press).await.unwrap_or_else(|error| panic!("{key:?}: {error}"));
    }

    /// The first element of a selector, once it is there.
    async fn element(&self, css: &str) -> fantoccini::elements::Element {
        let wait = self.client.wait().at_most(PATIENCE).every(PAUSE);
        wait.for_element(Locator::Css(css)).await.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    /// A screenshot of the window, as PNG.
    pub async fn picture(&self) -> Vec<u8> {
        let picture = self.cdp("Page.captureScreenshot", json!({"format": "png"})).await;
        BASE64.decode(picture["data"].as_str().expect("a picture").as_bytes()).expect("base64")
    }

    /// The errors on the console since the last call.
    pub async fn errors(&self) -> Vec<String> {
        let log = self.issue("se/log", json!({"type": "browser"})).await;
        let entries = log.as_array().expect("a log").iter();
        entries.filter(|entry| entry["level"] == "SEVERE").map(|entry| entry["message"].to_string()).collect()
    }

    /// A command of the Chrome `DevTools` protocol.
    pub async fn cdp(&self, command: &str, parameters: Value) -> Value {
        self.issue("goog/cdp/execute", json!({"cmd": command, "params": parameters})).await
    }

    async fn issue(&self, path: &'static str, body: Value) -> Value {
        let issued = self.client.issue_cmd(Extension { path, body }).await;
        issued.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The violations that axe-core finds in the page. The source of axe-core is given.
    pub async fn held_against(&self, axe: &str) -> String {
        if self.run("return !window.axe").await == true {
            self.run(axe).await;
        }
        let script = "const done = arguments[arguments.length - 1];
            axe.run(document, { resultTypes: ['violations'], iframes: false })
              .then((found) => done(found.violations), (error) => done([{ id: String(error), nodes: [] }]));";
        let found = self.run_async(script, vec![]).await;
        let mut text = String::new();
        for violation in found.as_array().expect("a list") {
            writeln!(text, "  {}: {}", violation["id"], violation["help"]).expect("a string takes it");
            for node in violation["nodes"].as_array().into_iter().flatten() {
                writeln!(text, "    {} {}", node["target"], node["failureSummary"]).expect("a string takes it");
            }
        }
        text
    }
}

/// The path of a program that was built with this one.
pub fn built_beside(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    let file = own.with_file_name(name);
    assert!(Path::new(&file).is_file(), "{name} is not built");
    file
}

/// Commands of chromedriver beyond the standard of `WebDriver`.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
