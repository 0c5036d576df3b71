//! Where another kernel ran than on the base.

use hovera_core::{Op, Row};
use std::collections::BTreeMap;

/// So many changes are told each, the most frequent ones.
const TOLD: usize = 5;

/// What is gathered of the pairs of one other side.
#[derive(Default)]
pub(super) struct KernelChanges<'a> {
    changes: BTreeMap<(Op, &'a str, &'a str), Points>,
    changed: Points,
    kept: Points,
}

/// Points and the logarithms of their ratios.
#[derive(Default)]
struct Points {
    count: usize,
    sum: f64,
    head_dims: Vec<u32>,
}

impl Points {
    fn add(&mut self, row: &Row, ratio: f64) {
        self.count += 1;
        self.sum += ratio.ln();
        self.head_dims.extend(row.point.layer().map(|layer| layer.head_dim().get()));
    }

    /// The geometric mean.
    fn ratio(&self) -> f64 {
        (self.sum / self.count as f64).exp()
    }

    fn in_words(&self) -> String {
        let dims = match (self.head_dims.iter().min(), self.head_dims.iter().max()) {
            (Some(least), Some(most)) if least == most => format!(" (head dim {least})"),
            (Some(least), Some(most)) => format!(" (head dims {least} to {most})"),
            _ => String::new(),
        };
        format!("{} {}{dims}", self.count, if self.count == 1 { "point" } else { "points" })
    }
}

impl<'a> KernelChanges<'a> {
    /// A pair whose other value is `ratio` times the base's. One of which a kernel is not known says nothing.
    pub(super) fn add(&mut self, base: &'a Row, other: &'a Row, ratio: f64) {
        let (Some(from), Some(to)) = (base.kernel.name.as_deref(), other.kernel.name.as_deref()) else {
            return;
        };
        if from == to {
            return self.kept.add(base, ratio);
        }
        self.changed.add(base, ratio);
        self.changes.entry((base.point.op, from, to)).or_default().add(base, ratio);
    }

    /// Sentences for the notes; none where no kernel is known to be another.
    pub(super) fn notes(self, base: &str, other: &str) -> Vec<String> {
        if self.changed.count == 0 {
            return Vec::new();
        }
        let known = self.changed.count + self.kept.count;
        let others = match self.kept.count {
            0 => String::new(),
            _ => format!(", that of the others {:.3}", self.kept.ratio()),
        };
        let mut notes = vec![format!(
            "{other} ran another kernel than {base} at {} of {known} points: their mean ratio is {:.3}{others}",
            self.changed.count,
            self.changed.ratio()
        )];
        let mut changes: Vec<_> = self.changes.into_iter().collect();
        changes.sort_by_key(|(_, points)| std::cmp::Reverse(points.count));
        let left = changes.len().saturating_sub(TOLD);
        changes.truncate(TOLD);
        notes.extend(changes.into_iter().map(|((op, from, to), points)| {
            format!("{op}, {}: {from} became {to}, ratio {:.3}", points.in_words(), points.ratio())
        }));
        if left > 0 {
            notes.push(format!("{left} more changes of a kernel are rarer"));
        }
        notes
    }
}
