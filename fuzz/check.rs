//! Properties that hold for any bytes that are read as a file, for the fuzzer and the tests of `files`.

use std::io::{Cursor, Write as _};

use contact::{Attribute, Attributes, Settings};
use files::{COLUMNS_MAX, Format, IGNORED_MAX, Options, PROBLEMS_MAX, ParsedRow, Person, Writer, read};

/// Reads a file to its end, writes its contacts in every format, and reads those files.
///
/// # Panics
///
/// If reading does not reach the last line, or the written files differ.
pub fn file(file: &[u8], format: Format) {
    let Ok(mut rows) = read(file, format, &Options::default()) else { return };
    assert!(rows.columns().len() <= COLUMNS_MAX);
    let lines = 1 + file.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
    let mut before = 0;
    let mut people = Vec::new();
    for row in rows.by_ref() {
        let row = row.expect("bytes in memory can be read");
        assert!(row.line > before && row.line <= lines, "line {} after {before} of {lines}", row.line);
        before = row.line;
        match row.parsed {
            Ok(parsed) => {
                assert!(!parsed.observation.handles.is_empty() && parsed.ignored.len() <= IGNORED_MAX);
                people.push(person(parsed));
            }
            Err(problems) => assert!((1..=PROBLEMS_MAX).contains(&problems.len())),
        }
    }
    assert_eq!(rows.bytes_read(), file.len() as u64);
    for format in Format::ALL {
        written(&people, format);
    }
}

/// Reads a workbook whose only sheet has this XML, and whose cells refer to texts in that one.
///
/// # Panics
///
/// If reading does not end, or a row is neither a contact nor refused.
pub fn workbook(sheet: &[u8], texts: &[u8]) {
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let target = |id: u8, kind: &str, target: &str| {
        format!("<Relationship Id=\"rId{id}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>")
    };
    let links = |links: String| format!("<Relationships xmlns=\"{PACKAGE}\">{links}</Relationships>");
    let book = format!(
        "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let inner = target(1, "worksheet", "worksheets/sheet1.xml") + &target(2, "sharedStrings", "sharedStrings.xml");
    let parts = [
        ("_rels/.rels", links(target(1, "officeDocument", "xl/workbook.xml")).into_bytes()),
        ("xl/workbook.xml", book.into_bytes()),
        ("xl/_rels/workbook.xml.rels", links(inner).into_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.to_vec()),
        ("xl/sharedStrings.xml", texts.to_vec()),
    ];
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, part) in parts {
        let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        archive.start_file(name, stored).expect("memory can be written");
        archive.write_all(&part).expect("memory can be written");
    }
    let file = archive.finish().expect("memory can be written").into_inner();
    let Ok(rows) = read(&file[..], Format::Csv, &Options::default()) else { return };
    for row in rows {
        let row = row.expect("bytes in memory can be read");
        assert!(row.parsed.map_or_else(|problems| !problems.is_empty(), |row| !row.observation.handles.is_empty()));
    }
}

/// Whether written contacts read back the same.
fn written(people: &[Person], format: Format) {
    let mut writer = Writer::new(Vec::new(), format.into(), &Settings::default()).expect("memory can be written");
    for person in people {
        writer.write(person).expect("memory can be written");
    }
    let file = writer.finish().expect("memory can be written");
    let mut rows = read(&file[..], format, &Options::default()).expect("what was written is a file");
    for person in people {
        let row = rows.next().expect("no contact is lost").expect("bytes in memory can be read");
        let read = kept(self::person(row.parsed.expect("a written row is valid")), format);
        assert_eq!(read, kept(person.clone(), format), "{}", String::from_utf8_lossy(&file));
    }
    assert!(rows.next().is_none());
}

/// The part of a contact that a format can hold.
fn kept(mut person: Person, format: Format) -> Person {
    if format == Format::Csv {
        person.handles.sort_by_key(|handle| handle.key().source());
        person.picture = None;
        person.properties.clear();
        person.handles = person.handles.into_iter().map(|handle| handle.with_label(None)).collect();
    }
    if format == Format::Vcard {
        // Those that an attribute says are written with it, if at all.
        person.properties.retain(|property| !files::is_in_attribute(property));
        for attribute in Attribute::ALL.into_iter().filter(|attribute| *attribute != Attribute::Description) {
            let text = person.attributes[attribute].as_str();
            let even = if attribute == Attribute::Name && text.trim().is_empty() {
                text.to_owned()
            } else if attribute == Attribute::Name {
                text.trim().to_owned()
            } else {
                let lines = text.trim().lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
                lines.collect::<Vec<_>>().join("\n").trim().to_owned()
            };
            person.attributes[attribute] = attribute.parse(&even).expect("a part of a valid text is valid");
        }
    }
    if format != Format::JsonLines && person.attributes[Attribute::Name].is_empty() {
        let others = [Attribute::Nickname, Attribute::Organization];
        let name = others.into_iter().map(|other| person.attributes[other].clone()).find(|text| !text.is_empty());
        person.attributes[Attribute::Name] = name.unwrap_or_default();
    }
    person
}

fn person(row: ParsedRow) -> Person {
    let observation = row.observation;
    Person {
        attributes: Attributes::from_fn(|attribute| observation.attributes[attribute].clone().unwrap_or_default()),
        handles: each_once(observation.handles),
        links: each_once(observation.links),
        properties: observation.properties,
        lists: each_once(row.lists),
        custom: observation.custom.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
        picture: observation.picture.flatten(),
    }
}

fn each_once<T: PartialEq>(values: Vec<T>) -> Vec<T> {
    let mut known = Vec::with_capacity(values.len());
    for value in values {
        if !known.contains(&value) {
            known.push(value);
        }
    }
    known
}
