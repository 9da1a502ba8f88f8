//! The columns of a table with samples, for a person who chooses their fields.

use super::cell::unquote;
use super::column::Column;
use super::header::{self, Header};
use super::records::Records;
use crate::encoding::Input;
use crate::{Encoding, Error, Options};

/// Most samples of a column.
pub const SAMPLES_MAX: usize = 3;
/// Most characters of a sample. A longer one ends in `…`.
pub const SAMPLE_CHARS_MAX: usize = 60;
/// Rows in which samples are looked for.
const SAMPLE_ROWS: usize = 100;

/// The beginning of a table.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Its columns, with the fields that their names say.
    pub columns: Vec<Column>,
    /// The first different values of each column; at most [`SAMPLES_MAX`].
    pub samples: Vec<Vec<String>>,
    /// The encoding of the file, as given or detected.
    pub encoding: Encoding,
    /// The delimiter between the cells.
    pub delimiter: u8,
}

/// Reads the beginning of a table.
pub fn preview(input: Input, options: &Options) -> Result<Preview, Error> {
    let encoding = input.encoding;
    let Header { delimiter, line, is_named, columns, .. } = header::find_any(&input.first, options)?;
    let mut samples = vec![Vec::new(); columns.len()];
    let mut records = Records::new(input.reader, delimiter);
    records.pass_over(if is_named { line + 1 } else { line })?;
    for _ in 0..SAMPLE_ROWS {
        let Some(record) = records.next()? else { break };
        let Ok(cells) = record.cells else { continue };
        for (samples, cell) in samples.iter_mut().zip(cells.texts().iter()) {
            let Some(text) = unquote(cell).filter(|_| samples.len() < SAMPLES_MAX) else { continue };
            let sample = cut(&text);
            if !samples.contains(&sample) {
                samples.push(sample);
            }
        }
    }
    Ok(Preview { columns, samples, encoding, delimiter })
}

/// A value on one line, cut to [`SAMPLE_CHARS_MAX`].
fn cut(text: &str) -> String {
    let mut chars = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut sample: String = chars.by_ref().take(SAMPLE_CHARS_MAX).collect();
    if chars.next().is_some() {
        sample.push('…');
    }
    sample
}
