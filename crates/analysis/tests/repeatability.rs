//! The table of how far the numbers repeat, in sweeps/README.md, is of the files beside it.

// A test's own functions fail by panicking too.
#![allow(clippy::unwrap_used)]

use hovera_core::{Bound, Point, Results, Row, Series, Status, median};
use std::collections::BTreeMap;

const SWEEPS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sweeps");

/// What of each row is compared over the passes.
#[derive(Clone, Copy)]
enum Quantity {
    Throughput,
    /// By what most of the passes say that bounds the row.
    Invariant,
}

fn passes(card: &str, names: &[String]) -> Vec<Results> {
    let read = |name: &String| {
        let path = format!("{SWEEPS}/repeatability/{card}/{name}.csv");
        Results::parse(&path, std::fs::read(&path).unwrap()).unwrap()
    };
    names.iter().map(read).collect()
}

/// Of several equally common bounds the first by its word.
fn commonest(rows: &[&Row]) -> Bound {
    let mut bounds: Vec<Bound> = rows.iter().map(|row| row.bound.unwrap()).collect();
    bounds.sort_by_key(|bound| std::cmp::Reverse(bound.as_str()));
    *bounds.iter().max_by_key(|bound| bounds.iter().filter(|other| other == bound).count()).unwrap()
}

/// The time of a row that is nearest to another: the median, or that of its second speed.
fn nearest(row: &Row, us: f64) -> f64 {
    let timing = row.timing.unwrap();
    let median_us = timing.median_us.unwrap();
    let second_us = timing.second.map(|second| second.time_us);
    second_us.filter(|second_us| (second_us - us).abs() < (median_us - us).abs()).unwrap_or(median_us)
}

/// (max − min) / median over the passes, in percent. Of rows that tell two speeds the one counts that most launches have in
/// most passes, and the invariant only of passes of which it is the larger group's: of the other no clock is known.
fn spread(rows: &[&Row], quantity: Quantity) -> f64 {
    let exponent = commonest(rows).clock_exponent();
    let median_us = |row: &Row| row.timing.unwrap().median_us.unwrap();
    let agree = |us: f64| rows.iter().filter(|row| nearest(row, us) == median_us(row)).count();
    // Of several the first pass's.
    let us = rows.iter().rev().map(|row| median_us(row)).max_by_key(|us| agree(*us)).unwrap();
    let times: Vec<f64> = rows.iter().map(|row| nearest(row, us)).collect();
    let invariant = |row: &&Row| {
        let mhz = row.timing.unwrap().cycles_median.unwrap() / median_us(row);
        median_us(row) * mhz.powf(exponent)
    };
    let mut values: Vec<f64> = match quantity {
        Quantity::Throughput => times.iter().map(|us| 1.0 / us).collect(),
        Quantity::Invariant if agree(us) > 1 => {
            rows.iter().filter(|row| nearest(row, us) == median_us(row)).map(invariant).collect()
        }
        Quantity::Invariant => times,
    };
    values.sort_by(f64::total_cmp);
    100.0 * (values[values.len() - 1] - values[0]) / median(&values).unwrap()
}

/// The rows of each shape, where each pass has one.
fn shapes(passes: &[Results]) -> BTreeMap<Point, Vec<&Row>> {
    let mut shapes: BTreeMap<Point, Vec<&Row>> = BTreeMap::new();
    for row in passes.iter().flat_map(|pass| &pass.rows).filter(|row| row.status.has_times()) {
        shapes.entry(row.point).or_default().push(row);
    }
    shapes.retain(|_, rows| rows.len() == passes.len());
    shapes
}

/// p50 / p90 / worst over the shapes of some series, as the table has them.
fn cell(passes: &[Results], powers: &[u64], quantity: Quantity) -> String {
    let wanted: Vec<Option<Series>> = powers.iter().map(|power| Series::from_power(*power)).collect();
    let mut shapes = shapes(passes);
    shapes.retain(|point, _| wanted.contains(&point.series()));
    percentiles(&shapes, quantity)
}

fn percentiles(shapes: &BTreeMap<Point, Vec<&Row>>, quantity: Quantity) -> String {
    assert!(shapes.len() >= 30, "{} shapes", shapes.len());
    let mut spreads: Vec<f64> = shapes.values().map(|rows| spread(rows, quantity)).collect();
    spreads.sort_by(f64::total_cmp);
    // The least value that so many percent of the shapes are at or below.
    let percentile = |percent: usize| spreads[(percent * spreads.len()).div_ceil(100) - 1];
    format!("{:.2} / {:.2} / {:.2} %", percentile(50), percentile(90), percentile(100))
}

const CARDS: [&str; 2] = ["nvidia-h100-80gb-hbm3", "nvidia-h200"];
const ALL: [u64; 7] = [1, 2, 4, 8, 16, 32, 64];

#[track_caller]
fn stand_in_the_tables(lines: &[String]) {
    let readme = std::fs::read_to_string(format!("{SWEEPS}/README.md")).unwrap();
    let is_missing = |line: &&String| !readme.lines().any(|other| other == line.as_str());
    let missing: Vec<&str> = lines.iter().filter(is_missing).map(String::as_str).collect();
    assert!(missing.is_empty(), "sweeps/README.md should say:\n{}", missing.join("\n"));
}

#[test]
fn the_table_of_four_passes_is_of_the_files() {
    let mut files = Vec::new();
    for card in CARDS {
        for pacing in ["burst", "none"] {
            let names: Vec<String> = (1..=4).map(|pass| format!("{pacing}-{pass}")).collect();
            files.push(passes(card, &names));
        }
    }
    let lines = [
        ("all shapes", "throughput", &ALL[..], Quantity::Throughput),
        ("", "invariant", &ALL[..], Quantity::Invariant),
        ("series 8 to 64", "throughput", &ALL[3..], Quantity::Throughput),
        ("series 1, 2, 4", "throughput", &ALL[..3], Quantity::Throughput),
    ];
    let line = |(of, name, powers, quantity): (&str, &str, &[u64], Quantity)| {
        let cells: Vec<String> = files.iter().map(|passes| cell(passes, powers, quantity)).collect();
        let of = if of.is_empty() { String::new() } else { format!(" {of}") };
        format!("|{of} | {name} | {} |", cells.join(" | "))
    };
    stand_in_the_tables(&lines.map(line));
}

#[test]
fn the_table_of_two_cards_is_of_the_files() {
    let lines = [
        ("H100", CARDS[0], ["burst-1", "other-card-1"]),
        ("H100 of another machine", CARDS[0], ["two-cards-1", "two-cards-2"]),
        ("H200", CARDS[1], ["earlier-1", "other-card-1"]),
    ];
    let line = |(of, card, names): (&str, &str, [&str; 2])| {
        let files = passes(card, &names.map(str::to_owned));
        let [throughput, invariant] =
            [Quantity::Throughput, Quantity::Invariant].map(|quantity| cell(&files, &ALL, quantity));
        let [first, second] = names;
        format!("| {of} | `{first}.csv`, `{second}.csv` | {throughput} | {invariant} |")
    };
    stand_in_the_tables(&lines.map(line));
}

/// How long the launches of a shape are: the median over the passes, in µs.
fn launch_us(rows: &[&Row]) -> f64 {
    let mut times: Vec<f64> = rows.iter().map(|row| row.timing.unwrap().median_us.unwrap()).collect();
    times.sort_by(f64::total_cmp);
    median(&times).unwrap()
}

#[test]
fn the_tables_of_any_shape_are_of_the_files() {
    const EVERY: (f64, f64) = (0.0, f64::INFINITY);
    let anyshape = [
        ("any shape: all", EVERY),
        ("under 60 µs", (0.0, 60.0)),
        ("60 to 150 µs", (60.0, 150.0)),
        ("150 to 400 µs", (150.0, 400.0)),
        ("over 400 µs", (400.0, f64::INFINITY)),
    ];
    let (decode, unseen) = ([("decode", EVERY)], [("unseen", EVERY)]);
    let drawn = |dtype: &'static str| [(dtype, EVERY)];
    let mut wanted = Vec::new();
    for (card, sweep, count, lines) in [
        (CARDS[0], "anyshape", 4, &anyshape[..]),
        (CARDS[0], "anyshape-other-card", 4, &[("any shape, on another H100", EVERY)]),
        (CARDS[0], "decode", 4, &decode),
        (CARDS[0], "kept-f16", 4, &drawn("drawn at random, f16")),
        (CARDS[0], "kept-bf16", 4, &drawn("drawn at random, bf16")),
        (CARDS[1], "anyshape", 4, &anyshape),
        (CARDS[1], "anyshape-other-card", 4, &[("any shape, on another H200", EVERY)]),
        (CARDS[1], "anyshape-third-card", 4, &[("any shape, on a third H200", EVERY)]),
        (CARDS[1], "decode", 4, &decode),
        (CARDS[1], "unseen", 2, &unseen),
        (CARDS[1], "kept-f16", 4, &drawn("drawn at random, f16")),
        (CARDS[1], "kept-bf16", 4, &drawn("drawn at random, bf16")),
        (CARDS[1], "kept-earlier-f16", 4, &drawn("others drawn at random, f16")),
        (CARDS[1], "kept-earlier-bf16", 4, &drawn("others drawn at random, bf16")),
    ] {
        let names: Vec<String> = (1..=count).map(|pass| format!("{sweep}-{pass}")).collect();
        let files = passes(card, &names);
        for (of, (least, most)) in lines {
            let mut shapes = shapes(&files);
            shapes.retain(|_, rows| (*least..*most).contains(&launch_us(rows)));
            let [throughput, invariant] =
                [Quantity::Throughput, Quantity::Invariant].map(|quantity| percentiles(&shapes, quantity));
            let rows: Vec<&&Row> = shapes.values().flatten().collect();
            let noisy = rows.iter().filter(|row| row.status == Status::Noisy).count();
            let (shapes, rows) = (shapes.len(), rows.len());
            wanted.push(format!("| {of} | {shapes} | {throughput} | {invariant} | {noisy} of {rows} |"));
        }
    }
    stand_in_the_tables(&wanted);
}

#[test]
fn how_many_rows_are_noisy_on_the_page_of_the_runner_is_of_the_files() {
    let noisy = |card: &str, sets: &[&str]| {
        let names: Vec<String> =
            sets.iter().flat_map(|set| (1..=4).map(move |pass| format!("{set}-{pass}"))).collect();
        let files = passes(card, &names);
        let rows = || files.iter().flat_map(|pass| &pass.rows);
        (rows().filter(|row| row.status == Status::Noisy).count(), rows().count())
    };
    let [of_shapes, drawn] = [&["anyshape"][..], &["kept-f16", "kept-bf16"]]
        .map(|sets| [noisy(CARDS[0], sets), noisy(CARDS[1], sets)]);
    assert_eq!([of_shapes, drawn].map(|cards| cards.map(|(_, rows)| rows)), [[1280; 2], [1200; 2]]);
    let wanted = format!(
        "Of the 320 shapes of `sweeps/repeatability` {} of 1,280 rows are noisy on an H100 and {} on an H200, \
         and {} and {} of 1,200 rows of 300 further products (`kept-*`).",
        of_shapes[0].0, of_shapes[1].0, drawn[0].0, drawn[1].0
    );
    let page = std::fs::read_to_string(format!("{SWEEPS}/../crates/bench/README.md")).unwrap();
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains(&wanted), "crates/bench/README.md should say: {wanted}");
}
