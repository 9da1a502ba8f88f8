//! Lines of bodies, and bodies by themselves.

use contact::{Origin, Region};
use files::{Format, body};
use serde_json::json;

use crate::check;

#[test]
fn a_lenient_import_takes_what_is_valid_of_a_line() {
    let line = br#"{"fields":[{"source":"email","handle":"Ann Leer <ann@e.example>"},{"source":"phone","handle":"n/a"},
        {"source":"phone","handle":"call me"}],"link":[{"url":"javascript:alert(1)"}]}"#;
    let line: Vec<u8> = line.iter().copied().filter(|byte| *byte != b'\n').collect();
    let read = |is_lenient| {
        let options = files::Options { is_lenient, ..files::Options::default() };
        let mut rows = files::read(&line[..], Format::JsonLines, &options).unwrap();
        rows.next().unwrap().unwrap().parsed
    };
    assert!(read(false).is_err());
    let row = read(true).unwrap();
    assert_eq!(row.observation.handles.iter().map(contact::Handle::text).collect::<Vec<_>>(), ["ann@e.example"]);
    let left_out: Vec<&str> = row.left_out.iter().map(|problem| problem.value.as_str()).collect();
    assert_eq!(left_out, ["n/a", "call me", "javascript:alert(1)"]);
}

#[test]
fn a_line_may_say_more_than_the_api_takes() {
    check(
        "lines.jsonl",
        Format::JsonLines,
        &[
            "1 \"Bruce Wayne\" bruce@wayne.inc bw.1 https://wayne.inc #Donors Since=1579910400 Size=42 VIP=true \
         -/custom_fields/Team -/shoe",
            "3 refused [/fields] \"\" Must be a list of at least one field with a source and a handle.",
            "4 refused [] \"not json\" Is not JSON: expected ident at column 2.",
            "5 refused [/fields/0/source] \"fax\" Must be one of: email, phone, twitter, facebook, intercom, front_chat, custom. \
         | [/fields/1/handle] \"nobody\" Is not an e-mail address, such as bruce@wayne.inc. \
         | [/lists/0] \"\" Must not be empty. | [/custom_fields/Size] \"big\" Must be a number, such as 12.5. \
         | [/picture/content] \"AAAA\" Is not a PNG, JPEG, GIF or WebP picture.",
            "6 refused [] \"[1]\" Must be an object with name, description, organization, job_title, nickname, birthday, address, fields and link.",
        ],
    );
}

#[test]
fn the_api_takes_no_more_than_it_says() {
    let body = json!({
        "fields": [{"source": "email", "handle": "a@b.example"}],
        "lists": ["x"], "custom_fields": {"a": 1}, "picture": {"content": ""}
    });
    let (observation, ignored) = body::read(body, Region::default(), Origin::Api(None)).unwrap();
    assert_eq!(observation.origin, Origin::Api(None));
    assert_eq!(ignored, ["/custom_fields", "/lists", "/picture"]);
    let body = json!({"fields": [{"source": "facebook", "handle": "x"}]});
    let problems = body::read(body, Region::default(), Origin::Api(None)).unwrap_err();
    assert_eq!(
        (problems[0].at.as_str(), problems[0].message.as_str()),
        ("/fields/0/source", "Must be email, twitter or phone.")
    );
}
