//! The map as it is written.

use super::{Map, Provider};
use crate::described::Field;
use crate::error::ImportError;
use hovera_core::{Engine, Stat, UnknownWord};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// The unit of a table's times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(in super::super) enum Unit {
    #[serde(rename = "s")]
    Second,
    #[serde(rename = "ms")]
    Millisecond,
    #[serde(rename = "us")]
    Microsecond,
    #[serde(rename = "ns")]
    Nanosecond,
}

impl Unit {
    /// Every unit with its length in microseconds, from the shortest.
    pub(super) const ALL: &'static [(&'static str, f64)] =
        &[("ns", 1e-3), ("us", 1.0), ("ms", 1e3), ("s", 1e6)];

    pub(in super::super) fn microseconds(self) -> f64 {
        match self {
            Unit::Second => 1e6,
            Unit::Millisecond => 1e3,
            Unit::Microsecond => 1.0,
            Unit::Nanosecond => 1e-3,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Unit::Second => "s",
            Unit::Millisecond => "ms",
            Unit::Microsecond => "us",
            Unit::Nanosecond => "ns",
        }
    }
}

/// The unit of throughput in columns of several programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in super::super) enum RateUnit {
    Tflops,
    Gflops,
}

impl RateUnit {
    pub(in super::super) fn flops(self) -> f64 {
        match self {
            RateUnit::Tflops => 1e12,
            RateUnit::Gflops => 1e9,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            RateUnit::Tflops => "tflops",
            RateUnit::Gflops => "gflops",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    time_unit: Option<Unit>,
    rate_unit: Option<RateUnit>,
    stat: Option<Stat>,
    timer: Option<Spanned<String>>,
    delimiter: Option<Spanned<String>>,
    decimal: Option<Spanned<String>>,
    order: Option<Spanned<String>>,
    #[serde(default)]
    ignore: Vec<String>,
    #[serde(default)]
    column: BTreeMap<Field, String>,
    #[serde(default)]
    constant: BTreeMap<Field, Spanned<Constant>>,
    #[serde(default, rename = "where")]
    filter: BTreeMap<String, Wanted>,
    #[serde(default)]
    provider: BTreeMap<String, Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Constant {
    Word(String),
    Size(u64),
    Flag(bool),
}

impl Constant {
    fn into_text(self) -> String {
        match self {
            Constant::Word(word) => word,
            Constant::Size(size) => size.to_string(),
            Constant::Flag(flag) => flag.to_string(),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Wanted {
    One(Constant),
    Several(Vec<Constant>),
}

pub(super) const TIMES: [(Field, Stat); 4] = [
    (Field::TimeMedian, Stat::Median),
    (Field::TimeMin, Stat::Min),
    (Field::TimeMax, Stat::Max),
    (Field::TimeMean, Stat::Mean),
];

impl Map {
    /// Reads a map. `file` is what errors call it.
    ///
    /// # Errors
    /// [`ImportError::Map`], with line and what would be right.
    pub fn parse(file: &str, text: &str) -> Result<Map, ImportError> {
        let wrong = |start: usize, reason: String| {
            let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
            ImportError::Map { file: file.to_owned(), line, reason }
        };
        let document: Document = toml::from_str(text).map_err(|error| {
            wrong(error.span().map_or(0, |span| span.start), error.message().replace('\n', ", "))
        })?;
        let mut constants = BTreeMap::new();
        for (field, constant) in document.constant {
            let start = constant.span().start;
            if document.column.contains_key(&field) {
                return Err(wrong(start, format!("{field} has a column too: want one of the two")));
            }
            let is_measured = TIMES.iter().any(|(time, _)| *time == field)
                || matches!(field, Field::Tflops | Field::Gflops);
            if is_measured {
                let reason = format!("{field} is the same for no two records: want it in [column]");
                return Err(wrong(start, reason));
            }
            constants.insert(field, constant.into_inner().into_text());
        }
        let word = |key: &str, value: &Option<Spanned<String>>, choices: &[&str]| match value {
            Some(value) if !choices.contains(&value.get_ref().as_str()) => {
                let reason = format!("{key} = {:?}: want {}", value.get_ref(), choices.join(", "));
                Err(wrong(value.span().start, reason))
            }
            _ => Ok(()),
        };
        word("decimal", &document.decimal, &[".", ","])?;
        word("order", &document.order, &["row-major", "column-major"])?;
        let is = |value: &Option<Spanned<String>>, wanted: &str| {
            value.as_ref().is_some_and(|value| value.get_ref() == wanted)
        };
        let delimiter = match &document.delimiter {
            None => b',',
            Some(text) => match text.get_ref().as_bytes() {
                b"tab" => b'\t',
                [byte] if byte.is_ascii() && *byte != b'"' && *byte != b'\n' => *byte,
                _ => {
                    let reason = format!("delimiter = {:?}: want one character, or tab", text.get_ref());
                    return Err(wrong(text.span().start, reason));
                }
            },
        };
        let told = |field: Field| document.column.contains_key(&field) || constants.contains_key(&field);
        let (column_major, layout) = (is(&document.order, "column-major"), told(Field::Layout));
        match (told(Field::TransA), told(Field::TransB)) {
            (true, true) if layout => {
                return Err(wrong(0, "layout and trans_a say the same: want one of the two".to_owned()));
            }
            (true, true) => {}
            (false, false) if !column_major => {}
            (false, false) => {
                let want = "order = \"column-major\": want trans_a and trans_b, in [column] or [constant]";
                return Err(wrong(0, want.to_owned()));
            }
            _ => return Err(wrong(0, "want both of trans_a and trans_b".to_owned())),
        }
        let times: Vec<Stat> = TIMES
            .into_iter()
            .filter(|(field, _)| document.column.contains_key(field))
            .map(|(_, stat)| stat)
            .collect();
        let rates = [Field::Tflops, Field::Gflops].map(|field| document.column.contains_key(&field));
        if rates == [true, true] {
            return Err(wrong(0, "tflops and gflops say the same: want one of the two".to_owned()));
        }
        let has_rate = rates.contains(&true);
        let has_providers = !document.provider.is_empty();
        if has_providers && (!times.is_empty() || has_rate) {
            let reason = "[provider] has the columns of times or rates: want none in [column]";
            return Err(wrong(0, reason.to_owned()));
        }
        let stat = match (document.stat, times.as_slice()) {
            (stat, []) if has_providers || has_rate => stat.ok_or_else(|| {
                let want = "want stat, which says of which time the values are: median, min, max or mean";
                wrong(0, want.to_owned())
            })?,
            (_, []) => {
                let want = "want a column for time_median, time_min, time_max or time_mean, for tflops or \
                            gflops, or a [provider]";
                return Err(wrong(0, format!("no time: {want}")));
            }
            (None, [only]) => *only,
            (None, _) => {
                let want = "several times: want stat, which says what stands for a point";
                return Err(wrong(0, want.to_owned()));
            }
            (Some(stat), times) if times.contains(&stat) => stat,
            (Some(stat), _) => return Err(wrong(0, format!("stat = {stat}: want a column for time_{stat}"))),
        };
        if document.rate_unit.is_some() && (!has_providers || document.time_unit.is_some()) {
            let want = "rate_unit is that of a [provider]'s columns: want it there, without time_unit";
            return Err(wrong(0, want.to_owned()));
        }
        let needs_unit = !times.is_empty() || has_providers && document.rate_unit.is_none();
        if needs_unit && document.time_unit.is_none() {
            let rate = if has_providers { ", or rate_unit = \"tflops\"" } else { "" };
            return Err(wrong(0, format!("want time_unit = \"s\", \"ms\", \"us\" or \"ns\"{rate}")));
        }
        let unknown_word = |key: &str, start: usize, unknown: UnknownWord| {
            wrong(start, format!("{key} = {:?}: want {}", unknown.value, unknown.choices))
        };
        let timer = match document.timer {
            None => None,
            Some(timer) => {
                let parsed = timer.get_ref().parse();
                Some(parsed.map_err(|unknown| unknown_word("timer", timer.span().start, unknown))?)
            }
        };
        let mut providers: Vec<Provider> = Vec::new();
        for (column, engine) in document.provider {
            let parsed: Result<Engine, UnknownWord> = engine.get_ref().parse();
            let engine = parsed.map_err(|unknown| unknown_word(&column, engine.span().start, unknown))?;
            providers.push(Provider { column, engine, is_named: engine == Engine::Other });
        }
        for place in 0..providers.len() {
            let engine = providers[place].engine;
            providers[place].is_named |= providers.iter().filter(|other| other.engine == engine).count() > 1;
        }
        let texts = |wanted| match wanted {
            Wanted::One(one) => vec![one.into_text()],
            Wanted::Several(several) => several.into_iter().map(Constant::into_text).collect(),
        };
        Ok(Map {
            filters: document.filter.into_iter().map(|(column, wanted)| (column, texts(wanted))).collect(),
            ignored: document.ignore,
            providers,
            unit: document.time_unit,
            rate_unit: document.rate_unit,
            delimiter,
            decimal_comma: is(&document.decimal, ","),
            column_major,
            columns: document.column,
            constants,
            stat,
            timer,
        })
    }
}
