//! Which rows of two sides are of the same point.
//!
//! A product that a model has a name for, such as `mlp_up`, is a plain GEMM to whoever knows no model: most published
//! tables, and files of other benchmarks. Where one side has no product of a model and the other has some, what counts
//! is what is multiplied, by m, n, k and how it is stored. Several products of a model can be one GEMM: each of them is
//! held against it.

use super::across::Across;
use super::error::CompareError;
use super::side::SideRows;
use crate::condition::Aspect;
use crate::dimension::Dimension;
use hovera_core::{Op, Point, PointOrder, Row};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Display;

/// The rows of two sides, by point.
#[derive(Default)]
pub(super) struct Matched<'a> {
    /// The base's and the other's row of one point, in the order of the base's points.
    pub(super) both: Vec<(&'a Row, &'a Row)>,
    pub(super) only_base: Vec<&'a Row>,
    pub(super) only_other: Vec<&'a Row>,
    /// What the sides call what is in both, where they call it differently.
    pub(super) called: Option<Called>,
}

/// What two sides call the same products.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Called {
    base: BTreeSet<Op>,
    other: BTreeSet<Op>,
}

impl Display for Called {
    /// `mlp_up, mlp_down and gemm`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} and {}", listed(&self.base), listed(&self.other))
    }
}

/// # Errors
/// [`CompareError::NothingInCommon`], with what keeps the points apart.
pub(super) fn matched<'a>(
    base: &SideRows<'a>,
    other: &SideRows<'a>,
    across: &[Across],
) -> Result<Matched<'a>, CompareError> {
    let mut matched = Matched::default();
    let of_model = [base, other].map(|side| side.rows.iter().any(|(_, row)| row.point.op.is_of_layer()));
    let by_product = of_model[0] != of_model[1];
    if !by_product {
        matched.join(&base.rows, &other.rows);
    } else {
        let [base, other] = [base, other].map(|side| {
            let gemm = |row: &'a Row| {
                let point = across.iter().fold(row.point, |point, across| across.leave_out(point));
                (point.of_no_model().order(), row)
            };
            let mut rows: Vec<_> = side.rows.iter().map(|(_, row)| gemm(row)).collect();
            // Stable: products that are one GEMM stay in the order of their points.
            rows.sort_by(|(key, _), (other, _)| key.cmp(other));
            rows
        });
        matched.join(&base, &other);
        let mut called = Called::default();
        for (row, other) in matched.both.iter().filter(|(row, other)| row.point.op != other.point.op) {
            called.base.insert(row.point.op);
            called.other.insert(other.point.op);
        }
        matched.called = (!called.base.is_empty()).then_some(called);
        matched.both.sort_by_key(|(row, other)| (row.point, other.point));
    }
    if matched.both.is_empty() {
        return Err(CompareError::NothingInCommon {
            base: base.side.label.clone(),
            other: other.side.label.clone(),
            differences: apart(&matched.only_base, &matched.only_other, by_product),
        });
    }
    Ok(matched)
}

impl<'a> Matched<'a> {
    /// Takes rows that are sorted by what they are told apart by. A row that is alone on its side goes with each that is
    /// like it on the other.
    fn join(&mut self, base: &[(PointOrder, &'a Row)], other: &[(PointOrder, &'a Row)]) {
        let (mut left, mut right) = (base, other);
        while let (Some((a, row)), Some((b, other))) = (left.first(), right.first()) {
            let (lefts, rights) = match a.cmp(b) {
                Ordering::Less => {
                    self.only_base.push(row);
                    (1, 0)
                }
                Ordering::Greater => {
                    self.only_other.push(other);
                    (0, 1)
                }
                Ordering::Equal => {
                    let alike = [left, right].map(|rows| rows.iter().take_while(|(key, _)| key == a).count());
                    for (_, row) in &left[..alike[0]] {
                        self.both.extend(right[..alike[1]].iter().map(|(_, other)| (*row, *other)));
                    }
                    (alike[0], alike[1])
                }
            };
            (left, right) = (&left[lefts..], &right[rights..]);
        }
        self.only_base.extend(left.iter().map(|(_, row)| *row));
        self.only_other.extend(right.iter().map(|(_, row)| *row));
    }
}

/// The columns that have no word in common.
fn apart(base: &[&Row], other: &[&Row], by_product: bool) -> Vec<String> {
    let mut found = Vec::new();
    let counts = |aspect: &&Aspect| !by_product || ![Aspect::Op, Aspect::Pass].contains(aspect);
    for aspect in Aspect::ALL.iter().filter(counts) {
        let Some(words) = disjoint(base, other, |point| aspect.of_point(point)) else { continue };
        let across = Across::ALL.iter().any(|across| across.aspect() == *aspect);
        let name = aspect.name();
        let remedy = if across { format!(" (--across {name} compares them)") } else { String::new() };
        found.push(format!("{name} is {words}{remedy}"));
    }
    if let Some(words) = disjoint(base, other, |point| point.model.hidden) {
        found.push(format!("hidden is {words}"));
    }
    if by_product {
        for size in Dimension::sizes_of_gemm() {
            let words = disjoint(base, other, |point| Some(size.of_point(point)));
            found.extend(words.map(|words| format!("{} is {words}", size.as_str())));
        }
    }
    if found.is_empty() {
        found.push("every point differs in one column or another".to_owned());
    }
    found
}

/// What either side has of something of which no value is on both.
fn disjoint<T: Ord + Display>(
    base: &[&Row],
    other: &[&Row],
    value: impl Fn(&Point) -> Option<T>,
) -> Option<String> {
    let [base, other] =
        [base, other].map(|rows| rows.iter().filter_map(|row| value(&row.point)).collect::<BTreeSet<T>>());
    let apart = !base.is_empty() && !other.is_empty() && base.is_disjoint(&other);
    apart.then(|| format!("{} and {}", listed(&base), listed(&other)))
}

/// Up to five words.
fn listed<T: Display>(words: &BTreeSet<T>) -> String {
    let mut list: Vec<String> = words.iter().take(5).map(ToString::to_string).collect();
    if words.len() > list.len() {
        list.push("…".to_owned());
    }
    list.join(", ")
}
