//! Takes the pictures of the documents: the demo company, as Kith that was built beside this program serves it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use browser::{Browser, Look};

const WAYS: [(&str, Look); 3] =
    [("light", Look::WIDE), ("dark", Look { is_dark: true, ..Look::WIDE }), ("narrow", Look::NARROW)];
/// The conversation that is open in the pictures.
const SUBJECT: &str = "Invoice 4471";

/// The pages of the settings in the pictures.
const SETTINGS: [&str; 4] = ["teammates", "tokens", "lists", "handles"];
/// People at one switchboard, which is shared by evidence.
const NEWSROOM: &str = "Name,Email,Phone
Alexander Knox,knox@gazette.example,+1 650 555 0142
Summer Gleeson,gleeson@gazette.example,+1 650 555 0142
Jack Ryder,ryder@gazette.example,+1 650 555 0142
Linda Lake,lake@gazette.example,+1 650 555 0142
Olivia Reyes,reyes@gazette.example,+1 650 555 0142
";
/// A file of which some columns have unusual names.
const CLIENTS: &str = "Client,Write to,Mobile no.,Company,Shoe size,Tags
Harvey Dent,dent@gotham.example,+1 650 555 0171,Office of the district attorney,43,vip
Barbara Gordon,barbara@library.example,+1 650 555 0172,Gotham public library,,\"newsletter, vip\"
Jim Corrigan,corrigan@gcpd.example,+1 650 555 0173,GCPD,45,
";
/// The number of the police, which several people use.
const STATION: &str = "phone:+16508140911;ext=1";
/// A contact of two records, which are linked by a common address.
const TWO_NAMES: &str = "Grayson";
/// What is made for them: on which page, with what.
const MADE: &[(&str, &[(&str, &str)])] = &[
    ("settings/teammates", &[("name", "Alfred Pennyworth"), ("email", "alfred@wayne.inc")]),
    ("settings/teammates", &[("name", "Lucius Fox"), ("email", "lucius@wayne.inc")]),
    ("settings/tokens", &[("name", "CRM")]),
    ("settings/tokens", &[("name", "Shop")]),
    ("settings/lists", &[("name", "VIP")]),
    ("settings/lists", &[("name", "Newsletter")]),
    ("accounts/new", &[("name", "Wayne Enterprises")]),
    ("accounts/new", &[("name", "Iceberg Lounge")]),
];

/// The server, which is killed when it is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait().map(drop)).expect("a server that ends");
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("a folder for the pictures"));
    std::fs::create_dir_all(&folder).expect("a folder");
    let place = tempfile::tempdir().expect("a folder");
    let store = place.path().join("demo.db");
    let (_server, base, password) = serve(&store);
    let newsroom = place.path().join("newsroom.csv");
    std::fs::write(&newsroom, NEWSROOM).expect("a file");
    run(&store, &["import", "wayne", newsroom.to_str().expect("a path in UTF-8")]);
    run(&store, &["handle", "share", "wayne", STATION]);
    for (way, look) in WAYS {
        let browser = Browser::start(look).await;
        let keep = async |page: &str| {
            // What was just clicked has the focus; nobody looks for that in a picture.
            browser.run("document.activeElement?.blur()").await;
            let file = folder.join(format!("{page}-{way}.png"));
            std::fs::write(file, browser.picture().await).expect("a picture");
        };
        browser.goto(&format!("{base}/app/sign-in")).await;
        keep("sign-in").await;
        browser.set("#company", "wayne").await;
        browser.set("#password", &password).await;
        browser.click("button.primary").await;
        browser.until_there("#inbox .row-link").await;
        let open =
            format!("[...document.querySelectorAll('.row-link')].find((a) => a.textContent.includes('{SUBJECT}'))");
        // In a hand, the list and a conversation are two pages.
        if way == "narrow" {
            keep("inbox").await;
        }
        browser.run(&format!("{open}.click()")).await;
        browser.until_there("#thread-title").await;
        if way != "narrow" {
            keep("inbox").await;
        }
        browser.click("#thread-title a").await;
        browser.until_there("#panel[open] .card").await;
        keep("card").await;
        browser.goto(&format!("{base}/app/contacts")).await;
        keep("contacts").await;
        browser.goto(&format!("{base}/app/contacts?q={TWO_NAMES}")).await;
        let person =
            format!("[...document.querySelectorAll('main a')].find((a) => a.textContent.includes('{TWO_NAMES}'))");
        browser.run(&format!("{person}.click()")).await;
        browser.until_there("a[href$='/why']").await;
        browser.run("document.querySelector(\"a[href$='/why']\").click()").await;
        browser.until("location.pathname.endsWith('/why') && document.querySelector('h1')").await;
        keep("why").await;
        browser.goto(&format!("{base}/app/contacts/alike")).await;
        keep("alike").await;
        if way == "light" {
            set_up(&browser, &base).await;
        }
        for page in SETTINGS {
            browser.goto(&format!("{base}/app/settings/{page}")).await;
            keep(&format!("settings-{page}")).await;
        }
        browser.goto(&format!("{base}/app/accounts")).await;
        keep("accounts").await;
        browser.goto(&format!("{base}/app/contacts?q=wayn")).await;
        keep("search").await;
        upload(&browser, &base, "clients.csv", &format!("return {}", serde_json::Value::from(CLIENTS))).await;
        keep("import-columns").await;
        browser.click("#columns button[value='cancel']").await;
        browser.until_there("#import").await;
        import(&browser, &base, way).await;
        keep("import").await;
        // One goes on at a time.
        browser.until("document.readyState === 'complete' && !document.querySelector('#progress')").await;
        browser.end().await;
    }
}

/// Uploads a file, which the body of a function returns, and waits for its columns.
async fn upload(browser: &Browser, base: &str, name: &str, content: &str) {
    browser.goto(&format!("{base}/app/settings/import")).await;
    browser
        .run(&format!(
            "const content = (() => {{ {content} }})();
             const files = new DataTransfer();
             files.items.add(new File([content], '{name}', {{ type: 'text/csv' }}));
             document.querySelector('#file').files = files.files;
             document.querySelector('#import button').click();"
        ))
        .await;
    browser.until_there("#columns").await;
}

/// Imports a file that takes a while, and looks at it under way.
async fn import(browser: &Browser, base: &str, way: &str) {
    let content = format!(
        "const rows = ['Name,Email,Phone'];
         for (let n = 0; n < 20000; n++) rows.push(`Guest ${{n}},{way}.${{n}}@gotham.example,`);
         return rows.join('\\n');"
    );
    upload(browser, base, "guests.csv", &content).await;
    browser.click("#columns button.primary").await;
    browser.until_there("form[action$='/take']").await;
    browser.click("form[action$='/take'] button").await;
    browser.until("(document.querySelector('#progress')?.value ?? 0) > 0").await;
}

/// Fills in the forms of the settings, as whoever begins to use Kith would, and makes accounts.
async fn set_up(browser: &Browser, base: &str) {
    for (page, fields) in MADE {
        browser.goto(&format!("{base}/app/{page}")).await;
        for (field, text) in *fields {
            browser.set(&format!(".form [name='{field}']"), text).await;
        }
        browser.click(".form button.primary").await;
        browser.until(&format!("document.querySelector('main').textContent.includes('{}')", fields[0].1)).await;
    }
}

/// Runs a command on the store of the demo.
fn run(store: &std::path::Path, arguments: &[&str]) {
    let mut command = Command::new(browser::built_beside("kith"));
    let done = command.args(arguments).arg("--store").arg(store).output().expect("kith");
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Serves the demo on a free port; returns where, and the password in the file that it wrote.
fn serve(store: &std::path::Path) -> (Server, String, String) {
    let mut serve = Command::new(browser::built_beside("kith"));
    serve.args(["serve", "--demo", "--log", "warn", "--listen", "127.0.0.1:0", "--store"]).arg(store);
    let mut server = Server(serve.stdout(Stdio::piped()).spawn().expect("kith"));
    let mut base = None;
    for line in BufReader::new(server.0.stdout.take().expect("its output")).lines().map_while(Result::ok) {
        if let Some(rest) = line.strip_prefix("Kith listens on ") {
            base = rest.split(' ').next().map(str::to_owned);
        }
        if let Some(base) = base.as_ref().filter(|_| line.contains("--netrc-file ")) {
            let login = std::fs::read_to_string(format!("{}-login", store.display())).expect("the login");
            return (server, base.clone(), login.split_whitespace().last().expect("a password").to_owned());
        }
    }
    panic!("the server did not say where it listens");
}
