//! The encoding of a file, and how it is detected.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Cursor, Read};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use encoding_rs_io::DecodeReaderBytesBuilder;
use thiserror::Error;

/// Bytes of a file from which its encoding is detected.
pub const SAMPLE_BYTES: u64 = 64 * 1024;

/// A character encoding of the Encoding Standard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// UTF-8 (RFC 3629). A row that is not valid UTF-8 is read as Windows-1252.
    pub const UTF_8: Encoding = Encoding(UTF_8);
    /// Windows-1252, the default of Western spreadsheets.
    pub const WINDOWS_1252: Encoding = Encoding(WINDOWS_1252);

    /// Its name in the Encoding Standard, such as `UTF-16LE`.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Detects the encoding from the first bytes of a file.
    ///
    /// What is neither UTF-8 nor UTF-16 is guessed by the frequency of letters.
    pub(crate) fn detect(first: &[u8]) -> Encoding {
        if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(first) {
            return Encoding(encoding);
        }
        by_zeros(first).unwrap_or_else(|| by_sequences(first))
    }

    /// Whether it is neither UTF-8 nor UTF-16.
    pub(crate) fn is_legacy(self) -> bool {
        ![UTF_8, UTF_16LE, UTF_16BE].contains(&self.0)
    }

    /// Decodes a whole text, without its byte order mark.
    pub(crate) fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        self.0.decode_with_bom_removal(bytes).0
    }

    /// Decodes a text as UTF-8, or in this encoding if it is not valid UTF-8.
    pub(crate) fn decode_unless_utf8(self, bytes: &[u8]) -> Cow<'_, str> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => self.0.decode_without_bom_handling(bytes).0,
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of an encoding is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("Must be the name of an encoding, such as utf-8, utf-16le, windows-1252 or shift_jis.")]
pub struct UnknownEncoding;

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    /// The encoding with a label (the Encoding Standard, section 4.2).
    fn from_str(label: &str) -> Result<Encoding, UnknownEncoding> {
        encoding_rs::Encoding::for_label_no_replacement(label.as_bytes()).map(Encoding).ok_or(UnknownEncoding)
    }
}

/// Detects UTF-16 by its zero bytes, on one side of each pair: every line break and Latin letter has one.
fn by_zeros(first: &[u8]) -> Option<Encoding> {
    let zeros = |side: usize| first.iter().skip(side).step_by(2).filter(|byte| **byte == 0).count();
    let (high_first, low_first) = (zeros(0), zeros(1));
    let are_many = |many: usize, few: usize| many * 20 > first.len() && many > few * 10;
    if are_many(low_first, high_first) {
        Some(Encoding(UTF_16LE))
    } else if are_many(high_first, low_first) {
        Some(Encoding(UTF_16BE))
    } else {
        None
    }
}

/// Detects UTF-8 by its multi-byte sequences, which are rare in other encodings. A few broken ones count as damage.
fn by_sequences(first: &[u8]) -> Encoding {
    let (mut whole, mut broken) = (0, 0);
    for chunk in first.utf8_chunks() {
        whole += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    // The end of the sample may cut the last sequence.
    let is_cut = std::str::from_utf8(first).is_err_and(|error| error.error_len().is_none());
    if broken == 0 || is_cut && broken == 1 || broken < whole { Encoding::UTF_8 } else { guess(first) }
}

/// Guesses a legacy encoding, as browsers do for pages that do not declare theirs.
fn guess(first: &[u8]) -> Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(first, true);
    Encoding(detector.guess(None, Utf8Detection::Deny))
}

/// A file that is decoded to UTF-8. A UTF-8 file may still have broken sequences.
pub struct Input<'a> {
    pub reader: Box<dyn Read + Send + 'a>,
    /// The first bytes of the reader.
    pub first: Vec<u8>,
    pub encoding: Encoding,
    /// Bytes of the file that were read.
    pub consumed: Arc<AtomicU64>,
}

impl<'a> Input<'a> {
    /// Detects the encoding of a file of cards. It is decoded to UTF-8 only from UTF-16 or a given encoding: otherwise a line may be
    /// folded inside a character, and cards of several programs may have several encodings.
    pub fn open_cards(file: impl Read + Send + 'a, given: Option<Encoding>) -> io::Result<Input<'a>> {
        let (mut file, consumed) = Counting::of(file);
        let first = peek(&mut file)?;
        let encoding = given.unwrap_or_else(|| Encoding::detect(&unfolded(&first)));
        let is_whole = given.is_some() || [UTF_16LE, UTF_16BE].contains(&encoding.0);
        Input::decode(file, first, consumed, if is_whole { encoding } else { Encoding::UTF_8 })
            .map(|input| Input { encoding, ..input })
    }

    /// Detects the encoding of a file and decodes it to UTF-8.
    pub fn open(file: impl Read + Send + 'a, given: Option<Encoding>) -> io::Result<Input<'a>> {
        let (mut file, consumed) = Counting::of(file);
        let first = peek(&mut file)?;
        let encoding = given.unwrap_or_else(|| Encoding::detect(&first));
        Input::decode(file, first, consumed, encoding)
    }

    fn decode(
        file: impl Read + Send + 'a,
        mut first: Vec<u8>,
        consumed: Arc<AtomicU64>,
        encoding: Encoding,
    ) -> io::Result<Input<'a>> {
        if let Some((_, mark)) = encoding_rs::Encoding::for_bom(&first).filter(|(marked, _)| *marked == encoding.0) {
            first.drain(..mark);
        }
        if encoding == Encoding::UTF_8 {
            let reader = Box::new(Cursor::new(first.clone()).chain(file));
            return Ok(Input { reader, first, encoding, consumed });
        }
        let mut builder = DecodeReaderBytesBuilder::new();
        builder.encoding(Some(encoding.0)).bom_sniffing(false);
        let mut decoded = builder.build(Cursor::new(first).chain(file));
        let first = peek(&mut decoded)?;
        let reader = Box::new(Cursor::new(first.clone()).chain(decoded));
        Ok(Input { reader, first, encoding, consumed })
    }
}

fn peek(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut first = Vec::new();
    reader.take(SAMPLE_BYTES).read_to_end(&mut first)?;
    Ok(first)
}

/// The bytes of cards with folded lines joined (RFC 6350, section 3.2).
fn unfolded(first: &[u8]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(first.len());
    let mut lines = first.split(|byte| *byte == b'\n');
    joined.extend_from_slice(lines.next().unwrap_or_default());
    for line in lines {
        if let [b' ' | b'\t', more @ ..] = line {
            if joined.last() == Some(&b'\r') {
                joined.pop();
            }
            joined.extend_from_slice(more);
        } else {
            joined.push(b'\n');
            joined.extend_from_slice(line);
        }
    }
    joined
}

struct Counting<R> {
    file: R,
    consumed: Arc<AtomicU64>,
}

impl<R> Counting<R> {
    fn of(file: R) -> (Counting<R>, Arc<AtomicU64>) {
        let consumed = Arc::new(AtomicU64::new(0));
        (Counting { file, consumed: Arc::clone(&consumed) }, consumed)
    }
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.consumed.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], name: &str) {
        assert_eq!(Encoding::detect(bytes).name(), name, "{bytes:?}");
    }

    #[test]
    fn the_encoding_is_detected() {
        check(b"name,email\n", "UTF-8");
        check("name,Zoë\n".as_bytes(), "UTF-8");
        check(&"name,Zoë".as_bytes()[..9], "UTF-8");
        check(b"name,Zo\xeb\n", "windows-1252");
        check("Zoë, Zoë, Zoë, \u{fffd}".replace('\u{fffd}', "").as_bytes(), "UTF-8");
        check(b"Zo\xc3\xab, Zo\xc3\xab, Zo\xeb\n", "UTF-8");
        check(b"\xef\xbb\xbfname", "UTF-8");
        check(b"\xff\xfen\0a\0", "UTF-16LE");
        check(b"\xfe\xff\0n\0a", "UTF-16BE");
        check(b"n\0a\0m\0e\0\n\0", "UTF-16LE");
        check(b"\0n\0a\0m\0e\0\n", "UTF-16BE");
        check(b"", "UTF-8");
    }

    #[test]
    fn a_utf_16_file_is_read_to_its_end() {
        let text = "имя;почта\n".repeat(20_000);
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut input = Input::open(&bytes[..], None).unwrap();
        assert_eq!(input.encoding.name(), "UTF-16LE");
        let mut read = String::new();
        input.reader.read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
        assert_eq!(input.consumed.load(Ordering::Relaxed), bytes.len() as u64);
    }
}
