//! `hovera import`.

use super::{positive, word};
use clap::{Args, Subcommand};
use hovera_core::{Dtype, Engine, Layout, Op};
use hovera_import::cookbook::Rule;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// Turn another benchmark's file into a results file.
///
/// What of the file is not imported is counted and named on standard error.
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
    /// What hipblaslt-bench prints: column-major, the mean over its launches, with the card that it names.
    HipblasltBench(ImportTool),
    /// What rocblas-bench prints: column-major, the mean over its launches by the host's clock. The dtype is that of its
    /// command line, where the file has it.
    RocblasBench(ImportTool),
    /// PyTorch's tunableop_results0.csv: the best solution of each product that a program ran.
    Tunableop(ImportTool),
    /// What cutlass_profiler prints: of the kernels of a product the fastest that was not found wrong.
    CutlassProfiler(ImportTool),
    /// What Triton's perf_report writes with save_path: a column for each program, by the median, with a cold L2.
    Triton(ImportTool),
    /// A table of tritonbench: its latencies, by the median.
    Tritonbench(ImportTool),
    /// A tuned table of ROCm/aiter, with the cards of its rows.
    Aiter(ImportTool),
    Aiconfigurator(ImportAiconfigurator),
}

/// GEMM tables of ai-dynamo/aiconfigurator, which are Parquet: what the linear layers of serving frameworks took.
///
/// m is tokens, weights are stored n×k (layout nt), times are means over replays of CUDA graphs. fp8, fp8_static and
/// fp8_block are e4m3 with the word in the kernel's name; what has no dtype here, such as nvfp4, is counted and left out.
#[derive(Debug, Args)]
pub(crate) struct ImportAiconfigurator {
    /// Tables, or folders with tables: every gemm_perf.parquet below them.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) options: ImportOptions,
    /// Import only what has this value in a column, such as gemm_dtype=bfloat16; several values of one are alternatives.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) r#where: Vec<String>,
    /// A column that makes no difference, or is an outcome.
    #[arg(long, value_name = "NAME")]
    pub(crate) ignore: Vec<String>,
}

/// A table of a tool whose columns are known.
#[derive(Debug, Args)]
pub(crate) struct ImportTool {
    #[command(flatten)]
    pub(crate) common: ImportCommon,
    /// The element type, where the file does not say.
    #[arg(long, value_parser = word(Dtype::ALL, Dtype::as_str))]
    pub(crate) dtype: Option<Dtype>,
    /// How the operands are stored, where the file does not say. [default: not known]
    #[arg(long, value_parser = word(Layout::ALL, Layout::as_str))]
    pub(crate) layout: Option<Layout>,
    /// triton: what its values are, which only the script knows.
    #[arg(long, value_name = "UNIT", value_parser = ["tflops", "ms"])]
    pub(crate) unit: Option<String>,
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
    /// Import only what has this value in an axis or column; several values of one are alternatives.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) r#where: Vec<String>,
    /// An axis or column that makes no difference, or is an outcome.
    #[arg(long, value_name = "NAME")]
    pub(crate) ignore: Vec<String>,
}

/// A log of the original benchmark, EleutherAI/cookbook benchmarks/sizing: mm, bmm or transformer.
#[derive(Debug, Args)]
pub(crate) struct ImportCookbook {
    #[command(flatten)]
    pub(crate) common: ImportCommon,
    /// By which rule the script came to its times: paper-2023 (the slowest of 99 by the host's clock),
    /// worst-2024 (the slowest of 200 by CUDA events) or cookbook-2024 (the fastest of 200 by CUDA events).
    /// [default: what the log's labels and date tell]
    #[arg(long, value_name = "RULE", value_parser = word(&Rule::ALL, Rule::as_str))]
    pub(crate) method: Option<Rule>,
}

/// A table of measurements, such as a benchmark of PyTorch writes, with a map that says which column is what.
///
/// The map is TOML: time_unit = "ms"; a table `[column]` of hovera's names (op, dtype, layout, engine, gemm_batch,
/// m, n, k, heads, batch, seq, hidden, samples, time_min, time_median, time_mean, time_max, tflops, gflops, trans_a, trans_b,
/// device, kernel, note) to the file's; a table `[constant]` of what is the same for all rows; stat where there are several
/// times, or only throughput. A table `[where]` takes only rows with some value of the file's columns; `[provider]` is a
/// column for each engine; ignore = ["…"] names columns that are outcomes. order = "column-major" is that of BLAS.
/// delimiter = ";" and decimal = "," read what spreadsheets write. A column that differs and is not named is refused.
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
/// An axis that differs and whose meaning neither its name nor an option says is refused.
#[derive(Debug, Args)]
pub(crate) struct ImportNvbench {
    #[command(flatten)]
    pub(crate) common: ImportCommon,
    /// Which of the file's benchmarks, where it has several.
    #[arg(long, value_name = "NAME")]
    pub(crate) benchmark: Option<String>,
    /// The element type, where no axis says.
    #[arg(long, value_parser = word(Dtype::ALL, Dtype::as_str))]
    pub(crate) dtype: Option<Dtype>,
    /// How the operands are stored, where no axis says. [default: not known]
    #[arg(long, value_parser = word(Layout::ALL, Layout::as_str))]
    pub(crate) layout: Option<Layout>,
    /// What computes the products, where no axis says. [default: not known]
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
    /// Where the rows go; `-` is standard output. Of aiconfigurator also a folder, for a results file of each table.
    #[arg(short, long, value_name = "RESULTS.csv")]
    pub(crate) output: PathBuf,
    /// The GPU, as nvidia-smi calls it, such as NVIDIA A100-SXM4-40GB. [default: what the file says]
    #[arg(long, value_name = "NAME")]
    pub(crate) device: Option<String>,
    /// Whose numbers they are, and where they are published; kept in the results.
    #[arg(long, value_name = "TEXT")]
    pub(crate) source: Option<String>,
    /// Under which licence; kept in the results.
    #[arg(long, value_name = "NAME")]
    pub(crate) licence: Option<String>,
    /// Import these ops only.
    #[arg(long, value_name = "OP", value_delimiter = ',', value_parser = word(Op::ALL, Op::as_str))]
    pub(crate) op: Vec<Op>,
    /// Import products of layers that so many tensor-parallel ranks share, and no others.
    #[arg(long, value_name = "RANKS", value_parser = positive)]
    pub(crate) tensor_parallel: Option<NonZeroU32>,
    /// Import only products of the sizes (gemm_batch, m, n, k) that this spec has.
    #[arg(long, value_name = "SPEC.toml")]
    pub(crate) shapes: Option<PathBuf>,
}
