//! `hovera predict`: what a sweep would take.

use crate::args::Predict;
use crate::files::output::{self, NewFile};
use crate::files::reading::{Wanted, read_text};
use crate::forecasts::{library_here, of_another_library};
use crate::run::file_name::slug;
use crate::talk::counted::counted;
use crate::talk::voice::{Voice, shown};
use crate::{VERSION, exit, shell, specs};
use anyhow::{Context, Result, bail, ensure};
use hovera_core::{
    Convention, Engine, FrontMatter, Plan, Point, Results, Row, Software, Status, SweepInfo, SweepSpec, Tier,
};
use hovera_predict::{COVERAGE, Card, Predictor};
use std::path::{Path, PathBuf};

pub(crate) fn predict(args: &Predict, voice: Voice) -> Result<u8> {
    let name = shown(&args.spec);
    let spec = SweepSpec::parse(&name, &specs::read(&args.spec)?)?;
    let predictor = predictor(args)?;
    let (results, skipped) = of_spec(&spec, &predictor)?;
    let left_out = results.rows.iter().filter(|row| row.status == Status::Skipped).count();
    if let Some(reason) = &skipped {
        ensure!(left_out < results.rows.len(), "{name}: no point can be predicted: {reason}");
    }
    say(&predictor, results.rows.len() - left_out, voice);
    if let Some(here) = library_here(&predictor)
        && let Some(other) = of_another_library(&predictor, &here, "the library of this machine is")
    {
        voice.warn(&other);
    }
    if let Some(reason) = skipped {
        voice.warn(&format!("{} skipped, the first because {reason}", counted(left_out, "point")));
    }
    let path = match &args.output {
        Some(path) => path.clone(),
        None => PathBuf::from(format!("{}-{}-predicted.csv", spec.name(), slug(predictor.gpu()))),
    };
    let file = results.to_csv();
    let mut inputs = vec![args.spec.clone()];
    inputs.extend(args.card.clone());
    if path == Path::new("-") {
        output::print(file.as_bytes(), &inputs)?;
        return Ok(exit::DONE);
    }
    let new = NewFile::replacing(path.clone(), file.into_bytes(), refuse_what_was_measured);
    output::write(&[new], &inputs)?;
    voice.say(&format!("{}; draw it with: hovera plot {}", shown(&path), shell::argument(&path)));
    Ok(exit::DONE)
}

/// A results file of all points of a spec, and why the first of those is skipped that cannot be predicted.
pub(crate) fn of_spec(spec: &SweepSpec, predictor: &Predictor) -> Result<(Results, Option<String>)> {
    let plan = Plan::expand(spec, Engine::Cublas)?;
    let mut rows = Vec::with_capacity(plan.len());
    let mut skipped: Option<String> = None;
    for (point, said) in plan.points().iter().zip(predictor.predict_all(plan.points())) {
        rows.push(match said {
            Ok(forecast) => forecast.row(point),
            Err(reason) => {
                skipped.get_or_insert_with(|| reason.to_string());
                Row::bare(*point, 0, Status::Skipped, reason.to_string())
            }
        });
    }
    Ok((
        Results { front_matter: front_matter(spec, plan.points(), predictor), rows, sessions: Vec::new() },
        skipped,
    ))
}

fn predictor(args: &Predict) -> Result<Predictor> {
    let gpu = args.gpu.as_deref();
    match &args.card {
        Some(path) => {
            let card = read_card(path)?;
            Predictor::by_card(&card, gpu).context("--gpu")
        }
        None => Predictor::for_gpu(gpu.unwrap_or_default()).context("--gpu"),
    }
}

/// A card file.
pub(crate) fn read_card(path: &Path) -> Result<Card> {
    Ok(Card::read(&shown(path), &read_text(path, Wanted::Card)?)?)
}

/// What the predictions stand on.
fn say(predictor: &Predictor, predicted: usize, voice: Voice) {
    let (gpu, info) = (predictor.gpu(), predictor.info());
    voice.say(&format!(
        "{} predicted on {gpu}, by {} measured on {} with {}; intervals for {:.0} % of measured times",
        counted(predicted, "point"),
        counted(info.points as usize, "point"),
        info.card,
        info.library,
        100.0 * COVERAGE
    ));
    match predictor.tier() {
        Tier::Card => {}
        Tier::Family => voice.say(&format!(
            "no {gpu} was calibrated: the constants are of its family, with its own datasheet (tier = family)"
        )),
        _ => voice.warn(&format!(
            "no GPU of {gpu}'s generation was calibrated: the constants are of another family, with its own datasheet \
             (tier = datasheet); its kernels are not known, and the intervals are wide"
        )),
    }
}

fn front_matter(spec: &SweepSpec, points: &[Point], predictor: &Predictor) -> FrontMatter {
    let info = predictor.info().clone();
    let (version, revision) = match VERSION.split_once(" (") {
        Some((version, revision)) => (version, Some(revision.trim_end_matches(')').to_owned())),
        None => (VERSION, None),
    };
    FrontMatter {
        // The same bytes each time.
        started: String::new(),
        sweep: SweepInfo {
            name: spec.name().to_owned(),
            spec_hash: spec.canonical_hash(),
            spec: spec.text().to_owned(),
            shard: None,
        },
        source: None,
        method: predictor.method(),
        software: Software {
            hovera: version.to_owned(),
            revision,
            gemm: info.library.clone(),
            ..Software::default()
        },
        prediction: Some(info),
        device: vec![predictor.device()],
        convention: Convention::of(points),
        model: Vec::new(),
    }
}

/// An earlier prediction may be written over; what was measured is no version of anything.
fn refuse_what_was_measured(earlier: &Path) -> Result<()> {
    let name = shown(earlier);
    let text = read_text(earlier, Wanted::Results)?;
    let results = Results::parse(&name, &text)?;
    if results.front_matter.prediction.is_none() {
        bail!("{name}: is there already and was measured: move it away, or write to another name");
    }
    Ok(())
}
