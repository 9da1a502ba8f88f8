//! Columns that are understood as somebody says.

use contact::Source;
use files::{Error, Field, Format, Options, parse_map, read};

use crate::{options, settings, shown};

fn mapped(maps: &[&str]) -> Options {
    let map = maps.iter().map(|text| parse_map(text, &settings()).unwrap()).collect();
    Options { map, ..options() }
}

#[test]
fn a_column_is_what_it_is_mapped_to() {
    let file = "Kontakt;Adresse;Größe;email\nAda;ada@b.example;39;x\n";
    let options = mapped(&["Kontakt=name", "adresse=email", "Größe=Size", "email=ignore"]);
    let mut rows = read(file.as_bytes(), Format::Csv, &options).unwrap();
    assert_eq!(rows.columns()[1].field, Some(Field::Handle(Source::Email)));
    assert_eq!(rows.columns()[3].field, None);
    assert_eq!(shown(&rows.next().unwrap().unwrap()), "2 \"Ada\" ada@b.example Size=39");
}

#[test]
fn a_column_that_is_not_there_is_an_error() {
    let options = mapped(&["E-mail=email"]);
    let error = read(&b"Name,Address\n"[..], Format::Csv, &options).err().unwrap();
    assert_eq!(error.to_string(), "Column \"E-mail\" not found. The columns are: \"Name\", \"Address\".");
    let error = read(&b"{}\n"[..], Format::JsonLines, &options).err().unwrap();
    assert!(matches!(error, Error::NoTable));
}

#[test]
fn the_delimiter_may_be_told() {
    let options = Options { delimiter: Some(b'#'), ..options() };
    let mut rows = read(&b"name#email\nA,B#a@b.example\n"[..], Format::Csv, &options).unwrap();
    assert_eq!(shown(&rows.next().unwrap().unwrap()), "2 \"A,B\" a@b.example");
    let options = Options { delimiter: Some(b'"'), ..Options::default() };
    assert!(matches!(read(&b"email\n"[..], Format::Csv, &options), Err(Error::Delimiter)));
}
