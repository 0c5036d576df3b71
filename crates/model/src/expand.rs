//! A model and what it is asked to do, as products.

mod around;
mod attention;
mod feed_forward;
mod shares;

use crate::error::ModelError;
use crate::fused::FusedAttention;
use crate::product::{Forward, LaidOutGemm, ModelProducts, Section};
use crate::transformer::{Attention, Layer, Transformer};
use crate::workload::Workload;
use hovera_core::{Gemm, Layout, MAX_DIMENSION, Pass};
use shares::Shares;

impl Transformer {
    /// Everything that one of the workload's ranks multiplies. A linear layer is applied as `torch.nn.Linear`
    /// applies it, its weights stored n×k, to all tokens of the batch at once. Attention is its two products, as
    /// PyTorch computes them where nothing fuses them, and, beside them, the one kernel that stands for both. A query sees all keys that are there, those that a mask hides
    /// too; a sliding window bounds them only where they come from a cache.
    ///
    /// # Errors
    /// [`ModelError::Value`] for ranks that do not divide what they share, and for sizes whose product no library
    /// takes.
    ///
    /// ```
    /// use hovera_model::{Transformer, Workload};
    /// let gpt2 = r#"{ "model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "vocab_size": 50257 }"#;
    /// let model = Transformer::read("config.json", "gpt2", gpt2, &[])?;
    /// let products = model.products(Workload::forward(4, 2048))?;
    /// let layer = &products.sections[0];
    /// let lines: Vec<String> =
    ///     layer.products.iter().map(|it| format!("{} {}", it.name, it.product.gemm)).collect();
    /// assert_eq!(lines, [
    ///     "qkv 1x8192x2304x768",
    ///     "score 48x2048x2048x64",
    ///     "values 48x2048x64x2048",
    ///     "projection 1x8192x768x768",
    ///     "mlp_up 1x8192x3072x768",
    ///     "mlp_down 1x8192x768x3072",
    /// ]);
    /// # Ok::<(), hovera_model::ModelError>(())
    /// ```
    pub fn products(&self, workload: Workload) -> Result<ModelProducts, ModelError> {
        let mut shares = Shares::new(self, workload)?;
        let mut sections = Vec::new();
        for (layer, name) in self.layers.iter().zip(self.names_of_layers(workload)) {
            let mut forward = attention::products(&mut shares, layer.attention)?;
            feed_forward::add(&mut forward, &mut shares, layer)?;
            let fused = attention::fused(&mut shares, layer.attention)?;
            push(&mut sections, section(name, layer.count, &forward, fused, workload));
        }
        sections.push(section(
            "around the layers".to_owned(),
            1,
            &around::products(&mut shares)?,
            None,
            workload,
        ));
        let remarks = self.remarks.iter().cloned().chain(shares.remarks()).collect();
        Ok(ModelProducts { sections, remarks })
    }

    /// What tells a kind of layer from the others: experts, and a window where it counts.
    fn names_of_layers(&self, workload: Workload) -> Vec<String> {
        let window = |layer: &Layer| match layer.attention {
            Attention::Grouped { window, .. } => {
                window.filter(|window| workload.keys.is_some_and(|keys| keys > (*window).max(workload.seq)))
            }
            Attention::Latent { .. } => None,
        };
        let differ = |what: &dyn Fn(&Layer) -> String| {
            let first = self.layers.first().map(what);
            self.layers.iter().any(|layer| Some(what(layer)) != first)
        };
        let experts =
            |layer: &Layer| if layer.experts.is_some() { "with experts" } else { "without experts" };
        let seen = |layer: &Layer| match window(layer) {
            Some(window) => format!("sliding window of {window}"),
            None => "all keys".to_owned(),
        };
        let width = |layer: &Layer| layer.mlp.map_or_else(String::new, |mlp| format!("MLP of {}", mlp.width));
        let by_experts = differ(&|layer| experts(layer).to_owned());
        let by_window = differ(&seen);
        let by_width = !by_experts && differ(&width);
        let name = |layer: &Layer| {
            let facts = [
                by_experts.then(|| experts(layer).to_owned()),
                by_window.then(|| seen(layer)),
                by_width.then(|| width(layer)),
            ];
            let facts: Vec<String> = facts.into_iter().flatten().collect();
            format!("layer{}{}", if facts.is_empty() { "" } else { ", " }, facts.join(", "))
        };
        self.layers.iter().map(name).collect()
    }
}

/// Kinds of layer that differ in nothing that is multiplied are one.
fn push(sections: &mut Vec<Section>, section: Section) {
    match sections
        .iter_mut()
        .find(|other| (&other.products, &other.fused) == (&section.products, &section.fused))
    {
        Some(same) => same.repeats += section.repeats,
        None => sections.push(section),
    }
}

fn section(
    name: String,
    repeats: u32,
    forward: &[Forward],
    fused: Option<FusedAttention>,
    workload: Workload,
) -> Section {
    let of_pass = |pass| forward.iter().map(move |it| it.pass(pass));
    let mut products: Vec<_> = of_pass(Pass::Forward).collect();
    if workload.training {
        for it in forward.iter().rev() {
            products.extend([it.pass(Pass::DataGradient), it.pass(Pass::WeightGradient)]);
        }
    }
    let backward = fused.filter(|_| workload.training).map(|fused| fused.of_pass(Pass::Backward));
    Section { name, repeats, products, fused: fused.into_iter().chain(backward).collect() }
}

/// `rows`·W, W stored `outputs`×`inputs`.
fn linear(
    shares: &Shares<'_>,
    name: &'static str,
    rows: u64,
    outputs: u64,
    inputs: u64,
) -> Result<Forward, ModelError> {
    let product = LaidOutGemm { gemm: gemm(shares, name, [1, rows, outputs, inputs])?, layout: Layout::Nt };
    Ok(Forward { name, product, times: 1 })
}

fn gemm(shares: &Shares<'_>, name: &'static str, sizes: [u64; 4]) -> Result<Gemm, ModelError> {
    let [batch, m, n, k] = sizes;
    Gemm::new(batch, m, n, k).map_err(|error| {
        shares.refuse(
            &format!("{} of {name}", error.name),
            error.value,
            format!("at most {MAX_DIMENSION}: a smaller batch or sequence"),
        )
    })
}
