//! `hovera import`.

use super::{positive, word};
use clap::{Args, Subcommand};
use hovera_core::{Dtype, Engine, Layout, Op};
use hovera_import::cookbook::Rule;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// Turn another benchmark's file into a results file.
///
/// What is left out is counted and named on standard error.
#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) format: ImportFormat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportFormat {
    Cookbook(ImportCookbook),
    Csv(ImportCsv),
    Nvbench(ImportNvbench),
    /// The output of hipblaslt-bench: column-major, the mean over its launches. The file names the card.
    HipblasltBench(ImportTool),
    /// The output of rocblas-bench: column-major, the mean over its launches by the host's clock. The dtype is read from
    /// its command line, if the file has it.
    RocblasBench(ImportTool),
    /// PyTorch's tunableop_results0.csv: the best solution of each product.
    Tunableop(ImportTool),
    /// The output of cutlass_profiler: for each product the fastest kernel whose result was not wrong.
    CutlassProfiler(ImportTool),
    /// The file of Triton's perf_report (save_path): a column for each program, the median with a cold L2.
    Triton(ImportTool),
    /// A table of tritonbench: median latencies.
    Tritonbench(ImportTool),
    /// A tuned table of ROCm/aiter, which names the card of each row.
    Aiter(ImportTool),
    Aiconfigurator(ImportAiconfigurator),
}

/// GEMM tables of ai-dynamo/aiconfigurator (Parquet): times of the linear layers of serving frameworks.
///
/// m is tokens, weights are stored n×k (layout nt), times are means over replays of CUDA graphs. fp8, fp8_static and
/// fp8_block become e4m3, with that word in the kernel's name. A type that hovera does not have, such as nvfp4, is
/// counted and left out.
#[derive(Debug, Args)]
pub(crate) struct ImportAiconfigurator {
    /// Tables, or folders with tables: every gemm_perf.parquet below them.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) options: ImportOptions,
    /// Import only rows with this value in a column, such as gemm_dtype=bfloat16. Several values of one column are
    /// alternatives.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) r#where: Vec<String>,
    /// A column to ignore: one that makes no difference, or holds an outcome.
    #[arg(long, value_name = "NAME")]
    pub(crate) ignore: Vec<String>,
}

/// A table of a tool whose columns are known.
#[derive(Debug, Args)]
pub(crate) struct ImportTool {
    #[command(flatten)]
    pub(crate) common: ImportCommon,
    /// The element type, if the file does not name it.
    #[arg(long, value_parser = word(Dtype::ALL, Dtype::as_str))]
    pub(crate) dtype: Option<Dtype>,
    /// How the operands are stored, if the file does not say. [default: not known]
    #[arg(long, value_parser = word(Layout::ALL, Layout::as_str))]
    pub(crate) layout: Option<Layout>,
    /// Only for triton: the unit of its values, which the file does not name.
    #[arg(long, value_name = "UNIT", value_parser = ["tflops", "ms"])]
    pub(crate) unit: Option<String>,
    /// Only for triton: the columns that hold a program's values. [default: those that follow the sizes and are called as an
    /// engine is, or whose values are not all whole numbers]
    #[arg(long, value_name = "NAME")]
    pub(crate) program: Vec<String>,
    #[command(flatten)]
    pub(crate) columns: ImportColumns,
}

/// What is said of columns or axes.
#[derive(Debug, Args)]
pub(crate) struct ImportColumns {
    /// What an axis or column is: gemm_batch, m, n, k, dtype, op, layout, engine, pacing, cache, kernel (a part of the
    /// point), or sizes that an x joins, such as shape=MxNxK.
    #[arg(long, value_name = "NAME=MEANING")]
    pub(crate) axis: Vec<String>,
    /// Import only rows with this value of an axis or column. Several values of one are alternatives.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) r#where: Vec<String>,
    /// An axis or column to ignore: one that makes no difference, or holds an outcome.
    #[arg(long, value_name = "NAME")]
    pub(crate) ignore: Vec<String>,
}

/// A log of the original benchmark, EleutherAI/cookbook benchmarks/sizing: mm, bmm or transformer.
#[derive(Debug, Args)]
pub(crate) struct ImportCookbook {
    #[command(flatten)]
    pub(crate) common: ImportCommon,
    /// How the script chose its times: paper-2023 (the slowest of 99 by the host's clock),
    /// worst-2024 (the slowest of 200 by CUDA events) or cookbook-2024 (the fastest of 200 by CUDA events).
    /// [default: found from the log's labels and date]
    #[arg(long, value_name = "RULE", value_parser = word(&Rule::ALL, Rule::as_str))]
    pub(crate) method: Option<Rule>,
}

/// Any table of measurements, such as that of a PyTorch benchmark, with a map that says what each column is.
///
/// The map is TOML. `time_unit = "ms"` is the unit of the times. The table `[column]` gives the file's name for each of
/// hovera's names (op, pass, mask, dtype, layout, engine, gemm_batch, m, n, k, heads, kv_heads, batch, seq, seq_key, hidden,
/// head_dim, head_dim_v, samples, time_min, time_median, time_mean, time_max, tflops, gflops, trans_a, trans_b, device,
/// kernel, note). The table `[constant]` holds
/// what is the same for all rows. `stat` says which time counts, if there are several times or only throughput. The table
/// `[where]` takes only rows with certain values. `[provider]` names a column for each engine. `ignore = ["…"]` names
/// columns that hold outcomes. `order = "column-major"` is the order of BLAS. `delimiter = ";"` and `decimal = ","` read
/// tables of spreadsheets. A column whose values differ and that the map does not name is refused.
#[derive(Debug, Args)]
pub(crate) struct ImportCsv {
    #[command(flatten)]
    pub(crate) common: ImportCommon,
    /// The map.
    #[arg(long, value_name = "MAP.toml")]
    pub(crate) map: PathBuf,
}

/// nvbench's JSON of a benchmark of GEMMs, with axes such as m, n, k, batch and dtype.
///
/// An axis whose values differ is refused, if neither its name nor an option says what it means.
#[derive(Debug, Args)]
pub(crate) struct ImportNvbench {
    #[command(flatten)]
    pub(crate) common: ImportCommon,
    /// Which of the file's benchmarks, if it has several.
    #[arg(long, value_name = "NAME")]
    pub(crate) benchmark: Option<String>,
    /// The element type, if no axis names it.
    #[arg(long, value_parser = word(Dtype::ALL, Dtype::as_str))]
    pub(crate) dtype: Option<Dtype>,
    /// How the operands are stored, if no axis says. [default: not known]
    #[arg(long, value_parser = word(Layout::ALL, Layout::as_str))]
    pub(crate) layout: Option<Layout>,
    /// What computes the products, if no axis says. [default: not known]
    #[arg(long, value_parser = word(Engine::ALL, Engine::as_str))]
    pub(crate) engine: Option<Engine>,
    #[command(flatten)]
    pub(crate) columns: ImportColumns,
}

/// What every import is told.
#[derive(Debug, Args)]
pub(crate) struct ImportCommon {
    /// The file.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) options: ImportOptions,
}

/// What every import can be told, whatever its files are.
#[derive(Debug, Args)]
pub(crate) struct ImportOptions {
    /// Where the rows go; `-` is standard output. For aiconfigurator also a folder, which gets a results file
    /// for each table.
    #[arg(short, long, value_name = "RESULTS.csv")]
    pub(crate) output: PathBuf,
    /// The GPU, as nvidia-smi calls it, such as NVIDIA A100-SXM4-40GB. [default: what the file says]
    #[arg(long, value_name = "NAME")]
    pub(crate) device: Option<String>,
    /// Whose numbers they are, and where they are published; kept in the results.
    #[arg(long, value_name = "TEXT")]
    pub(crate) source: Option<String>,
    /// Their licence; kept in the results.
    #[arg(long, value_name = "NAME")]
    pub(crate) licence: Option<String>,
    /// Import these ops only.
    #[arg(long, value_name = "OP", value_delimiter = ',', value_parser = word(Op::ALL, Op::as_str))]
    pub(crate) op: Vec<Op>,
    /// Import only products of layers that this number of tensor-parallel ranks share.
    #[arg(long, value_name = "RANKS", value_parser = positive)]
    pub(crate) tensor_parallel: Option<NonZeroU32>,
    /// Import only products of the sizes (gemm_batch, m, n, k) that this spec has.
    #[arg(long, value_name = "SPEC.toml")]
    pub(crate) shapes: Option<PathBuf>,
}
