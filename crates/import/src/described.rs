//! A row out of words and sizes, however a file names them.

use hovera_core::{
    AttentionShape, Batch, Cache, Dtype, Engine, Gemm, Heads, Hidden, Layout, Method, Op, Pacing, Point, Row,
    Seq, ShapeError, Stat, Timing, UnknownWord,
};
use serde::Deserialize;
use std::fmt;
use std::str::FromStr;

/// What can be said of a measurement, by hovera's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Field {
    Op,
    Dtype,
    Layout,
    Engine,
    Pacing,
    Cache,
    Heads,
    Batch,
    Seq,
    Hidden,
    GemmBatch,
    M,
    N,
    K,
    Samples,
    TimeMin,
    TimeMedian,
    TimeMean,
    TimeMax,
    Note,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Field::Op => "op",
            Field::Dtype => "dtype",
            Field::Layout => "layout",
            Field::Engine => "engine",
            Field::Pacing => "pacing",
            Field::Cache => "cache",
            Field::Heads => "heads",
            Field::Batch => "batch",
            Field::Seq => "seq",
            Field::Hidden => "hidden",
            Field::GemmBatch => "gemm_batch",
            Field::M => "m",
            Field::N => "n",
            Field::K => "k",
            Field::Samples => "samples",
            Field::TimeMin => "time_min",
            Field::TimeMedian => "time_median",
            Field::TimeMean => "time_mean",
            Field::TimeMax => "time_max",
            Field::Note => "note",
        })
    }
}

/// The sizes of the GEMM.
pub(crate) const GEMM: [Field; 4] = [Field::GemmBatch, Field::M, Field::N, Field::K];

/// The point that a file describes. What it does not say is `nn`, by `cublas`, back to back, with hot caches; an
/// op that is not named is `gemm`, or `bmm` where there are several products.
pub(crate) fn point<'t>(get: impl Fn(Field) -> Option<&'t str>) -> Result<Point, String> {
    let said = |field| get(field).map(str::trim).filter(|text| !text.is_empty());
    let size = |field| {
        let text = said(field).ok_or_else(|| format!("{field} is not said"))?;
        integer(text).ok_or_else(|| format!("{field} = {text:?}: want an integer, 1 to 2147483647"))
    };
    let products = if said(Field::GemmBatch).is_some() { size(Field::GemmBatch)? } else { 1 };
    let unnamed = if products == 1 { Op::Gemm } else { Op::Bmm };
    let op = word(Field::Op, said(Field::Op), Some(unnamed))?;
    let layer = || -> Result<AttentionShape, String> {
        let (heads, batch) = (size(Field::Heads)?, size(Field::Batch)?);
        layer(heads, batch, size(Field::Seq)?, size(Field::Hidden)?).map_err(|error| error.to_string())
    };
    let layer = if op.is_of_layer() { Some(layer()?) } else { None };
    let whole =
        layer.filter(|_| GEMM.iter().all(|field| said(*field).is_none())).and_then(|layer| layer.gemm(op));
    let gemm = match whole {
        Some(gemm) => gemm,
        None => Gemm::new(products, size(Field::M)?, size(Field::N)?, size(Field::K)?)
            .map_err(|error| error.to_string())?,
    };
    let dtype = said(Field::Dtype).ok_or("dtype is not said")?;
    let point = Point {
        op,
        dtype: read_dtype(dtype).ok_or_else(|| {
            let words: Vec<_> = Dtype::ALL.iter().map(|dtype| dtype.as_str()).collect();
            format!("dtype = {dtype:?}: want {}", words.join(", "))
        })?,
        layout: word(Field::Layout, said(Field::Layout), Some(Layout::Nn))?,
        engine: word(Field::Engine, said(Field::Engine), Some(Engine::Cublas))?,
        pacing: word(Field::Pacing, said(Field::Pacing), Some(Pacing::None))?,
        cache: word(Field::Cache, said(Field::Cache), Some(Cache::Hot))?,
        layer,
        gemm,
    };
    point.check().map_err(|misfit| misfit.to_string())?;
    Ok(point)
}

/// How many ranks share the layer of a point; one where it cannot be told.
pub(crate) fn ranks(point: &Point) -> Option<u32> {
    point.layer.map(|_| point.tensor_parallel().unwrap_or(1))
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

fn layer(heads: u64, batch: u64, seq: u64, hidden: u64) -> Result<AttentionShape, ShapeError> {
    AttentionShape::from_hidden_floored(
        Heads::new(heads)?,
        Batch::new(batch)?,
        Seq::new(seq)?,
        Hidden::new(hidden)?,
    )
}

/// A dtype by hovera's word, PyTorch's, CUDA's or nvbench's.
fn read_dtype(text: &str) -> Option<Dtype> {
    let lower = text.to_ascii_lowercase();
    Some(match lower.strip_prefix("torch.").unwrap_or(&lower) {
        "f16" | "fp16" | "float16" | "half" | "__half" => Dtype::F16,
        "bf16" | "bfloat16" | "__nv_bfloat16" => Dtype::Bf16,
        "f32" | "fp32" | "float32" | "float" => Dtype::F32,
        "tf32" => Dtype::Tf32,
        "e4m3" | "float8_e4m3fn" | "fp8_e4m3" | "__nv_fp8_e4m3" => Dtype::F8e4m3,
        "int8" | "i8" | "int8_t" => Dtype::Int8,
        _ => return None,
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
        for field in
            [Op, Dtype, Layout, Engine, Pacing, Cache, Heads, Batch, Seq, Hidden, GemmBatch, M, N, K, Samples]
        {
            assert!(Column::named(&field.to_string()).is_some(), "{field}");
        }
        for (field, stat) in
            [(TimeMin, Stat::Min), (TimeMedian, Stat::Median), (TimeMean, Stat::Mean), (TimeMax, Stat::Max)]
        {
            // A map says the unit of its times.
            assert_eq!(format!("{field}_us"), stat.column());
        }
        assert!(Column::named(&Note.to_string()).is_some());
    }

    #[test]
    fn what_is_not_said_is_the_usual() {
        let plain = described("m=3 n=4 k=5 dtype=torch.float16").unwrap();
        assert_eq!(
            (plain.op, plain.layout, plain.engine, plain.dtype),
            (Op::Gemm, Layout::Nn, Engine::Cublas, Dtype::F16)
        );
        let batch = described("m=3.0 n=4 k=5 gemm_batch=7 dtype=BF16 layout=NT").unwrap();
        assert_eq!(
            (batch.op, batch.gemm.m(), batch.layout, batch.dtype),
            (Op::Bmm, 3, Layout::Nt, Dtype::Bf16)
        );
        let score = described("op=score heads=4 batch=2 seq=128 hidden=256 dtype=half").unwrap();
        assert_eq!((score.gemm.gemm_batch(), score.gemm.k(), ranks(&score)), (8, 64, Some(1)));
        let share = "op=score heads=4 batch=2 seq=128 hidden=256 dtype=half gemm_batch=4 m=128 n=128 k=64";
        assert_eq!(ranks(&described(share).unwrap()), Some(2));
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
            ("op=conv m=3 n=4 k=5 dtype=f16", "op = \"conv\": want score, values"),
        ] {
            let error = described(text).unwrap_err();
            assert!(error.starts_with(says), "{text}: {error}");
        }
    }
}
