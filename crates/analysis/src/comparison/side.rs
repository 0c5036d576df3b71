//! What is compared with what: the rows of one file on one card, under one value of what is compared across.

use super::CompareOptions;
use super::error::CompareError;
use crate::clock_response::ClockResponse;
use crate::metric::{Metric, RatedCard};
use hovera_core::{Device, FrontMatter, Origin, PointOrder, Results, Row};
use std::collections::BTreeMap;

/// A results file, and what to call it.
#[derive(Debug, Clone, Copy)]
pub struct ComparedFile<'a> {
    /// What errors and tables call it.
    pub name: &'a str,
    /// What it holds.
    pub results: &'a Results,
    /// The only card of it that is wanted, an index into its `[[device]]` list; none for all of them.
    pub device: Option<u32>,
}

/// One of those that are compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// The file, with as much as tells it from the other sides: `sweep.csv, card 1, engine tuned`.
    pub label: String,
    /// The card.
    pub device: Device,
    /// The GEMM library and its version.
    pub gemm: String,
    /// How many rows it has.
    pub rows: usize,
}

/// A side with its rows, sorted by the point without what is compared across.
pub(super) struct SideRows<'a> {
    pub(super) side: Side,
    pub(super) front_matter: &'a FrontMatter,
    pub(super) card: RatedCard<'a>,
    /// How its rows follow the clock; empty where nothing is compared at one.
    pub(super) response: ClockResponse,
    pub(super) rows: Vec<(PointOrder, &'a Row)>,
}

/// Whether some point is there more than once on one card: only an imported file has that, of kernels that it tells apart.
fn is_by_kernel(rows: &[Row]) -> bool {
    let mut keys: Vec<_> = rows.iter().map(|row| (row.point, row.device)).collect();
    keys.sort_unstable();
    keys.windows(2).any(|pair| pair[0] == pair[1])
}

/// The sides of a file, in the order of its cards, of the words of what is compared across, and of its kernels where it
/// has several of a point.
pub(super) fn sides<'a>(
    source: &ComparedFile<'a>,
    options: &CompareOptions,
) -> Result<Vec<SideRows<'a>>, CompareError> {
    let across = &options.across;
    let front_matter = &source.results.front_matter;
    let last = front_matter.device.len().saturating_sub(1);
    if let Some(device) = source.device.filter(|device| *device as usize > last) {
        return Err(CompareError::NoDevice { file: source.name.to_owned(), device, last });
    }
    let by_kernel = front_matter.origin() == Origin::Imported && is_by_kernel(&source.results.rows);
    type Split<'r> = (u32, Vec<usize>, Option<&'r str>);
    let mut split: BTreeMap<Split<'_>, Vec<(PointOrder, &'a Row)>> = BTreeMap::new();
    let words = |row: &Row| across.iter().map(|across| across.rank(&row.point)).collect::<Vec<usize>>();
    // Rows of one side mostly stand together.
    let together = |one: &Row, next: &Row| {
        one.device == next.device
            && words(one) == words(next)
            && (!by_kernel || one.kernel_name() == next.kernel_name())
    };
    for rows in source.results.rows.chunk_by(together) {
        let (device, kernel) = (rows[0].device, rows[0].kernel_name().filter(|_| by_kernel));
        if source.device.is_some_and(|wanted| wanted != device) {
            continue;
        }
        let key = |row: &Row| across.iter().fold(row.point, |point, across| across.leave_out(point)).order();
        let side = split.entry((device, words(&rows[0]), kernel)).or_default();
        side.extend(rows.iter().map(|row| (key(row), row)));
    }
    if split.is_empty() {
        return Err(CompareError::NoRows { file: source.name.to_owned() });
    }
    let mut found = Vec::new();
    for ((device, _, kernel), mut rows) in split {
        rows.sort_unstable_by(|(key, _), (other, _)| key.cmp(other));
        // A row's device is an index into the list in every file that was read.
        let Some(card) = front_matter.device.get(device as usize) else { continue };
        let words = across.iter().filter_map(|across| {
            Some(format!(", {} {}", across.column(), across.word(&rows.first()?.1.point)))
        });
        let number = if last > 0 { format!(", card {device}") } else { String::new() };
        let kernel = kernel.map(|name| format!(", kernel {name}")).unwrap_or_default();
        let name = front_matter.origin().of_name(source.name);
        let label = format!("{name}{number}{}{kernel}", words.collect::<String>());
        let (device, gemm) = (card.clone(), front_matter.software.gemm.clone());
        let side = Side { label, device, gemm, rows: rows.len() };
        // A line of a chart is on one side as a whole.
        let response = match options.metric {
            Metric::TflopsAtClock => ClockResponse::of_rows(rows.iter().map(|(_, row)| *row)),
            _ => ClockResponse::default(),
        };
        found.push(SideRows { side, front_matter, card: RatedCard::new(card), response, rows });
    }
    Ok(found)
}
