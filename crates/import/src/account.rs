//! What became of everything in a file.

use std::collections::BTreeMap;
use std::fmt;

/// How many troubles of a kind are told in full.
const TOLD: usize = 5;
/// How many kinds of what is no GEMM are counted by name.
const NAMES: usize = 50;
/// Longest name or excerpt, in characters.
const EXCERPT: usize = 80;
/// Longest reason, in characters: what it quotes is cut by itself.
const REASON: usize = 600;

/// What was decided, and what of the file is not in the results.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Account {
    /// What the file did not say outright, and why it is taken to be so.
    pub decided: Vec<String>,
    /// Measurements that were merged into the row of an earlier one of the same point.
    pub merged: u64,
    /// Measurements that were not asked for.
    pub not_selected: u64,
    /// Configurations, states or records read.
    pub read: u64,
    /// What was read so many of: `configurations`.
    pub unit: &'static str,
    /// What is no GEMM, by name.
    pub no_gemm: BTreeMap<String, u64>,
    /// Lines that mean nothing here: headings, messages, rules.
    pub other_lines: u64,
    /// What should be a measurement and cannot be read.
    pub unreadable: Trouble,
    /// Measurements whose shape is not what their configuration makes it; they are left out.
    pub misfits: Trouble,
    /// Measurements whose elapsed time is not that of their throughput; they are kept, with a note.
    pub inconsistent: Trouble,
    /// Which of the two counts: `throughput` or `time`.
    pub counts: &'static str,
    /// Measurements that their own program found wrong, or that are no product of these: left out, by why.
    pub left_out: BTreeMap<String, u64>,
    /// What cannot be, and what it may come from.
    pub warnings: Vec<String>,
}

/// Troubles of one kind: how many, and the first few.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trouble {
    /// How many.
    pub count: u64,
    /// The first few: a line, counted from 1 (a state, in nvbench's files), and what is wrong with it.
    pub first: Vec<(u64, String)>,
}

impl Trouble {
    pub(crate) fn add(&mut self, line: u64, what: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < TOLD {
            self.first.push((line, what()));
        }
    }
}

impl Account {
    pub(crate) fn count_no_gemm(&mut self, name: &str) {
        let name = excerpt(name);
        let known = self.no_gemm.len() < NAMES || self.no_gemm.contains_key(&name);
        *self.no_gemm.entry(if known { name } else { "others".to_owned() }).or_default() += 1;
    }

    pub(crate) fn leave_out(&mut self, why: &str) {
        let why = excerpt(why);
        let known = self.left_out.len() < NAMES || self.left_out.contains_key(&why);
        *self.left_out.entry(if known { why } else { "others".to_owned() }).or_default() += 1;
    }

    /// The troubles in words: one text for each kind, with the first few of it, and the warnings.
    #[must_use]
    pub fn troubles(&self) -> Vec<String> {
        let counts = self.counts;
        let contradiction =
            format!("has an elapsed time that is not that of its throughput; the {counts} counts");
        let kinds = [
            (&self.unreadable, "cannot be read and is left out"),
            (&self.misfits, "does not fit its configuration and is left out"),
            (&self.inconsistent, contradiction.as_str()),
        ];
        let told = |(trouble, what): (&Trouble, &str)| {
            (trouble.count > 0).then(|| {
                let first = trouble.first.iter().map(|(line, why)| format!("\n  {line}: {why}"));
                format!("{} times something {what}; first at{}", trouble.count, first.collect::<String>())
            })
        };
        kinds.into_iter().filter_map(told).chain(self.warnings.iter().cloned()).collect()
    }
}

impl fmt::Display for Account {
    /// All but the troubles, on one line for each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read {} {}", self.read, self.unit)?;
        for (count, what) in [
            (self.merged, "measured again and merged"),
            (self.not_selected, "not asked for"),
            (self.other_lines, "other lines"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        let no_gemm: Vec<_> = self.no_gemm.iter().map(|(name, count)| format!("{count} {name}")).collect();
        if !no_gemm.is_empty() {
            write!(f, "\nno GEMM, not imported: {}", no_gemm.join(", "))?;
        }
        let left_out: Vec<_> = self.left_out.iter().map(|(why, count)| format!("{count} {why}")).collect();
        if !left_out.is_empty() {
            write!(f, "\nleft out: {}", left_out.join(", "))?;
        }
        self.decided.iter().try_for_each(|decided| write!(f, "\n{decided}"))
    }
}

/// Why something cannot be read, cut where a file's own words make it too long.
pub(crate) fn reason(text: &str) -> String {
    hovera_core::excerpt(text, REASON)
}

/// A text from a file, cut where it is too long.
pub(crate) fn excerpt(text: &str) -> String {
    hovera_core::excerpt(text, EXCERPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_name_is_counted_in_bounded_memory() {
        let mut account = Account::default();
        for i in 0..1000 {
            account.count_no_gemm(&format!("{}{}", "x".repeat(1000), i));
            account.count_no_gemm(&format!("n{i}"));
            account.unreadable.add(i, || "bad".to_owned());
        }
        assert_eq!(account.no_gemm.len(), NAMES + 1);
        assert_eq!(account.no_gemm.values().sum::<u64>(), 2000);
        assert_eq!((account.unreadable.count, account.unreadable.first.len()), (1000, TOLD));
    }
}
