//! Which launch a log's numbers are of: the scripts changed it twice.

use super::component;
use super::line::Label;
use crate::error::ImportError;
use hovera_core::{Op, Stat, Timer, UnknownWord};
use std::fmt;
use std::str::FromStr;

/// How the scripts came to the time that they print, after 50 launches that do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// The paper's scripts (commit fb3e361): the slowest of 99 launches by the host's clock, of 199 for a
    /// `bmm`; the mean of 100 for an `mm`.
    Paper2023,
    /// From 27 January to 6 March 2024 (commits 14836f4 to 233f003): the slowest of 200 by CUDA events.
    Worst2024,
    /// Since then: the fastest of 200 by CUDA events.
    Cookbook2024,
    /// The script of 2024 that prints an `mm` as `512x256x100, b=1`, which is `torch.nn.functional.linear` on all rows of
    /// the batch: the mean of 100 by the host's clock.
    Mm2024,
}

/// The day from which on the scripts print the fastest launch (commit 233f003).
const FASTEST_SINCE: &str = "2024-03-07";
/// The day from which on they use CUDA events and the labels of today (commit 14836f4).
const EVENTS_SINCE: &str = "2024-01-27";

impl Rule {
    /// Every rule.
    pub const ALL: [Rule; 4] = [Rule::Paper2023, Rule::Worst2024, Rule::Cookbook2024, Rule::Mm2024];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::Paper2023 => "paper-2023",
            Rule::Worst2024 => "worst-2024",
            Rule::Cookbook2024 => "cookbook-2024",
            Rule::Mm2024 => "mm-2024",
        }
    }

    /// The rule of the scripts of a day, where they print today's labels; none before they did.
    pub(super) fn on(day: &str) -> Option<Rule> {
        match day {
            day if day >= FASTEST_SINCE => Some(Rule::Cookbook2024),
            day if day >= EVENTS_SINCE => Some(Rule::Worst2024),
            _ => None,
        }
    }

    /// Whether the day decides between it and another.
    pub(super) fn is_by_date(self) -> bool {
        matches!(self, Rule::Worst2024 | Rule::Cookbook2024)
    }

    /// Which of a point's times the log has.
    pub(super) fn stat(self, op: Op) -> Stat {
        match (self, op) {
            (Rule::Paper2023, Op::Gemm) | (Rule::Mm2024, _) => Stat::Mean,
            (Rule::Paper2023 | Rule::Worst2024, _) => Stat::Max,
            (Rule::Cookbook2024, _) => Stat::Min,
        }
    }

    /// Over how many launches. `iterations` is what the script's command line says.
    pub(super) fn samples(self, op: Op, iterations: Option<u32>) -> u32 {
        match (self, op) {
            (Rule::Paper2023, Op::Gemm) | (Rule::Mm2024, _) => 100,
            (Rule::Paper2023, Op::Bmm) => 199,
            (Rule::Paper2023, _) => 99,
            _ => iterations.unwrap_or(200),
        }
    }

    pub(super) fn timer(self) -> Timer {
        match self {
            Rule::Paper2023 | Rule::Mm2024 => Timer::Host,
            Rule::Worst2024 | Rule::Cookbook2024 => Timer::Event,
        }
    }

    /// The preset of a sweep that measures by this rule.
    pub(super) fn preset(self) -> Option<&'static str> {
        match self {
            Rule::Paper2023 => Some("paper-2023"),
            Rule::Worst2024 | Rule::Mm2024 => None,
            Rule::Cookbook2024 => Some("cookbook-2024"),
        }
    }

    pub(super) fn in_words(self, stat: Stat) -> String {
        let which = match stat {
            Stat::Min => "the fastest launch of each point",
            Stat::Max => "the slowest launch of each point",
            Stat::Mean => "the mean over the launches of each point",
            Stat::Median => "the median launch of each point",
        };
        let timer = if self.timer() == Timer::Host { "the host's clock" } else { "CUDA events" };
        format!("{which} by {timer} ({})", self.as_str())
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Rule {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Rule, UnknownWord> {
        Rule::ALL.into_iter().find(|rule| rule.as_str() == word).ok_or_else(|| UnknownWord {
            name: "method",
            value: word.to_owned(),
            choices: choices(),
        })
    }
}

fn choices() -> String {
    Rule::ALL.map(Rule::as_str).join(", ")
}

/// What the labels tell of the scripts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Evidence {
    old_labels: bool,
    new_labels: bool,
    /// Products of no layer with `b=`.
    linear: bool,
    /// Others of no layer, whose label has not changed.
    plain: bool,
}

impl Evidence {
    /// Labels that have not changed tell nothing.
    pub(super) fn add(&mut self, op: Op, label: &Label) {
        match component::year(op, &label.name) {
            _ if label.name.is_empty() && label.b.is_some() => self.linear = true,
            Some(2023) => self.old_labels = true,
            Some(_) => self.new_labels = true,
            None => self.plain = true,
        }
    }

    /// The rule, and why it is that.
    pub(super) fn decide(self, date: Option<&str>, file: &str) -> Result<(Rule, String), ImportError> {
        let unknown = |why| ImportError::NoRule { file: file.to_owned(), why, choices: choices() };
        if self.linear {
            return if self.old_labels || self.new_labels || self.plain {
                Err(unknown("it has products with b= and no name, of the mm script of 2024, beside others"))
            } else {
                Ok((Rule::Mm2024, "its labels have b= and no name".to_owned()))
            };
        }
        match (self.old_labels, self.new_labels, date.map(|day| (day, Rule::on(day)))) {
            (true, true, _) => Err(unknown("it has labels of 2023 and of 2024")),
            (true, false, _) => Ok((Rule::Paper2023, "its labels are those of 2023".to_owned())),
            (false, _, Some((day, Some(Rule::Worst2024)))) => {
                Ok((Rule::Worst2024, format!("it is dated {day}, before 7 March 2024")))
            }
            (false, _, Some((day, Some(rule)))) => {
                Ok((rule, format!("it is dated {day}, after 6 March 2024")))
            }
            (false, true, _) => {
                Ok((Rule::Cookbook2024, "its labels are those of 2024, and no date says more".to_owned()))
            }
            (false, false, _) => Err(unknown("its labels are the same in 2023 and 2024")),
        }
    }
}
