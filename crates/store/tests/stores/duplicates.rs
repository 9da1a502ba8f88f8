//! Which contacts look alike.

use std::collections::BTreeSet;
use std::time::Duration;

use ::search::duplicates::{DuplicatePair, DuplicateReason, Fingerprint};
use contact::{
    Attribute, Command, CompanyId, ContactId, Handle, ListName, Observation, Origin, Region, SettingsChange, Source,
    Time, Update, View,
};
use proptest::prelude::*;
use store::Store;

use crate::conformance::{Fresh, at, company, with_wayne};
use crate::history::{histories, keep_apart, merge, moved, settings_change, split, texts};

/// A person: a name, then e-mail addresses, with commas between.
fn person(text: &str) -> Observation {
    let (emails, name): (Vec<&str>, Vec<&str>) = text.split(", ").partition(|part| part.contains('@'));
    let attributes = texts(Some(&name.join(", ")), None);
    let email = |text: &str| Handle::parse(Source::Email, text, Region::default()).unwrap();
    Observation { attributes, handles: emails.into_iter().map(email).collect(), ..Observation::from(Origin::Api) }
}

/// How two people look who share no handle.
fn fingerprint(people: [&str; 2]) -> [Fingerprint; 2] {
    let mut view = View::new(CompanyId::new(7).unwrap());
    let ids = people.map(|text| {
        let mut told = person(text);
        let nobodys = format!("nobodys-{}", view.contacts_made);
        told.handles.push(Handle::parse(Source::Twitter, &nobodys.replace('-', "_"), Region::default()).unwrap());
        view.perform(&Command::from(told), Time::from_millis(0)).unwrap().outcome.contact.unwrap()
    });
    ids.map(|id| Fingerprint::of(&view, id).unwrap_or_default())
}

fn reasons(people: [&str; 2]) -> Vec<DuplicateReason> {
    let [one, other] = fingerprint(people);
    let reasons = one.reasons(&other);
    assert_eq!(other.reasons(&one), reasons, "{people:?} either way");
    let shared = one.keys().intersection(&other.keys()).count();
    assert!(reasons.is_empty() || shared > 0, "{people:?} share a key");
    assert_eq!(Fingerprint::from_stored(&one.stored()).unwrap(), one);
    reasons
}

#[test]
fn alike_is_who_may_be_one_person() {
    use DuplicateReason::{Initial, OneLetter, RelatedAddress, SameName};
    let cases: &[(&str, &str, &[DuplicateReason])] = &[
        ("John Smith", "john  SMITH", &[SameName]),
        ("John Smith", "Smith, John", &[SameName]),
        ("Zoë Müller-Lüdenscheidt", "muller ludenscheidt zoe", &[SameName]),
        ("Batman", "batman", &[SameName]),
        ("東京", "東京", &[SameName]),
        ("Person 12", "Person 12", &[SameName]),
        ("John Smith", "J. Smith", &[Initial]),
        ("John Smith", "Smith, J", &[Initial]),
        ("John Smith", "John S.", &[Initial]),
        ("John Michael Smith", "John M. Smith", &[Initial]),
        ("John Michael Smith", "J. M. Smith", &[Initial]),
        ("John Smith", "John M. Smith", &[Initial]),
        ("J. M. Smith", "M. J. Smith", &[SameName]),
        ("Jon Smith", "John Smith", &[OneLetter]),
        ("John Smith", "John Smyth", &[OneLetter]),
        ("John Smith", "Jonh Smith", &[OneLetter]),
        ("John Smith", "ohn Smith", &[OneLetter]),
        ("Neil Armstrong", "Niel Armstrong", &[OneLetter]),
        ("Adam Brown", "Smith Zdam", &[]),
        ("Adam Brown", "Brown, Zdam", &[OneLetter]),
        (", john.smith@wayne.com", ", john.smith@wayne.co.uk", &[RelatedAddress]),
        (", john.smith@wayne.com", ", John.Smith@mail.wayne.com", &[RelatedAddress]),
        ("John Smith, j@wayne.com", "John Smith, j@wayne.de", &[SameName, RelatedAddress]),
        ("John Smith, john@yahoo.com", "J. Smith, john@yahoo.co.uk", &[Initial, RelatedAddress]),
        ("John Smith, john@yahoo.com", "Bruce Wayne, john@yahoo.co.uk", &[]),
        (", info@wayne.com", ", info@wayne.de", &[]),
        (", john@wayne.com", ", john@queen.com", &[]),
        (", john@a.co.uk", ", john@b.co.uk", &[]),
        ("John Smith", "Jane Smith", &[]),
        ("John A. Smith", "John B. Smith", &[]),
        ("J. Smith", "John Smith Jones", &[]),
        ("J. S.", "John Smith", &[]),
        ("Tim Smith", "Tom Smith", &[]),
        ("Jo Lee", "Jon Lee", &[]),
        ("Batman", "Batmen", &[]),
        ("Person 121", "Person 122", &[]),
        ("Person 1", "Person 12", &[]),
        ("", "", &[]),
    ];
    for (one, other, wanted) in cases {
        assert_eq!(reasons([one, other]), *wanted, "{one:?} and {other:?}");
    }
}

/// A name of words that meet, and edits of them.
fn names() -> impl Strategy<Value = String> {
    proptest::collection::vec("[ab]{1,5}", 1..4).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the reason, those who look alike have a key in common, and each says the same of the other.
    #[test]
    fn alike_share_a_key(one in names(), other in names()) {
        reasons([&one, &other]);
    }

    #[test]
    fn alike_is_a_name_with_one_letter_changed(
        words in proptest::collection::vec("[a-e]{4,7}", 2..5),
        (word, place, kind) in (0..5_usize, 0..8_usize, 0..4),
    ) {
        let mut edited = words.clone();
        let word = word % words.len();
        let mut letters: Vec<char> = words[word].chars().collect();
        let place = place % letters.len();
        match kind {
            0 => letters.insert(place, 'x'),
            1 => drop(letters.remove(place)),
            2 => letters[place] = 'x',
            _ => {
                let next = (place + 1) % letters.len();
                prop_assume!(next > place && letters[place] != letters[next]);
                letters.swap(place, next);
            }
        }
        edited[word] = letters.into_iter().collect();
        edited.reverse();
        let (one, other) = (words.join(" "), edited.join(" "));
        // An edit may make the words those of the other in another order.
        let found = reasons([&one, &other]);
        prop_assert!(found == [DuplicateReason::OneLetter] || found == [DuplicateReason::SameName], "{one} and {other}: {found:?}");
    }
}

async fn tell(store: &dyn Store, company: CompanyId, text: &str) -> ContactId {
    let outcomes = store.write(company, at(1), vec![Command::from(person(text))]).await.unwrap();
    outcomes[0].as_ref().unwrap().contact.unwrap()
}

async fn ask(store: &dyn Store, company: CompanyId, command: Command) -> contact::Outcome {
    store.write(company, at(1), vec![command]).await.unwrap().remove(0).unwrap()
}

/// Waits for the pairs, which may be some seconds behind.
async fn comes_to(store: &dyn Store, company: CompanyId, wanted: &[DuplicatePair]) {
    let mut pairs = Vec::new();
    for _ in 0..1_000 {
        pairs = store.duplicates(company, None, 1_000).await.unwrap();
        if pairs == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(pairs, wanted);
}

pub async fn those_who_look_alike_are_found(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let one = tell(store, wayne, "John Smith, john@queen.com").await;
    let two = tell(store, wayne, "Smith J., j@wayne.com").await;
    tell(store, wayne, "Bruce Wayne, bruce@wayne.inc").await;
    comes_to(store, wayne, &[(two, one)]).await;
    let three = tell(store, wayne, "Jon Smith, john@queen.de").await;
    let all = [(three, two), (three, one), (two, one)];
    comes_to(store, wayne, &all).await;
    let mut paged = Vec::new();
    while let [pair] = store.duplicates(wayne, paged.last().copied(), 1).await.unwrap()[..] {
        paged.push(pair);
    }
    assert_eq!(paged, all);
    // Another name, and it is alike for its address alone; without that, for nothing.
    let rename = |contact, name: &str| {
        let update = Update { attributes: texts(Some(name), None), ..Update::default() };
        Command::Update { contact, update: Box::new(update), by: Origin::Api }
    };
    ask(store, wayne, rename(three, "Selina Kyle")).await;
    comes_to(store, wayne, &[(three, one), (two, one)]).await;
    ask(store, wayne, rename(one, "Harvey Dent")).await;
    comes_to(store, wayne, &[(three, one)]).await;
    ask(store, wayne, Command::Delete { contact: one, by: Origin::Api }).await;
    comes_to(store, wayne, &[]).await;
}

pub async fn those_who_are_kept_apart_are_not_alike(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(tell(store, wayne, &format!("John Smith, j{n}@a{n}.com")).await);
    }
    let [one, two, three, four] = ids[..] else { panic!("four were told") };
    let of = |pairs: &[DuplicatePair]| pairs.to_vec();
    comes_to(store, wayne, &of(&[(four, three), (four, two), (four, one), (three, two), (three, one), (two, one)]))
        .await;
    ask(store, wayne, keep_apart([two, one])).await;
    comes_to(store, wayne, &[(four, three), (four, two), (four, one), (three, two), (three, one)]).await;
    // Who is merged is part of another, and kept apart from whom that is.
    ask(store, wayne, merge(vec![two, three])).await;
    let entry = store.head(wayne).await.unwrap();
    comes_to(store, wayne, &[(four, two), (four, one)]).await;
    ask(store, wayne, split(entry)).await;
    comes_to(store, wayne, &[(four, three), (four, two), (four, one), (three, one)]).await;
    let history = store.history(wayne, one, None, 1).await.unwrap();
    assert_eq!(history[0].change, contact::Change::KeptApart { one: two, other: one });
}

/// Of a name that very many have, those are shown that agree in more.
pub async fn a_name_of_very_many_is_not_enough(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let mut ids = Vec::new();
    for n in 0..9 {
        ids.push(tell(store, wayne, &format!("John Smith, j{n}@a{n}.com")).await);
    }
    let all =
        || ids.iter().rev().flat_map(|one| ids.iter().rev().filter(move |two| *two < one).map(move |two| (*one, *two)));
    comes_to(store, wayne, &all().collect::<Vec<DuplicatePair>>()).await;
    let [colleague, tenth] = [
        tell(store, wayne, "Smith John, john@a3.co.uk").await,
        tell(store, wayne, "John Smith, x@elsewhere.com").await,
    ];
    comes_to(store, wayne, &[(colleague, ids[3])]).await;
    ask(store, wayne, Command::Delete { contact: tenth, by: Origin::Api }).await;
    ids.push(colleague);
    let all =
        || ids.iter().rev().flat_map(|one| ids.iter().rev().filter(move |two| *two < one).map(move |two| (*one, *two)));
    comes_to(store, wayne, &all().collect::<Vec<DuplicatePair>>()).await;
}

pub async fn a_teammates_own_are_nobody_elses_to_compare(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let email = Handle::parse(Source::Email, "alfred@wayne.inc", Region::default()).unwrap();
    let add = SettingsChange::AddTeammate { name: Attribute::Name.parse("Alfred").unwrap(), email };
    ask(store, wayne, settings_change(add)).await;
    let observation =
        Observation { owner: Some(contact::TeammateId::nth(wayne, 1)), ..person("John Smith, john@a.com") };
    ask(store, wayne, Command::Create { observation: observation.into(), lists: Vec::<ListName>::new() }).await;
    let one = tell(store, wayne, "John Smith, j@b.com").await;
    let two = tell(store, wayne, "John Smith, j@c.com").await;
    comes_to(store, wayne, &[(two, one)]).await;
}

/// After random histories, in two companies at once, the pairs are those that the most naive way finds.
pub async fn pairs_are_what_the_journal_comes_to(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let model: &dyn Store = &store::Model::default();
    let other = company(8, "other");
    store.add_company(other.clone()).await.unwrap();
    for one in [company(7, "wayne"), other.clone()] {
        model.add_company(one).await.unwrap();
    }
    let mut counts = BTreeSet::new();
    for history in histories(wayne, 4) {
        for (n, command) in history.iter().enumerate() {
            let company = if n % 3 == 0 { other.id } else { wayne };
            let command = moved(command, company);
            for store in [store, model] {
                let written = store.write(company, at(1), vec![command.clone()]).await;
                assert!(written.is_ok());
            }
        }
        for id in [wayne, other.id] {
            let wanted = model.duplicates(id, None, 1_000).await.unwrap();
            comes_to(store, id, &wanted).await;
            counts.insert(wanted.len());
        }
    }
    assert!(counts.len() > 1, "some look alike: {counts:?}");
}
