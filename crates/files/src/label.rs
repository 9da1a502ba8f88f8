//! Labels of handles: which of several it is, and which say that a number is not one person's.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::words::words;

/// Words of labels that say that a phone number is not one person's, in any language of `words.txt`.
const SHARED: [&str; 36] = [
    "fax",
    "workfax",
    "homefax",
    "otherfax",
    "faxnummer",
    "telefax",
    "faks",
    "telecopie",
    "telecopieur",
    "факс",
    "ファックス",
    "ファクス",
    "传真",
    "傳真",
    "main",
    "zentrale",
    "hauptnummer",
    "switchboard",
    "reception",
    "standard",
    "centralita",
    "centralino",
    "centrale",
    "centrala",
    "switch",
    "pager",
    "pbx",
    "assistant",
    "assistent",
    "assistenz",
    "assistente",
    "asistente",
    "代表",
    "总机",
    "總機",
    "коммутатор",
];

/// Labels that every product has in words of its own, with these words. Others are kept as they are.
const USUAL: [(&str, &[&str]); 3] = [
    (
        "work",
        &[
            "work",
            "business",
            "office",
            "geschäftlich",
            "geschaeftlich",
            "dienstlich",
            "beruflich",
            "arbeit",
            "professionnel",
            "professionnelle",
            "travail",
            "bureau",
            "trabajo",
            "oficina",
            "trabalho",
            "comercial",
            "lavoro",
            "ufficio",
            "werk",
            "zakelijk",
            "praca",
            "służbowy",
            "służbowa",
            "рабочий",
            "рабочая",
            "勤務先",
            "工作",
            "办公",
        ],
    ),
    (
        "home",
        &[
            "home",
            "private",
            "privat",
            "domicile",
            "privé",
            "privée",
            "casa",
            "particular",
            "residencial",
            "thuis",
            "domowy",
            "domowa",
            "домашний",
            "домашняя",
            "自宅",
            "家庭",
            "住宅",
        ],
    ),
    (
        "mobile",
        &[
            "mobile",
            "cell",
            "cellular",
            "mobil",
            "mobiltelefon",
            "handy",
            "portable",
            "móvil",
            "celular",
            "telemóvel",
            "cellulare",
            "mobiel",
            "komórka",
            "komórkowy",
            "мобильный",
            "сотовый",
            "携帯",
            "携帯電話",
            "手机",
            "手機",
            "移动电话",
        ],
    ),
];

/// The usual label of each word, folded as the words of a label are.
static USUAL_WORDS: LazyLock<HashMap<String, &str>> = LazyLock::new(|| {
    let of = |(label, all): &(&'static str, &[&str])| {
        let label = *label;
        all.iter().flat_map(|word| words(word)).map(|word| (word, label)).collect::<Vec<_>>()
    };
    USUAL.iter().flat_map(of).collect()
});

/// The usual label that the words of a column's name or of a type say: `work` for `Telefon geschäftlich`. None if they say
/// none, or several other than that a phone is mobile.
pub fn usual_label(name: &str) -> Option<&'static str> {
    let mut found: Vec<&str> = words(name).iter().filter_map(|word| USUAL_WORDS.get(word).copied()).collect();
    found.dedup();
    match found[..] {
        [one] => Some(one),
        [_, "mobile"] | ["mobile", _] => Some("mobile"),
        _ => None,
    }
}

/// A label as it is kept: those that products have in words of their own are one. Apple writes `_$!<Work>!$_`, and Google
/// begins those of its own with a star.
pub fn kept_label(text: &str) -> &str {
    let text = text.trim();
    let text = text.strip_prefix("_$!<").and_then(|text| text.strip_suffix(">!$_")).unwrap_or(text);
    let text = text.trim_start_matches("* ").trim();
    match &words(text)[..] {
        // Outlook writes how an address is reached.
        [word] if matches!(&**word, "smtp" | "ex") => "",
        [word] => USUAL_WORDS.get(word).copied().unwrap_or(text),
        _ => text,
    }
}

/// The words that say that a number is shared, folded as the words of a label are.
static FOLDED: LazyLock<HashSet<String>> = LazyLock::new(|| SHARED.iter().flat_map(|word| words(word)).collect());

/// Whether the label of a phone number says that it is a fax, the main number of a company, or another person's.
///
/// One of its words does, as in `Work Fax` or `Company Main`.
pub fn is_shared_label(label: &str) -> bool {
    words(label).iter().any(|word| FOLDED.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_labels_are_known_in_any_language() {
        for (name, label) in [
            ("Work Phone", Some("work")),
            ("Telefon geschäftlich", Some("work")),
            ("Home Phone 2", Some("home")),
            ("Business Mobile", Some("mobile")),
            ("携帯", Some("mobile")),
            ("Phone", None),
            ("Work Home", None),
        ] {
            assert_eq!(usual_label(name), label, "{name}");
        }
        for (text, kept) in [
            ("_$!<Work>!$_", "work"),
            ("* Home", "home"),
            (" Cell ", "mobile"),
            ("Desk 7", "Desk 7"),
            ("SMTP", ""),
            ("", ""),
        ] {
            assert_eq!(kept_label(text), kept, "{text}");
        }
    }

    #[test]
    fn labels_say_whose_a_number_is() {
        for label in ["Work Fax", "Main", "company main", "Fax (privat)", "传真"] {
            assert!(is_shared_label(label), "{label}");
        }
        for label in ["Mobile", "Work", "* Home", "iPhone", "", "_$!<Mobile>!$_"] {
            assert!(!is_shared_label(label), "{label}");
        }
    }
}
