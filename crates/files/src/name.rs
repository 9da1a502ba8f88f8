//! Names in parts: the formats of other products have a given and a family name.

/// The parts of a name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Parts {
    pub given: String,
    pub middle: String,
    pub family: String,
}

impl Parts {
    /// The parts of a name, by the usual order: the last word is the family name.
    pub fn of(name: &str) -> Parts {
        let words: Vec<&str> = name.split_whitespace().collect();
        match &words[..] {
            [] => Parts::default(),
            [one] => Parts { given: (*one).to_owned(), ..Parts::default() },
            [given @ .., family] => Parts { given: given.join(" "), family: (*family).to_owned(), ..Parts::default() },
        }
    }

    /// Whether a name has the words of the given and the family name. A title and middle names may differ.
    pub fn fit(&self, name: &str) -> bool {
        let words: Vec<&str> = name.split_whitespace().collect();
        let mut own = [&self.given, &self.family].into_iter().flat_map(|part| part.split_whitespace());
        !(self.given.is_empty() && self.family.is_empty()) && own.all(|word| words.contains(&word))
    }

    /// The name in spoken order.
    pub fn in_order(&self) -> String {
        let parts = [&self.given, &self.middle, &self.family];
        parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_is_the_family_name() {
        let parts = Parts::of(" Ana  Maria Silva ");
        assert_eq!((parts.given.as_str(), parts.family.as_str()), ("Ana Maria", "Silva"));
        assert_eq!(Parts::of("Madonna").given, "Madonna");
        assert_eq!(Parts::of(" "), Parts::default());
    }

    #[test]
    fn parts_fit_a_name_with_a_title() {
        let parts = Parts { given: "Bruce".into(), middle: String::new(), family: "Wayne".into() };
        assert!(parts.fit("Dr. Bruce Wayne") && !parts.fit("Bruce") && !Parts::default().fit("Bruce"));
        assert_eq!(parts.in_order(), "Bruce Wayne");
    }
}
