//! The elements of a JSON array, one at a time, with a limit on what is held of each.

use std::io::{self, BufRead, BufReader, Read};

const BUFFER_BYTES: usize = 64 * 1024;

/// The elements of a JSON array (RFC 8259, section 5). What is between the commas is not checked: it is parsed later.
pub struct Elements<R> {
    input: BufReader<R>,
    line: u64,
    bytes_max: usize,
    /// The number of brackets and braces that are open; that of the array itself counts.
    depth: u64,
    is_ended: bool,
}

/// An element that was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Element {
    /// The line where it begins; the first is 1.
    pub line: u64,
    /// Whether it was longer than what is held.
    pub is_cut: bool,
}

impl<R: Read> Elements<R> {
    pub fn new(input: R, bytes_max: usize) -> Elements<R> {
        let input = BufReader::with_capacity(BUFFER_BYTES, input);
        Elements { input, line: 1, bytes_max, depth: 0, is_ended: false }
    }

    /// Reads the next element, without the comma. What follows the array is an element as well.
    pub fn next(&mut self, element: &mut Vec<u8>) -> io::Result<Option<Element>> {
        element.clear();
        let mut found = Element { line: self.line, is_cut: false };
        let (mut is_string, mut is_escaped) = (false, false);
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if buffer.is_empty() {
                return Ok((!element.trim_ascii().is_empty()).then_some(found));
            }
            let mut used = 0;
            let mut is_complete = false;
            for byte in buffer {
                used += 1;
                self.line += u64::from(*byte == b'\n');
                let is_outside = self.depth <= 1 && !is_string;
                match byte {
                    _ if is_escaped => is_escaped = false,
                    b'\\' if is_string => is_escaped = true,
                    b'"' => is_string = !is_string,
                    b'[' | b'{' if !is_string => self.depth += 1,
                    b']' | b'}' if !is_string => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
                if is_outside && !self.is_ended {
                    match byte {
                        b'[' if self.depth == 1 && element.is_empty() => continue,
                        b']' if self.depth == 0 => self.is_ended = true,
                        _ => {}
                    }
                    if *byte == b',' || self.is_ended {
                        is_complete = true;
                        break;
                    }
                }
                if element.is_empty() {
                    if byte.is_ascii_whitespace() {
                        continue;
                    }
                    found.line = self.line;
                }
                if element.len() < self.bytes_max {
                    element.push(*byte);
                } else {
                    found.is_cut = true;
                }
            }
            self.input.consume(used);
            if is_complete && (!element.is_empty() || !self.is_ended) {
                return Ok(Some(found));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(u64, &str, bool)]) {
        let mut elements = Elements::new(text.as_bytes(), 10);
        let (mut element, mut read) = (Vec::new(), Vec::new());
        while let Some(found) = elements.next(&mut element).unwrap() {
            read.push((found.line, String::from_utf8(element.clone()).unwrap().trim().to_owned(), found.is_cut));
        }
        let expected: Vec<_> = expected.iter().map(|(line, text, cut)| (*line, (*text).to_owned(), *cut)).collect();
        assert_eq!(read, expected, "{text}");
    }

    #[test]
    fn elements_are_between_commas() {
        check("[]", &[]);
        check(" [\n {\"a\":1},\n {\"b\":[]} ]\n", &[(2, "{\"a\":1}", false), (3, "{\"b\":[]}", false)]);
        check("[{\"]\":2}, 3]", &[(1, "{\"]\":2}", false), (1, "3", false)]);
        check("[\"\\\"],\",4", &[(1, "\"\\\"],\"", false), (1, "4", false)]);
        check("[{\"long\":\"long\"},5]", &[(1, "{\"long\":\"l", true), (1, "5", false)]);
        check("[[1,2],[3]]", &[(1, "[1,2]", false), (1, "[3]", false)]);
        check("[1] and more, [2]", &[(1, "1", false), (1, "and more,", true)]);
    }
}
