//! Results to charts.

use super::files::Files;
use super::kernel_dots::KernelLooks;
use super::options::Overlay;
use super::{
    AxisMax, ChartError, ChartKind, ChartOptions, Markers, NamedChart, Note, arranged, heat_map,
    layer_shares, published, roofline, speed_up, steps,
};
use hovera_analysis::{ClockResponse, Completeness, Dimension, Filter, Metric};
use hovera_core::{Op, Origin, Results, Row, Stat};
use std::collections::BTreeSet;

/// The charts of one results file. Of `score` and `values`, where nothing else is asked, the published kind: a metric
/// over hidden size, a line for each series, one chart for each distinct combination of op, heads, dtype, layout, engine,
/// pacing, cache, batch, sequence length and device, in that order, but for what is overlaid. Of every other product, and
/// over any size that is asked for, what [`hovera_analysis::arrange`] makes of the rows. Of a softmax, which does next to no
/// arithmetic, [`Metric::Tflops`] is drawn as [`Metric::GbPerSecond`].
///
/// Noisy points are drawn. Failed and skipped ones are not, nor are those that lack what the metric
/// needs, and the line joins their neighbours: at hundreds of points a gap of one would not be seen.
/// The notes count all of them.
///
/// # Errors
/// [`ChartError`], when no row can give the metric, nothing is there to overlay, or rows cannot be drawn as is asked.
pub fn charts(results: &Results, options: &ChartOptions) -> Result<Vec<NamedChart>, ChartError> {
    charts_across(&[NamedResults { name: "results", results }], &[], options)
}

/// A results file and what it is called where several cards of one model are told apart.
#[derive(Debug, Clone, Copy)]
pub struct NamedResults<'a> {
    /// Its name, without folder and ending.
    pub name: &'a str,
    /// What is in it.
    pub results: &'a Results,
}

/// The chart that suits a sweep where none is asked for: a heat map where the head dim varies and one of heads, batch
/// and sequence length with it, else lines.
#[must_use]
pub fn suited_kind(results: &Results) -> ChartKind {
    let files = Files { results: &[results], names: &[], responses: &[], unfinished: &[], only: &[] };
    if heat_map::suits(files) { ChartKind::HeatMap } else { ChartKind::Throughput }
}

/// The charts of several results files that are compared with each other ([`Overlay::Gpu`], which a
/// ratio has by itself): every card of every file, in their order, under the conditions that all of
/// a chart share; of rows that every one of `only` admits.
///
/// Files that hovera did not measure are called imported or predicted in legend and caption. What was predicted is lines of
/// a pattern of its own with hollow markers and a band, over dots of what was measured of it.
///
/// # Errors
/// [`ChartError`], when no row can give the metric, the cards have no conditions in common, or rows cannot be drawn as
/// is asked.
pub fn charts_across(
    files: &[NamedResults<'_>],
    only: &[Filter],
    options: &ChartOptions,
) -> Result<Vec<NamedChart>, ChartError> {
    let options = &options.settled();
    refuse_idle_options(options)?;
    let results: Vec<&Results> = files.iter().map(|file| file.results).collect();
    let names: Vec<&str> = files.iter().map(|file| file.name).collect();
    for results in &results {
        refuse_absent_time(results, options)?;
    }
    let responses: Vec<_> = results.iter().map(|results| ClockResponse::of_rows(&results.rows)).collect();
    let unfinished: Vec<_> = results.iter().map(|results| Completeness::unfinished(results)).collect();
    let files =
        Files { results: &results, names: &names, responses: &responses, unfinished: &unfinished, only };
    refuse_nothing_left(files)?;
    let of_rows = &options.of_rows();
    let are_of_rows = files.rows().next().is_some() && files.rows().all(|(_, row)| row.point.op.is_of_rows());
    let mut charts = match options.kind {
        ChartKind::HeatMap => heat_map::charts(files, if are_of_rows { of_rows } else { options })?,
        ChartKind::Shares => layer_shares::charts(files, options)?,
        ChartKind::Steps => steps::charts(files, options)?,
        ChartKind::SpeedUp => speed_up::charts(files, options)?,
        ChartKind::Roofline => roofline::charts(files, options)?,
        ChartKind::Throughput | ChartKind::Ratio => of_lines(files, options, of_rows)?,
    };
    // No file of measurements has the name of one of predictions.
    if results.iter().all(|results| results.origin() == Origin::Predicted) {
        charts.iter_mut().for_each(|named| named.stem.push_str("-predicted"));
    }
    // Said once.
    if let Some(first) = charts.first_mut() {
        let there = names.iter().zip(&unfinished).filter_map(|(name, there)| Some((name, (*there)?)));
        first.notes.extend(there.map(|(name, there)| Note::Unfinished { file: (*name).to_owned(), there }));
        first.notes.extend(other_libraries(&results));
    }
    Ok(charts)
}

/// Each library that something was measured with and that other files' predictions are not of.
fn other_libraries(results: &[&Results]) -> Vec<Note> {
    let measured = || results.iter().filter(|it| it.origin() == Origin::Measured);
    let mut notes = Vec::new();
    for by in results.iter().filter_map(|it| it.front_matter.prediction.as_ref()) {
        for other in measured().filter(|it| by.is_of_another_library(&it.front_matter.software.gemm)) {
            let measured = other.front_matter.software.gemm.clone();
            let note = Note::OtherLibrary { predicted: by.library.clone(), measured };
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    notes
}

/// The charts of lines: the published ones, then those of everything else, what is of rows by options of its own.
fn of_lines<'a>(
    files: Files<'a>,
    options: &'a ChartOptions,
    of_rows: &'a ChartOptions,
) -> Result<Vec<NamedChart>, ChartError> {
    let published = published::ops(files, options);
    let is_published = |row: &Row| published.contains(&row.point.op);
    let others: Vec<_> = files.rows().filter(|(_, row)| !is_published(row)).collect();
    let looks = kernel_looks(files, options)?;
    if others.is_empty() {
        return published::charts(files, options, looks.as_ref(), is_published);
    }
    let mut charts = Vec::new();
    if !published.is_empty() {
        // What is of one side only is no reason to draw nothing.
        match published::charts(files, options, looks.as_ref(), is_published) {
            Ok(published) => charts = published,
            Err(ChartError::NothingToOverlay { .. } | ChartError::Conditions { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let (rows, products): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|(_, row)| row.point.op.is_of_rows());
    for (others, options) in [(products, options), (rows, of_rows)] {
        let Some(op) = others.first().map(|(_, row)| row.point.op) else { continue };
        // What has no such size is no reason to draw nothing.
        let is_not_over = |x: &Dimension| others.iter().all(|(_, row)| x.of_point(&row.point) == 0);
        if let (Some(x), Some(first)) = (options.x.filter(is_not_over), charts.first_mut()) {
            first.notes.push(Note::NotOver { op, x, rows: others.len() });
            continue;
        }
        match arranged::charts(files, &others, options, looks.as_ref()) {
            Ok(arranged) => charts.extend(arranged),
            Err(ChartError::NothingToOverlay { .. } | ChartError::Conditions { .. })
                if !charts.is_empty() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(charts)
}

/// How kernels look, where points are coloured by them.
fn kernel_looks(files: Files<'_>, options: &ChartOptions) -> Result<Option<KernelLooks>, ChartError> {
    if options.overlay != Some(Overlay::Kernel) || files.results.iter().all(|results| results.rows.is_empty())
    {
        return Ok(None);
    }
    // Of what was predicted none ran, whatever its rows name.
    let any_predicted = files.results.iter().any(|results| results.origin() == Origin::Predicted);
    KernelLooks::of_files(files).filter(|_| !any_predicted).map(Some).ok_or(ChartError::NoKernel)
}

fn refuse_nothing_left(files: Files<'_>) -> Result<(), ChartError> {
    let all = || files.results.iter().flat_map(|results| &results.rows);
    if files.only.is_empty() || all().next().is_none() || files.rows().next().is_some() {
        return Ok(());
    }
    let ops: BTreeSet<Op> = all().map(|row| row.point.op).collect();
    Err(ChartError::NothingLeft {
        only: files.only.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "),
        there: ops.into_iter().map(Op::as_str).collect::<Vec<_>>().join(", "),
    })
}

fn refuse_idle_options(options: &ChartOptions) -> Result<(), ChartError> {
    let kind = options.kind;
    if let Some(stat) = options.stat.filter(|stat| !options.metric.is_over_time() && *stat != Stat::Median) {
        return Err(ChartError::Stat { metric: options.metric, stat });
    }
    let over_hidden = matches!(kind, ChartKind::Throughput | ChartKind::Ratio);
    if !over_hidden && options.x_max != AxisMax::AUTO {
        return Err(ChartError::Option { kind, option: "x-max", goes_with: "chart = throughput or ratio" });
    }
    let across =
        matches!(kind, ChartKind::Ratio | ChartKind::SpeedUp) || options.overlay == Some(Overlay::Gpu);
    if !across && options.mixed_methods {
        let goes_with = "chart = ratio or speedup, or overlay = gpu";
        return Err(ChartError::Option { kind, option: "mixed-methods", goes_with });
    }
    if kind != ChartKind::Throughput && options.y_max != AxisMax::AUTO {
        return Err(ChartError::Option { kind, option: "y-max", goes_with: "chart = throughput" });
    }
    if kind != ChartKind::Throughput && options.overlay == Some(Overlay::Kernel) {
        return Err(ChartError::Option { kind, option: "overlay = kernel", goes_with: "chart = throughput" });
    }
    if kind == ChartKind::Roofline && options.x.is_some() {
        return Err(ChartError::Option {
            kind,
            option: "x",
            goes_with: "other charts: this is over arithmetic intensity",
        });
    }
    if kind == ChartKind::Roofline && options.by.is_some() {
        return Err(ChartError::Option { kind, option: "by", goes_with: "other charts" });
    }
    let of_fused = matches!(kind, ChartKind::Steps | ChartKind::SpeedUp);
    if of_fused && options.by.is_some() {
        let goes_with = "other charts: lines are passes and masks";
        return Err(ChartError::Option { kind, option: "by", goes_with });
    }
    if kind == ChartKind::Steps && options.x.is_some_and(|x| x != Dimension::HeadDim) {
        return Err(ChartError::Option {
            kind,
            option: "x",
            goes_with: "other charts: steps are of the head dim",
        });
    }
    if kind == ChartKind::SpeedUp && options.x.is_some_and(|x| !x.is_size() || x.is_of_gemm()) {
        return Err(ChartError::Option { kind, option: "x", goes_with: "a size of attention here" });
    }
    if kind == ChartKind::SpeedUp && options.metric != Metric::Tflops {
        return Err(ChartError::Option {
            kind,
            option: "y",
            goes_with: "other charts: a speed-up is of times",
        });
    }
    if kind == ChartKind::Shares && options.by.is_some() {
        return Err(ChartError::Option { kind, option: "by", goes_with: "other charts: parts are products" });
    }
    if kind == ChartKind::Shares && options.metric != Metric::Tflops {
        return Err(ChartError::Option {
            kind,
            option: "y",
            goes_with: "other charts: shares are of the time",
        });
    }
    let grid_or_roof = matches!(kind, ChartKind::HeatMap | ChartKind::Roofline | ChartKind::Shares);
    if (grid_or_roof || of_fused) && options.overlay.is_some() {
        return Err(ChartError::Option { kind, option: "overlay", goes_with: "chart = throughput or ratio" });
    }
    if matches!(kind, ChartKind::HeatMap | ChartKind::Shares | ChartKind::Steps)
        && options.markers == Markers::Many
    {
        return Err(ChartError::Option { kind, option: "markers", goes_with: "charts of lines or points" });
    }
    if kind == ChartKind::Roofline && !matches!(options.metric, Metric::Tflops | Metric::TflopsAtClock) {
        return Err(ChartError::Option { kind, option: "y", goes_with: "tflops or tflops-at-clock here" });
    }
    Ok(())
}

/// Files that were imported can lack the time that is asked for.
fn refuse_absent_time(results: &Results, options: &ChartOptions) -> Result<(), ChartError> {
    let Some(stat) = options.stat else { return Ok(()) };
    let mut timings = results.rows.iter().filter_map(|row| row.timing).peekable();
    if timings.peek().is_none() || timings.any(|timing| timing.time_us(stat).is_some()) {
        return Ok(());
    }
    Err(ChartError::NoTime { stat, file: results.stat() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hovera_core::{Engine, Pacing};

    #[test]
    fn what_is_overlaid_is_called_as_results_call_it() {
        assert_eq!(Overlay::Engine.to_string(), Engine::NAME);
        assert_eq!(Overlay::Pacing.to_string(), Pacing::NAME);
    }
}
