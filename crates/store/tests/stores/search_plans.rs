//! Tests of searches in PostgreSQL: results of large companies, and query plans.

use std::io::Write as _;
use std::sync::Arc;

use ::search::Query;
use contact::{Command, CompanyId, ContactId, Region};
use store::{Access, Companies as _, Journal as _, Model, Search as _, Store};
use store_postgres::{Limits, Postgres};

use crate::conformance::{at, company};
use crate::history::named;
use crate::search::caught_up;

async fn open(url: &str) -> Postgres {
    Postgres::open(url, Access::Serve, Limits { connections: 4, ..Limits::default() }).await.unwrap()
}

async fn ids(store: &dyn Store, id: CompanyId, text: &str, most: usize) -> Vec<ContactId> {
    let found = store.search(id, &Query::parse(text, Region::default()).unwrap(), most).await.unwrap();
    found.contacts.into_iter().map(|contact| contact.id).collect()
}

/// Searches that match few, some or many of the latest contacts, with fewer and more matches than the limit.
#[tokio::test]
async fn frequent_and_rare_names_are_found_in_order() {
    let store = open(&cluster::fresh(cluster::shared()).await).await;
    let model = Model::default();
    let id = CompanyId::new(7).unwrap();
    let contacts = (0..2_500).map(|n| {
        let name = match n {
            n if n % 500 == 2 => "Uma Kimball",
            n if n % 100 == 0 => "Robin Vane",
            n if n % 30 == 1 => "Kim Roberts",
            _ => "Pat Vance",
        };
        named(&[n], Some(name))
    });
    let contacts: Vec<_> = contacts.collect();
    for store in [&store as &dyn Store, &model] {
        store.add_company(company(7, "wayne")).await.unwrap();
        for some in contacts.chunks(500) {
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

/// Searches that match none of the latest contacts, but more older ones than are read from the index at once.
#[tokio::test]
async fn names_missing_in_the_latest_contacts_are_found_in_order() {
    let store = open(&cluster::fresh(cluster::shared()).await).await;
    let model = Model::default();
    let id = CompanyId::new(7).unwrap();
    let name = |n: usize| match n {
        n if n > 2_500 => "Pat Vance",
        n if n % 800 == 2 => "Rob",
        n if n % 100 == 3 => "Uma Robin",
        _ => "Robin Vane",
    };
    let contacts: Vec<_> = (0..4_600).map(|n| named(&[n], Some(name(n)))).collect();
    for store in [&store as &dyn Store, &model] {
        store.add_company(company(7, "wayne")).await.unwrap();
        for some in contacts.chunks(900) {
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

/// Searches use the right index even without statistics and with plans made for an empty table.
///
/// The latest writes are in the index, not in its pending list. A search reads no more spans than it needs.
#[tokio::test]
async fn searches_use_an_index() {
    if cluster::instead().is_some() {
        let message = "searches_use_an_index was skipped: KITH_TEST_CITUS_URL names a Citus cluster, whose plans are on its nodes";
        writeln!(std::io::stderr(), "{message}").unwrap();
        return;
    }
    let url = cluster::fresh(cluster::shared()).await;
    let store = Arc::new(open(&url).await);
    let client = cluster::connect(&url).await;
    let id = CompanyId::new(7).unwrap();
    store.add_company(company(7, "wayne")).await.unwrap();
    for n in 0..5 {
        let contacts = (0..400).map(|m| named(&[n * 400 + m], Some(&format!("Person {n} {m}")))).collect();
        store.write(id, at(1), contacts).await.unwrap();
        caught_up(&*store, id).await;
    }
    let pending: i64 = client.query_one("SELECT gin_clean_pending_list('search_tokens')", &[]).await.unwrap().get(0);
    assert!(pending <= 8, "{pending} pages are in the pending list");

    let many = "INSERT INTO search SELECT 1, n, n, n / 1000, NULL, ' a ', ARRAY[n] FROM generate_series(1, 20000) AS n;
         INSERT INTO search_span SELECT 1, n, 1000 FROM generate_series(0, 20) AS n;
         SELECT gin_clean_pending_list('search_tokens');
         SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan";
    client.batch_execute(many).await.unwrap();
    let statements = Postgres::statements();
    let searches: Vec<&String> = statements.iter().filter(|sql| sql.contains("company = 1::bigint")).collect();
    assert_eq!(searches.len(), 6, "one statement for each tier, and one for the latest contacts");
    let plan = async |explain: &str, n: usize, most: usize| {
        let parameters = client.prepare(searches[n]).await.unwrap().params().len();
        let texts = vec!["'%abc%'"; parameters - 2].join(", ");
        let plan = client.query(&format!("{explain} EXECUTE s{n} ({most}, NULL, {texts})"), &[]).await.unwrap();
        plan.iter().map(|row| row.get(0)).collect::<Vec<String>>().join("\n")
    };
    for (n, sql) in searches.iter().enumerate() {
        client.batch_execute(&format!("PREPARE s{n} AS {sql}")).await.unwrap();
        let plan = plan("EXPLAIN", n, 50).await;
        let (ways, others) = if sql.contains("MATERIALIZED") {
            // One span after the other, and only this company's tokens.
            (["Bitmap Index Scan on search_tokens", "Recursive Union"], ["search_pkey", "search_changed"])
        } else {
            (["Index Scan Backward using search_changed", "Limit"], ["Sort", "Bitmap"])
        };
        let is_in = |part: &&str| plan.contains(*part);
        assert!(ways.iter().all(is_in) && !others.iter().any(is_in), "{sql}\n{plan}");
    }

    // Ten contacts in each span have all tokens of all these queries.
    let between = |sql: &str, one: &str, other: &str| Some(sql.split_once(one)?.1.split_once(other)?.0.to_owned());
    let salt = searches.iter().find_map(|sql| between(sql, "SELECT span, ", " AS salt")).unwrap();
    let tokens =
        searches.iter().flat_map(|sql| sql.split(" # salt").filter_map(|before| before.rsplit(['[', ' ']).next()));
    let tokens: Vec<_> =
        tokens.filter(|token| token.parse::<i32>().is_ok()).map(|token| format!("{token} # {salt}")).collect();
    let ten = format!(
        "INSERT INTO search SELECT 1, 100000 + n, 100000 + n, span, NULL, ' abc ', ARRAY[{}]
         FROM (SELECT n, (n / 10)::bigint AS span FROM generate_series(0, 209) AS n) AS contacts",
        tokens.join(", ")
    );
    client.batch_execute(&ten).await.unwrap();
    for (n, sql) in searches.iter().enumerate().filter(|(_, sql)| sql.contains("MATERIALIZED")) {
        let plan = plan("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF)", n, 30).await;
        let read = plan.lines().find(|line| line.contains("Bitmap Heap Scan on search "));
        assert!(read.is_some_and(|read| read.contains("rows=10") && read.ends_with("loops=3)")), "{sql}\n{plan}");
    }
}

/// Two adjacent spans are merged if together they have no more contacts than all newer spans, within limits.
///
/// The last span is never merged, because it is being filled.
#[tokio::test]
async fn a_span_merges_up_to_the_size_of_newer_spans() {
    let url = cluster::fresh(cluster::shared()).await;
    Postgres::open(&url, Access::Make, Limits::default()).await.unwrap();
    let client = cluster::connect(&url).await;
    let statements = Postgres::statements();
    let pair = statements.iter().find(|sql| sql.contains("AS pairs")).unwrap();
    for (company, (contacts, expected)) in (1_i64..).zip([
        ("{4096, 10}", None),
        ("{2000, 2000, 1}", Some((0, 1, false))),
        ("{1999, 2000, 1}", Some((0, 1, true))),
        ("{9000, 9000, 5000}", None),
        ("{9000, 9000, 9000, 9000}", Some((0, 1, false))),
        ("{30000, 30000, 40000, 20000}", Some((0, 1, false))),
        ("{40000, 40000, 50000, 50000}", None),
        ("{40000, 20000, 30000, 100, 50000, 16000}", Some((2, 3, false))),
    ]) {
        let fill =
            "INSERT INTO search_span SELECT $1, n - 1, c FROM unnest($2::text::bigint[]) WITH ORDINALITY AS _ (c, n)";
        client.execute(fill, &[&company, &contacts]).await.unwrap();
        let found = client.query_opt(pair, &[&company, &4_096_i64, &65_536_i64]).await.unwrap();
        let found = found.map(|row| (row.get::<_, i64>(0), row.get::<_, i64>(1), row.get::<_, bool>(2)));
        assert_eq!(found, expected, "{contacts}");
    }
}

/// Spans with few contacts are merged step by step, and searches give the same results after each step.
#[tokio::test]
async fn spans_with_few_contacts_are_merged() {
    let url = cluster::fresh(cluster::shared()).await;
    // Without a server, the index is updated only on request.
    let store = Postgres::open(&url, Access::Make, Limits::default()).await.unwrap();
    let model = Model::default();
    let (wayne, kent) = (CompanyId::new(7).unwrap(), CompanyId::new(8).unwrap());
    let write = async |id: CompanyId, commands: Vec<Command>| {
        for store in [&store as &dyn Store, &model] {
            store.write(id, at(1), commands.clone()).await.unwrap();
        }
    };
    let contacts = |from: usize, to: usize, name: &str| (from..to).map(|n| named(&[n], Some(name))).collect::<Vec<_>>();
    for (n, id) in [(7, wayne), (8, kent)] {
        for store in [&store as &dyn Store, &model] {
            store.add_company(company(n, &format!("company{n}"))).await.unwrap();
        }
        write(id, contacts(0, 30, "Robin")).await;
        write(id, contacts(30, 1_600, "Pat")).await;
    }
    let client = cluster::connect(&url).await;
    let spans = async |company: i64| -> Vec<(i64, i64)> {
        let spans = "SELECT span, contacts FROM search_span WHERE company = $1 ORDER BY span";
        let counted = "SELECT span, count(search.contact) FROM search_span LEFT JOIN search USING (company, span)
             WHERE company = $1 GROUP BY span ORDER BY span";
        let read = async |sql: &str| -> Vec<(i64, i64)> {
            client.query(sql, &[&company]).await.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
        };
        let (spans, counted) = (read(spans).await, read(counted).await);
        assert_eq!(spans, counted, "the counts of the spans are right");
        spans
    };
    // A changed contact moves to the last span unless that is full. The counts are raised to make it look full.
    let execute = async |sql: &str| client.batch_execute(sql).await.unwrap();
    let to_next_span = async |contacts: Vec<Command>| {
        write(wayne, contacts).await;
        execute("UPDATE search_span SET contacts = contacts + 4096 WHERE company = 7").await;
        caught_up(&store, wayne).await;
        execute("UPDATE search_span SET contacts = contacts - 4096 WHERE company = 7 AND contacts >= 4096").await;
    };
    caught_up(&store, wayne).await;
    // The first span keeps 600 contacts, the second gets 700, the third 300.
    to_next_span(contacts(600, 1_300, "Pat Vance")).await;
    to_next_span(contacts(1_300, 1_600, "Pat Vance")).await;
    // A single contact moves from the fourth span to the fifth.
    to_next_span(contacts(2_000, 2_001, "Robin")).await;
    to_next_span(contacts(2_000, 2_001, "Robin Vance")).await;
    let mut seen = Vec::new();
    loop {
        let now = spans(7).await;
        for text in ["robin", "rob", "pat", "van", "h14 example", "unknown"] {
            for most in [10, 1_000] {
                let found = ids(&store, wayne, text, most).await;
                assert_eq!(found, ids(&model, wayne, text, most).await, "{text}, {most}, {now:?}");
            }
        }
        if seen.last() == Some(&now) {
            break;
        }
        seen.push(now);
        store.index(wayne).await.unwrap();
    }
    // The spans with the fewest contacts are merged once all entries are indexed. The contacts of the smaller one move to
    // the other, and an empty span is deleted.
    let steps: [&[(i64, i64)]; 4] = [
        &[(0, 600), (1, 700), (2, 300), (3, 0), (4, 1)],
        &[(0, 600), (1, 1_000), (4, 1)],
        &[(0, 100), (1, 1_500), (4, 1)],
        &[(1, 1_600), (4, 1)],
    ];
    assert_eq!(seen, steps);
    caught_up(&store, kent).await;
    store.index(kent).await.unwrap();
    assert_eq!(spans(8).await, [(0, 1_600)], "another company is unchanged");
    assert_eq!(ids(&store, kent, "robin", 50).await, ids(&model, kent, "robin", 50).await);
}
