//! Tables in the shapes in which products export them; the people are made up.

use contact::Source;
use files::{Field, Format, Options, read};

use crate::{check, options, rows_with, sample, shown};

#[test]
fn google_contacts() {
    check(
        "google.csv",
        Format::Csv,
        &[
            "2 \"Bruce Thomas Wayne\" bruce@wayne.inc bruce@home.example +12125550100 +12125550101 +442079460958 \
         https://www.wayne.inc/bruce #Donors #friends \"Met at the gala.\\nLikes \\\"bats\\\", and caves.\" \"Wayne Enterprises\" \"Batman\" \
         \"1972-02-19\"",
            "4 \"Zoë Kräf\" zoe@kraef.example",
            "6 refused [] \"\" Has no handle, such as an e-mail address or a phone number.",
        ],
    );
    check(
        "google-old.csv",
        Format::Csv,
        &["2 \"Selina Kyle\" selina@kyle.example cat@kyle.example +16508149999 http://kyle.example #Cats"],
    );
}

#[test]
fn outlook() {
    let options = Options { region: "DE".parse().unwrap(), ..options() };
    let shown: Vec<String> = rows_with(&sample("outlook.csv"), Format::Csv, &options).iter().map(shown).collect();
    assert_eq!(
        shown,
        [
            "2 \"Jürgen Müller\" +49301234567 +49301234568 +4915123456789 juergen@mueller.example \
         j.mueller@work.example http://mueller.example #VIP #Künstler \"Rauchfrei – seit 2019\" \"Café Müller\" \"Hauptstraße 1\\r\\nHinterhof\"",
            "4 refused [E-mail Address] \"ute(at)mueller.example\" Is not an e-mail address, such as \
         bruce@wayne.inc.",
        ]
    );
}

#[test]
fn hubspot() {
    check(
        "hubspot.csv",
        Format::Csv,
        &[
            "2 \"Clark Kent\" clark@planet.example kal@krypton.example superman@planet.example +12125550142 supermandc \
         https://planet.example",
            "3 refused [] \"\" Has no handle, such as an e-mail address or a phone number.",
            "4 refused [Mobile Phone Number] \"not a phone\" Is not a phone number, such as +1 650 814 9999.",
        ],
    );
}

#[test]
fn salesforce() {
    check(
        "salesforce.csv",
        Format::Csv,
        &["2 \"Diana Prince\" diana@louvre.example +33140205050 +33612345678 \"Speaks \\\"many\\\" languages\""],
    );
}

#[test]
fn front() {
    check(
        "front.csv",
        Format::Csv,
        &[
            "2 \"Barry Allen\" barry@star.example flash@star.example +19995550100 +442079460958 @theflash \
         https://star.example https://crm.star.example/7 #VIPs #Runners, fast Customer since=1579944255 VIP=true \
         \"The fastest\"",
            "3 refused [Customer since] \"01/25/2020\" Must be a date such as 2026-03-31, a moment such as \
         2026-03-31T09:24:15Z, or seconds since 1970. | [VIP] \"maybe\" Must be true, false, yes or no.",
        ],
    );
}

#[test]
fn columns_say_how_they_are_understood() {
    let file = sample("salesforce.csv");
    let rows = read(&file[..], Format::Csv, &options()).unwrap();
    let shown = |name: &str| rows.columns().iter().find(|column| column.name == name).unwrap().field.clone();
    assert_eq!(shown("FirstName"), Some(Field::FirstName));
    assert_eq!(shown("MobilePhone"), Some(Field::Handle(Source::Phone)));
    for ignored in ["Id", "Title", "Fax", "AssistantPhone", "LeadSource", "Salutation"] {
        assert_eq!(shown(ignored), None, "{ignored}");
    }
    assert_eq!(rows.delimiter(), Some(b','));
    assert_eq!(rows.encoding().name(), "UTF-8");
}

#[test]
fn a_custom_field_is_found_by_its_name_before_what_others_call_their_columns() {
    let file = "email,memo,VIP,field: email,Notes\na@b.example,\"' x\",TRUE,second,why\n";
    let rows: Vec<String> = rows_with(file.as_bytes(), Format::Csv, &options()).iter().map(shown).collect();
    assert_eq!(rows, ["2 \"\" a@b.example Memo=\" x\" VIP=true email=\"second\" \"why\""]);
}

#[test]
fn a_file_that_names_no_handles_is_refused_whole() {
    let error = read(&b"Name,Shoe size\nBruce,43\n"[..], Format::Csv, &Options::default()).err().unwrap();
    assert_eq!(
        error.to_string(),
        "No column is known to hold handles, such as email or phone. Say which one does: --map COLUMN=email. The columns are: \"Name\", \"Shoe size\"."
    );
    assert_eq!(read(&b""[..], Format::Csv, &Options::default()).unwrap().count(), 0);
}

#[test]
fn a_row_may_be_short_but_not_long() {
    let file = "email,phone,name\na@b.example\nc@d.example,,,,\ne@f.example,,Eve,extra\n";
    let rows: Vec<String> = rows_with(file.as_bytes(), Format::Csv, &options()).iter().map(shown).collect();
    assert_eq!(
        rows,
        [
            "2 \"\" a@b.example",
            "3 \"\" c@d.example",
            "4 refused [] \"extra\" Is one cell too many: the table has 3 columns.",
        ]
    );
}
