//! What finds a contact by what is typed, and which contacts may be duplicates.
//!
//! Pure rules, the same for every store: a store's index only has to return every contact that may match
//! ([`tokens`]), and [`Query::tier`] decides how well each one does. Nothing here does I/O.

pub mod duplicates;
mod fold;
mod highlight;
mod query;
mod searchable;
mod tier;
pub mod tokens;
mod top_matches;
mod word;

pub use highlight::Highlight;
pub use query::{QUERY_CHARS_MAX, QUERY_WORDS_MAX, Query, QueryTooLong, Term};
pub use searchable::{SearchableText, changed_contacts};
pub use tier::Tier;
pub use top_matches::TopMatches;
pub use word::{PART_LETTERS_MIN, Word, words};
