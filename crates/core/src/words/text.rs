//! Text out of bytes: UTF-8, with or without the mark that some editors put ahead of it.

use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// What stands in a file that should be UTF-8 text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {what}", match line { Some(line) => format!(":{line}"), None => String::new() })]
pub struct NotText {
    /// The file.
    pub file: String,
    /// Counted from 1; none where the whole file is something else.
    pub line: Option<usize>,
    /// What it looks like.
    pub what: Looks,
}

/// What bytes that are no UTF-8 look like, and what would be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Looks {
    /// Two bytes for most characters, as Windows programs call "Unicode".
    #[error("looks like UTF-16 ({0}-endian): save it as UTF-8, or convert it with iconv -f UTF-16 -t UTF-8")]
    Utf16(ByteOrder),
    /// Four bytes for each character.
    #[error("looks like UTF-32 ({0}-endian): save it as UTF-8, or convert it with iconv -f UTF-32 -t UTF-8")]
    Utf32(ByteOrder),
    /// One byte for each character, as older European files are.
    #[error(
        "byte 0x{0:02X} is not UTF-8 and looks like Latin-1 (Windows-1252): save the file as UTF-8, or convert it with \
         iconv -f WINDOWS-1252 -t UTF-8"
    )]
    Latin1(u8),
    /// A NUL, which no text holds.
    #[error("holds a NUL byte: not a text file; want UTF-8 text")]
    Binary,
    /// Bytes of UTF-8 that do not go together.
    #[error("byte 0x{0:02X} is not UTF-8: want UTF-8 text")]
    Broken(u8),
}

/// Which byte of several comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteOrder {
    /// The highest.
    Big,
    /// The lowest.
    Little,
}

impl std::fmt::Display for ByteOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ByteOrder::Big => "big",
            ByteOrder::Little => "little",
        })
    }
}

/// The mark U+FEFF in UTF-8, which Windows editors put ahead of a text.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// A shorter text is looked at sooner than the threads of all cores are started.
const LONG: usize = 1 << 22;
/// As much as each of them looks at at once: it stays in the cache.
const PIECE: usize = 1 << 18;

/// How far the start of a file tells its encoding.
const START: usize = 4096;

/// The text of a file. A mark ahead of it is left out.
///
/// # Errors
/// [`NotText`], with the line, the byte and what that looks like.
pub fn text<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, NotText> {
    let bytes = text_bytes(file, bytes)?;
    // Only a character that the end cuts off is left.
    std::str::from_utf8(bytes).map_err(|error| broken(file, bytes, error.valid_up_to()))
}

/// The same, of a file whose last line may be cut off in the middle of a character: what is whole is UTF-8.
///
/// # Errors
/// As [`text`].
pub fn text_bytes<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a [u8], NotText> {
    if let Some(what) = wide(&bytes[..bytes.len().min(START)]) {
        return Err(NotText { file: file.to_owned(), line: None, what });
    }
    let bytes = without_mark(bytes);
    if bytes.len() >= LONG && is_text(bytes) {
        return Ok(bytes);
    }
    if let Err(error) = std::str::from_utf8(bytes)
        && error.error_len().is_some()
    {
        return Err(broken(file, bytes, error.valid_up_to()));
    }
    match memchr::memchr(0, bytes) {
        None => Ok(bytes),
        Some(at) => Err(NotText { file: file.to_owned(), line: Some(line(bytes, at)), what: Looks::Binary }),
    }
}

/// Whether all of it is UTF-8 without a NUL: looked at on all cores, each piece as it lies in the cache.
fn is_text(bytes: &[u8]) -> bool {
    let is_within = |at: &usize| bytes.get(*at).is_some_and(|byte| *byte & 0xC0 == 0x80);
    // Where a piece begins: no character is in two.
    let begin = |at: usize| (at..at + 4).find(|at| !is_within(at)).unwrap_or(at).min(bytes.len());
    (0..bytes.len().div_ceil(PIECE)).into_par_iter().all(|piece| {
        let piece = &bytes[begin(piece * PIECE)..begin((piece + 1) * PIECE)];
        std::str::from_utf8(piece).is_ok() && memchr::memchr(0, piece).is_none()
    })
}

/// The bytes behind the mark that some editors put ahead of UTF-8; all of them where there is none.
#[must_use]
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(MARK).unwrap_or(bytes)
}

/// UTF-16 and UTF-32, by their marks, or by the zeros that Latin letters have there.
fn wide(start: &[u8]) -> Option<Looks> {
    match start {
        [0xFF, 0xFE, 0, 0, ..] => return Some(Looks::Utf32(ByteOrder::Little)),
        [0, 0, 0xFE, 0xFF, ..] => return Some(Looks::Utf32(ByteOrder::Big)),
        [0xFF, 0xFE, ..] => return Some(Looks::Utf16(ByteOrder::Little)),
        [0xFE, 0xFF, ..] => return Some(Looks::Utf16(ByteOrder::Big)),
        _ => {}
    }
    let zeros = |odd: usize| start.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let pairs = start.len() / 2;
    let (even, odd) = (zeros(0), zeros(1));
    match pairs >= 4 {
        true if odd * 10 >= pairs * 9 && even * 10 <= pairs => Some(Looks::Utf16(ByteOrder::Little)),
        true if even * 10 >= pairs * 9 && odd * 10 <= pairs => Some(Looks::Utf16(ByteOrder::Big)),
        _ => None,
    }
}

fn broken(file: &str, bytes: &[u8], at: usize) -> NotText {
    let byte = bytes.get(at).copied().unwrap_or_default();
    // In Latin-1 text some letters of the upper half stand among ASCII; control characters are none of its.
    let before = at.checked_sub(1).and_then(|at| bytes.get(at)).is_none_or(u8::is_ascii);
    let after = bytes[at..].iter().take(4).find(|byte| **byte < 0xA0).is_some_and(u8::is_ascii);
    let controls = |byte: &&u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    let textual = bytes.iter().take(START).filter(controls).count() == 0;
    let what =
        if byte >= 0xA0 && before && after && textual { Looks::Latin1(byte) } else { Looks::Broken(byte) };
    NotText { file: file.to_owned(), line: Some(line(bytes, at)), what }
}

fn line(bytes: &[u8], at: usize) -> usize {
    1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(bytes: &[u8]) -> String {
        text("a.csv", bytes).unwrap_err().to_string()
    }

    fn wide(order: fn(u16) -> [u8; 2], mark: &str) -> Vec<u8> {
        format!("{mark}# name = 1\nop,dtype\n").encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn a_mark_ahead_of_the_text_is_left_out() {
        assert_eq!(text("a", b"\xEF\xBB\xBFop,m\r\n"), Ok("op,m\r\n"));
        assert_eq!(text("a", "h/a = 8, µ".as_bytes()), Ok("h/a = 8, µ"));
        assert_eq!(text("a", b""), Ok(""));
        // One that is no mark, but a character in the text, stays.
        assert_eq!(text("a", "a\u{feff}b".as_bytes()), Ok("a\u{feff}b"));
    }

    #[test]
    fn other_encodings_are_named() {
        let little = "a.csv: looks like UTF-16 (little-endian): save it as UTF-8";
        let big = "a.csv: looks like UTF-16 (big-endian)";
        for mark in ["\u{feff}", ""] {
            assert!(said(&wide(u16::to_le_bytes, mark)).starts_with(little), "{mark:?}");
            assert!(said(&wide(u16::to_be_bytes, mark)).starts_with(big), "{mark:?}");
        }
        assert!(said(b"\xFF\xFE\0\0a\0\0\0").starts_with("a.csv: looks like UTF-32 (little-endian)"));
        let word: Vec<u8> = "Größe\n".chars().map(|c| c as u8).collect();
        assert!(said(&word).starts_with("a.csv:1: byte 0xF6 is not UTF-8 and looks like Latin-1"));
        let latin = said(b"# a\n# owner = \"M\xFCller\"\n");
        assert!(
            latin.starts_with("a.csv:2: byte 0xFC is not UTF-8 and looks like Latin-1 (Windows-1252)"),
            "{latin}"
        );
    }

    #[test]
    fn what_is_no_text_is_said_with_its_line() {
        assert_eq!(said(b"one\ntwo\0three"), "a.csv:2: holds a NUL byte: not a text file; want UTF-8 text");
        assert_eq!(said(b"a\n\xC3\xC3"), "a.csv:2: byte 0xC3 is not UTF-8: want UTF-8 text");
        assert_eq!(said(b"\x01\x02\xFF a"), "a.csv:1: byte 0xFF is not UTF-8: want UTF-8 text");
    }

    #[test]
    fn a_long_text_is_judged_as_a_short_one() {
        // Two bytes each, so that pieces begin in the middle of one, after a letter.
        let long = "xµ".repeat(LONG / 2);
        assert_eq!(text("a", long.as_bytes()).map(str::len), Ok(long.len()));
        for at in [0, 3 * PIECE - 1, 3 * PIECE, long.len() - 2] {
            let mut broken = format!("{long}\n").into_bytes();
            broken[at] = 0xFF;
            assert!(said(&broken).starts_with("a.csv:1: byte 0x"), "{at}");
        }
        let mut binary = "x\n".repeat(LONG).into_bytes();
        binary[2 * 7 * PIECE] = 0;
        let line = 7 * PIECE + 1;
        assert!(said(&binary).starts_with(&format!("a.csv:{line}: holds a NUL byte")), "{}", said(&binary));
        assert_eq!(text_bytes("a", &long.as_bytes()[..long.len() - 1]).map(<[u8]>::len), Ok(long.len() - 1));
    }

    #[test]
    fn a_character_that_the_end_cuts_off_is_left_to_whoever_repairs_the_file() {
        assert_eq!(text_bytes("a", b"op\n\xC2"), Ok(&b"op\n\xC2"[..]));
        assert_eq!(said(b"op\n\xC2"), "a.csv:2: byte 0xC2 is not UTF-8: want UTF-8 text");
    }
}
