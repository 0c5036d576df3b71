//! What Triton's `perf_report` writes with `save_path`, and tritonbench: sizes, then a column for each program.

use super::draft::{Draft, Fault, Header, Record, Time, number};
use super::{Untold, ValueUnit};
use crate::described::{Field, read_dtype};

const SIZES: [(&str, Field); 4] =
    [("B", Field::GemmBatch), ("M", Field::M), ("N", Field::N), ("K", Field::K)];

/// The size that a column is of, by its name.
fn size_of(name: &str) -> Option<Field> {
    SIZES.into_iter().find(|(size, _)| size.eq_ignore_ascii_case(name)).map(|(_, field)| field)
}

/// Sizes, all or one of a square product, and at least one program.
pub(super) fn is_header(header: &Header) -> bool {
    let sizes =
        header.names().filter(|name| size_of(name).is_some_and(|field| field != Field::GemmBatch)).count();
    (sizes == 1 || sizes == 3) && header.names().any(|name| size_of(name).is_none())
}

/// A tuple of sizes, then columns of latencies.
pub(super) fn is_header_of_tritonbench(header: &Header) -> bool {
    header.names().any(|name| name.ends_with(LATENCY))
}

const LATENCY: &str = "-latency";

pub(super) fn drafts(record: &Record<'_>, untold: &Untold) -> Vec<Result<Draft, Fault>> {
    let mut sizes: Vec<(Field, &str)> = Vec::new();
    for (place, name) in record.header.names().enumerate() {
        sizes.extend(size_of(name).map(|field| (field, record.at(place))));
    }
    let sides: Vec<&str> =
        sizes.iter().filter(|(field, _)| *field != Field::GemmBatch).map(|(_, size)| *size).collect();
    if let [side] = sides.as_slice() {
        let square = [Field::M, Field::N, Field::K].map(|field| (field, *side));
        sizes = sizes.into_iter().filter(|(field, _)| *field == Field::GemmBatch).chain(square).collect();
    }
    let programs =
        record.header.names().enumerate().filter(|(_, name)| size_of(name).is_none() && !name.is_empty());
    let one = |(place, name): (usize, &str)| {
        let value = record.at(place);
        if value.is_empty() || untold.columns.is_settled(name) {
            return None;
        }
        let unit = || {
            untold.unit.ok_or_else(|| {
                Fault::Unreadable(
                    "nothing says what the values are: name it with --unit tflops or ms".to_owned(),
                )
            })
        };
        let drafted = || {
            let value = number(name, value)?;
            let time = match unit()? {
                ValueUnit::Tflops => Time::Tflops(value),
                ValueUnit::Milliseconds => Time::Microseconds(value * 1e3),
            };
            let mut draft = Draft { time, ..Draft::default() };
            sizes.iter().for_each(|(field, size)| draft.say(*field, *size));
            let (program, dtype) = match name.split_once('[') {
                Some((program, rest)) => (program.trim(), read_dtype(rest.trim_end_matches(']'))),
                None => (name, None),
            };
            if let Some(dtype) = dtype {
                draft.say(Field::Dtype, dtype.as_str());
            }
            draft.say(Field::Layout, "nn");
            draft.say(Field::Cache, "cold");
            say_program(&mut draft, program);
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

/// A program that is an engine of hovera's is that; any other is told by its name.
fn say_program(draft: &mut Draft, program: &str) {
    match program.to_ascii_lowercase().as_str() {
        engine @ ("cublas" | "triton" | "rocblas" | "hipblaslt" | "cutlass") => {
            draft.say(Field::Engine, engine)
        }
        _ => {
            draft.say(Field::Engine, "other");
            draft.kernel = Some(program.to_owned());
        }
    }
}
