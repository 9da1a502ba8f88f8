//! Pages of lists, and walks through lists that change. A walk meets every item that is in the list throughout.
//!
//! A list by time of creation never moves its items. A list by latest change does: an item that changes moves to the front,
//! behind the reader. So a walk from the latest change to the earliest has a second round: the items that changed since the walk
//! began, the earliest change first. In that order an item only ever moves ahead of the reader.

use contact::Seq;

use crate::{Error, PAGE_SIZE_MAX};

/// What a list is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SortBy {
    /// The time of creation.
    Created,
    /// The time of the last change.
    Changed,
}

/// The order of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Order {
    /// What the list is sorted by.
    pub by: SortBy,
    /// Whether the oldest comes first.
    pub ascending: bool,
}

impl Order {
    /// The latest change first.
    pub const LATEST_CHANGE: Order = Order { by: SortBy::Changed, ascending: false };
    /// The newest first.
    pub const NEWEST: Order = Order { by: SortBy::Created, ascending: false };
}

impl From<Order> for store::Order {
    fn from(Order { by, ascending }: Order) -> store::Order {
        let by = match by {
            SortBy::Created => store::SortBy::Created,
            SortBy::Changed => store::SortBy::Changed,
        };
        store::Order { by, ascending }
    }
}

/// A page of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page<T, C> {
    /// The items.
    pub items: Vec<T>,
    /// The cursor of the next page. None on the last page.
    pub next: Option<C>,
}

impl<T, C> Page<T, C> {
    /// The last page of a list.
    pub fn last(items: Vec<T>) -> Page<T, C> {
        Page { items, next: None }
    }

    /// The first `size` of some items. They are one more than that if there is a next page.
    pub(crate) fn cut(mut items: Vec<T>, size: usize, cursor: impl FnOnce(&T) -> C) -> Page<T, C> {
        let has_more = items.len() > size;
        items.truncate(size);
        let next = items.last().filter(|_| has_more).map(cursor);
        Page { items, next }
    }
}

/// The cursor of a sorted list: where its next page begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cursor<Id> {
    /// In a list by time of creation: after the item with this id.
    Created(Id),
    /// In a list by time of change: after this item.
    Changed {
        /// The item's last change.
        changed: Seq,
        /// The item's id.
        id: Id,
        /// The end of the journal when the walk began. None if the walk has no second round.
        began: Option<Seq>,
    },
    /// In the second round of a walk by latest change: after this item.
    ChangedSince {
        /// The item's last change.
        changed: Seq,
        /// The item's id.
        id: Id,
    },
}

/// A list that can be walked through.
pub(crate) trait Listing {
    type Item;
    type Id: Copy;

    /// Reads at most `limit` items after the one with this last change and id. By time of creation, only the id counts.
    async fn read(&self, order: Order, after: Option<(Seq, Self::Id)>, limit: usize) -> Result<Vec<Self::Item>, Error>;

    /// The end of the journal.
    async fn head(&self) -> Result<Seq, Error>;

    /// The last change of an item, and its id.
    fn position(item: &Self::Item) -> (Seq, Self::Id);

    /// An id that is greater than that of any item.
    fn last_id(&self) -> Self::Id;
}

/// The count of an id that is greater than any other of its company.
pub(crate) const LAST_COUNT: u64 = (1 << 39) - 1;

/// Reads a page of a walk: at most `size` items, and at most [`PAGE_SIZE_MAX`].
pub(crate) async fn walk<L: Listing>(
    listing: &L,
    order: Order,
    cursor: Option<Cursor<L::Id>>,
    size: usize,
) -> Result<Page<L::Item, Cursor<L::Id>>, Error> {
    let size = size.clamp(1, PAGE_SIZE_MAX);
    match (order.by, cursor) {
        (SortBy::Created, None) => page(listing, order, None, size, |_, id| Cursor::Created(id)).await,
        (SortBy::Created, Some(Cursor::Created(id))) => {
            page(listing, order, Some((Seq::default(), id)), size, |_, id| Cursor::Created(id)).await
        }
        (SortBy::Changed, None) => {
            let began = if order.ascending { None } else { Some(listing.head().await?) };
            page(listing, order, None, size, |changed, id| Cursor::Changed { changed, id, began }).await
        }
        (SortBy::Changed, Some(Cursor::Changed { changed, id, began })) => {
            let next = |changed, id| Cursor::Changed { changed, id, began };
            let page = page(listing, order, Some((changed, id)), size, next).await?;
            match began.filter(|_| page.next.is_none() && !order.ascending) {
                Some(began) => Ok(Page { next: second_round(listing, began).await?, ..page }),
                None => Ok(page),
            }
        }
        (SortBy::Changed, Some(Cursor::ChangedSince { changed, id })) => {
            let next = |changed, id| Cursor::ChangedSince { changed, id };
            page(listing, Order { ascending: true, ..order }, Some((changed, id)), size, next).await
        }
        (SortBy::Created, Some(Cursor::Changed { .. } | Cursor::ChangedSince { .. }))
        | (SortBy::Changed, Some(Cursor::Created(_))) => Err(Error::CursorOrder),
    }
}

/// The cursor of the second round, if anything has changed since the walk began.
async fn second_round<L: Listing>(listing: &L, began: Seq) -> Result<Option<Cursor<L::Id>>, Error> {
    if listing.head().await? == began {
        return Ok(None);
    }
    let (changed, id) = (began, listing.last_id());
    let order = Order { by: SortBy::Changed, ascending: true };
    let is_any = !listing.read(order, Some((changed, id)), 1).await?.is_empty();
    Ok(is_any.then_some(Cursor::ChangedSince { changed, id }))
}

async fn page<L: Listing>(
    listing: &L,
    order: Order,
    after: Option<(Seq, L::Id)>,
    size: usize,
    cursor: impl FnOnce(Seq, L::Id) -> Cursor<L::Id>,
) -> Result<Page<L::Item, Cursor<L::Id>>, Error> {
    // One more than the page holds shows whether there is a next page.
    let items = listing.read(order, after, size + 1).await?;
    let cursor = |item: &L::Item| {
        let (changed, id) = L::position(item);
        cursor(changed, id)
    };
    Ok(Page::cut(items, size, cursor))
}
