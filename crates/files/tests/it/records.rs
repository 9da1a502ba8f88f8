//! The records that the rows of a file are about.

use contact::Source;
use files::{Error, Field, Format, Options, RecordNaming, read, record_ids};

use crate::{options, rows_with, shown};

fn naming(id: Option<&str>) -> Options {
    let record = RecordNaming { system: "crm".into(), id: id.map(str::to_owned) };
    Options { record: Some(record), ..options() }
}

/// Each row in short form, with the name of its record.
fn named(file: &str, format: Format, options: &Options) -> Vec<String> {
    let rows = rows_with(file.as_bytes(), format, options);
    let name = |row: &files::Row| {
        let record = row.parsed.as_ref().ok()?.observation.record.as_ref()?;
        Some(format!(" = {} {}", record.system(), record.id()))
    };
    rows.iter().map(|row| shown(row) + &name(row).unwrap_or_default()).collect()
}

#[track_caller]
fn check(file: &str, format: Format, options: &Options, expected: &[&str]) {
    assert_eq!(named(file, format, options), expected);
}

#[track_caller]
fn fails(file: &str, format: Format, options: &Options) -> String {
    read(file.as_bytes(), format, options).err().expect("the file is refused").to_string()
}

const TABLE: &str = "Record ID,Name,Email\n 42 ,Ada,ada@b.example\n,Bob,bob@b.example\n";

#[test]
fn a_column_has_the_record_ids() {
    for column in ["Record ID", "record_id", "RECORD-ID"] {
        let options = naming(Some(column));
        let rows = read(TABLE.as_bytes(), Format::Csv, &options).unwrap();
        assert!(rows.columns()[0].has_ids && !rows.columns()[0].is_ignored(), "{column}");
        check(
            TABLE,
            Format::Csv,
            &options,
            &["2 \"Ada\" ada@b.example = crm 42", "3 refused [Record ID] \"\" Has no record ID."],
        );
    }
    // Only a naming makes it one.
    check(TABLE, Format::Csv, &options(), &["2 \"Ada\" ada@b.example", "3 \"Bob\" bob@b.example"]);
}

#[test]
fn the_column_of_the_ids_may_have_another_field_as_well() {
    let ada = ["2 \"Ada\" ada@b.example = crm ada@b.example"];
    check("Email,Name\nada@b.example,Ada\n", Format::Csv, &naming(Some("email")), &ada);
    let mapped = Options { map: vec![("key".into(), Field::Handle(Source::Email))], ..naming(Some("Key")) };
    check("Key,Name\nada@b.example,Ada\n", Format::Csv, &mapped, &ada);
}

#[test]
fn an_invalid_id_is_refused() {
    let file = format!("id,email\n{},a@b.example\n{},b@b.example\n", "x".repeat(201), "ü".repeat(200));
    let rows = named(&file, Format::Csv, &naming(Some("id")));
    assert!(rows[0].contains("refused [id]") && rows[0].contains("Must have 1 to 200 characters"), "{rows:?}");
    assert!(!rows[0].contains('|') && rows[1].ends_with(&format!("= crm {}", "ü".repeat(200))), "{rows:?}");
}

#[test]
fn the_column_must_be_clear() {
    let columns = "The columns are: \"Record ID\", \"Name\", \"Email\".";
    assert_eq!(fails(TABLE, Format::Csv, &naming(Some("Key"))), format!("Column \"Key\" not found. {columns}"));
    let unnamed = fails(TABLE, Format::Csv, &naming(None));
    assert_eq!(unnamed, format!("Name the column with the record IDs: --record-id. {columns}"));
    let twice = "ID,id,email\n1,2,a@b.example\n";
    check(twice, Format::Csv, &naming(Some("id")), &["2 \"\" a@b.example = crm 2"]);
    let error = fails(twice, Format::Csv, &naming(Some("Id")));
    assert_eq!(error, "Several columns could be \"Id\": \"ID\", \"id\". Write the name as it is in the file.");
}

#[test]
fn two_rows_with_one_id_are_a_mistake() {
    let file = "id,email\n1,a@b.example\n2,wrong\n2,b@b.example\n 1 ,wrong\n3,c@b.example\n";
    let rows = named(file, Format::Csv, &naming(Some("id")));
    assert_eq!((rows[0].as_str(), rows[4].as_str()), ("2 \"\" a@b.example = crm 1", "6 \"\" c@b.example = crm 3"));
    assert_eq!(rows[2], "4 refused [] \"\" Line 3 has the same record ID.", "though line 3 is refused too");
    assert!(rows[3].contains("[email]") && rows[3].ends_with("Line 2 has the same record ID."), "{}", rows[3]);
}

#[test]
fn a_line_names_its_record() {
    let email = r#""fields":[{"source":"email","handle":"a@b.example"}]"#;
    let lines = |lines: &[&str]| lines.iter().map(|line| format!("{{{line}{email}}}")).collect::<Vec<_>>().join("\n");
    check(
        &lines(&[
            r#""record":{"system":"crm","id":7},"#,
            "",
            r#""record":{"system":"shop","id":7},"#,
            r#""record":{"system":"crm","id":"7"},"#,
        ]),
        Format::JsonLines,
        &naming(None),
        &[
            "1 \"\" a@b.example = crm 7",
            "2 refused [/record] \"\" Has no record ID.",
            "3 refused [/record/system] \"shop\" Must be crm.",
            "4 refused [] \"\" Line 1 has the same record ID.",
        ],
    );
    check(
        &lines(&[
            r#""no/":"A 1","#,
            r#""no/":2,"#,
            r#""no/":null,"#,
            r#""no/":[3],"#,
            r#""no/":4,"record":{"system":"crm","id":5},"#,
        ]),
        Format::JsonLines,
        &naming(Some("no/")),
        &[
            "1 \"\" a@b.example = crm A 1",
            "2 \"\" a@b.example = crm 2",
            "3 refused [/no~1] \"\" Has no record ID.",
            "4 refused [/no~1] \"[3]\" Must be a string or a number.",
            "5 refused [/record] \"{\\\"id\\\":5,\\\"system\\\":\\\"crm\\\"}\" Must be absent, because another key has the record ID.",
        ],
    );
}

fn card(lines: &str) -> String {
    format!("BEGIN:VCARD\r\nVERSION:3.0\r\nEMAIL:a@b.example\r\n{lines}END:VCARD\r\n")
}

#[test]
fn a_card_is_about_the_record_of_its_uid() {
    let file = card("UID:urn:uuid:4fbe8971\r\n") + &card("") + &card("item1.UID: 2\r\nUID:3\r\n") + &card("UID:\r\n");
    check(
        &file,
        Format::Vcard,
        &naming(None),
        &[
            "1 \"\" a@b.example = crm urn:uuid:4fbe8971",
            "6 refused [UID] \"\" Has no record ID.",
            "10 \"\" a@b.example = crm 2",
            "16 refused [UID] \"\" Has no record ID.",
        ],
    );
    assert_eq!(named(&file, Format::Vcard, &options())[0], "1 \"\" a@b.example");
    assert!(matches!(read(file.as_bytes(), Format::Vcard, &naming(Some("UID"))), Err(Error::CardIds)));
}

#[test]
fn an_id_of_a_refused_row_is_one_of_the_file() {
    let ids = |file: &str, format, id| record_ids(file.as_bytes(), format, &naming(id)).unwrap();
    let table = ids("id,email\n1,a@b.example\n2,wrong\n,c@b.example\n", Format::Csv, Some("id"));
    assert_eq!(["1", "2", "3", ""].map(|id| table.contains(id)), [true, true, false, false]);
    assert_eq!(table.unreadable_line(), None);
    let lines = ids("{\"id\":1}\n{\"id\":2,\"record\":4}\n", Format::JsonLines, Some("id"));
    assert_eq!(["1", "2", "4"].map(|id| lines.contains(id)), [true, true, false]);
    let cards = ids(&card("UID:1\r\nEMAIL:wrong\r\n"), Format::Vcard, None);
    assert!(cards.contains("1"));
}

#[test]
fn a_row_that_cannot_be_read_may_have_any_id() {
    let line = |file: &str, format, id| {
        let ids = record_ids(file.as_bytes(), format, &naming(id)).unwrap();
        ids.unreadable_line()
    };
    let csv = |file: &str| line(file, Format::Csv, Some("id"));
    assert_eq!(csv("email,id\na@b.example,1\n\"b@b.example,2\nc@b.example,3\n"), Some(3), "an open quote");
    assert_eq!(csv("name,email,id\nLee, Ann,a@b.example,1\n"), Some(2), "a cell too many");
    assert_eq!(line("{}\n{\n", Format::JsonLines, Some("id")), Some(2), "no JSON");
    assert_eq!(line("{}\n[]\n", Format::JsonLines, Some("id")), None);
    assert_eq!(line("BEGIN:VCARD\r\nUID:1", Format::Vcard, None), Some(1), "the file ends within the card");
    assert_eq!(line(&(card("UID:1\r\n") + "UID:2\r\n"), Format::Vcard, None), Some(6), "outside of a card");
}
