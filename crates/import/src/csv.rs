//! Tables of measurements, such as benchmarks of PyTorch write: a CSV file, and a map that says which of its
//! columns is what.

mod map;

pub use map::Map;

use crate::Imported;
use crate::described::{Field, in_order, integer, method, point};
use crate::error::ImportError;
use crate::lines::Lines;
use crate::provenance::Provenance;
use crate::selection::Selection;
use crate::taking::Taking;
use ::csv::{ReaderBuilder, StringRecord};
use hovera_core::{Device, Results, Row, Status, Timing, clean_text};
use std::io::BufRead;

/// Reads a table, a record on each line. Records that cannot be read, such as those of an operation that ran
/// out of memory, are no error: the account counts them.
///
/// # Errors
/// [`ImportError`]: when the file cannot be read, lacks a column that the map names, holds no measurement that
/// is selected or one point several times with a median, or when no card is named.
pub fn read(
    input: impl BufRead,
    map: &Map,
    provenance: &Provenance,
    selection: &Selection,
) -> Result<Imported, ImportError> {
    let file = &provenance.file;
    let device = provenance.device.clone().ok_or_else(|| ImportError::NoDevice { file: file.clone() })?;
    let io = |source| ImportError::Io { file: file.clone(), source };
    let mut lines = Lines::new(input);
    let mut taking = Taking::new(file, selection, "records", map.stat());
    let mut header = None;
    while lines.advance().map_err(io)? {
        let number = lines.number();
        let Some(text) = lines.text() else {
            taking.account.unreadable.add(number, || "too long, or not UTF-8".to_owned());
            continue;
        };
        if text.trim().is_empty() || text.starts_with('#') {
            taking.account.other_lines += 1;
            continue;
        }
        let Some(places) = &header else {
            let names = record(text.trim_start_matches('\u{feff}'));
            header = Some(map.locate(file, number, &names)?);
            continue;
        };
        taking.account.read += 1;
        let record = record(text);
        let get = |field: Field| match places.column(field) {
            Some(place) => record.get(place),
            None => map.constant(field),
        };
        if record.len() != places.width() {
            let (has, want) = (record.len(), places.width());
            taking.account.unreadable.add(number, || format!("{has} fields: want {want}, as the header has"));
            continue;
        }
        taking.take(number, row(map, get))?;
    }
    let (rows, mut account) = taking.finish()?;
    account.decided.push(format!("times are by stat = {}, in {}, as the map says", map.stat(), map.unit()));
    let timer = map.timer().map_or_else(|| "not known".to_owned(), |timer| timer.to_string());
    let method = method(&rows, timer, map.stat());
    let device = Device { name: device, backend: "cuda".to_owned(), ..Device::default() };
    let front_matter = provenance.front_matter("csv", None, method, "not known".to_owned(), vec![device]);
    Ok(Imported { results: Results { front_matter, rows, sessions: Vec::new() }, account })
}

/// The fields of one line.
fn record(line: &str) -> StringRecord {
    let mut record = StringRecord::new();
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
    // Reading text from memory cannot fail.
    let _ = reader.read_record(&mut record);
    record
}

fn row<'t>(map: &Map, get: impl Fn(Field) -> Option<&'t str>) -> Result<Row, String> {
    let said = |field| get(field).map(str::trim).filter(|text| !text.is_empty());
    let time = |field| {
        let Some(text) = said(field) else { return Ok(None) };
        let time = text.parse().ok().map(|time: f64| time * map.unit().microseconds());
        let time = time.filter(|time_us| time_us.is_finite() && *time_us > 0.0);
        time.map(Some).ok_or_else(|| format!("{field} = {text:?}: want a finite number above 0"))
    };
    let samples = match said(Field::Samples) {
        None => None,
        Some(text) => Some(
            integer(text)
                .and_then(|samples| u32::try_from(samples).ok())
                .filter(|samples| *samples > 0)
                .ok_or_else(|| format!("samples = {text:?}: want an integer, 1 or more"))?,
        ),
    };
    let timing = Timing {
        samples,
        min_us: time(Field::TimeMin)?,
        median_us: time(Field::TimeMedian)?,
        mean_us: time(Field::TimeMean)?,
        max_us: time(Field::TimeMax)?,
        ..Timing::default()
    };
    if timing.of(map.stat()).is_none() {
        return Err(format!("time_{} is not said", map.stat()));
    }
    in_order(&timing)?;
    let note = clean_text(said(Field::Note).unwrap_or_default()).into_owned();
    Ok(Row { timing: Some(timing), ..Row::bare(point(&get)?, 0, Status::Ok, note) })
}

#[cfg(test)]
mod tests;
