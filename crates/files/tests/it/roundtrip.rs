//! What is written reads back as the same people, and written again it is the same file.

use std::collections::BTreeSet;
use std::sync::Arc;

use contact::{
    Attribute, Attributes, CardProperty, CustomName, CustomValue, Handle, Link, ListName, Picture, Region, Source, Text,
};
use files::{Dialect, Format, Person, Writer};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::{rows, settings};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest\x00\xff";
const GIF: &[u8] = b"GIF89a plain text";

/// Text with all that formats have to escape, and some that they must not touch.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(String::new()),
        select(vec![
            ";",
            ",",
            ":::",
            " ::: ",
            "\"",
            "'",
            "''",
            "\\",
            "\\n",
            "\\;",
            "\n",
            "\r\n",
            "\r",
            "\t",
            " ",
            "  ",
            "=",
            "+",
            "-",
            "@",
            "[\"a\"]",
            "{",
            "🦇",
            "👩‍👩‍👧",
            "שלום",
            "\u{202e}abc\u{202c}",
            "\u{feff}",
            "\u{85}",
            "\u{2028}",
            "\u{a0}",
            "\u{1}",
            "\u{7f}",
            "=HYPERLINK(\"x\")",
            "BEGIN:VCARD",
            "END:VCARD",
            "data:,x",
            "=\r\n",
            "é",
            "\u{fffd}",
            "|",
            "a",
            "ext=5",
            "http",
            ";http",
        ])
        .prop_map(str::to_owned),
        "[a-zA-Z0-9 ]{1,80}",
        "\\PC{0,10}",
    ];
    vec(piece, 0..6).prop_map(|pieces| pieces.concat().replace('\0', ""))
}

fn handle() -> impl Strategy<Value = Handle> {
    let email = prop_oneof![
        "[a-z0-9+=-]{1,10}@[a-z]{1,8}\\.example",
        "[a-z]{1,5}@bücher\\.example",
        select(vec!["\"a;b,c\"@d.example", "\"a,b@c\"@d.example", "'x@d.example", "=x@d.example", "\"=x\"@d.example"])
            .prop_map(str::to_owned),
    ];
    let phone = prop_oneof!["\\+[1-9][0-9]{3,12}", "\\+1650814[0-9]{4};ext=[0-9]{1,3}"];
    let twitter = prop_oneof!["@?[A-Za-z0-9_]{1,15}", "https://x\\.com/[a-z]{1,10}\\?a=1;b=2,3"];
    prop_oneof![
        email.prop_map(|text| (Source::Email, text)),
        phone.prop_map(|text| (Source::Phone, text)),
        twitter.prop_map(|text| (Source::Twitter, text)),
        (select(vec![Source::Facebook, Source::Intercom, Source::FrontChat, Source::Custom]), text()),
    ]
    .prop_filter_map("no handle", |(source, text)| Handle::parse(source, &text, Region::default()).ok())
    .prop_flat_map(|handle| (Just(handle), option::of(label())))
    .prop_map(|(handle, label)| handle.with_label(label))
}

fn label() -> impl Strategy<Value = Text> {
    let labels = vec!["work", "home", "mobile", "Desk; 7, left", "Work", "iPhone", "=1"];
    select(labels).prop_map(|label| Handle::parse_label(label).unwrap().unwrap())
}

fn property() -> impl Strategy<Value = CardProperty> {
    let lines = [
        "X-SKYPE;TYPE=home:clark.kent",
        "item1.IMPP:xmpp:a@b.example\nitem1.X-ABLabel:Work",
        "GEO:52.5;13.4",
        "TEL;TYPE=fax:+12125550170",
        "X-LONG:\u{1f987} a very long line that a card has on several lines, because no line may be longer than seventy-five bytes",
    ];
    select(lines.to_vec()).prop_map(|line| CardProperty::parse(line).unwrap())
}

fn link() -> impl Strategy<Value = Link> {
    let path = prop_oneof![
        "[a-z0-9;,?&=/:%']{0,20}",
        select(vec!["", ";", "x;http://b.example", "é🦇"]).prop_map(str::to_owned)
    ];
    ("(https?|HTTPS)", path)
        .prop_filter_map("no link", |(scheme, path)| Link::parse(&format!("{scheme}://a.example/{path}")).ok())
}

fn custom() -> impl Strategy<Value = Vec<(CustomName, CustomValue)>> {
    let number = prop_oneof![
        any::<i64>().prop_map(serde_json::Number::from),
        any::<f64>().prop_filter_map("not finite", serde_json::Number::from_f64),
    ]
    .prop_map(|number| CustomValue::Number(number.to_string()));
    let color = select(vec!["red", "=green; or so"]).prop_map(|text| CustomValue::Text(text.to_owned()));
    let values = (
        option::of(number.clone()),
        option::of(any::<bool>().prop_map(CustomValue::Bool)),
        option::of(number),
        option::of(text().prop_map(CustomValue::Text)),
        option::of(text().prop_map(CustomValue::Text)),
        option::of(color),
        option::of(Just(CustomValue::Text("alfred@wayne.inc".to_owned()))),
    );
    values.prop_map(|(size, vip, since, memo, email, color, owner)| {
        let names = ["Size", "VIP", "Since", "Memo", "email", "=Color, \"hue\"", "Owner"];
        let values = [size, vip, since, memo, email, color, owner];
        let pairs = names.into_iter().zip(values);
        pairs.filter_map(|(name, value)| Some((CustomName::parse(name).unwrap(), value?))).collect()
    })
}

fn person() -> impl Strategy<Value = Person> {
    let list = text().prop_filter_map("no list", |text| ListName::parse(&text).ok());
    let lists = prop_oneof![
        list,
        select(vec!["myContacts", "* myContacts", "a,  b"]).prop_map(|name| ListName::parse(name).unwrap())
    ];
    let picture = option::of(select(vec![PNG, GIF]))
        .prop_map(|bytes| bytes.map(|bytes| Picture::parse(Arc::from(bytes)).unwrap()));
    (
        text(),
        text(),
        vec(handle(), 1..6),
        vec(link(), 0..4),
        vec(lists, 0..5),
        (custom(), picture),
        vec(property(), 0..3),
    )
        .prop_map(|(name, description, handles, links, lists, (custom, picture), properties)| {
            let (mut keys, mut urls, mut names) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
            Person {
                attributes: attributes(&name, &description),
                handles: handles.into_iter().filter(|handle| keys.insert(handle.key().clone())).collect(),
                links: links.into_iter().filter(|link| urls.insert(link.as_str().to_owned())).collect(),
                properties: properties.into_iter().fold(Vec::new(), |mut all, one| {
                    if !all.contains(&one) {
                        all.push(one);
                    }
                    all
                }),
                lists: lists.into_iter().filter(|list| names.insert(list.clone())).collect(),
                custom: custom.into_iter().collect(),
                picture,
            }
        })
}

fn write(people: &[Person], dialect: impl Into<Dialect>) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), dialect.into(), &settings()).unwrap();
    for person in people {
        writer.write(person).unwrap();
    }
    writer.finish().unwrap()
}

fn read(file: &[u8], format: Format) -> Vec<Person> {
    let people = rows(file, format).into_iter().map(|row| {
        let row = row.parsed.unwrap();
        assert!(row.ignored.is_empty(), "{:?}", row.ignored);
        let observation = row.observation;
        Person {
            attributes: Attributes::from_fn(|attribute| observation.attributes[attribute].clone().unwrap_or_default()),
            handles: observation.handles,
            links: observation.links,
            properties: observation.properties,
            lists: row.lists,
            custom: observation.custom.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            picture: observation.picture.flatten(),
        }
    });
    people.collect()
}

/// What a table keeps of a person.
fn in_table(mut person: Person) -> Person {
    person.handles.sort_by_key(|handle| handle.key().source());
    person.picture = None;
    person.properties.clear();
    for handle in &mut person.handles {
        *handle = handle.clone().with_label(None);
    }
    person
}

/// What a card keeps of a person: a name without spaces around it, and other facts without needless spaces.
fn in_card(mut person: Person) -> Person {
    let name = person.attributes[Attribute::Name].as_str().trim().to_owned();
    if !name.is_empty() {
        person.attributes[Attribute::Name] = Attribute::Name.parse(&name).unwrap();
    }
    for attribute in Attribute::ALL.into_iter().skip(2) {
        let lines = person.attributes[attribute].as_str().trim().lines();
        let lines: Vec<String> = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        person.attributes[attribute] = attribute.parse(lines.join("\n").trim()).unwrap();
    }
    person
}

fn check(people: &[Person], dialect: Dialect) {
    let (file, format) = (write(people, dialect), dialect.format());
    let read = read(&file, format);
    let expected: Vec<Person> = match format {
        Format::Csv => people.iter().cloned().map(in_table).collect(),
        Format::JsonLines => people.to_vec(),
        Format::Vcard => people.iter().cloned().map(in_card).collect(),
    };
    assert_eq!(read, expected, "{}", String::from_utf8_lossy(&file));
    if expected == people {
        assert_eq!(write(&read, dialect), file);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back(people in vec(person(), 1..4)) {
        for dialect in [Dialect::Csv, Dialect::Excel, Dialect::JsonLines, Dialect::Vcard3, Dialect::Vcard4] {
            check(&people, dialect);
        }
    }

    #[test]
    fn no_cell_computes_and_no_line_is_long(people in vec(person(), 1..4)) {
        let file = write(&people, Dialect::Csv);
        let mut table = csv::ReaderBuilder::new().from_reader(&file[..]);
        let names: Vec<String> = table.headers().unwrap().iter().map(str::to_owned).collect();
        for record in table.records() {
            for (name, cell) in names.iter().zip(record.unwrap().iter()) {
                let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
                let may_be = matches!(name.as_str(), "phone" | "twitter") || cell.parse::<f64>().is_ok();
                prop_assert!(!is_formula || may_be, "{name}: {cell}");
            }
        }
        let cards = String::from_utf8(write(&people, Dialect::Vcard4)).unwrap();
        prop_assert!(cards.split("\r\n").all(|line| line.len() <= 75));
    }
}

#[test]
fn an_export_looks_like_this() {
    let handle = |source, text| Handle::parse(source, text, Region::default()).unwrap();
    let custom = [("Size", CustomValue::Number("-42".into())), ("email", CustomValue::Text("=1".into()))];
    let bruce = Person {
        attributes: Attributes::from_fn(|attribute| match attribute {
            Attribute::Name => attribute.parse("Bruce Wayne").unwrap(),
            Attribute::Description => attribute.parse("=Rich, \"really\"").unwrap(),
            Attribute::Organization => attribute.parse("Wayne; Sons").unwrap(),
            Attribute::JobTitle => attribute.parse("Owner").unwrap(),
            Attribute::Nickname => attribute.parse("").unwrap(),
            Attribute::Birthday => attribute.parse("1972-02-19").unwrap(),
            Attribute::Address => attribute.parse("1 Main St\nGotham").unwrap(),
        }),
        handles: vec![
            handle(Source::Phone, "+1 650 814 9999 x12").with_label(Handle::parse_label("work").unwrap()),
            handle(Source::Email, "bruce@wayne.inc"),
            handle(Source::Email, "b@wayne.inc"),
            handle(Source::Twitter, "@Batman"),
            handle(Source::FrontChat, "v;1"),
        ],
        links: vec![Link::parse("https://wayne.inc").unwrap()],
        properties: vec![CardProperty::parse("X-SKYPE;TYPE=home:batman").unwrap()],
        lists: vec![ListName::parse("Donors").unwrap(), ListName::parse("Press, daily").unwrap()],
        custom: custom.map(|(name, value)| (CustomName::parse(name).unwrap(), value)).into_iter().collect(),
        picture: Some(Picture::parse(Arc::from(PNG)).unwrap()),
    };
    let written = |dialect| String::from_utf8(write(std::slice::from_ref(&bruce), dialect)).unwrap();
    assert_eq!(
        written(Dialect::Csv),
        "name,description,organization,job_title,nickname,birthday,address,email,phone,twitter,facebook,intercom,front_chat,custom,link,lists,Size,VIP,Customer since,Since,\
         Memo,field: email,\"'=Color, \"\"hue\"\"\",Owner\r\n\
         Bruce Wayne,\"'=Rich, \"\"really\"\"\",\"Wayne; Sons\",Owner,,1972-02-19,\"1 Main St\nGotham\",\"bruce@wayne.inc; b@wayne.inc\",\"+16508149999;ext=12\",@Batman,,,\"[\"\"v;1\"\"]\",,\
         https://wayne.inc,\"Donors; Press, daily\",-42,,,,,'=1,,\r\n"
    );
    assert_eq!(
        written(Dialect::JsonLines),
        "{\"name\":\"Bruce Wayne\",\"description\":\"=Rich, \\\"really\\\"\",\"organization\":\"Wayne; Sons\",\"job_title\":\"Owner\",\"birthday\":\"1972-02-19\",\
         \"address\":\"1 Main St\\nGotham\",\"fields\":[\
         {\"source\":\"phone\",\"handle\":\"+16508149999;ext=12\",\"label\":\"work\"},{\"source\":\"email\",\"handle\":\"bruce@wayne.inc\"},\
         {\"source\":\"email\",\"handle\":\"b@wayne.inc\"},{\"source\":\"twitter\",\"handle\":\"@Batman\"},\
         {\"source\":\"front_chat\",\"handle\":\"v;1\"}],\"link\":[{\"url\":\"https://wayne.inc\"}],\
         \"lists\":[\"Donors\",\"Press, daily\"],\"vcard_properties\":[\"X-SKYPE;TYPE=home:batman\"],\"custom_fields\":{\"Size\":-42,\"email\":\"=1\"},\
         \"picture\":{\"type\":\"image/png\",\"content\":\"iVBORw0KGgpyZXN0AP8=\"}}\n"
    );
    assert_eq!(
        written(Dialect::Vcard4),
        "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Bruce Wayne\r\nN:Wayne;Bruce;;;\r\nNOTE:=Rich\\, \"really\"\r\nORG:Wayne\\; Sons\r\nTITLE:Owner\r\nBDAY:1972-02-19\r\n\
         ADR:;;1 Main St\\nGotham;;;;\r\nTEL;TYPE=work:+16508149999\\;ext=12\r\n\
         EMAIL:bruce@wayne.inc\r\nEMAIL:b@wayne.inc\r\nSOCIALPROFILE;SERVICE-TYPE=Twitter;VALUE=TEXT:@Batman\r\n\
         X-KITH-HANDLE;X-SOURCE=front_chat:v\\;1\r\nURL:https://wayne.inc\r\nCATEGORIES:Donors,Press\\, daily\r\n\
         X-KITH-FIELD:[\"Size\"\\,-42]\r\nX-KITH-FIELD:[\"email\"\\,\"=1\"]\r\n\
         PHOTO:data:image/png;base64,iVBORw0KGgpyZXN0AP8=\r\nX-SKYPE;TYPE=home:batman\r\nEND:VCARD\r\n"
    );
    assert_eq!(
        written(Dialect::Vcard3),
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Bruce Wayne\r\nN:Wayne;Bruce;;;\r\nNOTE:=Rich\\, \"really\"\r\nORG:Wayne\\; Sons\r\nTITLE:Owner\r\nBDAY:1972-02-19\r\n\
         ADR:;;1 Main St\\nGotham;;;;\r\nTEL;TYPE=work:+16508149999\\;ext=12\r\n\
         EMAIL:bruce@wayne.inc\r\nEMAIL:b@wayne.inc\r\nX-SOCIALPROFILE;TYPE=twitter:@Batman\r\n\
         X-KITH-HANDLE;X-SOURCE=front_chat:v\\;1\r\nURL:https://wayne.inc\r\nCATEGORIES:Donors,Press\\, daily\r\n\
         X-KITH-FIELD:[\"Size\"\\,-42]\r\nX-KITH-FIELD:[\"email\"\\,\"=1\"]\r\n\
         PHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgpyZXN0AP8=\r\nX-SKYPE;TYPE=home:batman\r\nEND:VCARD\r\n"
    );
    let google = written(Dialect::Google);
    let mut google = csv::ReaderBuilder::new().from_reader(google.as_bytes());
    let names: Vec<String> = google.headers().unwrap().iter().map(str::to_owned).collect();
    let row = google.records().next().unwrap().unwrap();
    let cell = |name: &str| row.get(names.iter().position(|known| known == name).unwrap()).unwrap().to_owned();
    for (name, expected) in [
        ("First Name", "Bruce"),
        ("Last Name", "Wayne"),
        ("Organization Name", "Wayne; Sons"),
        ("Labels", "Donors ::: Press, daily ::: * myContacts"),
        ("E-mail 1 - Value", "bruce@wayne.inc"),
        ("E-mail 2 - Value", "b@wayne.inc"),
        ("Phone 1 - Label", "Work"),
        ("Phone 1 - Value", "+16508149999;ext=12"),
        ("Address 1 - Formatted", "1 Main St"),
        ("Address 2 - Formatted", "Gotham"),
        ("Website 1 - Value", "https://wayne.inc"),
        ("Custom Field 1 - Label", "Twitter"),
        ("Custom Field 1 - Value", "'@Batman"),
        ("Custom Field 6 - Label", "Size"),
        ("Custom Field 6 - Value", "-42"),
        ("Custom Field 7 - Label", ""),
    ] {
        assert_eq!(cell(name), expected, "{name}");
    }
    assert_eq!(
        written(Dialect::Outlook),
        "\u{feff}First Name,Middle Name,Last Name,Nickname,Company,Job Title,Business Street,Birthday,E-mail Address,\
         E-mail 2 Address,E-mail 3 Address,Business Phone,Business Phone 2,Home Phone,Home Phone 2,Mobile Phone,\
         Primary Phone,Other Phone,Web Page,Categories,Notes\r\n\
         Bruce,,Wayne,,\"Wayne; Sons\",Owner,\"1 Main St\nGotham\",1972-02-19,bruce@wayne.inc,b@wayne.inc,,\
         \"+16508149999;ext=12\",,,,,,,https://wayne.inc,\"Donors;Press, daily\",\"'=Rich, \"\"really\"\"\ntwitter: @Batman\n\
         front_chat: v;1\nSize: -42\nemail: '=1\"\r\n"
    );
}

/// What a card says in parts comes out in the same parts, as long as it says the same.
#[test]
fn parts_of_a_card_come_out_again() {
    let kept = [
        "N:Kane;Katherine;Rebecca;Dr.;",
        "ORG:Wayne;Security",
        "ADR;TYPE=home:;;1 Main St;Gotham;NJ;07001;US",
        "item2.ADR:;;2 Elm St;Gotham;;;\nitem2.X-ABLabel:Cave",
        "ANNIVERSARY:20100101",
        "item1.IMPP:xmpp:kate@chat.example\nitem1.X-ABLabel:Jabber",
        "TITLE:Colonel",
    ];
    let lines = |text: &str| text.replace('\n', "\r\n");
    let card = format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Dr. Katherine Rebecca Kane\r\nTITLE:Captain\r\nEMAIL:kate@kane.example\r\n{}\r\nEND:VCARD\r\n",
        kept.map(lines).join("\r\n")
    );
    let people = read(card.as_bytes(), Format::Vcard);
    let attribute = |attribute: Attribute| people[0].attributes[attribute].as_str().to_owned();
    assert_eq!(attribute(Attribute::Organization), "Wayne, Security");
    assert_eq!(attribute(Attribute::Address), "1 Main St, Gotham, NJ, 07001, US\n2 Elm St, Gotham");
    assert_eq!(attribute(Attribute::JobTitle), "Captain");
    let written = String::from_utf8(write(&people, Dialect::Vcard3)).unwrap();
    for property in kept {
        assert!(written.contains(&format!("\r\n{}\r\n", lines(property))), "{property}\n{written}");
    }
    assert_eq!(written.matches("\r\nADR").count() + written.matches("\r\nORG").count(), 2, "{written}");
    assert_eq!(read(written.as_bytes(), Format::Vcard), people);

    let mut changed = people[0].clone();
    changed.attributes[Attribute::Organization] = Attribute::Organization.parse("Kane").unwrap();
    changed.attributes[Attribute::Name] = Attribute::Name.parse("Kate Wood").unwrap();
    let written = String::from_utf8(write(&[changed], Dialect::Vcard4)).unwrap();
    assert!(written.contains("\r\nN:Wood;Kate;;;\r\n") && written.contains("\r\nORG:Kane\r\n"), "{written}");
    assert!(!written.contains("Security"), "{written}");
}

fn attributes(name: &str, description: &str) -> Attributes<Text> {
    let given = |attribute: Attribute| if attribute.spec().is_multiline { description } else { name };
    Attributes::from_fn(|attribute| attribute.parse(given(attribute)).unwrap())
}
