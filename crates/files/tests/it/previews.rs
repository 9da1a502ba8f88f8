//! What a preview shows, and reading with the fields that were chosen by it.

use contact::{Attribute, Source};
use files::{Error, Field, Format, Options, SAMPLE_CHARS_MAX, preview};

use crate::options;

/// The fields of the columns that are chosen by position.
fn read(file: &str, fields: &[(usize, Field)]) -> Result<Vec<Vec<String>>, Error> {
    let options = Options { fields: fields.to_vec(), ..options() };
    let rows = files::read(file.as_bytes(), Format::Csv, &options)?;
    let handles = |row: files::Row| {
        let observation = row.parsed.unwrap().observation;
        observation.handles.iter().map(|handle| handle.text().to_owned()).collect()
    };
    Ok(rows.map(|row| handles(row.unwrap())).collect())
}

#[test]
fn a_preview_shows_columns_with_their_first_values() {
    let long = "x".repeat(SAMPLE_CHARS_MAX + 1);
    let file =
        format!("Name;E-Mail;;Note\nAnn;ann@example.org;;{long}\nBen;;;'=1\nAnn;c@example.org;;\"a\nb\"\nDan;;;\n");
    let shown = preview(file.as_bytes(), &options()).unwrap();
    let fields: Vec<_> = shown.columns.iter().map(|column| column.field.clone()).collect();
    let note = Field::Attribute(Attribute::Description);
    assert_eq!(fields, [Some(Field::Attribute(Attribute::Name)), Some(Field::Handle(Source::Email)), None, Some(note)]);
    assert_eq!(shown.samples[0], ["Ann", "Ben", "Dan"]);
    assert_eq!(shown.samples[1], ["ann@example.org", "c@example.org"]);
    assert!(shown.samples[2].is_empty());
    assert_eq!(shown.samples[3], [format!("{}…", &long[1..]), "=1".into(), "a b".into()]);
    assert_eq!((shown.delimiter, shown.encoding.name()), (b';', "UTF-8"));
}

#[test]
fn a_column_without_a_known_name_is_chosen_by_its_position() {
    let (email, phone) = (Field::Handle(Source::Email), Field::Handle(Source::Phone));
    let file = "Exported today;;\n\nWer;Wo;Wo\nAnn;ann@example.org;+49 30 901820\n";
    let shown = preview(file.as_bytes(), &options()).unwrap();
    let names: Vec<_> = shown.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["Wer", "Wo", "Wo"]);
    let read_as = |fields: &[(usize, Field)]| read(file, fields);
    assert_eq!(read_as(&[(1, email.clone()), (2, phone)]).unwrap(), [["ann@example.org", "+4930901820"]]);
    assert!(matches!(read_as(&[]), Err(Error::NoHandles(_))));
    assert!(matches!(read_as(&[(0, Field::FirstName)]), Err(Error::NoHandles(_))));
    assert!(matches!(read_as(&[(3, email)]), Err(Error::NoColumn { .. })));
}

#[test]
fn a_recognized_column_can_be_left_out_or_changed() {
    let file = "Email,Email,Phone\na@example.org,b@example.org,123\n";
    assert_eq!(read(file, &[(1, Field::Ignore), (2, Field::Ignore)]).unwrap(), [["a@example.org"]]);
    // A list of addresses has no header.
    let list = "a@example.org;Ann\nb@example.org;Ben\n";
    let shown = preview(list.as_bytes(), &options()).unwrap();
    assert_eq!(shown.columns[1].name, "Column 2");
    assert_eq!(shown.samples[1], ["Ann", "Ben"]);
    let named = read(list, &[(1, Field::Attribute(Attribute::Name))]).unwrap();
    assert_eq!(named, [["a@example.org"], ["b@example.org"]]);
}

#[test]
fn what_is_no_table_has_no_preview() {
    assert!(matches!(preview(&b"PK\x03\x04"[..], &options()), Err(Error::Workbook(_))));
    assert!(matches!(preview(&b"\x00\x01\x02\x00\x00"[..], &options()), Err(Error::NoText)));
    assert!(preview(&b""[..], &options()).unwrap().columns.is_empty());
    let fields = vec![(0, Field::Handle(Source::Email))];
    let options = Options { fields, ..options() };
    assert!(matches!(files::read(&b"{}"[..], Format::JsonLines, &options), Err(Error::NoTable)));
}
