//! The reimport check: a batch of an import that changes nothing is only read.
//!
//! Importing a file again mostly changes nothing. Readers decide on its rows in parallel, without the writer, so other
//! writes do not wait for them. The first row that changes anything ends the check, and the batch is written.

use std::ops::Range;
use std::thread;

use contact::Seq;
use tokio::task::JoinHandle;

use crate::error::Error;
use crate::traits::Outcomes;

/// Rows whose contacts a reader loads together.
pub const ROWS_AT_ONCE: usize = 2_000;

/// The outcomes of commands that change nothing, and the end of the journal at which that holds; none if one of them
/// changes something.
pub type Unchanged = Option<(Seq, Outcomes)>;

/// The outcomes of `commands` commands if none changes anything. `read` checks a part of them; at most `readers_max`
/// parts are read in parallel.
///
/// # Errors
///
/// As the store answers.
pub async fn unchanged(
    commands: usize,
    readers_max: usize,
    read: impl Fn(Range<usize>) -> JoinHandle<Result<Unchanged, Error>>,
) -> Result<Option<Outcomes>, Error> {
    let readers = thread::available_parallelism().map_or(1, usize::from).min(readers_max);
    let size = commands.div_ceil(readers).max(1);
    let parts: Vec<_> = (0..commands).step_by(size).map(|first| read(first..commands.min(first + size))).collect();
    let (mut head, mut outcomes) = (None, Vec::with_capacity(commands));
    for part in parts {
        let read = part.await.map_err(|_| Error::Unavailable("A read was interrupted.".into()))??;
        // A write between two reads may have changed the outcomes of the first.
        let Some((_, part)) = read.filter(|(now, _)| *head.get_or_insert(*now) == *now) else { return Ok(None) };
        outcomes.extend(part);
    }
    Ok(Some(outcomes))
}
