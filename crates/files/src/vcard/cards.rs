//! The cards of a file, one at a time: where each begins and ends, and what is in none.

use std::io::{self, Read};

use super::card::Card;
use super::property::Head;
use super::unfold::{Properties, Raw};
use crate::encoding::Input;
use crate::{Options, Problem, Row};

/// Cards that are read.
pub struct Cards<'a> {
    properties: Properties<Box<dyn Read + Send + 'a>>,
    /// A property that was read but belongs to the next card.
    raw: Raw,
    is_raw_left: bool,
    options: Options,
}

impl<'a> Cards<'a> {
    pub fn open(input: Input<'a>, options: &Options) -> Cards<'a> {
        let properties = Properties::new(input.reader, &input.first);
        Cards { properties, raw: Raw::default(), is_raw_left: false, options: options.clone() }
    }

    /// The next card, or what there is that is no card.
    pub fn next(&mut self) -> io::Result<Option<Row>> {
        if !self.read()? {
            return Ok(None);
        }
        let line = self.raw.line;
        let told = if Head::of(&self.raw.bytes).is_begin() { self.card()? } else { Err(vec![self.stray()?]) };
        Ok(Some(Row { line, told }))
    }

    /// Reads a property, unless one is left.
    fn read(&mut self) -> io::Result<bool> {
        if std::mem::take(&mut self.is_raw_left) {
            return Ok(true);
        }
        self.properties.next(&mut self.raw)
    }

    /// Passes over what is in no card.
    fn stray(&mut self) -> io::Result<Problem> {
        let problem = Problem::of_row(&self.raw.bytes, "Is in no card: before it there must be BEGIN:VCARD.");
        while self.read()? {
            if Head::of(&self.raw.bytes).is_begin() {
                self.is_raw_left = true;
                break;
            }
        }
        Ok(problem)
    }

    /// Reads a card that has begun.
    fn card(&mut self) -> io::Result<Result<crate::ParsedRow, Vec<Problem>>> {
        let mut card = Card::new(&self.options);
        // How many cards inside this one have begun: version 2.1 puts an agent's into the card of whom they speak for.
        let (mut inside, mut is_agent, mut is_ended) = (0_u64, false, true);
        loop {
            if std::mem::take(&mut self.is_raw_left) || self.properties.next(&mut self.raw)? {
                is_ended = self.raw.is_ended;
            } else {
                // A card that is whole but for its end is one; of a value that breaks off nobody knows the rest.
                return Ok(if is_ended {
                    card.finish()
                } else {
                    Err(vec![Problem::of_row(b"", "Is not whole: the file breaks off in it.")])
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
                card.take(&head, &self.raw);
            }
            let name = head.name();
            is_agent = name == "AGENT" && head.value.trim_ascii().is_empty();
            if name == "AGENT" && head.value.trim_ascii().eq_ignore_ascii_case(b"BEGIN:VCARD") {
                inside += 1;
            }
        }
    }
}
