//! The chart of a condition, drawn, with what a pointer over it should tell.

use super::condition::{Group, Spot, layer, relative_ci};
use super::error::ReportError;
use super::results_file::ResultsFile;
use super::sentence::three_digits;
use hovera_core::{Results, Row, Status};
use hovera_plot::{Chart, ChartOptions, Figure, PlotError};
use std::collections::BTreeMap;

/// A drawn chart.
#[derive(Debug)]
pub(super) struct Picture {
    /// Part of a file name.
    pub(super) stem: String,
    /// The chart's title, and what tells it from others of the file.
    pub(super) title: String,
    pub(super) chart: Chart,
    pub(super) figure: Figure,
    /// What the chart does not show by itself.
    pub(super) notes: Vec<String>,
    /// More of each point, by its hidden size.
    details: BTreeMap<u32, String>,
    /// The results file, for errors.
    source: String,
}

impl Picture {
    pub(super) fn draw(source: &ResultsFile, group: &Group<'_>) -> Result<Picture, ReportError> {
        let condition = &group.condition;
        let distinction: Vec<String> =
            group.distinction.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let slug: String = group.distinction.iter().map(|(name, value)| format!("-{name}-{value}")).collect();
        let stem = format!("{}-a{}{slug}", condition.op, condition.heads);
        let refused = |error: PlotError| ReportError::Chart {
            file: source.name.clone(),
            chart: stem.clone(),
            source: error,
        };
        let alone = Results {
            front_matter: source.results.front_matter.clone(),
            rows: group.rows.iter().copied().cloned().collect(),
            sessions: Vec::new(),
        };
        let charts = hovera_plot::charts(&alone, &ChartOptions::default());
        let named = charts
            .ok()
            .and_then(|charts| charts.into_iter().next())
            .ok_or_else(|| ReportError::NoRows { file: source.name.clone() })?;
        let figure = Figure::draw(&named.chart).map_err(refused)?;
        let title = match distinction.is_empty() {
            true => named.chart.title.clone(),
            false => format!("{}: {}", named.chart.title, distinction.join(", ")),
        };
        let lines = group.lines();
        let details = lines.values().flatten().map(|spot| (spot.hidden, detail(spot))).collect();
        let notes = named.notes.iter().map(ToString::to_string).collect();
        let source = source.name.clone();
        Ok(Picture { stem, title, chart: named.chart, figure, notes, details, source })
    }

    /// More of a point: head dim, interval, clock, status.
    pub(super) fn detail(&self, hidden: f64) -> &str {
        self.details.get(&(hidden as u32)).map_or("", String::as_str)
    }

    pub(super) fn refused(&self, error: PlotError) -> ReportError {
        ReportError::Chart { file: self.source.clone(), chart: self.stem.clone(), source: error }
    }
}

fn detail(spot: &Spot<'_>) -> String {
    let Row { telemetry, status, .. } = spot.row;
    let head_dim = layer(spot.row).map(|layer| format!("head dim {}", layer.head_dim()));
    let interval = relative_ci(spot.row).map(|interval| interval * 100.0);
    let parts = [
        head_dim,
        interval.map(|percent| format!("±{} %", three_digits(percent))),
        telemetry.sm_clock_mhz.map(|mhz| format!("{mhz:.0} MHz")),
        (*status == Status::Noisy).then(|| "noisy".to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
