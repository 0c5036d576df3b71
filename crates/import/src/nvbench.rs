//! nvbench's JSON (`--json`): the isolated ("cold") GPU measurements of a benchmark whose axes are the sizes of a
//! GEMM.
//!
//! Axes are matched by name, whatever their case: `m`, `n`, `k`; `batch`, `b`, `BatchSize` and the like; `dtype`, `t` or
//! `type`; `op`, `layout` and `engine`. What another axis is, a [`Naming`] says; one that differs and that nothing says the
//! meaning of is refused. nvbench flushes the L2 cache ahead of each isolated launch, so that rows are `cold`. It reports
//! the mean over launches, their number and deviation, which make its interval; fastest, slowest and median are kept where
//! it tells them.

mod document;

use crate::Imported;
use crate::account::excerpt;
use crate::cards;
use crate::described::{Field, in_order, method, point, unsaid};
use crate::error::ImportError;
use crate::naming::Naming;
use crate::provenance::Provenance;
use crate::selection::Selection;
use crate::taking::{Taken, Taking};
use document::{Benchmark, Document, State};
use hovera_core::{
    Cache, Device, Dtype, Engine, Layout, Method, Point, Results, Row, Stat, Status, Telemetry, Timer,
    Timing, clean_text, in_percent,
};
use std::collections::BTreeSet;
use std::io::BufRead;

/// What a benchmark's axes do not say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Unsaid {
    /// Which benchmark of the file; none where it has one.
    pub benchmark: Option<String>,
    /// The element type.
    pub dtype: Option<Dtype>,
    /// How the operands are stored; not known where nothing says.
    pub layout: Option<Layout>,
    /// What computes it; not known where nothing says.
    pub engine: Option<Engine>,
    /// What its axes are that do not say so by their names.
    pub axes: Naming,
}

/// How to say what an axis is.
const WAYS: &str = "say what each is, with --axis NAME=gemm_batch, --axis NAME=MxNxK or --axis NAME=kernel (a part of the \
                    point); import one value of it, with --where NAME=VALUE; or ignore it, with --ignore NAME";

/// Of a normal distribution, the median of many values has an error so many times that of their mean: √(π/2).
const MEDIAN_OVER_MEAN: f64 = 1.253_314_137_315_5;

/// Half of a 95 % interval in standard errors.
const NORMAL_95: f64 = 1.959_963_984_540_054;

/// Reads a file. States that cannot be read are no error: the account counts them; one that nvbench skipped
/// is a skipped row.
///
/// # Errors
/// [`ImportError`]: when the file cannot be read, is not such JSON, holds several benchmarks of which none is
/// named, or no measurement that is selected.
pub fn read(
    input: impl BufRead,
    unsaid: &Unsaid,
    provenance: &Provenance,
    selection: &Selection,
) -> Result<Imported, ImportError> {
    let file = &provenance.file;
    let document: Document = serde_json::from_reader(input).map_err(|error| {
        if error.is_io() {
            return ImportError::Io { file: file.clone(), source: error.into() };
        }
        ImportError::Json { file: file.clone(), line: error.line(), reason: excerpt(&error.to_string()) }
    })?;
    let benchmark = choose(&document, unsaid, file)?;
    let devices = devices(&document, benchmark, provenance)?;
    let axes = Axes::of_benchmark(benchmark, &unsaid.axes, file)?;
    let mut taking = Taking::new(file, selection, "states", WAYS, Stat::Mean);
    for (number, state) in (1..).zip(benchmark.states()) {
        taking.account.read += 1;
        if !axes.all.iter().all(|name| unsaid.axes.wants(name, state.axis(name).unwrap_or_default())) {
            taking.account.not_selected += 1;
            continue;
        }
        let taken = row(state, unsaid, &axes, &devices);
        let name = state.name();
        let taken =
            taken.map_err(|why| if name.is_empty() { why } else { format!("{}: {why}", excerpt(name)) });
        let unmapped = axes.unmapped.iter().map(|name| (*name, state.axis(name).unwrap_or_default()));
        taking.take(number, taken, unmapped)?;
    }
    let listed: Vec<Device> = devices.into_iter().map(|(_, device)| device).collect();
    let (rows, mut account) = taking.finish(&listed, None)?;
    account
        .decided
        .push("times are the mean over the isolated launches of each point by CUDA events".to_owned());
    let method = Method {
        min_samples: benchmark.min_samples(),
        ..method(&rows, Timer::Event.to_string(), Stat::Mean)
    };
    let gemm = document.version().map_or_else(
        || format!("not known, by nvbench's {}", benchmark.name()),
        |version| format!("not known, by {} of nvbench {version}", benchmark.name()),
    );
    let front_matter = provenance.front_matter("nvbench", None, method, gemm, listed);
    Ok(Imported { results: Results { front_matter, rows, sessions: Vec::new() }, account })
}

/// The one benchmark, or the one that is named.
fn choose<'d>(document: &'d Document, unsaid: &Unsaid, file: &str) -> Result<&'d Benchmark, ImportError> {
    let all = document.benchmarks();
    let found = match &unsaid.benchmark {
        Some(name) => all.iter().find(|benchmark| benchmark.name() == name),
        None => all.first().filter(|_| all.len() == 1),
    };
    found.ok_or_else(|| {
        let names: Vec<_> = all.iter().take(20).map(|benchmark| excerpt(benchmark.name())).collect();
        ImportError::Benchmark { file: file.to_owned(), has: names.join(", ") }
    })
}

/// The cards that states ran on, by nvbench's number.
fn devices(
    document: &Document,
    benchmark: &Benchmark,
    provenance: &Provenance,
) -> Result<Vec<(i64, Device)>, ImportError> {
    let used: BTreeSet<i64> = benchmark.states().iter().map(State::device).collect();
    let names: BTreeSet<String> =
        used.iter().filter_map(|number| Some(document.device(*number)?.name)).collect();
    if let (Some(named), Some(first), Some(second)) =
        (&provenance.device, names.iter().next(), names.iter().nth(1))
    {
        return Err(ImportError::Second {
            file: provenance.file.clone(),
            line: 1,
            what: "card",
            first: first.clone(),
            second: second.clone(),
            remedy: format!("--device names them both {named:?}; leave it out"),
        });
    }
    let named = |number: i64| match (&provenance.device, document.device(number)) {
        (Some(name), Some(told)) => Ok((number, Device { name: name.clone(), ..told })),
        (Some(name), None) => Ok((number, cards::device(name))),
        (None, Some(told)) => Ok((number, told)),
        (None, None) => Err(ImportError::NoDevice { file: provenance.file.clone() }),
    };
    let devices: Vec<_> = used.into_iter().map(named).collect::<Result<_, _>>()?;
    if devices.is_empty() {
        return Err(ImportError::Nothing {
            file: provenance.file.clone(),
            why: ": the benchmark has no state".into(),
        });
    }
    Ok(devices)
}

/// What an axis may be called.
fn axis_names(field: Field) -> &'static [&'static str] {
    match field {
        Field::M => &["m"],
        Field::N => &["n"],
        Field::K => &["k"],
        Field::GemmBatch => &[
            "gemm_batch",
            "batch",
            "b",
            "batchsize",
            "batch_size",
            "batchcount",
            "batch_count",
            "num_batches",
        ],
        Field::Dtype => &["dtype", "t", "type"],
        Field::Op => &["op"],
        Field::Layout => &["layout"],
        Field::Engine => &["engine"],
        _ => &[],
    }
}

/// What a benchmark's axes are.
struct Axes<'d> {
    /// Each once, whatever its case.
    all: Vec<&'d str>,
    fields: Vec<(&'d str, &'d [Field])>,
    /// Those that nothing says the meaning of.
    unmapped: Vec<&'d str>,
}

impl<'d> Axes<'d> {
    /// # Errors
    /// [`ImportError::Option`] for an axis that is not there.
    fn of_benchmark(
        benchmark: &'d Benchmark,
        naming: &'d Naming,
        file: &str,
    ) -> Result<Axes<'d>, ImportError> {
        const KNOWN: [Field; 8] = [
            Field::M,
            Field::N,
            Field::K,
            Field::GemmBatch,
            Field::Dtype,
            Field::Op,
            Field::Layout,
            Field::Engine,
        ];
        let mut all: Vec<&str> = Vec::new();
        for name in benchmark.states().iter().flat_map(State::axes) {
            if !all.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                all.push(name);
            }
        }
        let there = |wanted: &str| all.iter().copied().find(|name| name.eq_ignore_ascii_case(wanted));
        if let Some(name) = naming.names().find(|name| there(name).is_none()) {
            let has: Vec<_> = all.iter().take(40).map(|name| excerpt(name)).collect();
            let want = format!("an axis of {file}, which has {}", has.join(", "));
            return Err(ImportError::Option { option: "axis", value: name.to_owned(), want });
        }
        let mut fields: Vec<(&str, &[Field])> =
            all.iter().filter_map(|name| Some((*name, naming.meaning(name)?))).collect();
        for field in &KNOWN {
            if fields.iter().any(|(_, told)| told.contains(field)) {
                continue;
            }
            let is_free = |name: &&str| !fields.iter().any(|(told, _)| told == name);
            let name = axis_names(*field).iter().filter_map(|name| there(name)).find(is_free);
            fields.extend(name.map(|name| (name, std::slice::from_ref(field))));
        }
        let is_unmapped =
            |name: &&str| !fields.iter().any(|(told, _)| told == name) && !naming.is_settled(name);
        let unmapped = all.iter().copied().filter(is_unmapped).collect();
        Ok(Axes { all, fields, unmapped })
    }

    /// What a state says of a field.
    fn get<'s>(&self, state: &'s State, field: Field) -> Option<&'s str> {
        let (name, fields) = self.fields.iter().find(|(_, fields)| fields.contains(&field))?;
        let value = state.axis(name)?;
        match fields {
            [_] => Some(value),
            _ => {
                let sizes: Vec<&str> = value.split(['x', 'X']).collect();
                let place = fields.iter().position(|told| *told == field)?;
                if sizes.len() == fields.len() { sizes.get(place).copied() } else { None }
            }
        }
    }
}

/// What a state says of a field, or its user.
fn told<'t>(state: &'t State, unsaid: &'t Unsaid, axes: &Axes<'_>, field: Field) -> Option<&'t str> {
    axes.get(state, field).or(match field {
        Field::Dtype => unsaid.dtype.map(Dtype::as_str),
        Field::Layout => unsaid.layout.map(Layout::as_str),
        Field::Engine => unsaid.engine.map(Engine::as_str),
        Field::Cache => Some(Cache::Cold.as_str()),
        _ => None,
    })
}

fn described(state: &State, unsaid: &Unsaid, axes: &Axes<'_>) -> Result<Point, String> {
    point(|field| told(state, unsaid, axes, field)).map_err(|why| match why.as_str() {
        "dtype is not said" => format!("{why}: name it with --dtype"),
        "m is not said" | "n is not said" | "k is not said" => {
            format!("{why}: name its axis with --axis NAME={}, or --axis NAME=MxNxK", &why[..1])
        }
        _ => why,
    })
}

fn row(
    state: &State,
    unsaid_by: &Unsaid,
    axes: &Axes<'_>,
    devices: &[(i64, Device)],
) -> Result<Taken, String> {
    let row = measured(state, unsaid_by, axes, devices)?;
    Ok(Taken { row, unsaid: unsaid(|field| told(state, unsaid_by, axes, field)) })
}

fn measured(
    state: &State,
    unsaid: &Unsaid,
    axes: &Axes<'_>,
    devices: &[(i64, Device)],
) -> Result<Row, String> {
    let place = devices.iter().position(|(number, _)| *number == state.device());
    let device = place.and_then(|place| u32::try_from(place).ok()).ok_or("its device is not listed")?;
    let note = clean_text(state.skip_reason()).into_owned();
    let mut row = Row::bare(described(state, unsaid, axes)?, device, Status::Skipped, note);
    row.kernel.name = unsaid.axes.kernel(|name| state.axis(name)).map(|name| clean_text(&name).into());
    if state.is_skipped() {
        return Ok(row);
    }
    let time_us = |name: &str| {
        let tag = format!("nv/cold/time/gpu/{name}");
        let Some(text) = state.summary(&tag) else { return Ok(None) };
        let time_us = text.parse().ok().map(|seconds: f64| seconds * 1e6);
        let legal = time_us.filter(|time_us| time_us.is_finite() && *time_us > 0.0);
        legal.map(Some).ok_or_else(|| format!("{tag} = {text:?}: want seconds, a finite number above 0"))
    };
    let samples = match state.summary("nv/cold/sample_size") {
        None => None,
        Some(text) => Some(
            (text.parse().ok().filter(|samples: &u32| *samples > 0))
                .ok_or_else(|| format!("nv/cold/sample_size = {text:?}: want an integer, 1 or more"))?,
        ),
    };
    let mut timing = Timing {
        samples,
        min_us: time_us("min")?,
        median_us: time_us("median")?,
        mean_us: time_us("mean")?,
        max_us: time_us("max")?,
        ..Timing::default()
    };
    let Some(mean_us) = timing.mean_us else {
        return Err("no nv/cold/time/gpu/mean: not measured in isolation".to_owned());
    };
    in_order(&timing)?;
    let number =
        |tag| state.summary(tag)?.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
    // In seconds where it is absolute.
    let noise = number("nv/cold/time/gpu/stdev/relative")
        .or_else(|| Some(number("nv/cold/time/gpu/stdev/absolute")? * 1e6 / mean_us));
    timing.ci_us = noise.zip(samples.filter(|samples| *samples > 1)).map(|(noise, samples)| {
        let of_mean = NORMAL_95 * noise * mean_us / f64::from(samples).sqrt();
        if timing.median_us.is_some() { of_mean * MEDIAN_OVER_MEAN } else { of_mean }
    });
    Ok(Row {
        timing: Some(timing),
        // In Hz.
        telemetry: Telemetry {
            sm_clock_mhz: number("nv/cold/sm_clock_rate/mean").map(|hz| hz / 1e6),
            ..Telemetry::default()
        },
        status: Status::Ok,
        note: noise.map(|noise| format!("standard deviation {}", in_percent(noise, 2))).unwrap_or_default(),
        ..row
    })
}

#[cfg(test)]
mod tests;
