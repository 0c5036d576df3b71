//! `hovera plot`: results into charts.

use crate::args::{Format, Plot};
use crate::exit;
use crate::inputs::{self, Content, Input};
use crate::voice::Voice;
use anyhow::{Context, Result, ensure};
use hovera_core::Metric;
use hovera_plot::{ChartOptions, Figure, NamedChart};
use std::collections::BTreeSet;
use std::path::Path;

pub(crate) fn plot(args: &Plot, voice: Voice) -> Result<u8> {
    let mut inputs = Vec::new();
    for argument in &args.results {
        inputs.extend(inputs::read(argument)?);
    }
    let options = ChartOptions {
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
    for input in &inputs {
        for chart in charts_of(input, &options)? {
            let name = format!("{}-{}", input.stem, chart.stem);
            ensure!(
                names.insert(name.clone()),
                "two of the charts would be called {name}; plot the files one by one"
            );
            charts.push((name, chart));
        }
    }
    ensure!(
        !charts.is_empty(),
        "{}: no attention product (op score or values) to draw",
        args.results.join(", ")
    );
    std::fs::create_dir_all(&args.output)
        .with_context(|| format!("{}: cannot create the folder", args.output.display()))?;
    for (name, chart) in &charts {
        for note in &chart.notes {
            voice.say(&format!("{name}: {note}"));
        }
        let figure = Figure::draw(&chart.chart).with_context(|| name.clone())?;
        for format in &args.format {
            let path = args.output.join(format!("{name}.{}", format.extension()));
            write(&path, &encode(&figure, *format)?)?;
            voice.say(&format!("{}", path.display()));
        }
    }
    Ok(exit::DONE)
}

/// The charts of one input, in a fixed order.
pub(crate) fn charts_of(input: &Input, options: &ChartOptions) -> Result<Vec<NamedChart>> {
    match &input.content {
        Content::Results(results) => hovera_plot::charts(results, options),
        Content::Readings(readings) => hovera_plot::readings_charts(readings, options),
    }
    .with_context(|| input.name.clone())
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

pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("{}: cannot write", path.display()))
}
