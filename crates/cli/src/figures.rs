//! `hovera figures`: the figures of the repository from the results that are in it.

use crate::args::{Chart, Figures, Format, Overlay, markers};
use crate::files::inputs::{self, Content, Input};
use crate::files::output::{self, NewFile};
use crate::files::reading::{Wanted, read_text};
use crate::plot;
use crate::talk::counted::{counted, counted_with};
use crate::talk::voice::Voice;
use crate::{exit, predict, report, specs};
use anyhow::{Context, Result, bail, ensure};
use hovera_analysis::{Dimension, Filter, Metric};
use hovera_core::{SweepSpec, UnknownWord};
use hovera_plot::{AxisMax, ChartKind, ChartOptions, Figure};
use hovera_predict::Predictor;
use hovera_report::OutputFile;
use serde::Deserialize;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

/// figures.toml.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FigureList {
    #[serde(default)]
    figure: Vec<Entry>,
    #[serde(default)]
    report: Vec<ReportEntry>,
}

/// A spec that is built in, and the GPU that it is predicted for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Predict {
    spec: String,
    gpu: String,
}

impl Predict {
    fn input(&self) -> Result<Input> {
        let spec = SweepSpec::parse(&self.spec, &specs::read(Path::new(&self.spec))?)?;
        let (results, _) = predict::of_spec(&spec, &Predictor::for_gpu(&self.gpu)?)?;
        let name = format!("{} predicted for {}", self.spec, self.gpu);
        Ok(Input { stem: self.spec.clone().into(), name, content: Content::Results(Box::new(results)) })
    }
}

/// One report of some results files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportEntry {
    /// The report's name; its ending says what it is.
    file: String,
    /// The results files, seen from the folder of figures.toml.
    results: Vec<String>,
}

/// One set of charts from one results file, or from several that are compared.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Start of the file names; the chart's own stem follows.
    name: String,
    /// The results files, seen from the folder of figures.toml.
    results: OneOrMore,
    /// What the built-in constants of a GPU say of a spec, ahead of the results.
    predict: Option<Predict>,
    /// Formats to draw; all three where none are listed.
    #[serde(default = "all_formats")]
    formats: Vec<Format>,
    /// What kind of chart, a word of `hovera plot --chart`.
    chart: Option<Chart>,
    /// What charts are over, a word of `hovera plot --x`.
    x: Option<Dimension>,
    /// What tells lines apart, a word of `hovera plot --by`.
    by: Option<Dimension>,
    /// Which rows are drawn, as `hovera plot --where` has it.
    #[serde(default, rename = "where")]
    only: Vec<String>,
    /// What is drawn, a word of `hovera plot --y`.
    #[serde(default = "tflops", deserialize_with = "metric")]
    y: Metric,
    /// The SM clock of `tflops-at-clock` in MHz, where it is not the card's rated boost clock.
    at_clock: Option<NonZeroU32>,
    /// What shares a chart, told apart by the style of the lines.
    overlay: Option<Overlay>,
    /// Right end of the horizontal axis, where the chart's own rule is not wanted.
    x_max: Option<f64>,
    /// Upper end of the vertical axis, where the chart's own rule is not wanted.
    y_max: Option<f64>,
    /// Ratios of times that were taken by different methods.
    #[serde(default)]
    mixed_methods: bool,
    /// As many markers as do not touch on each line.
    #[serde(default)]
    markers: bool,
    /// The bare look of the published charts.
    #[serde(default)]
    plain: bool,
}

/// `results = "one.csv"` or `results = ["one.csv", "another.csv"]`.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "want a file name or a list of them")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn names(&self) -> &[String] {
        match self {
            OneOrMore::One(name) => std::slice::from_ref(name),
            OneOrMore::More(names) => names,
        }
    }
}

fn all_formats() -> Vec<Format> {
    Format::ALL.to_vec()
}

fn tflops() -> Metric {
    Metric::Tflops
}

fn metric<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Metric, D::Error> {
    let word = String::deserialize(deserializer)?;
    word.parse().map_err(|error: UnknownWord| {
        serde::de::Error::custom(format!("y = {:?}: want {}", error.value, error.choices))
    })
}

pub(crate) fn figures(args: &Figures, voice: Voice) -> Result<u8> {
    let path = args.dir.join("figures.toml");
    let name = path.display().to_string();
    let text = read_text(&path, Wanted::FigureList)
        .context("run this in the repository, or name the folder with --dir")?;
    let list: FigureList = toml::from_str(&text).with_context(|| name.clone())?;
    ensure!(
        !(list.figure.is_empty() && list.report.is_empty()),
        "{name}: lists no [[figure]] and no [[report]]"
    );

    let mut drawn = Vec::new();
    for entry in &list.figure {
        drawn.extend(files(entry, &args.dir, &name)?);
    }
    for entry in &list.report {
        drawn.extend(report_files(entry, &args.dir, &name)?.into_iter().map(|file| (file.name, file.bytes)));
    }
    if !args.check {
        let new = |(file, bytes): (String, Vec<u8>)| NewFile::new(args.dir.join(file), bytes);
        let files: Vec<_> = drawn.into_iter().map(new).collect();
        output::write_and_say(&files, &input_paths(&list, args, path), voice)?;
        voice.say(&format!("{} drawn", counted(files.len(), "figure")));
        return Ok(exit::DONE);
    }
    let differs =
        |file: &str, bytes: &[u8]| std::fs::read(args.dir.join(file)).ok().as_deref() != Some(bytes);
    let stale: Vec<&str> =
        drawn.iter().filter(|(file, bytes)| differs(file, bytes)).map(|(file, _)| file.as_str()).collect();
    if stale.is_empty() {
        voice.say(&format!("{} up to date", counted_with(drawn.len(), "figure", ["is", "are"])));
        return Ok(exit::DONE);
    }
    voice.error(&format!("stale: {}; draw them again with: hovera figures", stale.join(", ")));
    Ok(exit::INCOMPLETE)
}

/// The list and the results that it names.
fn input_paths(list: &FigureList, args: &Figures, path: PathBuf) -> Vec<PathBuf> {
    let of_figures = list.figure.iter().flat_map(|entry| entry.results.names());
    let of_reports = list.report.iter().flat_map(|entry| &entry.results);
    let results = of_figures.chain(of_reports).map(|results| args.dir.join(results));
    std::iter::once(path).chain(results).collect()
}

/// Refuses a name that could lead out of the folder.
fn check_name(list: &str, key: &str, name: &str) -> Result<()> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || !name.chars().all(legal) {
        bail!("{list}: {key} = {name:?}: want letters, digits, '-', '_' and '.'");
    }
    Ok(())
}

fn report_files(entry: &ReportEntry, dir: &Path, list: &str) -> Result<Vec<OutputFile>> {
    check_name(list, "file", &entry.file)?;
    let results: Vec<PathBuf> = entry.results.iter().map(|results| dir.join(results)).collect();
    report::files(&results, Path::new(&entry.file)).with_context(|| format!("{list}: report {}", entry.file))
}

/// File names and contents of one entry of the list.
fn files(entry: &Entry, dir: &Path, list: &str) -> Result<Vec<(String, Vec<u8>)>> {
    check_name(list, "name", &entry.name)?;
    let end = |key: &str, value: Option<f64>| match value {
        None => Ok(AxisMax::AUTO),
        Some(value) => AxisMax::fixed(value).with_context(|| format!("{list}: figure {}: {key}", entry.name)),
    };
    let asked = entry.chart.map(ChartKind::from);
    let options = ChartOptions {
        kind: asked.unwrap_or(ChartKind::Throughput),
        x: entry.x,
        by: entry.by,
        metric: entry.y,
        at_clock: entry.at_clock,
        overlay: entry.overlay.map(Into::into),
        x_max: end("x_max", entry.x_max)?,
        y_max: end("y_max", entry.y_max)?,
        markers: markers(entry.markers, entry.plain),
        mixed_methods: entry.mixed_methods,
        subtitle: !entry.plain,
        ..ChartOptions::default()
    };
    plot::refuse_idle_clock(&options).with_context(|| format!("{list}: figure {}", entry.name))?;
    let figure = || format!("{list}: figure {}", entry.name);
    let only: Vec<Filter> =
        entry.only.iter().map(|text| text.parse()).collect::<Result<_, _>>().with_context(figure)?;
    let mut inputs = Vec::new();
    if let Some(predict) = &entry.predict {
        inputs.push(predict.input().with_context(figure)?);
    }
    for results in entry.results.names() {
        inputs.extend(inputs::read(&dir.join(results))?);
    }
    let mut files = Vec::new();
    for group in plot::groups(&inputs, &options) {
        let kind = asked.unwrap_or_else(|| plot::suited_kind(group, &options));
        let options = ChartOptions { kind, ..options };
        for chart in plot::charts_of(group, &only, &options).with_context(figure)? {
            if chart.is_empty() {
                continue;
            }
            let drawn = Figure::draw(&chart.chart).with_context(figure)?;
            for format in &entry.formats {
                let file = format!("{}-{}.{}", entry.name, chart.stem, format.extension());
                files.push((file, plot::encode(&drawn, *format)?));
            }
        }
    }
    let mut names: Vec<&String> = files.iter().map(|(file, _)| file).collect();
    names.sort();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        bail!("{}: two charts would be called {}; give each of the files a figure", figure(), twice[0]);
    }
    ensure!(!files.is_empty(), "{}: {} has no point to draw", figure(), entry.results.names().join(", "));
    Ok(files)
}
