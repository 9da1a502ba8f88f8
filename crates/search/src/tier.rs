//! How well a contact matches a query.

/// How well a contact matches a query, the best first. Each tier contains the better ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Tier {
    /// Each word is a word of the name, or the whole query is a handle.
    Whole,
    /// Each word begins a word of the name.
    Name,
    /// Each term begins a word of some text.
    Start,
    /// Each term is part of some text.
    Part,
    /// Each word is part of some text, also the words of a number.
    Apart,
}
