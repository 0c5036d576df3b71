//! Results to charts.

use super::condition::stem;
use super::files::Files;
use super::kernel_dots::KernelLooks;
use super::options::Overlay;
use super::rows::Variants;
use super::{
    AxisMax, ChartError, ChartKind, ChartOptions, Markers, NamedChart, Note, grouping, heat_map, lines,
    no_chart, ratio, roofline,
};
use hovera_analysis::{ClockResponse, Completeness, Condition, Metric};
use hovera_core::{Results, Stat};

/// The charts of one results file: of the published kind, one chart for each distinct combination of op,
/// heads, dtype, layout, engine, pacing, cache, batch, sequence length and device, in that order, but
/// for what is overlaid: a metric over hidden size, a line for each series.
///
/// Noisy points are drawn. Failed and skipped ones are not, nor are those that lack what the metric
/// needs, and the line joins their neighbours: at hundreds of points a gap of one would not be seen.
/// The notes count all of them.
///
/// Rows of an op that no chart is of are left out, and a note counts them.
///
/// # Errors
/// [`ChartError`], when no row can give the metric, nothing is there to overlay, or all rows are of ops that no
/// chart is of.
pub fn charts(results: &Results, options: &ChartOptions) -> Result<Vec<NamedChart>, ChartError> {
    charts_across(&[NamedResults { name: "results", results }], options)
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
/// and sequence length with it, else the published kind.
#[must_use]
pub fn suited_kind(results: &Results) -> ChartKind {
    let files = Files { results: &[results], names: &[], responses: &[], unfinished: &[] };
    if heat_map::suits(files) { ChartKind::HeatMap } else { ChartKind::Throughput }
}

/// The charts of several results files that are compared with each other ([`Overlay::Gpu`], which a
/// ratio has by itself): every card of every file, in their order, under the conditions that all of
/// a chart share.
///
/// Files that hovera did not measure are called imported in legend and caption.
///
/// # Errors
/// [`ChartError`], when no row can give the metric, or the cards have no conditions in common.
pub fn charts_across(
    files: &[NamedResults<'_>],
    options: &ChartOptions,
) -> Result<Vec<NamedChart>, ChartError> {
    refuse_idle_options(options)?;
    let results: Vec<&Results> = files.iter().map(|file| file.results).collect();
    let names: Vec<&str> = files.iter().map(|file| file.name).collect();
    for results in &results {
        no_chart::refuse(results)?;
        refuse_absent_time(results, options)?;
    }
    let responses: Vec<_> = results.iter().map(|results| ClockResponse::of_rows(&results.rows)).collect();
    let unfinished: Vec<_> = results.iter().map(|results| Completeness::unfinished(results)).collect();
    let files = Files { results: &results, names: &names, responses: &responses, unfinished: &unfinished };
    let options = &ChartOptions {
        overlay: options.overlay.or((options.kind == ChartKind::Ratio).then_some(Overlay::Gpu)),
        ..*options
    };
    let mut charts = match options.kind {
        ChartKind::HeatMap => heat_map::charts(files, options)?,
        ChartKind::Roofline => roofline::charts(files, options)?,
        ChartKind::Throughput | ChartKind::Ratio => over_hidden(files, options)?,
    };
    // Said once.
    if let Some(first) = charts.first_mut() {
        first.notes.extend(no_chart::notes(&results));
        let there = names.iter().zip(&unfinished).filter_map(|(name, there)| Some((name, (*there)?)));
        first.notes.extend(there.map(|(name, there)| Note::Unfinished { file: (*name).to_owned(), there }));
    }
    Ok(charts)
}

/// The charts over hidden size.
fn over_hidden<'a>(files: Files<'a>, options: &'a ChartOptions) -> Result<Vec<NamedChart>, ChartError> {
    let (groups, left_out) = grouping::groups(files, options)?;
    let looks = kernel_looks(files, options)?;
    let shared: Vec<_> = groups.keys().copied().collect();
    let named = |(i, (condition, variants)): (usize, (&Condition, &Variants<'_>))| -> Result<_, ChartError> {
        let mut name = stem(condition, &shared);
        if options.kind == ChartKind::Ratio {
            name.push_str("-ratio");
        }
        name.push_str(&options.stem_suffix());
        let (chart, mut notes) = match options.kind {
            ChartKind::Ratio => ratio::chart(files, variants, options)?,
            _ => lines::chart(files, variants, options, looks.as_ref())?,
        };
        // Said once.
        if i == 0 && left_out > 0 {
            notes.push(Note::LeftOut { rows: left_out });
        }
        let condition = options.overlay.is_none().then_some(*condition);
        Ok(NamedChart { stem: name, chart, condition, notes })
    };
    groups.iter().enumerate().map(named).collect()
}

/// How kernels look, where points are coloured by them.
fn kernel_looks(files: Files<'_>, options: &ChartOptions) -> Result<Option<KernelLooks>, ChartError> {
    if options.overlay != Some(Overlay::Kernel) || files.results.iter().all(|results| results.rows.is_empty())
    {
        return Ok(None);
    }
    KernelLooks::of_files(files).map(Some).ok_or(ChartError::NoKernel)
}

fn refuse_idle_options(options: &ChartOptions) -> Result<(), ChartError> {
    let kind = options.kind;
    if let Some(stat) = options.stat.filter(|stat| options.metric != Metric::Tflops && *stat != Stat::Median)
    {
        return Err(ChartError::Stat { metric: options.metric, stat });
    }
    let over_hidden = matches!(kind, ChartKind::Throughput | ChartKind::Ratio);
    if !over_hidden && options.x_max != AxisMax::AUTO {
        return Err(ChartError::Option { kind, option: "x-max", goes_with: "chart = throughput or ratio" });
    }
    let across = kind == ChartKind::Ratio || options.overlay == Some(Overlay::Gpu);
    if !across && options.mixed_methods {
        let goes_with = "chart = ratio or overlay = gpu";
        return Err(ChartError::Option { kind, option: "mixed-methods", goes_with });
    }
    if kind != ChartKind::Throughput && options.y_max != AxisMax::AUTO {
        return Err(ChartError::Option { kind, option: "y-max", goes_with: "chart = throughput" });
    }
    if kind != ChartKind::Throughput && options.overlay == Some(Overlay::Kernel) {
        return Err(ChartError::Option { kind, option: "overlay = kernel", goes_with: "chart = throughput" });
    }
    let grid_or_roof = matches!(kind, ChartKind::HeatMap | ChartKind::Roofline);
    if grid_or_roof && options.overlay.is_some() {
        return Err(ChartError::Option { kind, option: "overlay", goes_with: "chart = throughput or ratio" });
    }
    if kind == ChartKind::HeatMap && options.markers == Markers::Many {
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
