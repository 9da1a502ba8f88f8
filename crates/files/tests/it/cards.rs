//! Cards of every version, with the odd things that phones write.

use files::Format;

use crate::{check, rows, shown};

#[test]
fn version_2_1() {
    check(
        "vcard21.vcf",
        Format::Vcard,
        &[
            "1 \"Jürgen Müller\" +4915123456789 juergen@mueller.example \"First line\\r\\nsecond line = two lines\" \
         (image/jpeg 42) +TEL +X-IRMC-LUID -AGENT",
            "24 \"太郎 山田\" +81312345678",
            "29 refused [TEL] \"555 0100 call me\" Contains letters that are not part of a phone number. Use digits, such as +1 650 814 9999.",
        ],
    );
}

#[test]
fn version_3_0() {
    check(
        "vcard30.vcf",
        Format::Vcard,
        &[
            "1 \"Clark Kent\" clark@planet.example kal@krypton.example +12125550142;ext=7 http://twitter.com/supermandc \
         clarkkent https://planet.example/clark #Heroes #Press, daily \
         \"Mild-mannered, but\\nstrong; see the long note that goes on\" \"Daily Planet\" (image/png 70) +N +URL +X-SOCIALPROFILE",
            "22 refused [] \"Some stray text\" Is outside of a card. Put BEGIN:VCARD before it.",
            "25 \"Without an end\" lost@planet.example +PHOTO",
            "30 \"André\" andre@planet.example",
            "35 refused [EMAIL] \"bad@@planet.example\" Is not an e-mail address, such as \
         bruce@wayne.inc. | [TEL] \"call me\" Is not a phone number, such as +1 650 814 9999.",
        ],
    );
}

#[test]
fn version_4_0() {
    check(
        "vcard40.vcf",
        Format::Vcard,
        &["1 \"Diana Prince\" diana@louvre.example +33140205050;ext=5 https://twitter.com/wonderwoman \
         https://louvre.example/diana?a=1;b=2,3 #Art #Heroes \"Speaks many languages 🏺 \\\\ says so\" \"--03-22\" (image/png 70) \
         +TEL +IMPP"],
    );
}

#[track_caller]
fn check_one(lines: &str, expected: &str) {
    let file = format!("BEGIN:VCARD\r\nVERSION:2.1\r\nEMAIL:a@b.example\r\n{lines}\r\nEND:VCARD\r\n");
    let rows = rows(file.as_bytes(), Format::Vcard);
    assert_eq!(rows.len(), 1, "{lines}");
    assert_eq!(shown(&rows[0]), format!("1 {expected}"), "{lines}");
}

#[test]
fn odd_properties() {
    check_one("FN:", "\"\" a@b.example");
    check_one("FN: \r\nN:Kent;Clark;;;", "\"Clark Kent\" a@b.example");
    check_one("N:Kent;Clark,Joe;;;", "\"Clark Joe Kent\" a@b.example");
    check_one("n:van Gogh;Vincent", "\"Vincent van Gogh\" a@b.example +N");
    check_one("FN;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB", "\"Zoë\" a@b.example");
    check_one("FN;ENCODING=QUOTED-PRINTABLE:Zo=EB", "\"Zoë\" a@b.example");
    check_one("FN;CHARSET=ISO-2022-JP:\u{1b}$B;3\u{1b}(B", "\"山\" a@b.example");
    check_one("FN;ENCODING=QUOTED-PRINTABLE:soft=\r\n", "\"soft\" a@b.example");
    check_one("AGENT:BEGIN:VCARD\r\nEMAIL:agent@b.example\r\nEND:VCARD\r\nFN:Boss", "\"Boss\" a@b.example -AGENT");
    check_one("EMAIL:mailto:c@d.example", "\"\" a@b.example c@d.example");
    check_one("X-TWITTER:@batman", "\"\" a@b.example @batman");
    check_one("IMPP:twitter:batman", "\"\" a@b.example batman");
    check_one("URL:wayne.inc", "\"\" a@b.example https://wayne.inc");
    check_one("NOTE:one\r\nNOTE:two", "\"\" a@b.example \"one\\ntwo\"");
    check_one("no property", "\"\" a@b.example -NO PROPERTY");
    check_one("PHOTO;ENCODING=b:!!!", "\"\" a@b.example -PHOTO");
    check_one("PHOTO;BASE64:R0lGODlhAQABAAAAADs=", "\"\" a@b.example (image/gif 14)");
    check_one("PHOTO;ENCODING=BASE64;TYPE=GIF:R0lGODlh\r\nAQABAAAAADs=\r\n", "\"\" a@b.example (image/gif 14)");
    check_one("X-KITH-FIELD:[\"Nope\"\\,1]", "\"\" a@b.example -X-KITH-FIELD Nope");
    check_one(
        "X-KITH-FIELD:[\"Size\"\\,\"x\"]",
        "refused [X-KITH-FIELD] \"\\\"x\\\"\" Must be a number, such as 12.5.",
    );
}

#[test]
fn a_card_that_breaks_off() {
    let rows = rows(b"BEGIN:VCARD\nEMAIL:a@b.example\nBEGIN:VCARD\nEMAIL:c@d.example\nTEL:+1650", Format::Vcard);
    assert_eq!(shown(&rows[0]), "1 \"\" a@b.example");
    assert_eq!(shown(&rows[1]), "3 refused [] \"\" Is incomplete: the file ends within it.");
    let rows = crate::rows(b"BEGIN:VCARD\nEMAIL:a@b.example\n", Format::Vcard);
    assert_eq!(shown(&rows[0]), "1 \"\" a@b.example");
}

#[test]
fn lines_that_end_in_a_cr_alone() {
    let rows = rows(b"BEGIN:VCARD\rEMAIL:a@b.example\rEND:VCARD\r", Format::Vcard);
    assert_eq!(shown(&rows[0]), "1 \"\" a@b.example");
}
