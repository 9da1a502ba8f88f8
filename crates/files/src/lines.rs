//! The lines of a file, with a limit on what is held of each.

use std::io::{self, BufRead, BufReader, Read};

const BUFFER_BYTES: usize = 64 * 1024;

/// Lines of a file.
pub struct Lines<R> {
    input: BufReader<R>,
    /// The byte that ends a line: LF, also after a CR; or CR in a file without LF.
    end: u8,
    read: u64,
    bytes_max: usize,
}

/// A line that was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    /// Its number; the first is 1.
    pub number: u64,
    /// Whether it was longer than what is held.
    pub is_cut: bool,
    /// Whether it ends with a line break rather than with the file.
    pub is_ended: bool,
}

impl<R: Read> Lines<R> {
    /// The lines of a file that begins with `first`.
    pub fn new(input: R, first: &[u8], bytes_max: usize) -> Lines<R> {
        let end = if !first.contains(&b'\n') && first.contains(&b'\r') { b'\r' } else { b'\n' };
        Lines { input: BufReader::with_capacity(BUFFER_BYTES, input), end, read: 0, bytes_max }
    }

    /// Reads the next line, without its end.
    pub fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Option<Line>> {
        line.clear();
        let (mut is_cut, mut is_ended, mut is_any) = (false, false, false);
        while !is_ended {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if buffer.is_empty() {
                break;
            }
            is_any = true;
            let end = memchr::memchr(self.end, buffer);
            let part = &buffer[..end.unwrap_or(buffer.len())];
            let room = self.bytes_max - line.len();
            is_cut |= part.len() > room;
            line.extend_from_slice(&part[..part.len().min(room)]);
            let used = part.len() + usize::from(end.is_some());
            is_ended = end.is_some();
            self.input.consume(used);
        }
        if !is_any {
            return Ok(None);
        }
        if line.last() == Some(&b'\r') && !is_cut {
            line.pop();
        }
        self.read += 1;
        Ok(Some(Line { number: self.read, is_cut, is_ended }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &[u8], expected: &[(&str, bool, bool)]) {
        let mut lines = Lines::new(text, text, 4);
        let (mut line, mut read) = (Vec::new(), Vec::new());
        while let Some(found) = lines.next(&mut line).unwrap() {
            read.push((String::from_utf8(line.clone()).unwrap(), found.is_cut, found.is_ended));
        }
        let expected: Vec<_> = expected.iter().map(|(text, cut, ended)| ((*text).to_owned(), *cut, *ended)).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn lines_end_in_three_ways() {
        check(b"a\nb\r\n\nc", &[("a", false, true), ("b", false, true), ("", false, true), ("c", false, false)]);
        check(b"a\rb\r", &[("a", false, true), ("b", false, true)]);
        check(b"", &[]);
    }

    #[test]
    fn long_lines_are_cut() {
        check(b"abcdefgh\nabcd\n", &[("abcd", true, true), ("abcd", false, true)]);
    }
}
