//! Properties of handles, for any text.

use contact::{HANDLE_BYTES_MAX, Handle, Region, Source};
use proptest::prelude::*;

/// Texts that look like addresses, texts that nearly do, and any text.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,60}",
        "[+＋]?[0-9() ./-]{1,24}",
        "[+]?[0-9() -]{1,20}( ?x| ?ext\\.? ?|;ext=|#)[0-9]{1,8}",
        "[+]?1?-?8?0?0?-?[A-Z0-9-]{1,12}",
        "tel:[+]?[0-9-]{1,18}(;[a-z=+0-9-]{0,20})?",
        "[A-Za-z0-9.+_\"-]{1,70}@[A-Za-z0-9.-]{1,80}",
        "\\PC{1,20}@\\PC{1,30}",
        "(https?://)?(www\\.)?(twitter|x)\\.com/@?[A-Za-z0-9_/?#]{0,20}",
        "@?[A-Za-z0-9_]{0,17}",
        // Mobiles of Brazil, Argentina and Mexico, and their prefixes.
        "[+]?5[245](0|1|9|01|044|15)?(11|21|55)(15)?[0-9]{7,9}([pw,;]+[0-9]{1,4})?",
        "[0-9][.,]?[0-9]{3,12}([eE][+]?[0-9]{1,2}|[.,]0{1,2})",
        "([+0-9]|[(]|;ext=|x|٣|１){0,200}",
    ]
}

fn source() -> impl Strategy<Value = Source> {
    prop::sample::select(Source::ALL.to_vec())
}

fn region() -> impl Strategy<Value = Region> {
    prop::sample::select(vec!["US", "GB", "DE", "IT", "AR", "BR", "MX", "JP"]).prop_map(|code| code.parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// The shown text parses as the same handle, in any region.
    #[test]
    fn the_shown_text_parses_as_the_same_handle(source in source(), text in text(), one in region(), other in region()) {
        if let Ok(handle) = Handle::parse(source, &text, one) {
            prop_assert!(!handle.text().is_empty());
            prop_assert!(handle.key().as_str().len() <= 2 * HANDLE_BYTES_MAX);
            for spelling in [handle.text(), handle.key().as_str()] {
                let again = Handle::parse(source, spelling, other);
                prop_assert_eq!(again.as_ref().map(Handle::key), Ok(handle.key()), "from {:?}", spelling);
            }
        }
    }

    /// Space and invisible characters around a handle are ignored.
    #[test]
    fn space_around_a_handle_does_not_matter(source in source(), text in text()) {
        let spaced = format!(" \t\u{feff}{text}\u{200b}\u{a0}\n");
        let (plain, spaced) = (
            Handle::parse(source, &text, Region::default()),
            Handle::parse(source, &spaced, Region::default()),
        );
        prop_assert_eq!(plain.is_ok(), spaced.is_ok());
        prop_assert_eq!(plain.ok(), spaced.ok());
    }
}

/// The longest texts that are parsed, made of pieces that could make a parser backtrack.
#[test]
fn long_texts_parse_in_time() {
    for part in ["1", "+", "1 ", "(", "1x", ";ext=1", "a@", "@", "x.com/", "\u{661}", "é", ".", "A1", "tel:", "[", "\""]
    {
        let text = part.repeat(HANDLE_BYTES_MAX / part.len());
        for source in Source::ALL {
            let _ = Handle::parse(source, &text, Region::default());
        }
        let longer = part.repeat(100_000);
        assert!(Source::ALL.into_iter().all(|source| Handle::parse(source, &longer, Region::default()).is_err()));
    }
}
