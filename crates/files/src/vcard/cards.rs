//! The cards of a file, one at a time, and what is outside of cards.

use std::io::{self, Read};

use super::card::Card;
use super::property::Head;
use super::unfold::{Properties, Raw};
use crate::encoding::Input;
use crate::row::ReadRow;
use crate::{Encoding, Options, Problem};

/// A reader of cards.
pub struct Cards<'a> {
    properties: Properties<Box<dyn Read + Send + 'a>>,
    /// A property that was read but belongs to the next card.
    raw: Raw,
    is_raw_left: bool,
    options: Options,
    /// The encoding of what is not UTF-8 and declares none.
    encoding: Encoding,
}

impl<'a> Cards<'a> {
    pub fn open(input: Input<'a>, options: &Options) -> Cards<'a> {
        let properties = Properties::new(input.reader, &input.first);
        // A file that is UTF-8 as a whole may have cards of an old program in it.
        let encoding = if input.encoding.is_legacy() { input.encoding } else { Encoding::WINDOWS_1252 };
        Cards { properties, raw: Raw::default(), is_raw_left: false, options: options.clone(), encoding }
    }

    /// The next card, or the lines outside of a card as a row with a problem; and the line where it begins.
    pub fn next(&mut self) -> io::Result<Option<(u64, ReadRow)>> {
        if !self.read()? {
            return Ok(None);
        }
        let line = self.raw.line;
        let is_card = Head::of(&self.raw.bytes).is_begin();
        let read = if is_card { self.card()? } else { ReadRow::unreadable(self.stray()?) };
        Ok(Some((line, read)))
    }

    /// Reads a property, unless one is left.
    fn read(&mut self) -> io::Result<bool> {
        if std::mem::take(&mut self.is_raw_left) {
            return Ok(true);
        }
        self.properties.next(&mut self.raw)
    }

    /// Skips what is outside of cards.
    fn stray(&mut self) -> io::Result<Problem> {
        let problem = Problem::of_row(&self.raw.bytes, "Is outside of a card. Put BEGIN:VCARD before it.");
        while self.read()? {
            if Head::of(&self.raw.bytes).is_begin() {
                self.is_raw_left = true;
                break;
            }
        }
        Ok(problem)
    }

    /// Reads a card after its BEGIN.
    fn card(&mut self) -> io::Result<ReadRow> {
        let mut card = Card::new(&self.options, self.encoding);
        // The depth of nested cards: version 2.1 puts the card of an agent into the card of the person.
        let (mut inside, mut is_agent, mut is_ended) = (0_u64, false, true);
        loop {
            if std::mem::take(&mut self.is_raw_left) || self.properties.next(&mut self.raw)? {
                is_ended = self.raw.is_ended;
            } else {
                // Only the end of the card is missing: accept it. The end of a value is missing: refuse it.
                return Ok(if is_ended {
                    card.finish()
                } else {
                    ReadRow::unreadable(Problem::of_row(b"", "Is incomplete: the file ends within it."))
                });
            }
            let head = Head::of(&self.raw.bytes);
            if head.is_end() {
                if inside == 0 {
                    return Ok(card.finish());
                }
                inside -= 1;
            } else if head.is_begin() {
                if inside == 0 && !is_agent {
                    self.is_raw_left = true;
                    return Ok(card.finish());
                }
                inside += 1;
            } else if inside == 0 {
                card.add(&head, &self.raw);
            }
            let name = head.name();
            is_agent = name == "AGENT" && head.value.trim_ascii().is_empty();
            if name == "AGENT" && head.value.trim_ascii().eq_ignore_ascii_case(b"BEGIN:VCARD") {
                inside += 1;
            }
        }
    }
}
