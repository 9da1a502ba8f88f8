//! Labels of phone numbers: which say that a number is not one person's.

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

/// Whether the label of a phone number says that it is a fax, the main number of a company or another person's.
pub fn is_shared_label(label: &str) -> bool {
    // Unless it says more: Apple's `main` and Google's `Work Fax` are whole labels.
    words(label).iter().any(|word| SHARED.iter().any(|shared| words_equal(word, shared)))
}

fn words_equal(word: &str, other: &str) -> bool {
    words(other).first().is_some_and(|other| other == word)
}

#[cfg(test)]
mod tests {
    use super::*;

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
