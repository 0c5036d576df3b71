//! `hovera compare`.

use super::{positive, word};
use clap::{Args, ValueEnum};
use hovera_analysis::Metric;
use hovera_core::Stat;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

const AFTER_HELP: &str = "\
How a ratio is judged. The error of a row has two parts: its own 95 % interval, and how far the same row differs \
from run to run. The second is known for each pacing (0.2 to 0.45 % of the time in burst, 0.1 % of the cycles at \
the clock; see crates/report/README.md). --repeat measures it, --run-to-run sets it.
  faster, slower  the ratio is beyond the margin. Of all ratios that the table calls so, no more
                  than the false discovery rate are expected to be wrong (Benjamini-Hochberg)
  same            the whole 95 % interval lies within the margin
  unsure          neither: measure again, or compare by --y tflops-at-clock, which repeats better
A line of the summary is judged by its geometric mean and by how far its points scatter.

Examples:
  hovera compare before.csv after.csv --fail-if-slower 3%
  hovera compare before.csv after.csv --fail-if-slower 2% --format bencher > metrics.json
  hovera compare recorded:nvidia-h100-80gb-hbm3/tuned-a12 --across engine --y tflops-at-clock
  hovera compare cards.csv@0 cards.csv@3 -o cards.md
  hovera compare --fleet rack/*.csv -o fleet.csv";

/// Compare results point by point with those of BASE: ratios above 1 are better than BASE.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Compare {
    /// Results files, or `recorded:NAME` for a sweep built into this program. The first is the base. Each
    /// card of a file is compared by itself; FILE@N takes only card N.
    #[arg(required = true, value_name = "BASE OTHER")]
    pub(crate) results: Vec<PathBuf>,
    /// Write everything to a file; its ending is the format: .csv, .json or .md. For a fleet also .svg, .png or .pdf,
    /// a chart of its cards.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// What standard output has: the table, or JSON for services that watch benchmarks.
    #[arg(long, value_name = "FORMAT", default_value = "table", conflicts_with = "fleet")]
    pub(crate) format: ComparisonFormat,
    /// What is compared.
    #[arg(long, value_name = "METRIC", default_value = "tflops", value_parser = word(Metric::ALL, Metric::as_str))]
    pub(crate) y: Metric,
    /// The SM clock of tflops-at-clock. [default: the base's rated boost clock]
    #[arg(long, value_name = "MHZ", value_parser = positive)]
    pub(crate) at_clock: Option<NonZeroU32>,
    /// Which of a point's times is compared; only with --y tflops. [default: that of the files' method]
    #[arg(long, value_parser = word(Stat::ALL, Stat::as_str))]
    pub(crate) stat: Option<Stat>,
    /// What may differ between the two rows of a pair, such as the engine. A file with several is compared with itself.
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub(crate) across: Vec<Across>,
    /// Compare times that were taken by different methods (timer, warm-up, idling, data).
    #[arg(long)]
    pub(crate) mixed_methods: bool,
    /// Compare predicted files too: their intervals count as errors, and every table says which files are predicted.
    #[arg(long)]
    pub(crate) predicted: bool,
    /// A further run of BASE: hovera learns from it how far rows differ from run to run.
    #[arg(long, value_name = "FILE")]
    pub(crate) repeat: Vec<PathBuf>,
    /// A ratio that is within this of 1 counts as the same.
    #[arg(long, value_name = "PERCENT", default_value = "1%")]
    pub(crate) margin: Percent,
    /// The share of the ratios called faster or slower that may be so by chance.
    #[arg(long, value_name = "PERCENT", default_value = "5%")]
    pub(crate) false_discovery_rate: Percent,
    /// How far a row differs from run to run (standard deviation), in place of the measured spread.
    #[arg(long, value_name = "PERCENT")]
    pub(crate) run_to_run: Option<Percent>,
    /// The files are cards of one model, eight or more: list which of them is unlike the others.
    #[arg(long, conflicts_with_all = ["across", "repeat", "stat", "at_clock", "predicted"])]
    pub(crate) fleet: bool,
    /// Exit with 1 if a point, a line of the summary or a card of the fleet is called slower, by at least this. Also
    /// exit with 1 if a point has a value in BASE (or on most cards of the fleet) and failed, was skipped or is missing
    /// after.
    #[arg(long, value_name = "PERCENT")]
    pub(crate) fail_if_slower: Option<Percent>,
    /// With --fail-if-slower: only warn if points are missing.
    #[arg(long, requires = "fail_if_slower")]
    pub(crate) allow_missing: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ComparisonFormat {
    /// For people.
    Table,
    /// Bencher Metric Format: each point's metric and its ratio to BASE, with its interval.
    Bencher,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Across {
    /// Element types.
    Dtype,
    /// How B is stored.
    Layout,
    /// What computes the products.
    Engine,
    /// What the device does between points.
    Pacing,
    /// What the caches hold.
    Cache,
}

impl From<Across> for hovera_analysis::Across {
    fn from(across: Across) -> Self {
        match across {
            Across::Dtype => Self::Dtype,
            Across::Layout => Self::Layout,
            Across::Engine => Self::Engine,
            Across::Pacing => Self::Pacing,
            Across::Cache => Self::Cache,
        }
    }
}

/// A share, typed as `3%` or `3 %`, kept as a fraction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Percent(pub(crate) f64);

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Percent, String> {
        let number = text.trim().strip_suffix('%').and_then(|number| number.trim_end().parse::<f64>().ok());
        let legal = number.filter(|percent| (0.0..100.0).contains(percent));
        legal.map(|percent| Percent(percent / 100.0)).ok_or_else(|| "want a percentage such as 3%".to_owned())
    }
}

impl std::fmt::Display for Percent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} %", hovera_core::percent(self.0))
    }
}
