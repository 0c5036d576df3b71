//! What the name of a GEMM kernel says of it.
//!
//! NVIDIA documents none of these names. They are read word by word, and only words whose meaning the words around
//! them confirm: of a name that is not known, nothing is said.

use std::fmt;

/// The generation of cards that a kernel was written for. Newer cards run older kernels, with the instructions of that
/// time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Generation {
    /// Compute capability 5.x.
    Maxwell,
    /// Compute capability 6.x.
    Pascal,
    /// Compute capability 7.0 and 7.2.
    Volta,
    /// Compute capability 7.5.
    Turing,
    /// Compute capability 8.0, 8.6 and 8.7.
    Ampere,
    /// Compute capability 8.9.
    Ada,
    /// Compute capability 9.0.
    Hopper,
    /// Compute capability 10.x and 12.x.
    Blackwell,
}

impl Generation {
    /// Of a compute capability as names have it: `75`, `sm_90`'s 90.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Generation> {
        Some(match number {
            50..=53 => Generation::Maxwell,
            60..=62 => Generation::Pascal,
            70 | 72 => Generation::Volta,
            75 => Generation::Turing,
            80 | 86 | 87 => Generation::Ampere,
            89 => Generation::Ada,
            90 => Generation::Hopper,
            100..=121 => Generation::Blackwell,
            _ => return None,
        })
    }

    /// Of a name's first word: `ampere`.
    fn from_word(word: &str) -> Option<Generation> {
        Some(match word {
            "maxwell" => Generation::Maxwell,
            "volta" => Generation::Volta,
            "turing" => Generation::Turing,
            "ampere" => Generation::Ampere,
            _ => return None,
        })
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Generation::Maxwell => "Maxwell",
            Generation::Pascal => "Pascal",
            Generation::Volta => "Volta",
            Generation::Turing => "Turing",
            Generation::Ampere => "Ampere",
            Generation::Ada => "Ada",
            Generation::Hopper => "Hopper",
            Generation::Blackwell => "Blackwell",
        })
    }
}

/// What a GEMM kernel was written for, as far as its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct KernelTraits {
    /// Of cards.
    pub generation: Option<Generation>,
    /// What the rows of its operands must be a multiple of, in elements.
    pub alignment: Option<u32>,
    /// Rows and columns of an output tile, as the library counts them: of the column-major result.
    pub tile: Option<(u32, u32)>,
    /// Depth of a stage along k, and how many of them it keeps.
    pub stages: Option<(u32, u32)>,
    /// Thread blocks of a cluster, along the tile's rows and columns.
    pub cluster: Option<(u32, u32)>,
    /// Whether it cuts the reduction into parts.
    pub split_k: bool,
    /// Whether some warps only load and others only compute.
    pub warp_specialized: bool,
    /// Of fused attention: what it rounds the head dim up to.
    pub head_width: Option<u32>,
}

impl KernelTraits {
    /// What a [`function_name`] says; nothing of one that is not known.
    #[must_use]
    pub(crate) fn from_name(name: &str) -> Option<KernelTraits> {
        let words: Vec<&str> = name.split('_').collect();
        let traits = match words[..] {
            ["sdpa", ref rest @ ..] | ["cudnn", "generated", "fort", "native", "sdpa", ref rest @ ..] => {
                sdpa(rest)
            }
            ["nvjet", ref rest @ ..] => nvjet(rest),
            ["cutlass", number, ref rest @ ..] => cutlass(number, rest),
            ["cutlass3x", number, ref rest @ ..] => cutlass3x(number, rest),
            [number, "xmma", ref rest @ ..] => xmma(number, rest),
            [generation, ref rest @ ..] => by_generation(generation, rest),
            [] => None,
        }?;
        let says = |word: &str| words.iter().any(|other| other.eq_ignore_ascii_case(word));
        let split_k = says("splitk") || words.windows(2).any(|pair| pair == ["split", "k"]);
        Some(KernelTraits { split_k, ..traits })
    }

    /// Generation and alignment in words, by which kernels are grouped: `Turing align1`, `Hopper`. Nothing when the
    /// name does not say the generation.
    #[must_use]
    pub fn family(&self) -> Option<String> {
        let generation = self.generation?;
        Some(match self.alignment {
            Some(alignment) => format!("{generation} align{alignment}"),
            None => generation.to_string(),
        })
    }
}

/// `nvjet_sm90_hsh_192x192_64x3_2x1_v_bz_coopB_NNN`: the types of operands, products and result; a tile, stages and a
/// cluster. Before CUDA 13 without the number of the generation.
fn nvjet(words: &[&str]) -> Option<KernelTraits> {
    let (generation, rest) = match words.first()?.strip_prefix("sm") {
        Some(number) => (Some(Generation::from_number(number.parse().ok()?)?), &words[1..]),
        None => (None, words),
    };
    let [_types, tile, stages, cluster, ..] = rest else { return None };
    Some(KernelTraits {
        generation,
        tile: Some(pair(tile)?),
        stages: Some(pair(stages)?),
        cluster: Some(pair(cluster)?),
        ..KernelTraits::default()
    })
}

/// `sdpa_sm90_flash_fprop_wgmma_f16_knob_7_64x128x192_4x1x1_cga1x1x1_kernel0_0` of cuDNN, whose tile is of queries, keys
/// and the head dim: with 9.14 and 9.19 on an H100 the last number was 64 for head dims to 64, 128 to 128, 192 to 192, and
/// 256 above, backward too. The first two are no tile of a result that is stored.
fn sdpa(words: &[&str]) -> Option<KernelTraits> {
    let generation = Generation::from_number(words.first()?.strip_prefix("sm")?.parse().ok()?)?;
    let (_, _, width) = words.iter().find_map(|word| triple(word))?;
    Some(KernelTraits { generation: Some(generation), head_width: Some(width), ..KernelTraits::default() })
}

/// `cutlass_80_tensorop_f16_s16816gemm_f16_256x128_32x3_nn_align2`. Those of Turing have two stages, and say neither
/// their number nor their depth.
fn cutlass(number: &str, words: &[&str]) -> Option<KernelTraits> {
    let generation = Generation::from_number(number.parse().ok()?)?;
    let after = &words[words.iter().position(|word| word.ends_with("gemm"))? + 1..];
    let at = after.iter().position(|word| pair(word).is_some())?;
    Some(KernelTraits {
        generation: Some(generation),
        alignment: alignment(after),
        tile: pair(after[at]),
        stages: after.get(at + 1).and_then(|word| pair(word)),
        ..KernelTraits::default()
    })
}

/// `cutlass3x_sm90_tensorop_s64x128x16gemm_f16_f16_f32_f16_f16_128x128x64_2x1x1_0_tnn_align8_warpspecialized_…`. The
/// number of stages is 0 where the compiler was left to find it.
fn cutlass3x(number: &str, words: &[&str]) -> Option<KernelTraits> {
    let generation = Generation::from_number(number.strip_prefix("sm")?.parse().ok()?)?;
    let after = &words[words.iter().position(|word| word.ends_with("gemm"))? + 1..];
    let at = after.iter().position(|word| triple(word).is_some())?;
    let (rows, columns, depth) = triple(after[at])?;
    let (x, y, z) = triple(after.get(at + 1)?)?;
    let stages = after.get(at + 2).and_then(|word| positive(word));
    Some(KernelTraits {
        generation: Some(generation),
        alignment: alignment(after),
        tile: Some((rows, columns)),
        stages: stages.map(|count| (depth, count)),
        cluster: (z == 1).then_some((x, y)),
        warp_specialized: after.contains(&"warpspecialized"),
        ..KernelTraits::default()
    })
}

/// `sm80_xmma_gemm_f16f16_f16f32_f32_nn_n_tilesize128x128x32_stage4_warpsize2x2x1_tensor16x8x16_kernel`.
fn xmma(number: &str, words: &[&str]) -> Option<KernelTraits> {
    let generation = Generation::from_number(number.strip_prefix("sm")?.parse().ok()?)?;
    words.first().filter(|word| **word == "gemm")?;
    let (rows, columns, depth) = triple(words.iter().find_map(|word| word.strip_prefix("tilesize"))?)?;
    let stages = words.iter().find_map(|word| positive(word.strip_prefix("stage")?));
    Some(KernelTraits {
        generation: Some(generation),
        tile: Some((rows, columns)),
        stages: stages.map(|count| (depth, count)),
        ..KernelTraits::default()
    })
}

/// `ampere_fp16_s16816gemm_fp16_128x128_ldg8_f2f_stages_32x5_nn`, `volta_sgemm_128x64_nn`.
fn by_generation(generation: &str, words: &[&str]) -> Option<KernelTraits> {
    let generation = Generation::from_word(generation)?;
    let after = &words[words.iter().position(|word| word.ends_with("gemm"))? + 1..];
    let tile = after.iter().find_map(|word| pair(word))?;
    let stages = after.iter().position(|word| *word == "stages");
    Some(KernelTraits {
        generation: Some(generation),
        tile: Some(tile),
        stages: stages.and_then(|at| pair(after.get(at + 1)?)),
        ..KernelTraits::default()
    })
}

fn alignment(words: &[&str]) -> Option<u32> {
    words.iter().find_map(|word| positive(word.strip_prefix("align")?))
}

/// `256x128`.
fn pair(word: &str) -> Option<(u32, u32)> {
    let (first, second) = word.split_once('x')?;
    Some((positive(first)?, positive(second)?))
}

/// `128x128x64`.
fn triple(word: &str) -> Option<(u32, u32, u32)> {
    let (first, rest) = word.split_once('x')?;
    let (second, third) = pair(rest)?;
    Some((positive(first)?, second, third))
}

fn positive(word: &str) -> Option<u32> {
    let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| word.parse().ok()).flatten().filter(|number| *number > 0)
}

/// The name of a kernel as people say it, from the symbol that the driver has it by.
///
/// C++ symbols are mangled: `_ZN8cublasLt19splitKreduce_kernelILi32E…` is `cublasLt::splitKreduce_kernel`. CUTLASS wraps
/// each kernel into a template of its own, whose argument is the name: `_ZN7cutlass7Kernel2I61cutlass_80_…EE…` is
/// `cutlass_80_…`. A symbol that is not mangled, or not in a way that is known, is its own name.
#[must_use]
pub(crate) fn function_name(symbol: &str) -> String {
    unmangled(symbol).unwrap_or_else(|| symbol.to_owned())
}

fn unmangled(symbol: &str) -> Option<String> {
    let (names, rest) = components(symbol.strip_prefix("_Z")?);
    let wrapped = matches!(names[..], ["cutlass", "Kernel" | "Kernel2" | "device_kernel"]);
    if let Some(argument) = rest.strip_prefix('I').filter(|_| wrapped)
        && let Some(name) = components(argument).0.last()
    {
        return Some((*name).to_owned());
    }
    let names: Vec<&str> = names.into_iter().filter(|name| !name.starts_with("_GLOBAL__N_")).collect();
    (!names.is_empty()).then(|| names.join("::"))
}

/// The parts of a qualified name that stand at the front of what is left of a symbol, and what follows them.
fn components(mangled: &str) -> (Vec<&str>, &str) {
    let nested = mangled.strip_prefix('N');
    let mut rest = nested.unwrap_or(mangled);
    let mut names = Vec::new();
    loop {
        // `L` marks what only its own file can name.
        let counted = rest.strip_prefix('L').unwrap_or(rest);
        let digits = counted.bytes().take_while(u8::is_ascii_digit).count();
        let length = counted[..digits].parse::<usize>().ok();
        let Some(name) = length.and_then(|length| counted[digits..].get(..length)) else { break };
        names.push(name);
        rest = &counted[digits + name.len()..];
        if nested.is_none() {
            break;
        }
    }
    (names, rest)
}

#[cfg(test)]
mod tests;
