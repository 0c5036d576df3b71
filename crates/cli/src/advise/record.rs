//! A piece of advice as a row of a table for programs.

use super::Line;
use anyhow::Result;
use serde::Serialize;

/// Shares are fractions, times are in µs. What is not known is empty.
#[derive(Debug, Serialize)]
struct Record<'a> {
    subject: &'a str,
    card: &'a str,
    size: &'a str,
    from: u32,
    to: u32,
    head_dim_from: Option<u32>,
    head_dim_to: Option<u32>,
    saved_of_layers: Option<f64>,
    saved: f64,
    half_width: f64,
    before_us: f64,
    after_us: f64,
    parameters_before: Option<u128>,
    parameters_after: Option<u128>,
    flop_before: u128,
    flop_after: u128,
    cause: &'a str,
    origin: &'a str,
    measured_saved: Option<f64>,
    measured_half_width: Option<f64>,
    measured_on: Option<&'a str>,
}

impl<'a> Record<'a> {
    fn new(line: &'a Line) -> Record<'a> {
        let dims = line.head_dims;
        Record {
            subject: &line.subject,
            card: &line.card,
            size: line.size,
            from: line.from,
            to: line.to,
            head_dim_from: dims.map(|[from, _]| from),
            head_dim_to: dims.map(|[_, to]| to),
            saved_of_layers: line.of_layers,
            saved: line.saved,
            half_width: line.half_width,
            before_us: line.before_us,
            after_us: line.after_us,
            parameters_before: line.parameters.map(|[before, _]| before),
            parameters_after: line.parameters.map(|[_, after]| after),
            flop_before: line.flop[0],
            flop_after: line.flop[1],
            cause: line.cause.word(),
            origin: line.origin.as_str(),
            measured_saved: line.measured.as_ref().map(|measured| measured.saved),
            measured_half_width: line.measured.as_ref().map(|measured| measured.half_width),
            measured_on: line.measured.as_ref().map(|measured| measured.card.as_str()),
        }
    }
}

pub(super) fn csv(lines: &[Line]) -> Result<String> {
    let mut table = csv::Writer::from_writer(Vec::new());
    for line in lines {
        table.serialize(Record::new(line))?;
    }
    Ok(String::from_utf8(table.into_inner()?)?)
}

pub(super) fn json(lines: &[Line]) -> Result<String> {
    Ok(serde_json::to_string_pretty(&lines.iter().map(Record::new).collect::<Vec<_>>())? + "\n")
}
