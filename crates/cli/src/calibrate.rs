//! `hovera calibrate`: a card file of a few measured points.

use crate::args::{BackendName, Calibrate, Devices, Measuring};
use crate::files::inputs::{self, Content};
use crate::files::output::{self, NewFile};
use crate::run;
use crate::talk::counted::counted;
use crate::talk::voice::{Voice, shown};
use crate::{exit, shell};
use anyhow::{Context, Result, bail, ensure};
use hovera_core::{CostModel, Dtype, Engine, Gemm, Layout, Plan, Processor, Results, SweepSpec, in_percent};
use hovera_model::{LaidOutGemm, spec};
use hovera_predict::{
    CalibrationPoint, Card, Class, Family, measured_points, points_to_measure, spread_points,
};
use std::collections::BTreeSet;

/// What the measuring of a card may take, by the estimate, in s.
const BUDGET_S: f64 = 4.0;

/// More points say little more.
const MOST_POINTS: usize = 80;
/// Of files, no more unless they are asked for: the time of a fit grows with their cube.
const MOST_OF_FILES: usize = 400;
/// Fewer do not tell the classes apart.
const FEWEST_POINTS: usize = 12;

/// The method of a calibration, beside the usual: each point stands for its neighbours, so that no point has to be known as
/// well as in a sweep.
const METHOD: &str =
    "\n[method]\nci_target = 0.02\nmax_point_seconds = 0.5\nrun_in_seconds = 0.3\nsentinel_every = 0\n";

pub(crate) fn calibrate(args: &Calibrate, voice: Voice) -> Result<u8> {
    let (gpu, library, mut points) =
        if args.results.is_empty() { measure(args, voice)? } else { of_files(args)? };
    let count = args.points.map_or(MOST_OF_FILES, |count| count.get() as usize);
    if points.len() > count {
        voice.say(&format!(
            "{count} of {} are taken, spread over their kinds",
            counted(points.len(), "point")
        ));
        points = spread_points(&points, count);
    }
    let card = Card::calibrate(&gpu, &library, points, !args.alone)?;
    let file = NewFile::new(args.output.clone(), card.to_toml().into_bytes());
    output::write(&[file], &args.results)?;
    voice.say(&describe(&card));
    voice.say(&format!(
        "{}; predict by it with: hovera predict SPEC --card {}",
        shown(&args.output),
        shell::argument(&args.output)
    ));
    Ok(exit::DONE)
}

/// How well it does on points that it did not see.
fn describe(card: &Card) -> String {
    let of = |class: Option<Class>| {
        card.folds(class).map(|errors| {
            let name = class.map_or("all", Class::as_str);
            format!("{name} {} / {}", in_percent(errors.median, 1), in_percent(errors.p90, 1))
        })
    };
    let classes: Vec<String> = std::iter::once(None).chain(Class::ALL.map(Some)).filter_map(of).collect();
    let on = card.family().map(|family| format!(", on top of {}", family.as_str())).unwrap_or_default();
    format!(
        "{}: {}{on}; points left out in turn are off by (median / p90): {}",
        card.gpu(),
        counted(card.points().len(), "point"),
        classes.join(", ")
    )
}

/// The points of results files, which are of one GPU and one library.
fn of_files(args: &Calibrate) -> Result<(String, String, Vec<CalibrationPoint>)> {
    let mut found: Option<(String, String)> = None;
    let mut points = Vec::new();
    for path in &args.results {
        for input in inputs::read(path)? {
            let Content::Results(results) = &input.content else {
                bail!("{}: published readings have no times; want a results file", input.name);
            };
            let front_matter = &results.front_matter;
            let device = &front_matter.device[0];
            let same = front_matter.device.iter().all(|other| other.name == device.name);
            ensure!(same, "{}: has rows of several models of GPU: want those of one", input.name);
            let this = (device.name.clone(), front_matter.software.gemm.clone());
            match &found {
                None => found = Some(this),
                Some(first) => ensure!(
                    *first == this,
                    "{}: is of {} with {}, and the file before is of {} with {}: want one card and one library",
                    input.name,
                    this.0,
                    this.1,
                    first.0,
                    first.1
                ),
            }
            for device in 0..front_matter.device.len() {
                points.extend(measured_points(results, u32::try_from(device)?));
            }
        }
    }
    let (gpu, library) = found.context("no results")?;
    Ok((gpu, library, points))
}

/// The points of the GPU at hand.
fn measure(args: &Calibrate, voice: Voice) -> Result<(String, String, Vec<CalibrationPoint>)> {
    let folder = tempfile::tempdir().context("cannot make a folder for the rows of the calibration")?;
    let rows = folder.path().join("calibration.csv");
    let spec = spec_of(args)?;
    let measuring = Measuring {
        output: Some(rows.clone()),
        backend: BackendName::Cuda,
        device: Some(Devices::These(BTreeSet::from([args.device.unwrap_or(0)]))),
        engine: None,
        strict: false,
        max_point_time: None,
        resume: false,
        verbose: false,
    };
    let asked =
        run::Asked { name: "calibration".to_owned(), spec, models: Vec::new(), shard: None, dry_run: false };
    voice.say("measuring the points of the calibration");
    let done = asked.measure(&measuring, Voice { quiet: true })?;
    ensure!(done.results.is_some(), "no point was measured");
    let text = std::fs::read_to_string(&rows).context("the rows of the calibration")?;
    let results = Results::parse("calibration", &text)?;
    let front_matter = &results.front_matter;
    let (gpu, library) = (front_matter.device[0].name.clone(), front_matter.software.gemm.clone());
    Ok((gpu, library, measured_points(&results, 0)))
}

/// The sweep of a calibration: as many points as the budget allows, or as many as are wanted.
fn spec_of(args: &Calibrate) -> Result<SweepSpec> {
    // The same points on every card: what they take is estimated for the one that the family is calibrated on.
    let family = hovera_predict::Predictor::by_card(Family::Hopper.card(), None)?;
    let estimate = |gemm: Gemm, layout: Layout| family.product_us(gemm, layout, Dtype::F16);
    let wanted = args.points.map(|count| count.get() as usize);
    let mut count = wanted.unwrap_or(MOST_POINTS);
    loop {
        let products = points_to_measure(count, estimate);
        let products: Vec<LaidOutGemm> =
            products.into_iter().map(|(gemm, layout)| LaidOutGemm { gemm, layout }).collect();
        let text = spec("calibration", Dtype::F16, &products, &[]);
        // Keys of the whole stand ahead of the parts.
        let (head, parts) = text.split_once("\n[[part]]").context("a calibration has points")?;
        let text = format!("{head}{METHOD}\n[[part]]{parts}");
        let spec = SweepSpec::parse("calibration", &text)?;
        let plan = Plan::expand(&spec, Engine::Cublas)?.in_measuring_order(spec.method());
        let processor = Processor::reference(Engine::Cublas);
        let seconds = CostModel::new(processor, spec.method()).sweep_seconds(plan.points(), 1);
        if wanted.is_some() || seconds <= BUDGET_S || count <= FEWEST_POINTS {
            return Ok(spec);
        }
        count = ((count as f64 * BUDGET_S / seconds) as usize).clamp(FEWEST_POINTS, count - 1);
    }
}
