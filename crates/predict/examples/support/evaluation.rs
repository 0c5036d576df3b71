//! Predictions beside rows that were measured, train and test apart.

use crate::sweeps::{self, H100, H200};
use hovera_core::{FileKind, Point, Readings, Results};
use hovera_predict::{
    CalibrationPoint, Card, Class, Errors, Family, Forecast, Predictor, measured_points, spread_points,
};
use std::collections::BTreeSet;
use std::fmt;

/// One line: a set of rows, how far off, and how many intervals hold the measured time.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) errors: Errors,
    /// Share of measured times within their interval, where intervals are meant to hold there.
    pub(crate) covered: f64,
}

/// Lines under a title.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) lines: Vec<Line>,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "**{}**\n", self.title)?;
        writeln!(f, "| rows | points | median | p90 | worst | in the interval |\n|---|---|---|---|---|---|")?;
        for Line { name, errors, covered } in &self.lines {
            let percent = |share: f64| format!("{:.1} %", 100.0 * share);
            writeln!(
                f,
                "| {name} | {} | {} | {} | {} | {:.0} % |",
                errors.points,
                percent(errors.median),
                percent(errors.p90),
                percent(errors.worst),
                100.0 * covered
            )?;
        }
        Ok(())
    }
}

/// A row that was measured: the point as it is predicted, and its time in µs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    point: Point,
    time_us: f64,
}

/// The rows that a predictor predicts, without those of `seen`.
pub(crate) fn rows(results: &Results, seen: &[CalibrationPoint]) -> Vec<Measured> {
    let seen: BTreeSet<_> =
        seen.iter().map(|it| (it.gemm, it.layout, it.dtype, it.time_us.to_bits())).collect();
    let stat = results.stat();
    let rows = results.rows.iter().filter_map(|row| {
        let time_us = row.timing.as_ref()?.time_us(stat)?;
        let used = CalibrationPoint::of_row(row, time_us)?;
        let kept = CalibrationPoint { time_us: six_digits(time_us), ..used };
        let is_seen = seen.contains(&(kept.gemm, kept.layout, kept.dtype, kept.time_us.to_bits()));
        // Imported rows do not say how they were taken.
        let point = Point {
            engine: hovera_core::Engine::Cublas,
            pacing: hovera_core::Pacing::Burst,
            cache: hovera_core::Cache::Hot,
            ..row.point
        };
        (!is_seen).then_some(Measured { point, time_us })
    });
    rows.collect()
}

fn six_digits(value: f64) -> f64 {
    format!("{value:.5e}").parse().expect("a number")
}

/// What a predictor says of rows, beside what they took.
pub(crate) fn line(name: &str, predictor: &Predictor, rows: &[Measured]) -> Line {
    let points: Vec<Point> = rows.iter().map(|row| row.point).collect();
    let said: Vec<Forecast> =
        predictor.predict_all(&points).into_iter().map(|it| it.expect("it predicts")).collect();
    line_of(name, rows, &said)
}

fn line_of(name: &str, rows: &[Measured], said: &[Forecast]) -> Line {
    let logarithms = rows.iter().zip(said).map(|(row, said)| (row.time_us / said.time_us).ln());
    let errors = Errors::of_logarithms(logarithms).unwrap_or_else(|| panic!("{name}: no rows"));
    let held =
        rows.iter().zip(said).filter(|(row, said)| (said.low_us..=said.high_us).contains(&row.time_us));
    Line { name: name.to_owned(), errors, covered: held.count() as f64 / rows.len() as f64 }
}

/// All rows, and those of each class.
fn by_class(name: &str, predictor: &Predictor, rows: &[Measured]) -> Vec<Line> {
    let points: Vec<Point> = rows.iter().map(|row| row.point).collect();
    let said: Vec<Forecast> =
        predictor.predict_all(&points).into_iter().map(|it| it.expect("it predicts")).collect();
    let mut lines = vec![line_of(name, rows, &said)];
    for class in Class::ALL {
        let (rows, said): (Vec<Measured>, Vec<Forecast>) = rows
            .iter()
            .zip(&said)
            .filter(|(_, said)| said.class == class)
            .map(|(row, said)| (*row, said.clone()))
            .unzip();
        if !rows.is_empty() {
            lines.push(line_of(&format!("{name}, {}", class.as_str()), &rows, &said));
        }
    }
    lines
}

fn own(name: &str, count: usize, on_family: bool) -> (Card, Vec<CalibrationPoint>) {
    let results = sweeps::read(name);
    let chosen = spread_points(&measured_points(&results, 0), count);
    let gpu = &results.front_matter.device[0].name;
    let card = Card::calibrate(gpu, &results.front_matter.software.gemm, chosen, on_family).expect("a card");
    let kept = card.points().to_vec();
    (card, kept)
}

fn by(card: &Card, gpu: Option<&str>) -> Predictor {
    Predictor::by_card(card, gpu).expect("there is a datasheet")
}

/// H100, a = 12, every head dim: `count` points of it alone, nothing else, and all its other rows.
pub(crate) fn one_sweep(count: usize) -> Table {
    let name = format!("{H100}attention-a12-full.csv");
    let (card, seen) = own(&name, count, false);
    let lines = by_class("the others", &by(&card, None), &rows(&sweeps::read(&name), &seen));
    Table { title: format!("H100, a = 12, {count} points of 5,460, no family"), lines }
}

/// The sweeps that Hopper's constants have points of, measured later on another card: one in eighteen of these products is among
/// the points.
pub(crate) const SEEN: &[&str] = &[
    "recorded/nvidia-h100-80gb-hbm3/attention-a12-full.csv",
    "recorded/nvidia-h100-80gb-hbm3/attention-a128.csv",
    "recorded/nvidia-h100-80gb-hbm3/heads-by-head-dim.csv",
    "recorded/nvidia-h100-80gb-hbm3/gemm-mnk.csv",
    "recorded/nvidia-h100-80gb-hbm3/mlp-hidden.csv",
    "repeatability/nvidia-h100-80gb-hbm3/anyshape-1.csv",
    "repeatability/nvidia-h100-80gb-hbm3/decode-1.csv",
];

/// Sweeps of an H100 that it has no point of. The first eight were printed while the model was made.
pub(crate) const UNSEEN: &[&str] = &[
    "recorded/nvidia-h100-80gb-hbm3/attention-heads.csv",
    "recorded/nvidia-h100-80gb-hbm3/layer-hidden.csv",
    "recorded/nvidia-h100-80gb-hbm3/qkv-projection-hidden.csv",
    "recorded/nvidia-h100-80gb-hbm3/logits-vocab.csv",
    "recorded/nvidia-h100-80gb-hbm3/llama-3-8b.csv",
    "recorded/nvidia-h100-80gb-hbm3/models-1024-tokens.csv",
    "recorded/nvidia-h100-80gb-hbm3/models-8192-tokens.csv",
    "recorded/nvidia-h100-80gb-hbm3/models-decode.csv",
    "two-gpus/nvidia-h100-80gb-hbm3/alone.csv",
    "reference/h100-sxm-gemm-measured.csv",
];

/// Products that were drawn as two thirds of Hopper's points were (`sweeps/calibration/draw.py`), by other seeds. The lines of
/// the first two were printed while the model was made, those of the next two, of another card, at its end, and those of the last
/// two, of a third card, when nothing of it was changed any more.
pub(crate) const KINDS: &[&str] = &[
    "calibration/nvidia-h100-80gb-hbm3/dev-f16.csv",
    "calibration/nvidia-h100-80gb-hbm3/dev-bf16.csv",
    "calibration/nvidia-h100-80gb-hbm3/last-f16.csv",
    "calibration/nvidia-h100-80gb-hbm3/last-bf16.csv",
    "repeatability/nvidia-h100-80gb-hbm3/kept-f16-1.csv",
    "repeatability/nvidia-h100-80gb-hbm3/kept-bf16-1.csv",
];

/// Products of an H100 that were drawn at random: any sizes, all layouts. No point is of them.
pub(crate) const DRAWN: &[&str] = &[
    "calibration/nvidia-h100-80gb-hbm3/wide-f16.csv",
    "calibration/nvidia-h100-80gb-hbm3/wide-bf16.csv",
    "calibration/nvidia-h100-80gb-hbm3/drawn-f16.csv",
    "calibration/nvidia-h100-80gb-hbm3/drawn-bf16.csv",
];

fn short(name: &str) -> String {
    let parts: Vec<&str> = name.trim_end_matches(".csv").split('/').collect();
    parts[parts.len() - 1].to_owned()
}

fn over(title: &str, names: &[&str], predictor: &Predictor, seen: &[CalibrationPoint]) -> Table {
    let mut all = Vec::new();
    let mut lines = Vec::new();
    for name in names {
        let rows = rows(&sweeps::read(name), seen);
        lines.push(line(&short(name), predictor, &rows));
        all.extend(rows);
    }
    lines.extend(by_class("all of these", predictor, &all));
    Table { title: title.to_owned(), lines }
}

/// Other shapes by the family that is built in.
pub(crate) fn transfer() -> Vec<Table> {
    let hopper = Family::Hopper.card();
    let (predictor, seen) = (by(hopper, None), hopper.points());
    vec![
        over(
            "H100, the sweeps that Hopper's 1,623 points are of, as another card measured them",
            SEEN,
            &predictor,
            seen,
        ),
        over("H100, sweeps that no point is of", UNSEEN, &predictor, seen),
    ]
}

/// Products of no model by the family that is built in.
pub(crate) fn drawn() -> Vec<Table> {
    let hopper = Family::Hopper.card();
    let table = |title: &str, names: &[&str]| over(title, names, &by(hopper, None), hopper.points());
    vec![
        table(
            "H100, products drawn at random of the kinds that transformers have, of which no point is",
            KINDS,
        ),
        table("H100, products drawn at random of any kind, of which no point is", DRAWN),
    ]
}

/// What `hovera calibrate` makes of a card of the family: the family's predictions of measured rows, then the card's.
pub(crate) fn calibrated() -> Vec<[Table; 2]> {
    let h100 = "calibrations/nvidia-h100-80gb-hbm3/points-of-another.toml";
    let of_h100 = [SEEN, UNSEEN].concat();
    let of_h200 = [
        "recorded/nvidia-h200/attention-a12.csv",
        "recorded/nvidia-h200/mlp-hidden.csv",
        "repeatability/nvidia-h200/anyshape-1.csv",
        "repeatability/nvidia-h200/unseen-1.csv",
    ];
    let cards = [
        ("NVIDIA H100 80GB HBM3", h100, of_h100.as_slice()),
        ("NVIDIA H200", "calibrations/nvidia-h200/points.toml", &of_h200),
    ];
    let both = cards.map(|(gpu, points, names)| {
        let card = Card::calibrate(gpu, "cuBLAS 13.1.0", sweeps::calibration(points), true).expect("a card");
        let mut seen = Family::Hopper.card().points().to_vec();
        seen.extend_from_slice(card.points());
        let family = Predictor::for_gpu(gpu).expect("a datasheet");
        let title = |what: &str| format!("{gpu} {what}, all rows of {} sweeps", names.len());
        [
            over(&title("by the family"), names, &family, &seen),
            over(
                &title(&format!("by the {} points of a calibration on top of it", card.points().len())),
                names,
                &by(&card, None),
                &seen,
            ),
        ]
    });
    both.into()
}

/// An H200 by its datasheet, and by a few points of its own.
pub(crate) fn other_card() -> Vec<Table> {
    let name = format!("{H200}attention-a12.csv");
    let all = [
        name.as_str(),
        "repeatability/nvidia-h200/anyshape-1.csv",
        "repeatability/nvidia-h200/decode-1.csv",
        "repeatability/nvidia-h200/unseen-1.csv",
    ];
    let by_family = Predictor::for_gpu("NVIDIA H200").expect("a datasheet");
    let (card, seen) = own(&name, 12, true);
    let (fifty, seen_by_fifty) = own(&name, 50, true);
    let second = "two-gpus/nvidia-h100-80gb-hbm3/alone.csv";
    let (second_card, mut seen_of_second) = own(second, 50, true);
    seen_of_second.extend_from_slice(Family::Hopper.card().points());
    let full = format!("{H100}attention-a12-full.csv");
    let (sixty, _) = own(&format!("{H100}attention-a12-full.csv"), 60, false);
    vec![
        over("H200 by its datasheet and Hopper's constants, nothing measured on it", &all, &by_family, &[]),
        over(
            "H200 by its datasheet and 60 points of the H100's a = 12",
            &all[..1],
            &by(&sixty, Some("NVIDIA H200")),
            &[],
        ),
        over("H200 by 12 points of its a = 12 on top of Hopper's constants", &all, &by(&card, None), &seen),
        over("H200 by 50 such points", &all, &by(&fifty, None), &seen_by_fifty),
        over(
            "A second H100 by 50 points of its own a = 12 on top of Hopper's constants; the first one's rows by that card",
            &[second, &full],
            &by(&second_card, None),
            &seen_of_second,
        ),
    ]
}

/// The A100: half of the head dims fitted, the others predicted; rows of other people; readings off the charts.
pub(crate) fn ampere() -> Vec<Table> {
    let name = sweeps::AMPERE[0].0;
    let results = sweeps::read(name);
    let front_matter = &results.front_matter;
    let points = measured_points(&results, 0);
    // Every second head dim of each series, of both ops.
    let dims = dims(&points);
    let is_fitted = |point: &CalibrationPoint| {
        let dim = dim_of(point);
        let series = |dim: u32| dim.trailing_zeros().min(6);
        dims.iter().filter(|other| series(**other) == series(dim) && **other < dim).count() % 2 == 0
    };
    let half: Vec<CalibrationPoint> = points.iter().filter(|point| is_fitted(point)).copied().collect();
    let gpu = &front_matter.device[0].name;
    let card = Card::calibrate(gpu, &front_matter.software.gemm, half, false).expect("a card");
    let others = rows(&results, card.points());
    let mut lines = by_class("the other half", &by(&card, None), &others);
    let plain = by(&card, None).without_residual();
    lines.extend(by_class("the other half, without residual", &plain, &others));
    let a100 =
        Table { title: "A100, a = 128, every second head dim of each series fitted".to_owned(), lines };
    let theirs = ["reference/a100-sxm4-80gb-gemm.csv"];
    let by_family = Predictor::for_gpu("NVIDIA A100-SXM4-80GB").expect("a datasheet");
    let public = over("A100 80 GB, rows of AIConfigurator, none fitted", &theirs, &by_family, &[]);
    vec![a100, public]
}

fn dim_of(point: &CalibrationPoint) -> u32 {
    point.gemm.n().min(point.gemm.k())
}

fn dims(points: &[CalibrationPoint]) -> Vec<u32> {
    let dims: BTreeSet<u32> = points.iter().map(dim_of).collect();
    dims.into_iter().collect()
}

/// Cards whose generation was never calibrated.
pub(crate) fn other_generations() -> Table {
    let mut lines = Vec::new();
    for (name, gpu) in [
        ("reference/l40s-gemm.csv", "NVIDIA L40S"),
        ("reference/b200-gemm.csv", "NVIDIA B200"),
        ("reference/v100-sxm2-gemm.csv", "Tesla V100-SXM2-16GB"),
    ] {
        let predictor = Predictor::for_gpu(gpu).expect("a datasheet");
        lines.push(line(&short(name), &predictor, &rows(&sweeps::read(name), &[])));
    }
    Table { title: "Generations that were never calibrated (tier datasheet)".to_owned(), lines }
}

/// A published reading at the right end of a line, in TFLOP/s, beside what is predicted.
#[derive(Debug, Clone)]
pub(crate) struct AtTheEnd {
    pub(crate) line: String,
    read: f64,
    /// How far off the reading may be.
    off: f64,
    predicted: f64,
    low: f64,
    high: f64,
}

impl AtTheEnd {
    pub(crate) fn is_held(&self) -> bool {
        self.low - self.off <= self.read && self.read <= self.high + self.off
    }
}

/// Those of the published charts: the largest hidden size of each line.
pub(crate) fn readings() -> Vec<AtTheEnd> {
    let name = "reference/a100-sxm4-40gb-attention-a12.csv";
    let text = sweeps::text(name);
    assert_eq!(FileKind::of_text(&text), Some(FileKind::Readings), "{name}");
    let readings = Readings::parse(name, &text).expect("readings");
    let predictor = Predictor::for_gpu("NVIDIA A100-SXM4-40GB").expect("a datasheet");
    let lines: BTreeSet<_> = readings.points.iter().map(|it| (it.op, it.series)).collect();
    let ends = lines.into_iter().filter_map(|(op, series)| {
        let of_line = readings.points.iter().filter(|it| it.op == op && it.series == series);
        let end = of_line.max_by_key(|it| it.hidden)?;
        let point = sweeps::attention_point(&readings, op, series, end.hidden);
        let said = predictor.predict(&point).expect("it predicts");
        let tflops = |time_us: f64| point.flop() as f64 / time_us / 1e6;
        let within = readings.within.get(&end.reading)?;
        let (_, off) = within.iter().rev().find(|(hidden, _)| *hidden <= end.hidden)?;
        Some(AtTheEnd {
            line: format!("{op}, h/a = {}", series.get()),
            read: end.tflops,
            off: *off,
            predicted: tflops(said.time_us),
            low: tflops(said.high_us),
            high: tflops(said.low_us),
        })
    });
    ends.collect()
}

fn readings_table() -> String {
    let ends = readings();
    let held = ends.iter().filter(|end| end.is_held()).count();
    let mut text = format!(
        "**Readings of the published A100 charts at the right end of their lines: {held} of {} within the interval**\n\n\
         | line | read, TFLOP/s | predicted | interval |\n|---|---|---|---|\n",
        ends.len()
    );
    for end in &ends {
        let AtTheEnd { line, read, off, predicted, low, high } = end;
        text.push_str(&format!("| {line} | {read} ± {off} | {predicted:.0} | {low:.0} to {high:.0} |\n"));
    }
    text
}

/// Every table, and the line of the readings.
pub(crate) fn tables() -> Vec<String> {
    let mut tables: Vec<Table> = [20, 60].into_iter().map(one_sweep).collect();
    tables.extend(transfer());
    tables.extend(drawn());
    for mut table in calibrated().into_iter().flatten() {
        table.lines.retain(|line| line.name.starts_with("all of these"));
        tables.push(table);
    }
    tables.extend(other_card());
    tables.extend(ampere());
    tables.push(other_generations());
    let mut text: Vec<String> = tables.iter().map(ToString::to_string).collect();
    text.push(readings_table());
    text.push(speed());
    text
}

/// 5,460 predictions by one call.
fn speed() -> String {
    let rows = rows(&sweeps::read(&format!("{H100}attention-a12-full.csv")), &[]);
    let points: Vec<Point> = rows.iter().map(|row| row.point).collect();
    let predictor = Predictor::for_gpu("NVIDIA H100 80GB HBM3").expect("a datasheet");
    let began = std::time::Instant::now();
    let said = predictor.predict_all(&points);
    format!("{} predictions in {:.0} ms.\n", said.len(), began.elapsed().as_secs_f64() * 1e3)
}
