//! A sweep that measures products: each is a `gemm` or a `bmm`, or fused attention, or the softmax that this stands for.

use crate::fused::{self, FusedAttention};
use crate::product::LaidOutGemm;
use hovera_core::{Dtype, Gemm, Op, Product, TensorParallel};
use std::fmt::Write;

/// The text of a spec whose points are these products, and these attentions with the softmax between the products that
/// they stand for; of a training step without it.
///
/// ```
/// use hovera_core::{Dtype, Gemm, Layout};
/// use hovera_model::{LaidOutGemm, spec};
/// let up = LaidOutGemm { gemm: Gemm::new(1, 8192, 3072, 768)?, layout: Layout::Nt };
/// assert_eq!(spec("gpt2", Dtype::Bf16, &[up], &[]), "\
/// name = \"gpt2\"
/// dtype = \"bf16\"
///
/// [[part]]
/// op = \"gemm\"
/// layout = \"nt\"
/// m = 8192
/// n = 3072
/// k = 768
/// ");
/// # Ok::<(), hovera_core::DimensionError>(())
/// ```
#[must_use]
pub fn spec(name: &str, dtype: Dtype, products: &[LaidOutGemm], fused: &[FusedAttention]) -> String {
    let mut text = format!("name = \"{}\"\ndtype = \"{dtype}\"\n", sweep_name(name));
    for LaidOutGemm { gemm, layout } in products {
        let op = op(*gemm);
        _ = write!(text, "\n[[part]]\nop = \"{op}\"\nlayout = \"{layout}\"\n");
        if op == Op::Bmm {
            _ = writeln!(text, "gemm_batch = {}", gemm.gemm_batch());
        }
        _ = write!(text, "m = {}\nn = {}\nk = {}\n", gemm.m(), gemm.n(), gemm.k());
    }
    for attention in fused {
        let Product { op, pass, mask, .. } = attention.product();
        _ = write!(text, "\n[[part]]\nop = \"{op}\"\npass = \"{pass}\"\nmask = \"{mask}\"\n");
        for (key, size) in attention.sizes() {
            _ = writeln!(text, "{key} = {size}");
        }
    }
    for Product { op, model, .. } in fused::softmaxes(fused) {
        _ = write!(text, "\n[[part]]\nop = \"{op}\"\n");
        for (key, size) in model.named().filter(|(key, _)| *key != TensorParallel::NAME) {
            _ = writeln!(text, "{key} = {size}");
        }
    }
    text
}

/// Which op of no model a product is.
pub(crate) fn op(gemm: Gemm) -> Op {
    if gemm.gemm_batch() == 1 { Op::Gemm } else { Op::Bmm }
}

/// A name of a model as one of a sweep.
fn sweep_name(name: &str) -> String {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    let name = name.to_ascii_lowercase();
    let name: String = name.chars().map(|c| if legal(c) { c } else { '-' }).take(100).collect();
    let name = name.trim_start_matches(['.', '_', '-']);
    if name.is_empty() { "model".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_becomes_one_of_a_sweep() {
        assert_eq!(sweep_name("Meta Llama/3"), "meta-llama-3");
        assert_eq!(sweep_name("../é"), "model");
        assert_eq!(sweep_name(&"x".repeat(200)).len(), 100);
    }
}
