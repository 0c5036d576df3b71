//! The JSON document.

use hovera_analysis::{Comparison, Loss, Metric, Ratio, TwoSpeeds, Verdict};
use hovera_core::{Column, Point};
use serde::{Serialize, Serializer};

/// Grows when a reader of the version before would misread the document.
const VERSION: u32 = 1;

/// Everything as JSON, with `"schema": "hovera-comparison"` and a `version`, which grows when a reader of
/// the one before would misread it.
#[must_use]
pub fn json(comparison: &Comparison) -> String {
    let options = &comparison.options;
    let thresholds = &options.thresholds;
    let at_clock = options.metric == Metric::TflopsAtClock;
    let document = ComparisonOut {
        schema: "hovera-comparison",
        version: VERSION,
        metric: options.metric.as_str(),
        at_clock_mhz: options.at_clock.filter(|_| at_clock).map(u32::from),
        stat: options.stat.map(|stat| stat.as_str()),
        across: options.across.iter().map(|across| across.column()).collect(),
        margin: thresholds.margin,
        false_discovery_rate: thresholds.false_discovery_rate,
        run_to_run: thresholds.run_to_run,
        sides: comparison
            .sides
            .iter()
            .map(|side| SideOut {
                label: &side.label,
                device: &side.device.name,
                device_id: side.device.id.as_deref(),
                gemm: &side.gemm,
                rows: side.rows,
            })
            .collect(),
        notes: &comparison.notes,
        summaries: comparison
            .summaries
            .iter()
            .map(|summary| SummaryOut {
                other: summary.other,
                op: summary.op.as_str(),
                pass: summary.pass.as_str(),
                series: summary.series.map(|series| series.get()),
                points: summary.points,
                ratio: ratio(&summary.ratio),
                faster: summary.count_of(Verdict::Faster),
                slower: summary.count_of(Verdict::Slower),
                same: summary.count_of(Verdict::Same),
                unsure: summary.count_of(Verdict::Unsure),
                worst_point: summary.worst,
                best_point: summary.best,
            })
            .collect(),
        points: comparison
            .points
            .iter()
            .map(|it| PointOut {
                other: it.other,
                point: PointKey(&it.point),
                base_value: it.base_value,
                other_value: it.other_value,
                ratio: ratio(&it.ratio),
                two_speeds: it.two_speeds.map(TwoSpeeds::as_str),
            })
            .collect(),
        unmatched: comparison
            .unmatched
            .iter()
            .map(|it| UnmatchedOut {
                other: it.other,
                point: PointKey(&it.point),
                why: it.why.to_string(),
                lost: it.lost.map(Loss::as_str),
            })
            .collect(),
    };
    let mut text = serde_json::to_string_pretty(&document).expect("texts and numbers are JSON");
    text.push('\n');
    text
}

fn ratio(ratio: &Ratio) -> RatioOut {
    let Ratio { ratio, low, high, p, q, verdict } = *ratio;
    RatioOut { ratio, low, high, p, q, verdict: verdict.as_str() }
}

#[derive(Serialize)]
struct ComparisonOut<'a> {
    schema: &'static str,
    version: u32,
    metric: &'static str,
    at_clock_mhz: Option<u32>,
    stat: Option<&'static str>,
    across: Vec<&'static str>,
    margin: f64,
    false_discovery_rate: f64,
    run_to_run: Option<f64>,
    /// The base, then the others, which `other` counts.
    sides: Vec<SideOut<'a>>,
    notes: &'a [String],
    summaries: Vec<SummaryOut>,
    points: Vec<PointOut<'a>>,
    unmatched: Vec<UnmatchedOut<'a>>,
}

#[derive(Serialize)]
struct SideOut<'a> {
    label: &'a str,
    device: &'a str,
    device_id: Option<&'a str>,
    gemm: &'a str,
    rows: usize,
}

#[derive(Serialize)]
struct SummaryOut {
    other: usize,
    op: &'static str,
    pass: &'static str,
    series: Option<u8>,
    points: usize,
    #[serde(flatten)]
    ratio: RatioOut,
    faster: usize,
    slower: usize,
    same: usize,
    unsure: usize,
    worst_point: usize,
    best_point: usize,
}

#[derive(Serialize)]
struct PointOut<'a> {
    other: usize,
    #[serde(flatten)]
    point: PointKey<'a>,
    base_value: f64,
    other_value: f64,
    #[serde(flatten)]
    ratio: RatioOut,
    /// On which side launches of the point fall into two groups: `base`, `other`, `both` or `crossed`.
    two_speeds: Option<&'static str>,
}

#[derive(Serialize)]
struct UnmatchedOut<'a> {
    other: usize,
    #[serde(flatten)]
    point: PointKey<'a>,
    why: String,
    /// What became of it, where the base has a value and the other has none.
    lost: Option<&'static str>,
}

#[derive(Serialize)]
struct RatioOut {
    ratio: f64,
    low: f64,
    high: f64,
    p: f64,
    q: f64,
    verdict: &'static str,
}

/// The columns of a results file that say which point a row is of.
struct PointKey<'a>(&'a Point);

impl Serialize for PointKey<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = Column::all().iter();
        serializer.collect_map(columns.filter_map(|column| Some((column.name(), column.of_point(self.0)?))))
    }
}
