//! `hovera compare`: results against results.

mod fleet;
mod terminal;

use crate::args::{self, Compare, ComparisonFormat, Percent};
use crate::exit;
use crate::files::inputs::{self, Content};
use crate::files::output::{self, NewFile};
use crate::talk::streams;
use crate::talk::voice::{Voice, printable};
use anyhow::{Context, Result, bail, ensure};
use hovera_analysis::{CompareOptions, ComparedFile, Comparison, Loss, Lost, Slower, Thresholds, WhyNot};
use hovera_core::Results;
use hovera_report::comparison as report;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// How many slower points are named.
const NAMED: usize = 10;

/// One results file, and which of its cards.
struct File {
    name: String,
    results: Results,
    device: Option<u32>,
}

impl File {
    fn source(&self) -> ComparedFile<'_> {
        ComparedFile { name: &self.name, results: &self.results, device: self.device }
    }
}

pub(crate) fn compare(args: &Compare, voice: Voice) -> Result<u8> {
    for path in &args.output {
        ensure!(
            args.fleet || !matches!(Format::by_ending(path)?, Format::Picture(_)),
            "{}: a picture is drawn of a fleet (--fleet); hovera plot --chart ratio draws these",
            path.display()
        );
    }
    let thresholds = Thresholds {
        margin: args.margin.0,
        false_discovery_rate: args.false_discovery_rate.0,
        run_to_run: args.run_to_run.map(|percent| percent.0),
    };
    if let Some(limit) = args.fail_if_slower {
        ensure!(
            limit.0 >= thresholds.margin,
            "--fail-if-slower {limit} lies within the margin of {}, where every ratio counts as the same; \
             give a smaller --margin too",
            args.margin
        );
    }
    if args.fleet {
        return fleet::fleet(args, thresholds, voice);
    }
    let options = CompareOptions {
        metric: args.y,
        at_clock: args.at_clock,
        stat: args.stat,
        across: args.across.iter().map(|across| (*across).into()).collect(),
        mixed_methods: args.mixed_methods,
        predicted: args.predicted,
        thresholds,
    };
    refuse_idle_clock(&options)?;
    let (bases, repeats) = (read_all(&args.results)?, read_all(&args.repeat)?);
    let comparison = Comparison::of_sources(&sources(&bases), &sources(&repeats), &options)?;
    let mut files = Vec::new();
    for path in &args.output {
        let text = match Format::by_ending(path)? {
            Format::Csv => report::csv(&comparison),
            Format::Json => report::json(&comparison),
            Format::Markdown => report::markdown(&comparison),
            // Refused above.
            Format::Picture(_) => continue,
        };
        files.push(NewFile::new(path.clone(), text.into_bytes()));
    }
    output::write_and_say(&files, &input_paths(args), voice)?;
    match args.format {
        ComparisonFormat::Bencher => streams::print(&report::bencher(&comparison))?,
        ComparisonFormat::Table if voice.quiet => {}
        ComparisonFormat::Table => streams::print(&terminal::describe(&comparison, streams::width()))?,
    }
    let Some(limit) = args.fail_if_slower else { return Ok(exit::DONE) };
    let lost = fail_if_lost(&comparison, args.allow_missing, voice);
    let slower = fail_if_slower(&comparison, limit, voice);
    Ok(if lost + slower > 0 { exit::INCOMPLETE } else { exit::DONE })
}

fn refuse_idle_clock(options: &CompareOptions) -> Result<()> {
    let (clock, metric) = (hovera_analysis::Metric::TflopsAtClock, options.metric);
    ensure!(
        options.at_clock.is_none() || metric == clock,
        "--at-clock goes with --y {clock}, not with {metric}"
    );
    Ok(())
}

#[derive(Clone, Copy)]
enum Format {
    Csv,
    Json,
    Markdown,
    Picture(args::Format),
}

impl Format {
    /// By the ending of a file's name.
    fn by_ending(path: &Path) -> Result<Format> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => Ok(Format::Csv),
            Some("json") => Ok(Format::Json),
            Some("md") => Ok(Format::Markdown),
            Some("svg") => Ok(Format::Picture(args::Format::Svg)),
            Some("png") => Ok(Format::Picture(args::Format::Png)),
            Some("pdf") => Ok(Format::Picture(args::Format::Pdf)),
            _ => bail!(
                "{}: want a name that ends in .csv, .json or .md, or of a fleet in .svg, .png or .pdf",
                path.display()
            ),
        }
    }
}

fn read_all(arguments: &[PathBuf]) -> Result<Vec<File>> {
    arguments.iter().map(|argument| read(argument)).collect()
}

/// The files that are compared, without the cards that are asked for.
fn input_paths(args: &Compare) -> Vec<PathBuf> {
    let arguments = args.results.iter().chain(&args.repeat);
    let files: Vec<PathBuf> = arguments.map(|argument| of_card(argument).0.to_owned()).collect();
    inputs::paths(&files)
}

/// `FILE@CARD` as its two parts, where no file has that very name.
fn of_card(argument: &Path) -> (&Path, Option<u32>) {
    let bytes = argument.as_os_str().as_bytes();
    let at = bytes.iter().rposition(|byte| *byte == b'@');
    let card = at.and_then(|at| {
        let card = std::str::from_utf8(&bytes[at + 1..]).ok()?.parse().ok()?;
        Some((Path::new(OsStr::from_bytes(&bytes[..at])), card))
    });
    match card {
        Some((file, card)) if !argument.exists() => (file, Some(card)),
        _ => (argument, None),
    }
}

fn sources(files: &[File]) -> Vec<ComparedFile<'_>> {
    files.iter().map(File::source).collect()
}

/// Reads `FILE`, `FILE@CARD` or `recorded:NAME`, which must stand for one results file.
fn read(argument: &Path) -> Result<File> {
    let (file, device) = of_card(argument);
    let argument = file.display();
    let mut inputs = inputs::read(file)?;
    if inputs.len() > 1 {
        let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
        bail!("{argument}: stands for {}; want one of them", names.join(", "));
    }
    let input = inputs.pop().with_context(|| format!("{argument}: nothing to read"))?;
    match input.content {
        Content::Results(results) => Ok(File { name: input.name, results: *results, device }),
        Content::Readings(_) => {
            bail!("{argument}: published readings have no times to compare; want a results file")
        }
    }
}

/// Says the first of some lines, and how many there are more.
fn name(lines: &[String], mut say: impl FnMut(&str)) {
    lines.iter().take(NAMED).for_each(|line| say(line));
    if lines.len() > NAMED {
        say(&format!("and {} more such lines; -o FILE has all", lines.len() - NAMED));
    }
}

/// Names the points that were measured in the base and are not any more, a line for each op and series; how many of
/// them may not be lost.
fn fail_if_lost(comparison: &Comparison, allow_missing: bool, voice: Voice) -> usize {
    let lost = comparison.lost();
    let (allowed, lost): (Vec<&Lost>, Vec<&Lost>) =
        lost.iter().partition(|lost| allow_missing && lost.loss == Loss::Missing);
    let lines = |lost: &[&Lost]| -> Vec<String> {
        lost.iter().map(|lost| printable(&report::lost_in_words(comparison, lost))).collect()
    };
    name(&lines(&allowed), |line| voice.warn(line));
    name(&lines(&lost), |line| voice.error(line));
    let points: usize = lost.iter().map(|lost| lost.points.len()).sum();
    if points > 0 {
        let are = if points == 1 { "1 point has".to_owned() } else { format!("{points} points have") };
        voice.error(&format!("{are} a value in the base and none after"));
    }
    for (other, side) in comparison.sides.iter().enumerate().skip(1) {
        let new = comparison
            .unmatched
            .iter()
            .filter(|it| it.other == other && it.why == WhyNot::OnlyInOther)
            .count();
        if new > 0 {
            let label = printable(&side.label);
            voice.say(&format!("{label}: {new} points are not in the base, and are not compared"));
        }
    }
    points
}

/// Names what is slower than it may be; how much of it.
fn fail_if_slower(comparison: &Comparison, limit: Percent, voice: Voice) -> usize {
    let slower: Vec<String> = comparison.slower_by(limit.0).map(|slower| named(comparison, slower)).collect();
    for line in slower.iter().take(NAMED) {
        voice.error(line);
    }
    if slower.is_empty() {
        voice.say(&format!("nothing is called slower by {limit} or more"));
        return 0;
    }
    let rest = slower.len().saturating_sub(NAMED);
    let more = if rest > 0 { format!(", {rest} of them not named here") } else { String::new() };
    voice.error(&format!("{} slower by {limit} or more{more}", slower.len()));
    slower.len()
}

fn named(comparison: &Comparison, slower: Slower<'_>) -> String {
    let (other, what, ratio) = match slower {
        Slower::Summary(summary) => {
            let series = summary.series.map_or_else(|| "all".to_owned(), |series| format!("h/a = {series}"));
            (
                summary.other,
                format!("{} {series}, mean of {}", summary.op_in_words(), summary.points),
                summary.ratio,
            )
        }
        Slower::Point(point) => {
            (point.other, format!("{} {}", point.point.op, point.point.size_in_words()), point.ratio)
        }
    };
    let label = printable(&comparison.sides[other].label);
    format!("{label}: {what}: ratio {:.3}, {:.3} to {:.3}", ratio.ratio, ratio.low, ratio.high)
}
