//! Why a file cannot be imported.

use hovera_core::Stat;
use std::io;

/// Why a file cannot be imported. Every message starts with the file's name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file could not be read to its end.
    #[error("{file}: cannot read")]
    Io {
        /// The file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// It holds no measurement that can be imported.
    #[error("{file}: no measurement to import{why}")]
    Nothing {
        /// The file.
        file: String,
        /// What it holds instead, after a colon.
        why: String,
    },
    /// Nothing says which card was measured.
    #[error("{file}: does not say which GPU was measured: name it with --device, as nvidia-smi does")]
    NoDevice {
        /// The file.
        file: String,
    },
    /// Nothing says by which rule the times are.
    #[error("{file}: {why}: name the rule with --method {choices}")]
    NoRule {
        /// The file.
        file: String,
        /// Why it cannot be told.
        why: &'static str,
        /// The rules that there are.
        choices: String,
    },
    /// One file of results has times by one statistic.
    #[error(
        "{file}: under the rule {rule}, some of its times are by {first} and some by {second}: import them one by one, with --op"
    )]
    MixedTimes {
        /// The file.
        file: String,
        /// The rule.
        rule: &'static str,
        /// One statistic.
        first: Stat,
        /// The other.
        second: Stat,
    },
    /// A map that cannot be.
    #[error("{file}:{line}: {reason}")]
    Map {
        /// The map.
        file: String,
        /// Counted from 1.
        line: usize,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A column that the map names is not in the table, or not once.
    #[error("{file}:{line}: column {column:?} is {times} in the header: want it once; the header has {has}")]
    Column {
        /// The table.
        file: String,
        /// The header's line, counted from 1.
        line: u64,
        /// What the map calls it.
        column: String,
        /// How often it is there.
        times: &'static str,
        /// The columns that are there.
        has: String,
    },
    /// Not the JSON that nvbench writes.
    #[error("{file}:{line}: not nvbench's JSON: {reason}")]
    Json {
        /// The file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// What the JSON reader says.
        reason: String,
    },
    /// No Parquet file, or one that is damaged, cut or of a form that is not read.
    #[error("{file}: not a Parquet file that can be read: {reason}")]
    Parquet {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A table without the columns of one of GEMMs.
    #[error("{file}: no table of GEMMs: it has no column {missing}; it has {has}")]
    NoGemms {
        /// The file.
        file: String,
        /// The columns that are not there.
        missing: String,
        /// Those that are.
        has: String,
    },
    /// A word in a table that no rule knows.
    #[error("{file}:{line}: {column} = {value:?}: want {want}")]
    Word {
        /// The file.
        file: String,
        /// Its row, counted from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// What stands there.
        value: String,
        /// What would be right.
        want: String,
    },
    /// Several benchmarks, or not the one that was named.
    #[error("{file}: want one benchmark, named with --benchmark; the file has {has}")]
    Benchmark {
        /// The file.
        file: String,
        /// Their names.
        has: String,
    },
    /// Columns or axes that differ and whose meaning nothing says.
    #[error("{file}: nothing says what {columns} is, which differs between measurements: {ways}")]
    Varies {
        /// The file.
        file: String,
        /// Which, each with two of its values and where they are.
        columns: String,
        /// How to say it.
        ways: &'static str,
    },
    /// A second one of what a file can have one of.
    #[error("{file}:{line}: a second {what}, {second:?} after {first:?}: {remedy}")]
    Second {
        /// The file.
        file: String,
        /// The second one's line, counted from 1.
        line: u64,
        /// A card, a version.
        what: &'static str,
        /// The first one.
        first: String,
        /// The second one.
        second: String,
        /// What to do.
        remedy: String,
    },
    /// Text in another encoding than UTF-8 where names are read.
    #[error("{file}:{line}: not UTF-8{guess}: save it as UTF-8")]
    Encoding {
        /// The file.
        file: String,
        /// Counted from 1.
        line: u64,
        /// What it looks like, after a comma.
        guess: &'static str,
    },
    /// A heading in the middle of a table that its first header does not cover.
    #[error(
        "{file}:{line}: {found:?} looks like a second header, and is not the one of line {header}: import each table by itself"
    )]
    SecondHeader {
        /// The file.
        file: String,
        /// Its line, counted from 1.
        line: u64,
        /// The first header's line.
        header: u64,
        /// What it says.
        found: String,
    },
    /// What an option says is not what it can say.
    #[error("{option} = {value:?}: want {want}")]
    Option {
        /// The option, such as `--axis`.
        option: &'static str,
        /// What it was given.
        value: String,
        /// What would be right.
        want: String,
    },
    /// Several measurements of one point have no common median.
    #[error(
        "{file}:{line}: the same point as before, by {stat}: want each once, or times that can be merged (min, max, or mean with samples)"
    )]
    Repeated {
        /// The file.
        file: String,
        /// The second one's line, counted from 1.
        line: u64,
        /// The time that both have.
        stat: Stat,
    },
    /// More rows than a sweep can have points.
    #[error("{file}:{line}: more than {max} measurements")]
    TooMany {
        /// The file.
        file: String,
        /// Counted from 1.
        line: u64,
        /// The most.
        max: u64,
    },
}
