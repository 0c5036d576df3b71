//! `hovera plot`: results into charts.

use crate::args::{Format, Plot, markers};
use crate::exit;
use crate::files::inputs::{self, Content, Input};
use crate::files::output::{self, NewFile};
use crate::model::shares;
use crate::talk::counted::counted;
use crate::talk::streams;
use crate::talk::voice::{Voice, shown};
use anyhow::{Context, Result, bail, ensure};
use hovera_analysis::{Filter, Metric};
use hovera_plot::{AxisMax, ChartKind, ChartOptions, Figure, Markers, NamedChart, NamedResults};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Longer starts of file names are not made of the names of several files.
const MAX_STEM: usize = 150;

pub(crate) fn plot(args: &Plot, voice: Voice) -> Result<u8> {
    let mut inputs = Vec::new();
    for argument in &args.results {
        inputs.extend(inputs::read(argument)?);
    }
    let asked = args.chart.map(ChartKind::from);
    let options = ChartOptions {
        kind: asked.unwrap_or(ChartKind::Throughput),
        x: args.x,
        by: args.by,
        metric: args.y,
        at_clock: args.at_clock,
        stat: args.stat,
        overlay: args.overlay.map(Into::into),
        x_max: args.x_max,
        y_max: args.y_max,
        markers: markers(args.markers, args.plain),
        mixed_methods: args.mixed_methods,
        subtitle: !args.plain,
        caption: !args.no_caption,
    };
    refuse_idle_clock(&options)?;
    let mut names = BTreeSet::new();
    let mut charts = Vec::new();
    let groups = groups(&inputs, &options);
    let folder = match &args.output {
        Some(folder) => folder.clone(),
        None => usual_folder(&args.results, groups.len()),
    };
    for group in groups {
        let stem = stem(group);
        let options = ChartOptions { kind: asked.unwrap_or_else(|| suited_kind(group, &options)), ..options };
        for chart in charts_of(group, &args.only, &options)? {
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
    if args.terminal {
        return on_terminal(&charts, voice);
    }
    // One that is asked for twice is drawn once.
    let mut formats = args.format.clone();
    formats.sort_unstable();
    formats.dedup();
    let mut files = Vec::new();
    let mut empty = Vec::new();
    for (name, chart) in &charts {
        if chart.is_empty() {
            empty.push(nothing_to_draw(name, chart));
            continue;
        }
        for note in &chart.notes {
            voice.say(&format!("{}: {note}", shown(name)));
        }
        let figure = Figure::draw(&chart.chart).with_context(|| name.display().to_string())?;
        for format in &formats {
            let mut file = name.clone();
            file.push(format!(".{}", format.extension()));
            files.push(NewFile::new(folder.join(file), encode(&figure, *format)?));
        }
    }
    ensure!(!files.is_empty(), "{}", empty.join("; "));
    for nothing in empty {
        voice.warn(&nothing);
    }
    output::make_folder(&folder)?;
    output::write_and_say(&files, &inputs::paths(&args.results), voice)?;
    if args.output.is_none() && folder != Path::new(".") {
        voice.say(&format!("{} are in {}", counted(files.len(), "file"), folder.display()));
    }
    Ok(exit::DONE)
}

/// The charts of lines as text. What is no terminal gets the same text whatever reads it.
fn on_terminal(charts: &[(OsString, NamedChart)], voice: Voice) -> Result<u8> {
    /// What is no terminal, and no wider than a person reads at once.
    const COLUMNS: usize = 100;
    const LINES: u16 = 24;
    let columns = streams::width().map_or(COLUMNS, |width| width.min(COLUMNS + COLUMNS / 2));
    let mut drawn = false;
    for (name, chart) in charts {
        let text = match chart.is_empty() {
            true => None,
            false => hovera_plot::terminal_text(&chart.chart, columns.try_into().unwrap_or(u16::MAX), LINES)
                .with_context(|| name.display().to_string())?,
        };
        let Some(text) = text else {
            voice.warn(&format!("{}: only charts of lines and points are drawn as text", shown(name)));
            continue;
        };
        for note in &chart.notes {
            voice.say(&format!("{}: {note}", shown(name)));
        }
        streams::print(&(if drawn { "\n".to_owned() + &text } else { text }))?;
        drawn = true;
    }
    ensure!(drawn, "nothing to draw as text; without --terminal the charts are written to files");
    Ok(exit::DONE)
}

/// Why a chart is not written.
fn nothing_to_draw(name: &OsStr, chart: &NamedChart) -> String {
    let why: Vec<String> = chart.notes.iter().map(ToString::to_string).collect();
    let why = if why.is_empty() { "no row has a time".to_owned() } else { why.join(", ") };
    format!("{}: nothing to draw, no file written: {why}", name.display())
}

/// The kind of chart where none is asked for: the one that suits a sweep, if all that was asked for goes with it.
pub(crate) fn suited_kind(group: &[Input], options: &ChartOptions) -> ChartKind {
    let goes_with_any = options.overlay.is_none()
        && options.x.is_none()
        && options.by.is_none()
        && options.x_max == AxisMax::AUTO
        && options.y_max == AxisMax::AUTO
        && options.markers != Markers::Many;
    match group {
        [Input { content: Content::Results(results), .. }] if goes_with_any => {
            hovera_plot::suited_kind(results)
        }
        _ => ChartKind::Throughput,
    }
}

/// Where charts go when nothing is said: here, but those of several sweeps, which can be a hundred files, into a folder.
fn usual_folder(arguments: &[PathBuf], sweeps: usize) -> PathBuf {
    match arguments {
        _ if sweeps < 2 => PathBuf::from("."),
        [one] => PathBuf::from(inputs::recorded_name(one).unwrap_or("charts")),
        _ => PathBuf::from("charts"),
    }
}

/// The inputs that share charts: all of them where cards are compared, else each by itself.
pub(crate) fn groups<'a>(inputs: &'a [Input], options: &ChartOptions) -> std::slice::Chunks<'a, Input> {
    let of_models = options.kind == ChartKind::Shares && shares::are_of_models(inputs);
    inputs.chunks(if options.compares_gpus() || of_models { inputs.len().max(1) } else { 1 })
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
pub(crate) fn charts_of(
    inputs: &[Input],
    only: &[Filter],
    options: &ChartOptions,
) -> Result<Vec<NamedChart>> {
    let name = || inputs.iter().map(|input| input.name.as_str()).collect::<Vec<_>>().join(", ");
    if let [Input { content: Content::Readings(readings), .. }] = inputs {
        ensure!(
            only.is_empty(),
            "{}: published readings are drawn as they are; want results files for where",
            name()
        );
        return hovera_plot::readings_charts(readings, options).with_context(name);
    }
    if options.kind == ChartKind::Shares && shares::are_of_models(inputs) {
        ensure!(only.is_empty(), "{}: a model is drawn as a whole; leave out where", name());
        return Ok(vec![shares::chart(inputs, options)?]);
    }
    let (mut results, mut read) = (Vec::new(), Vec::new());
    for input in inputs {
        match &input.content {
            Content::Results(file) => {
                results.push(NamedResults { name: input.stem.to_str().unwrap_or(&input.name), results: file })
            }
            Content::Readings(readings) => read.push((&input.name, readings)),
        }
    }
    if let Some((file, _)) =
        read.first().filter(|_| results.len() != 1 || options.kind != ChartKind::Throughput)
    {
        bail!(
            "{file}: published readings cannot be compared; want one results file, over whose lines they are laid"
        );
    }
    // Readings are laid over the lines of one file, whose cards are not held against each other.
    let overlay = options.overlay.filter(|_| read.is_empty());
    let options = ChartOptions { overlay, ..*options };
    let mut charts = hovera_plot::charts_across(&results, only, &options).with_context(name)?;
    for (file, readings) in read {
        charts = hovera_plot::with_readings(charts, readings).with_context(|| file.clone())?;
    }
    Ok(charts)
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
