//! A row out of words and sizes, however a file names them.

use hovera_core::{
    AttentionShape, Batch, Cache, DimensionError, Dtype, Engine, Ffn, Gemm, HeadDim, HeadDimV, Heads, Hidden,
    KvHeads, Layout, Mask, Method, ModelSizes, Op, Pacing, Pass, Point, Product, Row, Seq, SeqKey, Stat,
    TensorParallel, Timing, UnknownWord, Vocab,
};
use serde::Deserialize;
use std::fmt;
use std::str::FromStr;

/// What can be said of a measurement, by hovera's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Field {
    Op,
    Pass,
    Mask,
    Dtype,
    Layout,
    Engine,
    Pacing,
    Cache,
    Heads,
    Batch,
    Seq,
    Hidden,
    HeadDim,
    HeadDimV,
    KvHeads,
    SeqKey,
    Ffn,
    Vocab,
    TensorParallel,
    GemmBatch,
    M,
    N,
    K,
    Samples,
    TimeMin,
    TimeMedian,
    TimeMean,
    TimeMax,
    Tflops,
    Gflops,
    TransA,
    TransB,
    Device,
    Kernel,
    Note,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Field::Op => "op",
            Field::Pass => "pass",
            Field::Mask => "mask",
            Field::Dtype => "dtype",
            Field::Layout => "layout",
            Field::Engine => "engine",
            Field::Pacing => "pacing",
            Field::Cache => "cache",
            Field::Heads => "heads",
            Field::Batch => "batch",
            Field::Seq => "seq",
            Field::Hidden => "hidden",
            Field::HeadDim => "head_dim",
            Field::HeadDimV => "head_dim_v",
            Field::KvHeads => "kv_heads",
            Field::SeqKey => "seq_key",
            Field::Ffn => "ffn",
            Field::Vocab => "vocab",
            Field::TensorParallel => "tensor_parallel",
            Field::GemmBatch => "gemm_batch",
            Field::M => "m",
            Field::N => "n",
            Field::K => "k",
            Field::Samples => "samples",
            Field::TimeMin => "time_min",
            Field::TimeMedian => "time_median",
            Field::TimeMean => "time_mean",
            Field::TimeMax => "time_max",
            Field::Tflops => "tflops",
            Field::Gflops => "gflops",
            Field::TransA => "trans_a",
            Field::TransB => "trans_b",
            Field::Device => "device",
            Field::Kernel => "kernel",
            Field::Note => "note",
        })
    }
}

/// The sizes of the GEMM.
pub(crate) const GEMM: [Field; 4] = [Field::GemmBatch, Field::M, Field::N, Field::K];

/// What a point can lack: nobody knows it then.
const CONDITIONS: [Field; 4] = [Field::Layout, Field::Engine, Field::Pacing, Field::Cache];

/// What a file does not say of a point's conditions.
pub(crate) fn unsaid<'t>(get: impl Fn(Field) -> Option<&'t str>) -> Vec<Field> {
    // The matrices of what is no product are stored in one way.
    let is_product = get(Field::Op).is_none_or(|op| op.trim().parse().map_or(true, |op: Op| op.is_product()));
    let counts = |field: &Field| is_product || *field != Field::Layout;
    let is_unsaid = |field: &Field| get(*field).is_none_or(|text| text.trim().is_empty());
    CONDITIONS.into_iter().filter(counts).filter(is_unsaid).collect()
}

/// Whether an operand is stored transposed, by a library's word for it.
pub(crate) fn transposed(field: Field, text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "n" | "false" | "0" | "no" | "op_n" | "cublas_op_n" | "none" => Ok(false),
        "t" | "c" | "true" | "1" | "yes" | "op_t" | "cublas_op_t" | "transpose" => Ok(true),
        _ => Err(format!("{field} = {text:?}: want N or T")),
    }
}

/// The layout of a row-major product, by which of its operands are transposed.
pub(crate) fn layout(transposes_a: bool, transposes_b: bool) -> Layout {
    match (transposes_a, transposes_b) {
        (false, false) => Layout::Nn,
        (false, true) => Layout::Nt,
        (true, false) => Layout::Tn,
        (true, true) => Layout::Tt,
    }
}

/// The layout of a column-major product C(m×n) = op(A)·op(B), as BLAS has it. Row by row that memory is Cᵀ = op(B)ᵀ·op(A)ᵀ:
/// A and B change places, and so do m and n.
pub(crate) fn column_major(transposes_a: bool, transposes_b: bool) -> Layout {
    layout(transposes_b, transposes_a)
}

/// The point that a file describes. Its pass is forward where it does not say; layout, engine, pacing and cache are `other`
/// then. An op that is not named is `gemm`, or `bmm` where there are several products. The GEMM of a product of a
/// model need not be said where the model's sizes tell it.
pub(crate) fn point<'t>(get: impl Fn(Field) -> Option<&'t str>) -> Result<Point, String> {
    let said = |field| get(field).map(str::trim).filter(|text| !text.is_empty());
    let size = |field| {
        let text = said(field).ok_or_else(|| format!("{field} is not said"))?;
        integer(text).ok_or_else(|| format!("{field} = {text:?}: want an integer, 1 to 2147483647"))
    };
    let products = if said(Field::GemmBatch).is_some() { size(Field::GemmBatch)? } else { 1 };
    let unnamed = if products == 1 { Op::Gemm } else { Op::Bmm };
    let op = word(Field::Op, said(Field::Op), Some(unnamed))?;
    let mask = mask(op, said(Field::Mask))?;
    let pass = word(Field::Pass, said(Field::Pass), Some(Pass::Forward))?;
    let sizes = if op.is_of_layer() {
        sizes(op, |field| said(field).map(|_| size(field)).transpose())?
    } else {
        ModelSizes::default()
    };
    let by_model = op.is_of_layer().then(|| Product::of_model(op, pass, &sizes)?.masked(mask));
    let is_told = GEMM.iter().any(|field| said(*field).is_some());
    let gemm = || {
        Gemm::new(products, size(Field::M)?, size(Field::N)?, size(Field::K)?)
            .map_err(|error| error.to_string())
    };
    let (model, gemm) = match by_model {
        Some(Ok(product)) if !is_told => (product.model, product.gemm),
        Some(Err(error)) if !is_told || !op.is_product() => return Err(error.to_string()),
        Some(Ok(product)) if op.is_of_attention() || product.gemm == gemm()? => (product.model, gemm()?),
        _ => (sizes, gemm()?),
    };
    let dtype = said(Field::Dtype).ok_or("dtype is not said")?;
    let usual_layout = if op.is_product() { Layout::Other } else { op.usual_layout(pass) };
    let point = Point {
        op,
        pass,
        mask,
        dtype: read_dtype(dtype).ok_or_else(|| {
            let words: Vec<_> = Dtype::ALL.iter().map(|dtype| dtype.as_str()).collect();
            format!("dtype = {dtype:?}: want {}", words.join(", "))
        })?,
        layout: word(Field::Layout, said(Field::Layout), Some(usual_layout))?,
        engine: word(Field::Engine, said(Field::Engine), Some(Engine::Other))?,
        pacing: word(Field::Pacing, said(Field::Pacing), Some(Pacing::Other))?,
        cache: word(Field::Cache, said(Field::Cache), Some(Cache::Other))?,
        model,
        gemm,
    };
    point.check().map_err(|misfit| misfit.to_string())?;
    Ok(point)
}

/// The mask of what is fused, which nothing stands for: it halves what is computed. `is_causal` of PyTorch is a flag.
fn mask(op: Op, text: Option<&str>) -> Result<Mask, String> {
    match (op.is_fused(), text.map(str::to_ascii_lowercase).as_deref()) {
        (false, None) => Ok(Mask::None),
        (false, Some(_)) => Err(format!("op {op} has no mask")),
        (true, None) => Err("mask is not said: want none or causal, or is_causal's true or false".to_owned()),
        (true, Some("true" | "1" | "yes")) => Ok(Mask::Causal),
        (true, Some("false" | "0" | "no" | "full")) => Ok(Mask::None),
        (true, Some(word)) => self::word(Field::Mask, Some(word), None),
    }
}

/// The sizes of the model that a file says. Of a product of attention the head dim follows from hidden size and heads.
fn sizes(op: Op, size: impl Fn(Field) -> Result<Option<u64>, String>) -> Result<ModelSizes, String> {
    fn new<T>(size: Option<u64>, new: fn(u64) -> Result<T, DimensionError>) -> Result<Option<T>, String> {
        size.map(new).transpose().map_err(|error| error.to_string())
    }
    let needed = |field| size(field)?.ok_or_else(|| format!("{field} is not said")).map(Some);
    let (heads, batch) = if op.is_of_attention() || op.is_of_rows() {
        (needed(Field::Heads)?, needed(Field::Batch)?)
    } else {
        (size(Field::Heads)?, needed(Field::Batch)?)
    };
    let (seq, head_dim) = (needed(Field::Seq)?, size(Field::HeadDim)?);
    // The width of the heads is their number times the head dim, and none of fused attention's own words.
    let of_heads = heads.zip(head_dim).map(|(heads, head_dim)| heads.saturating_mul(head_dim));
    let hidden = match (op.is_of_attention(), size(Field::Hidden)?) {
        (true, None) if of_heads.is_some() => of_heads,
        // How wide the heads are is nothing to their scores.
        (_, hidden) if op.is_of_rows() => hidden,
        _ => needed(Field::Hidden)?,
    };
    let mut sizes = ModelSizes {
        heads: new(heads, Heads::new)?,
        batch: new(batch, Batch::new)?,
        seq: new(seq, Seq::new)?,
        hidden: new(hidden, Hidden::new)?,
        head_dim: new(head_dim, HeadDim::new)?,
        kv_heads: new(size(Field::KvHeads)?, KvHeads::new)?,
        seq_key: new(size(Field::SeqKey)?, SeqKey::new)?,
        ffn: new(size(Field::Ffn)?, Ffn::new)?,
        vocab: new(size(Field::Vocab)?, Vocab::new)?,
        tensor_parallel: new(size(Field::TensorParallel)?, TensorParallel::new)?,
        head_dim_v: new(size(Field::HeadDimV)?, HeadDimV::new)?,
    };
    let follows = op.is_of_attention() || sizes.head_dim.is_none();
    if let (Some(heads), Some(batch), Some(seq), Some(hidden), true) =
        (sizes.heads, sizes.batch, sizes.seq, sizes.hidden, follows)
    {
        let layer = AttentionShape::from_hidden_floored(heads, batch, seq, hidden);
        sizes.head_dim = Some(layer.map_err(|error| error.to_string())?.head_dim());
    }
    Ok(sizes)
}

/// How many ranks share the layer of a point; one where it cannot be told.
pub(crate) fn ranks(point: &Point) -> Option<u32> {
    point.op.is_of_layer().then(|| point.tensor_parallel().unwrap_or(1))
}

/// An integer, also as tables of numbers write it: `64.0`.
pub(crate) fn integer(text: &str) -> Option<u64> {
    let whole = text.split_once('.').map_or(text, |(whole, fraction)| {
        if fraction.bytes().all(|digit| digit == b'0') { whole } else { text }
    });
    whole.parse().ok()
}

/// Times that contradict each other are not those of one point.
pub(crate) fn in_order(timing: &Timing) -> Result<(), String> {
    match timing.contradiction() {
        None => Ok(()),
        Some((time, want)) => Err(format!("times that are not in order: {time}: want {want}")),
    }
}

/// How rows were measured whose file says no more than that.
pub(crate) fn method(rows: &[Row], timer: String, stat: Stat) -> Method {
    Method {
        pacing: joined(rows.iter().map(|row| row.point.pacing.as_str())),
        cache: Some(joined(rows.iter().map(|row| row.point.cache.as_str()))),
        timer,
        stat,
        data: "not known".to_owned(),
        ..Method::default()
    }
}

/// Each word once, in the order in which they come, as a sweep's method joins them.
fn joined<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut distinct: Vec<&str> = Vec::new();
    words.for_each(|word| {
        if !distinct.contains(&word) {
            distinct.push(word);
        }
    });
    distinct.join("+")
}

fn word<T: FromStr<Err = UnknownWord>>(
    field: Field,
    text: Option<&str>,
    default: Option<T>,
) -> Result<T, String> {
    match (text, default) {
        (None, Some(default)) => Ok(default),
        (text, _) => text.unwrap_or_default().to_ascii_lowercase().parse().map_err(|unknown: UnknownWord| {
            format!("{field} = {:?}: want {}", unknown.value, unknown.choices)
        }),
    }
}

/// A dtype by hovera's word, PyTorch's, CUDA's, nvbench's, CUTLASS's or the ROCm libraries'. Of operands and result in one
/// word, such as `fp16_fp16_fp16`, all must be the same.
pub(crate) fn read_dtype(text: &str) -> Option<Dtype> {
    let lower = text.trim().to_ascii_lowercase();
    let word = ["torch.", "jnp.", "tl.", "cuda_r_", "nvbench::", "datatype."]
        .iter()
        .find_map(|prefix| lower.strip_prefix(prefix));
    let word = word.unwrap_or(&lower);
    let one = |word: &str| {
        Some(match word {
            "f16" | "fp16" | "float16" | "half" | "__half" | "f16_r" | "fp16_r" | "16f" | "h" => Dtype::F16,
            "bf16" | "bfloat16" | "__nv_bfloat16" | "bf16_r" | "16bf" => Dtype::Bf16,
            "f32" | "fp32" | "float32" | "float" | "f32_r" | "fp32_r" | "32f" | "single" => Dtype::F32,
            "tf32" | "xf32" | "xf32_r" => Dtype::Tf32,
            "e4m3" | "fp8" | "f8" | "fe4m3" | "float8_e4m3" | "float8_e4m3fn" | "float8_e4m3fnuz"
            | "fp8_e4m3" | "e4m3fn" | "e4m3fnuz" | "f8_r" | "f8_fnuz_r" | "8f_e4m3" | "__nv_fp8_e4m3" => {
                Dtype::F8e4m3
            }
            "int8" | "i8" | "int8_t" | "s8" | "i8_r" | "8i" => Dtype::Int8,
            _ => return None,
        })
    };
    one(word).or_else(|| {
        let mut parts = word.split(['_', '/', ',']).map(one);
        let first = parts.next()??;
        parts.all(|part| part == Some(first)).then_some(first)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hovera_core::Column;

    fn described(text: &str) -> Result<Point, String> {
        let get = |field: Field| {
            text.split_whitespace()
                .find_map(|item| item.strip_prefix(&format!("{field}=")))
                .filter(|t| *t != "-")
        };
        point(get)
    }

    #[test]
    fn fields_are_called_as_the_columns_that_they_become() {
        use Field::*;
        for field in [
            Op,
            Pass,
            Mask,
            Dtype,
            Layout,
            Engine,
            Pacing,
            Cache,
            Heads,
            Batch,
            Seq,
            Hidden,
            HeadDim,
            HeadDimV,
            KvHeads,
            SeqKey,
            Ffn,
            Vocab,
            TensorParallel,
            GemmBatch,
            M,
            N,
            K,
            Samples,
        ] {
            assert!(Column::named(&field.to_string()).is_some(), "{field}");
        }
        for (field, stat) in
            [(TimeMin, Stat::Min), (TimeMedian, Stat::Median), (TimeMean, Stat::Mean), (TimeMax, Stat::Max)]
        {
            // A map says the unit of its times.
            assert_eq!(format!("{field}_us"), stat.column());
        }
        for field in [Device, Kernel, Tflops, Note] {
            assert!(Column::named(&field.to_string()).is_some(), "{field}");
        }
    }

    #[test]
    fn a_column_major_product_has_its_operands_and_sizes_swapped() {
        // rocBLAS's and hipBLASLt's T, N is what torch.nn.Linear runs.
        for (a, b, want) in [("N", "N", "nn"), ("T", "N", "nt"), ("N", "T", "tn"), ("T", "T", "tt")] {
            let [a, b] = [a, b].map(|text| transposed(Field::TransA, text).unwrap());
            assert_eq!(column_major(a, b).as_str(), want);
        }
        assert_eq!(layout(true, false).as_str(), "tn");
        assert_eq!(transposed(Field::TransB, "x").unwrap_err(), "trans_b = \"x\": want N or T");
    }

    #[test]
    fn what_is_not_said_is_not_known() {
        let plain = described("m=3 n=4 k=5 dtype=torch.float16").unwrap();
        assert_eq!(
            (plain.op, plain.layout, plain.engine, plain.dtype),
            (Op::Gemm, Layout::Other, Engine::Other, Dtype::F16)
        );
        assert_eq!((plain.pacing, plain.cache, plain.pass), (Pacing::Other, Cache::Other, Pass::Forward));
        let get = |field| (field == Field::Cache).then_some("hot");
        assert_eq!(unsaid(get), [Field::Layout, Field::Engine, Field::Pacing]);
        let batch = described("m=3.0 n=4 k=5 gemm_batch=7 dtype=BF16 layout=NT").unwrap();
        assert_eq!(
            (batch.op, batch.gemm.m(), batch.layout, batch.dtype),
            (Op::Bmm, 3, Layout::Nt, Dtype::Bf16)
        );
        let score = described("op=score heads=4 batch=2 seq=128 hidden=256 dtype=half").unwrap();
        assert_eq!((score.gemm.gemm_batch(), score.gemm.k(), ranks(&score)), (8, 64, Some(1)));
        let share = "op=score heads=4 batch=2 seq=128 hidden=256 dtype=half gemm_batch=4 m=128 n=128 k=64";
        assert_eq!(ranks(&described(share).unwrap()), Some(2));
        let up =
            described("op=mlp_up batch=2 seq=128 hidden=256 ffn=1024 tensor_parallel=4 dtype=half").unwrap();
        assert_eq!((up.gemm.m(), up.gemm.n(), up.gemm.k(), ranks(&up)), (256, 256, 256, Some(4)));
        let gradient = format!(
            "{up} pass=weight_gradient",
            up = "op=mlp_up batch=2 seq=128 hidden=64 ffn=512 dtype=half"
        );
        let gradient = described(&gradient).unwrap().gemm;
        assert_eq!((gradient.m(), gradient.n(), gradient.k()), (512, 64, 256));
    }

    #[test]
    fn fused_attention_is_told_by_its_own_sizes_and_its_mask() {
        let sizes = "op=attention dtype=bf16 batch=2 heads=32 seq=1024 head_dim=128";
        let point = described(&format!("{sizes} kv_heads=8 mask=True pass=backward")).unwrap();
        assert_eq!((point.mask, point.pass, point.layout), (Mask::Causal, Pass::Backward, Layout::Nt));
        assert_eq!((point.gemm.gemm_batch(), point.gemm.m(), point.gemm.n()), (16, 4096, 1024));
        // 2·b·a·s·t·(3·d + 2·e), half of it when causal.
        assert_eq!(point.flop(), 2 * 32 * 1024 * 1024 * 5 * 128);
        let decode = described(&format!("{sizes} seq_key=8192 head_dim_v=64 mask=none")).unwrap();
        assert_eq!((decode.mask, decode.gemm.n()), (Mask::None, 8192));
        assert_eq!(decode.flop(), 2 * 2 * 32 * 1024 * 8192 * (128 + 64));
        let get = |field| (field == Field::Op).then_some("attention");
        assert_eq!(unsaid(get), [Field::Engine, Field::Pacing, Field::Cache]);
        for (text, says) in [
            (sizes.to_owned(), "mask is not said: want none or causal"),
            (format!("{sizes} mask=window"), "mask = \"window\": want none, causal"),
            (
                format!("{sizes} mask=causal seq_key=8192"),
                "mask = causal with seq_key = 8192 other than seq = 1024",
            ),
            (
                "op=score dtype=f16 batch=2 heads=4 seq=8 head_dim=8 mask=causal".to_owned(),
                "op score has no mask",
            ),
        ] {
            let error = described(&text).unwrap_err();
            assert!(error.starts_with(says), "{text}: {error}");
        }
    }

    #[test]
    fn every_tool_s_word_for_a_dtype_is_read() {
        for (words, dtype) in [
            ("f16 FP16 torch.float16 half f16_r fp16_r fp16_fp16_fp16 F16", Dtype::F16),
            ("bf16 torch.bfloat16 bf16_r BFloat16 CUDA_R_16BF", Dtype::Bf16),
            ("f32 float f32_r torch.float32", Dtype::F32),
            ("tf32 xf32_r", Dtype::Tf32),
            ("e4m3 fe4m3 torch.float8_e4m3fn torch.float8_e4m3fnuz f8_r fp8", Dtype::F8e4m3),
            ("int8 s8 i8_r torch.int8 CUDA_R_8I", Dtype::Int8),
        ] {
            for word in words.split(' ') {
                assert_eq!(read_dtype(word), Some(dtype), "{word}");
            }
        }
        for none in ["", "f64", "fp16_fp16_fp32", "e5m2", "fe5m2", "_"] {
            assert_eq!(read_dtype(none), None, "{none}");
        }
    }

    #[test]
    fn a_softmax_is_told_by_heads_and_lengths_and_stored_in_one_way() {
        let point = described("op=softmax dtype=bf16 batch=2 heads=32 seq=1024 seq_key=512").unwrap();
        assert_eq!(
            point.to_string(),
            "softmax bf16 nn other other other, heads 32, batch 2, seq 1024, seq_key 512"
        );
        assert_eq!(point.gemm().to_string(), "64x1024x512x1");
        // What its scores do not depend on is no part of it.
        let wide =
            described("op=softmax dtype=bf16 batch=2 heads=32 seq=1024 seq_key=512 head_dim=128 kv_heads=8");
        assert_eq!(wide, Ok(point));
        for (text, says) in [
            ("op=softmax dtype=bf16 batch=2 seq=1024", "heads is not said"),
            ("op=softmax dtype=bf16 batch=2 heads=32 seq=8 mask=causal", "op softmax has no mask"),
            ("op=softmax dtype=bf16 batch=2 heads=32 seq=8 m=9 n=8 k=1 gemm_batch=64", "m = 9: want 8"),
        ] {
            let error = described(text).unwrap_err();
            assert!(error.starts_with(says), "{text}: {error}");
        }
        let get = |field| (field == Field::Op).then_some("softmax");
        assert_eq!(unsaid(get), [Field::Engine, Field::Pacing, Field::Cache]);
    }

    #[test]
    fn what_cannot_be_is_said_by_name() {
        for (text, says) in [
            ("m=3 n=4 dtype=f16", "k is not said"),
            ("m=3 n=4 k=5", "dtype is not said"),
            ("m=3 n=4 k=0 dtype=f16", "k = 0: want 1 to 2147483647"),
            ("m=3.5 n=4 k=1 dtype=f16", "m = \"3.5\": want an integer"),
            ("m=3 n=4 k=5 dtype=f64", "dtype = \"f64\": want f16, bf16"),
            ("op=score m=3 n=4 k=5 dtype=f16", "heads is not said"),
            ("op=gemm m=3 n=4 k=5 gemm_batch=2 dtype=f16", "gemm_batch = 2: want 1"),
            ("op=conv m=3 n=4 k=5 dtype=f16", "op = \"conv\": want score, softmax, values"),
        ] {
            let error = described(text).unwrap_err();
            assert!(error.starts_with(says), "{text}: {error}");
        }
    }
}
