//! The logs of the original benchmark, EleutherAI/cookbook `benchmarks/sizing`: products (`mm`), batched
//! products (`bmm`) and whole layers (`transformer`), as its scripts have printed them since 2023.
//!
//! Their shapes are `b x m x n x k` with **n the reduction**, which BLAS calls k. Elapsed times are printed
//! to 0.1 ms or 1 ms: a row's time is its FLOP over the throughput that is printed. The operands are fp16,
//! drawn from a standard normal; nothing is done between launches.

mod component;
mod header;
mod line;
mod product;
mod rule;

pub use rule::Rule;

use crate::Imported;
use crate::account::{Account, excerpt};
use crate::cards::{self, is_amd};
use crate::error::ImportError;
use crate::lines::Lines;
use crate::provenance::Provenance;
use crate::rows::Rows;
use crate::selection::Selection;
use crate::speed;
use header::Header;
use hovera_core::{Device, Engine, Method, Point, Results, Row, Status, Timing};
use line::{Configuration, LogLine, Measurement};
use product::{Fault, product};
use rule::Evidence;
use std::io::BufRead;

/// Reads a log. `rule` overrides what its labels and its date tell.
///
/// # Errors
/// [`ImportError`]: when the file cannot be read, holds no measurement that is selected, or does not tell
/// what it must and was not told either. Lines that cannot be read are no error: the account counts them.
pub fn read(
    input: impl BufRead,
    provenance: &Provenance,
    selection: &Selection,
    rule: Option<Rule>,
) -> Result<Imported, ImportError> {
    let mut reader = Reader { selection, ..Reader::new() };
    let mut lines = Lines::new(input);
    let io = |source| ImportError::Io { file: provenance.file.clone(), source };
    while lines.advance().map_err(io)? {
        reader.take(&lines);
        if let Some(conflict) = reader.header.conflict() {
            let (file, line) = (provenance.file.clone(), lines.number());
            let header::Conflict { what, first, second } = conflict;
            let (first, second) = (first.clone(), second.clone());
            let remedy = "the results of two are two files: import each part of the log by itself".to_owned();
            return Err(ImportError::Second { file, line, what, first, second, remedy });
        }
        if reader.found.len() as u64 > hovera_core::MAX_POINTS {
            let (file, line) = (provenance.file.clone(), lines.number());
            return Err(ImportError::TooMany { file, line, max: hovera_core::MAX_POINTS });
        }
    }
    reader.end_elapsed();
    reader.finish(provenance, rule)
}

/// What has been read so far.
struct Reader<'a> {
    selection: &'a Selection,
    header: Header,
    configuration: Option<Configuration>,
    /// The last elapsed time of a GEMM whose throughput is not there yet.
    elapsed: Option<(u64, Measurement)>,
    evidence: Evidence,
    found: Vec<Found>,
    account: Account,
}

/// One measurement, before it is known which time it is.
struct Found {
    line: u64,
    point: Point,
    time_us: f64,
    note: String,
    /// Which of the log's cards, where it has named one.
    card: Option<usize>,
    /// What the command line above says.
    iterations: Option<u32>,
}

impl Reader<'_> {
    fn new() -> Reader<'static> {
        const ALL: &Selection = &Selection { ops: Vec::new(), tensor_parallel: None, products: None };
        Reader {
            selection: ALL,
            header: Header::default(),
            configuration: None,
            elapsed: None,
            evidence: Evidence::default(),
            found: Vec::new(),
            account: Account { unit: "configurations", counts: "throughput", ..Account::default() },
        }
    }

    fn take<R: BufRead>(&mut self, lines: &Lines<R>) {
        let number = lines.number();
        let Some(text) = lines.text() else {
            let start = lines.start();
            if line::is_data(&start) {
                self.account.unreadable.add(number, || "too long, or not UTF-8".to_owned());
            } else {
                self.account.other_lines += 1;
            }
            return;
        };
        match line::parse(text) {
            Ok(LogLine::Configuration(configuration)) => {
                self.account.read += 1;
                self.configuration = Some(configuration);
            }
            Ok(LogLine::Elapsed(measurement)) => {
                self.end_elapsed();
                match component::op(&measurement.label) {
                    None => self.account.count_no_gemm(&measurement.label.name),
                    Some(_) => self.elapsed = Some((number, measurement)),
                }
            }
            Ok(LogLine::Throughput(measurement)) => self.throughput(number, &measurement),
            Ok(LogLine::Summary) => self.account.count_no_gemm("summaries of whole layers"),
            Ok(LogLine::Other) => {
                self.header.take(number, text);
                self.account.other_lines += 1;
            }
            Err(want) => {
                if line::is_configuration(text) {
                    // What follows belongs to this one, not to the one before.
                    self.configuration = None;
                }
                let found = excerpt(text);
                self.account.unreadable.add(number, || format!("{found:?}: want {want}"));
            }
        }
    }

    fn throughput(&mut self, number: u64, measurement: &Measurement) {
        let label = &measurement.label;
        let elapsed = self.elapsed.take_if(|(_, elapsed)| elapsed.label == *label);
        self.end_elapsed();
        let Some(op) = component::op(label) else {
            self.account.count_no_gemm(&label.name);
            return;
        };
        self.evidence.add(op, label);
        let (point, ranks, mut notes) = match product(op, label, self.configuration.as_ref()) {
            Ok(product) => (product.point, product.ranks, product.notes),
            Err(Fault::Unreadable(why)) => return self.account.unreadable.add(number, || why),
            Err(Fault::Misfit(why)) => return self.account.misfits.add(number, || why),
        };
        if !self.selection.takes(&point, ranks) {
            self.account.not_selected += 1;
            return;
        }
        let time_us = point.flop() as f64 / measurement.value / 1e6;
        if !(time_us.is_finite() && time_us > 0.0) {
            let why = || format!("{} TFLOP/s: want a throughput that makes a time", measurement.value);
            return self.account.unreadable.add(number, why);
        }
        if measurement.step() > 2e-3 * measurement.value {
            notes.push(format!("throughput printed to ±{} TFLOP/s", measurement.step() / 2.0));
        }
        if let Some((_, elapsed)) = elapsed
            && !agree(&elapsed, measurement, time_us)
        {
            let said = format!("elapsed {} s, by the throughput {:.6} s", elapsed.value, time_us * 1e-6);
            notes.push(said.clone());
            self.account.inconsistent.add(number, || said);
        }
        let (card, iterations) = (self.header.card(), self.header.iterations());
        self.found.push(Found { line: number, point, time_us, note: notes.join("; "), card, iterations });
    }

    /// An elapsed time of a GEMM that no throughput follows.
    fn end_elapsed(&mut self) {
        if let Some((line, measurement)) = self.elapsed.take() {
            let name = &measurement.label.spelt;
            self.account.unreadable.add(line, || format!("an elapsed time of {name}, but no throughput"));
        }
    }

    /// A year whose scripts came to their times by another rule.
    fn refuse_second_year(&self, rule: Rule, file: &str) -> Result<(), ImportError> {
        let Some(first) = self.header.date().filter(|_| rule.is_by_date()) else { return Ok(()) };
        let Some((line, second)) =
            self.header.dates().iter().find(|(_, day)| Rule::on(day) != Rule::on(first))
        else {
            return Ok(());
        };
        Err(ImportError::Second {
            file: file.to_owned(),
            line: *line,
            what: "date",
            first: first.to_owned(),
            second: second.clone(),
            remedy:
                "the scripts took another time by then: import each part of the log by itself, or name the \
                     rule with --method"
                    .to_owned(),
        })
    }

    /// The log's cards, or the one that its user names.
    fn devices(&self, provenance: &Provenance) -> Result<Vec<Device>, ImportError> {
        let (file, told) = (&provenance.file, self.header.devices());
        let Some(name) = &provenance.device else {
            let devices: Vec<Device> = told.iter().map(|(_, device)| device.clone()).collect();
            return if devices.is_empty() {
                Err(ImportError::NoDevice { file: file.clone() })
            } else {
                Ok(devices)
            };
        };
        if let [(_, first), (line, second), ..] = told {
            return Err(ImportError::Second {
                file: file.clone(),
                line: *line,
                what: "card",
                first: first.name.clone(),
                second: second.name.clone(),
                remedy: format!("--device names them both {name:?}; leave it out, and each row has its own"),
            });
        }
        let same = told.first().map(|(_, device)| device).filter(|device| device.name == *name);
        Ok(vec![same.cloned().unwrap_or_else(|| cards::device(name))])
    }

    fn finish(mut self, provenance: &Provenance, rule: Option<Rule>) -> Result<Imported, ImportError> {
        let file = &provenance.file;
        if self.found.is_empty() {
            let troubles = self.account.troubles().join("; ");
            let why = format!(": {}{}{troubles}", self.account, if troubles.is_empty() { "" } else { "; " });
            return Err(ImportError::Nothing { file: file.clone(), why });
        }
        let (rule, why) = match rule {
            Some(rule) => (rule, "as was asked for".to_owned()),
            None => {
                let (rule, why) = self.evidence.decide(self.header.date(), file)?;
                self.refuse_second_year(rule, file)?;
                (rule, why)
            }
        };
        let devices = self.devices(provenance)?;
        let by_cublas = self.header.is_cuda() && !devices.iter().any(|device| is_amd(&device.name));
        let stat = rule.stat(self.found[0].point.op);
        if let Some(other) =
            self.found.iter().map(|found| rule.stat(found.point.op)).find(|other| *other != stat)
        {
            let (file, rule) = (file.clone(), rule.as_str());
            return Err(ImportError::MixedTimes { file, rule, first: stat, second: other });
        }
        let mut rows = Rows::new(stat);
        let (mut fewest, mut most) = (u32::MAX, 0);
        for found in self.found {
            let samples = rule.samples(found.point.op, found.iterations);
            (fewest, most) = (fewest.min(samples), most.max(samples));
            let timing = Some(Timing::only(stat, found.time_us, Some(samples)));
            let engine = if by_cublas { found.point.engine } else { Engine::Other };
            let card = if devices.len() > 1 { found.card } else { Some(0) };
            let card = card.and_then(|card| u32::try_from(card).ok());
            let card = card.ok_or_else(|| ImportError::NoDevice { file: file.clone() })?;
            let point = Point { engine, ..found.point };
            let row = Row { timing, ..Row::bare(point, card, Status::Ok, found.note) };
            if let Some(why) = speed::impossible(&row) {
                self.account.unreadable.add(found.line, || why);
                continue;
            }
            rows.add(file, found.line, row)?;
        }
        self.account.merged = rows.merged();
        self.account.decided.push(format!("times are {}: {why}", rule.in_words(stat)));
        let method = Method {
            preset: rule.preset().map(str::to_owned),
            pacing: "none".to_owned(),
            timer: rule.timer().to_string(),
            warmup: self.header.warmup(),
            min_samples: Some(fewest),
            max_samples: Some(most),
            stat,
            data: "standard normal".to_owned(),
            ..Method::default()
        };
        let dated = self.header.date().map(str::to_owned);
        let software = self.header.software(by_cublas);
        if !by_cublas {
            let engine =
                "the card is no NVIDIA GPU: the library that PyTorch called is not known (engine other)";
            self.account.decided.push(engine.to_owned());
        }
        let rows = rows.finish();
        if rows.is_empty() {
            let why = format!(": {}; {}", self.account, self.account.troubles().join("; "));
            return Err(ImportError::Nothing { file: file.clone(), why });
        }
        self.account.warnings.extend(speed::warnings(&rows, stat, &devices, None));
        let front_matter = provenance.front_matter("cookbook", dated, method, software, devices);
        let results = Results { front_matter, rows, sessions: Vec::new() };
        Ok(Imported { results, account: self.account })
    }
}

/// Whether an elapsed time is that of a throughput, as far as both are printed.
fn agree(elapsed: &Measurement, throughput: &Measurement, time_us: f64) -> bool {
    let rounding = throughput.step() / 2.0 / throughput.value;
    let seconds = time_us * 1e-6;
    (elapsed.value - seconds).abs() <= elapsed.step() * 0.5001 + seconds * rounding * 1.01
}

#[cfg(test)]
mod tests;
