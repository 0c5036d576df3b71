//! How far throughput follows the SM clock, where a row alone cannot tell.

use hovera_core::{Curve, Row};
use std::collections::BTreeMap;

/// Rows farther away than this factor in head dim say nothing of each other.
const REACH: f64 = 1.25;

/// The exponent e of `throughput ∝ clock^e` along the lines of a chart: 1 where the SMs bound a product, 0
/// where memory does, in between where the limits meet.
///
/// A row has one word for it, and where the limits meet noise decides which. What is there is seen from
/// the rows around it: e is the mean of what the rows of the same line within a factor of 1.25 in head
/// dim say, weighted by the tricube of their distance in the logarithm of the head dim (Cleveland, "Robust
/// Locally Weighted Regression and Smoothing Scatterplots", JASA 74, 1979). Where all of these agree, the
/// row's own word holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClockResponse {
    lines: BTreeMap<LineKey, Vec<ToldExponent>>,
}

/// All that two rows of one line of a chart share: the card and the curve.
type LineKey = (u32, Curve);

/// What a row says of itself.
#[derive(Debug, Clone, Copy, PartialEq)]
struct ToldExponent {
    ln_head_dim: f64,
    exponent: f64,
}

impl ClockResponse {
    /// From the rows that say what bounds them.
    #[must_use]
    pub fn of_rows<'r>(rows: impl IntoIterator<Item = &'r Row>) -> ClockResponse {
        let mut lines: BTreeMap<LineKey, Vec<ToldExponent>> = BTreeMap::new();
        for row in rows {
            let (Some(bound), Some((line, ln_head_dim))) = (row.bound, place(row)) else { continue };
            lines
                .entry(line)
                .or_default()
                .push(ToldExponent { ln_head_dim, exponent: bound.clock_exponent() });
        }
        for said in lines.values_mut() {
            said.sort_by(|x, y| x.ln_head_dim.total_cmp(&y.ln_head_dim));
        }
        ClockResponse { lines }
    }

    /// e at a row; none where no row near it says anything.
    #[must_use]
    pub fn exponent(&self, row: &Row) -> Option<f64> {
        let (line, here) = place(row)?;
        let (line, reach) = (self.lines.get(&line)?, REACH.ln());
        let first = line.partition_point(|said| said.ln_head_dim <= here - reach);
        let near = line[first..].iter().take_while(|said| said.ln_head_dim < here + reach);
        let (mut weights, mut sum) = (0.0, 0.0);
        for said in near {
            let distance = (said.ln_head_dim - here).abs() / reach;
            let weight = (1.0 - distance.powi(3)).powi(3);
            weights += weight;
            sum += weight * said.exponent;
        }
        (weights > 0.0).then(|| sum / weights)
    }
}

/// The line of a row of an attention layer, and its place on it.
fn place(row: &Row) -> Option<(LineKey, f64)> {
    let (curve, head_dim) = Curve::place(&row.point)?;
    Some(((row.device, curve), f64::from(head_dim).ln()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::tests::row;
    use hovera_core::Bound;
    use proptest::prelude::*;

    fn said(head_dim: u64, bound: Bound) -> Row {
        Row { bound: Some(bound), ..row(head_dim, 100.0, 1500.0) }
    }

    fn exponents(rows: &[Row]) -> Vec<f64> {
        let response = ClockResponse::of_rows(rows);
        rows.iter().map(|row| response.exponent(row).unwrap()).collect()
    }

    #[test]
    fn rows_that_agree_with_all_around_them_keep_their_word() {
        let rows = [said(8, Bound::Memory), said(24, Bound::Memory), said(1000, Bound::Compute)];
        assert_eq!(exponents(&rows), [0.0, 0.0, 1.0]);
        assert_eq!(exponents(&[said(8, Bound::Both)]), [0.5]);
        // One that says nothing has no neighbour.
        let silent = row(8, 100.0, 1500.0);
        assert_eq!(ClockResponse::of_rows([&silent]).exponent(&silent), None);
    }

    #[test]
    fn where_neighbours_disagree_the_exponent_is_in_between() {
        let rows: Vec<Row> = (30u64..60)
            .map(|step| said(8 * (2 * step + 1), if step < 45 { Bound::Memory } else { Bound::Compute }))
            .collect();
        let got = exponents(&rows);
        assert_eq!((got[0], got[29]), (0.0, 1.0));
        assert!(got.windows(2).all(|pair| pair[0] <= pair[1]), "{got:?}");
        assert!((got[14] + got[15] - 1.0).abs() < 0.1, "{got:?}");
        // One odd word among many does not make a step.
        let mut rows = rows;
        rows[25].bound = Some(Bound::Memory);
        let odd = exponents(&rows)[25];
        assert!((0.8..1.0).contains(&odd), "{odd}");
    }

    #[test]
    fn the_weights_are_the_tricube_of_the_distance() {
        let rows = [said(1000, Bound::Compute), said(1112, Bound::Memory)];
        let distance = 1.112f64.ln() / 1.25f64.ln();
        let want = 1.0 / (1.0 + (1.0 - distance.powi(3)).powi(3));
        assert!((exponents(&rows)[0] - want).abs() < 1e-12);
    }

    #[test]
    fn other_lines_and_other_cards_do_not_count() {
        let mut other = said(1032, Bound::Memory);
        other.device = 1;
        assert_eq!(exponents(&[said(1000, Bound::Compute), other])[0], 1.0);
    }

    proptest! {
        #[test]
        fn it_is_a_share(words in prop::collection::vec((1u64..400, any::<bool>()), 1..60)) {
            let rows: Vec<Row> = words
                .iter()
                .map(|(step, compute)| said(8 * step, if *compute { Bound::Compute } else { Bound::Memory }))
                .collect();
            prop_assert!(exponents(&rows).iter().all(|e| (0.0..=1.0).contains(e)));
        }
    }
}
