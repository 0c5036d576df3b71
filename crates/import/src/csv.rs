//! Tables of measurements, such as benchmarks of PyTorch write: a CSV file, and a map that says which of its
//! columns is what.

mod map;

pub use map::Map;

use crate::Imported;
use crate::account::{Account, excerpt};
use crate::described::{Field, in_order, integer, joined, note, point, ranks};
use crate::error::ImportError;
use crate::lines::Lines;
use crate::provenance::Provenance;
use crate::rows::Rows;
use crate::selection::Selection;
use ::csv::{ReaderBuilder, StringRecord};
use hovera_core::{Device, Kernel, Method, Results, Row, Status, Telemetry, Timing};
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
    let mut account = Account { unit: "records", ..Account::default() };
    let mut header = None;
    let mut rows = Rows::new(map.stat());
    while lines.advance().map_err(io)? {
        let number = lines.number();
        let Some(text) = lines.text() else {
            account.unreadable.add(number, || "too long, or not UTF-8".to_owned());
            continue;
        };
        if text.trim().is_empty() || text.starts_with('#') {
            account.other_lines += 1;
            continue;
        }
        let Some(places) = &header else {
            let names = record(text.trim_start_matches('\u{feff}'));
            header = Some(map.locate(file, number, &names)?);
            continue;
        };
        account.read += 1;
        let record = record(text);
        let get = |field: Field| match places.column(field) {
            Some(place) => record.get(place),
            None => map.constant(field),
        };
        if record.len() != places.width() {
            let (has, want) = (record.len(), places.width());
            account.unreadable.add(number, || format!("{has} fields: want {want}, as the header has"));
            continue;
        }
        match row(map, get) {
            Err(why) => account.unreadable.add(number, || excerpt(&why)),
            Ok(row) if !selection.takes(row.point.op, ranks(&row.point)) => account.not_selected += 1,
            Ok(row) => rows.add(file, number, row)?,
        }
    }
    account.merged = rows.merged();
    let rows = rows.finish();
    if rows.is_empty() {
        let why = format!(": {account}; {}", account.troubles().join("; "));
        return Err(ImportError::Nothing { file: file.clone(), why });
    }
    account.decided.push(format!("times are by stat = {}, in {}, as the map says", map.stat(), map.unit()));
    let method = Method {
        pacing: joined(rows.iter().map(|row| row.point.pacing.as_str())),
        cache: Some(joined(rows.iter().map(|row| row.point.cache.as_str()))),
        timer: map.timer().map_or_else(|| "not known".to_owned(), |timer| timer.to_string()),
        stat: map.stat(),
        data: "not known".to_owned(),
        ..Method::default()
    };
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
    Ok(Row {
        point: point(&get)?,
        device: 0,
        timing: Some(timing),
        telemetry: Telemetry::default(),
        kernel: Kernel::default(),
        status: Status::Ok,
        note: note(said(Field::Note).unwrap_or_default()),
        bound: None,
    })
}

#[cfg(test)]
mod tests;
