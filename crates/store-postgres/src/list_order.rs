//! The orders of lists, in SQL.

use contact::Seq;
use store::{Order, SortBy};

use crate::codec::{AFTER_ALL, BEFORE_ALL, stored};

/// All orders of lists.
pub const ORDERS: [Order; 4] = [
    Order { by: SortBy::Created, ascending: false },
    Order { by: SortBy::Created, ascending: true },
    Order { by: SortBy::Changed, ascending: false },
    Order { by: SortBy::Changed, ascending: true },
];

/// The condition for rows after the cursor, and the `ORDER BY` of a list with the id column `id`.
///
/// Parameter 3 is the id of the cursor, and parameter 4 its last change if the list is sorted by that.
pub fn conditions(order: Order, id: &str) -> (String, String) {
    let (follows, direction) = if order.ascending { (">", "") } else { ("<", " DESC") };
    match order.by {
        SortBy::Created => (format!("{id} {follows} $3"), format!("{id}{direction}")),
        SortBy::Changed => {
            (format!("(changed, {id}) {follows} ($4, $3)"), format!("changed{direction}, {id}{direction}"))
        }
    }
}

/// The last change and the id of the cursor, as parameters.
pub fn cursor(order: Order, after: Option<(Seq, u64)>) -> (i64, i64) {
    let start = if order.ascending { BEFORE_ALL } else { AFTER_ALL };
    after.map_or((start, start), |(changed, id)| (stored(changed.0), stored(id)))
}
