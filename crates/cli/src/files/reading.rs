//! Files of text that are named on the command line: opened, read up to a bound, and told apart.

use crate::files::kind::Kind;
use crate::talk::voice::shown;
use anyhow::{Context, Result, bail, ensure};
use hovera_core::{text, text_bytes};
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The most that is read of a file of measurements, in bytes: about ten million rows.
const MOST_DATA: u64 = 4 << 30;

/// The most that is read of what is no regular file, such as a pipe, and might never end.
const MOST_OF_A_STREAM: u64 = 256 << 20;

/// The most that is read of what people write by hand: specs, maps, lists of figures.
const MOST_BY_HAND: u64 = 16 << 20;

/// The most that is read of a model's configuration: what is made of it takes many times as much memory.
const MOST_CONFIGURATION: u64 = 4 << 20;

/// A shorter file is read sooner than the threads of all cores are started.
const LONG: usize = 16 << 20;

/// As much as each of them reads at once.
const PIECE: usize = 4 << 20;

/// What a command wants to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Results or published readings.
    Results,
    /// A sweep's spec.
    Spec,
    /// A model's configuration, or results of one.
    Model,
    /// figures.toml.
    FigureList,
    /// The map of `import csv`.
    ImportMap,
    /// What `import cookbook` takes.
    CookbookLog,
    /// What `calibrate` writes.
    Card,
    /// What `import csv` takes.
    Table,
    /// What `import nvbench` takes.
    NvbenchJson,
    /// What `import aiconfigurator` takes.
    AiconfiguratorTable,
}

impl Wanted {
    fn in_words(self) -> &'static str {
        match self {
            Wanted::Results => "a results file",
            Wanted::Spec => "a sweep's spec (TOML)",
            Wanted::Model => "a model's configuration (config.json or TOML)",
            Wanted::FigureList => "a list of figures (TOML)",
            Wanted::ImportMap => "a map of the table's columns (TOML)",
            Wanted::CookbookLog => "a log of the original benchmark",
            Wanted::Card => "a card file (TOML)",
            Wanted::Table => "a table of measurements (CSV)",
            Wanted::NvbenchJson => "nvbench's JSON",
            Wanted::AiconfiguratorTable => "a table of AIConfigurator (Parquet)",
        }
    }

    /// Whether a file of this kind may be meant: its reader says what is wrong with it. Of what is of no known kind
    /// it says more than could be said here.
    fn may_be(self, kind: Kind) -> bool {
        match kind {
            Kind::Empty | Kind::Other => true,
            Kind::Toml => {
                matches!(
                    self,
                    Wanted::Spec
                        | Wanted::Model
                        | Wanted::FigureList
                        | Wanted::ImportMap
                        | Wanted::Card
                        | Wanted::CookbookLog
                )
            }
            Kind::Json => matches!(self, Wanted::NvbenchJson | Wanted::CookbookLog | Wanted::Model),
            Kind::Model => self == Wanted::Model,
            Kind::Results if self == Wanted::Model => true,
            Kind::Results | Kind::Readings => self == Wanted::Results,
            Kind::Spec => self == Wanted::Spec,
            Kind::FigureList => self == Wanted::FigureList,
            Kind::ImportMap => self == Wanted::ImportMap,
            Kind::Card => self == Wanted::Card,
            Kind::CookbookLog => self == Wanted::CookbookLog,
            Kind::NvbenchJson => self == Wanted::NvbenchJson,
            Kind::Parquet => self == Wanted::AiconfiguratorTable,
            Kind::ComparisonCsv | Kind::FleetCsv | Kind::KernelsCsv => self == Wanted::Table,
            _ => false,
        }
    }

    fn most(self, of_a_stream: bool) -> u64 {
        match self {
            Wanted::Model => MOST_CONFIGURATION,
            Wanted::Spec | Wanted::FigureList | Wanted::ImportMap | Wanted::Card => MOST_BY_HAND,
            _ if of_a_stream => MOST_OF_A_STREAM,
            _ => MOST_DATA,
        }
    }
}

/// The text of a file, without the mark that some editors put ahead of it.
pub(crate) fn read_text(path: &Path, wanted: Wanted) -> Result<String> {
    let name = shown(path);
    let bytes = read(path, wanted)?;
    Ok(text(&name, &bytes)?.to_owned())
}

/// The same, of a file whose last line may be cut off in the middle of a character.
pub(crate) fn read_bytes(path: &Path, wanted: Wanted) -> Result<Vec<u8>> {
    let name = shown(path);
    let bytes = read(path, wanted)?;
    let text = text_bytes(&name, &bytes)?;
    // The mark alone can be ahead of it.
    Ok(if text.len() == bytes.len() { bytes } else { text.to_vec() })
}

/// The bytes of a file that is no text.
pub(crate) fn read_binary(path: &Path, wanted: Wanted) -> Result<Vec<u8>> {
    let name = shown(path);
    let mut source = BoundedFile::open(path, wanted)?;
    let mut bytes = source.start(&name)?;
    refuse_other_kinds(path, &bytes, &[], wanted)?;
    source.rest(&mut bytes).with_context(|| format!("{name}: cannot read"))?;
    Ok(bytes)
}

/// A file that is read line by line, whatever its length.
pub(crate) fn open(path: &Path, wanted: Wanted) -> Result<BufReader<impl Read>> {
    let name = shown(path);
    let mut source = BoundedFile::open(path, wanted)?;
    let start = source.start(&name)?;
    refuse_other_kinds(path, &start, &[], wanted)?;
    let mark = start.len() - text_bytes_of_start(&name, &start)?.len();
    let mut start = Cursor::new(start);
    start.set_position(mark as u64);
    Ok(BufReader::new(start.chain(source)))
}

/// The start of a file may end in the middle of a character, and logs hold what their programs printed: only what
/// the whole file is encoded as counts.
fn text_bytes_of_start<'a>(name: &str, start: &'a [u8]) -> Result<&'a [u8]> {
    match text_bytes(name, start) {
        Err(error) if error.line.is_none() => Err(error.into()),
        Err(_) => Ok(start),
        Ok(text) => Ok(text),
    }
}

fn read(path: &Path, wanted: Wanted) -> Result<Vec<u8>> {
    let name = shown(path);
    let mut source = BoundedFile::open(path, wanted)?;
    let mut bytes = source.start(&name)?;
    // What is no text is not read any further: it may never end.
    if !bytes.contains(&0) {
        source.rest(&mut bytes).with_context(|| format!("{name}: cannot read"))?;
    }
    let end = &bytes[bytes.len().saturating_sub(crate::files::kind::LOOKED_AT)..];
    refuse_other_kinds(path, &bytes[..bytes.len().min(crate::files::kind::LOOKED_AT)], end, wanted)?;
    Ok(bytes)
}

/// Says what a file is where that is not what the command wants, and which command takes it.
fn refuse_other_kinds(path: &Path, start: &[u8], end: &[u8], wanted: Wanted) -> Result<()> {
    let kind = Kind::by_content(start, end);
    if wanted.may_be(kind) {
        return Ok(());
    }
    let name = shown(path);
    let advice = kind.advice(path).map(|advice| format!("; {advice}")).unwrap_or_default();
    bail!("{name}: {kind}; want {}{advice}", wanted.in_words())
}

/// A file that is read up to a bound.
struct BoundedFile {
    file: File,
    left: u64,
    most: u64,
    /// How long it is, as far as the system tells.
    length: u64,
}

impl BoundedFile {
    fn open(path: &Path, wanted: Wanted) -> Result<BoundedFile> {
        let name = shown(path);
        let cannot = || format!("{name}: cannot read");
        let file = File::open(path).with_context(cannot)?;
        let metadata = file.metadata().with_context(cannot)?;
        ensure!(!metadata.is_dir(), "{name}: a folder; want {}{}", wanted.in_words(), of_folder(path));
        let most = wanted.most(!metadata.is_file());
        Ok(BoundedFile {
            file,
            left: most,
            most,
            length: if metadata.is_file() { metadata.len() } else { 0 },
        })
    }

    /// Reads the rest, into memory that is taken once: to let it grow would copy it again and again.
    fn rest(&mut self, bytes: &mut Vec<u8>) -> std::io::Result<()> {
        let length = usize::try_from(self.length.min(self.most)).unwrap_or(0);
        if length >= LONG
            && let Some(whole) = self.at_once(length)
        {
            // What has been added to the file meanwhile comes behind.
            self.file.seek(SeekFrom::Start(length as u64))?;
            self.left = self.most - length as u64;
            *bytes = whole;
        }
        bytes.reserve(length.saturating_sub(bytes.len()) + 64);
        self.read_to_end(bytes).map(drop)
    }

    /// So much from the beginning, a piece on each core: hundreds of megabytes are copied, into memory that the system
    /// takes its time to give. None where it is not to be had so.
    fn at_once(&self, length: usize) -> Option<Vec<u8>> {
        // Zeros that were never written cost nothing before they are read over. The last are room for what is added.
        let mut bytes = vec![0; length + 64];
        bytes.truncate(length);
        let read =
            |(piece, bytes): (usize, &mut [u8])| self.file.read_exact_at(bytes, (piece * PIECE) as u64);
        bytes.par_chunks_mut(PIECE).enumerate().try_for_each(read).ok()?;
        Some(bytes)
    }

    fn start(&mut self, name: &str) -> Result<Vec<u8>> {
        let mut start = Vec::new();
        let read = self.by_ref().take(crate::files::kind::LOOKED_AT as u64).read_to_end(&mut start);
        read.with_context(|| format!("{name}: cannot read"))?;
        Ok(start)
    }
}

impl Read for BoundedFile {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let room = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if room == 0 && !buffer.is_empty() {
            return match self.file.read(&mut [0])? {
                0 => Ok(0),
                _ => {
                    let mib = self.most >> 20;
                    Err(std::io::Error::other(format!("it is longer than {mib} MiB, the most that is read")))
                }
            };
        }
        let read = self.file.read(&mut buffer[..room])?;
        self.left -= read as u64;
        Ok(read)
    }
}

/// What to do with a folder, where what it holds tells.
fn of_folder(path: &Path) -> String {
    if path.join("figures.toml").is_file() {
        let folder = crate::shell::word(path);
        return format!("; draw what its figures.toml lists with: hovera figures --dir {folder}");
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let tables =
        entries.filter(|entry| entry.path().extension().is_some_and(|ending| ending == "csv")).count();
    match tables {
        0 => String::new(),
        tables => {
            format!("; it holds {tables} .csv {}: name them", if tables == 1 { "file" } else { "files" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(most: u64, bytes: &[u8]) -> BoundedFile {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(bytes, 0).unwrap();
        BoundedFile { file, left: most, most, length: bytes.len() as u64 }
    }

    #[test]
    fn a_long_file_is_read_in_pieces_with_what_is_added_meanwhile() {
        let long: Vec<u8> = (0..LONG + PIECE / 2).map(|at| (at % 251) as u8).collect();
        let read = |length: usize, most: usize| {
            let mut source = BoundedFile { length: length as u64, ..source(most as u64, &long) };
            let mut bytes = source.start("long").unwrap();
            source.rest(&mut bytes).map(|()| bytes).map_err(|error| error.to_string())
        };
        // As long as it was, and shorter and longer than it was when it was opened.
        for length in [long.len(), LONG, long.len() + PIECE] {
            assert!(read(length, usize::MAX) == Ok(long.clone()), "{length}");
        }
        assert!(read(long.len(), long.len()) == Ok(long.clone()));
        assert!(read(long.len(), LONG).unwrap_err().contains("the most that is read"));
    }

    #[test]
    fn a_file_is_read_up_to_its_bound_and_not_beyond() {
        let read = |most| {
            let mut bytes = Vec::new();
            source(most, &[b'x'; 1000])
                .read_to_end(&mut bytes)
                .map(|_| bytes.len())
                .map_err(|e| e.to_string())
        };
        assert_eq!((read(1000), read(5000)), (Ok(1000), Ok(1000)));
        assert_eq!(read(999), Err("it is longer than 0 MiB, the most that is read".to_owned()));
    }
}
