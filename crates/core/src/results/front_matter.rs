//! The conditions a results file was taken under: the TOML document ahead of its rows.

pub(crate) mod difference;
pub(crate) mod model;

use crate::results::front_matter::model::ModelInfo;
use crate::results::prediction::PredictionInfo;
use crate::shape::op::Op;
use crate::shape::point::Point;
use crate::shape::product::Product;
use crate::shape::vocabulary::Stat;
use crate::sweep::shard::Shard;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Everything that is true of a whole results file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrontMatter {
    /// When the sweep began, RFC 3339 in UTC; empty where an imported file does not tell.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub started: String,
    /// What was asked for.
    pub sweep: SweepInfo,
    /// Where the numbers were imported from; none where hovera measured them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// What its rows were predicted by; none where they were measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<PredictionInfo>,
    /// How it was measured.
    pub method: Method,
    /// With what.
    pub software: Software,
    /// On what, one table per card; a row's `device` is an index into it. Never empty in a
    /// file that was accepted.
    #[serde(default)]
    pub device: Vec<Device>,
    /// What FLOP and bytes count, of each op where that is a convention; none where no row is of such an op.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub convention: Vec<Convention>,
    /// The models whose products these are; none where the sweep is of no model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub model: Vec<ModelInfo>,
}

/// The sweep behind a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepInfo {
    /// The spec's name.
    pub name: String,
    /// Hash of what the spec means (comments and spelling do not count); empty without a spec.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub spec_hash: String,
    /// The spec file itself; empty where there is none, in imported files.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub spec: String,
    /// Which part of the sweep the file is to hold; none where that is all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
}

/// What a file was imported from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Whose numbers they are, and where they are published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Under which licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// The file's name, without its folder.
    pub file: String,
    /// What kind of file it is, by the word of `hovera import`.
    pub format: String,
    /// When it was written, as it says itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dated: Option<String>,
}

/// How the numbers were taken. What an imported file does not tell is absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Method {
    /// The published method that this is: `paper-2023` or `cookbook-2024`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// `none`, `burst`, `sustained`, or several joined by `+`.
    pub pacing: String,
    /// `hot`, `cold`, or both joined by `+`; `hot` where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<String>,
    /// Idle time after a burst over its busy time, at the card's peak rate (`burst`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_after: Option<f64>,
    /// Idle time before a point in ms, at the card's peak rate (`burst`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_before_ms: Option<f64>,
    /// Idle time after a burst over its busy time, at any rate, at the least; 0 where it is absent (`burst`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_least: Option<f64>,
    /// Idle time before a point over the busy time just before it, in place of the three above (`burst`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ratio: Option<f64>,
    /// For how long in s the device was run in before each stretch of light points (`burst`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_in_seconds: Option<f64>,
    /// The least busy time in s over which a point was sampled (`sustained`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sustained_seconds: Option<f64>,
    /// What was read: `event` (CUDA events around each launch, queue ahead), `graph` or `host`.
    pub timer: String,
    /// Launches at the start of each burst that are not samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warmup: Option<u32>,
    /// The least number of samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_samples: Option<u32>,
    /// The greatest number of samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_samples: Option<u32>,
    /// No further burst of a point began after so many s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_point_seconds: Option<f64>,
    /// Sampling stopped when the half-width of the 95 % confidence interval of the median of the row's
    /// invariant (cycles where `bound` is `compute`, else time) was within this fraction of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci_target: Option<f64>,
    /// Which of a point's times stands for it: the column `tflops` is by that time.
    #[serde(default)]
    pub stat: Stat,
    /// `shuffled` or `planned`; `planned` where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// Seed of the shuffled order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_seed: Option<u64>,
    /// How many points were measured between two measurements of the sentinel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentinel_every: Option<u32>,
    /// What the operands hold.
    pub data: String,
    /// Seed of the operands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// What the columns `flop`, `bytes` and `tflops` count of an op, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Convention {
    /// The op's word.
    pub op: String,
    /// The floating-point operations of a launch.
    pub flop: String,
    /// The bytes of one.
    pub bytes: String,
}

impl Convention {
    /// Those of some points' ops, each once, in the order of the ops.
    pub fn of<'p>(points: impl IntoIterator<Item = &'p Point>) -> Vec<Convention> {
        let ops: BTreeSet<Op> = points.into_iter().map(|point| point.op).collect();
        let told = |op: Op| {
            let [flop, bytes] = Product::conventions(op)?.map(str::to_owned);
            Some(Convention { op: op.to_string(), flop, bytes })
        };
        ops.into_iter().filter_map(told).collect()
    }
}

/// What ran.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Software {
    /// hovera's version.
    pub hovera: String,
    /// hovera's git revision, where it was built from a checkout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// NVIDIA driver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// CUDA version that the driver supports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cuda: Option<String>,
    /// The GEMM library and its version, such as `cuBLAS 13.1.0`.
    pub gemm: String,
    /// The library of fused attention and its version, such as `cuDNN 9.19.0`, in sweeps that have some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cudnn: Option<String>,
}

/// One card, without anything that tells whose it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// Product name.
    pub name: String,
    /// `cuda` or `cpu`.
    pub backend: String,
    /// Short hash that tells cards of one model apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// CUDA compute capability, `9.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute_capability: Option<String>,
    /// Streaming multiprocessors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sm_count: Option<u32>,
    /// Worker threads of a CPU backend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// Memory in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// L2 cache in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub l2_bytes: Option<u64>,
    /// Highest SM clock in MHz.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sm_clock_max_mhz: Option<u32>,
    /// Highest memory clock in MHz.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_clock_max_mhz: Option<u32>,
    /// Power limit in force, in W.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_limit_w: Option<f64>,
    /// The card's own default power limit, in W.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_limit_default_w: Option<f64>,
    /// Whether ECC is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecc: Option<bool>,
}
