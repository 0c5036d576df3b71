//! The results file: what was measured, with the conditions it was measured under.

pub(crate) mod bound;
mod columns;
mod error;
mod field;
pub(crate) mod file_kind;
mod format;
pub(crate) mod front_matter;
pub(crate) mod kernel;
pub(crate) mod kernel_launch;
pub(crate) mod kernel_name;
pub(crate) mod merge;
mod method;
pub(crate) mod origin;
mod plausible;
pub(crate) mod prediction;
mod read;
pub(crate) mod readings;
pub(crate) mod row;
mod rows;
pub(crate) mod second_speed;
pub(crate) mod session;
pub(crate) mod table;
pub(crate) mod telemetry;
pub(crate) mod timing;
mod write;

pub use columns::Column;
pub use error::{ResultsError, TornTail};
pub use field::Value;
pub use format::FORMAT;
pub use write::{clean_text, write_header, write_header_after, write_row, write_trailer};

use crate::results::front_matter::FrontMatter;
use crate::results::origin::Origin;
use crate::results::row::Row;
use crate::results::session::{Session, Trailer};
use crate::results::table::Table;
use crate::shape::vocabulary::Stat;
use plausible::{implausible_power_limit, wanted_power_limit};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use read::read_row;
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};
use write::append_rows;

/// Fewer rows are handled sooner than the threads of all cores are started.
const ROWS_FOR_ALL_CORES: usize = 1 << 12;

/// A results file: its front matter, and one row for each point on each device.
///
/// The file is CSV with the columns of [`Column`], under lines that start with `# ` and hold one TOML
/// document, the front matter. Its first key is `format`, the [number](FORMAT) of the form; files without one
/// are older, and are read. Columns may come in any order and among others. Lines that start with
/// `# ` after the last row hold another, what its runs found ([`Session`]).
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// The conditions.
    pub front_matter: FrontMatter,
    /// What was measured, in the order of the file.
    pub rows: Vec<Row>,
    /// What the runs that measured it had to say at their ends, in the order of the file.
    pub sessions: Vec<Session>,
}

impl Results {
    /// Reads a results file. `file` is what errors call it.
    ///
    /// # Errors
    /// [`ResultsError`], naming file, line, column, value and what would be right: also for a value
    /// that contradicts the sizes or times in its row, for a device that the front matter does not
    /// list, and for a point that is there twice on one device. [`ResultsError::Torn`] when all is well
    /// but the last row, or what follows it, is cut off.
    pub fn parse(file: &str, text: impl AsRef<[u8]>) -> Result<Results, ResultsError> {
        match Self::parse_repairing(file, text)? {
            (results, None) => Ok(results),
            (_, Some(tail)) => Err(ResultsError::Torn { file: file.to_owned(), tail }),
        }
    }

    /// Reads a results file whose writer may have been interrupted. A last line without a line break,
    /// or with too few fields, is not read but pointed out, so that the file can be cut there and
    /// written on.
    ///
    /// # Errors
    /// As [`Results::parse`], except for the torn row.
    pub fn parse_repairing(
        file: &str,
        text: impl AsRef<[u8]>,
    ) -> Result<(Results, Option<TornTail>), ResultsError> {
        let columns = Column::all().iter().map(|column| (column.name(), column.is_optional()));
        let table = Table::open(file, text.as_ref(), columns)?;
        let front_matter: FrontMatter = table.front_matter()?;
        if front_matter.device.is_empty() {
            let line = table.last_front_matter_line();
            return Err(ResultsError::NoDevice { file: file.to_owned(), line });
        }
        if let Some(watt) = implausible_power_limit(&front_matter) {
            let reason = format!("the power limit of a card is {watt:e} W: want {}", wanted_power_limit());
            return Err(table.wrong_power_limit(watt, reason));
        }
        let (rows, tail) = table.read_rows(|fields| read_row(fields, &front_matter))?;
        refuse_duplicates(&table, &rows, front_matter.origin() == Origin::Imported)?;
        // A file that is being continued has its earlier runs' sessions ahead of the rows.
        let mut sessions = table.front_matter::<Trailer>()?.session;
        let tail = match (tail, table.trailer::<Trailer>()) {
            (None, Ok(trailer)) => {
                sessions.extend(trailer.session);
                None
            }
            (None, Err(cut)) => Some(cut),
            (torn, _) => torn,
        };
        Ok((Results { front_matter, rows, sessions }, tail))
    }

    /// Which time stands for a point in this file.
    #[must_use]
    pub fn stat(&self) -> Stat {
        self.front_matter.method.stat
    }

    /// The whole file.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut file = write_header(&self.front_matter);
        append_rows(&mut file, &self.rows, self.stat());
        file + &write_trailer(&self.sessions)
    }
}

/// Equal points on one device are one measurement: of two, nobody could say which counts. In an imported file the kernel
/// tells them apart as well: other benchmarks time several on one product.
fn refuse_duplicates(table: &Table<'_>, rows: &[Row], is_imported: bool) -> Result<(), ResultsError> {
    let kernel = |place: usize| if is_imported { rows[place].kernel_name() } else { None };
    let key = |place: usize| (rows[place].point, rows[place].device, kernel(place));
    let print = |place: usize| {
        let mut hasher = FxHasher::default();
        key(place).hash(&mut hasher);
        (hasher.finish(), place)
    };
    // What is equal has equal prints, which are sorted in a fraction of the time; what has equal prints is compared.
    let mut prints: Vec<(u64, usize)> = if rows.len() < ROWS_FOR_ALL_CORES {
        (0..rows.len()).map(print).collect()
    } else {
        (0..rows.len()).into_par_iter().map(print).collect()
    };
    prints.par_sort_unstable();
    let alike = prints.chunk_by(|one, next| one.0 == next.0).filter(|alike| alike.len() > 1);
    let second = alike.filter_map(|alike| {
        let mut places: Vec<usize> = alike.iter().map(|(_, place)| *place).collect();
        places.sort_unstable_by_key(|place| (key(*place), *place));
        let equal = places.windows(2).filter(|pair| key(pair[0]) == key(pair[1]));
        equal.map(|pair| (pair[1], pair[0])).min()
    });
    let Some((second, first)) = second.min() else { return Ok(()) };
    Err(ResultsError::Duplicate {
        file: table.file().to_owned(),
        line: table.line_of_row(second),
        first_line: table.line_of_row(first),
        what: "point on the same device",
    })
}

#[cfg(test)]
mod tests;
