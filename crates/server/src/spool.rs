//! Private temporary files for what is on its way: bodies and mail that arrive, exports that leave.
//!
//! Slow clients so hold a file, and neither memory nor a transaction. The files have no names and end with the process.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use tokio::sync::{oneshot, watch};
use tokio::task::spawn_blocking;

/// Most bytes that are held in memory before they go to the file.
pub const PIECE_BYTES: usize = 64 * 1024;

/// A temporary file that is being written. What fits into [`PIECE_BYTES`] stays in memory.
#[derive(Default)]
pub struct Spool {
    file: Option<Arc<File>>,
    /// Bytes in the file.
    written: u64,
    /// The bytes after those.
    buffer: Vec<u8>,
}

impl Spool {
    /// The number of bytes so far.
    pub fn len(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    /// Adds bytes.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub async fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE_BYTES { self.flush().await } else { Ok(()) }
    }

    /// Writes what is in memory to the file.
    async fn flush(&mut self) -> io::Result<()> {
        let (file, at, buffer) = (self.file.take(), self.written, std::mem::take(&mut self.buffer));
        let writing = spawn_blocking(move || {
            let file = file.map_or_else(|| tempfile::tempfile().map(Arc::new), Ok)?;
            file.write_all_at(&buffer, at)?;
            io::Result::Ok((file, buffer))
        });
        let (file, mut buffer) = writing.await.map_err(io::Error::other)??;
        self.file = Some(file);
        self.written += buffer.len() as u64;
        buffer.clear();
        self.buffer = buffer;
        Ok(())
    }

    /// Reads everything from the beginning. Reading blocks.
    pub fn into_reader(self) -> impl Read + Send + 'static {
        // It was written by position, so the file is still at its beginning.
        let file: Box<dyn Read + Send> = match self.file {
            Some(file) => Box::new(file),
            None => Box::new(io::empty()),
        };
        file.chain(Cursor::new(self.buffer))
    }
}

/// The writing side of a temporary file that is read while it is written.
pub struct StreamWriter<E> {
    spool: Spool,
    progress: watch::Sender<Progress>,
    end: oneshot::Sender<Result<(), E>>,
}

/// The reading side of a temporary file that is read while it is written.
pub struct Stream<E> {
    /// Bytes that were read.
    read: u64,
    progress: watch::Receiver<Progress>,
    end: Option<oneshot::Receiver<Result<(), E>>>,
}

/// The file, and how many bytes of it are written.
type Progress = (Option<Arc<File>>, u64);

/// Creates a temporary file that is read while it is written.
pub fn stream<E>() -> (StreamWriter<E>, Stream<E>) {
    let (progress, watching) = watch::channel((None, 0));
    let (end, ending) = oneshot::channel();
    let writer = StreamWriter { spool: Spool::default(), progress, end };
    (writer, Stream { read: 0, progress: watching, end: Some(ending) })
}

impl<E> StreamWriter<E> {
    /// Adds a piece. Returns false if nobody reads any more.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub async fn add(&mut self, piece: &[u8]) -> io::Result<bool> {
        self.spool.buffer.extend_from_slice(piece);
        self.spool.flush().await?;
        self.progress.send_replace((self.spool.file.clone(), self.spool.written));
        Ok(!self.progress.is_closed())
    }

    /// Ends the file, or breaks it off.
    pub fn end(self, end: Result<(), E>) {
        // The reader may be gone.
        let _ = self.end.send(end);
    }
}

impl<E: From<io::Error>> Stream<E> {
    /// Reads the next piece, as soon as it is written. None at the end.
    ///
    /// # Errors
    ///
    /// Why the writer broke off, or that the file cannot be read.
    pub async fn next(&mut self) -> Option<Result<Vec<u8>, E>> {
        let read = self.read;
        let progress = self.progress.wait_for(|(_, written)| *written > read).await;
        let ready = progress.ok().and_then(|progress| Some((Arc::clone(progress.0.as_ref()?), progress.1 - read)));
        let Some((file, bytes)) = ready else {
            let lost = || Err(io::Error::other("the writer of a temporary file is gone").into());
            return self.end.take()?.await.unwrap_or_else(|_| lost()).err().map(Err);
        };
        let bytes = usize::try_from(bytes).map_or(PIECE_BYTES, |bytes| bytes.min(PIECE_BYTES));
        self.read += bytes as u64;
        let reading = spawn_blocking(move || {
            let mut piece = vec![0; bytes];
            file.read_exact_at(&mut piece, read)?;
            Ok(piece)
        });
        Some(reading.await.map_err(io::Error::other).flatten().map_err(E::from))
    }
}
