//! Scripts of merges: who must be one contact afterwards, and who must not. `tests/field/merges/README.md` describes them.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::client::Answer;
use crate::harness::Server;

/// A handle: its source and its key.
type Handle = (String, String);

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/field/merges");

/// The same value with a number in place of `{n}`.
fn numbered(value: &Value, n: u64) -> Value {
    serde_json::from_str(&value.to_string().replace("{n}", &n.to_string())).unwrap()
}

fn handle(value: &Value) -> Handle {
    let text = |n: usize| value[n].as_str().unwrap().to_lowercase();
    (text(0), text(1))
}

fn handles(value: &Value) -> BTreeSet<Handle> {
    value.as_array().into_iter().flatten().map(handle).collect()
}

/// The groups of handles that a script expects.
fn expected(script: &Value) -> BTreeSet<BTreeSet<Handle>> {
    let ignored = handles(&script["ignore"]);
    let mut groups = BTreeSet::new();
    for group in script["groups"].as_array().unwrap() {
        let count = group["count"].as_u64();
        let from = group["from"].as_u64().unwrap_or(1);
        for n in from..from + count.unwrap_or(1) {
            let all = if count.is_some() { handles(&numbered(&group["handles"], n)) } else { handles(group) };
            groups.insert(all.difference(&ignored).cloned().collect());
        }
    }
    groups
}

/// The groups of handles of all contacts.
async fn groups(server: &Server, script: &Value) -> BTreeSet<BTreeSet<Handle>> {
    let ignored = handles(&script["ignore"]);
    let mut groups = BTreeSet::new();
    let mut next = Some("/contacts?limit=100".to_owned());
    while let Some(target) = next {
        let page = server.get(&target).await.expect(200);
        for contact in page["_results"].as_array().unwrap() {
            let all = contact["handles"].as_array().unwrap();
            let key = |one: &Value| {
                let text = one["handle"].as_str().unwrap().trim_start_matches('@').to_lowercase();
                (one["source"].as_str().unwrap().to_owned(), text)
            };
            groups.insert(all.iter().map(key).filter(|one| !ignored.contains(one)).collect());
        }
        let after = page["_pagination"]["next"].as_str();
        next = after.map(|url| format!("/contacts{}", &url[url.find('?').unwrap()..]));
    }
    groups
}

fn alias(value: &Value) -> String {
    let (source, text) = handle(value);
    format!("alt:{source}:{text}")
}

/// Takes one step. A step that a script expects to be refused must be.
async fn take(server: &Server, step: &Value) {
    let (name, step) =
        step.as_object().unwrap().iter().find(|(name, _)| *name != "status" && *name != "answer").unwrap();
    match name.as_str() {
        "bulk" => {
            for n in 1..=step["count"].as_u64().unwrap() {
                server.send_report(&numbered(&step["body"], n)).await.expect(202);
            }
        }
        "withdraw" => {
            let target =
                format!("/api/1/records/{}/{}", step["system"].as_str().unwrap(), step["id"].as_str().unwrap());
            server.ask(server.wayne.request("DELETE", &target)).await.expect(202);
        }
        "remove_handle" => {
            let (source, text) = handle(&step["handle"]);
            let target = format!("/contacts/{}/handles", alias(&step["contact"]));
            assert_eq!(server.send("DELETE", &target, &json!({"source": source, "handle": text})).await.status, 204);
        }
        "delete" => {
            assert_eq!(
                server.ask(server.wayne.request("DELETE", &format!("/contacts/{}", alias(step)))).await.status,
                204
            );
        }
        "merge" => {
            let mut ids = Vec::new();
            for one in step.as_array().unwrap() {
                ids.push(server.contact(&alias(one)).await["id"].clone());
            }
            server.send("POST", "/contacts/merge", &json!({"contact_ids": ids})).await.expect(200);
        }
        "split" => {
            let contact = alias(&step["contact"]);
            let records = server.get(&format!("/contacts/{contact}/records")).await.expect(200);
            let off = handles(&step["off"]);
            let reports = |record: &&Value| {
                let all = record["handles"].as_array().unwrap();
                all.iter().any(|one| {
                    off.contains(&(
                        one["source"].as_str().unwrap().into(),
                        one["handle"].as_str().unwrap().to_lowercase(),
                    ))
                })
            };
            let ids: Vec<&Value> =
                records["_results"].as_array().unwrap().iter().filter(reports).map(|record| &record["id"]).collect();
            server.send("POST", &format!("/contacts/{contact}/split"), &json!({"records": ids})).await.expect(200);
        }
        "separate" => {
            let mut ids = Vec::new();
            for one in step.as_array().unwrap() {
                ids.push(server.contact(&alias(one)).await["id"].as_str().unwrap().parse().unwrap());
            }
            let [one, other]: [contact::ContactId; 2] = ids.try_into().unwrap();
            server.hub.keep_apart(one.company(), [one, other], contact::Origin::Person).await.unwrap();
        }
        "share" | "unshare" | "block" | "allow" => {
            let status = match name.as_str() {
                "share" => "shared",
                "block" => "blocked",
                _ => "personal",
            };
            let (source, text) = handle(step);
            server.send("PUT", &format!("/handles/{source}:{text}"), &json!({"status": status})).await.expect(200);
        }
        other => panic!("unknown step {other}"),
    }
}

async fn snapshot(server: &Server, step: &Value) -> Answer {
    let lines: Vec<String> = match step["records"].as_array() {
        Some(records) => records.iter().map(Value::to_string).collect(),
        None => (1..=step["count"].as_u64().unwrap()).map(|n| numbered(&step["body"], n).to_string()).collect(),
    };
    let query = step["query"].as_str().map(|query| format!("?{}", query.trim_start_matches('?'))).unwrap_or_default();
    let target = format!("/api/1/records/{}{query}", step["system"].as_str().unwrap());
    let request = server.wayne.request("PUT", &target).with("Content-Type", "application/x-ndjson");
    server.ask(request.body(lines.join("\n"))).await
}

async fn run(server: &Server, file: &Path) {
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let script: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    for step in script["steps"].as_array().unwrap() {
        if let Some(body) = step.get("post") {
            let status = u16::try_from(step["status"].as_u64().unwrap_or(202)).unwrap();
            let answer = server.send_report(body).await.expect(status);
            for (part, texts) in step["answer"].as_object().into_iter().flatten() {
                for text in texts.as_array().unwrap() {
                    assert!(answer[part].to_string().contains(text.as_str().unwrap()), "{name}: {part} in {answer}");
                }
            }
        } else if let Some(step) = step.get("snapshot") {
            let status = u16::try_from(step["status"].as_u64().unwrap_or(200)).unwrap();
            snapshot(server, step).await.expect(status);
        } else {
            take(server, step).await;
        }
    }
    assert_eq!(groups(server, &script).await, expected(&script), "{name}");
    for named in script["names"].as_array().into_iter().flatten() {
        assert_eq!(server.contact(&alias(&named[0])).await["name"], named[1], "{name}");
    }
    for nobody in script["nobody"].as_array().into_iter().flatten() {
        server.get(&format!("/contacts/{}", alias(nobody))).await.message(404);
    }
}

async fn every_script_ends_as_it_says(mut server: Server) {
    let mut files: Vec<_> = std::fs::read_dir(SCRIPTS).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    assert!(files.len() > 20);
    for (n, file) in files.iter().enumerate() {
        // Each in a company of its own.
        server.wayne = server.company(&format!("company-{n}")).await;
        run(&server, file).await;
    }
}

on_each_store!(every_script_ends_as_it_says);
