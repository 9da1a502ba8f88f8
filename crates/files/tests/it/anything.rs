//! Whatever bytes come: reading ends, every row is accounted for, nothing breaks, and what was told can be written and read
//! again. This is what `fuzz/` checks, on any compiler and in seconds.

#[path = "../../../../fuzz/check.rs"]
mod check;

use files::Format;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::sample;

const SEEDS: [(Format, &str); 11] = [
    (Format::Csv, "google.csv"),
    (Format::Csv, "google-old.csv"),
    (Format::Csv, "outlook.csv"),
    (Format::Csv, "hubspot.csv"),
    (Format::Csv, "salesforce.csv"),
    (Format::Csv, "front.csv"),
    (Format::JsonLines, "lines.jsonl"),
    (Format::Vcard, "vcard21.vcf"),
    (Format::Vcard, "vcard30.vcf"),
    (Format::Vcard, "vcard40.vcf"),
    (Format::Vcard, "google.csv"),
];

/// The header of a sheet, and cells.
const HEAD: &str = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>email</t></is></c></row>";
const CELLS: [&str; 6] = [
    "<c r=\"PLACE\" t=\"s\"><v>0</v></c>",
    "<c r=\"PLACE\" t=\"s\"><v>9</v></c>",
    "<c r=\"PLACE\"><v>1e308</v></c>",
    "<c r=\"PLACE\" t=\"e\"><v>#REF!</v></c>",
    "<c r=\"XFD1048576\"><v>1</v></c>",
    "<c r=\"PLACE\" t=\"inlineStr\"><is><t>a@b.example</t></is></c>",
];

/// What formats make something of.
fn token() -> impl Strategy<Value = Vec<u8>> {
    let tokens: Vec<&[u8]> = vec![
        b"\"",
        b"\"\"",
        b",",
        b";",
        b"\r",
        b"\n",
        b"\r\n",
        b"\n ",
        b"\t",
        b":",
        b"=",
        b"=\r\n",
        b"\\",
        b"{",
        b"[",
        b"}",
        b"\0",
        b"\xff",
        b"\xc3",
        b"BEGIN:VCARD\r\n",
        b"END:VCARD\r\n",
        b"AGENT:\r\n",
        b"PHOTO;ENCODING=b:",
        b";ENCODING=QUOTED-PRINTABLE",
        b";CHARSET=shift_jis",
        b"N:",
        b"EMAIL:a@b.example",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"email,name\n",
        b"sep=;\n",
        b"'",
        b":::",
        b"X-KITH-FIELD:",
        b"CATEGORIES:",
        b"data:;base64,",
        b"{\"fields\":[{\"source\":\"email\",\"handle\":\"a@b.example\"}]}\n",
    ];
    prop_oneof![select(tokens).prop_map(<[u8]>::to_vec), vec(any::<u8>(), 0..8)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(file in vec(any::<u8>(), 0..2_000)) {
        for format in Format::ALL {
            check::file(&file, format);
        }
    }

    #[test]
    fn random_tokens(tokens in vec(token(), 0..60), is_headed in any::<bool>()) {
        let mut file = if is_headed { b"email,phone,name,Size,lists\n".to_vec() } else { Vec::new() };
        file.extend(tokens.concat());
        for format in Format::ALL {
            check::file(&file, format);
        }
    }

    #[test]
    fn random_workbooks(cells in vec((0..40_u32, 0..5_u8, select(CELLS.to_vec())), 0..20), broken in option::of((any::<Index>(), token()))) {
        let cell = |(row, column, cell): &(u32, u8, &str)| {
            let place = format!("{}{}", char::from(b'A' + column), row + 1);
            format!("<row r=\"{}\">{}</row>", row + 1, cell.replace("PLACE", &place))
        };
        let rows: String = cells.iter().map(cell).collect();
        let mut sheet = format!("<worksheet><sheetData>{HEAD}{rows}</sheetData></worksheet>").into_bytes();
        if let Some((at, token)) = broken {
            let at = at.index(sheet.len());
            sheet.splice(at..at, token);
        }
        check::workbook(&sheet, b"<sst><si><t>ada@lee.example</t></si></sst>");
    }

    #[test]
    fn changed_samples(seed in select(SEEDS.to_vec()), changes in vec((any::<Index>(), 0..20_usize, token()), 1..8)) {
        let (format, name) = seed;
        let mut file = sample(name);
        for (at, removed, token) in changes {
            let start = at.index(file.len() + 1);
            let end = (start + removed).min(file.len());
            file.splice(start..end, token);
        }
        check::file(&file, format);
    }
}
