//! The models whose products a file has.

use serde::{Deserialize, Serialize};

/// A model, and what of it was measured: enough to make a table of the file's rows again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// What it is called.
    pub name: String,
    /// What it was asked to do, in words: `forward, batch 1, seq 8192`.
    pub workload: String,
    /// What is otherwise than one might expect, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// Its kinds of layer, and what stands around them.
    #[serde(default)]
    pub section: Vec<ModelSection>,
}

/// A kind of layer, or what stands around the layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelSection {
    /// What it is called.
    pub name: String,
    /// How many of it the model has.
    pub repeats: u32,
    /// Its products, `1 x qkv forward nt 1x8192x2304x768`: how often one of its kind has it, what it is for, of which
    /// pass, the layout, and gemm_batch, m, n and k.
    pub products: Vec<String>,
    /// Its attention in one kernel, in the place of the products `score` and `values`:
    /// `attention forward causal batch=1 heads=32 kv_heads=8 seq=8192 head_dim=128`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fused: Vec<String>,
}
