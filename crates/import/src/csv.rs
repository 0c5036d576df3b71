//! Tables of measurements, such as benchmarks of PyTorch write: a CSV file, and a map that says which of its
//! columns is what.

mod header;
mod map;

pub use map::Map;

use crate::Imported;
use crate::cards::Cards;
use crate::described::{Field, in_order, integer, method, point, unsaid};
use crate::error::ImportError;
use crate::lines::Lines;
use crate::provenance::Provenance;
use crate::selection::Selection;
use crate::taking::{Taken, Taking};
use ::csv::{ReaderBuilder, StringRecord};
use header::Search;
pub(crate) use header::is_heading;
use hovera_core::{Convention, FrontMatter, Results, Row, Stat, Status, Timing, clean_text};
use map::{Places, Provider};
use std::io::BufRead;

/// How far time and throughput of a record may contradict each other, as a fraction: both are rounded.
const ROUNDING: f64 = 0.02;

/// How a map says what a column is.
const WAYS: &str = "say in the map what each is: [column] if it is one of hovera's names (kernel = \"…\" makes it a part of \
                    the point), [where] to import the rows with one value, or ignore = [\"…\"] if it is an outcome";

/// Reads a table, a record on each line. What stands ahead of the header is skipped; the header may come again, with its
/// columns in another order. Records that cannot be read, such as those of an operation that ran out of memory, are no
/// error: the account counts them.
///
/// # Errors
/// [`ImportError`]: when the file cannot be read, lacks a column that the map names, has one that differs and that the map
/// does not name, holds no measurement that is selected or one point several times with a median, or when no card is
/// named.
pub fn read(
    input: impl BufRead,
    map: &Map,
    provenance: &Provenance,
    selection: &Selection,
) -> Result<Imported, ImportError> {
    let file = &provenance.file;
    let mut cards = Cards::new(file, provenance.device.as_deref());
    if !map.has(Field::Device) {
        cards.index(0, None)?;
    }
    let io = |source| ImportError::Io { file: file.clone(), source };
    let mut lines = Lines::new(input);
    let mut taking = Taking::new(file, selection, "records", WAYS, map.stat());
    let mut search = Search::new(map);
    let mut header: Option<Places> = None;
    // Headers below the first, whose rows may be another card's or run's.
    let mut again_at: Vec<u64> = Vec::new();
    while lines.advance().map_err(io)? {
        let number = lines.number();
        let Some(text) = lines.text() else {
            if header.is_none() {
                return Err(encoding(file, number, &lines.start_bytes()));
            }
            taking.account.unreadable.add(number, || "too long, or not UTF-8".to_owned());
            continue;
        };
        if text.trim().is_empty() || text.starts_with('#') {
            taking.account.other_lines += 1;
            continue;
        }
        let record = record(text.trim_start_matches('\u{feff}'), map.delimiter());
        let Some(places) = &header else {
            header = search.look_at(number, &record);
            taking.account.other_lines += u64::from(header.is_none());
            continue;
        };
        if let Some(again) = places.again(map, file, number, &record)? {
            header = Some(again);
            again_at.push(number);
            taking.account.other_lines += 1;
            continue;
        }
        taking.account.read += 1;
        if record.len() != places.width() {
            let (has, want) = (record.len(), places.width());
            taking.account.unreadable.add(number, || format!("{has} fields: want {want}, as the header has"));
            continue;
        }
        if !places.is_wanted(map, &record) {
            taking.account.not_selected += 1;
            continue;
        }
        let record = map.with_points(record);
        let get = |field: Field| match places.column(field) {
            Some(place) => record.get(place),
            None => map.constant(field),
        };
        for provider in map.providers() {
            let rate = provider.and_then(|provider| record.get(places.provider(provider)?));
            if provider.is_some() && rate.is_none_or(|text| text.trim().is_empty()) {
                continue;
            }
            let measured = row(map, &get, provider, rate).map(|(mut row, contradiction)| {
                row.note = clean_text(&row.note).into_owned();
                if let Some(contradiction) = contradiction {
                    row.note = [std::mem::take(&mut row.note), contradiction.clone()]
                        .into_iter()
                        .filter(|note| !note.is_empty())
                        .collect::<Vec<_>>()
                        .join("; ");
                    taking.account.inconsistent.add(number, || contradiction);
                }
                let told = |field: Field| match (field, provider) {
                    (Field::Engine, Some(provider)) => Some(provider.engine.as_str()),
                    (Field::Layout, _) if map.tells_transposition() => Some("told"),
                    _ => get(field),
                };
                Taken { unsaid: unsaid(told), row }
            });
            let measured = match measured {
                Ok(taken) => {
                    let device = cards.index(number, get(Field::Device).map(str::trim))?;
                    Ok(Taken { row: Row { device, ..taken.row }, ..taken })
                }
                Err(why) => Err(why),
            };
            taking.take(number, measured, places.unmapped(&record))?;
        }
    }
    if header.is_none() {
        return Err(search.fail(map, file));
    }
    let devices = cards.devices();
    let unit = map.unit_of_values();
    let (rows, mut account) = taking.finish(&devices, Some(unit))?;
    if let Some(first) = again_at.first() {
        let more = match again_at.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} times more below"),
        };
        account.decided.push(format!(
            "a header stands again at line {first}{more}: its rows are read by it, as of the same card and method"
        ));
    }
    account.decided.push(format!("times are by stat = {}, in {}, as the map says", map.stat(), unit.0));
    if let Some(warning) = contradicted(&account, &rows) {
        account.warnings.push(warning);
    }
    let timer = map.timer().map_or_else(|| "not known".to_owned(), |timer| timer.to_string());
    let method = method(&rows, timer, map.stat());
    let front_matter = provenance.front_matter("csv", None, method, "not known".to_owned(), devices);
    let convention = Convention::of(rows.iter().map(|row| &row.point));
    let front_matter = FrontMatter { convention, ..front_matter };
    Ok(Imported { results: Results { front_matter, rows, sessions: Vec::new() }, account })
}

/// Where time and throughput contradict each other everywhere, it is not the rows that are wrong.
fn contradicted(account: &crate::Account, rows: &[Row]) -> Option<String> {
    (account.inconsistent.count >= rows.len() as u64 && !rows.is_empty()).then(|| {
        "time and throughput agree nowhere: the time's unit, the throughput's, or a size is not what the map says"
            .to_owned()
    })
}

/// What a line that is not UTF-8 looks like.
pub(crate) fn encoding(file: &str, line: u64, start: &[u8]) -> ImportError {
    let guess = match start {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => ", but UTF-16",
        _ if start.contains(&0) => ", but UTF-16 or binary",
        _ => ", perhaps Latin-1",
    };
    ImportError::Encoding { file: file.to_owned(), line, guess }
}

/// The fields of one line. Quotes behind a blank, as in `"m", "n"`, are quotes too.
pub(crate) fn record(line: &str, delimiter: u8) -> StringRecord {
    let mut record = StringRecord::new();
    let mut builder = ReaderBuilder::new();
    let mut reader =
        builder.has_headers(false).flexible(true).delimiter(delimiter).from_reader(line.as_bytes());
    // Reading text from memory cannot fail.
    let _ = reader.read_record(&mut record);
    let unquoted = |cell: &str| {
        let inner = cell.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        inner.filter(|inner| !inner.contains('"')).map(str::to_owned)
    };
    if record.iter().any(|cell| unquoted(cell).is_some()) {
        record = record.iter().map(|cell| unquoted(cell).unwrap_or_else(|| cell.to_owned())).collect();
    }
    record
}

/// The row of a record, and how its time contradicts its throughput where it does. `rate` is the text of a provider's
/// column.
fn row<'t>(
    map: &'t Map,
    get: &impl Fn(Field) -> Option<&'t str>,
    provider: Option<&'t Provider>,
    rate: Option<&str>,
) -> Result<(Row, Option<String>), String> {
    let said = |field| get(field).map(str::trim).filter(|text| !text.is_empty());
    let layout = map.layout(said)?;
    let described = |field: Field| match field {
        Field::Layout => layout.map_or_else(|| said(field), |layout| Some(layout.as_str())),
        // C is row by row its transpose.
        Field::M if map.is_column_major() => said(Field::N),
        Field::N if map.is_column_major() => said(Field::M),
        Field::Engine => provider.map_or_else(|| said(field), |provider| Some(provider.engine.as_str())),
        _ => said(field),
    };
    let point = point(described)?;
    let number = |name: &dyn std::fmt::Display, text: &str| {
        let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
        number.ok_or_else(|| format!("{name} = {text:?}: want a finite number above 0"))
    };
    let time = |field| match said(field) {
        None => Ok(None),
        Some(text) => number(&field, text).map(|time| Some(time * map.unit().microseconds())),
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
    let mut timing = Timing {
        samples,
        min_us: time(Field::TimeMin)?,
        median_us: time(Field::TimeMedian)?,
        mean_us: time(Field::TimeMean)?,
        max_us: time(Field::TimeMax)?,
        ..Timing::default()
    };
    let flop = point.flop() as f64;
    let mut by_rate = None;
    for (field, flops) in [(Field::Tflops, 1e12), (Field::Gflops, 1e9)] {
        if let Some(text) = said(field) {
            by_rate = Some((field, text, flop / (number(&field, text)? * flops) * 1e6));
        }
    }
    if let (Some(provider), Some(text)) = (provider, rate) {
        let value = number(&format!("{:?}", provider.column), text.trim())?;
        let time_us = match map.rate_unit() {
            Some(rate) => flop / (value * rate.flops()) * 1e6,
            None => value * map.unit().microseconds(),
        };
        timing = Timing { samples, ..Timing::only(map.stat(), time_us, None) };
    }
    let mut contradiction = None;
    match (timing.time_us(map.stat()), by_rate) {
        (None, None) => return Err(format!("time_{} is not said", map.stat())),
        (None, Some((_, _, time_us))) => set(&mut timing, map.stat(), time_us),
        (Some(time_us), Some((field, text, by_rate_us))) => {
            if (time_us / by_rate_us - 1.0).abs() > ROUNDING {
                contradiction = Some(format!(
                    "{field} is {}, {:.4} by the time",
                    clean_text(text),
                    flop / time_us / 1e6 * if field == Field::Gflops { 1e3 } else { 1.0 }
                ));
            }
        }
        (Some(_), None) => {}
    }
    in_order(&timing)?;
    let mut row = Row {
        timing: Some(timing),
        ..Row::bare(point, 0, Status::Ok, said(Field::Note).unwrap_or_default().to_owned())
    };
    let kernel = said(Field::Kernel).or_else(|| provider.filter(|p| p.is_named).map(|p| p.column.as_str()));
    row.kernel.name = kernel.map(|name| clean_text(name).into());
    Ok((row, contradiction))
}

fn set(timing: &mut Timing, stat: Stat, time_us: f64) {
    let place = match stat {
        Stat::Min => &mut timing.min_us,
        Stat::Median => &mut timing.median_us,
        Stat::Mean => &mut timing.mean_us,
        Stat::Max => &mut timing.max_us,
    };
    *place = Some(time_us);
}

#[cfg(test)]
mod tests;
