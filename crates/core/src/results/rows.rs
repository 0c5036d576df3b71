//! The rows of a CSV text: where each begins, and what its fields are.
//!
//! Hardly any row has a quote in it. Such a row ends where its line does, and its fields where the commas are: they
//! are taken from the text as they stand. A row with a quote goes through the state machine of the `csv` crate.

use csv_core::{ReadRecordResult, Reader};
use memchr::{memchr, memchr2_iter, memchr3};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::str::Utf8Error;

/// In a shorter text rows are found sooner than the threads of all cores are started.
const LONG: usize = 1 << 22;
/// In so much text each of them looks for rows at once.
const PIECE: usize = 1 << 20;

/// Reads rows one after the other, in the same memory.
#[derive(Default)]
pub(super) struct RowReader {
    /// Where each field of a row begins, and one behind the last would.
    starts: Vec<usize>,
    quoted: Option<Box<QuotedRow>>,
}

/// A row with quotes, taken apart.
struct QuotedRow {
    machine: Reader,
    /// Its fields without the quotes, one behind the other.
    text: Vec<u8>,
    /// 0, then where each of them ends: where the next one begins.
    ends: Vec<usize>,
}

/// The fields of a row.
#[derive(Clone, Copy)]
pub(super) struct Row<'r> {
    text: &'r str,
    /// Where each field begins in the text, and one behind the last would.
    starts: &'r [usize],
    /// Bytes between two fields.
    comma: usize,
}

impl<'r> Row<'r> {
    /// How many fields.
    pub(super) fn len(self) -> usize {
        self.starts.len() - 1
    }

    /// A field by its place; none beyond the last.
    pub(super) fn get(self, place: usize) -> Option<&'r str> {
        let (start, next) = (*self.starts.get(place)?, *self.starts.get(place + 1)?);
        let end = next - self.comma;
        // More than half of all fields.
        if start == end { Some("") } else { self.text.get(start..end) }
    }
}

impl RowReader {
    /// Where each row begins, in bytes. Empty lines are no rows.
    pub(super) fn starts(&mut self, text: &[u8]) -> Vec<usize> {
        if text.len() >= LONG
            && let Some(starts) = starts_of_lines(text, PIECE)
        {
            return starts;
        }
        let mut starts = Vec::new();
        let mut at = 0;
        while let Some(empty) = text[at..].iter().position(|byte| !matches!(byte, b'\r' | b'\n')) {
            at += empty;
            starts.push(at);
            at += self.length(&text[at..]);
        }
        starts
    }

    /// The length of the first row of a text, with the first byte of its line break.
    fn length(&mut self, text: &[u8]) -> usize {
        match memchr3(b'\n', b'\r', b'"', text) {
            None => text.len(),
            Some(at) if text[at] == b'"' => self.quoted.get_or_insert_default().take_apart(text).length,
            Some(at) => at + 1,
        }
    }

    /// The fields of a row. `text` begins with it, and holds line breaks at most behind it.
    ///
    /// # Errors
    /// When it is not UTF-8.
    pub(super) fn read<'r>(&'r mut self, text: &'r [u8]) -> Result<Row<'r>, Utf8Error> {
        if memchr(b'"', text).is_some() {
            let quoted = self.quoted.get_or_insert_default();
            let Parts { bytes, fields, .. } = quoted.take_apart(text);
            let text = std::str::from_utf8(&quoted.text[..bytes])?;
            return Ok(Row { text, starts: &quoted.ends[..=fields], comma: 0 });
        }
        let breaks = text.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let line = &text[..text.len() - breaks];
        self.starts.clear();
        self.starts.push(0);
        push_after_commas(&mut self.starts, line);
        self.starts.push(line.len() + 1);
        Ok(Row { text: std::str::from_utf8(line)?, starts: &self.starts, comma: 1 })
    }
}

/// The same, looked for on all cores, in so many bytes at once: where no row has a quote in it, each line is one. None
/// where one has.
fn starts_of_lines(text: &[u8], length: usize) -> Option<Vec<usize>> {
    let piece = |piece: usize| {
        let (begin, end) = (piece * length, text.len().min((piece + 1) * length));
        let lines = &text[begin..end];
        if memchr(b'"', lines).is_some() {
            return None;
        }
        let is_break = |at: usize| matches!(text[at], b'\r' | b'\n');
        let first = (begin == 0 || is_break(begin - 1)).then_some(begin);
        let behind_breaks = memchr2_iter(b'\n', b'\r', lines).map(|at| begin + at + 1).filter(|at| *at < end);
        Some(first.into_iter().chain(behind_breaks).filter(|at| !is_break(*at)).collect::<Vec<usize>>())
    };
    let pieces = (0..text.len().div_ceil(length)).into_par_iter().map(piece).collect::<Option<Vec<_>>>()?;
    Some(pieces.concat())
}

/// The place behind each comma. Fields are five bytes long on average: a search for each comma takes three times as long
/// as this, which looks at eight bytes at once.
fn push_after_commas(places: &mut Vec<usize>, line: &[u8]) {
    const LOW_BITS: u64 = u64::from_ne_bytes([0x7F; 8]);
    let (words, rest) = line.as_chunks::<8>();
    for (at, word) in (1..).step_by(8).zip(words) {
        let differs = u64::from_le_bytes(*word) ^ u64::from_ne_bytes([b','; 8]);
        // The highest bit of each byte that is 0, without a carry from one byte to the next.
        let mut commas = !(((differs & LOW_BITS) + LOW_BITS) | differs | LOW_BITS);
        while commas != 0 {
            places.push(at + commas.trailing_zeros() as usize / 8);
            commas &= commas - 1;
        }
    }
    let at = 1 + line.len() - rest.len();
    places.extend((at..).zip(rest).filter(|(_, byte)| **byte == b',').map(|(at, _)| at));
}

impl Default for QuotedRow {
    fn default() -> QuotedRow {
        QuotedRow { machine: Reader::new(), text: vec![0; 1024], ends: vec![0; 64] }
    }
}

impl QuotedRow {
    /// Takes the first row of a text apart.
    fn take_apart(&mut self, text: &[u8]) -> Parts {
        self.machine.reset();
        let mut done = Parts { length: 0, bytes: 0, fields: 0 };
        loop {
            let (fields, ends) = (&mut self.text[done.bytes..], &mut self.ends[1 + done.fields..]);
            let (result, length, bytes, fields) =
                self.machine.read_record(&text[done.length..], fields, ends);
            done.length += length;
            done.bytes += bytes;
            done.fields += fields;
            match result {
                ReadRecordResult::OutputFull => self.text.resize(2 * self.text.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                // Told that there is no more, the machine ends the row.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record | ReadRecordResult::End => return done,
            }
        }
    }
}

/// How much of a text has been taken apart, into how many bytes and fields.
struct Parts {
    length: usize,
    bytes: usize,
    fields: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Each row's place and fields.
    type Read = Vec<(usize, Vec<String>)>;

    fn ours(text: &[u8]) -> Read {
        let mut reader = RowReader::default();
        let starts = reader.starts(text);
        let ends = starts.iter().copied().skip(1).chain([text.len()]);
        let rows = starts.iter().zip(ends).map(|(&start, end)| {
            let row = reader.read(&text[start..end]).unwrap();
            assert_eq!(row.get(row.len()), None);
            (start, (0..row.len()).map(|place| row.get(place).unwrap().to_owned()).collect())
        });
        rows.collect()
    }

    fn by_the_csv_crate(text: &[u8]) -> Read {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
        let mut rows = Vec::new();
        loop {
            let mut start = usize::try_from(reader.position().byte()).unwrap();
            start += text[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let mut row = csv::StringRecord::new();
            if !reader.read_record(&mut row).unwrap() {
                return rows;
            }
            rows.push((start, row.iter().map(str::to_owned).collect()));
        }
    }

    #[test]
    fn a_quoted_field_may_hold_commas_quotes_and_line_breaks() {
        let rows = ours(b"a,\"b,\"\"1\"\"\r\n2\",c\r\n\n,\"\",\n");
        let fields = |row: usize| rows[row].1.iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!((rows.len(), fields(0), fields(1)), (2, vec!["a", "b,\"1\"\r\n2", "c"], vec!["", "", ""]));
    }

    #[test]
    fn a_long_text_is_looked_at_in_pieces_unless_a_quote_is_in_it() {
        let lines = format!("{},b\r\n\r\n1,\n", "a".repeat(2000)).repeat(LONG / 2000);
        let starts = RowReader::default().starts(lines.as_bytes());
        assert_eq!((starts.len(), &starts[..3]), (LONG / 2000 * 2, &[0, 2006, 2009][..]));
        let quoted = format!("{lines}\"one\nrow\",2\n{lines}");
        assert_eq!(RowReader::default().starts(quoted.as_bytes()).len(), 2 * starts.len() + 1);
        assert!(RowReader::default().starts("\n".repeat(LONG).as_bytes()).is_empty());
    }

    #[test]
    fn a_row_of_any_width_is_read() {
        for quote in ["", "\""] {
            let text = format!("{quote}{}{quote}{}\n", "x".repeat(5000), ",y".repeat(500));
            assert_eq!(ours(text.as_bytes()), by_the_csv_crate(text.as_bytes()));
        }
    }

    #[test]
    fn a_row_that_is_no_text_is_an_error() {
        for text in [&b"a,\xFF\n"[..], b"\"a\",\xFF\n"] {
            assert!(RowReader::default().read(text).is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn rows_are_those_that_the_csv_crate_reads(text in "[a,\"\r\n µ]{0,40}") {
            prop_assert_eq!(ours(text.as_bytes()), by_the_csv_crate(text.as_bytes()));
        }

        #[test]
        fn rows_start_where_they_do_whatever_pieces_are_looked_at(text in "[a,\r\n µ]{0,40}", length in 1usize..9) {
            let text = text.as_bytes();
            prop_assert_eq!(starts_of_lines(text, length), Some(RowReader::default().starts(text)));
        }
    }
}
