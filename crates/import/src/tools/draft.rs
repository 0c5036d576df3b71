//! A measurement of a tool, before it is a row.

use super::{Tool, Untold};
use crate::described::{Field, point, unsaid};
use crate::taking::Taken;
use crate::unmapped::PLAIN;
use ::csv::StringRecord;
use hovera_core::{Row, Stat, Status, Timing, clean_text};
use std::collections::BTreeMap;

/// How far time and throughput may contradict each other, as a fraction: both are rounded.
const ROUNDING: f64 = 0.02;

/// The names of a table's columns.
#[derive(Debug, Default)]
pub(super) struct Header {
    names: Vec<String>,
}

impl Header {
    pub(super) fn of_record(record: &StringRecord) -> Header {
        Header { names: record.iter().map(|name| name.trim().to_owned()).collect() }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.place(name).is_some()
    }

    /// The first column of a name, in any case.
    fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known.eq_ignore_ascii_case(name))
    }
}

/// A line of a table.
pub(super) struct Record<'r> {
    pub(super) header: &'r Header,
    pub(super) fields: &'r StringRecord,
    pub(super) untold: &'r Untold,
}

impl<'r> Record<'r> {
    /// Whether it has the fields of the table.
    pub(super) fn is_row(&self, tool: Tool) -> bool {
        match tool {
            Tool::TunableOp => self.at(0).contains("TunableOp_"),
            Tool::Tritonbench => self.fields.len() == self.header.names.len() && self.at(0) != "average",
            _ => self.fields.len() == self.header.names.len(),
        }
    }

    pub(super) fn at(&self, place: usize) -> &'r str {
        self.fields.get(place).map(str::trim).unwrap_or_default()
    }

    /// What stands in the first column of a name; none where that is empty.
    pub(super) fn get(&self, name: &str) -> Option<&'r str> {
        Some(self.at(self.header.place(name)?)).filter(|text| !text.is_empty())
    }

    /// What must be there.
    pub(super) fn need(&self, name: &str) -> Result<&'r str, Fault> {
        self.get(name).ok_or_else(|| Fault::Unreadable(format!("{name} is not said")))
    }

    /// A time or throughput that must be there.
    pub(super) fn number(&self, name: &str) -> Result<f64, Fault> {
        number(name, self.need(name)?)
    }
}

/// A finite number above 0.
pub(super) fn number(name: &str, text: &str) -> Result<f64, Fault> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| Fault::Unreadable(format!("{name} = {text:?}: want a finite number above 0")))
}

/// Why there is no measurement.
#[derive(Debug, PartialEq)]
pub(super) enum Fault {
    /// It cannot be read.
    Unreadable(String),
    /// It is whole, and not a product of these.
    LeftOut(String),
}

/// What a record says, by hovera's names.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) said: BTreeMap<Field, String>,
    pub(super) time: Time,
    /// TFLOP/s, where they stand beside a time.
    pub(super) tflops: Option<f64>,
    pub(super) samples: Option<u32>,
    pub(super) kernel: Option<String>,
    pub(super) card: Option<String>,
    pub(super) note: String,
    /// What took the time, where its line tells.
    pub(super) timer: Option<&'static str>,
    /// What makes it another product than a plain one of its sizes, by column: [`PLAIN`] where nothing does.
    pub(super) apart: Vec<(&'static str, String)>,
}

/// What the time is read from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Time {
    Microseconds(f64),
    Tflops(f64),
}

impl Default for Time {
    fn default() -> Time {
        Time::Microseconds(f64::NAN)
    }
}

impl Draft {
    /// Takes a word or size.
    pub(super) fn say(&mut self, field: Field, text: impl Into<String>) {
        self.said.insert(field, text.into());
    }

    /// Takes a column in which a plain product has nothing of its own.
    pub(super) fn set_apart(&mut self, column: &'static str, told: Option<&str>, is_plain: bool) {
        if let Some(told) = told {
            self.apart.push((column, if is_plain { PLAIN } else { told }.to_owned()));
        }
    }

    /// The columns that the user says the meaning of. What tells kernels apart stands behind the name that a kernel has.
    pub(super) fn say_named(&mut self, record: &Record<'_>) {
        let columns = &record.untold.columns;
        for (place, name) in record.header.names().enumerate() {
            match columns.meaning(name) {
                None | Some([Field::Kernel]) => {}
                Some([field]) => self.say(*field, record.at(place)),
                Some(sizes) => {
                    let parts: Vec<&str> = record.at(place).split(['x', 'X']).collect();
                    if parts.len() == sizes.len() {
                        sizes.iter().zip(parts).for_each(|(field, part)| self.say(*field, part));
                    }
                }
            }
        }
        let told = columns.kernel(|name| record.get(name));
        let names = [self.kernel.take(), told];
        self.kernel = names.into_iter().flatten().reduce(|kernel, told| format!("{kernel}, {told}"));
    }

    /// Its row, and how its throughput contradicts its time where it does.
    pub(super) fn build(self, untold: &Untold, stat: Stat) -> Result<(Taken, Option<String>), String> {
        let get = |field: Field| {
            self.said.get(&field).map(String::as_str).or(match field {
                Field::Dtype => untold.dtype.map(|dtype| dtype.as_str()),
                Field::Layout => untold.layout.map(|layout| layout.as_str()),
                _ => None,
            })
        };
        let point = point(get).map_err(|why| match why.as_str() {
            "dtype is not said" => format!("{why}: name it with --dtype"),
            _ => why,
        })?;
        let flop = point.flop() as f64;
        let time_us = match self.time {
            Time::Microseconds(time_us) => time_us,
            Time::Tflops(tflops) => flop / tflops / 1e6,
        };
        if !(time_us.is_finite() && time_us > 0.0) {
            return Err(format!("a time of {time_us} us: want a finite number above 0"));
        }
        let contradiction = self
            .tflops
            .map(|tflops| (tflops, flop / time_us / 1e6))
            .filter(|(told, by_time)| (told / by_time - 1.0).abs() > ROUNDING);
        let contradiction =
            contradiction.map(|(told, by_time)| format!("{told:.4} TFLOP/s, {by_time:.4} by the time"));
        let notes = [Some(self.note.clone()), contradiction.clone()];
        let note = notes.into_iter().flatten().filter(|note| !note.is_empty()).collect::<Vec<_>>().join("; ");
        let mut row = Row {
            timing: Some(Timing::only(stat, time_us, self.samples)),
            ..Row::bare(point, 0, Status::Ok, clean_text(&note).into_owned())
        };
        row.kernel.name = self.kernel.as_deref().map(|name| clean_text(name).into());
        Ok((Taken { row, unsaid: unsaid(get) }, contradiction))
    }
}
