//! `hovera plot`: results into charts.

use crate::args::{Format, Plot};
use crate::exit;
use crate::inputs::{self, Content, Input};
use crate::output::{self, NewFile};
use crate::voice::{Voice, shown};
use anyhow::{Context, Result, bail, ensure};
use hovera_analysis::Metric;
use hovera_plot::{ChartKind, ChartOptions, Figure, NamedChart, Overlay};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};

/// Longer starts of file names are not made of the names of several files.
const MAX_STEM: usize = 150;

pub(crate) fn plot(args: &Plot, voice: Voice) -> Result<u8> {
    let mut inputs = Vec::new();
    for argument in &args.results {
        inputs.extend(inputs::read(argument)?);
    }
    let options = ChartOptions {
        kind: args.chart.into(),
        metric: args.y,
        at_clock: args.at_clock,
        stat: args.stat,
        overlay: args.overlay.map(Into::into),
        y_max: args.y_max,
        markers: args.markers,
        caption: !args.no_caption,
    };
    refuse_idle_clock(&options)?;
    let mut names = BTreeSet::new();
    let mut charts = Vec::new();
    for group in groups(&inputs, &options) {
        let stem = stem(group);
        for chart in charts_of(group, &options)? {
            let mut name = stem.clone();
            name.push(format!("-{}", chart.stem));
            ensure!(
                names.insert(name.clone()),
                "two of the charts would be called {}; plot the files one by one",
                name.display()
            );
            charts.push((name, chart));
        }
    }
    ensure!(!charts.is_empty(), "{}: no rows, so there is nothing to draw", inputs::in_words(&args.results));
    // One that is asked for twice is drawn once.
    let mut formats = args.format.clone();
    formats.sort_unstable();
    formats.dedup();
    let mut files = Vec::new();
    for (name, chart) in &charts {
        for note in &chart.notes {
            voice.say(&format!("{}: {note}", shown(name)));
        }
        let figure = Figure::draw(&chart.chart).with_context(|| name.display().to_string())?;
        for format in &formats {
            let mut file = name.clone();
            file.push(format!(".{}", format.extension()));
            files.push(NewFile::new(args.output.join(file), encode(&figure, *format)?));
        }
    }
    output::make_folder(&args.output)?;
    output::write_and_say(&files, &inputs::paths(&args.results), voice)?;
    Ok(exit::DONE)
}

/// The inputs that share charts: all of them where cards are compared, else each by itself.
pub(crate) fn groups<'a>(inputs: &'a [Input], options: &ChartOptions) -> std::slice::Chunks<'a, Input> {
    let across = match options.overlay {
        None => options.kind == ChartKind::Ratio,
        Some(overlay) => overlay == Overlay::Gpu,
    };
    inputs.chunks(if across { inputs.len().max(1) } else { 1 })
}

/// The start of the file names of what is drawn from some inputs.
fn stem(inputs: &[Input]) -> OsString {
    let mut stems: Vec<&OsStr> = inputs.iter().map(|input| input.stem.as_os_str()).collect();
    stems.dedup();
    let joined = stems.join(OsStr::new("-and-"));
    // A file name has 255 bytes at most, and the chart's own part follows.
    if joined.len() <= MAX_STEM { joined } else { stems[0].to_owned() }
}

/// The charts of the inputs that share them, in a fixed order.
pub(crate) fn charts_of(inputs: &[Input], options: &ChartOptions) -> Result<Vec<NamedChart>> {
    let name = || inputs.iter().map(|input| input.name.as_str()).collect::<Vec<_>>().join(", ");
    if let [Input { content: Content::Readings(readings), .. }] = inputs {
        return hovera_plot::readings_charts(readings, options).with_context(name);
    }
    let mut results = Vec::new();
    for input in inputs {
        match &input.content {
            Content::Results(file) => results.push(&**file),
            Content::Readings(_) => {
                bail!("{}: published readings cannot be compared; want results files", input.name)
            }
        }
    }
    hovera_plot::charts_across(&results, options).with_context(name)
}

/// A clock that nothing is drawn at is a mistake.
pub(crate) fn refuse_idle_clock(options: &ChartOptions) -> Result<()> {
    let (clock, metric) = (Metric::TflopsAtClock, options.metric);
    ensure!(
        options.at_clock.is_none() || metric == clock,
        "at-clock goes with y = {clock}, not with {metric}"
    );
    Ok(())
}

pub(crate) fn encode(figure: &Figure, format: Format) -> Result<Vec<u8>> {
    Ok(match format {
        Format::Svg => figure.svg().as_bytes().to_vec(),
        Format::Png => figure.png()?,
        Format::Pdf => figure.pdf()?,
    })
}
