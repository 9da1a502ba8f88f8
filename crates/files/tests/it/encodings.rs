//! The same people in every encoding.

use files::{Format, Options, read};

use crate::{options, rows, shown};

const TABLE: &str = "Name;E-Mail\r\nZoë Šťastná;zoe@b.example\r\nJörg;joerg@b.example\r\n";

#[track_caller]
fn check(file: &[u8], name: &str, second: &str) {
    let mut rows = read(file, Format::Csv, &options()).unwrap();
    assert_eq!(rows.encoding().name(), name);
    assert_eq!(shown(&rows.next().unwrap().unwrap()), format!("2 \"{second}\" zoe@b.example"));
    assert_eq!(shown(&rows.next().unwrap().unwrap()), "3 \"Jörg\" joerg@b.example");
    assert!(rows.next().is_none());
    assert_eq!(rows.bytes_read(), file.len() as u64);
}

#[test]
fn unicode_with_and_without_a_mark() {
    let utf16 = |text: &str, unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    check(TABLE.as_bytes(), "UTF-8", "Zoë Šťastná");
    check(format!("\u{feff}{TABLE}").as_bytes(), "UTF-8", "Zoë Šťastná");
    for mark in ["", "\u{feff}"] {
        let text = format!("{mark}{TABLE}");
        check(&utf16(&text, u16::to_le_bytes), "UTF-16LE", "Zoë Šťastná");
        check(&utf16(&text, u16::to_be_bytes), "UTF-16BE", "Zoë Šťastná");
    }
}

#[test]
fn windows_1252() {
    let table = TABLE.replace("Šťastná", "Gruß €");
    let (file, _, _) = encoding_of("windows-1252").encode(&table);
    check(&file, "windows-1252", "Zoë Gruß €");
}

#[test]
fn one_that_was_told() {
    let (file, _, _) = encoding_of("iso-8859-2").encode(TABLE);
    let options = Options { encoding: Some("iso-8859-2".parse().unwrap()), ..options() };
    let row = read(&file[..], Format::Csv, &options).unwrap().next().unwrap().unwrap();
    assert_eq!(shown(&row), "2 \"Zoë Šťastná\" zoe@b.example");
    assert!("ebcdic".parse::<files::Encoding>().is_err());
}

#[test]
fn a_row_in_another_encoding_is_not_lost() {
    let mut file = format!("Name,Email\n{}", "Zoë,zoe@b.example\n".repeat(10_000)).into_bytes();
    file.extend_from_slice(b"J\xf6rg \x80,joerg@b.example\nZo\xc3\xab,zoe@b.example\n");
    let rows = rows(&file, Format::Csv);
    assert_eq!(rows.len(), 10_002);
    assert_eq!(shown(&rows[10_000]), "10002 \"Jörg €\" joerg@b.example");
    assert_eq!(shown(&rows[10_001]), "10003 \"Zoë\" zoe@b.example");
}

fn encoding_of(label: &str) -> &'static encoding_rs::Encoding {
    encoding_rs::Encoding::for_label(label.as_bytes()).unwrap()
}
