//! What is over a limit is a refused row, and reading goes on with the next.

use files::{Format, PHOTO_BYTES_MAX, PROPERTY_BYTES_MAX, ROW_BYTES_MAX};

use crate::{rows, shown};

const NEXT: &str = "\"\" next@b.example";

#[track_caller]
fn check(file: &str, format: Format, expected: &str, next_line: u64) {
    let rows = rows(file.as_bytes(), format);
    assert_eq!(rows.len(), 2);
    assert!(shown(&rows[0]).ends_with(expected), "{}", shown(&rows[0]));
    assert_eq!(shown(&rows[1]), format!("{next_line} {NEXT}"));
}

#[test]
fn long_rows() {
    let long = "x".repeat(ROW_BYTES_MAX + 1);
    let reason = "Must have at most 16777216 bytes.";
    check(&format!("email\n{long}\nnext@b.example"), Format::Csv, reason, 3);
    check(&format!("email\n\"{long}\"\nnext@b.example"), Format::Csv, reason, 3);
    let next = "{\"fields\":[{\"source\":\"email\",\"handle\":\"next@b.example\"}]}";
    check(&format!("{long}\n{next}"), Format::JsonLines, reason, 2);
    check(&format!("[{}0]\n{next}", "0,".repeat(20_000)), Format::JsonLines, "Must have at most 10000 values.", 2);
}

#[test]
fn long_properties() {
    let next = "BEGIN:VCARD\nEMAIL:next@b.example\nEND:VCARD\n";
    let begin = "BEGIN:VCARD\nEMAIL:a@b.example\n";
    let long = "x".repeat(PROPERTY_BYTES_MAX);
    let folded = "x\n ".repeat(PROPERTY_BYTES_MAX);
    let note = format!("{begin}NOTE:{long}\nEND:VCARD\n{next}");
    check(&note, Format::Vcard, "refused [NOTE] \"\" Must have at most 65536 bytes.", 5);
    let note = format!("{begin}NOTE:{folded}\nEND:VCARD\n{next}");
    check(&note, Format::Vcard, "refused [NOTE] \"\" Must have at most 65536 bytes.", 5 + PROPERTY_BYTES_MAX as u64);
    check(&format!("{begin}X-BIG:{long}\nEND:VCARD\n{next}"), Format::Vcard, "a@b.example -X-BIG", 5);
    let photo = "A".repeat(PHOTO_BYTES_MAX);
    let photo = format!("{begin}PHOTO;ENCODING=b:{photo}\nEND:VCARD\n{next}");
    check(&photo, Format::Vcard, "a@b.example -PHOTO", 5);
    let parameters = format!("{begin}NOTE{}:x\nEND:VCARD\n{next}", ";a".repeat(10_000));
    check(&parameters, Format::Vcard, "a@b.example -NOTE", 5);
}

#[test]
fn many_values() {
    let emails = |count: u32| (0..count).map(|n| format!("a{n}@b.example")).collect::<Vec<_>>();
    let reason = "refused [] \"\" Must be at most 1000 handles; these are 1001.";
    let cell = emails(1_001).join(";");
    check(&format!("email\n{cell}\nnext@b.example"), Format::Csv, reason, 3);
    let properties = emails(1_001).join("\nEMAIL:");
    let next = "BEGIN:VCARD\nEMAIL:next@b.example\nEND:VCARD\n";
    check(&format!("BEGIN:VCARD\nEMAIL:{properties}\nEND:VCARD\n{next}"), Format::Vcard, reason, 1_004);
    // The same one again is no more.
    let cell = vec!["a@b.example"; 200].join(";");
    check(&format!("email\n{cell}\nnext@b.example"), Format::Csv, "2 \"\" a@b.example", 3);
    let links = (0..101).map(|n| format!("https://b.example/{n}")).collect::<Vec<_>>().join(" ");
    let file = format!("email,link\na@b.example,{links}\nnext@b.example,");
    check(&file, Format::Csv, "Must be at most 100 links; these are 101.", 3);
}

#[test]
fn what_is_shown_of_a_bad_value_is_short() {
    let rows = rows(format!("email\n{}\n", "é".repeat(5_000)).as_bytes(), Format::Csv);
    let problem = &rows[0].parsed.as_ref().unwrap_err()[0];
    assert_eq!(problem.value, format!("{}…", "é".repeat(100)));
}
