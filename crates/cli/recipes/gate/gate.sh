#!/usr/bin/env bash
# Measures two builds of cuBLAS in turn on one card, and ends with 1 where the second is slower.
#   gate.sh BASE OTHER FOLDER [SPEC]
# BASE and OTHER are folders that hold libcublas.so.* and libcublasLt.so.*, such as
# site-packages/nvidia/cu13/lib of two virtual environments (of CUDA 12 nvidia/cublas/lib). FOLDER is made; it gets the
# results and metrics.json. HOVERA names the program, LIMIT what counts as slower: a half to two thirds of the slowdown that
# is to be found. METRIC is what is compared: tflops for a card that hovera has no datasheet of.
set -euo pipefail
base=$1 other=$2 folder=$3 spec=${4:-$(dirname "$0")/gate.toml}
hovera=${HOVERA:-hovera} limit=${LIMIT:-2%} metric=${METRIC:-tflops-at-clock}
# An earlier gate's results are not of these libraries.
mkdir "$folder"
# In turn, so that a card that warms up or slows down does so for both.
for pass in 1 2; do
  for side in base other; do
    LD_LIBRARY_PATH="${!side}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" "$hovera" run "$spec" -o "$folder/$side-$pass.csv" --quiet
  done
done
# Which build each side really had: a folder without a library would leave it to the loader.
for side in base other; do
  sed -n "s/^# gemm = \"\(.*\)\"$/$side: \1/p" "$folder/$side-1.csv" >&2
done
# The second pass of the base says how far the same product differs from run to run. At one clock, because two libraries
# draw different power, and the card's clock follows that.
cd "$folder"
"$hovera" compare base-1.csv other-1.csv other-2.csv --repeat base-2.csv --y "$metric" --fail-if-slower "$limit" \
  --format bencher >metrics.json
