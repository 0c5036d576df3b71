//! Telling results from readings without reading either.

use csv::ReaderBuilder;

/// What a file holds, by the columns of its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Measurements: [`crate::Results`] reads them.
    Results,
    /// Published readings: [`crate::Readings`] reads them.
    Readings,
}

impl FileKind {
    /// The kind of a file, from the first line that does not start with `#`; none when its columns are
    /// of neither. Only a measurement has a `time_median_us`, only a reading says which `reading`.
    #[must_use]
    pub fn of_text(text: impl AsRef<[u8]>) -> Option<FileKind> {
        let text = text.as_ref();
        let header = text.split(|b| *b == b'\n').find(|line| line.first() != Some(&b'#'))?;
        let mut reader = ReaderBuilder::new().has_headers(false).from_reader(header);
        let columns = reader.byte_records().next()?.ok()?;
        let has = |name: &str| columns.iter().any(|column| column == name.as_bytes());
        match (has("time_median_us"), has("reading")) {
            (true, false) => Some(FileKind::Results),
            (false, true) => Some(FileKind::Readings),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_tells_what_a_file_holds() {
        assert_eq!(FileKind::of_text("# a = 1\nop,m,time_median_us\r\nscore"), Some(FileKind::Results));
        assert_eq!(FileKind::of_text("# a = 1\nreading,op,tflops\n"), Some(FileKind::Readings));
        assert_eq!(FileKind::of_text("\"reading\",op"), Some(FileKind::Readings));
        assert_eq!(FileKind::of_text("reading,time_median_us\n"), None);
        for neither in ["", "# a = 1", "a,b\nreading", "\n", "\u{0}"] {
            assert_eq!(FileKind::of_text(neither), None, "{neither:?}");
        }
    }
}
