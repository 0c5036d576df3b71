//! What Triton's `perf_report` writes with `save_path`, and tritonbench: sizes, then a column for each program.

use super::draft::{Draft, Fault, Header, Record, Time, number};
use super::{Untold, ValueUnit};
use crate::described::{Field, read_dtype};
use ::csv::StringRecord;
use hovera_core::Dtype;
use std::collections::BTreeSet;

const SIZES: [(&str, Field); 4] =
    [("B", Field::GemmBatch), ("M", Field::M), ("N", Field::N), ("K", Field::K)];

/// The size that a column is of, by its name.
fn size_of(name: &str) -> Option<Field> {
    SIZES.into_iter().find(|(size, _)| size.eq_ignore_ascii_case(name)).map(|(_, field)| field)
}

/// Sizes, all or one of a square product, and at least one program.
pub(super) fn is_header(header: &Header, untold: &Untold) -> bool {
    let told = header.names().filter_map(|name| untold.columns.meaning(name)).flatten();
    let named = header.names().filter(|name| untold.columns.meaning(name).is_none()).filter_map(size_of);
    let sizes: BTreeSet<Field> = told.copied().chain(named).filter(|field| SIDES.contains(field)).collect();
    (sizes.len() == 1 || sizes.len() == 3) && header.names().any(|name| size_of(name).is_none())
}

/// The sizes that a square product has one of.
const SIDES: [Field; 3] = [Field::M, Field::N, Field::K];

/// What else than sizes a table's columns are.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// Those of programs: their times or throughputs.
    programs: BTreeSet<String>,
    /// Outcomes that follow from others.
    outcomes: BTreeSet<String>,
}

impl Columns {
    /// Tells programs from settings, such as `BLOCK`, of which a table says no more than of programs. Programs are those that the
    /// user names; or else every column that is called as an engine is, or with a unit, and those behind the sizes whose
    /// values are not all whole numbers or all words: `perf_report` writes times and throughputs with six decimals, and sizes as `64.0`.
    pub(super) fn of_table<'r>(
        header: &Header,
        records: impl Iterator<Item = &'r StringRecord> + Clone,
        untold: &Untold,
    ) -> Columns {
        let is_size = |name: &str| match untold.columns.meaning(name) {
            Some(fields) => fields.iter().any(|field| SIDES.contains(field)),
            None => size_of(name).is_some(),
        };
        let sizes = header.names().enumerate().filter(|(_, name)| is_size(name));
        let last_size = sizes.map(|(place, _)| place).last();
        let mut columns = Columns::default();
        for (place, name) in header.names().enumerate() {
            if name.is_empty() || size_of(name).is_some() || untold.columns.meaning(name).is_some() {
                continue;
            }
            // Of the quantiles that a benchmark may return, and of two programs.
            let is_end = |end: &str| name.contains(end) && header.has(&name.replacen(end, "", 1));
            if name == "Diff" || is_end("-min") || is_end("-max") {
                columns.outcomes.insert(name.to_owned());
                continue;
            }
            let values = records.clone().filter_map(|record| record.get(place).map(str::trim));
            let is_program = match untold.programs.is_empty() {
                true => {
                    let Label { program, unit, .. } = label(name);
                    engine(program).is_some()
                        || unit.is_some()
                        || last_size.is_none_or(|last| place > last) && are_measured(values)
                }
                false => untold.programs.iter().any(|program| program == name),
            };
            if is_program {
                columns.programs.insert(name.to_owned());
            }
        }
        columns
    }

    /// Whether a column is a setting of what was measured.
    pub(super) fn is_setting(&self, name: &str) -> bool {
        let is_known = |names: &BTreeSet<String>| names.contains(name);
        !(name.is_empty() || size_of(name).is_some() || is_known(&self.programs) || is_known(&self.outcomes))
    }
}

/// Whether values are such as a measurement gives: numbers that are not all whole.
fn are_measured<'r>(values: impl Iterator<Item = &'r str>) -> bool {
    values.filter_map(|text| text.parse::<f64>().ok()).any(|number| number.fract() != 0.0)
}

/// What the name of a program's column tells.
struct Label<'n> {
    program: &'n str,
    /// The type of its products.
    dtype: Option<Dtype>,
    /// The unit of its values.
    unit: Option<&'n str>,
}

/// `Triton`, `Triton [FP16]`, and of newer versions `Triton [FP16] (TFLOPS)`.
fn label(name: &str) -> Label<'_> {
    let (name, unit) = match name.split_once(" (") {
        Some((name, unit)) => (name, Some(unit.trim_end_matches(')'))),
        None => (name, None),
    };
    match name.split_once('[') {
        Some((program, rest)) => {
            Label { program: program.trim(), dtype: read_dtype(rest.trim_end_matches(']')), unit }
        }
        None => Label { program: name, dtype: None, unit },
    }
}

/// A value in a unit that a column's name tells: `TFLOPS`, `Execution Time (ms)`. None in one that is no time and no throughput of
/// products.
fn in_unit(value: f64, unit: &str) -> Option<Time> {
    let word = unit.rsplit([' ', '(']).next().unwrap_or_default().to_ascii_lowercase();
    Some(match word.as_str() {
        "tflops" | "tflop/s" => Time::Tflops(value),
        "gflops" | "gflop/s" => Time::Tflops(value / 1e3),
        "ms" => Time::Microseconds(value * 1e3),
        "us" => Time::Microseconds(value),
        _ => return None,
    })
}

/// A tuple of sizes, then columns of latencies.
pub(super) fn is_header_of_tritonbench(header: &Header) -> bool {
    header.names().skip(1).any(|name| name.ends_with(LATENCY))
}

const LATENCY: &str = "-latency";

pub(super) fn drafts(record: &Record<'_>, untold: &Untold, columns: &Columns) -> Vec<Result<Draft, Fault>> {
    let mut shape = Draft::default();
    for (place, name) in record.header.names().enumerate() {
        if let Some(field) = size_of(name) {
            shape.say(field, record.at(place));
        }
    }
    shape.say_named(record);
    let sides: Vec<&String> = SIDES.iter().filter_map(|side| shape.said.get(side)).collect();
    if let [side] = sides[..] {
        let side = side.clone();
        SIDES.into_iter().for_each(|field| shape.say(field, side.clone()));
    }
    if columns.programs.is_empty() {
        let why = "no column has values of a program that are not all whole numbers: name one with --program";
        return vec![Err(Fault::Unreadable(why.to_owned()))];
    }
    let programs = record.header.names().enumerate().filter(|(_, name)| columns.programs.contains(*name));
    let one = |(place, name): (usize, &str)| {
        let value = record.at(place);
        if value.is_empty() || untold.columns.is_settled(name) {
            return None;
        }
        let drafted = || {
            let Label { program, dtype, unit } = label(name);
            let value = number(name, value)?;
            let time = match (unit, untold.unit) {
                (Some(unit), _) => in_unit(value, unit)
                    .ok_or_else(|| Fault::LeftOut(format!("in {unit}, which is no time or throughput")))?,
                (None, Some(ValueUnit::Tflops)) => Time::Tflops(value),
                (None, Some(ValueUnit::Milliseconds)) => Time::Microseconds(value * 1e3),
                (None, None) => {
                    let why = "nothing says what the values are: name it with --unit tflops or ms";
                    return Err(Fault::Unreadable(why.to_owned()));
                }
            };
            let mut draft = Draft { said: shape.said.clone(), time, ..Draft::default() };
            let by_default = [
                (Field::Dtype, dtype.map(Dtype::as_str)),
                (Field::Layout, Some("nn")),
                (Field::Cache, Some("cold")),
            ];
            for (field, word) in by_default {
                if let Some(word) = word.filter(|_| !draft.said.contains_key(&field)) {
                    draft.say(field, word);
                }
            }
            say_program(&mut draft, program);
            draft.kernel = [draft.kernel, shape.kernel.clone()]
                .into_iter()
                .flatten()
                .reduce(|program, told| format!("{program}, {told}"));
            Ok(draft)
        };
        Some(drafted())
    };
    programs.filter_map(one).collect()
}

pub(super) fn drafts_of_tritonbench(record: &Record<'_>, untold: &Untold) -> Vec<Result<Draft, Fault>> {
    let label = record.header.names().next().unwrap_or_default();
    let fields: Option<Vec<Field>> = match untold.columns.meaning(label) {
        Some(fields) => Some(fields.to_vec()),
        None => tuple(label).map(size_of).collect(),
    };
    let programs = record
        .header
        .names()
        .enumerate()
        .filter_map(|(place, name)| Some((place, name.strip_suffix(LATENCY)?)));
    let one = |(place, program): (usize, &str)| {
        let value = record.at(place);
        if value.is_empty() {
            return None;
        }
        let drafted = || {
            let sizes: Vec<&str> = tuple(record.at(0)).collect();
            let fields = fields.as_ref().filter(|fields| fields.len() == sizes.len()).ok_or_else(|| {
                let shown = record.at(0);
                Fault::Unreadable(format!(
                    "{label} = {shown}: say what its sizes are with --axis {label:?}=MxNxK"
                ))
            })?;
            let ms =
                number(&format!("{program}{LATENCY}"), value.split([' ', '(']).next().unwrap_or_default())?;
            let mut draft = Draft { time: Time::Microseconds(ms * 1e3), ..Draft::default() };
            for (field, size) in fields.iter().zip(sizes) {
                draft.say(*field, size);
            }
            draft.tflops = record.get(&format!("{program}-tflops")).and_then(|text| text.parse().ok());
            say_program(&mut draft, program);
            Ok(draft)
        };
        Some(drafted())
    };
    programs.filter_map(one).collect()
}

/// The parts of `(M, N, K)`.
fn tuple(text: &str) -> impl Iterator<Item = &str> {
    text.trim_start_matches('(')
        .trim_end_matches(')')
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// The engine of hovera's that a program is.
fn engine(program: &str) -> Option<&'static str> {
    const ENGINES: [&str; 5] = ["cublas", "triton", "rocblas", "hipblaslt", "cutlass"];
    ENGINES.into_iter().find(|engine| engine.eq_ignore_ascii_case(program))
}

/// A program that is an engine of hovera's is that; any other is told by its name.
fn say_program(draft: &mut Draft, program: &str) {
    if let Some(engine) = engine(program) {
        draft.say(Field::Engine, engine);
    } else {
        draft.say(Field::Engine, "other");
        draft.kernel = Some(program.to_owned());
    }
}
