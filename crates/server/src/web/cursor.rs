//! Cursors of lists by latest change, as they stand in the address of a page: the entry of the last change, and the id.

use std::fmt::Display;
use std::str::FromStr;

use contact::Seq;
use hub::Cursor;

/// Parses the cursor that a query gives. What is not one is as none: the list begins with its first page.
pub fn parse<Id: FromStr>(text: Option<&str>) -> Option<Cursor<Id>> {
    let (changed, id) = text?.split_once('-')?;
    Some(Cursor::Changed { changed: Seq(changed.parse().ok()?), id: id.parse().ok()?, began: None })
}

/// A query for the page after an item.
pub fn query(changed: Seq, id: impl Display) -> String {
    format!("?after={changed}-{id}")
}
