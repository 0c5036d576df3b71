//! The architectures that are known by name, and how the configuration of each is read.

mod decoder;
mod experts;
mod gpt;
mod latent;
mod layers;

use crate::error::ModelError;
use crate::fields::Fields;
use crate::transformer::{Layer, MlpKind, Qkv};
use decoder::{HeadDim, KvHeads, Style, Window};

/// What a configuration says of a model beside its name.
pub(crate) struct Sizes {
    pub(crate) hidden: u32,
    pub(crate) vocab: u32,
    pub(crate) embedding: Option<u32>,
    pub(crate) layers: Vec<Layer>,
}

/// How a configuration is read.
type Read = fn(&Fields<'_>, &Style) -> Result<Sizes, ModelError>;

/// A `model_type` and the class that `architectures` names.
pub(crate) struct Architecture {
    pub(crate) model_type: &'static str,
    class: &'static str,
    style: Style,
    read: Read,
}

impl Architecture {
    pub(crate) fn of_model_type(model_type: &str) -> Option<&'static Architecture> {
        ALL.iter().find(|architecture| architecture.model_type == model_type)
    }

    pub(crate) fn of_class(class: &str) -> Option<&'static Architecture> {
        ALL.iter().find(|architecture| architecture.class == class)
    }

    pub(crate) fn read(&self, fields: &Fields<'_>) -> Result<Sizes, ModelError> {
        (self.read)(fields, &self.style)
    }

    /// Every `model_type` that is known, comma-separated.
    pub(crate) fn known() -> String {
        let mut known: Vec<_> = ALL.iter().map(|architecture| architecture.model_type).collect();
        known.sort_unstable();
        known.join(", ")
    }
}

const LLAMA: Style = Style {
    qkv: Qkv::Separate,
    mlp: MlpKind::Gated,
    kv_heads: KvHeads::OrHeads,
    head_dim: HeadDim::OrQuotient,
    window: Window::None,
};

const GPT: Style = Style {
    qkv: Qkv::Fused,
    mlp: MlpKind::Plain,
    kv_heads: KvHeads::AsHeads,
    head_dim: HeadDim::Quotient,
    window: Window::None,
};

/// Those whose class in transformers has a number of its own for a key that is missing: here it must be there.
const GEMMA: Style = Style { kv_heads: KvHeads::Given, head_dim: HeadDim::Given, ..LLAMA };

const fn row(model_type: &'static str, class: &'static str, style: Style, read: Read) -> Architecture {
    Architecture { model_type, class, style, read }
}

/// Each as transformers 5.24 builds it: `tests/shapes.rs` holds them against what that package has.
const ALL: &[Architecture] = &[
    // Rotary positions, RMS norms, a gated MLP.
    row("llama", "LlamaForCausalLM", LLAMA, decoder::read),
    row(
        "internlm3",
        "InternLM3ForCausalLM",
        Style { kv_heads: KvHeads::Given, head_dim: HeadDim::Given, ..LLAMA },
        decoder::read,
    ),
    row("cwm", "CwmForCausalLM", Style { window: Window::Listed, ..GEMMA }, decoder::read),
    row(
        "mistral",
        "MistralForCausalLM",
        Style { kv_heads: KvHeads::Given, window: Window::All, ..LLAMA },
        decoder::read,
    ),
    row("ministral3", "Ministral3ForCausalLM", GEMMA, decoder::read),
    row(
        "qwen2",
        "Qwen2ForCausalLM",
        Style { kv_heads: KvHeads::Given, window: Window::Qwen, ..LLAMA },
        decoder::read,
    ),
    row("qwen3", "Qwen3ForCausalLM", Style { window: Window::Qwen, ..GEMMA }, decoder::read),
    row("gemma", "GemmaForCausalLM", GEMMA, decoder::read),
    row("gemma2", "Gemma2ForCausalLM", Style { window: Window::Alternate, ..GEMMA }, decoder::read),
    row("gemma3_text", "Gemma3ForCausalLM", Style { window: Window::Pattern, ..GEMMA }, decoder::read),
    row("vaultgemma", "VaultGemmaForCausalLM", Style { window: Window::Alternate, ..GEMMA }, decoder::read),
    row("olmo", "OlmoForCausalLM", LLAMA, decoder::read),
    row("olmo2", "Olmo2ForCausalLM", LLAMA, decoder::read),
    row("olmo3", "Olmo3ForCausalLM", Style { window: Window::Listed, ..LLAMA }, decoder::read),
    row("granite", "GraniteForCausalLM", LLAMA, decoder::read),
    row("smollm3", "SmolLM3ForCausalLM", Style { kv_heads: KvHeads::Given, ..LLAMA }, decoder::read),
    row(
        "stablelm",
        "StableLmForCausalLM",
        Style { kv_heads: KvHeads::Given, head_dim: HeadDim::Quotient, ..LLAMA },
        decoder::read,
    ),
    row("cohere", "CohereForCausalLM", LLAMA, decoder::read),
    row("cohere2", "Cohere2ForCausalLM", Style { window: Window::Pattern, ..LLAMA }, decoder::read),
    row(
        "exaone4",
        "Exaone4ForCausalLM",
        Style { kv_heads: KvHeads::Given, window: Window::Listed, ..LLAMA },
        decoder::read,
    ),
    row("seed_oss", "SeedOssForCausalLM", GEMMA, decoder::read),
    row("ernie4_5", "Ernie4_5ForCausalLM", GEMMA, decoder::read),
    row(
        "phi3",
        "Phi3ForCausalLM",
        Style { qkv: Qkv::Fused, mlp: MlpKind::GatedFused, window: Window::All, ..LLAMA },
        decoder::read,
    ),
    row("glm", "GlmForCausalLM", Style { mlp: MlpKind::GatedFused, ..GEMMA }, decoder::read),
    row("glm4", "Glm4ForCausalLM", Style { mlp: MlpKind::GatedFused, ..GEMMA }, decoder::read),
    // The text parts of models that see pictures as well: no class of their own.
    // As their first files have it, text and pictures side by side.
    row(
        "qwen2_vl",
        "Qwen2VLForConditionalGeneration",
        Style { kv_heads: KvHeads::Given, window: Window::Qwen, ..LLAMA },
        decoder::read,
    ),
    row(
        "qwen2_5_vl",
        "Qwen2_5_VLForConditionalGeneration",
        Style { kv_heads: KvHeads::Given, window: Window::Qwen, ..LLAMA },
        decoder::read,
    ),
    row(
        "qwen2_vl_text",
        "",
        Style { kv_heads: KvHeads::Given, window: Window::Qwen, ..LLAMA },
        decoder::read,
    ),
    row(
        "qwen2_5_vl_text",
        "",
        Style { kv_heads: KvHeads::Given, window: Window::Qwen, ..LLAMA },
        decoder::read,
    ),
    row("qwen3_vl_text", "", GEMMA, decoder::read),
    // The same keys, a plain MLP.
    row("phi", "PhiForCausalLM", Style { mlp: MlpKind::Plain, ..LLAMA }, decoder::read),
    row(
        "starcoder2",
        "Starcoder2ForCausalLM",
        Style { mlp: MlpKind::Plain, kv_heads: KvHeads::Given, window: Window::All, ..LLAMA },
        decoder::read,
    ),
    row("nemotron", "NemotronForCausalLM", Style { mlp: MlpKind::Plain, ..LLAMA }, decoder::read),
    row("arcee", "ArceeForCausalLM", Style { mlp: MlpKind::Plain, ..LLAMA }, decoder::read),
    row("jais2", "Jais2ForCausalLM", Style { mlp: MlpKind::Plain, ..LLAMA }, decoder::read),
    row("apertus", "ApertusForCausalLM", Style { mlp: MlpKind::Plain, ..LLAMA }, decoder::read),
    row("persimmon", "PersimmonForCausalLM", GPT, decoder::read),
    row("gpt_neox", "GPTNeoXForCausalLM", GPT, decoder::read),
    row("biogpt", "BioGptForCausalLM", Style { qkv: Qkv::Separate, ..GPT }, decoder::read),
    // Keys of their own.
    row("gpt2", "GPT2LMHeadModel", GPT, gpt::gpt2),
    row("gpt_bigcode", "GPTBigCodeForCausalLM", GPT, gpt::gpt_bigcode),
    row("gptj", "GPTJForCausalLM", Style { qkv: Qkv::Separate, ..GPT }, gpt::gpt2),
    row("codegen", "CodeGenForCausalLM", GPT, gpt::gpt2),
    row("gpt_neo", "GPTNeoForCausalLM", Style { qkv: Qkv::Separate, ..GPT }, gpt::gpt_neo),
    row("opt", "OPTForCausalLM", Style { qkv: Qkv::Separate, ..GPT }, gpt::opt),
    row("bloom", "BloomForCausalLM", GPT, gpt::bloom),
    row("mpt", "MptForCausalLM", GPT, gpt::mpt),
    row("falcon", "FalconForCausalLM", GPT, gpt::falcon),
    // Experts.
    row(
        "mixtral",
        "MixtralForCausalLM",
        Style { kv_heads: KvHeads::Given, window: Window::All, ..LLAMA },
        experts::mixtral,
    ),
    row(
        "phimoe",
        "PhimoeForCausalLM",
        Style { kv_heads: KvHeads::Given, window: Window::All, ..LLAMA },
        experts::phimoe,
    ),
    row("granitemoe", "GraniteMoeForCausalLM", LLAMA, experts::mixtral),
    row("olmoe", "OlmoeForCausalLM", LLAMA, experts::mixtral),
    row("flex_olmo", "FlexOlmoForCausalLM", LLAMA, experts::mixtral),
    row(
        "llama4_text",
        "Llama4ForCausalLM",
        Style { kv_heads: KvHeads::Given, window: Window::Chunks, ..LLAMA },
        experts::llama4,
    ),
    row(
        "dots1",
        "Dots1ForCausalLM",
        Style { kv_heads: KvHeads::Given, window: Window::Listed, ..LLAMA },
        experts::glm4_moe,
    ),
    row("qwen3_vl_moe_text", "", Style { kv_heads: KvHeads::Given, ..LLAMA }, experts::qwen3_moe),
    row("gpt_oss", "GptOssForCausalLM", Style { window: Window::Alternate, ..GEMMA }, experts::mixtral),
    row(
        "qwen2_moe",
        "Qwen2MoeForCausalLM",
        Style { kv_heads: KvHeads::Given, window: Window::Qwen, ..LLAMA },
        experts::qwen2_moe,
    ),
    row(
        "qwen3_moe",
        "Qwen3MoeForCausalLM",
        Style { kv_heads: KvHeads::Given, window: Window::Qwen, ..LLAMA },
        experts::qwen3_moe,
    ),
    row("glm4_moe", "Glm4MoeForCausalLM", Style { kv_heads: KvHeads::Given, ..LLAMA }, experts::glm4_moe),
    row(
        "ernie4_5_moe",
        "Ernie4_5_MoeForCausalLM",
        Style { kv_heads: KvHeads::Given, ..LLAMA },
        experts::ernie4_5_moe,
    ),
    // Latent attention and experts.
    row("deepseek_v2", "DeepseekV2ForCausalLM", LLAMA, latent::deepseek),
    row("deepseek_v3", "DeepseekV3ForCausalLM", LLAMA, latent::deepseek),
];
