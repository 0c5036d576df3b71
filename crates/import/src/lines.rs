//! A file line by line, in bounded memory.

use memchr::memchr2;
use std::io::{self, BufRead};

/// Longest line that is looked at, in bytes: of a longer one only the start is kept.
const LONGEST: usize = 16 * 1024;

/// The lines of a file, counted from 1. They end as lines do on Linux, on Windows, or, with a carriage return alone, in what
/// spreadsheets save for old Macs.
pub(crate) struct Lines<R> {
    reader: R,
    number: u64,
    line: Vec<u8>,
    too_long: bool,
    /// Whether the last line ended with a carriage return, which a line feed may follow.
    after_return: bool,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R) -> Lines<R> {
        Lines { reader, number: 0, line: Vec::new(), too_long: false, after_return: false }
    }

    /// The line that was read last.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Reads the next line, without its line break; false at the end of the file.
    pub(crate) fn advance(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.too_long = false;
        let mut began = false;
        loop {
            let buffer = match self.reader.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if buffer.is_empty() {
                break;
            }
            if std::mem::take(&mut self.after_return) && buffer[0] == b'\n' {
                self.reader.consume(1);
                continue;
            }
            began = true;
            let end = memchr2(b'\n', b'\r', buffer);
            let text = &buffer[..end.unwrap_or(buffer.len())];
            let room = LONGEST - self.line.len();
            self.too_long |= text.len() > room;
            self.line.extend_from_slice(&text[..text.len().min(room)]);
            self.after_return = end.is_some_and(|end| buffer[end] == b'\r');
            let used = end.map_or(buffer.len(), |end| end + 1);
            self.reader.consume(used);
            if end.is_some() {
                break;
            }
        }
        self.number += u64::from(began);
        Ok(began)
    }

    /// The line as text; none where it is too long or not UTF-8.
    pub(crate) fn text(&self) -> Option<&str> {
        if self.too_long { None } else { std::str::from_utf8(&self.line).ok() }
    }

    /// The first bytes of the line.
    pub(crate) fn start_bytes(&self) -> Vec<u8> {
        self.line[..self.line.len().min(400)].to_vec()
    }

    /// The start of the line, whatever it is.
    pub(crate) fn start(&self) -> String {
        String::from_utf8_lossy(&self.line[..self.line.len().min(400)]).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<Option<String>> {
        // A reader that gives three bytes at a time.
        let mut lines = Lines::new(io::BufReader::with_capacity(3, bytes));
        let mut all = Vec::new();
        while lines.advance().unwrap() {
            all.push(lines.text().map(str::to_owned));
            assert_eq!(lines.number(), all.len() as u64);
        }
        all
    }

    #[test]
    fn line_breaks_of_all_kinds_and_none_at_the_end() {
        let some = |texts: &[&str]| texts.iter().map(|t| Some((*t).to_owned())).collect::<Vec<_>>();
        assert_eq!(lines(b"one\r\n\ntwo"), some(&["one", "", "two"]));
        assert_eq!(lines(b"one\n"), some(&["one"]));
        assert_eq!(lines(b"one\r\rtwo\r"), some(&["one", "", "two"]));
        assert_eq!(lines(b"ab\r\ncd\r\n\r\n"), some(&["ab", "cd", ""]));
        assert_eq!(lines(b""), some(&[]));
    }

    #[test]
    fn what_is_no_text_or_too_long_is_skipped_and_the_next_line_is_read() {
        let long = [vec![b'x'; 3 * LONGEST], b"\nshort".to_vec()].concat();
        assert_eq!(lines(&long), [None, Some("short".to_owned())]);
        assert_eq!(lines(b"a\xff\nb"), [None, Some("b".to_owned())]);
        let mut reader = Lines::new(&long[..]);
        reader.advance().unwrap();
        assert!(reader.line.capacity() <= 2 * LONGEST && reader.start().len() == 400);
    }
}
