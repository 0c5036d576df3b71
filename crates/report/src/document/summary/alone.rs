//! How fast a card is, where it is not held against another.

use super::sizes::{column, few, in_words, is_in_use, told};
use crate::document::enumerated;
use crate::document::findings::peak_share;
use crate::document::grid::Grid;
use crate::document::results_file::ResultsFile;
use crate::document::sentence::{Sentence, three_digits};
use hovera_analysis::RatedCard;
use hovera_core::{Op, Pass, Point, Row, in_percent};
use std::collections::BTreeMap;

/// So many products a sentence names at most.
const NAMED: usize = 3;

/// A row with the throughput that stands for it.
type Timed<'a> = (&'a Row, f64);

fn timed(file: &ResultsFile) -> Vec<Timed<'_>> {
    let stat = file.results.stat();
    // A softmax does next to no arithmetic: its throughput is not to be held against that of products.
    let rows = file.results.rows.iter().filter(|row| row.status.has_times() && !row.point.op.is_of_rows());
    let mut timed: Vec<Timed<'_>> =
        rows.filter_map(|row| Some((row, row.tflops(stat).filter(|tflops| tflops.is_finite())?))).collect();
    timed.sort_by_cached_key(|(row, _)| (row.point.order(), row.device));
    timed
}

fn share(file: &ResultsFile, (row, tflops): Timed<'_>) -> Option<f64> {
    let device = file.results.front_matter.device.get(usize::try_from(row.device).ok()?)?;
    peak_share(row, tflops, &RatedCard::new(device))
}

/// By product, the most of one first.
fn by_product<'a>(rows: &[Timed<'a>]) -> Vec<(String, Vec<Timed<'a>>)> {
    let mut products: BTreeMap<(Op, Pass), Vec<Timed<'a>>> = BTreeMap::new();
    for row in rows {
        products.entry((row.0.point.op, row.0.point.pass)).or_default().push(*row);
    }
    products.into_iter().map(|((op, pass), rows)| (op.with_pass(pass), rows)).collect()
}

fn highest<'a>(rows: &[Timed<'a>]) -> Option<Timed<'a>> {
    rows.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))
}

/// For each file, the most it reaches and what it does at the sizes that models use.
pub(super) fn sentences(files: &[ResultsFile], labels: &[String]) -> Vec<Sentence> {
    let each = || files.iter().zip(labels);
    let most = each().filter_map(|(file, label)| most(file, label));
    most.chain(each().filter_map(|(file, label)| used(file, label))).collect()
}

/// `“A” reaches 766 TFLOP/s in score (head dim 2688), 77.4 % of the datasheet's peak, and 750 in values (…).`
fn most(file: &ResultsFile, label: &str) -> Option<Sentence> {
    let mut best: Vec<(String, Timed<'_>)> =
        by_product(&timed(file)).into_iter().filter_map(|(op, rows)| Some((op, highest(&rows)?))).collect();
    best.sort_by(|a, b| b.1.1.total_cmp(&a.1.1));
    best.truncate(NAMED);
    let (_, first) = best.first()?;
    let peak =
        share(file, *first).map(|share| format!(" ({} of the datasheet's peak)", in_percent(share, 0)));
    let each = best.iter().enumerate().map(|(i, (op, (row, tflops)))| {
        let unit =
            if i == 0 { format!(" TFLOP/s{}", peak.clone().unwrap_or_default()) } else { String::new() };
        format!("{}{unit} in {op} at {}", three_digits(*tflops), told(&[&row.point])[0])
    });
    let each: Vec<String> = each.collect();
    Some(Sentence::default().quote(label).words(format!(" reaches {}.", enumerated(&each))))
}

/// The range of each product at the sizes that models use.
fn used(file: &ResultsFile, label: &str) -> Option<Sentence> {
    let rows: Vec<Timed<'_>> = timed(file).into_iter().filter(|(row, _)| is_in_use(&row.point)).collect();
    let mut ranges: Vec<(String, f64, f64)> = by_product(&rows)
        .into_iter()
        .filter_map(|(op, rows)| {
            let lowest = rows.iter().map(|(_, tflops)| *tflops).fold(f64::INFINITY, f64::min);
            Some((op, lowest, highest(&rows)?.1))
        })
        .collect();
    ranges.sort_by(|a, b| b.2.total_cmp(&a.2));
    ranges.truncate(NAMED);
    if ranges.is_empty() {
        return None;
    }
    let each: Vec<String> = ranges
        .iter()
        .map(|(op, low, high)| match (three_digits(*low), three_digits(*high)) {
            (low, high) if low == high => format!("at {low} TFLOP/s in {op}"),
            (low, high) => format!("at {low} to {high} TFLOP/s in {op}"),
        })
        .collect();
    let sizes = in_words(rows.iter().map(|(row, _)| &row.point));
    let said = Sentence::new(format!("At the sizes that models use ({sizes}), ")).quote(label);
    Some(said.words(format!(" runs {}.", enumerated(&each))))
}

/// A few sizes with their throughput, time and share of the peak.
pub(super) fn grid(files: &[ResultsFile]) -> Option<Grid> {
    // Files that may not be held against each other have a table each further down; here is that of the first.
    let file = files.first()?;
    let all = timed(file);
    let used: Vec<Timed<'_>> = all.iter().copied().filter(|(row, _)| is_in_use(&row.point)).collect();
    let (from, which) = match used.is_empty() {
        true => (&all, "Some sizes; none of those that models use is there."),
        false => (&used, "Sizes that models use."),
    };
    let points: Vec<&Point> = from.iter().map(|(row, _)| &row.point).collect();
    let chosen: Vec<Timed<'_>> = few(&points).into_iter().map(|place| from[place]).collect();
    let shown: Vec<&Point> = chosen.iter().map(|(row, _)| &row.point).collect();
    let stat = file.results.stat();
    let row = |(timed, size): (&Timed<'_>, String)| {
        let (row, tflops) = *timed;
        let time = row.timing.and_then(|timing| timing.time_us(stat)).map(three_digits);
        let share = share(file, *timed).map(|share| in_percent(share, 0));
        let product = row.point.op.with_pass(row.point.pass);
        vec![Some(product), Some(size), Some(three_digits(tflops)), time, share]
    };
    let (size, sizes) = column(&shown);
    let mut rows: Vec<Vec<Option<String>>> = chosen.iter().zip(sizes).map(row).collect();
    let mut columns = ["Product", size, "TFLOP/s", "Time, µs", "Of the peak"].map(Sentence::new).to_vec();
    // A card without a datasheet here has no peak.
    if rows.iter().all(|row| row[4].is_none()) {
        columns.pop();
        rows.iter_mut().for_each(|row| row.truncate(4));
    }
    (!rows.is_empty()).then(|| Grid { caption: which.to_owned(), columns, rows })
}
