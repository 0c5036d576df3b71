//! `hovera kernels`: which kernels a library would run for a sweep.

mod summary;
mod table;

use crate::args::Kernels;
use crate::files::output::{self, NewFile};
use crate::talk::counted::counted_with;
use crate::talk::progress::bar;
use crate::talk::streams;
use crate::talk::voice::{Voice, printable};
use crate::{exit, specs, worker};
use anyhow::{Context, Result, bail, ensure};
use hovera_bench::{Backend, BackendError};
use hovera_core::{CallLaunches, Dtype, Engine, Kernel, Plan, Point, SweepSpec};
use hovera_worker::Worker;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

/// What a library would run.
struct Answers {
    /// What it calls itself.
    library: String,
    device: String,
    /// One for each point.
    answers: Vec<Answer>,
    took: Duration,
}

/// What runs for a point, or why nothing does.
type Answer = Result<Told, String>;

/// What a library says of a call and what the driver says of it.
#[derive(Debug, Clone)]
struct Told {
    kernel: Kernel,
    launches: CallLaunches,
}

pub(crate) fn kernels(args: &Kernels, voice: Voice) -> Result<u8> {
    let name = args.spec.display().to_string();
    let text = specs::read(&args.spec)?;
    let mut spec = SweepSpec::parse(&name, &text)?;
    if let Some(engine) = args.engine {
        spec = spec.with_engine(engine);
    }
    ensure!(args.library.len() <= 2, "--library: want at most two, of which the second is the newer");
    let plan = Plan::expand(&spec, Engine::Cublas)?;
    let libraries: Vec<Option<&Path>> = match args.library.as_slice() {
        [] => vec![None],
        given => given.iter().map(|path| Some(path.as_path())).collect(),
    };
    let mut warned = BTreeSet::new();
    let mut asked = Vec::new();
    for library in libraries {
        let mut worker = worker::open_with_library(args.device, library, None, spec.method())?;
        // Of two libraries the card is the same.
        worker.remarks().iter().filter(|it| !it.spoils && warned.insert(it.text.clone())).for_each(|it| {
            voice.warn(&it.text);
        });
        for point in plan.points() {
            worker.supports(point).with_context(|| name.clone())?;
        }
        asked.push(ask(&mut worker, plan.points(), voice)?);
    }
    match &args.output {
        None => streams::print(&printable(&summary::of_all(plan.points(), &asked)))?,
        Some(path) => {
            let table = table::csv(plan.points(), &asked)?;
            match path.as_os_str() == "-" {
                true => output::print(&table, std::slice::from_ref(&args.spec))?,
                false => {
                    output::write(&[NewFile::new(path.clone(), table)], std::slice::from_ref(&args.spec))?;
                }
            }
        }
    }
    let failed = asked.iter().flat_map(|asked| &asked.answers).filter(|answer| answer.is_err()).count();
    if failed > 0 {
        voice.say(&format!("{} no answer", counted_with(failed, "point", ["has", "have"])));
        return Ok(exit::INCOMPLETE);
    }
    Ok(exit::DONE)
}

/// Asks for all points. Memory is reserved for all of a dtype at once, as for a sweep.
fn ask(worker: &mut Worker, points: &[Point], voice: Voice) -> Result<Answers> {
    let began = Instant::now();
    let bar = bar(points.len() as u64, voice.quiet);
    let memory = u128::from(worker.memory()?);
    let mut answers: Vec<Option<Answer>> = vec![None; points.len()];
    let mut dtypes: Vec<Dtype> = points.iter().map(|point| point.dtype).collect();
    dtypes.sort_unstable();
    dtypes.dedup();
    for dtype in dtypes {
        let mut fitting = Vec::new();
        for (place, point) in points.iter().enumerate().filter(|(_, point)| point.dtype == dtype) {
            match worker.footprint(point) {
                Ok(needed) if needed <= memory => fitting.push(place),
                Ok(needed) => {
                    answers[place] = Some(Err(format!("needs {needed} bytes, {memory} are available")));
                }
                Err(error @ BackendError::Unsupported(_)) => answers[place] = Some(Err(error.to_string())),
                Err(error) => return Err(error.into()),
            }
        }
        let reserved: Vec<Point> = fitting.iter().map(|place| points[*place]).collect();
        if !reserved.is_empty() {
            worker.reserve(dtype, &reserved, 0)?;
        }
        for place in fitting {
            answers[place] = Some(kernel(worker, &points[place])?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    let answers = answers.into_iter().map(|answer| answer.unwrap_or_else(|| Err(String::new()))).collect();
    Ok(Answers {
        library: worker.software().gemm.clone(),
        device: worker.device().name.clone(),
        answers,
        took: began.elapsed(),
    })
}

/// # Errors
/// When it is not the point's fault: the device is gone, or the driver tells no kernels at all.
fn kernel(worker: &mut Worker, point: &Point) -> Result<Answer> {
    let asked = worker.prepare(point).and_then(|mut kernels| {
        let launches = worker.call_launches()?;
        Ok((if kernels.is_empty() { Kernel::default() } else { kernels.swap_remove(0) }, launches))
    });
    match asked {
        Ok((kernel, Some(launches))) => Ok(Ok(Told { kernel, launches })),
        Ok((_, None)) => bail!(BackendError::Unavailable(
            "the driver does not tell which kernels run: one for CUDA 12.3 or newer does".to_owned()
        )),
        Err(error @ (BackendError::Unsupported(_) | BackendError::Device(_))) => Ok(Err(error.to_string())),
        Err(error) => Err(error.into()),
    }
}
