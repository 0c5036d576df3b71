//! Throughput, or another metric: over hidden size, the two published charts, from results or from published
//! readings; of any product over any of its sizes; one over another; over two sizes as colours; under the roofline.

mod arranged;
mod axes;
mod caption;
mod condition;
mod course;
mod error;
mod files;
mod fused;
mod grouping;
mod heat_map;
mod kernel_dots;
mod layer_shares;
mod lines;
mod looks;
mod mixed;
mod note;
mod options;
mod published;
mod quantity;
mod ratio;
mod readings;
mod results;
mod roofline;
mod rows;
mod speed_up;
mod steps;

pub use error::ChartError;
pub use note::Note;
pub use options::{AxisMax, AxisMaxError, ChartKind, ChartOptions, Markers, Overlay};
pub use readings::{readings_charts, with_readings};
pub use results::{NamedResults, charts, charts_across, suited_kind};

use crate::chart::{Axis, Chart, Colour, DataPoint, Marker};
use crate::scale::Scale;
use crate::significant::three_digits;
use hovera_analysis::Condition;
use hovera_core::{Engine, Op, Series};

/// A chart, a file name for it, and what the reader should be told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedChart {
    /// A file name without its ending, such as `score-a12`.
    pub stem: String,
    /// The chart.
    pub chart: Chart,
    /// What all of its rows have in common; none where several conditions share it or it was read off.
    pub condition: Option<Condition>,
    /// What the chart does not show by itself, in a fixed order.
    pub notes: Vec<Note>,
}

impl NamedChart {
    /// Whether nothing is drawn on its axes but what data would be held against: its notes say why.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Chart { cells, traces, x, y, .. } = &self.chart;
        let shows = |axis: &Axis, value| Scale::new(axis).is_ok_and(|scale| scale.shows(value));
        let on_axes = |point: &DataPoint| shows(x, point.x) && shows(y, point.y);
        cells.is_none() && !traces.iter().any(|t| t.style.is_data() && t.points.iter().any(on_axes))
    }
}

/// The published charts' titles.
fn title(op: Op, heads: impl std::fmt::Display) -> String {
    format!("{}, a={heads}", op.title())
}

/// A title that says it of a CPU, whose chart could otherwise pass for a GPU's when the caption is off.
fn of_engine(engine: Engine, title: String) -> String {
    if engine == Engine::Cpu { format!("{title} (CPU)") } else { title }
}

/// A title that says it of what was predicted, which could otherwise pass for measured.
fn of_origin(all_predicted: bool, title: String) -> String {
    if all_predicted { format!("{title} (predicted)") } else { title }
}

/// The published charts' legend.
fn legend_entry(series: Series) -> String {
    format!("h/a = {series}")
}

/// The published charts' colours: matplotlib's `tab10`, without its last three.
fn colour(series: Series) -> Colour {
    const COLOURS: [u32; Series::ALL.len()] =
        [0x1f77b4, 0xff7f0e, 0x2ca02c, 0xd62728, 0x9467bd, 0x8c564b, 0xe377c2];
    Colour::hex(COLOURS[series.index()])
}

/// The marker of a series where it has to be told apart without colour.
fn marker(series: Series) -> Marker {
    Marker::ALL[series.index()]
}

/// The last point of each trace in words, for [`Chart::desc`].
fn last_values<'a>(
    traces: impl IntoIterator<Item = &'a crate::chart::Trace>,
    unit: &str,
    over: &str,
) -> String {
    let last = |trace: &crate::chart::Trace| {
        let &DataPoint { x, y: value, .. } = trace.points.last()?;
        let heading = trace.heading.as_ref().map(|h| format!("{h}, ")).unwrap_or_default();
        Some(format!("{heading}{}: {} {unit} at {x}", trace.label, three_digits(value)))
    };
    let values: Vec<_> = traces.into_iter().filter_map(last).collect();
    if values.is_empty() {
        return "There is no value to show.".to_owned();
    }
    format!("At the largest {over} of each: {}.", values.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_names() {
        assert_eq!(title(Op::Score, 12), "Attention Key Query Score, a=12");
        assert_eq!(title(Op::Values, 12), "Attention over Values, a=12");
        let legend = Series::ALL.map(|s| format!("{} {:02x}", legend_entry(s), colour(s).red));
        assert_eq!(
            legend.join(", "),
            "h/a = 1 1f, h/a = 2 ff, h/a = 4 2c, h/a = 8 d6, h/a = 16 94, h/a = 32 8c, h/a = 64 e3"
        );
    }
}
