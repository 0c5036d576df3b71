//! A point in words: the only place that knows how.

use crate::shape::gemm::Gemm;
use crate::shape::point::Point;
use std::fmt;

/// In full, on one line, in the words of the columns: `score f16 nn cublas burst hot, heads 12, batch 4,
/// seq 2048, hidden 768`, and what else tells the product from others of its layer.
impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.condition_in_words())?;
        if let Some(layer) = self.layer {
            let (heads, batch, seq, hidden) = (layer.heads(), layer.batch(), layer.seq(), layer.hidden());
            write!(f, ", heads {heads}, batch {batch}, seq {seq}, hidden {hidden}")?;
        }
        match (self.layer.and_then(|layer| layer.gemm(self.op)), self.ranks_in_words()) {
            (Some(_), Some(ranks)) => write!(f, ", {ranks}"),
            (Some(_), None) => Ok(()),
            (None, _) => write!(f, ", {}", self.gemm),
        }
    }
}

/// `48x2048x2048x64`: gemm_batch, m, n and k.
impl fmt::Display for Gemm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}x{}x{}", self.gemm_batch(), self.m(), self.n(), self.k())
    }
}

impl Point {
    /// What tells it from other points of its op: `hidden 4608` or, of a product of no layer, `1x2304x8192x768`.
    #[must_use]
    pub fn size_in_words(&self) -> String {
        match self.layer {
            Some(layer) => format!("hidden {}", layer.hidden()),
            None => self.gemm.to_string(),
        }
    }

    /// All of it but its sizes: `score f16 nn cublas burst hot`.
    #[must_use]
    pub fn condition_in_words(&self) -> String {
        let Point { op, dtype, layout, engine, pacing, cache, .. } = self;
        format!("{op} {dtype} {layout} {engine} {pacing} {cache}")
    }

    /// `one of 4 tensor-parallel ranks`; none where one device has all heads.
    #[must_use]
    pub(crate) fn ranks_in_words(&self) -> Option<String> {
        let ranks = self.tensor_parallel().filter(|ranks| *ranks > 1)?;
        Some(format!("one of {ranks} tensor-parallel ranks"))
    }

    /// As a heading for people: `score at hidden size 768: a=12, head dim 64 (h/a = 64), b=4, s=2048, f16, layout
    /// nn, pacing burst, hot cache`. Of a product of no layer the sizes are left to what follows.
    #[must_use]
    pub fn heading(&self) -> String {
        let Point { op, dtype, layout, pacing, cache, .. } = self;
        let layer = self.layer.map(|layer| {
            let ranks = self.ranks_in_words().map(|ranks| format!(", {ranks}")).unwrap_or_default();
            let (hidden, a, d, h_a) = (layer.hidden(), layer.heads(), layer.head_dim(), layer.series());
            let (b, s) = (layer.batch(), layer.seq());
            format!(" at hidden size {hidden}: a={a}, head dim {d} (h/a = {h_a}), b={b}, s={s}{ranks}")
        });
        let layer = layer.unwrap_or_default();
        format!("{op}{layer}, {dtype}, layout {layout}, pacing {pacing}, {cache} cache")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up;
    use crate::shape::op::Op;

    /// The layer's product of the published charts at head dim 64, or another of its sizes.
    fn point(op: Op, gemm: Option<Gemm>) -> Point {
        let usual = made_up::point(Op::Score, 64);
        let layer = usual.layer.unwrap();
        Point {
            op,
            layer: op.is_of_layer().then_some(layer),
            gemm: gemm.or(layer.gemm(op)).unwrap(),
            ..usual
        }
    }

    #[test]
    fn a_point_in_full_is_told_from_every_other() {
        let conditions = "f16 nn cublas burst hot";
        let layer = "heads 12, batch 4, seq 2048, hidden 768";
        let whole = point(Op::Score, None);
        assert_eq!(whole.to_string(), format!("score {conditions}, {layer}"));
        let share = point(Op::Score, whole.layer.unwrap().share(Op::Score, 4));
        assert_eq!(share.to_string(), format!("score {conditions}, {layer}, one of 4 tensor-parallel ranks"));
        let up = point(Op::MlpUp, Gemm::new(1, 8192, 3072, 768).ok());
        assert_eq!(up.to_string(), format!("mlp_up {conditions}, {layer}, 1x8192x3072x768"));
        let free = point(Op::Bmm, Gemm::new(7, 3, 4, 5).ok());
        assert_eq!(free.to_string(), format!("bmm {conditions}, 7x3x4x5"));
    }

    #[test]
    fn what_tells_a_point_from_its_neighbours_is_short() {
        assert_eq!(point(Op::Values, None).size_in_words(), "hidden 768");
        assert_eq!(point(Op::Bmm, Gemm::new(7, 3, 4, 5).ok()).size_in_words(), "7x3x4x5");
    }

    #[test]
    fn a_heading_says_what_a_chart_s_title_and_legend_say() {
        let whole = point(Op::Values, None);
        let share = point(Op::Values, whole.layer.unwrap().share(Op::Values, 3));
        assert_eq!(
            share.heading(),
            "values at hidden size 768: a=12, head dim 64 (h/a = 64), b=4, s=2048, one of 3 tensor-parallel \
             ranks, f16, layout nn, pacing burst, hot cache"
        );
        let free = point(Op::Gemm, Gemm::new(1, 3, 4, 5).ok());
        assert_eq!(free.heading(), "gemm, f16, layout nn, pacing burst, hot cache");
    }
}
