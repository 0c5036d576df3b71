//! `hovera demo`: the two charts and a report, before anything else is known of this program.

use crate::args::{BackendName, Demo, Format, Measuring};
use crate::files::inputs::{self, Input};
use crate::files::output::{self, NewFile};
use crate::run::Asked;
use crate::talk::voice::{Voice, printable, shown};
use crate::talk::{desktop, streams};
use crate::{exit, plot, report, specs};
use anyhow::{Context, Result, ensure};
use hovera_core::{CostModel, Datasheet, Engine, Plan, Processor, SweepSpec};
use hovera_plot::{ChartOptions, Figure};
use std::path::{Path, PathBuf};

/// What is shown where there is no GPU: the first is drawn, and the report is of both.
const RECORDED: [&str; 2] =
    ["recorded:nvidia-h100-80gb-hbm3/attention-a12", "recorded:nvidia-h200/attention-a12"];
/// The spec of the two charts, and the line of it that says how many head dims of each series it has.
const SPEC: &str = "attention-a12";
const PER_SERIES: &str = "per_series = 64";
/// As many of each series as a card measures in so many seconds, by the estimate.
const CHOICES: [u32; 4] = [64, 32, 16, 8];
const SECONDS: f64 = 45.0;

pub(crate) fn demo(args: &Demo, voice: Voice) -> Result<u8> {
    let gpu = if args.recorded { None } else { gpu(voice) };
    let folder = new_folder(args.output.as_deref())?;
    let mut code = exit::DONE;
    let results = match gpu {
        Some(name) => {
            let results = folder.join("results.csv");
            code = measure(&name, &results, voice)?;
            // A sweep that was stopped said so, and may not have a row.
            if code > exit::INCOMPLETE {
                return Ok(code);
            }
            vec![results]
        }
        None => RECORDED.map(PathBuf::from).to_vec(),
    };
    let mut files = charts(&results[0], &folder)?;
    let page = folder.join("report.html");
    files.extend(
        report::files(&results, &page)?
            .into_iter()
            .map(|file| NewFile::new(folder.join(file.name), file.bytes)),
    );
    output::write_and_say(&files, &inputs::paths(&results), voice)?;
    if !args.no_open && !voice.quiet && desktop::open(&page) {
        voice.say("The report is open in your browser.");
    } else {
        voice.say(&format!("Open {} in a browser.", shown(&page)));
    }
    Ok(code)
}

/// The first GPU; none, which is said, where there is none that can be used.
fn gpu(voice: Voice) -> Option<String> {
    let why = match hovera_cuda::devices() {
        Ok(devices) => match devices.into_iter().next() {
            Some(first) => return Some(first.device.name),
            None => "there is none".to_owned(),
        },
        Err(error) => error.to_string(),
    };
    voice.say(&format!("No GPU can be used here: {}", first_line(&why)));
    voice.say("The charts are those of an H100, the report is of an H100 and an H200; both are recorded in this program.");
    None
}

/// The error itself; `hovera devices` has what was tried as well.
fn first_line(why: &str) -> &str {
    why.lines().next().unwrap_or_default()
}

/// A folder that is new or empty.
fn new_folder(asked: Option<&Path>) -> Result<PathBuf> {
    let folder = match asked {
        Some(folder) => folder.to_owned(),
        None => {
            let numbered = (2..).map(|number| PathBuf::from(format!("hovera-demo-{number}")));
            let mut names = std::iter::once(PathBuf::from("hovera-demo")).chain(numbered);
            names.find(|name| !name.exists()).context("no name is left for the folder")?
        }
    };
    let is_empty = || std::fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_none());
    ensure!(
        !folder.exists() || is_empty(),
        "{}: is there already; want the name of a new folder, so that nothing is written over",
        shown(&folder)
    );
    output::make_folder(&folder)?;
    Ok(folder)
}

/// The sweep of the two charts, with as many head dims as this card measures in less than a minute; the exit code.
fn measure(card: &str, results: &Path, voice: Voice) -> Result<u8> {
    let spec = spec_for(card)?;
    let measuring = Measuring {
        output: Some(results.to_owned()),
        backend: BackendName::Auto,
        device: None,
        engine: None,
        strict: false,
        max_point_time: None,
        resume: false,
        verbose: false,
    };
    let asked = Asked { name: SPEC.to_owned(), spec, models: Vec::new(), shard: None, dry_run: false };
    Ok(asked.measure(&measuring, voice)?.code)
}

fn spec_for(card: &str) -> Result<SweepSpec> {
    let text = specs::read(Path::new(SPEC))?;
    let of = |per_series: u32| -> Result<(SweepSpec, f64)> {
        let text = text.replace(PER_SERIES, &format!("per_series = {per_series}"));
        let spec = SweepSpec::parse(SPEC, &text)?;
        // In the order that a run takes: out of order, cards would rest far longer than they do.
        let plan = Plan::expand(&spec, Engine::Cublas)?.in_measuring_order(spec.method());
        let cost = CostModel::new(Processor::named(card, None), spec.method());
        let seconds = cost.sweep_seconds(plan.points(), 1);
        Ok((spec, seconds))
    };
    // How long a GPU without a datasheet takes is not known.
    let is_known = Datasheet::lookup(card).is_some();
    for per_series in CHOICES {
        let (spec, seconds) = of(per_series)?;
        if is_known && seconds <= SECONDS {
            return Ok(spec);
        }
    }
    Ok(of(CHOICES[CHOICES.len() - 1])?.0)
}

/// Both charts as SVG and PNG.
fn charts<'a>(results: &Path, folder: &Path) -> Result<Vec<NewFile<'a>>> {
    let inputs: Vec<Input> = inputs::read(results)?;
    let mut files = Vec::new();
    for named in plot::charts_of(&inputs, &[], &ChartOptions::default())?.iter().filter(|it| !it.is_empty()) {
        let figure = Figure::draw(&named.chart).with_context(|| named.stem.clone())?;
        for format in [Format::Svg, Format::Png] {
            let file = folder.join(format!("{}.{}", named.stem, format.extension()));
            files.push(NewFile::new(file, plot::encode(&figure, format)?));
        }
    }
    Ok(files)
}

/// What `hovera` alone says: what is here, and what to do first.
pub(crate) fn first_steps() -> Result<u8> {
    let (here, first) = match hovera_cuda::devices() {
        Ok(devices) if !devices.is_empty() => {
            let names: Vec<String> =
                devices.iter().map(|it| format!("  GPU {}: {}\n", it.ordinal, it.device.name)).collect();
            let spoilt = devices.iter().any(|it| !it.troubles.is_empty());
            let advice = if spoilt {
                "  hovera devices               says what would spoil a measurement on it now\n"
            } else {
                ""
            };
            (
                format!("This machine has\n{}", names.concat()),
                format!(
                    "{advice}  hovera demo                  both published charts of this GPU and a report, in a minute\n  \
                     hovera run attention-a12     the same sweep into a results file\n"
                ),
            )
        }
        found => {
            let why =
                found.err().map(|why| format!(": {}", first_line(&why.to_string()))).unwrap_or_default();
            (
                format!("No GPU can be used here{why}\n"),
                "  hovera demo                  both published charts and a report, of an H100 and an H200 that are recorded\n  \
                 hovera devices               what was tried to find a GPU\n  \
                 hovera run quick-cpu --backend cpu\n                               a small sweep on this machine's CPU\n"
                    .to_owned(),
            )
        }
    };
    let text = format!(
        "hovera {version}: how fast the GEMMs of attention and of transformers run on a GPU, and why.\n\n{here}\n\
         First:\n{first}\n\
         Then:\n  \
         hovera specs                 the sweeps that can be measured, with their points and time\n  \
         hovera recorded              the sweeps that real GPUs measured\n  \
         hovera help                  all commands\n",
        version = crate::VERSION,
    );
    streams::print(&printable(&text))?;
    Ok(exit::DONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_card_measures_fewer_head_dims_and_a_fast_one_all() {
        let points =
            |card: &str| Plan::expand(&spec_for(card).unwrap(), Engine::Cublas).unwrap().points().len();
        assert_eq!(points("NVIDIA H100 80GB HBM3"), 810);
        assert!((100..500).contains(&points("Tesla T4")), "{}", points("Tesla T4"));
    }
}
