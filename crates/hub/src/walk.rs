//! Walking through a list page by page while it changes: what was there throughout is met at least once.
//!
//! A list by the time of making never moves what is in it. One by the latest change does: what has not been met yet may move
//! to the front, behind whoever walks. So a walk from the latest to the earliest change ends with those that changed since
//! it began, the earliest first; that order runs away from nobody.

use contact::Seq;
use store::{Order, SortBy};

use crate::Error;

/// Where a walk goes on: after the last that was met. In the order of making only its number counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// In the order that was asked for.
    After {
        /// The last change of the last that was met.
        changed: Seq,
        /// Its number.
        number: u64,
        /// Where the journal ended when the walk began.
        began: Seq,
    },
    /// Among those that have changed since the walk began.
    Since {
        /// The last change of the last that was met.
        changed: Seq,
        /// Its number.
        number: u64,
    },
}

/// Some of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed<T> {
    /// What is in it.
    pub items: Vec<T>,
    /// Where the walk goes on; none at its end.
    pub next: Option<Mark>,
}

/// A list that can be walked through.
pub(crate) trait Walked<T> {
    /// At most `limit` of it in an order, after the one with this last change and number.
    async fn list(&self, order: Order, after: Option<(Seq, u64)>, limit: usize) -> Result<Vec<T>, Error>;
    /// Where the journal ends.
    async fn head(&self) -> Result<Seq, Error>;
    /// An item's last change and its number.
    fn place(item: &T) -> (Seq, u64);
}

/// One page of a walk.
pub(crate) async fn walk<T, L: Walked<T>>(
    walked: &L,
    order: Order,
    mark: Option<Mark>,
    size: usize,
) -> Result<Listed<T>, Error> {
    let moves_away = order.by == SortBy::Changed && !order.ascending;
    let (began, after) = match mark {
        None => (if moves_away { walked.head().await? } else { Seq(0) }, None),
        Some(Mark::After { changed, number, began }) => (began, Some((changed, number))),
        Some(Mark::Since { changed, number }) => {
            let order = Order { ascending: true, ..order };
            let (items, last) = page(walked, order, Some((changed, number)), size).await?;
            let next = last.map(|(changed, number)| Mark::Since { changed, number });
            return Ok(Listed { items, next });
        }
    };
    let (items, last) = page(walked, order, after, size).await?;
    if let Some((changed, number)) = last {
        return Ok(Listed { items, next: Some(Mark::After { changed, number, began }) });
    }
    // A first page that is also the last has met all.
    if !moves_away || mark.is_none() || walked.head().await? == began {
        return Ok(Listed { items, next: None });
    }
    let since = Mark::Since { changed: began, number: i64::MAX as u64 };
    let ascending = Order { ascending: true, ..order };
    let is_any = !walked.list(ascending, Some((began, i64::MAX as u64)), 1).await?.is_empty();
    Ok(Listed { items, next: is_any.then_some(since) })
}

/// A page, and its last item's place if there are more after it.
async fn page<T, L: Walked<T>>(
    walked: &L,
    order: Order,
    after: Option<(Seq, u64)>,
    size: usize,
) -> Result<(Vec<T>, Option<(Seq, u64)>), Error> {
    // One more than is shown tells whether there is a next page.
    let mut items = walked.list(order, after, size + 1).await?;
    let has_more = items.len() > size;
    items.truncate(size);
    let last = items.last().filter(|_| has_more).map(L::place);
    Ok((items, last))
}
