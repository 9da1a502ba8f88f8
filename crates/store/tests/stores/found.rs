//! How contacts are found in a database.

use std::io::Write as _;
use std::sync::Arc;

use contact::{CompanyId, ContactId, Region};
use store::{Access, Companies as _, Journal as _, Limits, Model, Postgres, Query, Store};

use crate::conformance::{at, company};
use crate::history::named;
use crate::search::caught_up;

async fn open(url: &str) -> Postgres {
    Postgres::open(url, Access::Serve, Limits { connections: 4, ..Limits::default() }).await.unwrap()
}

async fn ids(store: &dyn Store, id: CompanyId, text: &str, most: usize) -> Vec<ContactId> {
    let found = store.search(id, &Query::parse(text, Region::default()).unwrap(), most).await.unwrap();
    found.people.into_iter().map(|person| person.id).collect()
}

/// Whether few, some or many of the latest are what is looked for, and whether there are enough or not.
#[tokio::test]
async fn what_many_are_is_found_in_order() {
    let store = open(&cluster::fresh(cluster::shared()).await).await;
    let model = Model::default();
    let id = CompanyId::new(7).unwrap();
    let people = (0..2_500).map(|n| {
        let name = match n {
            n if n % 500 == 2 => "Uma Kimball",
            n if n % 100 == 0 => "Robin Vane",
            n if n % 30 == 1 => "Kim Roberts",
            _ => "Pat Vance",
        };
        named(&[n], Some(name))
    });
    let people: Vec<_> = people.collect();
    for store in [&store as &dyn Store, &model] {
        store.add_company(company(7, "wayne")).await.unwrap();
        for some in people.chunks(500) {
            store.write(id, at(1), some.to_vec()).await.unwrap();
        }
    }
    caught_up(&store, id).await;
    for text in
        ["uma", "robin", "rob", "kim", "ki", "im", "ball", "pat", "van", "va pa", "kim uma", "h13", "1 example", "x"]
    {
        for most in [1, 3, 50, 100] {
            assert_eq!(ids(&store, id, text, most).await, ids(&model, id, text, most).await, "{text}, {most}");
        }
    }
}

/// What nobody of the latest is and yet many are, more than are read from the index at once.
#[tokio::test]
async fn what_nobody_of_late_is_is_found_in_order() {
    let store = open(&cluster::fresh(cluster::shared()).await).await;
    let model = Model::default();
    let id = CompanyId::new(7).unwrap();
    let name = |n: usize| match n {
        n if n > 2_500 => "Pat Vance",
        n if n % 800 == 2 => "Rob",
        n if n % 100 == 3 => "Uma Robin",
        _ => "Robin Vane",
    };
    let people: Vec<_> = (0..4_600).map(|n| named(&[n], Some(name(n)))).collect();
    for store in [&store as &dyn Store, &model] {
        store.add_company(company(7, "wayne")).await.unwrap();
        for some in people.chunks(900) {
            store.write(id, at(1), some.to_vec()).await.unwrap();
        }
    }
    caught_up(&store, id).await;
    for text in ["rob", "robin", "obi", "uma rob", "rob van"] {
        for most in [1, 50] {
            assert_eq!(ids(&store, id, text, most).await, ids(&model, id, text, most).await, "{text}, {most}");
        }
    }
}

/// A search goes by an index that is made for it, before statistics were gathered and whatever was planned when there was nobody, and
/// what was written last is in that, not in a list beside it.
#[tokio::test]
async fn searches_go_by_an_index() {
    if cluster::instead().is_some() {
        let said =
            "searches_go_by_an_index was not run: KITH_TEST_CITUS_URL names a cluster, whose plans are on its machines";
        writeln!(std::io::stderr(), "{said}").unwrap();
        return;
    }
    let url = cluster::fresh(cluster::shared()).await;
    let store = Arc::new(open(&url).await);
    let client = cluster::connect(&url).await;
    let id = CompanyId::new(7).unwrap();
    store.add_company(company(7, "wayne")).await.unwrap();
    for n in 0..5 {
        let people = (0..400).map(|m| named(&[n * 400 + m], Some(&format!("Person {n} {m}")))).collect();
        store.write(id, at(1), people).await.unwrap();
        caught_up(&*store, id).await;
    }
    let waited: i64 = client.query_one("SELECT gin_clean_pending_list('search_parts')", &[]).await.unwrap().get(0);
    assert!(waited <= 8, "{waited} pages of 8 KiB were left");

    let many = "INSERT INTO search SELECT 1, n, n, NULL, ' a ', ' a ', '{}' FROM generate_series(1, 20000) AS n";
    client.batch_execute(many).await.unwrap();
    client.batch_execute("SELECT gin_clean_pending_list('search_parts')").await.unwrap();
    client.batch_execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan").await.unwrap();
    let statements = Postgres::statements();
    let searches: Vec<&String> =
        statements.iter().filter(|sql| sql.contains("FROM search WHERE company = 1:")).collect();
    assert!(searches.len() > 8);
    for (n, sql) in searches.into_iter().enumerate() {
        client.batch_execute(&format!("PREPARE s{n} AS {sql}")).await.unwrap();
        let parameters = client.prepare(sql).await.unwrap().params().len();
        let texts = vec!["'%abc%'"; parameters - 2].join(", ");
        let plan = client.query(&format!("EXPLAIN EXECUTE s{n} (50, NULL, {texts})"), &[]).await.unwrap();
        let plan = plan.iter().map(|row| row.get(0)).collect::<Vec<String>>().join("\n");
        let index =
            if sql.contains("MATERIALIZED") { "Bitmap Index Scan on search_parts" } else { "using search_changed" };
        assert!(plan.contains(index) && !plan.contains("search_pkey"), "{sql}\n{plan}");
    }
    let sample =
        statements.iter().find(|sql| sql.contains("FROM generate_series")).expect("what a sample is taken with");
    client.batch_execute(&format!("PREPARE sample AS {sample}")).await.unwrap();
    let plan = client.query("EXPLAIN EXECUTE sample (1, 20000, 64, 32, 500)", &[]).await.unwrap();
    let plan = plan.iter().map(|row| row.get(0)).collect::<Vec<String>>().join("\n");
    assert!(plan.contains("using search_changed") && !plan.contains("Sort"), "{plan}");
}
