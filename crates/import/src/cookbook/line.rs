//! What one line of a log says.

/// A line of a log.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum LogLine {
    /// The layer that the lines below are about.
    Configuration(Configuration),
    /// Seconds.
    Elapsed(Measurement),
    /// TFLOP/s.
    Throughput(Measurement),
    /// Time or throughput of several components together.
    Summary,
    /// Headings, messages, rules.
    Other,
}

/// A layer, as the script was told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Configuration {
    pub(super) heads: u64,
    pub(super) hidden: u64,
    pub(super) batch: u64,
    /// Older scripts leave it out.
    pub(super) seq: Option<u64>,
    pub(super) vocabulary: Option<u64>,
    pub(super) ranks: u64,
}

/// A component and a number.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measurement {
    pub(super) label: Label,
    pub(super) value: f64,
    /// Digits after the point.
    decimals: i32,
}

impl Measurement {
    /// How far two numbers that are printed like this one differ at least.
    pub(super) fn step(&self) -> f64 {
        10f64.powi(-self.decimals)
    }
}

/// `qkv_transform (4x4096x12288, b=2048)`, `bmm (8x64x32x128)`, or just `64x32x128`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    /// Empty where there is none.
    pub(super) name: String,
    /// The sizes that an x joins.
    pub(super) sizes: Vec<u64>,
    /// What is given as `b=`.
    pub(super) b: Option<u64>,
    /// As it stands in the log.
    pub(super) spelt: String,
}

const CONFIGURATION: &str = "num_attention_heads: ";
const ELAPSED: &str = "Elapsed time for ";
const THROUGHPUT: &str = "Throughput (in TFLOP/s) for ";
const SUMMARIES: [&str; 4] = ["Attention ", "MLP ", "Transformer ", "Transformer - MLP - Attention "];

/// More sizes than any component has.
const MOST_SIZES: usize = 8;

/// Whether a line should be one with numbers.
pub(super) fn is_data(start: &str) -> bool {
    [CONFIGURATION, ELAPSED, THROUGHPUT].iter().any(|prefix| start.trim_start().starts_with(prefix))
}

pub(super) fn is_configuration(text: &str) -> bool {
    text.trim_start().starts_with(CONFIGURATION)
}

/// Reads one line; of one that should have numbers and has not, what would be right.
pub(super) fn parse(text: &str) -> Result<LogLine, &'static str> {
    let text = text.trim();
    if is_configuration(text) {
        return configuration(text).map(LogLine::Configuration);
    }
    if let Some(rest) = text.strip_prefix(ELAPSED) {
        let want = "a component, its sizes and its time in s, 0 or more";
        return measurement(rest, |seconds| seconds >= 0.0).map(LogLine::Elapsed).ok_or(want);
    }
    if let Some(rest) = text.strip_prefix(THROUGHPUT) {
        let want = "a component, its sizes and its TFLOP/s, a finite number above 0";
        return measurement(rest, |tflops| tflops > 0.0).map(LogLine::Throughput).ok_or(want);
    }
    let is_summary = SUMMARIES.iter().filter_map(|prefix| text.strip_prefix(prefix)).any(|rest| {
        ["duration (in seconds): ", "throughput (in TFLOP/s): ", "(in seconds): "]
            .iter()
            .any(|what| rest.starts_with(what))
    });
    Ok(if is_summary { LogLine::Summary } else { LogLine::Other })
}

fn configuration(text: &str) -> Result<Configuration, &'static str> {
    let value = |key: &str| {
        text.split(", ").find_map(|item| item.strip_prefix(key)?.strip_prefix(": ")?.trim().parse().ok())
    };
    let read = || {
        Some(Configuration {
            heads: value("num_attention_heads")?,
            hidden: value("hidden_size")?,
            batch: value("train_micro_batch_size_per_gpu")?,
            seq: value("seq_length"),
            vocabulary: value("vocab_size"),
            ranks: value("tensor_mp_size").filter(|ranks| *ranks > 0)?,
        })
    };
    read().ok_or(
        "num_attention_heads, hidden_size, train_micro_batch_size_per_gpu and tensor_mp_size, each an integer",
    )
}

fn measurement(text: &str, legal: impl Fn(f64) -> bool) -> Option<Measurement> {
    let (label, number) = text.rsplit_once(": ")?;
    let number = number.trim();
    // `inf` and `nan` are numbers to Rust, and so is `1e3`: the scripts print digits and a point.
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let value = number.parse().ok().filter(|value: &f64| value.is_finite() && legal(*value))?;
    let decimals = number.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    Some(Measurement { label: read_label(label.trim())?, value, decimals: i32::try_from(decimals).ok()? })
}

fn read_label(spelt: &str) -> Option<Label> {
    let (name, inner) = match spelt.split_once('(') {
        Some((name, rest)) => (name.trim(), rest.trim_end().strip_suffix(')')?),
        None => ("", spelt),
    };
    let (sizes, b) = match inner.split_once(',') {
        Some((sizes, b)) => (sizes, Some(size(b.trim().strip_prefix("b=")?)?)),
        None => (inner, None),
    };
    let sizes: Vec<u64> = sizes.split('x').take(MOST_SIZES).map(size).collect::<Option<_>>()?;
    Some(Label { name: name.to_owned(), sizes, b, spelt: spelt.to_owned() })
}

fn size(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}
