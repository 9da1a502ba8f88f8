//! The conformance tests of searches.

use ::search::{QUERY_WORDS_MAX, Query};
use contact::{Command, CompanyId, Contact, ContactId, Handle, Link, Observation, Origin, Region, Source};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use store::{Companies as _, Found, Journal as _, Model, Search as _, Store};

use crate::conformance::{Fresh, at, company, with_wayne};
use crate::history::{handle, merge, named, observed, split, texts};

/// An observation of a name and two handles, one of any source.
fn contact(n: usize, name: &str, source: Source, text: &str) -> Command {
    let handles = vec![Handle::parse(source, text, Region::default()).unwrap(), handle(n)];
    Command::from(Observation { attributes: texts(Some(name), None), handles, ..Observation::from(Origin::Api(None)) })
}

fn about(n: usize, description: &str, link: &str) -> Command {
    Command::from(Observation {
        attributes: texts(None, Some(description)),
        links: vec![Link::parse(link).unwrap()],
        handles: vec![handle(n)],
        ..Observation::from(Origin::Api(None))
    })
}

fn query(text: &str) -> Query {
    Query::parse(text, Region::default()).unwrap()
}

/// Waits until the index covers all writes.
pub async fn caught_up(store: &dyn Store, company: CompanyId) {
    let is_current = async || (!store.index(company).await.unwrap().is_behind()).then_some(());
    wait::until_async("the search index is current", is_current).await;
}

pub async fn found(store: &dyn Store, company: CompanyId, text: &str) -> Vec<Contact> {
    caught_up(store, company).await;
    let Found { contacts, is_complete } = store.search(company, &query(text), 50).await.unwrap();
    assert!(is_complete);
    contacts
}

async fn names(store: &dyn Store, company: CompanyId, text: &str) -> Vec<String> {
    found(store, company, text).await.into_iter().map(|contact| contact.name().to_owned()).collect()
}

pub async fn contacts_are_found_by_any_part_of_their_texts(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let commands = vec![
        contact(1, "Bruce Wayne", Source::Twitter, "@Batman"),
        contact(2, "Selina \"X\" O'Kyle * OR", Source::Custom, "cat|woman"),
        about(1, "Owns a manor; pays in 50% notes", "https://crm.example.com/people/w_1?tab=mail"),
        named(&[3], Some("Lucius Fox")),
    ];
    store.write(wayne, at(1), commands).await.unwrap();
    for (text, name) in [
        ("bruce", "Bruce Wayne"),
        ("b", "Bruce Wayne"),
        ("wa", "Bruce Wayne"),
        ("ayn", "Bruce Wayne"),
        ("wayne bruce", "Bruce Wayne"),
        ("uce Way", "Bruce Wayne"),
        ("ce wa", "Bruce Wayne"),
        ("@batman", "Bruce Wayne"),
        ("BATM", "Bruce Wayne"),
        ("tman", "Bruce Wayne"),
        ("h1@example", "Bruce Wayne"),
        ("1@exa", "Bruce Wayne"),
        ("manor bruce", "Bruce Wayne"),
        ("owns pays", "Bruce Wayne"),
        ("50%", "Bruce Wayne"),
        ("https://crm.example.com/people/w_1?tab=mail", "Bruce Wayne"),
        ("eople/w", "Bruce Wayne"),
        ("o'kyle", "Selina \"X\" O'Kyle * OR"),
        ("\"x\" OR", "Selina \"X\" O'Kyle * OR"),
        ("woman", "Selina \"X\" O'Kyle * OR"),
        ("luci*", "Lucius Fox"),
    ] {
        assert_eq!(names(store, wayne, text).await, [name], "{text}");
    }
    for nothing in
        ["", " ", "\"", "*", "%", "_", "yn", "bruce fox", "xbruce", "brucewayne", "waynebruce", "NEAR(", "\\"]
    {
        assert_eq!(names(store, wayne, nothing).await, [""; 0], "{nothing}");
    }
}

/// Case, accents and variants of scripts do not affect what is found.
pub async fn searches_ignore_case_accents_and_script_variants(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let contacts = [
        "Zoë Müller-Straße",
        "ΟΔΥΣΣΕΥΣ",
        "Нью-Йорк Иван",
        "山田太郎",
        "Ｆｕｌｌ ﬁne",
        "Ångström İstanbul",
        "محمّد علي",
        "김철수",
        "नमस्ते",
    ];
    let commands = contacts.iter().enumerate().map(|(n, name)| named(&[n], Some(name))).collect();
    store.write(wayne, at(1), commands).await.unwrap();
    for (text, name) in [
        ("zoe", 0),
        ("ZOË strasse", 0),
        ("STRASSE mul", 0),
        ("straß", 0),
        ("raße", 0),
        ("mu\u{308}ller", 0),
        ("ülle", 0),
        ("οδυσσευς", 1),
        ("Οδυσ", 1),
        ("σσε", 1),
        ("йорк ИВ", 2),
        ("орк", 2),
        ("山", 3),
        ("太郎", 3),
        ("田太", 3),
        ("郎", 3),
        ("山田太郎", 3),
        ("full fin", 4),
        ("ull fi", 4),
        ("angstrom ista", 5),
        ("ıstan", 5),
        ("TANBUL", 5),
        ("محمد", 6),
        ("حمد", 6),
        ("عل", 6),
        ("철수", 7),
        ("김", 7),
        ("नमस्ते", 8),
    ] {
        assert_eq!(names(store, wayne, text).await, [contacts[name]], "{text}");
    }
    for nothing in ["郎太", "京", "دمحم"] {
        assert_eq!(names(store, wayne, nothing).await, [""; 0], "{nothing}");
    }
}

pub async fn phone_numbers_are_found_in_any_notation(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let commands = vec![
        contact(1, "Bruce", Source::Phone, "+1 415 555 0123"),
        contact(2, "Alfred", Source::Phone, "+44 20 7946 0958"),
        contact(3, "Desk", Source::Phone, "+1 650 814 9999 ext 12"),
    ];
    store.write(wayne, at(1), commands).await.unwrap();
    for (text, name) in [
        ("4155550123", "Bruce"),
        ("+14155550123", "Bruce"),
        ("(415) 555-0123", "Bruce"),
        ("1-415-555", "Bruce"),
        ("415.555.01", "Bruce"),
        ("+1 (415) 55", "Bruce"),
        ("415 555-01", "Bruce"),
        ("5 55 01", "Bruce"),
        ("5501", "Bruce"),
        ("٤١٥ ٥٥٥", "Bruce"),
        ("４１５５５", "Bruce"),
        ("bruce 415 55", "Bruce"),
        ("00 1 415 555", "Bruce"),
        ("011 44 20 7946 0958", "Alfred"),
        ("0044 20 7946", "Alfred"),
        ("+44 (0)20 7946 0958", "Alfred"),
        ("020 7946", "Alfred"),
        ("7946 09", "Alfred"),
        ("650-814-9999", "Desk"),
        ("650 814 9999 ext 12", "Desk"),
    ] {
        assert_eq!(names(store, wayne, text).await, [name], "{text}");
    }
    let british = Query::parse("020 7946 0958", "GB".parse().unwrap()).unwrap();
    assert_eq!(store.search(wayne, &british, 9).await.unwrap().contacts.len(), 1);
    for nothing in ["415 556", "0123 416", "55 41"] {
        assert_eq!(names(store, wayne, nothing).await, [""; 0], "{nothing}");
    }
}

pub async fn better_matches_come_first(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let commands = vec![
        named(&[1], Some("Robert Ross")),
        named(&[2], Some("Rob")),
        named(&[3], Some("Problem")),
        contact(4, "Alice", Source::Custom, "rob"),
        contact(5, "Bob", Source::Email, "robin@example.org"),
        named(&[6], Some("Rob Roy")),
        named(&[7], Some("Robin")),
        about(8, "Knows Roberto", "https://example.org"),
        named(&[8], Some("Carol")),
    ];
    store.write(wayne, at(1), commands).await.unwrap();
    let all = ["Rob Roy", "Alice", "Rob", "Robin", "Robert Ross", "Carol", "Bob", "Problem"];
    assert_eq!(names(store, wayne, "rob").await, all);
    for most in 1..all.len() {
        let some = store.search(wayne, &query("rob"), most).await.unwrap().contacts;
        assert_eq!(some.iter().map(contact::Contact::name).collect::<Vec<_>>(), all[..most]);
    }
    // Among equal matches, the one changed last comes first.
    store.write(wayne, at(2), vec![observed(&[2, 9])]).await.unwrap();
    assert_eq!(names(store, wayne, "rob").await[..3], ["Rob", "Rob Roy", "Alice"]);
}

pub async fn search_follows_merges_splits_and_deletions(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let commands = vec![named(&[1], Some("Bruce Wayne")), named(&[2], Some("Brunhilde"))];
    store.write(wayne, at(1), commands).await.unwrap();
    assert_eq!(names(store, wayne, "bru").await, ["Brunhilde", "Bruce Wayne"]);
    store.write(wayne, at(2), vec![observed(&[1, 2])]).await.unwrap();
    assert_eq!(names(store, wayne, "bruce").await, [""; 0], "only the latest name is found");
    assert_eq!(names(store, wayne, "h1").await, ["Brunhilde"]);
    assert_eq!(names(store, wayne, "h2").await, ["Brunhilde"]);
    store.write(wayne, at(3), vec![split(ContactId::nth(wayne, 2))]).await.unwrap();
    assert_eq!(names(store, wayne, "bruce").await, ["Bruce Wayne"]);
    assert_eq!(names(store, wayne, "bru").await, ["Brunhilde", "Bruce Wayne"]);
    store.write(wayne, at(4), vec![merge([1, 2].map(|n| ContactId::nth(wayne, n)).to_vec())]).await.unwrap();
    let delete = Command::Delete { contact: ContactId::nth(wayne, 1), by: Origin::Api(None) };
    assert_eq!(found(store, wayne, "h1").await.len(), 1);
    store.write(wayne, at(5), vec![delete]).await.unwrap();
    for text in ["bru", "h1", "h2", "wayne"] {
        assert_eq!(names(store, wayne, text).await, [""; 0]);
    }
}

pub async fn companies_share_no_search_results(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let mut others = Vec::new();
    for (number, name) in [(6, "lex"), (8, "kent")] {
        store.add_company(company(number, name)).await.unwrap();
        others.push(CompanyId::new(number).unwrap());
    }
    for (n, id) in others.iter().enumerate() {
        store.write(*id, at(1), vec![named(&[1], Some(&format!("Bruno {n}")))]).await.unwrap();
    }
    assert_eq!(names(store, wayne, "bruno").await, [""; 0]);
    store.write(wayne, at(1), vec![named(&[1], Some("Bruce"))]).await.unwrap();
    assert_eq!(names(store, wayne, "bru").await, ["Bruce"]);
    for (n, id) in others.iter().enumerate() {
        assert_eq!(names(store, *id, "bru").await, [format!("Bruno {n}")]);
        store.reindex(*id).await.unwrap();
        assert_eq!(names(store, wayne, "bru").await, ["Bruce"]);
        assert_eq!(names(store, *id, "run").await, [format!("Bruno {n}")]);
    }
}

/// Texts in which the same parts recur.
fn text() -> impl Strategy<Value = String> {
    let pieces = ["an", "na", "ann", "Ána", "x", "01", "0415", "5", " ", " ", "-", "ß", "山", "田", "bann"];
    vec(select(pieces.to_vec()), 0..5).prop_map(|pieces| pieces.concat())
}

fn random_observation() -> impl Strategy<Value = Command> {
    let custom = text().prop_map(|text| Handle::parse(Source::Custom, &text, Region::default()).ok());
    let phone = "\\+[0-9]{3,7}".prop_map(|text| Handle::parse(Source::Phone, &text, Region::default()).ok());
    (0..30_usize, proptest::option::of(text()), custom, phone, proptest::option::of(text())).prop_map(
        |(n, name, custom, phone, description)| {
            Command::from(Observation {
                attributes: texts(name.as_deref(), description.as_deref()),
                handles: std::iter::once(handle(n)).chain(custom).chain(phone.filter(|_| n % 3 == 0)).collect(),
                ..Observation::from(Origin::Api(None))
            })
        },
    )
}

fn random<T>(strategy: impl Strategy<Value = T>, seed: u8) -> T {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    strategy.new_tree(&mut TestRunner::new_with_rng(Config::default(), rng)).unwrap().current()
}

/// Every search gives the same contacts in the same order as the model, also after a rebuild of the index.
pub async fn search_results_equal_those_of_the_model(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let (store, model) = (&*fresh.store, Model::default());
    model.add_company(company(7, "wayne")).await.unwrap();
    for seed in 0..3 {
        let (history, texts) = random((vec(random_observation(), 60), vec(text(), 60)), seed);
        for batch in history.chunks(7) {
            let merged = store.write(wayne, at(1), batch.to_vec()).await.unwrap();
            assert_eq!(model.write(wayne, at(1), batch.to_vec()).await.unwrap(), merged);
            for record in merged.iter().flatten().filter_map(|outcome| outcome.merged.first()) {
                let split = vec![split(*record)];
                let done = store.write(wayne, at(1), split.clone()).await.unwrap();
                assert_eq!(model.write(wayne, at(1), split).await.unwrap(), done);
            }
        }
        for (n, text) in texts.iter().enumerate() {
            if n % 20 == 10 {
                store.reindex(wayne).await.unwrap();
            }
            caught_up(store, wayne).await;
            for most in [3, 100] {
                let ids = |found: Found| found.contacts.iter().map(|contact| contact.id.count()).collect::<Vec<_>>();
                let expected = ids(model.search(wayne, &query(text), most).await.unwrap());
                let found = ids(store.search(wayne, &query(text), most).await.unwrap());
                assert_eq!(found, expected, "{text:?}, at most {most}, seed {seed}");
            }
        }
    }
}

/// A query at the limits is searched whole; a longer one is refused.
pub async fn queries_have_limits(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let words: Vec<String> = (0..=QUERY_WORDS_MAX).map(|n| format!("w{n}")).collect();
    fresh.store.write(wayne, at(1), vec![named(&[1], Some(&words.join(" ")))]).await.unwrap();
    assert_eq!(found(&*fresh.store, wayne, &words[1..].join(" ")).await.len(), 1);
    assert!(Query::parse(&words.join(" "), Region::default()).is_err());
    assert!(Query::parse(&"é".repeat(201), Region::default()).is_err());
    assert!(found(&*fresh.store, wayne, &"é".repeat(200)).await.is_empty());
    assert!(found(&*fresh.store, wayne, &"1".repeat(200)).await.is_empty());
}
