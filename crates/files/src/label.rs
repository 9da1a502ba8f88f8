//! Labels of phone numbers: which say that a number is not one person's.

use std::collections::HashSet;
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

/// The same, folded as the words of a label are.
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
    fn labels_say_whose_a_number_is() {
        for label in ["Work Fax", "Main", "company main", "Fax (privat)", "传真"] {
            assert!(is_shared_label(label), "{label}");
        }
        for label in ["Mobile", "Work", "* Home", "iPhone", "", "_$!<Mobile>!$_"] {
            assert!(!is_shared_label(label), "{label}");
        }
    }
}
