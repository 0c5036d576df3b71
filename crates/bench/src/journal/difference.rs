//! What keeps a file from being continued: where its sweep differs from this run's.

use hovera_core::FrontMatter;
use std::fmt;

/// Longest value that a message repeats, in characters.
const EXCERPT: usize = 80;

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What, as the front matter names it.
    pub what: String,
    /// In the file.
    pub theirs: String,
    /// In this run.
    pub ours: String,
}

impl Difference {
    fn new(what: impl Into<String>, theirs: impl fmt::Display, ours: impl fmt::Display) -> Difference {
        Difference { what: what.into(), theirs: excerpt(&theirs), ours: excerpt(&ours) }
    }
}

/// All that differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences(pub Vec<Difference>);

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, Difference { what, theirs, ours }) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { "; " };
            write!(f, "{comma}its {what} is {theirs}, this run's is {ours}")?;
        }
        Ok(())
    }
}

impl Differences {
    /// Two measurements belong into one file when spec, method, cards and software agree.
    pub(super) fn between(theirs: &FrontMatter, ours: &FrontMatter) -> Differences {
        let mut found = Vec::new();
        if theirs.sweep.spec_hash != ours.sweep.spec_hash {
            found.extend(of_specs(theirs, ours));
        }
        let shard = |f: &FrontMatter| f.sweep.shard.map_or("the whole sweep".to_owned(), |s| s.to_string());
        if theirs.sweep.shard != ours.sweep.shard {
            found.push(Difference::new("shard", shard(theirs), shard(ours)));
        }
        found.extend(of_tables("method", &table(&theirs.method), &table(&ours.method)));
        found.extend(of_tables("software", &table(&theirs.software), &table(&ours.software)));
        let (cards, our_cards) = (theirs.device.len(), ours.device.len());
        if cards != our_cards {
            found.push(Difference::new("number of devices", cards, our_cards));
        }
        for (index, (their, our)) in theirs.device.iter().zip(&ours.device).enumerate() {
            if their.name != our.name {
                found.push(Difference::new(format!("device {index}"), &their.name, &our.name));
            }
            if their.id != our.id {
                let id = |id: &Option<String>| id.clone().unwrap_or_else(|| "unknown".into());
                found.push(Difference::new(format!("device {index}'s id"), id(&their.id), id(&our.id)));
            }
        }
        Differences(found)
    }
}

/// A spec that means something else: its first line that reads differently. What reads the same was
/// changed by options.
fn of_specs(theirs: &FrontMatter, ours: &FrontMatter) -> Option<Difference> {
    let (theirs, ours) = (&theirs.sweep, &ours.sweep);
    let mut pairs = Pairs { theirs: theirs.spec.lines(), ours: ours.spec.lines() }.enumerate();
    Some(match pairs.find(|(_, (theirs, ours))| theirs != ours) {
        Some((line, (their, our))) => Difference::new(format!("spec, line {},", line + 1), their, our),
        None => Difference::new("spec with the options given", &theirs.spec_hash, &ours.spec_hash),
    })
}

/// Lines side by side, the shorter side filled up.
struct Pairs<'a> {
    theirs: std::str::Lines<'a>,
    ours: std::str::Lines<'a>,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        match (self.theirs.next(), self.ours.next()) {
            (None, None) => None,
            (theirs, ours) => Some((theirs.unwrap_or("not there"), ours.unwrap_or("not there"))),
        }
    }
}

fn table(value: &impl serde::Serialize) -> toml::Table {
    toml::Table::try_from(value).expect("strings and numbers are TOML")
}

fn of_tables(name: &str, theirs: &toml::Table, ours: &toml::Table) -> Vec<Difference> {
    let mut keys: Vec<&String> = theirs.keys().chain(ours.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let said = |value: Option<&toml::Value>| value.map_or("not there".to_owned(), ToString::to_string);
    keys.into_iter()
        .filter(|key| theirs.get(*key) != ours.get(*key))
        .map(|key| Difference::new(format!("{name}.{key}"), said(theirs.get(key)), said(ours.get(key))))
        .collect()
}

fn excerpt(value: &impl fmt::Display) -> String {
    hovera_core::excerpt(&value.to_string(), EXCERPT)
}
