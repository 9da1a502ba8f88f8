//! The conformance tests of duplicates.

use std::collections::BTreeSet;

use ::search::duplicates::{DuplicatePair, DuplicateReason, Fingerprint};
use contact::{
    Attribute, Command, CompanyId, ContactId, Guards, Handle, HandleDecision, ListName, Missing, Observation, Origin,
    Region, SettingsChange, Source, Time, Update, View,
};
use proptest::prelude::*;
use store::Store;

use crate::conformance::{Fresh, at, company, with_wayne};
use crate::history::{histories, keep_apart, merge, moved, settings_change, split, texts};

/// An observation from a name and e-mail addresses, separated by commas.
fn observation(text: &str) -> Observation {
    let (emails, name): (Vec<&str>, Vec<&str>) = text.split(", ").partition(|part| part.contains('@'));
    let attributes = texts(Some(&name.join(", ")), None);
    let email = |text: &str| Handle::parse(Source::Email, text, Region::default()).unwrap();
    Observation { attributes, handles: emails.into_iter().map(email).collect(), ..Observation::from(Origin::Api(None)) }
}

/// The fingerprints of two contacts that share no handle.
fn fingerprint(contacts: [&str; 2]) -> [Fingerprint; 2] {
    let mut view = View::new(CompanyId::new(7).unwrap());
    let ids = contacts.map(|text| {
        let mut observed = observation(text);
        let unique = format!("unique-{}", view.records_made);
        observed.handles.push(Handle::parse(Source::Twitter, &unique.replace('-', "_"), Region::default()).unwrap());
        view.perform(&Command::from(observed), Time::from_millis(0)).unwrap().outcome.contact.unwrap()
    });
    ids.map(|id| Fingerprint::of(&view, id).unwrap_or_default())
}

fn reasons(contacts: [&str; 2]) -> Vec<DuplicateReason> {
    let [one, other] = fingerprint(contacts);
    let reasons = one.reasons(&other);
    assert_eq!(other.reasons(&one), reasons, "{contacts:?} either way");
    let shared = one.keys().intersection(&other.keys()).count();
    assert!(reasons.is_empty() || shared > 0, "{contacts:?} share a key");
    assert_eq!(Fingerprint::from_stored(&one.stored()).unwrap(), one);
    reasons
}

#[test]
fn contacts_are_duplicates_for_these_reasons() {
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
    for (one, other, expected) in cases {
        assert_eq!(reasons([one, other]), *expected, "{one:?} and {other:?}");
    }
}

/// Names of short words from few letters, so that many look alike.
fn names() -> impl Strategy<Value = String> {
    proptest::collection::vec("[ab]{1,5}", 1..4).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Contacts that look alike share a key, and the reasons are the same in both directions.
    #[test]
    fn duplicates_share_a_key(one in names(), other in names()) {
        reasons([&one, &other]);
    }

    #[test]
    fn names_that_differ_in_one_letter_are_duplicates(
        words in proptest::collection::vec("[a-e]{4,7}", 2..5),
        (word, position, kind) in (0..5_usize, 0..8_usize, 0..4),
    ) {
        let mut edited = words.clone();
        let word = word % words.len();
        let mut letters: Vec<char> = words[word].chars().collect();
        let position = position % letters.len();
        match kind {
            0 => letters.insert(position, 'x'),
            1 => drop(letters.remove(position)),
            2 => letters[position] = 'x',
            _ => {
                let next = (position + 1) % letters.len();
                prop_assume!(next > position && letters[position] != letters[next]);
                letters.swap(position, next);
            }
        }
        edited[word] = letters.into_iter().collect();
        edited.reverse();
        let (one, other) = (words.join(" "), edited.join(" "));
        // An edit may give the same words in another order.
        let found = reasons([&one, &other]);
        prop_assert!(found == [DuplicateReason::OneLetter] || found == [DuplicateReason::SameName], "{one} and {other}: {found:?}");
    }
}

async fn observe(store: &dyn Store, company: CompanyId, text: &str) -> ContactId {
    let outcomes = store.write(company, at(1), vec![Command::from(observation(text))]).await.unwrap();
    outcomes[0].as_ref().unwrap().contact.unwrap()
}

async fn ask(store: &dyn Store, company: CompanyId, command: Command) -> contact::Outcome {
    store.write(company, at(1), vec![command]).await.unwrap().remove(0).unwrap()
}

/// Waits for the pairs, which may lag some seconds.
async fn expect_pairs(store: &dyn Store, company: CompanyId, expected: &[DuplicatePair]) {
    let is_there = async || (store.duplicates(company, None, 1_000).await.unwrap() == expected).then_some(());
    wait::until_async(&format!("the pairs are {expected:?}"), is_there).await;
}

pub async fn possible_duplicates_are_found(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let one = observe(store, wayne, "John Smith, john@queen.com").await;
    let two = observe(store, wayne, "Smith J., j@wayne.com").await;
    observe(store, wayne, "Bruce Wayne, bruce@wayne.inc").await;
    expect_pairs(store, wayne, &[(two, one)]).await;
    let three = observe(store, wayne, "Jon Smith, john@queen.de").await;
    let all = [(three, two), (three, one), (two, one)];
    expect_pairs(store, wayne, &all).await;
    let mut paged = Vec::new();
    while let [pair] = store.duplicates(wayne, paged.last().copied(), 1).await.unwrap()[..] {
        paged.push(pair);
    }
    assert_eq!(paged, all);
    // With another name only the address looks alike.
    let rename = |contact, name: &str| {
        let update = Update { attributes: texts(Some(name), None), ..Update::default() };
        Command::Update { contact, update: Box::new(update), by: Origin::Api(None) }
    };
    ask(store, wayne, rename(three, "Selina Kyle")).await;
    expect_pairs(store, wayne, &[(three, one), (two, one)]).await;
    ask(store, wayne, rename(one, "Harvey Dent")).await;
    expect_pairs(store, wayne, &[(three, one)]).await;
    ask(store, wayne, Command::Delete { contact: one, by: Origin::Api(None) }).await;
    expect_pairs(store, wayne, &[]).await;
}

pub async fn contacts_kept_apart_are_not_duplicates(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(observe(store, wayne, &format!("John Smith, j{n}@a{n}.com")).await);
    }
    let [one, two, three, four] = ids[..] else { panic!("expected four contacts") };
    let of = |pairs: &[DuplicatePair]| pairs.to_vec();
    expect_pairs(store, wayne, &of(&[(four, three), (four, two), (four, one), (three, two), (three, one), (two, one)]))
        .await;
    ask(store, wayne, keep_apart([two, one])).await;
    expect_pairs(store, wayne, &[(four, three), (four, two), (four, one), (three, two), (three, one)]).await;
    // A merged contact is not paired, and its rules keep the one that it is merged into apart.
    ask(store, wayne, merge(vec![two, three])).await;
    expect_pairs(store, wayne, &[(four, two), (four, one)]).await;
    ask(store, wayne, split(three)).await;
    expect_pairs(store, wayne, &[(four, three), (four, two), (four, one), (three, one)]).await;
    let history = store.history(wayne, one, None, 1).await.unwrap();
    assert_eq!(history[0].change, contact::Change::KeptApart { one: two, other: one });
}

/// With names that must agree, a common handle makes contacts of other names possible duplicates instead of one.
pub async fn contacts_with_a_handle_and_other_names_are_duplicates(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let agree = Guards { names_agree: true, shared_after: None };
    ask(store, wayne, settings_change(SettingsChange::SetGuards(agree))).await;
    let one = observe(store, wayne, "Bruce Wayne, office@wayne.inc").await;
    // The index has read the first before another reports the handle.
    let alike = observe(store, wayne, "Lucius Fox, lucius@wayne.inc").await;
    let also = observe(store, wayne, "Fox Lucius, fox@gotham.org").await;
    expect_pairs(store, wayne, &[(also, alike)]).await;
    ask(store, wayne, keep_apart([also, alike])).await;
    expect_pairs(store, wayne, &[]).await;
    let two = observe(store, wayne, "Selina Kyle, office@wayne.inc, selina@wayne.inc").await;
    expect_pairs(store, wayne, &[(two, one)]).await;
    let three = observe(store, wayne, "Alfred, office@wayne.inc").await;
    expect_pairs(store, wayne, &[(three, two), (three, one), (two, one)]).await;
    let view = store.view(wayne, &[one, two], &Missing::default()).await.unwrap();
    let [one_print, two_print] = [one, two].map(|id| Fingerprint::of(&view, id).unwrap());
    assert_eq!(one_print.reasons(&two_print), [DuplicateReason::SameHandle]);
    assert_eq!(Fingerprint::from_stored(&one_print.stored()), Ok(one_print));
    // Without the guard they are one contact.
    let all = [(three, two), (three, one), (two, one)];
    for (guards, expected) in [(Guards { names_agree: false, ..agree }, &[][..]), (agree, &all)] {
        ask(store, wayne, settings_change(SettingsChange::SetGuards(guards))).await;
        let records = vec![one, two, three];
        ask(store, wayne, Command::Regroup { records, handles: Vec::new(), by: Origin::Person }).await;
        expect_pairs(store, wayne, expected).await;
    }
    // The decisions of a person count: apart, or one.
    ask(store, wayne, keep_apart([three, one])).await;
    expect_pairs(store, wayne, &[(three, two), (two, one)]).await;
    ask(store, wayne, merge(vec![two, one])).await;
    expect_pairs(store, wayne, &[]).await;
    ask(store, wayne, split(two)).await;
    expect_pairs(store, wayne, &[(three, two)]).await;
    // A shared handle says nothing.
    let office = observation("office@wayne.inc").handles.remove(0).key().clone();
    let mark = |decision| Command::MarkHandle { handle: office.clone(), decision, by: Origin::Person };
    ask(store, wayne, mark(HandleDecision::Shared)).await;
    expect_pairs(store, wayne, &[]).await;
    ask(store, wayne, mark(HandleDecision::Personal)).await;
    expect_pairs(store, wayne, &[(three, two)]).await;
}

/// Contacts with a very common name are paired only if they agree in more than the name.
pub async fn a_very_common_name_alone_makes_no_duplicates(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let mut ids = Vec::new();
    for n in 0..9 {
        ids.push(observe(store, wayne, &format!("John Smith, j{n}@a{n}.com")).await);
    }
    let all =
        || ids.iter().rev().flat_map(|one| ids.iter().rev().filter(move |two| *two < one).map(move |two| (*one, *two)));
    expect_pairs(store, wayne, &all().collect::<Vec<DuplicatePair>>()).await;
    let [colleague, tenth] = [
        observe(store, wayne, "Smith John, john@a3.co.uk").await,
        observe(store, wayne, "John Smith, x@elsewhere.com").await,
    ];
    expect_pairs(store, wayne, &[(colleague, ids[3])]).await;
    ask(store, wayne, Command::Delete { contact: tenth, by: Origin::Api(None) }).await;
    ids.push(colleague);
    let all =
        || ids.iter().rev().flat_map(|one| ids.iter().rev().filter(move |two| *two < one).map(move |two| (*one, *two)));
    expect_pairs(store, wayne, &all().collect::<Vec<DuplicatePair>>()).await;
}

pub async fn private_contacts_are_not_compared(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let email = Handle::parse(Source::Email, "alfred@wayne.inc", Region::default()).unwrap();
    let add = SettingsChange::AddTeammate { name: Attribute::Name.parse("Alfred").unwrap(), email };
    ask(store, wayne, settings_change(add)).await;
    let observation =
        Observation { owner: Some(contact::TeammateId::nth(wayne, 1)), ..observation("John Smith, john@a.com") };
    ask(store, wayne, Command::Create { observation: observation.into(), lists: Vec::<ListName>::new() }).await;
    let one = observe(store, wayne, "John Smith, j@b.com").await;
    let two = observe(store, wayne, "John Smith, j@c.com").await;
    expect_pairs(store, wayne, &[(two, one)]).await;
}

/// After random histories in two companies, the pairs are those of the model, which compares all contacts.
pub async fn pairs_equal_those_of_the_model(fresh: Fresh) {
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
            let expected = model.duplicates(id, None, 1_000).await.unwrap();
            expect_pairs(store, id, &expected).await;
            counts.insert(expected.len());
        }
    }
    assert!(counts.len() > 1, "the histories have no duplicates: {counts:?}");
}
