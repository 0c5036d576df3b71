#!/usr/bin/env bash
# Makes the reference files of GEMMs from checkouts of the repositories that publish them:
#
#   sweeps/reference/make-gemms.sh AICONFIGURATOR DEEPBENCH AITER [HOVERA]
#
# The commits are those below; HOVERA is the program, by default `cargo run --release --`.
set -euo pipefail
aiconfigurator=$1 deepbench=$2 aiter=$3
if [ $# -gt 3 ]; then hovera=("$4"); else hovera=(cargo run --release --quiet --); fi
here=$(dirname "$0")
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT

# CARD SYSTEM FRAMEWORK/VERSION SPEC
table() {
    local path=aic-core/src/aiconfigurator_core/systems/data/$2/gemm/$3/gemm_perf.parquet
    "${hovera[@]}" import aiconfigurator "$aiconfigurator/$path" --where gemm_dtype=bfloat16 --shapes "$here/$4" \
        --licence Apache-2.0 --source "ai-dynamo/aiconfigurator, commit 095f58a5, $path" -o "$here/$1.csv"
}
table a100-sxm4-80gb-gemm a100_sxm trtllm/1.0.0 gemm-shapes.toml
table l40s-gemm l40s sglang/0.5.10 gemm-shapes.toml
table b200-gemm b200_sxm trtllm/1.3.0rc20 gemm-shapes.toml
# For comparison with a run of our own.
table h100-sxm-gemm-aiconfigurator h100_sxm trtllm/1.3.0rc20 h100-against-aiconfigurator.toml

book=results/train/DeepBench_NV_V100.xlsx
python3 "$here/deepbench-gemm.py" "$deepbench/$book" > "$scratch/v100-gemm.csv"
"${hovera[@]}" import csv "$scratch/v100-gemm.csv" --map "$here/deepbench-gemm.map" --device "NVIDIA V100-SXM2" \
    --licence Apache-2.0 --source "baidu-research/DeepBench, commit da81ba78, $book" -o "$here/v100-sxm2-gemm.csv"

tuned=aiter/configs/bf16_tuned_batched_gemm.csv
"${hovera[@]}" import aiter "$aiter/$tuned" --dtype bf16 --licence MIT \
    --source "ROCm/aiter, commit e4048607, $tuned" -o "$here/mi300x-bmm.csv"
