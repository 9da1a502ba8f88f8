//! What files say beyond the facts of a contact is kept, and exported to other products.

use std::fs;

use serde_json::Value;

use crate::harness::Place;

const CARD: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Dr. Ada Ann Lee\r\nN:Lee;Ada;Ann;Dr.;\r\nORG:Lee;Works\r\n\
    EMAIL;TYPE=work:ada@lee.example\r\nitem1.TEL:+12125550142\r\nitem1.X-ABLabel:Boat\r\nTEL;TYPE=cell:+12125550143\r\n\
    TEL;TYPE=fax:+12125550144\r\nADR;TYPE=home:;;1 Quay St;Tidetown;;10001;US\r\nX-SKYPE:ada.lee\r\n\
    X-LONG:a line that is so long that the card has it on two lines\\, as each has at most 75\r\n  bytes\r\nEND:VCARD\r\n";

fn lines(export: &str) -> Vec<Value> {
    export.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_card_comes_out_as_it_went_in() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    place.says(&["company", "add", "acme"]);
    fs::write(place.path("ada.vcf"), CARD).unwrap();
    let done = place.says(&["import", "wayne", "ada.vcf", "--json"]);
    let done: Value = serde_json::from_str(&done).unwrap();
    assert_eq!(done["left_out"], serde_json::json!({ "TEL (fax)": 1 }), "{done}");

    let ada = &lines(&place.says(&["export", "wayne", "--format", "jsonl"]))[0];
    let labels: Vec<&Value> = ada["fields"].as_array().unwrap().iter().map(|field| &field["label"]).collect();
    assert_eq!(labels, ["work", "Boat", "mobile"]);
    for (version, format) in [("3.0", "vcard3"), ("4.0", "vcard")] {
        let card = place.says(&["export", "wayne", "--format", format]);
        assert!(card.starts_with(&format!("BEGIN:VCARD\r\nVERSION:{version}\r\n")), "{card}");
        let unfolded = |card: &str| card.replace("\r\n ", "");
        for line in unfolded(CARD).split("\r\n").filter(|line| !line.is_empty() && !line.starts_with("VERSION")) {
            assert!(unfolded(&card).contains(&format!("{line}\r\n")), "{line}\n{card}");
        }
        fs::write(place.path("again.vcf"), card).unwrap();
        place.says(&["import", "acme", "again.vcf"]);
        assert_eq!(
            place.says(&["export", "acme", "--format", "jsonl"]),
            place.says(&["export", "wayne", "--format", "jsonl"])
        );
    }
    place.says(&["verify"]);
}

#[test]
fn lines_of_json_keep_properties_but_no_handles_in_them() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    let line = |property: &str| {
        let fields = serde_json::json!([{ "source": "email", "handle": "ada@lee.example" }]);
        serde_json::json!({ "fields": fields, "vcard_properties": [property] }).to_string()
    };
    for property in ["EMAIL:eve@eve.example", "TEL:+12125550142", "URL:https://eve.example", "END:VCARD", "nothing"] {
        fs::write(place.path("eve.jsonl"), line(property)).unwrap();
        let done = place.says(&["import", "wayne", "eve.jsonl", "--json"]);
        assert!(done.contains("\"refused\":1"), "{property}: {done}");
        let report = fs::read_to_string(place.path("eve.jsonl.report.csv")).unwrap();
        assert!(report.contains("/vcard_properties/0") && report.contains("Is not a property of a vCard"), "{report}");
    }
    fs::write(place.path("ada.jsonl"), line("X-SKYPE:ada")).unwrap();
    place.says(&["import", "wayne", "ada.jsonl"]);
    assert!(place.says(&["export", "wayne", "--format", "vcard"]).contains("\r\nX-SKYPE:ada\r\n"));
}

#[test]
fn unknown_columns_become_custom_fields() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    let table = "Name,Email,Shoe size,Empty,Shoe size\nAda,ada@lee.example,38,,\nBob,bob@lee.example,,,44\n";
    fs::write(place.path("crm.csv"), table).unwrap();
    let dry = place.says(&["import", "wayne", "crm.csv", "--keep-unknown", "--dry-run"]);
    assert!(dry.contains("New custom fields: Shoe size."), "{dry}");
    assert!(place.says(&["field", "list", "wayne"]).starts_with("There is no custom field yet."));
    let done: Value =
        serde_json::from_str(&place.says(&["import", "wayne", "crm.csv", "--keep-unknown", "--json"])).unwrap();
    assert_eq!((&done["created_fields"], &done["ignored_columns"]), (&["Shoe size"].into(), &["Empty"].into()));
    let sizes: Vec<Value> = lines(&place.says(&["export", "wayne", "--format", "jsonl"]))
        .iter()
        .map(|person| person["custom_fields"]["Shoe size"].clone())
        .collect();
    assert_eq!(sizes, ["38", "44"]);

    // The fields of another company, by the types of their values.
    place.says(&["company", "add", "acme"]);
    place.says(&["field", "add", "wayne", "--name", "VIP", "--type", "boolean"]);
    fs::write(place.path("vip.csv"), "Email,VIP\nada@lee.example,yes\n").unwrap();
    place.says(&["import", "wayne", "vip.csv"]);
    place.says(&["export", "wayne", "--format", "jsonl", "--to", "wayne.jsonl"]);
    let said = place.says(&["import", "acme", "wayne.jsonl", "--keep-unknown"]);
    assert!(said.contains("New custom fields: Shoe size, VIP."), "{said}");
    assert_eq!(
        place.says(&["export", "acme", "--format", "jsonl"]),
        place.says(&["export", "wayne", "--format", "jsonl"])
    );
    let again = place.says(&["import", "acme", "wayne.jsonl", "--keep-unknown"]);
    assert!(!again.contains("New custom fields"), "{again}");
}

#[test]
fn products_get_their_own_columns() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    fs::write(place.path("ada.vcf"), CARD).unwrap();
    place.says(&["import", "wayne", "ada.vcf"]);
    let google = place.says(&["export", "wayne", "--for", "google"]);
    assert!(
        google.contains("\r\nAda,Ann,Lee,,") && google.contains(",Boat,+12125550142,Mobile,+12125550143,"),
        "{google}"
    );
    let outlook = place.says(&["export", "wayne", "--for", "outlook"]);
    assert!(outlook.starts_with("\u{feff}First Name,Middle Name,Last Name,"), "{outlook}");
    assert!(
        outlook.contains("\r\nAda,Ann,Lee,,\"Lee, Works\",") && outlook.contains(",+12125550143,+12125550142,"),
        "{outlook}"
    );
    // They come back.
    for (product, file) in [("google", "google.csv"), ("outlook", "outlook.csv")] {
        place.says(&["export", "wayne", "--for", product, "--to", file]);
        place.says(&["company", "add", product]);
        place.says(&["import", product, file]);
        let ada = &lines(&place.says(&["export", product, "--format", "jsonl"]))[0];
        assert_eq!(ada["name"], "Ada Ann Lee", "{ada}");
        assert_eq!(ada["organization"], "Lee, Works");
        assert_eq!(ada["fields"].as_array().unwrap().len(), 3, "{ada}");
        assert_eq!(ada["address"], "1 Quay St, Tidetown, 10001, US", "{ada}");
    }
    let refused = place.run(&["export", "wayne", "--for", "lotus"]);
    assert!(refused.err.contains("Must be csv, excel, google, outlook, jsonl, vcard or vcard3."), "{}", refused.err);
}
