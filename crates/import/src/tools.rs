//! The tables of other benchmarks, by name: their columns, units and what they leave out are known.
//!
//! Columns are found by name, as they vary with the version. One that no format knows, that differs and that the user says
//! nothing of is refused, as in any table.

mod aiter;
mod cutlass;
mod draft;
mod rocm;
mod triton;
mod tunable_op;

use crate::Imported;
use crate::account::{excerpt, reason};
use crate::cards::Cards;
use crate::csv::{encoding, is_heading, record};
use crate::described::method;
use crate::error::ImportError;
use crate::lines::Lines;
use crate::naming::Naming;
use crate::provenance::Provenance;
use crate::selection::Selection;
use crate::taking::{Taken, Taking};
use ::csv::StringRecord;
use draft::{Draft, Fault, Header, Record};
use hovera_core::{Dtype, Layout, Point, Results, Row, Stat};
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;
use triton::Columns;

/// A benchmark whose tables are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tool {
    /// `hipblaslt-bench`.
    HipblasltBench,
    /// `rocblas-bench`.
    RocblasBench,
    /// What PyTorch's TunableOp writes, `tunableop_results0.csv`.
    TunableOp,
    /// `cutlass_profiler`.
    CutlassProfiler,
    /// What Triton's `perf_report` writes with `save_path`.
    Triton,
    /// tritonbench.
    Tritonbench,
    /// The tuned tables of ROCm/aiter.
    Aiter,
}

/// What a tool's table does not say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Untold {
    /// The element type.
    pub dtype: Option<Dtype>,
    /// How the operands are stored.
    pub layout: Option<Layout>,
    /// Whether Triton's values are TFLOP/s, or ms.
    pub unit: Option<ValueUnit>,
    /// Triton's columns that hold a program's values; none for those that look so.
    pub programs: Vec<String>,
    /// What columns are.
    pub columns: Naming,
}

/// The unit of the values of a table whose script alone knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueUnit {
    /// TFLOP/s.
    Tflops,
    /// Milliseconds.
    Milliseconds,
}

const WAYS: &str = "import one value of it, with --where NAME=VALUE; say what it is, with --axis NAME=MEANING (kernel makes it a \
                    part of the point); or ignore it, with --ignore NAME";

const WAYS_OF_TRITON: &str = "import one value of it, with --where NAME=VALUE; say what it is, with --axis NAME=MEANING (kernel makes it a part \
                              of the point); ignore it, with --ignore NAME; or, if it holds a program's values, name every such \
                              column with --program NAME";

impl Tool {
    /// How its user says what a column is.
    fn ways(self) -> &'static str {
        if self == Tool::Triton { WAYS_OF_TRITON } else { WAYS }
    }

    /// Its word in results files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Tool::HipblasltBench => "hipblaslt-bench",
            Tool::RocblasBench => "rocblas-bench",
            Tool::TunableOp => "tunableop",
            Tool::CutlassProfiler => "cutlass-profiler",
            Tool::Triton => "triton",
            Tool::Tritonbench => "tritonbench",
            Tool::Aiter => "aiter",
        }
    }

    fn stat(self) -> Stat {
        match self {
            Tool::Triton | Tool::Tritonbench => Stat::Median,
            _ => Stat::Mean,
        }
    }

    /// How it came to its times, as far as every version does so.
    fn timing(self) -> (&'static str, &'static str) {
        match self {
            Tool::HipblasltBench => ("not known", "the mean over the launches of each point"),
            Tool::RocblasBench => ("host", "the mean over the launches of each point by the host's clock"),
            Tool::TunableOp => ("not known", "the mean over the launches of each point's best solution"),
            Tool::CutlassProfiler => {
                ("event", "the mean over the launches of each point's fastest kernel by CUDA events")
            }
            Tool::Triton => ("event", "the median over launches with a cold L2 by events"),
            Tool::Tritonbench => ("not known", "the median over launches"),
            Tool::Aiter => ("not known", "those of each point's best kernel, taken to be means"),
        }
    }

    fn delimiter(self) -> u8 {
        if self == Tool::Tritonbench { b';' } else { b',' }
    }

    /// What stands between the names of its columns, where that is not what the tool writes: a spreadsheet saved them.
    fn header_by_another_delimiter(self, text: &str, untold: &Untold) -> Option<&'static str> {
        let others = [b',', b';', b'\t'].into_iter().filter(|other| *other != self.delimiter());
        let is_header = |other: &u8| {
            // A tuple of sizes has commas itself.
            (self != Tool::Tritonbench || *other != b',' || !text.contains(';'))
                && self.is_header(&Header::of_record(&record(text, *other)), untold)
        };
        others.into_iter().find(is_header).map(in_words)
    }

    /// Whether its files are tables with nothing between the lines.
    fn is_table_alone(self) -> bool {
        matches!(self, Tool::Triton | Tool::Tritonbench | Tool::Aiter)
    }

    /// Whether a line has the names of its columns.
    fn is_header(self, header: &Header, untold: &Untold) -> bool {
        let has = |names: &[&str]| names.iter().all(|name| header.has(name));
        match self {
            Tool::HipblasltBench => has(&["transA", "transB", "m", "n", "k", "hipblaslt-Gflops"]),
            Tool::RocblasBench => has(&["transA", "transB", "M", "N", "K", "rocblas-Gflops"]),
            Tool::TunableOp => false,
            Tool::CutlassProfiler => has(&["Operation", "Disposition", "m", "n", "k", "A", "B", "Runtime"]),
            Tool::Triton => triton::is_header(header, untold),
            Tool::Tritonbench => triton::is_header_of_tritonbench(header),
            Tool::Aiter => has(&["M", "N", "K", "us", "kernelName"]),
        }
    }

    /// The measurements of a line of its table.
    fn drafts(
        self,
        record: &Record<'_>,
        untold: &Untold,
        said: &Said,
        columns: &Columns,
    ) -> Vec<Result<Draft, Fault>> {
        match self {
            Tool::HipblasltBench => vec![rocm::hipblaslt(record)],
            Tool::RocblasBench => vec![rocm::rocblas(record, said)],
            Tool::TunableOp => vec![tunable_op::draft(record, said)],
            Tool::CutlassProfiler => vec![cutlass::draft(record)],
            Tool::Triton => triton::drafts(record, untold, columns),
            Tool::Tritonbench => triton::drafts_of_tritonbench(record, untold),
            Tool::Aiter => vec![aiter::draft(record)],
        }
    }

    /// Whether a column is used, or is an outcome.
    fn knows(self, name: &str, columns: &Columns) -> bool {
        let known = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        match self {
            Tool::HipblasltBench | Tool::RocblasBench => known(rocm::KNOWN),
            Tool::CutlassProfiler => cutlass::knows(name),
            Tool::Aiter => known(aiter::KNOWN),
            Tool::Triton => !columns.is_setting(name),
            // All of their columns are sizes or programs.
            Tool::TunableOp | Tool::Tritonbench => true,
        }
    }
}

/// A delimiter.
fn in_words(delimiter: u8) -> &'static str {
    match delimiter {
        b',' => "commas",
        b';' => "semicolons",
        _ => "tabs",
    }
}

/// What a file says outside of its table.
#[derive(Debug, Default)]
struct Said {
    card: Option<String>,
    dtype: Option<String>,
    /// Versions, by what they are of.
    versions: BTreeMap<String, String>,
}

impl Said {
    /// Takes a version.
    ///
    /// # Errors
    /// [`ImportError::Second`] for another one of the same.
    fn version(&mut self, file: &str, line: u64, of: &str, version: &str) -> Result<(), ImportError> {
        let first = self.versions.entry(of.to_owned()).or_insert_with(|| version.to_owned());
        if first == version {
            return Ok(());
        }
        Err(ImportError::Second {
            file: file.to_owned(),
            line,
            what: "version",
            first: format!("{of} {first}"),
            second: version.to_owned(),
            remedy: "import each part of the file by itself".to_owned(),
        })
    }
}

/// Reads a file of `tool`. Measurements that cannot be read, or that their own program found wrong, are no error: the
/// account counts them.
///
/// # Errors
/// [`ImportError`]: when the file cannot be read, holds no measurement that is selected, has a column that differs and that
/// is not known, a second version of a library, or names no card.
pub fn read(
    input: impl BufRead,
    tool: Tool,
    untold: &Untold,
    provenance: &Provenance,
    selection: &Selection,
) -> Result<Imported, ImportError> {
    let file = &provenance.file;
    let io = |source| ImportError::Io { file: file.clone(), source };
    let mut lines = Lines::new(input);
    let mut reading = Reading::new(tool, untold, provenance, selection);
    let mut headers = Vec::new();
    if tool == Tool::TunableOp {
        headers.push(Header::default());
    }
    // Of a table whose columns only all of its lines tell.
    let mut held: Vec<Held> = Vec::new();
    let mut place_of_header = 0;
    while lines.advance().map_err(io)? {
        let number = lines.number();
        let Some(text) = lines.text().map(|text| text.trim_start_matches('\u{feff}').trim()) else {
            if headers.is_empty() && number == 1 {
                return Err(encoding(file, number, &lines.start_bytes()));
            }
            reading.taking.account.unreadable.add(number, || "too long, or not UTF-8".to_owned());
            continue;
        };
        let fields = record(rocm::without_rank(text), tool.delimiter());
        let names = Header::of_record(&fields);
        if tool.is_header(&names, untold) {
            let named = untold.columns.names().chain(untold.programs.iter().map(String::as_str));
            if let Some(name) = named.into_iter().find(|name| !names.has(name)) {
                let (value, want) = (name.to_owned(), format!("a column of {file}:{number}"));
                return Err(ImportError::Option { option: "column", value, want });
            }
            headers.push(names);
            place_of_header = number;
            continue;
        }
        note_aside(tool, text, number, file, &mut reading.said)?;
        let Some(header) = headers.last() else {
            if let Some(other) = tool.header_by_another_delimiter(text, untold) {
                let why = format!(
                    ": line {number} has the names of {}'s columns between {other}, and they are to be between {}: save it so",
                    tool.as_str(),
                    in_words(tool.delimiter())
                );
                return Err(ImportError::Nothing { file: file.clone(), why });
            }
            reading.taking.account.other_lines += 1;
            continue;
        };
        let record = Record { header, fields: &fields, untold };
        if tool.is_table_alone() && is_heading(&fields) {
            let found = excerpt(text);
            return Err(ImportError::SecondHeader {
                file: file.clone(),
                line: number,
                header: place_of_header,
                found,
            });
        }
        let account = &mut reading.taking.account;
        if !record.is_row(tool) {
            if tool.is_table_alone() && fields.len() > 1 && record.at(0) != "average" {
                let (has, want) = (fields.len(), header.names().count());
                account.unreadable.add(number, || format!("{has} fields: want {want}, as the header has"));
            } else {
                account.other_lines += 1;
            }
            continue;
        }
        account.read += 1;
        if !header.names().enumerate().all(|(place, name)| untold.columns.wants(name, record.at(place))) {
            account.not_selected += 1;
            continue;
        }
        if tool == Tool::Triton {
            held.push(Held { number, header: headers.len() - 1, fields });
        } else {
            reading.take(number, &record, &Columns::default())?;
        }
    }
    for (place, header) in headers.iter().enumerate() {
        let of_header = held.iter().filter(|held| held.header == place);
        let columns = Columns::of_table(header, of_header.clone().map(|held| &held.fields), untold);
        for Held { number, fields, .. } in of_header {
            reading.take(*number, &Record { header, fields, untold }, &columns)?;
        }
    }
    if place_of_header == 0 && tool != Tool::TunableOp {
        let why = format!(": no line has the names of {}'s columns", tool.as_str());
        return Err(ImportError::Nothing { file: file.clone(), why });
    }
    reading.finish(provenance)
}

/// A line of a table that is taken when all have been read.
struct Held {
    number: u64,
    /// The place of its header among all.
    header: usize,
    fields: StringRecord,
}

/// A file as far as it was read.
struct Reading<'a> {
    tool: Tool,
    untold: &'a Untold,
    taking: Taking<'a>,
    cards: Cards<'a>,
    said: Said,
    fastest: Fastest,
    timers: BTreeSet<Option<&'static str>>,
}

impl<'a> Reading<'a> {
    fn new(
        tool: Tool,
        untold: &'a Untold,
        provenance: &'a Provenance,
        selection: &'a Selection,
    ) -> Reading<'a> {
        let file = provenance.file.as_str();
        Reading {
            tool,
            untold,
            taking: Taking::new(file, selection, "records", tool.ways(), tool.stat()),
            cards: Cards::new(file, provenance.device.as_deref()),
            said: Said::default(),
            fastest: Fastest::default(),
            timers: BTreeSet::new(),
        }
    }

    /// Takes the measurements of a line.
    fn take(&mut self, number: u64, record: &Record<'_>, columns: &Columns) -> Result<(), ImportError> {
        let (tool, untold) = (self.tool, self.untold);
        for draft in tool.drafts(record, untold, &self.said, columns) {
            let mut apart = Vec::new();
            let taken = match draft {
                Err(Fault::LeftOut(why)) => {
                    self.taking.account.leave_out(&why);
                    continue;
                }
                Err(Fault::Unreadable(why)) => Err(why),
                Ok(draft) => {
                    self.timers.insert(draft.timer);
                    let card = draft.card.clone().or_else(|| self.said.card.clone());
                    apart.extend(draft.apart.iter().cloned());
                    match draft.build(untold, tool.stat()) {
                        Err(why) => Err(why),
                        Ok((mut taken, contradiction)) => {
                            taken.row.device = self.cards.index(number, card.as_deref())?;
                            if let Some(why) = contradiction {
                                self.taking.account.inconsistent.add(number, || reason(&why));
                            }
                            Ok(taken)
                        }
                    }
                }
            };
            let unmapped = record.header.names().enumerate().filter(|(_, name)| {
                !tool.knows(name, columns)
                    && !untold.columns.is_settled(name)
                    && untold.columns.meaning(name).is_none()
            });
            let apart = apart.iter().filter(|(name, _)| !untold.columns.is_settled(name));
            let apart = apart.map(|(name, value)| (*name, value.as_str()));
            let unmapped = unmapped.map(|(place, name)| (name, record.at(place))).chain(apart);
            match taken {
                Ok(taken) if tool == Tool::CutlassProfiler => {
                    let unmapped =
                        unmapped.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                    self.fastest.add(number, taken, unmapped);
                }
                taken => self.taking.take(number, taken, unmapped)?,
            }
        }
        Ok(())
    }

    fn finish(self, provenance: &Provenance) -> Result<Imported, ImportError> {
        let Reading { tool, mut taking, cards, said, fastest, timers, .. } = self;
        for Candidate { place, taken, unmapped, .. } in fastest.finish() {
            let unmapped = unmapped.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            taking.take(place, Ok(taken), unmapped)?;
        }
        let devices = cards.devices();
        let (rows, mut account) = taking.finish(&devices, None)?;
        let (timer, in_words) = tool.timing();
        // Of one file all rows have one timer, or it is not known.
        let timer = match Vec::from_iter(timers)[..] {
            [Some(told)] => told,
            _ => timer,
        };
        account.decided.push(format!("times are {in_words}"));
        let method = method(&rows, timer.to_owned(), tool.stat());
        let versions: Vec<_> =
            said.versions.iter().map(|(what, version)| format!("{what} {version}")).collect();
        let gemm = if versions.is_empty() { "not known".to_owned() } else { versions.join(", ") };
        let front_matter = provenance.front_matter(tool.as_str(), None, method, gemm, devices);
        Ok(Imported { results: Results { front_matter, rows, sessions: Vec::new() }, account })
    }
}

/// Looks for a fact in a line outside of the table.
fn note_aside(tool: Tool, text: &str, line: u64, file: &str, said: &mut Said) -> Result<(), ImportError> {
    match tool {
        Tool::HipblasltBench | Tool::RocblasBench => {
            if let Some(card) = rocm::card(text) {
                said.card = Some(card);
            }
            if let Some((of, version)) = rocm::version(text) {
                said.version(file, line, of, version)?;
            }
            if let Some(dtype) = rocm::dtype_of_command(text) {
                said.dtype = Some(dtype);
            }
        }
        Tool::TunableOp => {
            let Some((key, value)) = tunable_op::validator(text) else { return Ok(()) };
            if key == "GCN_ARCH_NAME" {
                said.card = Some(value.split(':').next().unwrap_or_default().to_owned());
                return Ok(());
            }
            said.version(file, line, key, value)?;
        }
        _ => {}
    }
    Ok(())
}

/// The fastest of several kernels of a product.
#[derive(Default)]
struct Fastest {
    places: BTreeMap<ProductOnCard, usize>,
    candidates: Vec<Candidate>,
}

/// A point, its card, and what else tells products apart: columns with their values.
type ProductOnCard = (Point, u32, Vec<(String, String)>);

struct Candidate {
    place: u64,
    taken: Taken,
    unmapped: Vec<(String, String)>,
    others: u64,
}

impl Fastest {
    fn add(&mut self, place: u64, taken: Taken, unmapped: Vec<(String, String)>) {
        let key = (taken.row.point, taken.row.device, unmapped.clone());
        let next = self.candidates.len();
        let index = *self.places.entry(key).or_insert(next);
        let Some(known) = self.candidates.get_mut(index) else {
            self.candidates.push(Candidate { place, taken, unmapped, others: 0 });
            return;
        };
        let time = |row: &Row| row.timing.and_then(|timing| timing.mean_us).unwrap_or(f64::INFINITY);
        let others = known.others + 1;
        if time(&taken.row) < time(&known.taken.row) {
            *known = Candidate { place, taken, unmapped, others };
        } else {
            known.others = others;
        }
    }

    fn finish(self) -> impl Iterator<Item = Candidate> {
        self.candidates.into_iter().map(|mut candidate| {
            if candidate.others > 0 {
                let note = format!("the fastest of {} kernels", candidate.others + 1);
                let notes = [note, std::mem::take(&mut candidate.taken.row.note)];
                let notes: Vec<String> = notes.into_iter().filter(|note| !note.is_empty()).collect();
                candidate.taken.row.note = notes.join("; ");
            }
            candidate
        })
    }
}

#[cfg(test)]
mod tests;
