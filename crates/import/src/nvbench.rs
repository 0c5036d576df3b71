//! nvbench's JSON (`--json`): the isolated ("cold") GPU measurements of a benchmark whose axes are the sizes of a
//! GEMM.
//!
//! Axes are matched by name, whatever their case: `m`, `n`, `k`; `batch`, `b` or `gemm_batch`; `dtype`, `t` or
//! `type`; `op`, `layout` and `engine`. nvbench flushes the L2 cache ahead of each isolated launch, so that rows
//! are `cold`. It reports the mean over launches; fastest, slowest and median are kept where it tells them.

mod document;

use crate::Imported;
use crate::account::excerpt;
use crate::described::{Field, in_order, method, point};
use crate::error::ImportError;
use crate::provenance::Provenance;
use crate::selection::Selection;
use crate::taking::Taking;
use document::{Benchmark, Document, State};
use hovera_core::{
    Cache, Device, Dtype, Engine, Layout, Method, Point, Results, Row, Stat, Status, Telemetry, Timer,
    Timing, clean_text,
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
    /// How B is stored; `nn` where nothing says.
    pub layout: Option<Layout>,
    /// What computes it; `cublas` where nothing says.
    pub engine: Option<Engine>,
}

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
    let mut taking = Taking::new(file, selection, "states", Stat::Mean);
    for (number, state) in (1..).zip(benchmark.states()) {
        taking.account.read += 1;
        let row = row(state, unsaid, &devices).map_err(|why| format!("{}: {why}", state.name()));
        taking.take(number, row)?;
    }
    let (rows, mut account) = taking.finish()?;
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
    let listed = devices.into_iter().map(|(_, device)| device).collect();
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
    let named = |number: i64| match (&provenance.device, document.device(number)) {
        (Some(name), Some(told)) => Ok((number, Device { name: name.clone(), ..told })),
        (Some(name), None) => {
            Ok((number, Device { name: name.clone(), backend: "cuda".to_owned(), ..Device::default() }))
        }
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
        Field::GemmBatch => &["gemm_batch", "batch", "b"],
        Field::Dtype => &["dtype", "t", "type"],
        Field::Op => &["op"],
        Field::Layout => &["layout"],
        Field::Engine => &["engine"],
        _ => &[],
    }
}

fn described(state: &State, unsaid: &Unsaid) -> Result<Point, String> {
    let get = |field: Field| {
        let told = axis_names(field).iter().find_map(|name| state.axis(name));
        told.or(match field {
            Field::Dtype => unsaid.dtype.map(Dtype::as_str),
            Field::Layout => unsaid.layout.map(Layout::as_str),
            Field::Engine => unsaid.engine.map(Engine::as_str),
            Field::Cache => Some(Cache::Cold.as_str()),
            _ => None,
        })
    };
    point(get).map_err(|why| match why.as_str() {
        "dtype is not said" => format!("{why}: name it with --dtype"),
        _ => why,
    })
}

fn row(state: &State, unsaid: &Unsaid, devices: &[(i64, Device)]) -> Result<Row, String> {
    let place = devices.iter().position(|(number, _)| *number == state.device());
    let device = place.and_then(|place| u32::try_from(place).ok()).ok_or("its device is not listed")?;
    let note = clean_text(state.skip_reason()).into_owned();
    let row = Row::bare(described(state, unsaid)?, device, Status::Skipped, note);
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
    let timing = Timing {
        samples,
        min_us: time_us("min")?,
        median_us: time_us("median")?,
        mean_us: time_us("mean")?,
        max_us: time_us("max")?,
        ..Timing::default()
    };
    if timing.mean_us.is_none() {
        return Err("no nv/cold/time/gpu/mean: not measured in isolation".to_owned());
    }
    in_order(&timing)?;
    let number =
        |tag| state.summary(tag)?.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
    let noise = number("nv/cold/time/gpu/stdev/relative");
    Ok(Row {
        timing: Some(timing),
        // In Hz.
        telemetry: Telemetry {
            sm_clock_mhz: number("nv/cold/sm_clock_rate/mean").map(|hz| hz / 1e6),
            ..Telemetry::default()
        },
        status: Status::Ok,
        note: noise.map(|noise| format!("standard deviation {:.2} %", noise * 100.0)).unwrap_or_default(),
        ..row
    })
}

#[cfg(test)]
mod tests;
