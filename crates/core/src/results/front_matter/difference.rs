//! What two front matters say differently. Whoever holds files against each other says which of it counts.

use super::{FrontMatter, Method};
use crate::sweep::shard::Shard;
use crate::words::excerpt::excerpt;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// Longest value that is repeated, in characters.
const LONGEST_VALUE: usize = 80;

/// One thing that two front matters say differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is.
    pub subject: Subject,
    /// What the first says and what the second says, in words; `not told` where one says nothing.
    pub values: [String; 2],
}

/// What of a front matter is different.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// A key of `[method]`.
    Method(String),
    /// A key of `[software]`.
    Software(String),
    /// A line of the spec, counted from 1: the first that reads differently.
    SpecLine(usize),
    /// What options changed of a spec that reads the same. The values are hashes.
    SpecOptions,
    /// Which models' products it has.
    Models,
    /// What its rows were predicted by, if they were.
    Prediction,
    /// Which part of the sweep it is.
    Shard,
    /// How many cards there are.
    DeviceCount,
    /// A key of the `[[device]]` table with that index.
    Device(usize, String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Method(key) => write!(f, "method.{key}"),
            Subject::Software(key) => write!(f, "software.{key}"),
            Subject::SpecLine(number) => write!(f, "spec, line {number},"),
            Subject::SpecOptions => f.write_str("spec with the options given"),
            Subject::Models => f.write_str("list of models"),
            Subject::Prediction => f.write_str("prediction"),
            Subject::Shard => f.write_str("shard"),
            Subject::DeviceCount => f.write_str("number of devices"),
            Subject::Device(index, key) => write!(f, "device {index}'s {key}"),
        }
    }
}

impl Difference {
    fn new(subject: Subject, values: [impl fmt::Display; 2]) -> Difference {
        Difference { subject, values: values.map(|value| excerpt(&value.to_string(), LONGEST_VALUE)) }
    }

    /// All that makes two files more than one measurement: specs, shards, methods, software and cards. When it was
    /// measured, and what the sweep is called, may always differ.
    #[must_use]
    pub fn between(first: &FrontMatter, second: &FrontMatter) -> Vec<Difference> {
        let sides = [first, second];
        let mut found: Vec<Difference> = spec(sides).into_iter().collect();
        if first.model != second.model {
            found.push(Difference::new(Subject::Models, models(sides)));
        }
        if first.prediction != second.prediction {
            found.push(Difference::new(Subject::Prediction, sides.map(prediction)));
        }
        let [part, other_part] = sides.map(|side| side.sweep.shard);
        if part != other_part {
            let said =
                |part: Option<Shard>| part.map_or("the whole sweep".to_owned(), |shard| shard.to_string());
            found.push(Difference::new(Subject::Shard, [said(part), said(other_part)]));
        }
        found.extend(Difference::between_methods(&first.method, &second.method));
        let software = keys(&first.software, &second.software).into_iter();
        found.extend(software.map(|(key, values)| Difference { subject: Subject::Software(key), values }));
        let counts = sides.map(|side| side.device.len());
        if counts[0] != counts[1] {
            found.push(Difference::new(Subject::DeviceCount, counts));
        }
        for (index, (card, other)) in first.device.iter().zip(&second.device).enumerate() {
            let card = keys(card, other).into_iter();
            found.extend(
                card.map(|(key, values)| Difference { subject: Subject::Device(index, key), values }),
            );
        }
        found
    }

    /// The part of [`Difference::between`] that is about how was measured, by key.
    #[must_use]
    pub fn between_methods(first: &Method, second: &Method) -> Vec<Difference> {
        let keys = keys(first, second).into_iter();
        keys.map(|(key, values)| Difference { subject: Subject::Method(key), values }).collect()
    }

    /// The key of `[method]` that it is of, if it is.
    #[must_use]
    pub fn method_key(&self) -> Option<&str> {
        match &self.subject {
            Subject::Method(key) => Some(key),
            _ => None,
        }
    }
}

/// The models of two files that differ in them: by their names and what they are asked to do, or else what they have
/// many of.
fn models(sides: [&FrontMatter; 2]) -> [String; 2] {
    let named = sides.map(|side| {
        let named = side.model.iter().map(|model| format!("{} ({})", model.name, model.workload));
        named.collect::<Vec<_>>().join(", ")
    });
    if named[0] != named[1] {
        return named.map(|named| if named.is_empty() { "none".to_owned() } else { named });
    }
    sides.map(|side| {
        let products =
            side.model.iter().flat_map(|model| &model.section).map(|section| section.products.len());
        format!("{} products in {} models", products.sum::<usize>(), side.model.len())
    })
}

fn prediction(side: &FrontMatter) -> String {
    side.prediction.as_ref().map_or("none, measured".to_owned(), |by| {
        format!("by {} points of {} with {}", by.points, by.card, by.library)
    })
}

/// Specs that mean something else.
fn spec(sides: [&FrontMatter; 2]) -> Option<Difference> {
    let [first, second] = sides.map(|side| &side.sweep);
    if first.spec_hash == second.spec_hash {
        return None;
    }
    let (mut lines, mut others) = (first.spec.lines(), second.spec.lines());
    let mut number = 1;
    loop {
        match (lines.next(), others.next()) {
            // What reads the same was changed by options.
            (None, None) => {
                let hashes = [&first.spec_hash, &second.spec_hash];
                return Some(Difference::new(Subject::SpecOptions, hashes));
            }
            (line, other) if line != other => {
                let values = [line, other].map(|line| line.unwrap_or("not there"));
                return Some(Difference::new(Subject::SpecLine(number), values));
            }
            _ => number += 1,
        }
    }
}

/// The keys of two tables of one kind whose values differ, sorted, with what each says.
pub(crate) fn keys<T: Serialize + PartialEq>(first: &T, second: &T) -> Vec<(String, [String; 2])> {
    // As most are, of a fleet of thousands of cards.
    if first == second {
        return Vec::new();
    }
    let tables =
        [first, second].map(|it| toml::Table::try_from(it).expect("front matter is written as TOML"));
    let names: BTreeSet<&String> = tables.iter().flat_map(toml::Table::keys).collect();
    let differing = names.into_iter().map(|name| (name, tables.each_ref().map(|table| table.get(name))));
    differing
        .filter(|(_, [first, second])| first != second)
        .map(|(name, values)| (name.clone(), values.map(in_words)))
        .collect()
}

fn in_words(value: Option<&toml::Value>) -> String {
    let words = match value {
        None => "not told".to_owned(),
        Some(toml::Value::String(text)) if text.is_empty() => "empty".to_owned(),
        Some(toml::Value::String(text)) => text.clone(),
        Some(toml::Value::Float(number)) => number.to_string(),
        Some(other) => other.to_string(),
    };
    excerpt(&words, LONGEST_VALUE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::front_matter::model::ModelInfo;
    use crate::results::front_matter::{Device, Software, SweepInfo};

    fn front_matter() -> FrontMatter {
        FrontMatter {
            started: "2026-01-01T00:00:00Z".to_owned(),
            sweep: SweepInfo {
                name: "made-up".to_owned(),
                spec_hash: "aa".to_owned(),
                spec: "heads = 12\nbatch = 4".to_owned(),
                shard: None,
            },
            source: None,
            prediction: None,
            method: Method { timer: "event".to_owned(), idle_after: Some(10.0), ..Method::default() },
            software: Software { gemm: "cuBLAS 13".to_owned(), ..Software::default() },
            device: vec![Device { name: "H100".to_owned(), ..Device::default() }],
            convention: Vec::new(),
            model: Vec::new(),
        }
    }

    fn said(change: impl FnOnce(&mut FrontMatter)) -> Vec<String> {
        let mut other = front_matter();
        change(&mut other);
        let said = |it: Difference| format!("{} is {} and {}", it.subject, it.values[0], it.values[1]);
        Difference::between(&front_matter(), &other).into_iter().map(said).collect()
    }

    #[test]
    fn every_key_that_differs_is_named_with_both_values_in_words() {
        let none: [&str; 0] = [];
        assert_eq!(said(|_| {}), none);
        let change = |other: &mut FrontMatter| {
            other.method = Method { data: "zeros".to_owned(), idle_after: Some(2.5), ..Method::default() };
            other.software.driver = Some("570".to_owned());
            other.device[0].power_limit_w = Some(300.0);
            other.device.push(Device::default());
        };
        assert_eq!(
            said(change),
            [
                "method.data is empty and zeros",
                "method.idle_after is 10 and 2.5",
                "method.timer is event and empty",
                "software.driver is not told and 570",
                "number of devices is 1 and 2",
                "device 0's power_limit_w is not told and 300",
            ]
        );
    }

    #[test]
    fn models_differ_by_their_names_and_what_they_are_asked_to_do() {
        let model = ModelInfo {
            name: "gpt2".to_owned(),
            workload: "forward, batch 1, seq 64".to_owned(),
            remarks: Vec::new(),
            section: Vec::new(),
        };
        assert_eq!(
            said(|other| other.model.push(model)),
            ["list of models is none and gpt2 (forward, batch 1, seq 64)"]
        );
    }

    #[test]
    fn a_spec_differs_by_its_first_line_that_reads_differently_or_else_by_options() {
        assert_eq!(
            said(|other| (other.sweep.spec_hash, other.sweep.spec) = ("bb".into(), "heads = 12".into())),
            ["spec, line 2, is batch = 4 and not there"]
        );
        assert_eq!(
            said(|other| other.sweep.spec_hash = "bb".into()),
            ["spec with the options given is aa and bb"]
        );
        // A comment.
        assert_eq!(said(|other| other.sweep.spec.push_str("# four")), Vec::<String>::new());
        assert_eq!(
            said(|other| other.sweep.shard = Some("1/3".parse().unwrap())),
            ["shard is the whole sweep and 1/3"]
        );
    }

    #[test]
    fn when_it_was_measured_and_what_it_is_called_is_no_difference() {
        assert_eq!(
            said(|other| (other.started, other.sweep.name) = ("later".into(), "other".into())),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_huge_value_is_cut() {
        assert!(said(|other| other.method.timer = "x".repeat(10_000))[0].len() < 150);
    }
}
