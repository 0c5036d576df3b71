//! What AIConfigurator's words for a product's operands mean.

use hovera_core::Dtype;

/// What a word means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A product of operands of one type.
    Product(Dtype),
    /// A product that results have no word for.
    LeftOut(&'static str),
    /// No word that is known.
    Unknown,
}

const E4M3: Meaning = Meaning::Product(Dtype::F8e4m3);

/// `GEMMQuantMode` of `aic-core/src/aiconfigurator_core/sdk/common.py`, and the collectors' float16.
const WORDS: [(&str, Meaning); 12] = [
    ("bfloat16", Meaning::Product(Dtype::Bf16)),
    ("float16", Meaning::Product(Dtype::F16)),
    // With a scale that is found in each call, or is there already, or one for each block.
    ("fp8", E4M3),
    ("fp8_static", E4M3),
    ("fp8_block", E4M3),
    ("fp8_ootb", E4M3),
    // SmoothQuant, whose result is scaled to 16 bits; that of a product of int8 has 32.
    ("sq", Meaning::LeftOut("of 8 bits, scaled to 16 (sq)")),
    ("int8_wo", Meaning::LeftOut("of weights of 8 bits and activations of 16 (int8_wo)")),
    ("int4_wo", Meaning::LeftOut("of weights of 4 bits and activations of 16 (int4_wo)")),
    ("nvfp4_wo", Meaning::LeftOut("of weights of 4 bits and activations of 16 (nvfp4_wo)")),
    ("w4a16_nvfp4", Meaning::LeftOut("of weights of 4 bits and activations of 16 (w4a16_nvfp4)")),
    ("nvfp4", Meaning::LeftOut("of 4 bits (nvfp4)")),
];

pub(super) fn meaning(word: &str) -> Meaning {
    WORDS.iter().find(|(known, _)| *known == word).map_or(Meaning::Unknown, |(_, meaning)| *meaning)
}

/// The words that are known.
pub(super) fn words() -> String {
    WORDS.map(|(word, _)| word).join(", ")
}

/// Whether a product may begin with the quantising of its activations.
pub(super) fn may_quantise(dtype: Dtype) -> bool {
    dtype.size() == 1
}
