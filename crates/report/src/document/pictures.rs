//! Charts, drawn, with what a pointer over it should tell.

use super::common_ground::CommonGround;
use super::condition::{ConditionRows, layer, relative_ci};
use super::error::ReportError;
use super::results_file::{Labelled, ResultsFile};
use super::sample::spread;
use super::sentence::{excerpt, three_digits};
use hovera_analysis::KernelGroup;
use hovera_core::{Results, Row, Status};
use hovera_plot::{
    Chart, ChartKind, ChartOptions, Figure, NamedChart, NamedResults, Overlay, PlotError, RowPlace,
};
use std::collections::{BTreeMap, BTreeSet};

/// The longest name of a kernel's family that is told, in characters.
const LONGEST_KERNEL: usize = 60;

/// The unit of a ratio, after a number.
const RATIO: &str = "times the first";

/// So many charts of each kind hold files against each other at most.
const MOST_CHARTS: usize = 24;

/// A drawn chart.
#[derive(Debug)]
pub(super) struct Picture {
    /// Part of a file name.
    pub(super) stem: String,
    /// The chart's title, and what tells it from others of the file.
    pub(super) title: String,
    pub(super) chart: Chart,
    pub(super) figure: Figure,
    /// Of the vertical axis, after a number.
    pub(super) unit: &'static str,
    /// What the chart does not show by itself.
    pub(super) notes: Vec<String>,
    /// More of each row that a point is of: head dim, interval, other speed, clock, status, kernel.
    details: BTreeMap<RowPlace, String>,
    /// The results file, for errors.
    file: String,
}

impl Picture {
    /// The chart of one condition of a file.
    pub(super) fn of_group(
        file: &ResultsFile,
        group: &ConditionRows<'_>,
        charts: &[NamedChart],
    ) -> Result<Picture, ReportError> {
        let condition = &group.condition;
        let distinction: Vec<String> =
            group.distinction.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let slug: String = group.distinction.iter().map(|(name, value)| format!("-{name}-{value}")).collect();
        let named = charts.iter().find(|named| named.condition == Some(*condition));
        let mut named = named.cloned().ok_or_else(|| ReportError::NoRows { file: file.name.clone() })?;
        named.stem = format!("{}-a{}{slug}", condition.op, condition.heads);
        let mut picture = Picture::draw(named, THROUGHPUT, &file.name, &[&file.results])?;
        if !distinction.is_empty() {
            picture.title = format!("{}: {}", picture.title, distinction.join(", "));
        }
        Ok(picture)
    }

    /// A chart of another kind than the published one.
    pub(super) fn of_any(file: &ResultsFile, named: &NamedChart) -> Result<Picture, ReportError> {
        Picture::draw(named.clone(), unit(named, &[&file.results]), &file.name, &[&file.results])
    }

    /// The chart of where the time of models goes, of these files.
    pub(super) fn of_models(named: NamedChart, files: &[&Results]) -> Result<Picture, ReportError> {
        Picture::draw(named, "%", "the models of all files", files)
    }

    /// The charts that hold several files against each other: the lines of all in one, and if they are
    /// `comparable` their ratios to the first, on the `ground` that they have in common where they were not timed alike; and
    /// why there are none of a kind that the files cannot give.
    pub(super) fn across(
        files: &[Labelled<'_>],
        comparable: bool,
        ground: Option<&CommonGround>,
    ) -> Result<(Vec<Picture>, Vec<String>), ReportError> {
        let results: Vec<_> =
            files.iter().map(|(file, _)| NamedResults { name: &file.name, results: &file.results }).collect();
        let all: Vec<&Results> = files.iter().map(|(file, _)| &file.results).collect();
        let names = files.iter().map(|(file, _)| file.name.as_str()).collect::<Vec<_>>().join(", ");
        let only = ground.map(CommonGround::only).unwrap_or_default();
        let (mut pictures, mut refused) = (Vec::new(), Vec::new());
        let kinds = [ChartKind::Throughput, ChartKind::Ratio];
        for kind in kinds.into_iter().filter(|kind| comparable || *kind != ChartKind::Ratio) {
            let options = ChartOptions {
                kind,
                overlay: Some(Overlay::Gpu),
                // Lines are each by its own file's time, a ratio is of one time.
                stat: ground.filter(|_| kind == ChartKind::Ratio).map(|ground| ground.stat),
                mixed_methods: ground.is_some(),
                ..ChartOptions::default()
            };
            let charts = hovera_plot::charts_across(&results, &only, &options).unwrap_or_else(|error| {
                refused.push(error.to_string());
                Vec::new()
            });
            let shown = spread(charts.len(), MOST_CHARTS);
            for named in shown.into_iter().map(|place| charts[place].clone()) {
                let unit = if kind == ChartKind::Ratio { RATIO } else { unit(&named, &all) };
                let mut picture = Picture::draw(named, unit, &names, &all)?;
                if kind == ChartKind::Ratio {
                    picture.title += ": ratio to the first";
                }
                pictures.push(picture);
            }
        }
        Ok((pictures, refused))
    }

    fn draw(
        named: NamedChart,
        unit: &'static str,
        file: &str,
        results: &[&Results],
    ) -> Result<Picture, ReportError> {
        let NamedChart { stem, chart, notes, .. } = named;
        let figure = Figure::draw(&chart).map_err(|source| ReportError::Chart {
            file: file.to_owned(),
            chart: stem.clone(),
            source,
        })?;
        let points = || chart.traces.iter().flat_map(|trace| &trace.points);
        let places: BTreeSet<RowPlace> =
            points().flat_map(|point| [point.row, point.base]).flatten().collect();
        let told = |place: RowPlace| {
            let row = results.get(place.file)?.rows.get(place.row)?;
            Some((place, detail(row))).filter(|(_, detail)| !detail.is_empty())
        };
        Ok(Picture {
            details: places.into_iter().filter_map(told).collect(),
            title: chart.title.clone(),
            notes: notes.iter().map(ToString::to_string).collect(),
            stem,
            chart,
            figure,
            unit,
            file: file.to_owned(),
        })
    }

    /// More of a row that a point is of.
    pub(super) fn detail(&self, place: Option<RowPlace>) -> &str {
        place.and_then(|place| self.details.get(&place)).map_or("", String::as_str)
    }

    pub(super) fn refused(&self, error: PlotError) -> ReportError {
        ReportError::Chart { file: self.file.clone(), chart: self.stem.clone(), source: error }
    }
}

/// The unit of most charts.
const THROUGHPUT: &str = "TFLOP/s";

/// The unit of a chart of throughput: of what does next to no arithmetic it is the memory's.
fn unit(named: &NamedChart, results: &[&Results]) -> &'static str {
    let mut places = named.chart.traces.iter().flat_map(|trace| &trace.points).filter_map(|point| point.row);
    let row = |place: RowPlace| results.get(place.file)?.rows.get(place.row);
    match places.find_map(row) {
        Some(row) if row.point.op.is_of_rows() => "GB/s",
        _ => THROUGHPUT,
    }
}

fn detail(row: &Row) -> String {
    let Row { timing, telemetry, kernel, status, prediction, .. } = row;
    let second = timing.and_then(|timing| timing.second);
    let head_dim = layer(row).map(|layer| format!("head dim {}", layer.head_dim()));
    let interval = relative_ci(row).map(|interval| interval * 100.0);
    let parts = [
        head_dim,
        interval.map(|percent| format!("±{} %", three_digits(percent))),
        second.map(|second| {
            let [time, share] = [second.time_us, second.share * 100.0].map(three_digits);
            format!("{share} % of the launches at another speed, {time} µs")
        }),
        telemetry.sm_clock_mhz.map(|mhz| format!("{mhz:.0} MHz")),
        prediction.map(|prediction| {
            let [low, high] = [prediction.low_us, prediction.high_us].map(three_digits);
            format!("predicted (tier {}), {low} to {high} µs", prediction.tier)
        }),
        (*status == Status::Noisy).then(|| "noisy".to_owned()),
        KernelGroup::of_kernel(kernel).map(|group| excerpt(&group.to_string(), LONGEST_KERNEL)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
