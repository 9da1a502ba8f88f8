//! Finds the end of a message, and removes its stuffed dots (RFC 5321, section 4.5.2).

/// Reads the lines of a message.
///
/// Only CRLF ends a line. A server that accepts a bare LF is open to SMTP smuggling: it sees the end of a message, and
/// commands after it, where the server before it saw none.
#[derive(Default)]
pub struct Lines {
    state: State,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Begin,
    Dot,
    DotCr,
    Inside,
    Cr,
}

impl Lines {
    /// Passes the bytes of the message to `keep`. If the message ends, returns how many bytes belonged to it.
    pub fn read(&mut self, bytes: &[u8], mut keep: impl FnMut(u8)) -> Option<usize> {
        for (n, byte) in bytes.iter().enumerate() {
            match (self.state, byte) {
                (State::Begin, b'.') => {
                    self.state = State::Dot;
                    continue;
                }
                (State::Dot, b'\r') => {
                    self.state = State::DotCr;
                    continue;
                }
                (State::DotCr, b'\n') => return Some(n + 1),
                (State::DotCr, _) => keep(b'\r'),
                _ => {}
            }
            keep(*byte);
            self.state = match byte {
                b'\r' => State::Cr,
                b'\n' if self.state == State::Cr => State::Begin,
                _ => State::Inside,
            };
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(wire: &str, message: &str, rest: &str) {
        // The result must not depend on how the bytes are split.
        for piece in [1, 2, 3, wire.len()] {
            let (mut lines, mut kept, mut seen) = (Lines::default(), Vec::new(), 0);
            let ended = wire.as_bytes().chunks(piece).find_map(|chunk| {
                let end = lines.read(chunk, |byte| kept.push(byte));
                let at = end.map(|end| seen + end);
                seen += chunk.len();
                at
            });
            assert_eq!(String::from_utf8(kept).unwrap(), message);
            assert_eq!(&wire[ended.unwrap()..], rest);
        }
    }

    #[test]
    fn stuffed_dots_are_removed() {
        read("a\r\n.\r\nQUIT", "a\r\n", "QUIT");
        read(".\r\n", "", "");
        read("..\r\n..a\r\na.b\r\n...\r\n.\r\n", ".\r\n.a\r\na.b\r\n..\r\n", "");
        read(".\rx\r\n.\r\n", "\rx\r\n", "");
    }

    #[test]
    fn only_crlf_ends_a_line() {
        for inside in ["a\n.\n", "a\n.\r\n", "a\r.\r\n", "a\r\r\n\n.\r\n", "a\r\n\n.\r\n"] {
            read(&format!("{inside}b\r\n.\r\n"), &format!("{inside}b\r\n"), "");
        }
        read("a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n", "");
    }
}
