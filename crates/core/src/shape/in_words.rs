//! A point in words: the only place that knows how.

use crate::shape::dimension::TensorParallel;
use crate::shape::gemm::Gemm;
use crate::shape::model::ModelSizes;
use crate::shape::op::{Op, Pass};
use crate::shape::point::Point;
use crate::shape::product::Product;
use crate::shape::vocabulary::Mask;
use std::fmt;

/// In full, on one line, in the words of the columns: `score f16 nn cublas burst hot, heads 12, batch 4,
/// seq 2048, hidden 768`, and what else tells the product from others of its model.
impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.condition_in_words())?;
        for (name, size) in self.told_sizes() {
            write!(f, ", {name} {size}")?;
        }
        if let Some(ranks) = self.ranks_in_words() {
            write!(f, ", {ranks}")?;
        }
        if self.is_told_by_model() { Ok(()) } else { write!(f, ", {}", self.gemm) }
    }
}

/// `48x2048x2048x64`: gemm_batch, m, n and k.
impl fmt::Display for Gemm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}x{}x{}", self.gemm_batch(), self.m(), self.n(), self.k())
    }
}

impl Op {
    /// `score`, or `score weight_gradient`.
    #[must_use]
    pub fn with_pass(self, pass: Pass) -> String {
        match pass {
            Pass::Forward => self.to_string(),
            pass => format!("{self} {pass}"),
        }
    }
}

impl Point {
    /// Whether the sizes of the model and the number of ranks tell the GEMM.
    #[must_use]
    pub fn is_told_by_model(&self) -> bool {
        let tensor_parallel = self.tensor_parallel().and_then(|ranks| TensorParallel::new(ranks.into()).ok());
        let sizes = ModelSizes { tensor_parallel, ..self.model };
        tensor_parallel.is_some()
            && Product::of_model(self.op, self.pass, &sizes).is_ok_and(|whole| whole.gemm == self.gemm)
    }

    /// The sizes that others do not tell, each with the name of its column. The ranks have words of their own.
    fn told_sizes(&self) -> impl Iterator<Item = (&'static str, u32)> {
        let follows = self.model.is_as_wide_as_heads();
        self.model.named().filter(move |(name, _)| match *name {
            "head_dim" => !follows,
            name => name != "tensor_parallel",
        })
    }

    /// What tells it from other points of its op: `hidden 4608`, `hidden 2560, vocab 50257, weight_gradient, tp 2` or, of
    /// a product of no model, `1x2304x8192x768`.
    #[must_use]
    pub fn size_in_words(&self) -> String {
        let varied = |(name, _): &(&str, u32)| !matches!(*name, "heads" | "batch" | "seq");
        let sizes: Vec<String> =
            self.told_sizes().filter(varied).map(|(name, size)| format!("{name} {size}")).collect();
        // Without a size that sweeps walk, m, n and k tell it.
        if sizes.is_empty() || self.op.is_of_rows() {
            return self.gemm.to_string();
        }
        let mask = (self.mask != Mask::None).then(|| self.mask.to_string());
        let pass = (self.pass != Pass::Forward).then(|| self.pass.to_string());
        let ranks = self.tensor_parallel().filter(|ranks| *ranks > 1).map(|ranks| format!("tp {ranks}"));
        sizes.into_iter().chain(mask).chain(pass).chain(ranks).collect::<Vec<_>>().join(", ")
    }

    /// All of it but its sizes: `score f16 nn cublas burst hot`, with the pass where that is not forward.
    #[must_use]
    pub fn condition_in_words(&self) -> String {
        let Point { dtype, layout, engine, pacing, cache, .. } = self;
        format!("{} {dtype} {layout} {engine} {pacing} {cache}", self.op_in_words())
    }

    /// `score`, or `score weight_gradient`, or `attention causal backward`.
    #[must_use]
    pub fn op_in_words(&self) -> String {
        let mask = (self.mask != Mask::None).then(|| self.mask.as_str());
        let pass = (self.pass != Pass::Forward).then(|| self.pass.as_str());
        let words = [Some(self.op.as_str()), mask, pass];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// `one of 4 tensor-parallel ranks`; none where one device has all heads.
    #[must_use]
    pub(crate) fn ranks_in_words(&self) -> Option<String> {
        let ranks = self.tensor_parallel().filter(|ranks| *ranks > 1)?;
        Some(format!("one of {ranks} tensor-parallel ranks"))
    }

    /// As a heading for people: `score at hidden size 768: a=12, head dim 64 (h/a = 64), b=4, s=2048, f16, layout
    /// nn, pacing burst, hot cache`. Of a product of no model the sizes are left to what follows.
    #[must_use]
    pub fn heading(&self) -> String {
        let Point { dtype, layout, pacing, cache, model, .. } = self;
        let mut sizes = Vec::new();
        let mut say = |size: Option<String>| sizes.extend(size);
        say(model.heads.map(|a| format!("a={a}")));
        say(model.head_dim.zip(model.series()).map(|(d, h_a)| format!("head dim {d} (h/a = {h_a})")));
        say(model.head_dim_v.map(|of_values| format!("head dim {of_values} of values")));
        say(model.kv_heads.map(|kv| format!("{kv} heads of keys")));
        say(model.ffn.map(|ffn| format!("MLP width {ffn}")));
        say(model.vocab.map(|vocab| format!("vocabulary {vocab}")));
        say(model.batch.map(|b| format!("b={b}")));
        say(model.seq.map(|s| format!("s={s}")));
        say(model.seq_key.map(|keys| format!("{keys} keys")));
        say(self.ranks_in_words());
        let sizes = match model.hidden {
            Some(hidden) => format!(" at hidden size {hidden}: {}", sizes.join(", ")),
            None if sizes.is_empty() => String::new(),
            None => format!(": {}", sizes.join(", ")),
        };
        format!("{}{sizes}, {dtype}, layout {layout}, pacing {pacing}, {cache} cache", self.op_in_words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up;

    /// The layer's product of the published charts at head dim 64, or another of its sizes.
    fn point(op: Op, gemm: Option<Gemm>) -> Point {
        let usual = made_up::point(Op::Score, 64);
        let model = if op.is_of_layer() { usual.model } else { ModelSizes::default() };
        Point { op, model, gemm: gemm.or(usual.layer().unwrap().gemm(op)).unwrap(), ..usual }
    }

    #[test]
    fn a_point_in_full_is_told_from_every_other() {
        let conditions = "f16 nn cublas burst hot";
        let layer = "heads 12, batch 4, seq 2048, hidden 768";
        let whole = point(Op::Score, None);
        assert_eq!(whole.to_string(), format!("score {conditions}, {layer}"));
        let share = point(Op::Score, whole.layer().unwrap().share(Op::Score, 4));
        assert_eq!(share.to_string(), format!("score {conditions}, {layer}, one of 4 tensor-parallel ranks"));
        let up = point(Op::MlpUp, Gemm::new(1, 8192, 3072, 768).ok());
        assert_eq!(up.to_string(), format!("mlp_up {conditions}, {layer}, 1x8192x3072x768"));
        let free = point(Op::Bmm, Gemm::new(7, 3, 4, 5).ok());
        assert_eq!(free.to_string(), format!("bmm {conditions}, 7x3x4x5"));
        let softmax = made_up::softmax((12, 4, 2048, 100));
        assert_eq!(
            softmax.to_string(),
            "softmax f16 nn cudnn burst hot, heads 12, batch 4, seq 2048, seq_key 100"
        );
        assert_eq!(softmax.size_in_words(), "48x2048x100x1");
        assert_eq!(
            softmax.heading(),
            "softmax: a=12, b=4, s=2048, 100 keys, f16, layout nn, pacing burst, hot cache"
        );
    }

    #[test]
    fn what_tells_a_point_from_its_neighbours_is_short() {
        assert_eq!(point(Op::Values, None).size_in_words(), "hidden 768");
        assert_eq!(point(Op::Bmm, Gemm::new(7, 3, 4, 5).ok()).size_in_words(), "7x3x4x5");
    }

    #[test]
    fn a_heading_says_what_a_chart_s_title_and_legend_say() {
        let whole = point(Op::Values, None);
        let share = point(Op::Values, whole.layer().unwrap().share(Op::Values, 3));
        assert_eq!(
            share.heading(),
            "values at hidden size 768: a=12, head dim 64 (h/a = 64), b=4, s=2048, one of 3 tensor-parallel \
             ranks, f16, layout nn, pacing burst, hot cache"
        );
        let free = point(Op::Gemm, Gemm::new(1, 3, 4, 5).ok());
        assert_eq!(free.heading(), "gemm, f16, layout nn, pacing burst, hot cache");
    }
}
