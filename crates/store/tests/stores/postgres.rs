//! Tests of the PostgreSQL store.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;

use ::search::Query;
use cluster::{Care, Cluster};
use contact::{
    Channel, ChannelType, Command, CompanyId, Contact, Guards, Missing, Origin, Region, Seq, SettingsChange,
    SignatureKey,
};
use store::{
    Access, Companies, Contacts, Error, InMemory, Journal, ListRequest, Model, NewChannel, Search, Store, verify,
};
use store_postgres::{Limits, Postgres};
use tokio_postgres::types::Type;

use crate::conformance::{self, Fresh, at, company, until};
use crate::history::{handle, histories, merge, observed, settings_change};

/// Few connections, because more would not make the tests faster.
fn limits() -> Limits {
    Limits { connections: 4, connect_time: std::time::Duration::ZERO, ..Limits::default() }
}

async fn open(url: &str, access: Access) -> Result<Postgres, Error> {
    Postgres::open(url, access, limits()).await
}

async fn url() -> String {
    cluster::fresh(cluster::shared()).await
}

pub async fn fresh() -> Fresh {
    let store = open(&url().await, Access::Serve).await.unwrap();
    Fresh { store: Arc::new(store), _keep: None }
}

fn wayne() -> CompanyId {
    CompanyId::new(7).unwrap()
}

/// The handles of each contact.
async fn groups(store: &dyn Store, company: CompanyId) -> BTreeSet<BTreeSet<String>> {
    let contacts = store.contacts(company, ListRequest::latest(None), usize::from(u16::MAX)).await.unwrap();
    let group = |contact: &Contact| contact.handles.iter().map(|handle| handle.key().as_str().to_owned()).collect();
    contacts.iter().map(group).collect()
}

/// Three servers write overlapping observations concurrently: laws 1, 3, 4, 6 and 7, and then law 2.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_servers_keep_the_laws() {
    let url = url().await;
    let mut servers: Vec<Arc<Postgres>> = Vec::new();
    for _ in 0..3 {
        servers.push(Arc::new(open(&url, Access::Serve).await.unwrap()));
    }
    let store = &*servers[0];
    let other = company(8, "other");
    store.add_company(other.clone()).await.unwrap();
    for (round, history) in histories(wayne(), 8).into_iter().enumerate() {
        let number = 100 + u32::try_from(round).unwrap();
        let id = CompanyId::new(number).unwrap();
        let model = Model::default();
        for store in [store as &dyn Store, &model] {
            store.add_company(company(number, &format!("c{number}"))).await.unwrap();
        }
        // Law 1 is about reports. The last one of a named record replaces the others, and evidence heeds the last names.
        let off = Guards { shared_after: None, ..Guards::default() };
        for store in [store as &dyn Store, &model] {
            store.write(id, at(1), vec![settings_change(SettingsChange::SetGuards(off))]).await.unwrap();
        }
        let observes = |command: &Command| matches!(command, Command::Observe(report) if report.record.is_none());
        let history: Vec<_> = history.into_iter().filter(observes).collect();
        let mut writers = tokio::task::JoinSet::new();
        for (n, command) in history.iter().cloned().enumerate() {
            let server = Arc::clone(&servers[n % servers.len()]);
            writers.spawn(async move { server.write(id, at(1), vec![command]).await.unwrap()[0].is_ok() });
        }
        assert!(writers.join_all().await.into_iter().all(|is_taken| is_taken));
        for command in &history {
            model.write(id, at(1), vec![command.clone()]).await.unwrap();
        }
        assert_eq!(groups(store, id).await, groups(&model, id).await, "round {round}");
        for server in &servers {
            assert_eq!(verify(&**server, &InMemory, id).await.unwrap(), [], "round {round}");
        }
        let entries = store.entries(id, Seq(0), 1_000).await.unwrap();
        let numbers: Vec<u64> = entries.iter().map(|entry| entry.seq.0).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "entries are numbered without gaps");
        for command in &history {
            for handle in command.handles() {
                assert!(servers[1].owner(id, handle.clone()).await.unwrap().is_some(), "{handle:?} has no owner");
            }
        }
        undo_a_merge(&servers, id).await;
    }
    assert_eq!(store.head(other.id).await.unwrap(), Seq(0), "another company is unchanged");
}

/// Law 2: one server merges, another one splits again, and all contacts are as before.
async fn undo_a_merge(servers: &[Arc<Postgres>], id: CompanyId) {
    let contacts = servers[0].contacts(id, ListRequest::latest(None), 1_000).await.unwrap();
    let [first, second, ..] = &contacts[..] else { return };
    let shown =
        |contact: &Contact| (contact.id, contact.name().to_owned(), contact.handles.clone(), contact.others.clone());
    let before = [shown(first), shown(second)];
    let younger = first.id.max(second.id);
    let view = servers[2].view(id, &[younger], &Missing::default()).await.unwrap();
    let records = view.parts(younger).into_iter().filter(|record| !view.records[record].is_withdrawn).collect();
    let merged = servers[1].write(id, at(2), vec![merge(vec![first.id, second.id])]).await.unwrap();
    let contact = merged[0].as_ref().unwrap().contact.unwrap();
    let split = Command::Split { contact, records, by: Origin::Person };
    servers[2].write(id, at(3), vec![split]).await.unwrap()[0].as_ref().unwrap();
    let mut after = Vec::new();
    for contact in [first, second] {
        after.push(shown(&servers[0].contact(id, contact.id).await.unwrap().unwrap()));
    }
    assert_eq!(after, before);
    assert_eq!(verify(&*servers[0], &InMemory, id).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_processes_see_whether_the_store_is_served() {
    // Another store in the same database server does not count.
    let _elsewhere = open(&url().await, Access::Serve).await.unwrap();
    let url = url().await;
    let open = async |access| Arc::new(Postgres::open(&url, access, limits()).await.unwrap()) as Arc<dyn Store>;
    conformance::other_processes_see_whether_the_store_is_served(open).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_process_lets_others_write() {
    let url = url().await;
    let open = async |access| Arc::new(Postgres::open(&url, access, limits()).await.unwrap()) as Arc<dyn Store>;
    conformance::a_busy_process_lets_others_write(open).await;
}

#[tokio::test]
async fn all_servers_are_notified_of_a_write() {
    let url = url().await;
    let writing = open(&url, Access::Serve).await.unwrap();
    let reading = open(&url, Access::Serve).await.unwrap();
    writing.add_company(company(7, "wayne")).await.unwrap();
    let listener = listen(&url).await;
    writing.write(wayne(), at(1), vec![observed(&[1])]).await.unwrap();
    writing.write(wayne(), at(1), vec![observed(&[1])]).await.unwrap();
    writing.write(wayne(), at(1), vec![observed(&[2])]).await.unwrap();
    let received = listener.await.unwrap();
    assert_eq!(received, ["7", "7"], "a write without changes sends no notification");
    // The other server also sees the updated index and a changed secret.
    let query = Query::parse("h1", contact::Region::default()).unwrap();
    until(async || reading.search(wayne(), &query, 9).await.unwrap().contacts.len() == 1).await;
    let name = "wayne".parse().unwrap();
    let secret = store::SecretHash([9; 32]);
    assert!(reading.company(&name).await.unwrap().unwrap().secret != secret);
    writing.set_secret(wayne(), secret).await.unwrap();
    until(async || reading.company(&name).await.unwrap().unwrap().secret == secret).await;
}

/// The payloads of the first two notifications about company 7.
async fn listen(url: &str) -> tokio::task::JoinHandle<Vec<String>> {
    use futures_util::StreamExt as _;
    let (client, mut connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let (send, mut notifications) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut messages = futures_util::stream::poll_fn(|context| connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if let tokio_postgres::AsyncMessage::Notification(notification) = message {
                send.send(notification.payload().to_owned()).unwrap();
            }
        }
    });
    client.batch_execute("LISTEN kith").await.unwrap();
    tokio::spawn(async move {
        let _client = client;
        let mut received = Vec::new();
        while received.len() < 2 {
            // Other tests use the same database server, so ignore notifications about other companies.
            received.extend(notifications.recv().await.filter(|payload| payload == "7"));
        }
        received
    })
}

async fn refused(url: &str, access: Access, reason: &str) {
    let Err(error) = open(url, access).await else { panic!("{url} was opened") };
    let text = error.to_string();
    assert!(matches!(error, Error::Unusable(_)) && text.contains(reason), "{text}");
}

#[tokio::test]
async fn an_older_database_forgets_the_tokens_of_channels() {
    let url = url().await;
    let store = open(&url, Access::Make).await.unwrap();
    store.add_company(company(7, "wayne")).await.unwrap();
    let address = Channel::address(ChannelType::Sms, "+16505550100", Region::default()).unwrap();
    let signature_key = Some(SignatureKey::new(""));
    let new = NewChannel { kind: ChannelType::Sms, address, signature_key, created_at: at(1) };
    store.add_channel(wayne(), new).await.unwrap();
    drop(store);
    let client = cluster::connect(&url).await;
    client.batch_execute("ALTER TABLE channel RENAME COLUMN signature_key TO token").await.unwrap();
    client.batch_execute("UPDATE channel SET token = 'my-auth-token'").await.unwrap();
    client.batch_execute("UPDATE kith SET version = 1").await.unwrap();
    let store = open(&url, Access::Change).await.unwrap();
    assert_eq!(store.channels(wayne()).await.unwrap()[0].signature_key, Some(SignatureKey::new("my-auth-token")));
}

#[tokio::test]
async fn databases_that_are_not_stores_are_refused() {
    let url = url().await;
    for access in [Access::Read, Access::Change] {
        refused(&url, access, "no Kith store; `kith migrate` makes one").await;
    }
    let client = cluster::connect(&url).await;
    client.batch_execute("CREATE TABLE record (id int)").await.unwrap();
    refused(&url, Access::Serve, "another program").await;
    client.batch_execute("DROP TABLE record").await.unwrap();
    drop(open(&url, Access::Make).await.unwrap());
    assert!(open(&url, Access::Read).await.is_ok());
    client.batch_execute("UPDATE kith SET version = 99").await.unwrap();
    for access in [Access::Serve, Access::Read] {
        refused(&url, access, "newer Kith (schema 99").await;
    }
    client.batch_execute("ALTER TABLE kith RENAME COLUMN version TO schema").await.unwrap();
    refused(&url, Access::Read, "made by a development version of Kith").await;
    refused(
        &url.replace("/postgres?", "/no_such_database?").replace("/kith?", "/no_such_database?"),
        Access::Serve,
        "no_such",
    )
    .await;
}

#[tokio::test]
async fn a_store_opened_for_reading_refuses_writes() {
    let url = url().await;
    open(&url, Access::Make).await.unwrap().add_company(company(7, "wayne")).await.unwrap();
    let store = open(&url, Access::Read).await.unwrap();
    assert!(store.write(wayne(), at(1), vec![observed(&[1])]).await.is_err());
    assert_eq!(store.head(wayne()).await.unwrap(), Seq(0));
}

#[tokio::test]
async fn several_processes_may_create_a_store_at_once() {
    let url = url().await;
    let mut opening = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let url = url.clone();
        opening.spawn(async move { open(&url, Access::Make).await.map(drop) });
    }
    assert!(opening.join_all().await.into_iter().all(|opened| opened.is_ok()));
}

/// A literal of a type, for planning a statement.
fn literal(kind: &Type) -> &'static str {
    match *kind {
        Type::INT2 | Type::INT4 | Type::INT8 => "7",
        Type::INT4_ARRAY | Type::INT8_ARRAY => "'{7,8}'",
        Type::TEXT | Type::VARCHAR => "'% x%'",
        Type::TEXT_ARRAY => "'{x,y}'",
        Type::BYTEA => r"'\x07'",
        Type::BOOL => "true",
        ref other => panic!("no statement had a parameter of type {other}"),
    }
}

/// On a Citus cluster, every statement of the store runs on one node.
#[tokio::test]
async fn every_statement_runs_on_one_shard() {
    if cluster::instead().is_none() {
        let message =
            "every_statement_runs_on_one_shard was skipped: KITH_TEST_CITUS_URL does not name a Citus cluster";
        writeln!(std::io::stderr(), "{message}").unwrap();
        return;
    }
    let url = url().await;
    assert!(
        Postgres::migrate(&url, limits()).await.unwrap().is_distributed,
        "KITH_TEST_CITUS_URL does not name a Citus cluster"
    );
    let client = cluster::connect(&url).await;
    let statements = Postgres::statements();
    assert!(statements.len() > 40);
    for (n, sql) in statements.iter().enumerate() {
        let prepared = client.prepare(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let types: Vec<String> = prepared.params().iter().map(ToString::to_string).collect();
        let values: Vec<&str> = prepared.params().iter().map(literal).collect();
        let with = |list: &[&str]| if list.is_empty() { String::new() } else { format!("({})", list.join(", ")) };
        let types = with(&types.iter().map(String::as_str).collect::<Vec<_>>());
        client.batch_execute(&format!("PREPARE s{n} {types} AS {sql}")).await.unwrap();
        let explain = format!("EXPLAIN (VERBOSE, COSTS OFF) EXECUTE s{n} {}", with(&values));
        let messages = client.simple_query(&explain).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let line = |message: &tokio_postgres::SimpleQueryMessage| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        let plan = messages.iter().filter_map(line).collect::<Vec<_>>().join("\n");
        if plan.contains("Citus") {
            let is_one = plan.contains("Task Count: 1\n") && plan.matches("Task Count").count() == 1;
            let is_pulled = ["INSERT ... SELECT", "Distributed Subplan", "Read from intermediate", "MultiPlan"];
            assert!(is_one && !is_pulled.iter().any(|sign| plan.contains(sign)), "{sql}\n{plan}");
        } else {
            // A reference table is on every node.
            let shared = ["FROM company", "FROM mailbox"];
            assert!(shared.iter().any(|table| sql.contains(table)), "{sql}\n{plan}");
        }
        if std::env::var_os("KITH_TEST_SHOW_PLANS").is_some() {
            println!("{sql}\n{plan}\n");
        }
    }
    println!("{} statements, each on one shard", statements.len());
}

#[tokio::test]
async fn the_url_sets_the_security_of_connections() {
    let plain = Cluster::start(Care::Hasty);
    let opened = open(&plain.url(), Access::Make).await;
    assert!(opened.is_ok(), "sslmode=prefer needs no TLS: {:?}", opened.err());
    refused(&format!("{}?sslmode=require", plain.url()), Access::Read, "TLS").await;

    let cluster = Cluster::with_tls();
    drop(open(&cluster.url(), Access::Make).await.unwrap());
    // From here on the server refuses connections without TLS.
    cluster.put("pg_hba.conf", "hostssl all all all trust\n");
    cluster.stop();
    cluster.start_again();
    let roots = cluster.ca_file();
    let folder = tempfile::tempdir().unwrap();
    let port = cluster.url().rsplit(':').next().unwrap().to_owned();
    let address = |host: &str, rest: &str| format!("postgres://kith@{host}:{port}?{rest}");
    let with = |mode: &str, file: &std::path::Path| format!("sslmode={mode}&sslrootcert={}", file.display());
    for (host, rest) in [
        ("localhost", String::new()),
        ("127.0.0.1", "sslmode=require".into()),
        ("127.0.0.1", with("verify-ca", &roots)),
        ("localhost", with("verify-full", &roots)),
    ] {
        let opened = open(&address(host, &rest), Access::Read).await;
        assert!(opened.is_ok(), "{host} {rest}: {:?}", opened.err());
    }
    refused(&address("localhost", "sslmode=disable"), Access::Read, "no encryption").await;
    refused(&address("127.0.0.1", &with("verify-full", &roots)), Access::Read, "certificate").await;
    for mode in ["verify-ca", "verify-full"] {
        // The certificate authority is not one of the system's.
        refused(&address("localhost", &format!("sslmode={mode}")), Access::Read, "certificate").await;
    }
    refused(&address("localhost", &with("verify-full", folder.path())), Access::Read, "holds no certificates").await;
}

#[tokio::test]
async fn a_closed_connection_is_replaced() {
    let cluster = Cluster::start(Care::Hasty);
    let store = open(&cluster.url(), Access::Serve).await.unwrap();
    store.add_company(company(7, "wayne")).await.unwrap();
    for n in 0..5 {
        cluster.cut_connections();
        store.write(wayne(), at(1), vec![observed(&[n])]).await.unwrap();
        cluster.cut_connections();
        assert!(store.owner(wayne(), handle(n).key().clone()).await.unwrap().is_some());
    }
    cluster.stop();
    let written = store.write(wayne(), at(1), vec![observed(&[1])]).await;
    assert!(matches!(written, Err(Error::Unavailable(_))), "{written:?}");
    assert!(matches!(store.owner(wayne(), handle(1).key().clone()).await, Err(Error::Unavailable(_))));
    assert!(matches!(store.ready().await, Err(Error::Unavailable(_))));
    cluster.start_again();
    store.write(wayne(), at(1), vec![observed(&[7])]).await.unwrap();
    assert_eq!(verify(&store, &InMemory, wayne()).await.unwrap(), []);
    assert_eq!(store.contacts(wayne(), ListRequest::latest(None), 100).await.unwrap().len(), 6);
}
