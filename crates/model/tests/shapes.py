#!/usr/bin/env python3
"""Writes shapes.json: what transformers builds and multiplies, for tests/shapes.rs to hold hovera's list against.

    python3 -m venv venv && venv/bin/pip install torch transformers==5.24.0
    venv/bin/python crates/model/tests/shapes.py > crates/model/tests/shapes.json

Nothing is downloaded but these packages, and nothing is computed: each model is built of a configuration that comes
with the package, or of other sizes, on PyTorch's meta device, which has shapes and no data. For each model there is

- `config`, its configuration as config.json has it, without texts, fractions and tokens;
- `linear`, [n, k, count]: the weights of its linear layers, n outputs of k inputs. Those of experts are one parameter
  for all experts of a layer, and count once for each expert;
- `forward`, [batch, m, n, k, count]: the products that a forward pass over 2 sequences of 24 tokens runs, by
  TorchDispatchMode, attention in eager mode;
- `grouped`, [rows, n, k, count]: the grouped products of experts, with the rows of all experts; null of Llama 4, which
  does not route its tokens.
"""

import copy
import json
import sys
from collections import Counter

import torch
import transformers
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import AutoModelForCausalLM, AutoModelForImageTextToText, CONFIG_MAPPING
from transformers.pytorch_utils import Conv1D

BATCH, SEQ = 2, 24

# Sizes that differ from each other, so that none is taken for another; h and d of grouped heads need not be a*d.
LLAMA = dict(hidden_size=640, intermediate_size=1736, num_hidden_layers=5, num_attention_heads=10,
             num_key_value_heads=2, vocab_size=5003)
MANY = dict(hidden_size=1152, intermediate_size=3104, num_hidden_layers=7, num_attention_heads=12,
            num_key_value_heads=12, vocab_size=8191)
ONE = dict(hidden_size=384, intermediate_size=1000, num_hidden_layers=2, num_attention_heads=6,
           num_key_value_heads=1, vocab_size=777)


def without(sizes, *keys, **more):
    return {key: value for key, value in sizes.items() if key not in keys} | more


def headed(sizes, head_dim):
    return sizes | {"head_dim": head_dim}


USUAL = [{}, LLAMA, MANY, ONE]
HEADED = [{}, headed(LLAMA, 96), headed(MANY, 128), headed(ONE, 40)]
SAME_HEADS = [without(sizes, "num_key_value_heads") for sizes in USUAL]
GPT = [{}, dict(n_embd=320, n_layer=3, n_head=5, vocab_size=1009),
       dict(n_embd=768, n_layer=2, n_head=16, n_inner=2000, vocab_size=50304)]
EXPERTS = dict(num_experts_per_tok=3, num_local_experts=12)
DENSE_FIRST = dict(num_experts_per_tok=3, n_routed_experts=12, n_shared_experts=2, moe_intermediate_size=208,
                   first_k_dense_replace=2, n_group=1, topk_group=1)
LATENT = dict(hidden_size=640, intermediate_size=1736, num_hidden_layers=5, num_attention_heads=10,
              num_key_value_heads=10, vocab_size=5003, q_lora_rank=192, kv_lora_rank=160, qk_nope_head_dim=64,
              qk_rope_head_dim=32, v_head_dim=80) | DENSE_FIRST

MODELS = {
    "llama": USUAL + [headed(LLAMA, 96)],
    "mistral": USUAL + [headed(LLAMA, 96)],
    "ministral3": HEADED,
    "internlm3": HEADED[:2],
    "cwm": HEADED[:2],
    "qwen2": USUAL,
    "qwen3": HEADED,
    "gemma": HEADED,
    "gemma2": HEADED,
    "gemma3_text": HEADED,
    "vaultgemma": HEADED[:2],
    "olmo": USUAL[:2],
    "olmo2": USUAL[:2],
    "olmo3": USUAL[:2],
    "granite": USUAL[:2],
    "smollm3": USUAL[:2],
    "stablelm": USUAL[:2],
    "cohere": USUAL[:2],
    "cohere2": USUAL[:2],
    "exaone4": USUAL[:2],
    "seed_oss": HEADED[:2],
    "ernie4_5": HEADED[:2],
    "phi3": USUAL,
    "glm": HEADED[:2],
    "glm4": HEADED[:2],
    "phi": USUAL,
    "starcoder2": USUAL[:2],
    "nemotron": USUAL[1:3],
    "arcee": USUAL[:2],
    "jais2": USUAL[:2],
    "apertus": USUAL[:2],
    "persimmon": SAME_HEADS[:2],
    "gpt_neox": SAME_HEADS,
    "biogpt": SAME_HEADS[:2],
    "gpt2": GPT + [dict(n_embd=1600, n_layer=48, n_head=25)],
    "gpt_bigcode": GPT + [GPT[1] | dict(multi_query=False)],
    "gptj": [{}, GPT[1] | dict(rotary_dim=16)],
    "codegen": [{}, dict(n_embd=512, n_layer=3, n_head=8, vocab_size=1009, rotary_dim=16)],
    "gpt_neo": [{}, dict(hidden_size=320, num_layers=4, num_heads=5, vocab_size=1009,
                         attention_types=[[["global", "local"], 2]], intermediate_size=1000)],
    "opt": [{}, dict(hidden_size=320, num_hidden_layers=3, num_attention_heads=5, ffn_dim=1000, vocab_size=1009,
                     word_embed_proj_dim=320),
            dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, ffn_dim=4096, word_embed_proj_dim=512),
            dict(hidden_size=2048, num_hidden_layers=24, num_attention_heads=32, ffn_dim=8192,
                 word_embed_proj_dim=2048)],
    "bloom": [{}, dict(hidden_size=320, n_layer=3, n_head=5, vocab_size=1009)],
    "mpt": [{}, dict(d_model=320, n_layers=3, n_heads=5, vocab_size=1009)],
    "falcon": [{}, dict(hidden_size=640, num_hidden_layers=3, num_attention_heads=10, num_kv_heads=2, vocab_size=1009,
                        new_decoder_architecture=True),
               dict(hidden_size=640, num_hidden_layers=3, num_attention_heads=10, vocab_size=1009, multi_query=False,
                    ffn_hidden_size=2000)],
    "mixtral": [{}, LLAMA | EXPERTS, headed(LLAMA, 96) | EXPERTS],
    "phimoe": [{}, LLAMA | EXPERTS | dict(num_experts_per_tok=2)],
    "granitemoe": [{}, LLAMA | EXPERTS],
    "olmoe": [{}, LLAMA | dict(num_experts_per_tok=3, num_experts=12)],
    "flex_olmo": [{}, LLAMA | dict(num_experts_per_tok=3, num_experts=12)],
    "llama4_text": [{}, headed(LLAMA, 64) | EXPERTS | dict(interleave_moe_layer_step=2, intermediate_size_mlp=2000),
                    headed(LLAMA, 64) | EXPERTS | dict(moe_layers=[0, 4], intermediate_size_mlp=2000)],
    "dots1": [LLAMA | DENSE_FIRST],
    "gpt_oss": [{}, headed(LLAMA, 96) | EXPERTS],
    "qwen2_moe": [{}, LLAMA | dict(num_experts_per_tok=3, num_experts=12, moe_intermediate_size=208,
                                   shared_expert_intermediate_size=404, decoder_sparse_step=2, mlp_only_layers=[3])],
    "qwen3_moe": [{}, headed(LLAMA, 96) | dict(num_experts_per_tok=3, num_experts=12, moe_intermediate_size=208),
                  LLAMA | dict(num_experts_per_tok=3, num_experts=12, moe_intermediate_size=208, decoder_sparse_step=2,
                               mlp_only_layers=[0, 1])],
    "glm4_moe": [headed(LLAMA, 96) | DENSE_FIRST, headed(LLAMA, 64) | DENSE_FIRST | dict(first_k_dense_replace=0)],
    "ernie4_5_moe": [{}, LLAMA | dict(moe_k=3, moe_num_experts=12, moe_num_shared_experts=1, moe_intermediate_size=208,
                                      moe_layer_start_index=1, moe_layer_end_index=3, moe_layer_interval=2)],
    "deepseek_v2": [LATENT, LATENT | dict(q_lora_rank=None, n_shared_experts=1)],
    "deepseek_v3": [{}, LATENT, LATENT | dict(q_lora_rank=None, first_k_dense_replace=0)],
}

# Models of pictures and text: their text parts.
MULTIMODAL = {
    "gemma3": headed(LLAMA, 96),
    "mistral3": headed(LLAMA, 96),
    "llava": LLAMA,
    # Their rotary positions are for heads of 128.
    "qwen2_vl": LLAMA | dict(num_attention_heads=5, num_key_value_heads=1),
    "qwen2_5_vl": LLAMA | dict(num_attention_heads=5, num_key_value_heads=1),
    "qwen3_vl": headed(LLAMA, 128),
    "qwen3_vl_moe": headed(LLAMA, 128) | dict(num_experts_per_tok=3, num_local_experts=12, moe_intermediate_size=208),
}


class Products(TorchDispatchMode):
    """Counts what is multiplied."""

    def __init__(self):
        super().__init__()
        self.forward, self.grouped = Counter(), Counter()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        if name in ("mm", "addmm", "bmm", "baddbmm"):
            a, b = args[-2:]
            batch = a.shape[0] if a.dim() == 3 else 1
            self.forward[batch, a.shape[-2], b.shape[-1], a.shape[-1]] += 1
        elif name == "_grouped_mm":
            a, b = args[:2]
            self.grouped[a.shape[0], b.shape[-1], a.shape[1]] += 1
        elif name in ("linear", "matmul", "einsum", "_scaled_mm"):
            raise SystemExit(f"{name}: a product that is not counted")
        return function(*args, **(kwargs or {}))


def linear_layers(model):
    shapes = Counter()
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear):
            shapes[tuple(module.weight.shape)] += 1
        elif isinstance(module, Conv1D):
            shapes[tuple(reversed(module.weight.shape))] += 1
        elif type(module).__name__.endswith("Router") and hasattr(module, "weight"):
            shapes[tuple(module.weight.shape)] += 1
        elif type(module).__name__.endswith("Experts"):
            for key in ("gate_up_proj", "down_proj"):
                experts, n, k = getattr(module, key).shape
                if getattr(module, "is_transposed", type(module).__name__.startswith("Llama4")):
                    n, k = k, n
                shapes[n, k] += experts
    return shapes


def listed(counter):
    return sorted([*key, count] for key, count in counter.items())


def relevant(config):
    """What is a size or a flag, and the tables of the text part."""
    keep = {}
    for key, value in config.items():
        if key in ("model_type", "layer_types") or (key == "text_config"):
            keep[key] = relevant(value) if isinstance(value, dict) else value
        elif key.endswith("_token_id") or key.startswith(("_", "output_", "return_", "use_cache", "is_", "chunk_")):
            continue
        elif value is None or isinstance(value, (bool, int)) or (
            isinstance(value, list) and all(isinstance(item, int) for item in value)
        ):
            keep[key] = value
    return keep


def entry(name, config, model, text, inputs):
    products = Products()
    with products:
        model(**inputs)
    grouped = listed(products.grouped)
    if "llama4" in name:
        # transformers runs every token through every expert, most of them as zeros.
        experts = text.config.num_local_experts
        products.forward = Counter({key: n for key, n in products.forward.items() if key[0] != experts})
        grouped = None
    parameters = sum(parameter.numel() for parameter in text.parameters())
    return {"name": name, "config": relevant(json.loads(config.to_json_string(use_diff=False))),
            "parameters": parameters, "linear": listed(linear_layers(text)), "forward": listed(products.forward),
            "grouped": grouped}


def main():
    transformers.logging.set_verbosity_error()
    ids = torch.zeros(BATCH, SEQ, dtype=torch.long, device="meta")
    entries = []
    for model_type, variations in MODELS.items():
        for at, sizes in enumerate(variations):
            # Some have a padding token, which is beyond a small vocabulary.
            padded = sizes and getattr(CONFIG_MAPPING[model_type](), "pad_token_id", None) is not None
            config = CONFIG_MAPPING[model_type](**copy.deepcopy(sizes), **({"pad_token_id": 0} if padded else {}))
            with torch.device("meta"):
                model = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
            entries.append(entry(f"{model_type} {at}", config, model, model, {"input_ids": ids}))
    for model_type, sizes in MULTIMODAL.items():
        text_config = CONFIG_MAPPING[model_type]().text_config.to_dict() | sizes
        text_config.pop("layer_types", None)
        config = CONFIG_MAPPING[model_type](text_config=text_config)
        with torch.device("meta"):
            model = AutoModelForImageTextToText.from_config(config, attn_implementation="eager")
        text = torch.nn.ModuleList([model.model.language_model, model.lm_head])
        entries.append(entry(f"{model_type} text", config, model, text, {"input_ids": ids}))
    versions = {"transformers": transformers.__version__, "torch": torch.__version__.split("+")[0]}
    print(json.dumps(versions | {"batch": BATCH, "seq": SEQ})[:-1] + ', "models": [')
    print(",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries))
    print("]}")
    print(f"{len(entries)} models of {len(MODELS) + len(MULTIMODAL)} architectures", file=sys.stderr)


if __name__ == "__main__":
    main()
